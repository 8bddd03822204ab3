//! 体检结果。

use super::{TEXTS, probe};
use crate::{
    catalogue::Trouble,
    db::Advice,
    i18n::{
        Locale,
        doctor::{Check, DingtalkFailure, Fact, FailureKind, Said, says},
        io::IoFailure,
        local,
        setting::Source,
    },
};

pub(super) fn check(check: &Check) -> String {
    match check {
        Check::Settings => "配置".into(),
        Check::Database => "数据库".into(),
        Check::People => "人员".into(),
        Check::Clock => "时钟".into(),
        Check::Proxies => "出站代理".into(),
        Check::Dingtalk => "钉钉".into(),
        Check::App(name) => format!("钉钉应用 {name}"),
        Check::Directory(name) => format!("通讯录 {name}"),
        Check::Events(name) => format!("事件 {name}"),
        Check::Proxy => "网关代理".into(),
        Check::Console(name) => format!("开发者后台 {name}"),
        Check::EgressIp => "服务器出口IP".into(),
        Check::SignIns(name) if name.is_empty() => "登录".into(),
        Check::SignIns(name) => format!("登录 {name}"),
        Check::Files => "文件".into(),
        Check::Name => "域名".into(),
        Check::Certificate => "证书".into(),
        Check::Forwarded => "转发头".into(),
        Check::PublicUrl | Check::CorpId(_) | Check::AgentId(_) => check.word(),
    }
}

