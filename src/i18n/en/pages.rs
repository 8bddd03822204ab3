//! The pages that employees see: signing in, home, opening in a browser.

use super::super::{Handover, HandoverRefusals, Home, Message, PLAIN, SignIn, SignInRefusals};

pub(super) const SIGN_IN: SignIn = SignIn {
    title: |system| format!("Sign in to {system}"),
    working: "Signing you in…",
    slow: "This is taking longer than usual…",
    signed_out: "You are signed out",
    sign_in_again: "Sign in again",
    done: "Signed in, opening the page…",
    stalled: "The page did not load completely. Check the network, then try again.",
    script_failed: Message {
        title: "Part of this page did not load",
        detail: "Your device could not fetch it from DingTalk's network.",
        hint: "Check the network, then try again.",
        admin: "Set jsapi_file to serve DingTalk's script from your own server.",
        ..PLAIN
    },
    no_bridge: Message {
        title: "DingTalk is not responding",
        detail: "No answer came within 8 seconds.",
        hint: "Close this page, then open the app again from the workbench (工作台) at the bottom of DingTalk. If \
               that does not help, update DingTalk.",
        desk_hint: "Close this page, then open the app again from the workbench (工作台) on the left of DingTalk. \
                    If that does not help, update DingTalk on this computer.",
        ..PLAIN
    },
    plain_browser: Message {
        detail: "You can sign in to this app only inside DingTalk.",
        hint: "In DingTalk on your phone, tap Workbench (工作台) at the bottom, then the app's icon.",
        desk_hint: "In DingTalk, click Workbench (工作台) on the left, then the app's icon.",
        ..PLAIN
    },
    web_login: "Sign in with DingTalk",
    web_login_on_desk: "Shows a QR code to scan with DingTalk on your phone",
    qr_code: "DingTalk's QR code for signing in",
    qr_scan: "Scan with DingTalk on your phone",
    qr_loading: "Loading the QR code…",
    qr_failed: "The QR code did not load. Use the button below.",
    or_workbench: "Or open it from the DingTalk workbench",
    client_refused: Message {
        title: "DingTalk did not allow the sign-in",
        detail: "It gave no sign-in code for this app.",
        hint: "Check that you are in the right organisation.",
        admin: "This page must be on the domain of the app's home page (应用首页地址) or of 端内免登地址 in the developer \
                console.",
        ..PLAIN
    },
    server_silent: Message {
        title: "The server is not responding",
        detail: "Your sign-in was sent, but no answer came back.",
        hint: "Check the network, then try again.",
        ..PLAIN
    },
    no_script: Message {
        title: "JavaScript is off",
        detail: "Signing in needs JavaScript.",
        hint: "Turn JavaScript on, then open the page again.",
        ..PLAIN
    },
    refusals: SignInRefusals {
        corpid_placeholder: Message {
            title: "Please open the app from the workbench",
            detail: "DingTalk does not say which organisation you are in when you open the app by a link in a \
                     chat or a favourite.",
            hint: "In DingTalk, tap Workbench (工作台) at the bottom, then the app's icon.",
            desk_hint: "In DingTalk, click Workbench (工作台) on the left, then the app's icon.",
            admin: "The address still contains $CORPID$. DingTalk fills in the organisation's CorpId only when \
                    the app is opened from the workbench.",
        },
        state_mismatch: Message {
            title: "This sign-in page has expired",
            detail: "The page is too old, was used already, or was opened in another browser.",
            hint: "Open the page again. If this keeps happening, cookies may be blocked.",
            ..PLAIN
        },
        rate_limited: Message {
            title: "Too many attempts",
            detail: "Too many sign-ins have failed from your network.",
            hint: "Wait a moment, then try again.",
            ..PLAIN
        },
        not_listed: Message {
            title: "You don't have access yet",
            detail: "DingTalk knows who you are, but you haven't been given access to this system yet.",
            hint: "Ask your administrator to add you, and give them the request ID.",
            ..PLAIN
        },
        external_contact: Message {
            title: "For employees only",
            detail: "You are an external contact of the organisation, not an employee.",
            hint: "If you are an employee, ask your administrator to add you to the organisation in DingTalk.",
            ..PLAIN
        },
        unfollowed: Message {
            title: "Please follow the service window first",
            detail: "You don't follow this service window, or no longer do.",
            hint: "Follow the service window in DingTalk, then open the page from it again.",
            ..PLAIN
        },
        stranger: Message {
            title: "You are not in this organisation",
            detail: "This organisation has no employee with your DingTalk account.",
            hint: "Join the organisation in DingTalk, or ask your administrator and give them the request ID.",
            ..PLAIN
        },
        disabled: Message {
            title: "Your access is disabled",
            detail: "An administrator has disabled your access to this system.",
            hint: "If you think this is a mistake, ask your administrator and give them the request ID.",
            ..PLAIN
        },
        no_web_login: Message {
            title: "Please open this in DingTalk",
            detail: "You can sign in to this app only inside DingTalk.",
            hint: "Open the app from the DingTalk workbench.",
            admin: "Signing in from a browser needs client_id and client_secret instead of corp_secret.",
            ..PLAIN
        },
        login_refused: Message {
            title: "DingTalk did not sign you in",
            detail: "The sign-in was declined, or your DingTalk account does not belong to this organisation.",
            hint: "Try again with the DingTalk account that you use in this organisation.",
            ..PLAIN
        },
        cookie_not_kept: Message {
            title: "You're being redirected in a loop",
            detail: "You were signed in several times in a row, but your browser does not keep the session cookie.",
            hint: "Allow cookies for this site, and check that the device's clock is right.",
            admin: "The setting public_url must be exactly the address that the browser shows. If cookie_domain is \
                    set, that address must lie within it.",
            ..PLAIN
        },
        cookie_out_of_reach: Message {
            title: "You're being redirected in a loop",
            detail: "You are signed in here, but the page you want keeps sending you back: it does not receive \
                     your session.",
            hint: "Ask your administrator, and give them the request ID.",
            admin: "The browser does not send the session cookie to that host. Set cookie_domain to a domain \
                    that covers both that host and public_url.",
            ..PLAIN
        },
        sent_back: Message {
            title: "You're being redirected in a loop",
            detail: "You are signed in here, but the page you want keeps sending you back.",
            hint: "Check that the device's clock is right, and try again.",
            admin: "The setting public_url must be exactly the address that the browser shows, and the proxy of that \
                    page must pass the Cookie header on.",
            ..PLAIN
        },
        sent_back_by: |address| format!("The page is {address}"),
    },
};

