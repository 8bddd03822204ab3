//! English.

mod admin;
mod bad_value;
mod cas;
mod catalogue;
mod doctor;
mod oidc;
mod pages;
mod probe;
mod reports;
mod setting;

use super::{DingtalkRefusals, DirectoryRefusals, GateRefusals, JsapiRefusals, Message, PLAIN, Problems, Texts};

pub(super) static TEXTS: Texts = Texts {
    lang: "en",
    colon: ": ",
    request_id: "Request ID",
    copy_request_id: "Copy request ID",
    copied: "Copied",
    retry: "Try again",
    reopen: "Sorted out? Open it again",
    sign_in_here: "Sign in here",
    back: "Back",
    try_again_in: ["You can try again in ", " s."],
    try_again_now: "You can try again now.",
    account: "Your DingTalk account",
    contact: "Contact the administrator",
    contact_is: "Contact",
    admin_title: "For administrators",
    admin_hint: |hint| format!("Administrators: {hint}"),
    problems: Problems {
        invalid_request: Message {
            title: "The request is incomplete",
            detail: "A field is missing or has the wrong form.",
            hint: "Open the app again from the DingTalk workbench.",
            ..PLAIN
        },
        not_found: Message {
            title: "Page not found",
            detail: "There is no page at this address.",
            hint: "Check the address, or open the app again from the DingTalk workbench.",
            ..PLAIN
        },
        foreign_origin: Message {
            title: "The form came from another site",
            detail: "For your safety, you can do this only on this site's own pages.",
            hint: "Open the page on this site and try again.",
            ..PLAIN
        },
        unavailable: Message {
            title: "Temporarily unavailable",
            detail: "The server cannot reach its database.",
            hint: "Try again in a minute.",
            admin: "The log line with this request ID names the cause.",
            ..PLAIN
        },
        internal: Message {
            title: "Something went wrong",
            detail: "The server ran into an unexpected error.",
            hint: "Try again. If it happens again, give your administrator the request ID.",
            ..PLAIN
        },
        missing: |field| format!("The field \"{field}\" is missing or empty."),
        repeated: |field| format!("The field \"{field}\" is given more than once."),
        malformed: |field| format!("The field \"{field}\" has the wrong form."),
    },
    dingtalk: DingtalkRefusals {
        code_invalid: Message {
            title: "You could not be signed in",
            detail: "The sign-in code was already used or has expired.",
            hint: "Try again.",
            admin: "If this happens every time, the code may belong to another app: check that agent_id and \
                    client_id come from the same app.",
            ..PLAIN
        },
        refused: Message {
            title: "DingTalk refused the sign-in",
            detail: "You did nothing wrong. Your administrator has to fix this.",
            hint: "Give your administrator the request ID, and the error code if one is shown.",
            ..PLAIN
        },
        unreachable: Message {
            title: "DingTalk is not responding",
            detail: "DingTalk's servers are slow or cannot be reached at the moment.",
            hint: "Wait a moment, then try again. People already signed in are not affected.",
            ..PLAIN
        },
        unknown_app: Message {
            title: "App not found",
            detail: "This organisation's app is not connected to this system.",
            hint: "Check that you are in the right organisation, then open the app from the workbench.",
            admin: "Compare the corpid and agentid in the app's home page address with corp_id and agent_id in \
                    Rocket.toml.",
            ..PLAIN
        },
        several_apps: Message {
            title: "Which app?",
            detail: "There are several apps here, and the address does not say which one you mean.",
            hint: "Open the app from the DingTalk workbench.",
            admin: "Put ?corpid=$CORPID$&agentid=… into the app's home page address.",
            ..PLAIN
        },
        errcode: |errcode| format!("DingTalk returned error code {errcode}."),
    },
    gate: GateRefusals {
        sign_in_required: Message {
            title: "Please sign in",
            detail: "You are not signed in, or your session has ended.",
            hint: "Open the page again. Scripts: send the person to signin_url.",
            ..PLAIN
        },
        not_allowed: Message {
            title: "You don't have access to this app",
            detail: "You are signed in, but this app is open to other people or departments only.",
            hint: "If you need it, ask your administrator and give them the request ID.",
            admin: "Groups and users in the proxy's settings say who may use it.",
            ..PLAIN
        },
        unlisted_host: Message {
            title: "This site is not set up",
            detail: "You cannot return to this site after signing in.",
            hint: "Ask your administrator, and give them the request ID.",
            admin: "Compare the scheme and host in the log with public_url, or add the host to allowed_return_hosts \
                    in Rocket.toml.",
            ..PLAIN
        },
        untrusted_proxy: Message {
            title: "This address is for proxies only",
            detail: "It answers only the proxies listed in trusted_proxies.",
            hint: "Ask your administrator, and give them the request ID.",
            admin: "Add the proxy's address to trusted_proxies in Rocket.toml. The log line with this request ID \
                    names it.",
            ..PLAIN
        },
        unreadable_request: Message {
            title: "This address cannot be opened",
            detail: "The address, or a header sent with it, has a form that is not accepted here.",
            hint: "Check the address, or start again from the app's home page.",
            admin: "The log line with this request ID says what was wrong.",
            ..PLAIN
        },
    },
    jsapi: JsapiRefusals {
        foreign_page: Message {
            title: "No signature for this page",
            detail: "Only listed pages get a JSAPI signature, and each only for its own address.",
            hint: "",
            admin: "Add the page's origin to jsapi_origins in Rocket.toml.",
            ..PLAIN
        },
    },
    directory: DirectoryRefusals {
        event_refused: Message {
            title: "This event is not taken",
            detail: "It was not signed and encrypted with the app's own keys, or is for another organisation.",
            hint: "",
            admin: "Compare event_token and event_aes_key in Rocket.toml with DingTalk's developer console.",
            ..PLAIN
        },
        too_long: Message {
            title: "The request is too long",
            detail: "More was sent than the server takes here.",
            hint: "Send less.",
            ..PLAIN
        },
    },
    signin: pages::SIGN_IN,
    home: pages::HOME,
    oidc: oidc::OIDC,
    cas: cas::CAS,
    handover: pages::HANDOVER,
    admin: admin::ADMIN,
    reports: reports::REPORTS,
    check: doctor::check,
    fact: doctor::fact,
    advice: doctor::advice,
    bad_setting: setting::line,
    bad_value: bad_value::value,
    bad_row: bad_value::row,
    bad_file: bad_value::file,
    dingtalk_down: "DingTalk did not answer: check this server's connection to oapi.dingtalk.com (DNS, firewall, \
                    proxy, certificates). If the network is fine, DingTalk itself is slow; sign-ins work again once it \
                    recovers.",
    explain: catalogue::explain,
    catalogue: catalogue::CATALOGUE,
};
