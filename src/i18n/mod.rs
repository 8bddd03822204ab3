//! Every text that a person sees, in every language, from one place.
//!
//! Each language is one [`Texts`] value: a text that a language lacks does not compile.

pub mod admin;
mod en;
mod locale;
mod time;
mod zh_cn;

pub use self::{
    locale::Locale,
    time::{Day, iso_8601, iso_8601_if_known, last_days, local, local_iso_8601_ms, local_ms, read_time, utc},
};
use crate::errcode::Errcode;

/// A title, what happened, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    /// A few words.
    pub title: &'static str,
    /// What happened, in a sentence.
    pub detail: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

/// One sentence behind another: with a space between, unless the first ends in a full-width mark, which has its own.
pub fn sentences(first: &str, second: &str) -> String {
    let full_width = |c: char| matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff60}' | '”' | '’' | '…');
    let between = if first.is_empty() || first.ends_with(full_width) { "" } else { " " };
    [first, between, second].concat()
}

/// All texts of one language.
pub struct Texts {
    /// BCP 47 tag for `lang`.
    pub lang: &'static str,
    /// Label before a request id.
    pub request_id: &'static str,
    /// A button that fetches a fresh page.
    pub retry: &'static str,
    /// What every web server refuses.
    pub problems: Problems,
    /// What DingTalk refuses.
    pub dingtalk: DingtalkRefusals,
    /// What the gate refuses.
    pub gate: GateRefusals,
    /// What pages of your own are refused.
    pub jsapi: JsapiRefusals,
    /// The sign-in page.
    pub signin: SignIn,
    /// `/home`.
    pub home: Home,
    /// "Open in browser".
    pub handover: Handover,
    /// The pages for administrators.
    pub admin: admin::Admin,
    /// What an operator does about an error code of DingTalk's.
    pub dingtalk_hint: fn(Errcode) -> &'static str,
    /// What an operator does when DingTalk does not answer at all.
    pub dingtalk_down: &'static str,
    /// What an operator does about a corp_id that is not the app's.
    pub wrong_corp_id: &'static str,
    /// How an operator sees whether a corp_id is right that could not be checked.
    pub unchecked_corp_id: &'static str,
    /// The same of an agent_id, which no call checks.
    pub unchecked_agent_id: &'static str,
}

/// What every web server refuses.
pub struct Problems {
    /// 400.
    pub invalid_request: Message,
    /// 404 of a page.
    pub not_found: Message,
    /// 403, a form from elsewhere.
    pub foreign_origin: Message,
    /// 503, our database.
    pub unavailable: Message,
    /// 500.
    pub internal: Message,
    /// A field is missing or empty.
    pub missing: fn(&str) -> String,
    /// A field came twice.
    pub repeated: fn(&str) -> String,
    /// A field has a form that it cannot have.
    pub malformed: fn(&str) -> String,
}

/// What is refused because of DingTalk, or because no app of it is meant.
pub struct DingtalkRefusals {
    /// 401.
    pub code_invalid: Message,
    /// 502.
    pub refused: Message,
    /// 503.
    pub unreachable: Message,
    /// 404 of an app.
    pub unknown_app: Message,
    /// The same, because the address fits more than one app.
    pub several_apps: Message,
    /// DingTalk's code, in a sentence.
    pub errcode: fn(&str) -> String,
}

/// What the gate refuses.
pub struct GateRefusals {
    /// 401.
    pub sign_in_required: Message,
    /// 403, somebody whom the rules do not let in.
    pub not_allowed: Message,
    /// 403 of a host that the gate does not know.
    pub unlisted_host: Message,
    /// 400, a question from somebody who is no trusted proxy.
    pub untrusted_proxy: Message,
    /// 400, as the person reads it who wanted to open an app.
    pub unreadable_request: Message,
}

/// What pages of your own are refused.
pub struct JsapiRefusals {
    /// 403, a page that may not have a signature.
    pub foreign_page: Message,
}

