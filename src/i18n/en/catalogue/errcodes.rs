use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::Busy => explanation!(
            "DingTalk is busy",
            "DingTalk's own servers were too slow or overloaded. 88 is its gateway's code: alone it means a timeout, \
             otherwise the real code is in sub_code.",
            "Wait a moment; sign-ins work again by themselves."
        ),
        Trouble::AddressBarred => explanation!(
            "DingTalk bars this server's address for five minutes",
            "More than 10,000 calls came from the address in 20 seconds. Other programs behind the same address count too.",
            "Find out what else calls DingTalk from this address."
        ),
        Trouble::NoSuchCall => explanation!(
            "DingTalk has no such call",
            "The address or path that was called does not exist there.",
            "Check oapi_url and api_url, and that no proxy between this server and DingTalk changes requests."
        ),
        Trouble::InvalidCode => explanation!(
            "DingTalk does not know this auth code",
            "A code works once. It was used already, has expired, was cut short, comes from the admin console or a QR code, or \
             was made for another app on the same domain.",
            "Open the app again. If this happens each time, check that corp_id, agent_id and client_id come from one app, and \
             that no other app has the same domain."
        ),
        Trouble::CodeExpired => explanation!(
            "The auth code has expired",
            "A code is good for five minutes.",
            "Open the app again. If this happens each time, look for what holds requests up on their way to this server."
        ),
        Trouble::InvalidToken => explanation!(
            "DingTalk rejects even a fresh access token",
            "A token that has merely run out is renewed unnoticed. This one belongs to another organisation, or is of \
             another kind, such as a service window's or a person's.",
            "Check that client_id and client_secret belong to this corp_id, and that the server's clock is right."
        ),
        Trouble::CredentialType => explanation!(
            "DingTalk does not take credentials of this kind",
            "An app's key, an organisation's old secret and a service window's secret each work for their own calls only.",
            "Set client_id and client_secret for an app, corp_secret for an old organisation without them, and channel_secret \
             only for kind = \"channel\"."
        ),
        Trouble::InvalidCredentials => explanation!(
            "The credentials are wrong",
            "Key and secret do not belong together: one was copied with a space or from another app. DingTalk also says this about \
             an app that was never published.",
            "Copy client_id and client_secret again (凭证与基础信息), without spaces, and make sure that the app has a published \
             version."
        ),
        Trouble::InvalidCorpId => explanation!(
            "corp_id is wrong",
            "DingTalk has no such organisation, or the app belongs to another one.",
            "Copy CorpId again from the home page of DingTalk's developer console (开发者后台首页), signed in to the \
             organisation that the app belongs to."
        ),
        Trouble::NoSuchUser => explanation!(
            "The organisation has no such person",
            "The person has left, is no employee, or belongs to another organisation.",
            "Check that corp_id is the right one, and that the person is an employee in DingTalk's contacts."
        ),
        Trouble::IncompleteCall => explanation!(
            "A parameter did not reach DingTalk as it was sent",
            "It was lost or changed on the way, or the body or the method was.",
            "Check that no proxy between this server and DingTalk changes requests."
        ),
        Trouble::AdminCode => explanation!(
            "The code comes from the admin console's sign-in",
            "DingTalk's admin console has a sign-in of its own, whose codes and secret (SSOSecret) are good for nothing else.",
            "Open the app from the workbench, and set client_id and client_secret instead of the SSOSecret."
        ),
        Trouble::NoPermission => explanation!(
            "The app lacks an API permission",
            "DingTalk's message names the permission, mostly with a link to apply for it.",
            "Grant the permission that DingTalk's message names under 权限管理, then publish the app."
        ),
        Trouble::IpNotAllowed => explanation!(
            "The server's public IP address is not listed",
            "DingTalk answers only addresses in the app's list. Tokens are given to any address, so a token that comes proves \
             nothing. Behind NAT or in a cloud, the address may change.",
            "Add the address in DingTalk's message under 开发配置 > 安全设置 > 服务器出口IP."
        ),
        Trouble::OutOfScope => explanation!(
            "The person or department is outside the app's range",
            "The app may see and serve only a part of the organisation, or a change of its range is not published yet.",
            "Widen 可见范围 and 通讯录权限范围, then publish the app."
        ),
        Trouble::AppDisabled => explanation!(
            "The app is disabled",
            "Somebody has disabled it in the organisation's admin console.",
            "Enable it in the admin console (管理后台 > 工作台)."
        ),
        Trouble::RedirectNotAllowed => explanation!(
            "The sign-in page's address is not listed",
            "DingTalk's own sign-in page sends people back to listed addresses only, and compares them exactly.",
            "Add public_url's /login/dingtalk/callback under 开发配置 > 安全设置 > 重定向URL."
        ),
        Trouble::Throttled => explanation!(
            "DingTalk throttles this app",
            "The app has called too often: about 20 calls a second for each API.",
            "Find out what else calls DingTalk with its key. Sign-ins work again in a moment."
        ),
        Trouble::PlatformThrottled => explanation!(
            "DingTalk throttles this API for everybody",
            "All of DingTalk's customers share this limit; it is reached above all on the hour.",
            "Wait a moment; it works again by itself. Let jobs of your own run ten minutes past the hour."
        ),
        Trouble::QuotaUsedUp => explanation!(
            "The organisation's monthly quota of API calls is used up",
            "The quota depends on the edition. Tokens, tickets, sign-ins and the directory do not count.",
            "Upgrade the edition or wait for the next month, and find out which program makes the calls."
        ),
        Trouble::UnknownTicket => explanation!(
            "DingTalk does not find the ticket that the page was signed with",
            "The ticket is another organisation's, or has been replaced because another program fetched one.",
            "Check that corp_id and client_id come from one organisation, and that no other program fetches tickets with this \
             app's key."
        ),
        Trouble::SignatureMismatch => explanation!(
            "The page's signature does not match",
            "The signed address is not the one that the client shows, or another ticket or hash was used. DingTalk's \
             message has the address that it saw. Signing in still works: only further JSAPIs need the signature.",
            "Check that public_url is exactly what the client shows, that signature is sha1 or sha256 as the app needs, and \
             that no other program fetches tickets with this app's key."
        ),
        Trouble::InvalidPageConfig => explanation!(
            "A field of dd.config is missing or has a wrong form",
            "It is the address, nonce, signature, list of APIs or timestamp, in the order of the codes.",
            "Pass on what /jsapi/config answers as it is, and list only APIs that exist."
        ),
        Trouble::WrongAgent => explanation!(
            "agent_id and client_id do not belong together",
            "AgentId and key come from two different apps, or a service window is set up as a micro-app.",
            "On one app's page (凭证与基础信息), copy AgentId and Client ID. A service window needs kind = \"channel\" and \
             channel_secret."
        ),
        Trouble::WrongKind => explanation!(
            "The app is of another kind than dd.config says",
            "dd.config has type 0 for a micro-app and 1 for a service window, and each needs its own AgentId and ticket.",
            "Set kind = \"channel\" and channel_secret for a service window, and neither for a micro-app."
        ),
        Trouble::SecureApp => explanation!(
            "DingTalk refuses the tag or the address of a secure micro-app",
            "miandeng sends neither of them: another page of yours has called dd.config.",
            "Compare what that page sends with the app's page in the developer console."
        ),
        Trouble::NoSuchDepartment => explanation!(
            "There is no such department",
            "It was removed or moved while the directory was read, or corp_id is wrong.",
            "Run the sync again. If that does not help, check corp_id."
        ),
        Trouble::DirectoryUnreadable => explanation!(
            "DingTalk cannot list the directory",
            "DingTalk gives no further reason.",
            "Run the sync again. If that does not help, check 通讯录权限范围."
        ),
        Trouble::CallbackUnreachable => explanation!(
            "DingTalk cannot deliver events to this server",
            "The address does not answer \"success\" within 1.5 seconds, cannot be reached, redirects, or has a host that \
             DingTalk refuses.",
            "Make sure that /dingtalk/events/… on public_url is reached from outside without a redirect; or set events = \
             \"stream\", which needs no public address."
        ),
        Trouble::CallbackCrypto => explanation!(
            "DingTalk and this server do not understand each other's events",
            "Key, token, signature or owner differ. The owner of a subscription made in the console is the app's AppKey, not \
             CorpId.",
            "Copy event_token and event_aes_key (43 characters) again from the app's page, and check client_id; or set \
             events = \"stream\", which needs neither."
        ),
        _ => explanation!(
            "DingTalk refused for a reason that is not in the catalogue",
            "The code is newer than this version, or rare.",
            "Look the error code up in DingTalk's list (全局错误码); the log line with this request ID has DingTalk's own words."
        ),
    }
}
