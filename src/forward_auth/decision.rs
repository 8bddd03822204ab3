//! What becomes of a request (pure): who is signed in, whom the rules let in, and who is to read a refusal.

use super::rules::Rules;
use crate::sessions::Principal;

/// Who reads the answer if the request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A proxy that makes its own answer of ours (nginx).
    Proxy,
    /// A person who opens a page. `safely`: with a method that a redirect may repeat (GET, HEAD).
    Person {
        /// Whether the method may be repeated.
        safely: bool,
    },
    /// A script, which cannot be sent to a sign-in page.
    Script,
}

/// What the proxy is told.
pub(super) enum Decision<'a> {
    /// This person may.
    Allowed(&'a Principal),
    /// Nobody is signed in.
    SignInFirst(SignInBy),
    /// This person may not.
    NotAllowed,
}

/// How somebody who is not signed in learns the sign-in address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInBy {
    /// 401 with `Location`.
    Location,
    /// 302.
    Found,
    /// 303: what was posted is not posted again.
    SeeOther,
    /// 401 as a problem with `signin_url`.
    Problem,
}

/// Decides.
pub(super) fn decide<'a>(who: Option<&'a Principal>, rules: &Rules, reader: Reader) -> Decision<'a> {
    match who {
        Some(who) if rules.let_in(&who.user) => Decision::Allowed(who),
        Some(_) => Decision::NotAllowed,
        None => Decision::SignInFirst(match reader {
            Reader::Proxy => SignInBy::Location,
            Reader::Person { safely: true } => SignInBy::Found,
            Reader::Person { safely: false } => SignInBy::SeeOther,
            Reader::Script => SignInBy::Problem,
        }),
    }
}
