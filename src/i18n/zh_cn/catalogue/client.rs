use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::Cancelled => {
            explanation!("用户在客户端取消了", "钉钉弹出的对话框被关闭或拒绝。", "请重新打开应用并同意。")
        }
        Trouble::NoSuchApi => explanation!(
            "客户端没有这个接口",
            "客户端版本太旧；或者接口没有写进 jsApiList，旧的桌面端要求必须写。",
            "请更新钉钉。自己的页面请把接口写进 jsApiList。"
        ),
        Trouble::NoAppOnDomain => explanation!(
            "该企业没有使用这个域名的应用",
            "页面在测试主机、IP 地址或其他端口上；链接是从聊天里打开的；或者应用已停用。",
            "请把域名登记为“应用首页地址”或“端内免登地址”，启用应用，并从工作台打开。"
        ),
        Trouble::NotInCorp => explanation!(
            "此人不是该企业的员工",
            "打开应用的是外部联系人、服务窗的关注者，或其他企业的成员。",
            "请在钉钉中切换到正确的企业。服务窗的关注者要设置 kind = \"channel\"。"
        ),
        Trouble::InsecureRedirect => explanation!(
            "页面的域名不是应用的安全域名",
            "客户端只向已登记的域名发放免登码。",
            "请把页面地址加到“开发配置 > 安全设置 > 重定向URL”，并检查“应用首页地址”。"
        ),
        Trouble::ClientCorpId => explanation!(
            "客户端拒绝了 corp_id",
            "它不是任何企业的 ID，或者此人不属于那个企业。",
            "请从钉钉“开发者后台首页”重新复制 CorpId，并确认应用地址带有 ?corpid=$CORPID$。"
        ),
        Trouble::ClientField => explanation!(
            "客户端拒绝了调用中的某个字段",
            "有字段为空或格式不对：corpId、地址、用户 ID、会话 ID，或整个 JSON。",
            "请检查配置中的 corp_id 和 agent_id。自己的页面请检查传给 dd 的内容。"
        ),
        Trouble::ApiNotAuthorised => explanation!(
            "客户端还不允许调用这个接口",
            "在 dd.ready 之前调用、没有写进 jsApiList，或者 dd.config 失败了。取免登码不需要这些。",
            "请在日志中查找 dd.error 一行。自己的页面请在 dd.ready 中调用，并写进 jsApiList。"
        ),
        Trouble::ClientFailed => {
            explanation!("客户端自身出错", "钉钉没有给出原因。", "请重试；如果仍然这样，请更新钉钉。")
        }
        Trouble::NotInDingtalk => explanation!(
            "脚本找不到钉钉客户端",
            "页面是在普通浏览器里打开的。如果在桌面端里，则是 window.name 被改掉、打开了新窗口，或者页面用的是只支持手机的脚本。",
            "请从工作台打开应用。不要改写 window.name，也不要在新窗口中打开应用。"
        ),
        Trouble::NotOnPlatform => {
            explanation!("客户端在这个平台上没有此接口", "服务窗只支持在手机上登录。", "请在手机上打开应用。")
        }
        Trouble::NotRegistered => explanation!(
            "脚本没有这个接口",
            "jsapi_url 或 jsapi_file 指向的脚本太旧或不完整。",
            "请使用 jsapi_url 默认的脚本。"
        ),
        Trouble::BridgeBroken => explanation!(
            "脚本无法连接客户端",
            "页面与客户端之间的通道没有建立起来。",
            "请关闭页面，从工作台重新打开应用；如果仍然这样，请更新钉钉。"
        ),
        Trouble::ConfiguredTwice => explanation!(
            "dd.config 调用了两次",
            "客户端只认页面上的第一次调用，其余的都忽略。",
            "每个页面只调用一次 dd.config；单页应用每次加载后调用一次。"
        ),
        Trouble::NoBridge => explanation!(
            "钉钉客户端没有响应",
            "客户端版本太旧、并不是真正的钉钉，或者卡住了。dd.config 失败不会影响登录，因为页面另外请求免登码。",
            "请关闭页面，从工作台重新打开应用；如果仍然这样，请更新钉钉。在桌面端不要改写 window.name。"
        ),
        Trouble::ScriptFailed => explanation!(
            "钉钉的脚本没有加载成功",
            "设备访问不了钉钉的网络，或者途中有设备拦截了脚本。",
            "请设置 jsapi_file，由自己的服务器提供脚本。"
        ),
        Trouble::ServerSilent => explanation!(
            "页面没有收到本服务器的回应",
            "连接中断，或者代理替服务器作了回应。",
            "请在日志中查找这个请求；如果没有，请看代理的日志。"
        ),
        // ClientSays.
        _ => explanation!(
            "客户端转达了钉钉服务端的拒绝",
            "手机端的 3 和桌面端的 9 只表示后面跟着一句话，其中可能还有别的错误码，例如 52013。",
            "请运行 miandeng explain --message '…' 解读那句话。"
        ),
    }
}