/// What a sign-in is refused for.
pub struct SignInRefusals {
    /// 400, the placeholder `$CORPID$` arrived as it is.
    pub corpid_placeholder: Message,
    /// 403, the state.
    pub state_mismatch: Message,
    /// 429.
    pub rate_limited: Message,
    /// 403, not in the table.
    pub not_listed: Message,
    /// 403, an external contact.
    pub external_contact: Message,
    /// 403, somebody who does not follow the service window.
    pub unfollowed: Message,
    /// 403, somebody who is nobody in the corp.
    pub stranger: Message,
    /// 403, disabled row.
    pub disabled: Message,
    /// 404, an app that DingTalk's sign-in page does not know.
    pub no_web_login: Message,
    /// 403, DingTalk's sign-in page came back without a code.
    pub login_refused: Message,
    /// 508, a browser that does not keep the session's cookie.
    pub cookie_not_kept: Message,
    /// 508, an address that the session's cookie does not reach.
    pub cookie_out_of_reach: Message,
    /// 508, an address that sends people back although the cookie reaches it.
    pub sent_back: Message,
    /// The address that sends people back, in a sentence.
    pub sent_back_by: fn(&str) -> String,
}

/// What a hand-over link is refused for.
pub struct HandoverRefusals {
    /// 410.
    pub link_expired: Message,
    /// 429, one link after the other.
    pub too_many_links: Message,
}

/// The sign-in page's own texts.
pub struct SignIn {
    /// Title and first status.
    pub title: &'static str,
    /// While the client is asked.
    pub working: &'static str,
    /// Who has just signed out is told so.
    pub signed_out: &'static str,
    /// And may sign in again.
    pub sign_in_again: &'static str,
    /// After success.
    pub done: &'static str,
    /// Our own script did not load.
    pub stalled: &'static str,
    /// DingTalk's script did not load.
    pub script_failed: Message,
    /// The client does not answer.
    pub no_bridge: Message,
    /// Not inside DingTalk.
    pub plain_browser: Message,
    /// Goes to DingTalk's own page, with its QR code.
    pub web_login: &'static str,
    /// The client refused to give a code.
    pub client_refused: Message,
    /// Our own server did not answer the page's script.
    pub server_silent: Message,
    /// JavaScript is off.
    pub no_script: Message,
    /// What a sign-in is refused for.
    pub refusals: SignInRefusals,
}

/// The way from the DingTalk client to the system's browser.
pub struct Handover {
    /// Title of the page with the link.
    pub title: &'static str,
    /// What to do with the link.
    pub instructions: &'static str,
    /// How long and how often it is good.
    pub limits: &'static str,
    /// Copies the link.
    pub copy: &'static str,
    /// After it was copied.
    pub copied: &'static str,
    /// Opens the link.
    pub open: &'static str,
    /// Back to `/home`.
    pub back: &'static str,
    /// Title of the page behind the link.
    pub arrive_title: &'static str,
    /// What its button does.
    pub arrive_detail: &'static str,
    /// Label of the person whose link it is.
    pub arrive_as: &'static str,
    /// The button.
    pub arrive: &'static str,
    /// For whoever did not ask for it.
    pub arrive_warning: &'static str,
    /// What a link is refused for.
    pub refusals: HandoverRefusals,
}

/// `/home`'s texts.
pub struct Home {
    /// Title.
    pub title: &'static str,
    /// 403, a page for administrators.
    pub admins_only: Message,
    /// Heading over the sessions.
    pub sessions: &'static str,
    /// Marks the session of this very browser.
    pub this_device: &'static str,
    /// Label: where a session was started.
    pub place: &'static str,
    /// Label: when a session was started.
    pub signed_in: &'static str,
    /// Label: when a session was last used.
    pub last_seen: &'static str,
    /// Label of the person's departments.
    pub department: &'static str,
    /// Label of the person's id.
    pub userid: &'static str,
    /// Label of the corp.
    pub corp: &'static str,
    /// Makes a link for the system's browser.
    pub open_in_browser: &'static str,
    /// Ends this session.
    pub sign_out: &'static str,
    /// Ends one other session.
    pub sign_out_there: &'static str,
    /// Ends all other sessions.
    pub sign_out_elsewhere: &'static str,
    /// A time a number of seconds ago, in words.
    pub ago: fn(i64) -> String,
    /// A client that says nothing we know.
    pub unknown_device: &'static str,
}

impl Locale {
    /// The texts of this language.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::ZhCn => &zh_cn::TEXTS,
            Self::En => &en::TEXTS,
        }
    }
}
