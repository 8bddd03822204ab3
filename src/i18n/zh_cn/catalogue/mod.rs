mod client;
mod errcodes;
mod problems;

use crate::{
    catalogue::{Difference, Evidence, Hash, Part, Responsible, Source, Trouble},
    i18n::catalogue::{Catalogue, Explanation, Labels, TroubleshootingPage},
};

macro_rules! explanation {
    ($title:literal, $cause:literal, $fix:literal) => {
        crate::i18n::catalogue::Explanation {
            title: $title,
            cause: $cause,
            fix: $fix,
            hint: concat!($title, "。", $fix),
        }
    };
}
use explanation;

pub(super) const CATALOGUE: Catalogue = Catalogue {
    responsible: |responsible| match responsible {
        Responsible::Employee => "员工本人",
        Responsible::Admin => "钉钉管理员（在钉钉后台操作）",
        Responsible::Operator => "服务器管理员",
    },
    evidence,
    labels: Labels {
        meaning: "含义",
        codes: "代码",
        cause: "原因",
        found: "消息中的信息",
        fix: "解决办法",
        console: "后台位置",
        responsible: "由谁处理",
        unknown: |code| format!("没有收录 {code:?}："),
        near: |codes| format!("是不是 {codes}？"),
        list: "“miandeng explain --list”列出全部代码；其他代码请查钉钉的“全局错误码”",
        no_code_in_message: "消息里没有找到代码，请写在前面：miandeng explain CODE --message …",
    },
    page: TroubleshootingPage {
        lead: "\
# 出了问题怎么办

员工的页面上有请求编号；日志中带有该编号的一行写明了原因、钉钉的错误码和原文，以及解决办法。`miandeng explain CODE` 解释单个代码，内容与下文相同；加上 `--message '…'` 还会解读钉钉的消息：要添加哪个 IP、缺哪个权限、签名的地址差在哪里。",
        heading: |source| match source {
            Source::Errcode => "钉钉服务端的错误码",
            Source::Client => "钉钉客户端的错误",
            Source::Problem => "miandeng 自身的拒绝",
        },
        tail: "有些请求[到不了服务器](limits.md#到不了服务器的请求)，既没有请求编号，也没有日志行。",
        colon: "：",
    },
};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble.source() {
        Source::Errcode => errcodes::explain(trouble),
        Source::Client => client::explain(trouble),
        Source::Problem => problems::explain(trouble),
    }
}

fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Ip { address } => format!("要添加的 IP 是 {address}。"),
        Evidence::Permissions { names } => format!("缺少的权限是 {}。", names.join("、")),
        Evidence::Addresses { differences, .. } => differences.iter().map(difference).collect(),
        Evidence::Seen { seen } => format!("钉钉看到的地址是 {seen} ，签名的地址必须与它一字不差。"),
        Evidence::OtherTicket => "签名的地址没有错，但钉钉没有列出签名所用的 ticket：有其他程序用同一应用的密钥获取了 \
                                  ticket，或者 client_id 和 agent_id 来自两个应用。"
            .to_owned(),
        Evidence::OtherHash { signed } => {
            let (set, other) = match signed {
                Hash::Sha1 => ("sha1", "sha256"),
                Hash::Sha256 => ("sha256", "sha1"),
            };
            format!("地址和 ticket 都没有错，剩下的就是哈希算法：请把 signature = \"{set}\" 改成 \"{other}\"。")
        }
        Evidence::Agent { agent_id } => format!("页面所用的 agent_id 是 {agent_id}。"),
        Evidence::Asked { corp_id, agent_id } => {
            let corp_id = corp_id.as_ref().map(|id| format!("corpid {id:?}"));
            let agent_id = agent_id.as_ref().map(|id| format!("agentid {id:?}"));
            let asked: Vec<_> = corp_id.into_iter().chain(agent_id).collect();
            if asked.is_empty() {
                "地址中既没有 corpid，也没有 agentid。".to_owned()
            } else {
                format!("地址中的是 {}。", asked.join("、"))
            }
        }
        Evidence::SameAddress => "签名的地址没有错，问题在 ticket 或哈希算法。".to_owned(),
    }
}

fn difference(difference: &Difference) -> String {
    match difference {
        Difference::Scheme { seen, signed } => {
            format!("钉钉看到的是 {seen}://，签名的却是 {signed}://：public_url 应以 {seen}:// 开头。")
        }
        Difference::Host { seen, signed } => {
            format!("钉钉看到的主机是 {seen}，签名的却是 {signed}：public_url 的主机应与客户端显示的一致。")
        }
        Difference::Port { seen, signed } => {
            let port = |port: &str| if port.is_empty() { "没有端口".to_owned() } else { format!("端口 {port}") };
            let (seen, signed) = (port(seen), port(signed));
            format!("钉钉看到的地址{seen}，签名的地址{signed}：public_url 的端口应与客户端显示的一致，不显示就不写。")
        }
        Difference::Path { seen, signed } => format!(
            "钉钉看到的路径是 {seen}，签名的却是 {signed}：请检查 base_path，以及代理是否原样转发路径。单页应用在 Android \
             上始终使用最初加载的地址。"
        ),
        Difference::Slash { seen: true } => {
            "钉钉看到的路径以斜杠结尾，签名的却没有：请统一应用首页地址的写法，不要让代理增减斜杠。".to_owned()
        }
        Difference::Slash { seen: false } => {
            "钉钉看到的路径不以斜杠结尾，签名的却有：请统一应用首页地址的写法，不要让代理增减斜杠。".to_owned()
        }
        Difference::Encoding { part: Part::Query, signed_is_encoded: true } => {
            "查询参数（如中文）是编码后签名的，应解码一次再签名：把 location.href 原样传给 /jsapi/config，不要再用 encodeURI。"
                .to_owned()
        }
        Difference::Encoding { part: Part::Query, signed_is_encoded: false } => {
            "查询参数在签名前解码了两次，应只解码一次：不要让代理解码。".to_owned()
        }
        Difference::Encoding { part: Part::Path, .. } => {
            "路径在途中被编码或解码，应按客户端显示的样子签名：不要让代理改写路径。".to_owned()
        }
        Difference::Order => "查询参数的顺序与签名时不同：不要让跳转或代理改写查询参数。".to_owned(),
        Difference::Parameters { only_seen, only_signed } => {
            let seen = (!only_seen.is_empty()).then(|| format!("钉钉看到但没有签名：{}", only_seen.join("、")));
            let signed = (!only_signed.is_empty()).then(|| format!("签名了但钉钉没有看到：{}", only_signed.join("、")));
            let all: Vec<_> = seen.into_iter().chain(signed).collect();
            format!("查询参数不一致（{}）：不要让跳转或代理改动查询参数。", all.join("；"))
        }
        Difference::Values { names } => {
            format!("有些参数的值与签名时不同（{}）：不要让跳转或代理改动查询参数。", names.join("、"))
        }
        Difference::Fragment { .. } => {
            "其中一个地址带有 # 路由，而 # 之后的部分不参与签名：请用 location.href.split('#')[0] 签名。".to_owned()
        }
        Difference::Other => "两个地址的差别很容易看漏，比如只有问号没有参数，或者同一参数出现两次。".to_owned(),
    }
}
