//! What the gate refuses, and who reads what: proxies and scripts what was wrong with the question, people only where
//! to begin again.

pub(super) mod routes;

use crate::{
    i18n::{Message, Texts},
    metrics::GateOutcome,
    rules::Slip,
    web::{
        params::ParamError,
        problem::{INTERNAL, INVALID_REQUEST, Kind, PageProblem, Problem},
    },
};

const SIGN_IN_REQUIRED: Kind = Kind::new("sign-in-required", 401);
pub(super) const NOT_ALLOWED: Kind = Kind::new("not-allowed", 403).until_fixed();
const UNLISTED_HOST: Kind = Kind::new("unlisted-host", 403).until_fixed();

#[derive(Debug)]
pub(super) enum GateRefusal {
    SignInRequired {
        /// Where people sign in.
        url: String,
    },
    NotAllowed,
    /// A host to which no sign-in may lead back.
    UnlistedHost {
        origin: String,
    },
    UntrustedProxy {
        peer: String,
    },
    Unreadable(ParamError),
    /// The client sent a header that passes for one that the app believes.
    Disguise {
        sent: String,
        as_if: &'static str,
    },
    /// We cannot tell who is signed in, or cannot sign it.
    Failed(Problem),
}

/// As a proxy and a script read it.
impl From<GateRefusal> for Problem {
    fn from(refusal: GateRefusal) -> Self {
        let cause = refusal.cause();
        let problem = match refusal {
            GateRefusal::SignInRequired { url } => {
                Self::new(SIGN_IN_REQUIRED, |t| t.gate.sign_in_required).signin_url(url)
            }
            GateRefusal::NotAllowed => Self::new(NOT_ALLOWED, |t| t.gate.not_allowed),
            GateRefusal::UnlistedHost { .. } => Self::new(UNLISTED_HOST, |t| t.gate.unlisted_host),
            GateRefusal::UntrustedProxy { .. } => Self::new(INVALID_REQUEST, |t| t.gate.untrusted_proxy),
            GateRefusal::Unreadable(error) => error.into(),
            GateRefusal::Disguise { as_if, .. } => ParamError::Malformed(as_if).into(),
            GateRefusal::Failed(problem) => problem,
        };
        match cause {
            Some(cause) => problem.because(cause),
            None => problem,
        }
    }
}

impl GateRefusal {
    /// What a person reads who wanted to open the app, on the app's own host.
    pub fn page(self) -> PageProblem {
        let cause = self.cause();
        match (self, cause) {
            (Self::UntrustedProxy { .. } | Self::Unreadable(_) | Self::Disguise { .. }, Some(cause)) => {
                let problem = Problem::new(INVALID_REQUEST, |t| t.gate.unreadable_request);
                PageProblem::elsewhere(problem.because(cause))
            }
            (other, _) => PageProblem::elsewhere(other),
        }
    }

    /// As it is counted.
    pub fn outcome(&self) -> GateOutcome {
        match self {
            Self::SignInRequired { .. } => GateOutcome::SignIn,
            Self::NotAllowed => GateOutcome::NotAllowed,
            Self::UnlistedHost { .. } | Self::UntrustedProxy { .. } | Self::Unreadable(_) | Self::Disguise { .. } => {
                GateOutcome::Refused
            }
            Self::Failed(_) => GateOutcome::Failed,
        }
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::UnlistedHost { origin } => Some(format!("{origin} is neither public_url nor listed")),
            Self::UntrustedProxy { peer } => Some(format!("{peer} is not in trusted_proxies")),
            Self::Unreadable(error) => Some(error.to_string()),
            Self::Disguise { sent, as_if } => Some(format!("the client sent {sent:?}, which passes for {as_if}")),
            Self::SignInRequired { .. } | Self::NotAllowed | Self::Failed(_) => None,
        }
    }
}

impl From<ParamError> for GateRefusal {
    fn from(error: ParamError) -> Self {
        Self::Unreadable(error)
    }
}

impl From<Slip> for GateRefusal {
    fn from(slip: Slip) -> Self {
        Self::Unreadable(match slip {
            Slip::Repeated(name) => ParamError::Repeated(name),
            Slip::Malformed(name) => ParamError::Malformed(name),
        })
    }
}

impl From<Problem> for GateRefusal {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

/// A refusal by its stable word, as a person reads it. Any other word, or none, means that the gate gave no answer.
fn named(word: &str) -> Problem {
    type Says = fn(&Texts) -> Message;
    const WORDS: [(Kind, Says); 4] = [
        (NOT_ALLOWED, |t| t.gate.not_allowed),
        (UNLISTED_HOST, |t| t.gate.unlisted_host),
        (INVALID_REQUEST, |t| t.gate.unreadable_request),
        (INTERNAL, |t| t.problems.internal),
    ];
    let known = WORDS.into_iter().find(|(kind, _)| kind.word() == word);
    known.map_or_else(Problem::unavailable, |(kind, message)| Problem::new(kind, message))
}
