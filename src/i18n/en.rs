//! English.

mod errcode;

use super::{Handover, Home, Message, Problems, SignIn, Texts};

pub(super) static TEXTS: Texts = Texts {
    lang: "en",
    request_id: "Request ID",
    retry: "Try again",
    problems: Problems {
        unreadable_request: Message {
            title: "This address cannot be opened",
            detail: "The address, or one of the headers that came with it, has a form that is not accepted here.",
            hint: "Check the address, or start again from the app's home page. Administrators: the log line with this \
                   request ID says what was wrong.",
        },
        invalid_request: Message {
            title: "The request is incomplete",
            detail: "A field is missing or has a wrong form.",
            hint: "Open the app again from the DingTalk workbench.",
        },
        unknown_app: Message {
            title: "No such app here",
            detail: "No app is configured for this organisation or AgentId.",
            hint: "Open the app from the workbench of the right organisation. Administrators: compare the corpid and agentid \
                   in the app's home page address with corp_id and agent_id in Rocket.toml.",
        },
        state_mismatch: Message {
            title: "This sign-in page has expired",
            detail: "The page is too old, was used already, or was opened in another browser.",
            hint: "Open a fresh page and try again. If this comes back, cookies may be blocked.",
        },
        code_invalid: Message {
            title: "DingTalk did not accept the sign-in code",
            detail: "The code was used already, has expired, or belongs to another app.",
            hint: "Open a fresh page and try again. Administrators: if it happens each time, agent_id and client_id may \
                   belong to two different apps.",
        },
        sign_in_required: Message {
            title: "Please sign in",
            detail: "Nobody is signed in, or the session has ended.",
            hint: "Open the page again, or let the person sign in at signin_url.",
        },
        not_allowed: Message {
            title: "This app is not for you",
            detail: "You are signed in, but this app is for other people or departments.",
            hint: "If you need it, ask your administrator and give them the request ID. Administrators: groups and users \
                   in the proxy's settings say whom it is for.",
        },
        unlisted_host: Message {
            title: "This host is not set up",
            detail: "The proxy guards a host to which no sign-in may lead back.",
            hint: "Administrators: compare the scheme and host in the log with public_url, or add the host to \
                   allowed_return_hosts in Rocket.toml.",
        },
        untrusted_proxy: Message {
            title: "Only a proxy asks here",
            detail: "This address is for the proxies that are listed in trusted_proxies.",
            hint: "Administrators: add the proxy's address, which the log line with this request ID names, to \
                   trusted_proxies in Rocket.toml.",
        },
        not_listed: Message {
            title: "You are not on the list yet",
            detail: "DingTalk knows you, but this system's user table does not.",
            hint: "Ask your administrator to add you, and give them the request ID.",
        },
        external_contact: Message {
            title: "For employees only",
            detail: "You are an external contact of the organisation, not an employee.",
            hint: "If you are an employee, ask your administrator to add you to the organisation in DingTalk.",
        },
        unfollowed: Message {
            title: "Please follow the service window first",
            detail: "You do not follow this service window (any more).",
            hint: "Follow the service window in DingTalk, then open the page from it again.",
        },
        stranger: Message {
            title: "You are not in this organisation",
            detail: "This organisation has no employee with your DingTalk account.",
            hint: "Join the organisation in DingTalk, or ask your administrator and give them the request ID.",
        },
        disabled: Message {
            title: "Your access is disabled",
            detail: "An administrator has disabled your access to this system.",
            hint: "If you think that this is a mistake, ask your administrator and give them the request ID.",
        },
        rate_limited: Message {
            title: "Too many tries",
            detail: "Too many sign-ins have failed from this network address.",
            hint: "Wait a moment, then try again.",
        },
        too_many_links: Message {
            title: "Too many links",
            detail: "You have made many links in a short time.",
            hint: "Use the last one if it is still good, or wait a moment and make a new one.",
        },
        dingtalk_refused: Message {
            title: "DingTalk refused the sign-in",
            detail: "The app's settings at DingTalk need mending; you can do nothing wrong here.",
            hint: "Give your administrator the request ID, and the error code if one is shown.",
        },
        dingtalk_unreachable: Message {
            title: "DingTalk does not answer",
            detail: "DingTalk's servers are slow or cannot be reached at the moment.",
            hint: "Wait a moment, then try again. Who is signed in stays signed in.",
        },
        not_found: Message {
            title: "Nothing here",
            detail: "There is no page at this address.",
            hint: "Check the address, or open the app again from the DingTalk workbench.",
        },
        foreign_origin: Message {
            title: "The form came from another site",
            detail: "For your safety, this action is taken only from this site's own pages.",
            hint: "Open this site's own page and try again.",
        },
        foreign_page: Message {
            title: "No signature for this page",
            detail: "JSAPI signatures are given to listed pages only, and to each for itself.",
            hint: "Administrators: add the page's origin to jsapi_origins in Rocket.toml.",
        },
        no_web_login: Message {
            title: "No sign-in by QR code here",
            detail: "This app can be signed in to inside DingTalk only: it has no client_id, by which DingTalk's sign-in page \
                     would know it.",
            hint: "Open the app from the DingTalk workbench. Administrators: set client_id and client_secret instead of \
                   corp_secret.",
        },
        login_refused: Message {
            title: "DingTalk did not sign you in",
            detail: "The sign-in was declined, or your DingTalk account is not one of this organisation.",
            hint: "Try again, with the DingTalk account that you have in this organisation.",
        },
        link_expired: Message {
            title: "This link is no longer good",
            detail: "It was used already, is older than 30 seconds, or the session that made it has ended.",
            hint: "Make a new one in DingTalk, or sign in here.",
        },
        cookie_not_kept: Message {
            title: "The sign-in goes round in circles",
            detail: "You were signed in several times in a row, but the browser does not keep the session's cookie.",
            hint: "Allow cookies for this site, and check that the device's clock is right. Administrators: public_url must be \
                   exactly the address that the browser shows, and that address must lie in cookie_domain, if it is set.",
        },
        cookie_out_of_reach: Message {
            title: "The sign-in goes round in circles",
            detail: "You are signed in here, but the page that you want sends you back again and again: your session does not \
                     reach it.",
            hint: "Administrators: the session's cookie is not sent to that host. Set cookie_domain to a domain that covers it \
                   and public_url.",
        },
        sent_back: Message {
            title: "The sign-in goes round in circles",
            detail: "You are signed in here, but the page that you want sends you back again and again.",
            hint: "Check that the device's clock is right, and try again. Administrators: public_url must be exactly the address \
                   that the browser shows, and the proxy of that page must hand the Cookie header on.",
        },
        unavailable: Message {
            title: "Not available for a moment",
            detail: "The server cannot reach its database.",
            hint: "Try again in a minute. Administrators: the log line with this request ID names the cause.",
        },
        internal: Message {
            title: "Something went wrong",
            detail: "The server met an error that it did not expect.",
            hint: "Try again. If it comes back, give your administrator the request ID.",
        },
        corpid_placeholder: Message {
            title: "Please open the app from the workbench",
            detail: "The address holds $CORPID$ as it stands. DingTalk puts your organisation there only when the app is \
                     opened from the workbench (工作台).",
            hint: "In DingTalk, open the workbench and tap the app's icon there; do not open a link from a chat.",
        },
        several_apps: Message {
            title: "Which app?",
            detail: "Several apps are configured, and the address does not say which one is meant.",
            hint: "Open the app from the DingTalk workbench. Administrators: put ?corpid=$CORPID$&agentid=… into the app's \
                   home page address.",
        },
        missing: |field| format!("The field \"{field}\" is missing or empty."),
        repeated: |field| format!("The field \"{field}\" is given more than once."),
        malformed: |field| format!("The field \"{field}\" has a form that it cannot have."),
        errcode: |errcode| format!("DingTalk answered with error code {errcode}."),
        sent_back_by: |address| format!("The page is {address}"),
    },
    signin: SignIn {
        title: "Sign in",
        working: "Signing you in…",
        signed_out: "You are signed out",
        sign_in_again: "Sign in again",
        done: "Signed in, opening the page…",
        stalled: "The page did not load completely. Check the network, then try again.",
        script_failed: Message {
            title: "DingTalk's script did not load",
            detail: "The phone could not fetch it from DingTalk's network.",
            hint: "Check the network, then try again. Administrators: jsapi_file serves the script from your own server.",
        },
        no_bridge: Message {
            title: "The DingTalk client does not answer",
            detail: "No answer came within 8 seconds.",
            hint: "Close this page and open the app again from the workbench. If that does not help, update DingTalk.",
        },
        plain_browser: Message {
            title: "Please open this in DingTalk",
            detail: "This page signs you in without a password, inside the DingTalk client only.",
            hint: "In DingTalk, open the workbench and tap the app's icon.",
        },
        web_login: "Sign in with DingTalk (QR code)",
        client_refused: Message {
            title: "The DingTalk client refused",
            detail: "It gave no sign-in code for this app.",
            hint: "Make sure that you opened the app in the right organisation. Administrators: the domain of this page must \
                   be the one of the app's home page (应用首页地址) or 端内免登地址 in the developer console.",
        },
        server_silent: Message {
            title: "The server does not answer",
            detail: "The sign-in was sent, but no answer came back.",
            hint: "Check the network, then try again.",
        },
        no_script: Message {
            title: "JavaScript is off",
            detail: "The sign-in needs JavaScript.",
            hint: "Switch JavaScript on, then open the page again.",
        },
    },
    home: Home {
        title: "Signed in",
        sessions: "Where you are signed in",
        this_device: "this device",
        place: "From",
        signed_in: "Signed in",
        last_seen: "Last seen",
        department: "Department",
        userid: "User ID",
        corp: "Organisation",
        open_in_browser: "Open in browser",
        sign_out: "Sign out",
        sign_out_there: "Sign out there",
        sign_out_elsewhere: "Sign out everywhere else",
        ago: |seconds| match seconds {
            ..60 => "just now".to_owned(),
            60..3600 => count(seconds / 60, "minute"),
            3600..86400 => count(seconds / 3600, "hour"),
            _ => count(seconds / 86400, "day"),
        },
        unknown_device: "Unknown device",
    },
    handover: Handover {
        title: "Open in browser",
        instructions: "Copy this link and paste it into the address bar of your browser. There you are signed in without \
                       scanning.",
        limits: "It is good once, for 30 seconds. Give it to nobody: it signs in as you.",
        copy: "Copy the link",
        copied: "Copied",
        open: "Open the link",
        back: "Back",
        arrive_title: "Sign in in this browser",
        arrive_detail: "You come from DingTalk. One click, and you are signed in here too.",
        arrive_as: "Sign in as",
        arrive: "Sign in",
        arrive_warning: "Is that not you, or did somebody send you this link? Then close this page: you would be signed in as \
                         that person.",
    },
    dingtalk_down: "No answer from DingTalk: check this server's way to oapi.dingtalk.com (DNS, firewall, proxy, certificates). If \
                    the network is fine, DingTalk itself is slow; sign-ins work again when it is back.",
    wrong_corp_id: "copy CorpId again from the home page of DingTalk's developer console, signed in to the organisation that \
                    the app belongs to",
    unchecked_corp_id: "compare it with CorpId on the home page of DingTalk's developer console; with a wrong one, nobody gets \
                        beyond the sign-in page",
    unchecked_agent_id: "compare it with AgentId on the app's page (凭证与基础信息), then open the app from the workbench: if it \
                         is wrong, the log has a client-report line with errcode 52019 (52023 of a service window)",
    dingtalk_hint: errcode::hint,
};

fn count(number: i64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}
