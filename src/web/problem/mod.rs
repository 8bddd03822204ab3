//! Refusals and failures as responses: RFC 9457 problems for scripts, pages with the same content for people.
//!
//! Here is what they are made of, and what every web server refuses; each feature states its own refusals
//! (`signin::refusal`, `forward_auth::refusal`). A handler's signature says who reads a refusal: [`Problem`] is JSON,
//! [`PageProblem`] is a page, and `?` makes either of any refusal.

mod response;

use std::{borrow::Cow, fmt};

use rocket::{Responder, http::Status};

use super::{page::NotRendered, params::ParamError, request_context::Notes};
use crate::i18n::{Message, Texts};

/// A stable word, which is the `type`, and a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    word: &'static str,
    status: u16,
    next: Next,
}

/// What a person can do next, on the page of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The same request may succeed a moment later.
    TryAgain,
    /// The same request succeeds once an administrator has acted.
    OnceFixed,
    /// A sign-in at the address of [`Problem::retry_at`].
    SignIn,
    /// Back to the address of [`Problem::retry_at`].
    Back,
    /// The same request is refused again.
    Nothing,
}

/// A browser or a proxy must ask otherwise.
pub const INVALID_REQUEST: Kind = Kind::new("invalid-request", 400).lasting();
pub const INTERNAL: Kind = Kind::new("internal-error", 500);
/// The database does not answer.
pub const UNAVAILABLE: Kind = Kind::new("unavailable", 503);
pub const FOREIGN_ORIGIN: Kind = Kind::new("foreign-origin", 403).lasting();
const NOT_FOUND: Kind = Kind::new("not-found", 404).lasting();

/// Seconds until a client may ask again when a part is away for a moment.
pub const A_MOMENT: u64 = 5;

/// As JSON.
pub struct Problem(Box<Parts>);

/// As a page.
#[derive(Debug)]
pub struct PageProblem {
    problem: Problem,
    /// Whether the page is shown on the host of an app behind the gate.
    is_elsewhere: bool,
}

/// For an address with readers of both kinds.
#[derive(Responder)]
pub enum ProblemResponse {
    Json(Problem),
    Page(PageProblem),
}

struct Parts {
    kind: Kind,
    says: Says,
    retry_after: Option<u64>,
    retry_at: Option<String>,
    next: Option<Next>,
    person: Option<String>,
    cause: Option<String>,
    errcode: Option<i64>,
    signin_url: Option<String>,
    refused_request: Option<String>,
    note: Option<Note>,
}

