//! English.

mod admin;
mod bad_value;
mod doctor;
mod errcode;
mod probe;
mod reports;

use super::{
    DingtalkRefusals, DirectoryRefusals, GateRefusals, Handover, HandoverRefusals, Home, JsapiRefusals, Message,
    Problems, SignIn, SignInRefusals, Texts,
};

pub(super) static TEXTS: Texts = Texts {
    lang: "en",
    request_id: "Request ID",
    retry: "Try again",
    problems: Problems {
        invalid_request: Message {
            title: "The request is incomplete",
            detail: "A field is missing or has the wrong form.",
            hint: "Open the app again from the DingTalk workbench.",
        },
        not_found: Message {
            title: "Page not found",
            detail: "There is no page at this address.",
            hint: "Check the address, or open the app again from the DingTalk workbench.",
        },
        foreign_origin: Message {
            title: "The form came from another site",
            detail: "For your safety, you can do this only on this site's own pages.",
            hint: "Open the page on this site and try again.",
        },
        unavailable: Message {
            title: "Temporarily unavailable",
            detail: "The server cannot reach its database.",
            hint: "Try again in a minute. Administrators: the log line with this request ID names the cause.",
        },
        internal: Message {
            title: "Something went wrong",
            detail: "The server ran into an unexpected error.",
            hint: "Try again. If it happens again, give your administrator the request ID.",
        },
        missing: |field| format!("The field \"{field}\" is missing or empty."),
        repeated: |field| format!("The field \"{field}\" is given more than once."),
        malformed: |field| format!("The field \"{field}\" has the wrong form."),
    },
    dingtalk: DingtalkRefusals {
        code_invalid: Message {
            title: "You could not be signed in",
            detail: "The sign-in code was used already, has expired, or belongs to another app.",
            hint: "Try again. Administrators: if this happens every time, agent_id and client_id may come from two \
                   different apps.",
        },
        refused: Message {
            title: "DingTalk refused the sign-in",
            detail: "You did nothing wrong. Your administrator has to fix this.",
            hint: "Give your administrator the request ID, and the error code if one is shown.",
        },
        unreachable: Message {
            title: "DingTalk is not responding",
            detail: "DingTalk's servers are slow or cannot be reached at the moment.",
            hint: "Wait a moment, then try again. People already signed in are not affected.",
        },
        unknown_app: Message {
            title: "App not found",
            detail: "This organisation's app is not connected to this system.",
            hint: "Open the app from the workbench of the right organisation. Administrators: compare the corpid and \
                   agentid in the app's home page address with corp_id and agent_id in Rocket.toml.",
        },
        several_apps: Message {
            title: "Which app?",
            detail: "There are several apps here, and the address does not say which one you mean.",
            hint: "Open the app from the DingTalk workbench. Administrators: put ?corpid=$CORPID$&agentid=… into the app's \
                   home page address.",
        },
        errcode: |errcode| format!("DingTalk returned error code {errcode}."),
    },
    gate: GateRefusals {
        sign_in_required: Message {
            title: "Please sign in",
            detail: "You are not signed in, or your session has ended.",
            hint: "Open the page again. Scripts: send the person to signin_url.",
        },
        not_allowed: Message {
            title: "You don't have access to this app",
            detail: "You are signed in, but this app is open to other people or departments only.",
            hint: "If you need it, ask your administrator and give them the request ID. Administrators: groups and \
                   users in the proxy's settings say who may use it.",
        },
        unlisted_host: Message {
            title: "This host is not set up",
            detail: "You cannot return to this host after signing in.",
            hint: "Administrators: compare the scheme and host in the log with public_url, or add the host to \
                   allowed_return_hosts in Rocket.toml.",
        },
        untrusted_proxy: Message {
            title: "This address is for proxies only",
            detail: "It answers only the proxies listed in trusted_proxies.",
            hint: "Administrators: add the proxy's address to trusted_proxies in Rocket.toml. The log line with this \
                   request ID names it.",
        },
        unreadable_request: Message {
            title: "This address cannot be opened",
            detail: "The address, or a header sent with it, has a form that is not accepted here.",
            hint: "Check the address, or start again from the app's home page. Administrators: the log line with this \
                   request ID says what was wrong.",
        },
    },
    jsapi: JsapiRefusals {
        foreign_page: Message {
            title: "No signature for this page",
            detail: "Only listed pages get a JSAPI signature, and each only for its own address.",
            hint: "Administrators: add the page's origin to jsapi_origins in Rocket.toml.",
        },
    },
    directory: DirectoryRefusals {
        event_refused: Message {
            title: "This event is not taken",
            detail: "It was not signed and encrypted with the app's own keys, or is for another organisation.",
            hint: "Administrators: compare event_token and event_aes_key in Rocket.toml with DingTalk's developer console.",
        },
        too_long: Message {
            title: "The request is too long",
            detail: "More was sent than the server takes here.",
            hint: "Send less.",
        },
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
            detail: "Your device could not fetch it from DingTalk's network.",
            hint: "Check the network, then try again. Administrators: set jsapi_file to serve the script from your own \
                   server.",
        },
        no_bridge: Message {
            title: "The DingTalk client is not responding",
            detail: "No answer came within 8 seconds.",
            hint: "Close this page and open the app again from the workbench. If that does not help, update DingTalk.",
        },
        plain_browser: Message {
            title: "Please open this in DingTalk",
            detail: "This page signs you in without a password, but only inside DingTalk.",
            hint: "In DingTalk, open the workbench and tap the app's icon.",
        },
        web_login: "Sign in with DingTalk (QR code)",
        client_refused: Message {
            title: "The DingTalk client refused the request",
            detail: "It gave no sign-in code for this app.",
            hint: "Check that you are in the right organisation. Administrators: this page must be on the domain of \
                   the app's home page (应用首页地址) or of 端内免登地址 in the developer console.",
        },
        server_silent: Message {
            title: "The server is not responding",
            detail: "Your sign-in was sent, but no answer came back.",
            hint: "Check the network, then try again.",
        },
        no_script: Message {
            title: "JavaScript is off",
            detail: "Signing in needs JavaScript.",
            hint: "Turn JavaScript on, then open the page again.",
        },
        refusals: SignInRefusals {
            corpid_placeholder: Message {
                title: "Please open the app from the workbench",
                detail: "The address still contains $CORPID$. DingTalk fills in your organisation only when you open the \
                     app from the workbench (工作台).",
                hint: "In DingTalk, open the workbench and tap the app's icon there. Don't use a link in a chat.",
            },
            state_mismatch: Message {
                title: "This sign-in page has expired",
                detail: "The page is too old, was used already, or was opened in another browser.",
                hint: "Open the page again. If this keeps happening, cookies may be blocked.",
            },
            rate_limited: Message {
                title: "Too many attempts",
                detail: "Too many sign-ins have failed from your network.",
                hint: "Wait a moment, then try again.",
            },
            not_listed: Message {
                title: "You don't have access yet",
                detail: "You haven't been given access to this system yet.",
                hint: "Ask your administrator to add you, and give them the request ID.",
            },
            external_contact: Message {
                title: "For employees only",
                detail: "You are an external contact of the organisation, not an employee.",
                hint: "If you are an employee, ask your administrator to add you to the organisation in DingTalk.",
            },
            unfollowed: Message {
                title: "Please follow the service window first",
                detail: "You don't follow this service window, or no longer do.",
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
                hint: "If you think this is a mistake, ask your administrator and give them the request ID.",
            },
            no_web_login: Message {
                title: "QR code sign-in is not available",
                detail: "You can sign in to this app only inside DingTalk.",
                hint: "Open the app from the DingTalk workbench. Administrators: QR code sign-in needs client_id and \
                   client_secret instead of corp_secret.",
            },
            login_refused: Message {
                title: "DingTalk did not sign you in",
                detail: "The sign-in was declined, or your DingTalk account does not belong to this organisation.",
                hint: "Try again with the DingTalk account that you use in this organisation.",
            },
            cookie_not_kept: Message {
                title: "You're being redirected in a loop",
                detail: "You were signed in several times in a row, but your browser does not keep the session cookie.",
                hint: "Allow cookies for this site, and check that the device's clock is right. Administrators: public_url \
                   must be exactly the address that the browser shows. If cookie_domain is set, that address must lie \
                   within it.",
            },
            cookie_out_of_reach: Message {
                title: "You're being redirected in a loop",
                detail: "You are signed in here, but the page you want keeps sending you back: it does not receive your \
                     session.",
                hint: "Administrators: the browser does not send the session cookie to that host. Set cookie_domain to a \
                   domain that covers both that host and public_url.",
            },
            sent_back: Message {
                title: "You're being redirected in a loop",
                detail: "You are signed in here, but the page you want keeps sending you back.",
                hint: "Check that the device's clock is right, and try again. Administrators: public_url must be exactly \
                   the address that the browser shows, and the proxy of that page must pass the Cookie header on.",
            },
            sent_back_by: |address| format!("The page is {address}"),
        },
    },
    home: Home {
        title: "Signed in",
        admins_only: Message {
            title: "For administrators only",
            detail: "You are signed in, but this page is for administrators.",
            hint: "If you need it, ask an administrator to change your role.",
        },
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
        instructions: "Copy this link and paste it into your browser's address bar. You will be signed in there \
                       without scanning a QR code.",
        limits: "It works once, for 30 seconds. Don't share it: whoever opens it is signed in as you.",
        copy: "Copy the link",
        copied: "Copied",
        open: "Open the link",
        back: "Back",
        arrive_title: "Sign in on this browser",
        arrive_detail: "You came from DingTalk. One click signs you in here too.",
        arrive_as: "Sign in as",
        arrive: "Sign in",
        arrive_warning: "If this isn't you, or somebody sent you this link, close this page: you would be signed in as \
                         that person.",
        refusals: HandoverRefusals {
            link_expired: Message {
                title: "This link has expired",
                detail: "It was used already, is older than 30 seconds, or the session that made it has ended.",
                hint: "Make a new one in DingTalk, or sign in here.",
            },
            too_many_links: Message {
                title: "Too many links",
                detail: "You have made too many links in a short time.",
                hint: "Use the latest one if it still works, or wait a moment and make a new one.",
            },
        },
    },
    admin: admin::ADMIN,
    reports: reports::REPORTS,
    check: doctor::check,
    fact: doctor::fact,
    bad_value: bad_value::value,
    bad_row: bad_value::row,
    bad_file: bad_value::file,
    dingtalk_down: "DingTalk did not answer: check this server's connection to oapi.dingtalk.com (DNS, firewall, \
                    proxy, certificates). If the network is fine, DingTalk itself is slow; sign-ins work again once it \
                    recovers.",
    dingtalk_hint: errcode::hint,
};

fn count(number: i64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}
