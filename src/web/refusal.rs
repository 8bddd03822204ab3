//! What a request guard says when it refuses.
//!
//! Rocket drops a guard's error and gives a catcher only its status, so the guard leaves its problem with the request
//! for the catcher to answer with.

use std::sync::{Mutex, PoisonError};

use rocket::{Request, http::Status, request::Outcome};

use super::problem::Problem;

struct Refusal(Mutex<Option<Problem>>);

/// A guard's refusal. Rocket asks no further guard after it.
pub fn refuse<T>(request: &Request<'_>, status: Status, problem: impl Into<Problem>) -> Outcome<T, ()> {
    *slot(request).lock().unwrap_or_else(PoisonError::into_inner) = Some(problem.into());
    Outcome::Error((status, ()))
}

/// The problem with which a guard has refused this request, if one has.
pub fn of(request: &Request<'_>) -> Option<Problem> {
    slot(request).lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn slot<'r>(request: &'r Request<'_>) -> &'r Mutex<Option<Problem>> {
    &request.local_cache(|| Refusal(Mutex::default())).0
}