type Says = Box<dyn Fn(&'static Texts) -> Wording + Send + Sync>;
type Note = Box<dyn FnOnce(&mut Notes, &'static Texts) + Send + Sync>;

pub struct Wording {
    pub title: &'static str,
    pub detail: Cow<'static, str>,
    /// What the person can do next.
    pub hint: &'static str,
    /// The same on a computer; "" where that does not differ.
    pub desk_hint: &'static str,
    /// What the administrator must do; "" where nothing.
    pub admin: Cow<'static, str>,
}

impl Kind {
    pub const fn new(word: &'static str, status: u16) -> Self {
        Self { word, status, next: Next::TryAgain }
    }

    pub const fn word(self) -> &'static str {
        self.word
    }

    /// The same request is refused again.
    #[must_use]
    pub const fn lasting(self) -> Self {
        Self { next: Next::Nothing, ..self }
    }

    /// The same request is refused until an administrator has acted.
    #[must_use]
    pub const fn until_fixed(self) -> Self {
        Self { next: Next::OnceFixed, ..self }
    }
}

impl Problem {
    pub fn new<W: Into<Wording>>(kind: Kind, says: impl Fn(&'static Texts) -> W + Send + Sync + 'static) -> Self {
        Self(Box::new(Parts {
            kind,
            says: Box::new(move |texts| says(texts).into()),
            retry_after: None,
            retry_at: None,
            next: None,
            person: None,
            cause: None,
            errcode: None,
            signin_url: None,
            refused_request: None,
            note: None,
        }))
    }

    /// Adds a cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Adds to the request's log line, in the operator's language.
    #[must_use]
    pub fn noting(mut self, note: impl FnOnce(&mut Notes, &'static Texts) + Send + Sync + 'static) -> Self {
        self.0.note = Some(Box::new(note));
        self
    }

    /// `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Where a person begins again, if not at this address: a path without `base_path`.
    #[must_use]
    pub fn retry_at(mut self, path: impl Into<String>) -> Self {
        self.0.retry_at = Some(path.into());
        self
    }

    /// What a person can do next, if not what its kind says.
    #[must_use]
    pub fn next(mut self, next: Next) -> Self {
        self.0.next = Some(next);
        self
    }

    /// The name, as DingTalk gives it, of the person whom this refuses: nobody else reads it.
    #[must_use]
    pub fn person(mut self, name: Option<String>) -> Self {
        self.0.person = name;
        self
    }

    #[must_use]
    pub fn errcode(mut self, errcode: Option<i64>) -> Self {
        self.0.errcode = errcode;
        self
    }

    #[must_use]
    pub fn signin_url(mut self, url: String) -> Self {
        self.0.signin_url = Some(url);
        self
    }

    /// Makes it the problem of an earlier request, which was refused.
    #[must_use]
    pub fn of_request(mut self, id: &str) -> Self {
        self.0.refused_request = Some(id.to_owned());
        self
    }

    pub fn word(&self) -> &'static str {
        self.0.kind.word
    }

    pub fn not_found() -> Self {
        Self::new(NOT_FOUND, |t| t.problems.not_found)
    }

    /// 403 for a form that did not come from our pages.
    pub fn foreign_origin() -> Self {
        Self::new(FOREIGN_ORIGIN, |t| t.problems.foreign_origin)
    }

    pub fn unavailable() -> Self {
        Self::new(UNAVAILABLE, |t| t.problems.unavailable).retry_after(A_MOMENT)
    }

    /// The cause goes to the log alone.
    pub fn internal(cause: impl ToString) -> Self {
        Self::new(INTERNAL, |t| t.problems.internal).because(cause)
    }

    /// For a status that no route answered with.
    pub fn from_status(status: Status) -> Self {
        match status.code {
            404 | 405 => Self::not_found(),
            403 => Self::foreign_origin(),
            503 => Self::new(UNAVAILABLE, |t| t.problems.unavailable),
            400..=499 => Self::new(INVALID_REQUEST, |t| t.problems.invalid_request).because(status),
            _ => Self::internal(status),
        }
    }
}

impl From<ParamError> for Problem {
    fn from(error: ParamError) -> Self {
        let says = move |t: &'static Texts| {
            let detail = match error {
                ParamError::Missing(name) => (t.problems.missing)(name),
                ParamError::Repeated(name) => (t.problems.repeated)(name),
                ParamError::Malformed(name) => (t.problems.malformed)(name),
            };
            Wording::from(t.problems.invalid_request).detail(detail)
        };
        Self::new(INVALID_REQUEST, says).because(error)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::unavailable().because(error)
    }
}

impl From<NotRendered> for Problem {
    fn from(error: NotRendered) -> Self {
        Self::internal(error)
    }
}

/// By `?`. `PageProblem` must never become a `Problem`, or this would overlap with the reflexive `From`.
impl<E: Into<Problem>> From<E> for PageProblem {
    fn from(refusal: E) -> Self {
        Self { problem: refusal.into(), is_elsewhere: false }
    }
}

impl PageProblem {
    /// As shown on the host of an app behind the gate, which has none of our files.
    pub fn elsewhere(refusal: impl Into<Problem>) -> Self {
        Self { problem: refusal.into(), is_elsewhere: true }
    }
}

impl From<Message> for Wording {
    fn from(message: Message) -> Self {
        let Message { title, detail, hint, desk_hint, admin } = message;
        Self { title, detail: detail.into(), hint, desk_hint, admin: admin.into() }
    }
}

impl Wording {
    #[must_use]
    pub fn detail(self, detail: String) -> Self {
        Self { detail: detail.into(), ..self }
    }

    fn hint_for(&self, is_at_a_desk: bool) -> &'static str {
        if is_at_a_desk && !self.desk_hint.is_empty() { self.desk_hint } else { self.hint }
    }
}

/// Without the texts, which are in every language.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem").field("word", &self.word()).field("cause", &self.0.cause).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) use self::response::samples;
