//! Refusals and failures as responses: RFC 9457 problems for scripts, pages with the same content for people.
//!
//! Here is what all of them are made of, and what every web server refuses. Whatever a feature refuses, it says itself, with
//! words, statuses and texts (`signin::refusal`, `forward_auth::refusal`). A handler's signature tells who reads what it
//! refuses: [`Problem`] is JSON, [`PageProblem`] is a page, and `?` makes either of any refusal.

mod response;

use std::{borrow::Cow, fmt};

use rocket::{Responder, http::Status};

use super::{page::NotRendered, params::ParamError, request_context::Notes};
use crate::i18n::{Message, Texts};

/// A kind of problem: its stable word, which is the `type`, and its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    word: &'static str,
    status: u16,
    /// Whether the same request may be granted a moment later.
    may_pass: bool,
}

/// A request that a browser or a proxy has to put otherwise.
pub const INVALID_REQUEST: Kind = Kind::new("invalid-request", 400).lasting();
/// Our own failures.
pub const INTERNAL: Kind = Kind::new("internal-error", 500);
/// The database's.
const UNAVAILABLE: Kind = Kind::new("unavailable", 503);
/// Whatever comes from a place that may not send it.
pub const FOREIGN_ORIGIN: Kind = Kind::new("foreign-origin", 403).lasting();
const NOT_FOUND: Kind = Kind::new("not-found", 404).lasting();

/// How long a client waits for a part that is away for a moment, in seconds.
pub const A_MOMENT: u64 = 5;

/// Why a request is not granted, as JSON.
pub struct Problem(Box<Parts>);

/// The same as a page.
#[derive(Debug)]
pub struct PageProblem {
    problem: Problem,
    /// Whether the page is shown on the host of an app behind the gate.
    is_elsewhere: bool,
}

/// A problem for whoever asks, where one address has readers of both kinds.
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
    cause: Option<String>,
    errcode: Option<i64>,
    signin_url: Option<String>,
    refused_request: Option<String>,
    note: Option<Note>,
}

type Says = Box<dyn Fn(&'static Texts) -> Wording + Send + Sync>;
type Note = Box<dyn FnOnce(&mut Notes, &'static Texts) + Send + Sync>;

/// What a problem says in one language.
pub struct Wording {
    /// A few words.
    pub title: &'static str,
    /// What happened.
    pub detail: Cow<'static, str>,
    /// What to do next.
    pub hint: &'static str,
}

impl Kind {
    /// A kind that the same request may not meet a moment later.
    pub const fn new(word: &'static str, status: u16) -> Self {
        Self { word, status, may_pass: true }
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        self.word
    }

    /// Of this kind, the same request is refused again.
    #[must_use]
    pub const fn lasting(self) -> Self {
        Self { may_pass: false, ..self }
    }
}

impl Problem {
    /// A problem of a kind, and what it says in each language.
    pub fn new<W: Into<Wording>>(kind: Kind, says: impl Fn(&'static Texts) -> W + Send + Sync + 'static) -> Self {
        Self(Box::new(Parts {
            kind,
            says: Box::new(move |texts| says(texts).into()),
            retry_after: None,
            retry_at: None,
            cause: None,
            errcode: None,
            signin_url: None,
            refused_request: None,
            note: None,
        }))
    }

    /// Adds what the log is to say about it.
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

    /// Says when the next try may be made (`Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Says where a person begins again, if not at this very address: a path of ours, without `base_path`.
    #[must_use]
    pub fn retry_at(mut self, path: impl Into<String>) -> Self {
        self.0.retry_at = Some(path.into());
        self
    }

    /// The field `errcode`.
    #[must_use]
    pub fn errcode(mut self, errcode: Option<i64>) -> Self {
        self.0.errcode = errcode;
        self
    }

    /// The field `signin_url`.
    #[must_use]
    pub fn signin_url(mut self, url: String) -> Self {
        self.0.signin_url = Some(url);
        self
    }

    /// Says it of another request, which was refused before.
    #[must_use]
    pub fn of_request(mut self, id: &str) -> Self {
        self.0.refused_request = Some(id.to_owned());
        self
    }

    /// The stable word.
    pub fn word(&self) -> &'static str {
        self.0.kind.word
    }

    /// 404 of a page.
    pub fn not_found() -> Self {
        Self::new(NOT_FOUND, |t| t.problems.not_found)
    }

    /// 403, a form that did not come from our pages.
    pub fn foreign_origin() -> Self {
        Self::new(FOREIGN_ORIGIN, |t| t.problems.foreign_origin)
    }

    /// 503 for a moment.
    pub fn unavailable() -> Self {
        Self::new(UNAVAILABLE, |t| t.problems.unavailable).retry_after(A_MOMENT)
    }

    /// 500; the cause goes to the log alone.
    pub fn internal(cause: impl ToString) -> Self {
        Self::new(INTERNAL, |t| t.problems.internal).because(cause)
    }

    /// What a catcher says for a status that no route answered with.
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

/// Any refusal becomes a page by `?`. `PageProblem` itself must never become a `Problem`, or this would say twice how it is
/// made of itself.
impl<E: Into<Problem>> From<E> for PageProblem {
    fn from(refusal: E) -> Self {
        Self { problem: refusal.into(), is_elsewhere: false }
    }
}

impl PageProblem {
    /// The page as it is shown on the host of an app behind the gate, which has none of our files.
    pub fn elsewhere(refusal: impl Into<Problem>) -> Self {
        Self { problem: refusal.into(), is_elsewhere: true }
    }
}

impl From<Message> for Wording {
    fn from(message: Message) -> Self {
        Self { title: message.title, detail: message.detail.into(), hint: message.hint }
    }
}

impl Wording {
    /// With another sentence about what happened.
    #[must_use]
    pub fn detail(self, detail: String) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// What it says to people is left out, since that is in every language.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem").field("word", &self.word()).field("cause", &self.0.cause).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) use self::response::samples;
