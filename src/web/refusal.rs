//! What a request guard says when it refuses.
//!
//! Rocket tells a catcher the status of a guard's error and drops the error. So the guard leaves its problem with the
//! request, and the catcher answers with that.

use rocket::{Request, http::Status, request::Outcome};

use super::problem::Problem;

struct Refusal(Option<Problem>);

/// A guard's refusal. The first of a request counts: Rocket asks no further guard after it.
pub fn refuse<T>(request: &Request<'_>, status: Status, problem: Problem) -> Outcome<T, Problem> {
    request.local_cache(|| Refusal(Some(problem.clone())));
    Outcome::Error((status, problem))
}

/// The problem with which a guard has refused this request, if one has.
pub fn of(request: &Request<'_>) -> Option<Problem> {
    request.local_cache(|| Refusal(None)).0.clone()
}
