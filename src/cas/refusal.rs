//! Requests of apps that end on a page.

use super::login::NotSent;
use crate::web::problem::{INVALID_REQUEST, Kind, Problem};

const NOT_ALLOWED: Kind = Kind::new("not-allowed", 403).until_fixed();
const TOO_MANY: Kind = Kind::new("rate-limited", 429);

impl From<NotSent> for Problem {
    fn from(error: NotSent) -> Self {
        match error {
            NotSent::Repeated => repeated(),
            NotSent::Unlisted => {
                Self::new(INVALID_REQUEST, |t| t.cas.unlisted).because("service is in no service_urls")
            }
            NotSent::TooLong => Self::new(INVALID_REQUEST, |t| t.cas.unlisted).because("the request is too long"),
            NotSent::NotAllowed(client) => {
                Self::new(NOT_ALLOWED, |t| t.cas.not_allowed).because(format!("the rules of client {client:?}"))
            }
            NotSent::TooMany(seconds) => Self::new(TOO_MANY, |t| t.cas.too_many)
                .because("one session has asked for many tickets")
                .retry_after(seconds.max(1)),
            NotSent::Failed(problem) => problem,
        }
    }
}

pub fn repeated() -> Problem {
    Problem::new(INVALID_REQUEST, |t| t.problems.invalid_request).because("a parameter was given twice")
}
