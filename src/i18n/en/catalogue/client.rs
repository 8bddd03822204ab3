use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::Cancelled => explanation!(
            "The person cancelled in the client",
            "A dialog of DingTalk's was closed or declined.",
            "Open the app again and agree."
        ),
        Trouble::NoSuchApi => explanation!(
            "The client does not have this API",
            "The client is too old, or the API is not in jsApiList, which old desktop clients insist on.",
            "Update DingTalk. On pages of your own, list the API in jsApiList."
        ),
        Trouble::NoAppOnDomain => explanation!(
            "The organisation has no app on this page's domain",
            "The page is on a test host, a bare IP address or another port; the link was opened from a chat; or the app is \
             disabled.",
            "Register the domain as 应用首页地址 or 端内免登地址, enable the app, and open it from the workbench (工作台)."
        ),
        Trouble::NotInCorp => explanation!(
            "The person is not an employee of this organisation",
            "An external contact, a follower of a service window, or a member of another organisation opened the app.",
            "Switch to the right organisation in DingTalk. Followers of a service window need kind = \"channel\"."
        ),
        Trouble::InsecureRedirect => explanation!(
            "The page's domain is not one of the app's secure domains",
            "The client gives codes only to listed domains.",
            "Add the page's address under 开发配置 > 安全设置 > 重定向URL, and check 应用首页地址."
        ),
        Trouble::ClientCorpId => explanation!(
            "The client rejects corp_id",
            "It is not the id of an organisation, or the person does not belong to that organisation.",
            "Copy CorpId again from the home page of DingTalk's developer console (开发者后台首页), and check that the app's \
             address has ?corpid=$CORPID$."
        ),
        Trouble::ClientField => explanation!(
            "The client rejects a field of the call",
            "A field is blank or malformed: corpId, the address, a user id, a chat id, or the JSON as a whole.",
            "Check corp_id and agent_id in the settings. On pages of your own, check what they pass to dd."
        ),
        Trouble::ApiNotAuthorised => explanation!(
            "The client does not allow this API yet",
            "It was called before dd.ready, is not in jsApiList, or dd.config failed. Asking for an auth code needs none of \
             these.",
            "Look for the dd.error line in the log. On pages of your own, call the API in dd.ready and list it in jsApiList."
        ),
        Trouble::ClientFailed => explanation!(
            "The client failed by itself",
            "DingTalk gives no reason.",
            "Try again. If that does not help, update DingTalk."
        ),
        Trouble::NotInDingtalk => explanation!(
            "The script does not find the DingTalk client",
            "The page is open in an ordinary browser. Inside the desktop client, something has changed window.name or opened a \
             new window, or the page has a script for phones alone.",
            "Open the app from the workbench. Let nothing rewrite window.name or open the app in a new window."
        ),
        Trouble::NotOnPlatform => explanation!(
            "The client does not have this API on this platform",
            "A service window signs people in on phones only.",
            "Open the app on a phone."
        ),
        Trouble::NotRegistered => explanation!(
            "The script does not have this API",
            "jsapi_url or jsapi_file is an old or reduced script.",
            "Use the script that jsapi_url has by default."
        ),
        Trouble::BridgeBroken => explanation!(
            "The script cannot reach the client",
            "The connection between page and client could not be made.",
            "Close the page and open the app again from the workbench. If that does not help, update DingTalk."
        ),
        Trouble::ConfiguredTwice => explanation!(
            "dd.config was called twice",
            "The client takes the first call on a page and ignores the others.",
            "Call dd.config once on each page; in a single-page app, once after each load."
        ),
        Trouble::NoBridge => explanation!(
            "The DingTalk client does not answer",
            "The client is too old, is not DingTalk although it claims to be, or hangs. A failed dd.config never stops the sign-in, \
             because the page asks for the code independently.",
            "Close the page and open the app again from the workbench. If that does not help, update DingTalk. On the \
             desktop, let nothing rewrite window.name."
        ),
        Trouble::ScriptFailed => explanation!(
            "DingTalk's script did not load",
            "The device cannot reach DingTalk's network, or a filter on the way blocks the script.",
            "Set jsapi_file to serve the script from your own server."
        ),
        Trouble::ServerSilent => explanation!(
            "The page got no answer from this server",
            "The connection broke, or a proxy answered in its place.",
            "Look in the log for the request, and in the proxy's log if it is not there."
        ),
        // ClientSays.
        _ => explanation!(
            "The client passed on a refusal from DingTalk's server",
            "3 on phones and 9 on the desktop only say that a sentence follows. It may hold another code, such as 52013.",
            "Look the sentence up: miandeng explain --message '…'."
        ),
    }
}
