//! Why a sign-in is refused, and what people then read.

use crate::{
    catalogue::Evidence,
    dingtalk::{DingtalkError, Identity, NoApp},
    dingtalk_problems::{self, CODE_INVALID, UNKNOWN_APP},
    i18n::{Message, Texts, sentences},
    ids::DingUserId,
    people::NotAdded,
    users::User,
    web::{
        params::ParamError,
        problem::{INVALID_REQUEST, Kind, Next, Problem, UNAVAILABLE, Wording},
    },
};

const STATE_MISMATCH: Kind = Kind::new("state-mismatch", 403);
const NOT_LISTED: Kind = Kind::new("not-listed", 403).until_fixed();
const DISABLED: Kind = Kind::new("disabled", 403).until_fixed();
const RATE_LIMITED: Kind = Kind::new("rate-limited", 429);
const LOGIN_REFUSED: Kind = Kind::new("login-refused", 403);
const LINK_EXPIRED: Kind = Kind::new("link-expired", 410);
/// 508, because somebody must fix the settings: the log line of a status from 500 is a warning.
const REDIRECT_LOOP: Kind = Kind::new("redirect-loop", 508);

#[derive(Debug)]
pub enum SignInRefusal {
    Params(ParamError),
    /// The client did not replace `$CORPID$`.
    CorpidPlaceholder,
    /// And what the address asked for, if it is known.
    NoApp(NoApp, Option<Box<Evidence>>),
    /// The app has no client id, by which alone DingTalk's sign-in page knows it.
    NoWebLogin,
    /// The state is missing, expired, used, or another browser's.
    StateMismatch(&'static str),
    RateLimited {
        /// Until the next try.
        seconds: u64,
    },
    CookieNotKept,
    /// The address keeps sending back a person who is signed in here.
    SentBack {
        address: String,
        /// Whether the session's cookie reaches the address.
        covered: bool,
    },
    CodeUsed,
    /// DingTalk's page sent the person back without a code.
    LoginRefused {
        error: String,
    },
    NotListed(Box<Person>),
    /// A customer or supplier in the corp's address book.
    ExternalContact,
    Unfollowed,
    /// Not a member of the corp.
    Stranger,
    Disabled(Box<Person>),
    /// A hand-over link that is used, too old or unknown.
    LinkExpired,
    TooManyLinks {
        /// Until the next one.
        seconds: u64,
    },
    Dingtalk(DingtalkError),
    Database(sqlx::Error),
}

/// Somebody whom DingTalk vouches for.
#[derive(Debug)]
pub struct Person {
    pub userid: DingUserId,
    /// As DingTalk gives it.
    pub name: Option<String>,
}

impl SignInRefusal {
    /// Whether DingTalk rejected the code. A code that was sent before costs no call and counts for nothing.
    pub fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Params(_) | Self::CorpidPlaceholder | Self::Database(_) => return None,
            Self::NoApp(..) | Self::NoWebLogin => UNKNOWN_APP.word(),
            Self::StateMismatch(_) => STATE_MISMATCH.word(),
            Self::RateLimited { .. } | Self::TooManyLinks { .. } => RATE_LIMITED.word(),
            Self::CookieNotKept | Self::SentBack { .. } => REDIRECT_LOOP.word(),
            Self::CodeUsed => CODE_INVALID.word(),
            Self::LoginRefused { .. } => LOGIN_REFUSED.word(),
            Self::NotListed(_) | Self::ExternalContact | Self::Unfollowed | Self::Stranger => NOT_LISTED.word(),
            Self::Disabled(_) => DISABLED.word(),
            Self::LinkExpired => LINK_EXPIRED.word(),
            Self::Dingtalk(error) => dingtalk_problems::kind(error).word(),
        })
    }

    /// The problem's word.
    pub fn word(&self) -> &'static str {
        self.reason().unwrap_or(match self {
            Self::Database(_) => UNAVAILABLE.word(),
            _ => INVALID_REQUEST.word(),
        })
    }

    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::NotListed(person) | Self::Disabled(person) => Some(person),
            _ => None,
        }
    }

    pub fn is_rejected_code(&self) -> bool {
        matches!(self, Self::Dingtalk(DingtalkError::CodeInvalid(_)))
    }

    /// Whether somebody tried without a page of ours.
    pub fn is_failed_try(&self) -> bool {
        match self {
            Self::Params(_) | Self::CorpidPlaceholder | Self::StateMismatch(_) | Self::CodeUsed | Self::LinkExpired => {
                true
            }
            other => other.is_rejected_code(),
        }
    }
}