pub(super) const HOME: Home = Home {
    title: "Signed in",
    admins_only: Message {
        title: "For administrators only",
        detail: "You are signed in, but this page is for administrators.",
        hint: "If you need it, ask an administrator to change your role.",
        ..PLAIN
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
    device: |client, system| match (client, system) {
        ("", name) | (name, "") => name.to_owned(),
        ("DingTalk", system) => format!("DingTalk for {system}"),
        (browser, system) => format!("{browser} on {system}"),
    },
    back_to: |app| format!("Back to {app}"),
    open_app: |app| format!("Open {app}"),
    details: "Details",
    address: "IP address",
    version: "Version",
};

pub(super) const HANDOVER: Handover = Handover {
    title: "Open in browser",
    instructions: "Copy this link and paste it into your browser's address bar. You will be signed in there \
                   without scanning a QR code.",
    as_whom: |name| format!("It signs you in as {name}."),
    limits: "It works once. Don't share it: whoever opens it is signed in as you.",
    expires_in: ["The link expires in ", " seconds"],
    expired: "The link has expired",
    again: "Make a new link",
    copy: "Copy the link",
    open: "Open the link",
    back: "Back",
    arrive_title: "Sign in here",
    arrive_detail: "You came from DingTalk. One more step signs you in here too.",
    arrive_as: "Sign in as",
    arrive: "Sign in",
    arrive_warning: "If this isn't you, or somebody sent you this link, close this page: you would be signed in as \
                     that person.",
    refusals: HandoverRefusals {
        link_expired: Message {
            title: "This link has expired",
            detail: "It was used already, is older than 30 seconds, or the session that made it has ended.",
            hint: "Make a new one in DingTalk, or sign in here.",
            ..PLAIN
        },
        too_many_links: Message {
            title: "Too many links",
            detail: "You have made too many links in a short time.",
            hint: "Use the latest one if it still works, or wait a moment and make a new one.",
            ..PLAIN
        },
    },
};

fn count(number: i64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}
