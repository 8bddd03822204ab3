//! One request on its way through: its id, its language, and what its log line will say.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rocket::{
    Request,
    http::Method,
    request::{FromRequest, Outcome},
};

use super::in_force::{Current, Settled};
use crate::{clock::Clock, config::Config, i18n::Locale};

/// The request's own facts, made once and shared by everything that handles it.
pub struct RequestContext {
    /// Unlike any other; on the answer, in the log line, in every problem.
    pub id: String,
    /// The language of the log: the deployment's.
    pub operator: Locale,
    /// The method that the client sent. Rocket itself puts GET in place of HEAD.
    pub method: Method,
    /// What was in force when the request came.
    pub(super) settled: Option<Arc<Settled>>,
    started: Instant,
    /// Whether the access log hears of the answer. It does not of a request that Rocket finds malformed.
    pub(super) is_followed: bool,
    notes: Mutex<Notes>,
}

/// What the request's one log line says besides method, path and status. No secret is ever put here.
#[derive(Default)]
pub struct Notes {
    /// One line of very many, which another log has too: only somebody who looks for a fault needs it.
    pub is_routine: bool,
    pub app: Option<String>,
    pub corp_id: Option<String>,
    pub userid: Option<String>,
    /// Whom this refuses, where it is somebody we can name.
    pub name: Option<String>,
    /// The id on the person's page, if it is an earlier request's.
    pub page_request_id: Option<String>,
    /// What a request through the gate wanted: the app's host, and the path without its query.
    pub wanted: Option<(String, String)>,
    /// The rules of that app, as the proxy sent them.
    pub rules: Option<String>,
    pub problem: Option<&'static str>,
    pub cause: Option<String>,
    pub errcode: Option<i64>,
    pub dingtalk_request_id: Option<String>,
    pub hint: Option<String>,
}

impl RequestContext {
    pub fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(|| Self::begin(request, false))
    }

    /// Begins the context of a request whose answer the access log will hear of.
    pub(super) fn follow(request: &Request<'_>) {
        request.local_cache(|| Self::begin(request, true));
    }

    fn begin(request: &Request<'_>, is_followed: bool) -> Self {
        let settled = request.rocket().state::<Current>().map(Current::now);
        let config = settled.as_ref().and_then(|settled| settled.part());
        Self {
            id: crate::random::unique(),
            operator: config.map_or(Locale::ZhCn, |config: &Config| config.default_locale),
            settled,
            method: request.method(),
            started: request.rocket().state::<Clock>().cloned().unwrap_or_default().stopwatch(),
            is_followed,
            notes: Mutex::default(),
        }
    }

    pub fn note(&self, add: impl FnOnce(&mut Notes)) {
        add(&mut self.lock());
    }

    /// How long ago the request came.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether the client asked for headers alone: nothing may change.
    pub fn is_head(&self) -> bool {
        self.method == Method::Head
    }

    /// App and corp, as far as they were noted.
    pub fn app(&self) -> (Option<String>, Option<String>) {
        let notes = self.lock();
        (notes.app.clone(), notes.corp_id.clone())
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The language to answer a request in. Apart from its context, because most requests are answered without a word.
pub fn locale(request: &Request<'_>) -> Locale {
    // An app may ask for a language of the pages on its way (OpenID Connect Core 1.0, 3.1.2.1).
    let wanted = request.uri().query().and_then(|query| query.segments().find(|(name, _)| *name == "ui_locales"));
    let wanted = wanted.and_then(|(_, tags)| Locale::first_of(tags.split(['+', ' ']).flat_map(|tag| tag.split("%20"))));
    let accepted = request.headers().get_one("Accept-Language");
    wanted.unwrap_or_else(|| Locale::negotiate(accepted, RequestContext::of(request).operator))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r RequestContext {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(RequestContext::of(request))
    }
}
