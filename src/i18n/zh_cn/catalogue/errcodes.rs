use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::Busy => explanation!(
            "钉钉系统繁忙",
            "钉钉自己的服务器太慢或过载。88 是钉钉网关的错误码：单独出现表示超时，否则真正的错误码在 sub_code 里。",
            "请稍等，过一会儿登录就会恢复。"
        ),
        Trouble::AddressBarred => explanation!(
            "钉钉已封禁本服务器的 IP 五分钟",
            "20 秒内来自这个 IP 的调用超过 10000 次，同一出口的其他程序也计算在内。",
            "请查明还有哪些程序从这个 IP 调用钉钉接口。"
        ),
        Trouble::NoSuchCall => explanation!(
            "钉钉没有这个接口",
            "所调用的地址或路径在钉钉那边不存在。",
            "请检查 oapi_url 和 api_url，以及服务器与钉钉之间的代理是否改动了请求。"
        ),
        Trouble::InvalidCode => explanation!(
            "钉钉不认这个免登码",
            "免登码只能用一次。它可能已用过、已过期、被截断，来自管理后台或扫码登录，或者属于同一域名下的另一个应用。",
            "请重新打开应用。如果每次都这样，请确认 corp_id、agent_id、client_id 来自同一个应用，并且没有其他应用使用相同的域名。"
        ),
        Trouble::CodeExpired => explanation!(
            "免登码已过期",
            "免登码的有效期是五分钟。",
            "请重新打开应用。如果每次都这样，请查明请求在到达服务器之前被什么拖住了。"
        ),
        Trouble::InvalidToken => explanation!(
            "新取得的 access token 也被拒绝",
            "只是过期的 token 会自动更换，不会报错；这一个属于别的企业，或者是另一种 token，例如服务窗或个人的。",
            "请确认 client_id、client_secret 属于这个 corp_id，并检查服务器时间。"
        ),
        Trouble::CredentialType => explanation!(
            "钉钉不接受这种凭证",
            "应用的密钥、老企业的 corpSecret、服务窗的 channelSecret 各有各的接口。",
            "应用请设置 client_id 和 client_secret；没有它们的老企业设置 corp_secret；channel_secret 只用于 kind = \"channel\"。"
        ),
        Trouble::InvalidCredentials => explanation!(
            "凭证有误",
            "密钥不匹配：复制时带入了空格，或用了另一个应用的。应用从未发布时，钉钉也会这样提示。",
            "请在“凭证与基础信息”重新复制 client_id 与 client_secret（不要带空格），并确认应用已发布版本。"
        ),
        Trouble::InvalidCorpId => explanation!(
            "corp_id 有误",
            "钉钉没有这个企业，或者应用属于另一个企业。",
            "请登录应用所属的企业，从钉钉“开发者后台首页”重新复制 CorpId。"
        ),
        Trouble::NoSuchUser => explanation!(
            "这个企业里没有此人",
            "此人已离职、不是员工，或者属于另一个企业。",
            "请确认 corp_id 正确，并且此人是钉钉通讯录中的员工。"
        ),
        Trouble::IncompleteCall => explanation!(
            "钉钉收到的请求不完整",
            "参数、请求体或请求方法在途中丢失了。",
            "请检查服务器与钉钉之间的代理是否改动了请求。"
        ),
        Trouble::AdminCode => explanation!(
            "这是管理后台免登的授权码",
            "钉钉管理后台有单独的免登方式，它的授权码和密钥（SSOSecret）不能用于别处。",
            "请从工作台打开应用，并设置 client_id 和 client_secret，不要用 SSOSecret。"
        ),
        Trouble::NoPermission => explanation!(
            "应用缺少接口权限",
            "钉钉的提示里写有权限名称，通常还带有申请链接。",
            "请在“权限管理”开通钉钉提示的权限，然后发布应用。"
        ),
        Trouble::IpNotAllowed => explanation!(
            "服务器的公网 IP 不在白名单",
            "钉钉只回应应用白名单中的 IP。取 token 不受限制，所以能取到 token 不能说明问题。在 NAT 之后或云上，出口 IP 可能会变。",
            "请把钉钉提示中的 IP 加到“开发配置 > 安全设置 > 服务器出口IP”。"
        ),
        Trouble::OutOfScope => explanation!(
            "该员工不在应用的范围内",
            "应用只能看到企业中的一部分人和部门，或者范围改动后还没有发布。",
            "请扩大“可见范围”和“通讯录权限范围”，然后发布应用。"
        ),
        Trouble::AppDisabled => {
            explanation!("应用已停用", "有人在管理后台停用了它。", "请在“管理后台 > 工作台”启用。")
        }
        Trouble::RedirectNotAllowed => explanation!(
            "扫码登录的回调地址未登记",
            "钉钉的登录页只会跳回已登记的地址，并且逐字比较。",
            "请把 public_url 下的 /login/dingtalk/callback 加到“开发配置 > 安全设置 > 重定向URL”。"
        ),
        Trouble::Throttled => explanation!(
            "钉钉正在限制这个应用的调用频率",
            "应用调用得太频繁：每个接口每秒大约 20 次。",
            "请查明还有哪些程序在用这个应用的密钥调用接口。稍后登录会恢复。"
        ),
        Trouble::PlatformThrottled => explanation!(
            "钉钉正在对所有人限制这个接口",
            "这个上限由钉钉的全部客户共用，整点时最容易达到。",
            "请稍等，很快会恢复。自己的定时任务请避开整点，例如推迟十分钟。"
        ),
        Trouble::QuotaUsedUp => explanation!(
            "企业本月的接口调用额度已用完",
            "额度取决于钉钉版本；取 token、取 ticket、免登和通讯录接口不计入。",
            "请升级版本，或等到下个月，并查明是哪个程序在调用。"
        ),
        Trouble::UnknownTicket => explanation!(
            "钉钉找不到页面签名所用的 ticket",
            "ticket 属于另一个企业，或者因为其他程序重新获取而失效。",
            "请确认 corp_id 与 client_id 属于同一个企业，并且没有其他程序用同一应用的密钥获取 ticket。"
        ),
        Trouble::SignatureMismatch => explanation!(
            "页面签名不一致",
            "签名的地址与客户端显示的不同，或者 ticket、哈希算法不同。钉钉的消息里有它看到的地址。登录不受影响，只有其他 JSAPI 需要签名。",
            "请确认 public_url 与客户端显示的地址完全相同、signature（sha1 或 sha256）设置正确，并且没有其他程序用同一应用的密钥获取 ticket。"
        ),
        Trouble::InvalidPageConfig => explanation!(
            "dd.config 的字段缺失或格式不对",
            "按错误码顺序分别是地址、随机串、签名、jsApiList、时间戳。",
            "请原样使用 /jsapi/config 返回的内容，jsApiList 中只写存在的接口。"
        ),
        Trouble::WrongAgent => explanation!(
            "agent_id 与 client_id 不匹配",
            "AgentId 和密钥来自两个应用，或者把服务窗当成了微应用。",
            "请从同一个应用的“凭证与基础信息”复制 AgentId 与 Client ID；服务窗要设置 kind = \"channel\" 和 channel_secret。"
        ),
        Trouble::WrongKind => explanation!(
            "应用的种类与 dd.config 不符",
            "dd.config 的 type 为 0 表示微应用，1 表示服务窗，两者各用各的 AgentId 和 ticket。",
            "服务窗请设置 kind = \"channel\" 和 channel_secret；微应用两者都不要设置。"
        ),
        Trouble::SecureApp => explanation!(
            "钉钉拒绝了安全微应用的标签或地址",
            "miandeng 不会发送这两项，是您自己的其他页面调用了 dd.config。",
            "请把该页面发送的内容与开发者后台的应用页面核对。"
        ),
        Trouble::NoSuchDepartment => explanation!(
            "没有这个部门",
            "部门在读取期间被删除或移动，或者 corp_id 有误。",
            "请重新同步；如果仍然这样，请检查 corp_id。"
        ),
        Trouble::DirectoryUnreadable => explanation!(
            "钉钉无法列出通讯录",
            "钉钉没有给出更多原因。",
            "请重新同步；如果仍然这样，请检查“通讯录权限范围”。"
        ),
        Trouble::CallbackUnreachable => explanation!(
            "钉钉无法把事件推送到本服务器",
            "推送地址没有在 1.5 秒内返回 success、无法访问、发生了跳转，或者主机被钉钉拒绝。",
            "请确认从外网可以直接访问 public_url 下的 /dingtalk/events/…，中间没有跳转；也可以设置 events = \"stream\"，不需要公网地址。"
        ),
        Trouble::CallbackCrypto => explanation!(
            "钉钉与本服务器无法互认事件",
            "加密密钥、token、签名或归属不一致。在开发者后台配置的订阅归 AppKey 所有，而不是 CorpId。",
            "请从应用页面重新复制 event_token 和 event_aes_key（43 个字符），并检查 client_id；也可以设置 events = \"stream\"，两者都不需要。"
        ),
        _ => explanation!(
            "钉钉拒绝了，原因没有收录",
            "这个代码比当前版本新，或者很少见。",
            "请在钉钉“全局错误码”中查找该错误码；日志中带有此请求编号的一行有钉钉的原文。"
        ),
    }
}