impl From<SignInRefusal> for Problem {
    fn from(refusal: SignInRefusal) -> Self {
        use SignInRefusal as Refusal;

        // DingTalk's own refusals bring their advice along.
        let trouble = if matches!(refusal, Refusal::Dingtalk(_)) { None } else { refusal.trouble() };
        let evidence = refusal.evidence();
        let problem = match refusal {
            Refusal::Params(error) => error.into(),
            Refusal::CorpidPlaceholder => Self::new(INVALID_REQUEST, |t| t.signin.refusals.corpid_placeholder),
            Refusal::NoApp(no_app, _) => no_app.into(),
            Refusal::NoWebLogin => Self::new(UNKNOWN_APP, |t| t.signin.refusals.no_web_login),
            Refusal::StateMismatch(cause) => {
                Self::new(STATE_MISMATCH, |t| t.signin.refusals.state_mismatch).because(cause)
            }
            Refusal::RateLimited { seconds } => {
                Self::new(RATE_LIMITED, |t| t.signin.refusals.rate_limited).retry_after(seconds.max(1))
            }
            Refusal::CookieNotKept => Self::new(REDIRECT_LOOP, |t| t.signin.refusals.cookie_not_kept)
                .because("the browser does not send the session's cookie that it was given"),
            Refusal::SentBack { address, covered } => sent_back(&address, covered),
            Refusal::CodeUsed => {
                Self::new(CODE_INVALID, |t| t.dingtalk.code_invalid).because("this code was sent to DingTalk before")
            }
            Refusal::LoginRefused { error } => Self::new(LOGIN_REFUSED, |t| t.signin.refusals.login_refused)
                .because(format!("DingTalk's page came back with the error {error:?}")),
            Refusal::NotListed(who) => of_person(NOT_LISTED, |t| t.signin.refusals.not_listed, *who),
            Refusal::ExternalContact => Self::new(NOT_LISTED, |t| t.signin.refusals.external_contact),
            Refusal::Unfollowed => Self::new(NOT_LISTED, |t| t.signin.refusals.unfollowed),
            Refusal::Stranger => Self::new(NOT_LISTED, |t| t.signin.refusals.stranger),
            Refusal::Disabled(who) => of_person(DISABLED, |t| t.signin.refusals.disabled, *who),
            Refusal::LinkExpired => {
                Self::new(LINK_EXPIRED, |t| t.handover.refusals.link_expired).next(Next::SignIn).retry_at("/")
            }
            Refusal::TooManyLinks { seconds } => {
                let problem = Self::new(RATE_LIMITED, |t| t.handover.refusals.too_many_links);
                problem.retry_after(seconds.max(1)).next(Next::Back).retry_at("/home")
            }
            Refusal::Dingtalk(error) => error.into(),
            Refusal::Database(error) => error.into(),
        };
        match trouble {
            Some(trouble) => problem.noting(move |notes, t| {
                notes.hint = Some(t.advice(trouble, evidence.as_ref()).into_owned());
            }),
            None => problem,
        }
    }
}

/// The address is shown and logged without its query, which may be secret.
fn sent_back(address: &str, covered: bool) -> Problem {
    let address = address.split(['?', '#']).next().unwrap_or_default().to_owned();
    let cause = format!("{address:?} sends a person back who is signed in; the cookie reaches it: {covered}");
    let says = move |t: &'static Texts| {
        let refusals = &t.signin.refusals;
        let message = if covered { refusals.sent_back } else { refusals.cookie_out_of_reach };
        Wording::from(message).detail(sentences(message.detail, &(refusals.sent_back_by)(&address)))
    };
    let problem = Problem::new(REDIRECT_LOOP, says).because(cause);
    if covered { problem } else { problem.next(Next::OnceFixed) }
}

fn of_person(kind: Kind, says: fn(&Texts) -> Message, person: Person) -> Problem {
    let Person { userid, name } = person;
    Problem::new(kind, says).person(name.clone()).noting(move |notes, _| {
        notes.userid = Some(userid.to_string());
        notes.name = name;
    })
}

impl From<Identity> for Box<Person> {
    fn from(Identity { userid, name, .. }: Identity) -> Self {
        Self::new(Person { userid, name })
    }
}

impl From<User> for Box<Person> {
    fn from(User { userid, name, .. }: User) -> Self {
        Self::new(Person { userid, name: Some(name) })
    }
}

impl From<NoApp> for SignInRefusal {
    fn from(no_app: NoApp) -> Self {
        Self::NoApp(no_app, None)
    }
}

impl From<NotAdded> for SignInRefusal {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Database(error) => error.into(),
            // The transaction that looked has the only writer.
            NotAdded::AlreadyThere => Self::Database(sqlx::Error::Protocol(error.to_string())),
        }
    }
}

impl From<ParamError> for SignInRefusal {
    fn from(error: ParamError) -> Self {
        Self::Params(error)
    }
}

impl From<DingtalkError> for SignInRefusal {
    fn from(error: DingtalkError) -> Self {
        Self::Dingtalk(error)
    }
}

impl From<sqlx::Error> for SignInRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
