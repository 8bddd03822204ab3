use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::CorpidPlaceholder => explanation!(
            "客户端没有替换 $CORPID$",
            "只有从工作台打开应用时，钉钉才会填入企业。这个链接是从聊天、书签或浏览器打开的。",
            "请从工作台打开应用。“应用首页地址”和“PC端首页地址”要原样带有 ?corpid=$CORPID$。"
        ),
        Trouble::UnknownApp => explanation!(
            "配置中没有与这个地址对应的应用",
            "地址中的 corpid 或 agentid 属于另一个企业或应用，或者地址对应了多个应用。",
            "请把“应用首页地址”和“PC端首页地址”中的 corpid、agentid 与 Rocket.toml 中的 corp_id、agent_id 核对。"
        ),
        Trouble::StateMismatch => explanation!(
            "登录页已过期、已用过，或属于另一个浏览器",
            "每个登录页都用 Cookie 与打开它的浏览器绑定，只在几分钟内有效，只能登录一次。",
            "请重新打开页面。如果仍然这样，可能是 Cookie 被禁用，或者 public_url 与浏览器显示的地址不一致。"
        ),
        Trouble::CodeInvalid => explanation!(
            "免登码被拒绝",
            "免登码已用过、已过期，或属于另一个应用。日志中的错误码说得更具体。",
            "请重新打开应用。如果每次都这样，agent_id 和 client_id 可能来自两个应用。"
        ),
        Trouble::NotListed => explanation!(
            "此人不在用户表中",
            "钉钉认识此人，但只有用户表中的人才能登录。",
            "请添加此人：/admin/refused、“miandeng users add”或“miandeng users sync”；也可以设置 unknown_users = \"create\"。"
        ),
        Trouble::ExternalContact => explanation!(
            "此人是外部联系人",
            "在钉钉中，此人是企业的客户或供应商，而不是员工。",
            "如果确实是员工，请在钉钉中把此人加入企业。"
        ),
        Trouble::Unfollowed => explanation!(
            "此人没有关注服务窗",
            "只有在关注期间，钉钉才会说明关注者是谁。",
            "请先在钉钉中关注服务窗，再从服务窗打开页面。"
        ),
        Trouble::Stranger => explanation!(
            "此人不是该企业的成员",
            "这个钉钉账号属于另一个企业，或者此人已离职。",
            "请让此人在钉钉中加入企业；如果所有人都这样，请检查 corp_id。"
        ),
        Trouble::Disabled => explanation!(
            "此人已停用",
            "管理员、导入或同步停用了此人，具体原因见 disabled_because。",
            "请在 /admin/people 下此人的页面上启用，或使用“miandeng users enable”。"
        ),
        Trouble::RateLimited => explanation!(
            "同一网络失败次数过多",
            "失败次数按网络计算。如果代理不在 trusted_proxies 中，所有人会共用代理的地址。",
            "请等待页面上写的时间。如果很多人都这样，请检查 trusted_proxies。"
        ),
        Trouble::DingtalkRefused => explanation!(
            "钉钉拒绝了，需要处理",
            "日志中带有该请求编号的一行有钉钉的错误码和原文。",
            "请运行 miandeng explain CODE 查看那个错误码的说明。"
        ),
        Trouble::DingtalkUnreachable => explanation!(
            "钉钉没有及时响应",
            "网络、DNS、防火墙或代理有问题，或者钉钉自身很慢。",
            "请运行“miandeng doctor”。如果网络正常，请稍等；已登录的人不受影响。"
        ),
        Trouble::LoginRefused => explanation!(
            "钉钉登录页没有带回免登码",
            "此人拒绝了授权，或者账号不属于该企业。",
            "请用属于该企业的账号重试。"
        ),
        Trouble::LinkExpired => explanation!(
            "“在浏览器中打开”的链接已用过、超过 30 秒，或会话已结束",
            "这种链接只能用一次，以免之后被别人使用。",
            "请在钉钉中重新生成链接。"
        ),
        Trouble::RedirectLoop => explanation!(
            "会话的 Cookie 到不了要去的页面",
            "cookie_domain 没有覆盖那个主机（页面上写有主机名），public_url 与浏览器显示的不一致，代理丢弃了 Cookie，浏览器禁用了 Cookie，或者时钟不准。",
            "请把 cookie_domain 设为同时覆盖该主机和 public_url 的域名，让 public_url 与浏览器显示的完全一致，并让代理转发 Cookie 请求头。"
        ),
        Trouble::SignInRequired => explanation!(
            "尚未登录",
            "没有会话，或会话已结束。脚本得到的是这个回应，而不是跳转。",
            "请重新打开页面。脚本请把人引导到 signin_url。"
        ),
        Trouble::NotAllowed => explanation!(
            "规则不允许此人访问",
            "此人已登录，但不在代理配置的 groups 或 users 之内，或者不是管理员。",
            "请把代理配置中的 groups、users 与 /admin/people 中此人的部门核对。"
        ),
        Trouble::UnlistedHost => explanation!(
            "这个主机不在允许返回的范围内",
            "登录之后只能返回 public_url 的主机和 allowed_return_hosts 中的主机。",
            "请把日志中的主机加到 allowed_return_hosts，或改正代理发来的内容。"
        ),
        Trouble::NotFound => {
            explanation!("没有这个页面", "地址有误，或者缺少 base_path。", "请检查地址，或从工作台重新打开应用。")
        }
        Trouble::ForeignOrigin => explanation!(
            "表单来自其他网站",
            "只接受 public_url 自己的页面提交的表单。",
            "请在本站的页面上重试。如果仍然这样，说明 public_url 与浏览器显示的地址不一致。"
        ),
        Trouble::LastAdmin => explanation!(
            "不能去掉最后一位管理员",
            "没有管理员，就没有人能打开管理页面。",
            "请先把别人设为管理员，或在命令行使用 --force。"
        ),
        Trouble::EventRefused => explanation!(
            "事件推送被拒绝",
            "它的签名、加密或企业与应用的订阅不符。",
            "请从应用页面重新复制 event_token 和 event_aes_key。如果没有人改过，就是别人发来的。"
        ),
        Trouble::TooLong => {
            explanation!(
                "发来的内容太长",
                "请求体有长度上限，钉钉自己发的远远不到。",
                "请按日志中的地址查明是哪个程序发来的。"
            )
        }
        Trouble::Unavailable => explanation!(
            "数据库没有响应",
            "磁盘已满，文件被锁定、丢失，或没有写权限。",
            "请运行“miandeng doctor”；日志中带有该请求编号的一行写有原因。"
        ),
        Trouble::InternalError => explanation!(
            "服务器内部出错",
            "这是 miandeng 的缺陷；日志中带有该请求编号的一行写有原因。",
            "请附上那行日志反馈给我们。"
        ),
        // InvalidRequest.
        _ => explanation!(
            "字段缺失、重复或格式不对",
            "发出请求的页面或程序不是我们的，或者途中被改动。",
            "请从工作台重新打开应用。日志中带有该请求编号的一行写有字段名。"
        ),
    }
}
