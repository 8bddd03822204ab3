//! Every text that a person sees, in every language. Each language is one [`Texts`] value, so a text that a language
//! lacks does not compile.

pub mod admin;
mod bad_value;
mod cas;
pub mod catalogue;
pub mod doctor;
mod en;
pub mod io;
mod locale;
mod oidc;
pub mod probe;
pub mod reports;
mod rights;
pub mod setting;
mod sync;
mod sync_page;
mod time;
mod zh_cn;

pub use self::{
    bad_value::{BadFile, BadHeader, BadValue, Damage, Reader},
    locale::Locale,
    rights::RightsTexts,
    sync::SyncTexts,
    sync_page::SyncPage,
    time::{Day, iso_8601, iso_8601_if_known, last_days, local, local_iso_8601_ms, local_ms, read_time, utc},
};
use crate::catalogue::Trouble;

#[derive(Debug, Clone, Copy)]
pub struct Message {
    pub title: &'static str,
    pub detail: &'static str,
    /// What the person can do next.
    pub hint: &'static str,
    /// The same on a computer, where that differs; "" where it does not.
    pub desk_hint: &'static str,
    /// What the administrator must do; "" where nothing.
    pub admin: &'static str,
}

/// A message that says the same on every device, and has nothing for administrators.
const PLAIN: Message = Message { title: "", detail: "", hint: "", desk_hint: "", admin: "" };

impl Message {
    pub fn hint_for(self, is_at_a_desk: bool) -> &'static str {
        if is_at_a_desk && !self.desk_hint.is_empty() { self.desk_hint } else { self.hint }
    }
}

/// Joins two sentences by a space, unless the first ends in a full-width mark, which brings its own.
pub fn sentences(first: &str, second: &str) -> String {
    let full_width = |c: char| matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff60}' | '”' | '’' | '…');
    let between = if first.is_empty() || first.ends_with(full_width) { "" } else { " " };
    [first, between, second].concat()
}

