//! Problems for when DingTalk refuses or does not answer, and when a request means no app.
//!
//! Apart from every feature, because signing in and signing pages both call DingTalk; and apart from `web` and
//! `dingtalk`, which do not know each other.

use crate::{
    dingtalk::{DingtalkError, NoApp, Refusal},
    i18n::{Message, Texts, sentences},
    web::problem::{A_MOMENT, Kind, Problem, Wording},
};

/// A code that was spent before, has expired, or is another app's.
pub const CODE_INVALID: Kind = Kind::new("code-invalid", 401);
const REFUSED: Kind = Kind::new("dingtalk-refused", 502).until_fixed();
const UNREACHABLE: Kind = Kind::new("dingtalk-unreachable", 503);
/// A request that means no app which could serve it.
pub const UNKNOWN_APP: Kind = Kind::new("unknown-app", 404).lasting();

impl From<NoApp> for Problem {
    fn from(no_app: NoApp) -> Self {
        match no_app {
            NoApp::Unknown => Self::new(UNKNOWN_APP, |t| t.dingtalk.unknown_app),
            NoApp::Several => Self::new(UNKNOWN_APP, |t| t.dingtalk.several_apps),
        }
    }
}

/// What kind of problem a failure of DingTalk's is.
pub fn kind(error: &DingtalkError) -> Kind {
    match error {
        DingtalkError::CodeInvalid(_) => CODE_INVALID,
        _ if error.is_passing() => UNREACHABLE,
        _ => REFUSED,
    }
}

impl From<DingtalkError> for Problem {
    fn from(error: DingtalkError) -> Self {
        let (kind, is_passing) = (kind(&error), error.is_passing());
        let message: fn(&Texts) -> Message = match kind {
            CODE_INVALID => |t| t.dingtalk.code_invalid,
            UNREACHABLE => |t| t.dingtalk.unreachable,
            _ => |t| t.dingtalk.refused,
        };
        let problem = match error.refusal() {
            Some(refusal) => with_code(kind, message, refusal.clone()),
            None if is_passing => {
                Self::new(kind, message).noting(|notes, t| notes.hint = Some(t.dingtalk_down.to_owned()))
            }
            None => Self::new(kind, message),
        };
        let problem = problem.because(error);
        if is_passing { problem.retry_after(A_MOMENT) } else { problem }
    }
}

/// A problem that names DingTalk's code. The log says what it means and what to do, and the page says the same to
/// administrators, but while DingTalk is away nobody can do anything.
fn with_code(kind: Kind, message: fn(&Texts) -> Message, refusal: Refusal) -> Problem {
    let (code, evidence) = (refusal.code.clone(), refusal.evidence());
    let (trouble, of_log) = (code.meaning(), evidence.clone());
    let says = move |t: &'static Texts| {
        let wording = Wording::from(message(t));
        let admin = if kind == UNREACHABLE { wording.admin } else { t.advice(trouble, evidence.as_ref()) };
        let detail = sentences(&wording.detail, &(t.dingtalk.errcode)(&code.to_string())).into();
        Wording { detail, admin, ..wording }
    };
    Problem::new(kind, says).errcode(refusal.code.number()).noting(move |notes, t| {
        notes.hint = Some(t.advice(trouble, of_log.as_ref()).into_owned());
        notes.dingtalk_request_id = refusal.request_id;
    })
}
