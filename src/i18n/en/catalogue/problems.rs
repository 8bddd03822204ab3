use super::explanation;
use crate::{catalogue::Trouble, i18n::catalogue::Explanation};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble {
        Trouble::CorpidPlaceholder => explanation!(
            "The client did not replace $CORPID$",
            "DingTalk fills in the organisation only when the app is opened from the workbench. The link was opened in a chat, \
             as a bookmark or in a browser.",
            "Open the app from the workbench (工作台). 应用首页地址 and PC端首页地址 must have ?corpid=$CORPID$, literally."
        ),
        Trouble::UnknownApp => explanation!(
            "No app in the settings fits the address",
            "corpid or agentid in the address is another organisation's or another app's, or the address fits several apps.",
            "Compare corpid and agentid in 应用首页地址 and PC端首页地址 with corp_id and agent_id in Rocket.toml."
        ),
        Trouble::StateMismatch => explanation!(
            "The sign-in page is too old, used, or another browser's",
            "Each page is tied by a cookie to the browser that opened it, for a few minutes and one sign-in.",
            "Open the page again. If that does not help, cookies are blocked, or public_url is not the address that \
             the browser shows."
        ),
        Trouble::CodeInvalid => explanation!(
            "DingTalk or this server rejected the auth code",
            "The code was used, has expired, or is another app's. The errcode in the log says more.",
            "Open the app again. If it happens each time, agent_id and client_id may come from two apps."
        ),
        Trouble::NotListed => explanation!(
            "The person is not in the user table",
            "DingTalk knows the person; only a row in the table lets anybody in.",
            "Add the person: /admin/refused, \"miandeng users add\" or \"miandeng users sync\"; or set unknown_users = \
             \"create\"."
        ),
        Trouble::ExternalContact => explanation!(
            "The person is an external contact",
            "DingTalk lists the person as a customer or supplier of the organisation, not as an employee.",
            "If it is an employee, add the person to the organisation in DingTalk."
        ),
        Trouble::Unfollowed => explanation!(
            "The person does not follow the service window",
            "DingTalk says who a follower is only while they follow.",
            "Follow the service window in DingTalk, then open the page from it again."
        ),
        Trouble::Stranger => explanation!(
            "The person is not a member of the organisation",
            "The DingTalk account is another organisation's, or the person has left.",
            "Let the person join the organisation in DingTalk, and check corp_id if it happens to everybody."
        ),
        Trouble::Disabled => explanation!(
            "The person is disabled",
            "An administrator, an import or the sync has disabled the row; disabled_because says which.",
            "Enable the person on their page under /admin/people, or with \"miandeng users enable\"."
        ),
        Trouble::RateLimited => explanation!(
            "Too many failed attempts from one address",
            "The limits count failures per network. Behind a proxy that is not in trusted_proxies, everybody shares its \
             address.",
            "Wait for the time that the page names. If many people are hit, check trusted_proxies."
        ),
        Trouble::DingtalkRefused => explanation!(
            "DingTalk refused for a reason that has to be fixed",
            "The log line with the request ID has DingTalk's errcode and message.",
            "Look that code up: miandeng explain CODE."
        ),
        Trouble::DingtalkUnreachable => explanation!(
            "DingTalk did not answer in time",
            "The network, DNS, a firewall or a proxy stands in between, or DingTalk itself is slow.",
            "Run \"miandeng doctor\". If the network is fine, wait; people already signed in are not affected."
        ),
        Trouble::LoginRefused => explanation!(
            "DingTalk's sign-in page sent the person back without a code",
            "The person declined, or the account does not belong to the organisation.",
            "Try again with the account that belongs to the organisation."
        ),
        Trouble::LinkExpired => explanation!(
            "The link to another browser was used already, is older than 30 seconds, or its session has ended",
            "Such a link works once, so that nobody can use it later.",
            "Make a new link in DingTalk."
        ),
        Trouble::RedirectLoop => explanation!(
            "The session's cookie does not reach the page that the person wants",
            "cookie_domain does not cover that host (the page names it), public_url is not what the browser shows, a proxy drops \
             cookies, the browser blocks them, or a clock is wrong.",
            "Set cookie_domain to a domain that covers that host and public_url, write public_url exactly as the browser shows \
             it, and let the proxy pass the Cookie header on."
        ),
        Trouble::SignInRequired => explanation!(
            "Nobody is signed in",
            "There is no session, or it has ended. Scripts get this answer instead of a redirect.",
            "Open the page again. Scripts send the person to signin_url."
        ),
        Trouble::NotAllowed => explanation!(
            "The rules do not let this person in",
            "The person is signed in, but is in none of the groups or users in the proxy's block, or is no administrator.",
            "Compare groups and users in the proxy's block with the person's departments under /admin/people."
        ),
        Trouble::UnlistedHost => explanation!(
            "The host is not one that people may be sent to",
            "After a sign-in, people are sent back only to public_url's own host and to allowed_return_hosts.",
            "Add the host in the log to allowed_return_hosts, or correct what the proxy sends."
        ),
        Trouble::NotFound => explanation!(
            "There is no such page",
            "The address is wrong, or base_path is missing in it.",
            "Check the address, or open the app again from the workbench."
        ),
        Trouble::ForeignOrigin => explanation!(
            "A form came from another site",
            "Forms are taken from public_url's own pages only.",
            "Open the page on this site and try again. If that does not help, public_url is not the address that the \
             browser shows."
        ),
        Trouble::LastAdmin => explanation!(
            "This would remove the last active administrator",
            "Without one, nobody could open the administrators' pages.",
            "Make somebody else administrator first, or use --force on the command line."
        ),
        Trouble::EventRefused => explanation!(
            "An event was refused",
            "Its signature, encryption or organisation is not that of the app's subscription.",
            "Copy event_token and event_aes_key again from the app's page. If nobody changed them, somebody else sends it."
        ),
        Trouble::TooLong => explanation!(
            "What was sent is too long",
            "Request bodies are limited in size, and DingTalk's own are far smaller.",
            "The log line has the sender's address: find the program that sends it."
        ),
        Trouble::Unavailable => explanation!(
            "The database does not answer",
            "The disk is full, the file is locked or gone, or it may not be written.",
            "Run \"miandeng doctor\"; the log line with the request ID names the cause."
        ),
        Trouble::InternalError => explanation!(
            "The server ran into an unexpected error",
            "This is a defect in miandeng; the log line with the request ID names the cause.",
            "Report it with that log line."
        ),
        // InvalidRequest.
        _ => explanation!(
            "A field is missing, given twice or malformed",
            "The page or the program that sent the request is not ours, or something on the way changed it.",
            "Open the app again from the workbench. The log line with the request ID names the field."
        ),
    }
}