pub struct Texts {
    /// BCP 47.
    pub lang: &'static str,
    /// Between a label and its value.
    pub colon: &'static str,
    pub request_id: &'static str,
    pub copy_request_id: &'static str,
    pub copied: &'static str,
    pub retry: &'static str,
    /// In place of `retry`, where somebody else has to act first.
    pub reopen: &'static str,
    /// In place of `retry`, where another way in is needed.
    pub sign_in_here: &'static str,
    pub back: &'static str,
    /// Before and after the number of seconds.
    pub try_again_in: [&'static str; 2],
    /// When they are over.
    pub try_again_now: &'static str,
    /// Before the name that DingTalk gave.
    pub account: &'static str,
    /// A link to the administrator.
    pub contact: &'static str,
    /// Before a text that says whom to ask.
    pub contact_is: &'static str,
    /// Above what only administrators need.
    pub admin_title: &'static str,
    /// The same as one sentence, for a reader who cannot unfold anything.
    pub admin_hint: fn(&str) -> String,
    pub problems: Problems,
    pub dingtalk: DingtalkRefusals,
    pub gate: GateRefusals,
    pub jsapi: JsapiRefusals,
    /// What DingTalk's pushes are refused for.
    pub directory: DirectoryRefusals,
    pub signin: SignIn,
    pub home: Home,
    pub oidc: oidc::Oidc,
    pub cas: cas::Cas,
    pub handover: Handover,
    pub admin: admin::Admin,
    pub reports: reports::Reports,
    pub check: fn(&doctor::Check) -> String,
    pub fact: fn(&doctor::Fact) -> doctor::Said,
    pub advice: fn(crate::db::Advice) -> String,
    /// Key, value and problem.
    pub bad_setting: fn(&str, Option<&str>, &setting::BadSetting) -> String,
    pub bad_value: fn(&BadValue) -> String,
    /// Line, column, value and what is wrong with it.
    pub bad_row: fn(usize, Option<&str>, &str, &str) -> String,
    pub bad_file: fn(&BadFile, Reader) -> String,
    /// For an operator, as are the next two.
    pub explain: fn(Trouble) -> catalogue::Explanation,
    pub catalogue: catalogue::Catalogue,
    pub dingtalk_down: &'static str,
}

/// What every web server refuses.
pub struct Problems {
    pub invalid_request: Message,
    pub not_found: Message,
    /// A form that did not come from our pages.
    pub foreign_origin: Message,
    /// Our database does not answer.
    pub unavailable: Message,
    pub internal: Message,
    /// A field is missing or empty.
    pub missing: fn(&str) -> String,
    pub repeated: fn(&str) -> String,
    pub malformed: fn(&str) -> String,
}

pub struct DingtalkRefusals {
    pub code_invalid: Message,
    pub refused: Message,
    pub unreachable: Message,
    pub unknown_app: Message,
    /// The address fits more than one app.
    pub several_apps: Message,
    pub errcode: fn(&str) -> String,
}

pub struct GateRefusals {
    pub sign_in_required: Message,
    pub not_allowed: Message,
    pub unlisted_host: Message,
    pub untrusted_proxy: Message,
    /// What the person reads who wanted to open an app.
    pub unreadable_request: Message,
}

pub struct JsapiRefusals {
    pub foreign_page: Message,
}

/// What DingTalk's pushes are refused for.
pub struct DirectoryRefusals {
    /// 403, forged or another's.
    pub event_refused: Message,
    /// 413.
    pub too_long: Message,
}

pub struct SignInRefusals {
    /// `$CORPID$` arrived as it is.
    pub corpid_placeholder: Message,
    pub state_mismatch: Message,
    pub rate_limited: Message,
    pub not_listed: Message,
    pub external_contact: Message,
    /// The person does not follow the service window.
    pub unfollowed: Message,
    /// Not a member of the corp.
    pub stranger: Message,
    pub disabled: Message,
    /// DingTalk's sign-in page does not know the app.
    pub no_web_login: Message,
    /// DingTalk's sign-in page came back without a code.
    pub login_refused: Message,
    /// The browser does not keep the session's cookie.
    pub cookie_not_kept: Message,
    /// The session's cookie does not reach the address.
    pub cookie_out_of_reach: Message,
    /// The address sends people back although the cookie reaches it.
    pub sent_back: Message,
    pub sent_back_by: fn(&str) -> String,
}

pub struct HandoverRefusals {
    pub link_expired: Message,
    pub too_many_links: Message,
}

pub struct SignIn {
    pub title: fn(&str) -> String,
    pub working: &'static str,
    /// After two seconds.
    pub slow: &'static str,
    pub signed_out: &'static str,
    pub sign_in_again: &'static str,
    pub done: &'static str,
    /// Our own script did not load.
    pub stalled: &'static str,
    /// DingTalk's script did not load.
    pub script_failed: Message,
    /// The client does not answer.
    pub no_bridge: Message,
    /// An ordinary browser, and an app that DingTalk's own page does not know. It has no title.
    pub plain_browser: Message,
    /// The link to DingTalk's own page.
    pub web_login: &'static str,
    /// What that page has on a computer.
    pub web_login_on_desk: &'static str,
    /// What the frame with the QR code is called, and what stands around it.
    pub qr_code: &'static str,
    pub qr_scan: &'static str,
    pub qr_loading: &'static str,
    pub qr_failed: &'static str,
    pub or_workbench: &'static str,
    /// The client gave no code.
    pub client_refused: Message,
    /// Our server did not answer the page's script.
    pub server_silent: Message,
    pub no_script: Message,
    pub refusals: SignInRefusals,
}

pub struct Handover {
    pub title: &'static str,
    pub instructions: &'static str,
    pub as_whom: fn(&str) -> String,
    pub limits: &'static str,
    /// Before and after the number of seconds.
    pub expires_in: [&'static str; 2],
    pub expired: &'static str,
    pub again: &'static str,
    pub copy: &'static str,
    pub open: &'static str,
    pub back: &'static str,
    /// `arrive_…`: the page behind the link.
    pub arrive_title: &'static str,
    pub arrive_detail: &'static str,
    pub arrive_as: &'static str,
    pub arrive: &'static str,
    /// For a person who did not ask for the link.
    pub arrive_warning: &'static str,
    pub refusals: HandoverRefusals,
}

pub struct Home {
    pub title: &'static str,
    pub admins_only: Message,
    pub sessions: &'static str,
    pub this_device: &'static str,
    pub place: &'static str,
    pub signed_in: &'static str,
    pub last_seen: &'static str,
    pub department: &'static str,
    pub userid: &'static str,
    pub corp: &'static str,
    pub open_in_browser: &'static str,
    pub sign_out: &'static str,
    pub sign_out_there: &'static str,
    pub sign_out_elsewhere: &'static str,
    /// Seconds.
    pub ago: fn(i64) -> String,
    /// The browser names no system that we know.
    pub unknown_device: &'static str,
    /// A client (`DingTalk` or a browser) and a system, either of which may be "".
    pub device: fn(&str, &str) -> String,
    /// Back to an app by its name.
    pub back_to: fn(&str) -> String,
    /// To an app that signs people in here.
    pub open_app: fn(&str) -> String,
    /// What unfolds.
    pub details: &'static str,
    pub address: &'static str,
    pub version: &'static str,
}

impl Locale {
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::ZhCn => &zh_cn::TEXTS,
            Self::En => &en::TEXTS,
        }
    }
}
