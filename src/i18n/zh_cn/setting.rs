//! 配置哪里有误，该怎么写。

use super::bad_value::id;
use crate::i18n::{Locale, io::IoFailure, setting::BadSetting};

pub(super) fn line(key: &str, value: Option<&str>, bad: &BadSetting) -> String {
    match value {
        Some(value) => format!("{key} = {value:?}：{}", problem(bad)),
        None => format!("{key}：{}", problem(bad)),
    }
}

fn problem(bad: &BadSetting) -> String {
    let text = match bad {
        BadSetting::Syntax { file, place } => {
            let file = file.as_ref().map(|file| format!("{file}：")).unwrap_or_default();
            let place = place.as_ref().map_or("无法读取".to_owned(), |place| position(place));
            return format!("{file}{place}；请检查那里的语法");
        }
        BadSetting::Unknown { closest: Some(name), .. } => return format!("没有这个配置项；是不是 {name:?}？"),
        BadSetting::Unknown { closest: None, known } => {
            return format!("没有这个配置项；这里可用：{}", known.join("、"));
        }
        BadSetting::WrongType(expected) => return format!("类型不对；应为{}", kind_of(expected)),
        BadSetting::WrongValue(expected) => return format!("值不对；应为{}", kind_of(expected)),
        BadSetting::NamedFileUnreadable(error) => {
            return format!("无法读取（{}）；请写配置文件的路径，并以能读取它的用户运行", io(error));
        }
        BadSetting::FileUnreadable(error) => {
            return format!("无法读取（{}）；请以能读取它的用户运行，或用 ROCKET_CONFIG 指定另一个文件", io(error));
        }
        BadSetting::JsapiFile(error) => {
            return format!("无法读取（{}）；请写钉钉 JSAPI 脚本副本的路径", io(error));
        }
        BadSetting::LogoFile(error) => return format!("无法读取（{}）；请写 SVG 或 PNG 文件的路径", io(error)),
        BadSetting::ShortText(most) => return format!("请写一行文字，最多 {most} 个字符"),
        BadSetting::ContactAddress(error) => return format!("不是地址（{error}）；请重新复制"),
        BadSetting::SecretFile(error) => return format!("无法读取（{}）；请写运行用户能读取的文件", io(error)),
        BadSetting::CookieDomain(host) => {
            return format!("不包含 public_url 的域名 {host}；请写这个域名的上级域名");
        }
        BadSetting::SecretsInTheClear(proxy) => {
            return format!(
                "是明文 http，并且会经过代理 {proxy}，代理能读到应用的密钥；请改用 https://，或把这个主机写入 NO_PROXY"
            );
        }
        BadSetting::CorpId(why) => return format!("{}；请重新复制", id(*why)),
        BadSetting::AgentIdTaken(app) => {
            return format!("与同一企业的应用 {app:?} 重复；请分别复制每个应用自己的 AgentId");
        }
        BadSetting::ServiceUrlTaken(client) => {
            return format!("与 {client:?} 重复；一个地址只能属于一个应用");
        }
        BadSetting::OidcClientIdTaken(client) => {
            return format!("与 {client:?} 重复；每个客户端的 client_id 必须不同");
        }
        BadSetting::SetTwice(key) => return format!("写了两次；请去掉它，或去掉 {key}_file"),
        BadSetting::NoSettings => {
            "没有找到配置；请运行“miandeng init”，或写 [default.miandeng] 一节（见 docs/zh-CN/settings.md）；“miandeng demo”不需要配置"
        }
        BadSetting::NoTable => "不是表；请写 [default.miandeng] 一节",
        BadSetting::NoTableInVariable => "不是表；请写 {public_url=\"https://…\",apps=[{name=\"oa\",…}]}",
        BadSetting::DatabaseFolder => "所在的目录名不是 UTF-8；请改名",
        BadSetting::PublicUrlMissing => "没有设置；请写员工在钉钉里打开的地址，例如 \"https://app.example.com\"",
        BadSetting::PublicUrl => "请写员工在钉钉里打开的地址，例如 \"https://app.example.com\"",
        BadSetting::PublicUrlHasPath => "只能有协议、主机和端口；路径请写在 base_path 中",
        BadSetting::BasePath => "请写以斜杠开头的路径，由字母、数字、连字符和下划线组成，例如 \"/_signin\"",
        BadSetting::HomeIsSignIn => "就是登录页本身；请写另一个页面，例如 \"/home\"",
        BadSetting::Home => "请写 public_url 上以一个斜杠开头的路径，例如 \"/home\"",
        BadSetting::AdminPath => "请写以斜杠开头、不与其他页面相同的路径，例如 \"/admin\"；不要管理页面时写 \"\"",
        BadSetting::Host => {
            "请写域名（\"bi.example.com\"、\"bi.example.com:8443\"），或用 \".example.com\" 表示其下所有域名"
        }
        BadSetting::Origin => "请写协议和域名，不带路径，例如 \"https://front.example.com\"",
        BadSetting::Network => "请写地址或网段，例如 \"127.0.0.1/32\" 或 \"10.1.0.0/16\"",
        BadSetting::CookieDomainOfAddress => "public_url 的主机是 IP 地址，没有子域名；请去掉这一项",
        BadSetting::Duration => "请写带单位的时间，例如 \"8h\"、\"7d\" 或 \"3s\"",
        BadSetting::IdleTooLong => "比 session_lifetime 长；请改短，或把 session_lifetime 改长",
        BadSetting::IdentityHeaders => "请写 \"remote\"、\"x-auth-request\"，或两者都写",
        BadSetting::IdentityEncoding => "请写 \"percent\" 或 \"utf-8\"",
        BadSetting::UnknownUsers => "请写 \"refuse\" 或 \"create\"",
        BadSetting::Bootstrap => "请写 \"own\" 或 \"official\"",
        BadSetting::DefaultLocale => "请写 \"zh-CN\" 或 \"en\"",
        BadSetting::DingtalkAddress => "请写以 https:// 开头的地址（模拟器可用 http://）",
        BadSetting::JsapiUrl => "请写钉钉 JSAPI 脚本在 CDN 上的地址",
        BadSetting::Contact => "请写一段文字，或以 https://、mailto:、tel: 或 dingtalk:// 开头的地址",
        BadSetting::LogoTooLarge => "超过 64 KB；请改小",
        BadSetting::LogoPixels => "有一边超过 4096 像素；请改小",
        BadSetting::LogoDamaged => "是已损坏的 PNG；请重新保存",
        BadSetting::LogoNamespace => "缺少 xmlns=\"http://www.w3.org/2000/svg\"，浏览器不会显示它；请加上",
        BadSetting::LogoKind => "不是 SVG（UTF-8），也不是 PNG；请存为其中一种",
        BadSetting::NoApps => "是空的；请为每个钉钉应用写一节 [[default.miandeng.apps]]（见 docs/zh-CN/settings.md）",
        BadSetting::NameMissing => "没有设置；请给应用取一个短名称，用字母、数字和连字符，例如 \"oa\"",
        BadSetting::Name => "最多 64 个字母、数字、连字符或下划线",
        BadSetting::NameTaken => "另一个应用已有这个名称；请换一个",
        BadSetting::CorpIdMissing => "没有设置；见钉钉开发者后台首页（open-dev.dingtalk.com）",
        BadSetting::AgentIdMissing => "没有设置；见钉钉开发者后台的应用页面（AgentId）",
        BadSetting::AgentId => "不是数字；请重新复制 AgentId",
        BadSetting::Signature => "请写 \"sha1\" 或 \"sha256\"",
        BadSetting::Kind => "请写 \"micro-app\" 或 \"channel\"",
        BadSetting::ClientIdMissing => "没有设置；即应用的 AppKey（Client ID），见“凭证与基础信息”",
        BadSetting::ClientIdForStream => "没有设置；events = \"stream\" 需要它和 client_secret",
        BadSetting::ClientSecretMissing => "没有设置；请写上它，或用 client_secret_file 指定一个文件",
        BadSetting::ChannelSecretMissing => "没有设置；服务窗需要它来获取自己的 token",
        BadSetting::ChannelSecretOfMicroApp => "只用于 kind = \"channel\"；请去掉它，或设置 kind",
        BadSetting::TwoCredentials => "要么用它，要么用 client_id 和 client_secret，不能都用",
        BadSetting::Secret => "为空，或含有空白；请重新复制",
        BadSetting::SyncEvery => "请写不短于 \"1s\" 的时间，带单位，例如 \"6h\"；从不同步时写 \"\"",
        BadSetting::SyncDisableAtMost => "请写 \"0%\" 到 \"100%\" 之间的比例，例如 \"10%\"",
        BadSetting::Events => "请写 \"off\"、\"stream\" 或 \"callback\"",
        BadSetting::EventSecretMissing => "没有设置；请从钉钉开发者后台应用的“事件与回调”页复制",
        BadSetting::ClientName => "请写大家对这个应用的称呼：一行，最多 64 个字符",
        BadSetting::OidcClientIdMissing => "没有设置；请自己定一个，并填到那个应用里，例如 \"grafana\"",
        BadSetting::OidcClientIdOfHost => {
            "与网关保护的主机同名；signed_identity = true 时，网关的令牌就是发给这个主机的。请换一个，例如应用的名称"
        }
        BadSetting::OidcClientId => "最多 128 个 ASCII 字母、数字或符号，不能有空白和冒号",
        BadSetting::RedirectUrisMissing => {
            "是空的；请写应用的回调地址，例如 [\"https://grafana.example.com/login/generic_oauth\"]"
        }
        BadSetting::ClientAddress => {
            "请写 https:// 地址，或本机（127.0.0.1、[::1]、localhost）的 http:// 地址，不能有 # 和用户名"
        }
        BadSetting::SigningAlg => "请写 \"RS256\"、\"ES256\" 或 \"EdDSA\"",
        BadSetting::ClientRules => "请用逗号分隔各个名称，写法与网关的规则相同：名称里的逗号写 %2C，百分号写 %25",
        BadSetting::ClientProtocol => "请写 \"oidc\"（OpenID Connect，默认）或 \"cas\"",
        BadSetting::NotForCas => "只用于 OpenID Connect 应用；请删除它，或者删除 protocol = \"cas\"",
        BadSetting::OnlyForCas => "只用于 CAS 应用；请删除它，或者加上 protocol = \"cas\"",
        BadSetting::ServiceUrlsMissing => {
            "为空；请写应用的地址，以斜杠结尾表示其下的所有地址，例如 [\"https://wiki.example.com/\"]"
        }
        BadSetting::HomeUrl => "请写以 https:// 或 http:// 开头的地址",
        BadSetting::EventAesKey => "不是 43 个字母和数字；请重新复制",
    };
    text.to_owned()
}

fn io(error: &IoFailure) -> String {
    error.text(Locale::ZhCn)
}

/// `TOML parse error at line 3, column 7`.
fn position(english: &str) -> String {
    let mut numbers = english.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    match (numbers.next(), numbers.next()) {
        (Some(line), Some(column)) => format!("第 {line} 行第 {column} 列有语法错误"),
        _ => "有语法错误".to_owned(),
    }
}

/// What serde and Rocket call the kinds of values.
fn kind_of(english: &str) -> String {
    match english {
        "a text" | "a string" | "string" | "path string" => "文本",
        "a sequence" | "sequence" => "列表",
        "a boolean" | "bool" => "true 或 false",
        "a map" | "map" => "表",
        "u8" | "u16" | "u32" | "u64" | "usize" => "不小于 0 的整数",
        other if other.starts_with("struct ") => "一节配置",
        other => return format!(" {other}"),
    }
    .to_owned()
}
