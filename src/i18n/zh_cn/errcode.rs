use crate::errcode::Errcode;

pub(super) fn hint(errcode: Errcode) -> &'static str {
    match errcode {
        Errcode::Busy => "钉钉系统繁忙，稍后登录会恢复。",
        Errcode::AddressBarred => {
            "钉钉已封禁本服务器的 IP 五分钟（20 秒内调用超过 10000 次）：请查明还有哪些程序从这个 IP 调用钉钉接口。"
        }
        Errcode::NoSuchCall => {
            "钉钉没有这个接口：请检查 oapi_url 和 api_url，以及服务器与钉钉之间的代理是否改动了请求。"
        }
        Errcode::InvalidCode => {
            "免登码已用过、已过期，或属于另一个应用：如果每次都这样，请确认 corp_id、agent_id、client_id 来自同一个应用，并且没有其他应用使用相同的域名。"
        }
        Errcode::InvalidToken => {
            "新取得的 access token 也被拒绝：请确认 client_id、client_secret 属于这个 corp_id，并检查服务器时间。"
        }
        Errcode::InvalidCredentials => {
            "凭证有误：请在“凭证与基础信息”重新复制 client_id 与 client_secret（不要带空格），并确认应用已发布版本。"
        }
        Errcode::InvalidCorpId => "corp_id 有误：请登录应用所属的组织，从钉钉开发者后台首页重新复制 CorpId。",
        Errcode::NoSuchUser => "这个组织里没有此人：请确认 corp_id 正确，并且此人是钉钉通讯录中的员工。",
        Errcode::IncompleteCall => "钉钉收到的请求不完整：请检查服务器与钉钉之间的代理是否改动了请求。",
        Errcode::NoPermission => "应用缺少接口权限：请在“权限管理”开通钉钉提示的权限，然后发布应用。",
        Errcode::IpNotAllowed => {
            "服务器的公网 IP 不在白名单：请把钉钉提示中的 IP 加到“开发配置 > 安全设置 > 服务器出口IP”。"
        }
        Errcode::OutOfScope => "该员工不在应用的范围内：请扩大“可见范围”和“通讯录权限范围”，然后发布应用。",
        Errcode::AppDisabled => "应用已停用：请在“管理后台 > 工作台”启用。",
        Errcode::RedirectNotAllowed => {
            "扫码登录的回调地址未登记：请把 public_url 下的 /login/dingtalk/callback 加到“开发配置 > 安全设置 > 重定向URL”。"
        }
        Errcode::Throttled => "钉钉正在限流：请查明还有哪些程序在用这个应用的密钥调用接口。稍后登录会恢复。",
        Errcode::QuotaUsedUp => "企业本月的接口调用额度已用完：请升级版本，或等到下个月。",
        Errcode::UnknownTicket => {
            "钉钉找不到页面签名所用的 ticket：请确认 corp_id 与 client_id 属于同一个组织，并且没有其他程序用同一应用的密钥获取 ticket。"
        }
        Errcode::SignatureMismatch => {
            "页面签名不一致：请确认 public_url 与客户端显示的地址完全相同、signature（sha1 或 sha256）设置正确，并且没有其他程序用同一应用的密钥获取 ticket。"
        }
        Errcode::InvalidPageConfig => {
            "dd.config 的字段缺失或格式不对：请原样使用 /jsapi/config 返回的内容，jsApiList 中只写存在的接口。"
        }
        Errcode::WrongAgent => {
            "agent_id、client_id 与 kind 不匹配：请从同一个应用页面复制 AgentId 与 Client ID；服务窗要设置 kind = \"channel\" 和 channel_secret。"
        }
        Errcode::Unknown => "请在钉钉“全局错误码”中查找该错误码；日志中带有此请求编号的一行有钉钉的原文。",
    }
}
