use crate::errcode::Errcode;

pub(super) fn hint(errcode: Errcode) -> &'static str {
    match errcode {
        Errcode::Busy => "DingTalk is busy. Sign-ins work again in a moment.",
        Errcode::AddressBarred => {
            "DingTalk bars this server's address for five minutes, after more than 10,000 calls in 20 seconds: find out what \
             else calls DingTalk from it."
        }
        Errcode::NoSuchCall => {
            "DingTalk has no such call: check oapi_url and api_url, and that no proxy between this server and DingTalk \
             changes requests."
        }
        Errcode::InvalidCode => {
            "The auth code was used already, has expired, or was made for another app. If this happens each time, check that \
             corp_id, agent_id and client_id come from one app, and that no other app has the same domain."
        }
        Errcode::InvalidToken => {
            "DingTalk rejects even a fresh access token: check that client_id and client_secret belong to this corp_id, and \
             that the server's clock is right."
        }
        Errcode::InvalidCredentials => {
            "The credentials are wrong: copy client_id and client_secret again (凭证与基础信息), without spaces, and make sure \
             that the app has a published version."
        }
        Errcode::InvalidCorpId => {
            "corp_id is wrong: copy CorpId again from the home page of DingTalk's developer console, signed in to the \
             organisation that the app belongs to."
        }
        Errcode::NoSuchUser => {
            "This organisation has no such person: check that corp_id is the right one, and that the person is an employee \
             in DingTalk's contacts."
        }
        Errcode::IncompleteCall => {
            "A parameter did not reach DingTalk as it was sent: check that no proxy between this server and DingTalk changes \
             requests."
        }
        Errcode::NoPermission => {
            "The app lacks an API permission: grant the one that DingTalk's message names under 权限管理, then publish the app."
        }
        Errcode::IpNotAllowed => {
            "The server's public IP address is not listed: add the address in DingTalk's message under 开发配置 > 安全设置 > \
             服务器出口IP."
        }
        Errcode::OutOfScope => {
            "The employee is outside the app's range: widen 可见范围 and 通讯录权限范围, then publish the app."
        }
        Errcode::AppDisabled => "The app is disabled: enable it in the admin console (管理后台 > 工作台).",
        Errcode::RedirectNotAllowed => {
            "The sign-in page's address is not listed: add public_url's /login/dingtalk/callback under 开发配置 > 安全设置 > \
             重定向URL."
        }
        Errcode::Throttled => {
            "DingTalk throttles this app: find out what else calls DingTalk with its key. Sign-ins work again in a moment."
        }
        Errcode::QuotaUsedUp => {
            "The organisation's monthly quota of API calls is used up: upgrade the edition or wait for the next month."
        }
        Errcode::UnknownTicket => {
            "DingTalk does not find the ticket that the page was signed with: check that corp_id and client_id come from one \
             organisation, and that no other program fetches tickets with this app's key."
        }
        Errcode::SignatureMismatch => {
            "The page's signature did not match: check that public_url is exactly what the client shows, that signature is \
             sha1 or sha256 as the app needs, and that no other program fetches tickets with this app's key."
        }
        Errcode::InvalidPageConfig => {
            "A field of dd.config is missing or has a wrong form: pass on what /jsapi/config answers as it is, and list only \
             APIs that exist."
        }
        Errcode::WrongAgent => {
            "agent_id, client_id and kind do not belong together: copy AgentId and Client ID from one app's page. A service \
             window needs kind = \"channel\" and channel_secret."
        }
        Errcode::Unknown => {
            "Look the error code up in DingTalk's list (全局错误码); the log line with this request ID has DingTalk's own words."
        }
    }
}