pub(super) fn fact(fact: &Fact) -> Said {
    match fact {
        Fact::SettingsRead { public_url, apps } => says(format!("已读取；public_url {public_url}，应用 {}", apps.join("、"))),
        Fact::ConsoleAddresses { home_page, redirect_url } => {
            let redirect = redirect_url.as_ref().map(|url| format!("；重定向URL：{url}")).unwrap_or_default();
            says(format!("应填写：应用首页地址和PC端首页地址：{home_page}{redirect}"))
        }
        Fact::EgressIp { address: None, .. } => says("本机不知道自己的地址；请填写钉钉看到的公网 IP"),
        Fact::EgressIp { address: Some(address), is_private: true } => says(format!(
            "请填写您网络的公网 IP；本机只知道自己的内网地址 {address}。填错时，钉钉在拒绝调用（60020）时会给出正确的 IP"
        )),
        Fact::EgressIp { address: Some(address), is_private: false } => says(format!(
            "可能是 {address}，即本机的地址；调用也可能经别的地址发出。填错时，钉钉在拒绝调用（60020）时会给出正确的 IP"
        )),
        Fact::SettingsFrom { source, keys } => {
            let keys = keys.join("、");
            says(match source {
                Source::File(file) => format!("来自 {file}：{keys}"),
                Source::Environment => format!("来自 ROCKET_… 环境变量：{keys}"),
                Source::Default => format!("没有设置，采用默认值：{keys}"),
            })
        }
        Fact::FilesClosed { files } => says(format!("含有密钥的 {files} 个文件，本机其他用户都读不到")),
        Fact::FileReadable { file, mode } => {
            says(format!("本机其他用户可以读取 {file}（权限 {mode:04o}），其中有密钥"))
                .cure(format!("chmod o= {file}（服务器所在的组可以保留读权限）"))
        }
        Fact::FileWritable { file, mode } => says(format!("本机其他用户可以修改 {file}（权限 {mode:04o}）"))
            .cure(format!("chmod o= {file}，并检查其中的内容")),
        Fact::PeopleOfNoApp { corp_id, people } => {
            says(format!("企业 {corp_id} 在配置中没有应用，它的 {people} 人无法登录"))
                .cure("为该企业添加应用，或停用这些人（miandeng users list --corp-id）")
        }
        Fact::ClientOfNobody { client } => {
            says(format!("应用 {client} 谁也进不去：它的 groups 或 users 里有空项")).cure("补上缺少的名称，或删掉多余的逗号")
        }
        Fact::ClientsOfEveryCorp { clients } => says(format!(
            "以下应用没有限定企业，配置里任何一家企业的人，只要符合 groups 或 users 都能使用，管理员也一样：{}",
            clients.join("、")
        ))
        .cure("只给一家企业用的应用，请写上 corpid"),
        Fact::AlikeUserids { userids } => {
            says(format!("有些 userid 与另一个只差大小写：{}；两者中必有一个无法登录", userids.join("、")))
                .cure("对照钉钉通讯录，删除错误的一行（miandeng users remove）")
        }
        Fact::LeadsTo { host, addresses } => says(format!("{host} 指向 {}", addresses.join("、"))),
        Fact::LeadsInside { host, addresses } => {
            says(format!("从这里看，{host} 指向 {}，只有内网能访问", addresses.join("、")))
                .cure("如果员工要在外面登录，请关掉手机的 Wi-Fi，打开该地址试试")
        }
        Fact::LeadsNowhere { host, why } => says(format!("{host} 无法解析：{}", why.text(Locale::ZhCn)))
            .cure("请在 DNS 中添加这个域名；有些内网解析不了公网域名，但员工可以"),
        Fact::CertificateGood { host, days, at } => {
            says(format!("{host} 的证书还有 {days} 天到期（{}）", local(*at)))
        }
        Fact::CertificateEnds { host, days, at } => {
            says(format!("{host} 的证书 {days} 天后到期（{}）", local(*at)))
                .cure("请续期，并查明为什么没有自动续期；然后重新加载代理")
        }
        Fact::CertificateExpired { host, at } => {
            says(format!("{host} 的证书已于 {} 到期，钉钉客户端打不开页面", local(*at))).cure("请续期，然后重新加载代理")
        }
        Fact::CertificateRefused { host, why } => says(format!("本机不认可 {host} 的证书：{why}")).cure(
            "请安装公共机构为这个域名签发的证书，连同中间证书；如果由自建机构签发，手机也必须信任该机构",
        ),
        Fact::CertificateAccepted { host } => says(format!("本机认可 {host} 的证书")),
        Fact::NoCertificate { host, why } => {
            says(format!("{host} 没有出示证书：{}", why.text(Locale::ZhCn))).cure(NOT_REACHED)
        }
        Fact::ClaimBelieved { peer } => says(format!(
            "代理（{peer}）原样转发访问者自己写的 X-Forwarded-For 或 X-Real-IP：任何人都能冒充任意地址，限流形同虚设"
        ))
        .cure("请让代理自己设置这两个请求头，现成的配置就是这样做的（nginx：proxy_set_header X-Forwarded-For $remote_addr;）"),
        Fact::ProxyNotTrusted { peer } => {
            says(format!("请求来自 {peer}，它看起来是代理，却不在 trusted_proxies 中：所有人被当作同一个访问者"))
                .cure(format!("如果它是您的代理，请把 \"{peer}\" 加入 trusted_proxies"))
        }
        Fact::VisitorsUnnamed { peer } => {
            says(format!("代理（{peer}）没有说明替谁访问：所有人被当作同一个访问者"))
                .cure("请让代理把 X-Forwarded-For 设为访问者的地址，现成的配置就是这样做的")
        }
        Fact::VisitorsNamed { client, peer } => {
            says(format!("代理（{peer}）说明了访问者（{client}），也没有转发访问者自称的地址"))
        }
        Fact::NoProxy { client } => says(format!("访问者不经代理直接到达服务器；这次是 {client}")),
        Fact::PlainHttp { origin } => says(format!("public_url 是 {origin}：网络途中的任何人都能看到会话 Cookie"))
            .cure("在前面放一个带 TLS 的代理，并把 public_url 改为 https://"),
        Fact::EverybodyTrusted { network } => {
            says(format!("trusted_proxies 中有 {network}：任何人都能冒充任意来源地址")).cure("只列出您的代理的地址")
        }
        Fact::DatabaseGood { url } => says(format!("{url} 可以打开和写入，表结构是最新的")),
        Fact::DatabaseNotWritable { error, advice } => {
            says(format!("数据库无法写入（{error}）；{}", self::advice(*advice)))
        }
        Fact::DatabaseRepaired { file, old_mode } => {
            says(format!("本机其他用户曾经可以读写 {file}（权限 {old_mode:04o}），现在只有所有者可以")).cure(
                "其中有钉钉的 token 和人员资料：请查明权限为什么变成这样（复制文件、恢复备份、chmod -R）",
            )
        }
        Fact::UsersUnreadable { error } => says(format!("无法读取用户表：{error}")),
        Fact::NobodyListed => says("用户表里没有人，所以谁也不能登录")
            .cure("用 miandeng users import people.xlsx 导入，用 miandeng users sync 同步，或设置 unknown_users = \"create\""),
        Fact::NobodyYet => says("用户表里还没有人；员工第一次登录时会自动添加"),
        Fact::MaySignIn { people } => says(format!("用户表里有 {people} 人可以登录")),
        Fact::Troubled { trouble, times, last_at, evidence } => {
            let (title, codes, last) = ((TEXTS.explain)(*trouble).title, trouble.codes(), local(*last_at));
            let code = codes.first().map(|code| format!("（{code}）")).unwrap_or_default();
            says(format!("{title}{code}：最近发生 {times} 次，最后一次在 {last}"))
                .cure(TEXTS.remedy(*trouble, evidence.as_ref()))
        }
        Fact::TroublesUnreadable { error } => says(format!("无法读取最近的问题：{error}")),
        Fact::ClockAgrees => says("与钉钉一致"),
        Fact::ClockOff { seconds_ahead } => {
            let way = if *seconds_ahead > 0 { "快" } else { "慢" };
            says(format!("比钉钉{way} {} 秒", seconds_ahead.abs()))
                .cure("请用 NTP 校准本机时钟（timedatectl set-ntp true）：签名和会话都依赖它")
        }
        Fact::ProxyVariables { set, ways } => {
            let ways = ways.iter().map(|(key, address, proxy)| match proxy {
                Some(proxy) => format!("{key} {address} 经过代理 {proxy}"),
                None => format!("{key} {address} 直接连接"),
            });
            says(format!("已设置 {}；{}", set.join("、"), ways.collect::<Vec<_>>().join("，")))
        }
        Fact::Answers { address } => says(format!("{address} 有响应")),
        Fact::AnswersOddly { address, status } => says(format!("{address} 返回 {status}")).cure(NOT_REACHED),
        Fact::DoesNotAnswer { address, why } => says(format!("{address} 没有响应：{}", why.text(Locale::ZhCn))).cure(NOT_REACHED),
        Fact::NoHttpClient { why } => says(format!("无法创建访问钉钉的 HTTP 客户端：{why}"))
            .cure("请检查本机的证书（ca-certificates）和代理环境变量"),
        Fact::DingtalkWorks { is_channel: false } => says("access token、一次普通调用和 ticket 均正常"),
        Fact::DingtalkWorks { is_channel: true } => {
            says("access token、服务窗的 token、一次普通调用和 ticket 均正常")
        }
        Fact::DingtalkFails { failure, meaning, evidence } => {
            says(failed(failure)).cure(match meaning {
                Some(trouble) => TEXTS.advice(*trouble, evidence.as_ref()),
                None => TEXTS.dingtalk_down.into(),
            })
        }
        Fact::SeesNoDepartment => says("应用看不到任何部门：所有人登录都会被拒绝（50002），或没有姓名和部门")
            .cure((TEXTS.explain)(Trouble::OutOfScope).hint),
        Fact::SeesDepartments { departments } => {
            let departments: Vec<_> = departments.iter().map(i64::to_string).collect();
            says(format!("应用只能看到部门 {}：其他部门的人登录会被拒绝（50002）", departments.join("、")))
                .cure((TEXTS.explain)(Trouble::OutOfScope).hint)
        }
        Fact::CorpIsOurs { corp_id } => says(format!("{corp_id} 是应用所属的企业")),
        Fact::CorpIsNotOurs { corp_id, failure } => {
            says(format!("钉钉没有 {corp_id} 这个企业，或应用不属于它：{}", failed(failure)))
                .cure("请登录应用所属的企业，从钉钉开发者后台首页重新复制 CorpId")
        }
        Fact::CorpUnchecked { corp_id, failure } => says(format!("{corp_id} 无法核对：{}", failed(failure)))
            .cure("请与钉钉开发者后台首页的 CorpId 核对；如果填错，所有人都会停在登录页，无法登录"),
        Fact::AgentUnchecked { agent_id } => says(format!("{agent_id} 在这里无法核对：只有钉钉客户端会核对它")).cure(
            "请与应用“凭证与基础信息”页的 AgentId 核对，再从工作台打开应用：如果填错，日志的 client-report 行会出现错误码 \
             52019（服务窗为 52023）",
        ),
        Fact::DirectoryReadable { hidden } if hidden.is_empty() => says("同步需要的内容，应用都可以读取"),
        Fact::DirectoryReadable { hidden } => {
            says(format!("同步需要的内容，应用都可以读取；未开通{}，这些字段保持原值", hidden.join("、")))
        }
        Fact::SyncWouldLack { missing } => {
            says(format!("未设置 sync_every；未开通{}，users sync 会被拒绝", missing.join("、")))
        }
        Fact::RangeTooSmall { name, departments } => {
            let departments: Vec<_> = departments.iter().map(i64::to_string).collect();
            let t = Locale::ZhCn.rights_texts();
            says(format!("{name}不是整个企业（{}）；用于：{}", (t.range)(&departments.join("、")), (t.purpose)("range")))
                .cure(t.widen)
        }
        Fact::PermissionMissing { name, need, failure } => {
            let t = Locale::ZhCn.rights_texts();
            let failure = failure.as_ref().map_or_else(String::new, |failure| format!("（{}）", failed(failure)));
            says(format!("未开通{name}{failure}；用于：{}", (t.purpose)(need))).cure((t.grant)(name))
        }
        Fact::EventsConnected { since_ms, last_ms: Some(last) } => {
            says(format!("{} 起已连接，最近一次事件 {}", at(*since_ms), at(*last)))
        }
        Fact::EventsConnected { since_ms, last_ms: None } => {
            says(format!("{} 起已连接，还没有收到事件", at(*since_ms)))
        }
        Fact::EventsNotConnected { why } => {
            let why = why.as_ref().map_or_else(String::new, |why| format!("：{why}"));
            says(format!("Stream 未连接{why}")).cure(
                "离职的人要到下次同步才会退出登录；请检查 client_id、client_secret，以及服务器能否连接钉钉",
            )
        }
        Fact::EventsArrive { last_ms } => says(format!("最近一次事件 {}", at(*last_ms))),
        Fact::NoEventYet => says("还没有收到过事件")
            .cure("如果其间有人入职或离职，请与钉钉开发者后台核对回调地址、event_token 和 event_aes_key"),
        Fact::EventsUnseen => says("三分钟内没有运行中的服务器报告 Stream 连接的状态").cure("请启动服务器后再检查"),
        Fact::Probe(fact) => probe::fact(fact),
        Fact::Error { zh_cn, .. } => says(zh_cn),
    }
}

