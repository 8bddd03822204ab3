//! What becomes of a request (pure), from who is signed in, the rules, and who reads a refusal.

use crate::{rules::Rules, sessions::Principal};

/// Who reads a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A proxy that makes its own answer of ours (nginx).
    Proxy,
    /// A person who opens a page.
    Person {
        /// Whether a redirect may repeat the method (GET, HEAD).
        safely: bool,
    },
    /// A script, which cannot be sent to a sign-in page.
    Script,
}

pub(super) enum Decision<'a> {
    Allowed(&'a Principal),
    SignInFirst(SignInBy),
    /// Signed in, but the rules are for others.
    NotAllowed(&'a Principal),
}

/// How somebody who is not signed in learns the sign-in address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInBy {
    Location,
    /// 302.
    Found,
    /// 303: what was posted is not posted again.
    SeeOther,
    /// 401 as a problem with `signin_url`.
    Problem,
}

pub(super) fn decide<'a>(who: Option<&'a Principal>, rules: &Rules, reader: Reader) -> Decision<'a> {
    match who {
        Some(who) if rules.let_in(&who.user) => Decision::Allowed(who),
        Some(who) => Decision::NotAllowed(who),
        None => Decision::SignInFirst(match reader {
            Reader::Proxy => SignInBy::Location,
            Reader::Person { safely: true } => SignInBy::Found,
            Reader::Person { safely: false } => SignInBy::SeeOther,
            Reader::Script => SignInBy::Problem,
        }),
    }
}
