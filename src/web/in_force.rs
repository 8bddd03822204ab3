//! The settings in force and everything that is made of them, as one value.
//!
//! A reload puts another value in its place. A request keeps the one that it began with, from its first guard to the
//! line in the log, so no answer is made by two sets of settings.

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use super::{problem::Problem, refusal, request_context::RequestContext};
use crate::config::Config;

/// Checked settings, with the parts that were made of them, one of each type.
pub struct Settled(Vec<(TypeId, Box<dyn Any + Send + Sync>)>);

impl Settled {
    pub fn new(config: Config) -> Self {
        // First, because nearly every request asks for it first.
        Self(Vec::new()).with(config)
    }

    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, part: T) -> Self {
        self.0.push((TypeId::of::<T>(), Box::new(part)));
        self
    }

    /// There are a handful of parts: to look through them is faster than a map.
    pub fn part<T: 'static>(&self) -> Option<&T> {
        let (_, part) = self.0.iter().find(|(id, _)| *id == TypeId::of::<T>())?;
        part.downcast_ref()
    }
}

/// What is in force now, for new requests and for whoever replaces it. A clone is a handle on the same.
#[derive(Clone)]
pub struct Current(Arc<ArcSwap<Settled>>);

impl Current {
    pub fn new(settled: Settled) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(settled)))
    }

    pub fn now(&self) -> Arc<Settled> {
        self.0.load_full()
    }

    pub fn replace(&self, settled: Settled) {
        self.0.store(Arc::new(settled));
    }
}

/// What a request works with, made of the settings that were in force when it came.
pub fn part<'r, T: 'static>(request: &'r Request<'_>) -> Option<&'r T> {
    RequestContext::of(request).settled.as_ref()?.part()
}

/// The same as a guard's outcome.
pub fn given<'r, T: 'static>(request: &'r Request<'_>) -> Outcome<&'r T, ()> {
    match part(request) {
        Some(part) => Outcome::Success(part),
        None => {
            let problem = Problem::internal("the server lacks what its settings make");
            refusal::refuse(request, Status::InternalServerError, problem)
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r Config {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        given(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::config;

    #[test]
    fn each_part_is_found_by_its_type_and_stays_for_who_has_it() {
        let current = Current::new(Settled::new(config().clone()).with(7_u8).with("seven"));
        let old = current.now();
        current.replace(Settled::new(config().clone()).with(8_u8));
        assert_eq!((old.part::<u8>(), old.part::<&str>()), (Some(&7), Some(&"seven")));
        assert_eq!((current.now().part::<u8>(), current.now().part::<&str>()), (Some(&8), None));
        assert!(current.now().part::<Config>().is_some());
    }
}