fn at(at_ms: i64) -> String {
    local(at_ms.div_euclid(1000))
}

const NOT_REACHED: &str =
    "服务器是否在运行？域名是否指向代理，代理是否转到本服务器？有些内网访问不了公网地址，而员工可以";

pub(super) fn failed(failure: &DingtalkFailure) -> String {
    let detail = &failure.detail;
    match failure.kind {
        FailureKind::CodeInvalid => format!("免登码无效：{detail}"),
        FailureKind::TokenInvalid => format!("access token 无效：{detail}"),
        FailureKind::NoSuchUser => format!("企业里没有此人：{detail}"),
        FailureKind::Throttled => format!("钉钉正在限流：{detail}"),
        FailureKind::Busy => format!("钉钉繁忙：{detail}"),
        FailureKind::Failed => format!("钉钉出错：{detail}"),
        FailureKind::Refused => format!("钉钉拒绝：{detail}"),
        FailureKind::Banned => {
            format!(
                "{detail}：收到的是网页，不是接口的结果：可能是调用过多，钉钉封禁了本机 IP 五分钟，也可能是中间的代理应答的"
            )
        }
        FailureKind::Unreachable => {
            let (call, why) = detail.split_once(": ").unwrap_or((detail, ""));
            format!("钉钉没有响应：{call}：{}", IoFailure::quoted_in(why).text(Locale::ZhCn))
        }
        FailureKind::Unexpected => format!("钉钉的回答无法识别：{detail}"),
    }
}

pub(super) fn advice(advice: Advice) -> String {
    let text = match advice {
        Advice::Wait => "另一个进程锁住了它：请等它结束后再试",
        Advice::Restore => "请从备份恢复，或换一个文件",
        Advice::MakeRoom => "miandeng 需要一个可写的目录，磁盘要有剩余空间",
        Advice::LookAtServer => "请确认那里的 PostgreSQL 正在运行，并且该用户可以写入这个数据库",
    };
    text.to_owned()
}
