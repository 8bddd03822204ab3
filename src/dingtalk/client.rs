//! HTTP to the Open Platform: one method per call, typed answers, typed refusals.
//!
//! Every call has a connect and a total timeout, follows no redirect, reads at most [`MAX_ANSWER`] and asks for no
//! compression. The old hosts answer HTTP 200 whatever happened and carry `errcode` in the body.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    DingtalkError,
    answer::{self, Answer},
};
use crate::config::{DingtalkConfig, Secret};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Far above any answer that is asked for here; a page of 100 employees is 200 KB.
const MAX_ANSWER: usize = 1024 * 1024;
/// The waits between three tries of a call that may be repeated.
const BACKOFF: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(600)];

/// Whether a call may be sent again when no answer came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It reads: three tries.
    Reads,
    /// It spends something (an auth code). Only a connection that never came about is tried again.
    Spends,
}

/// What goes along with a call.
pub(super) enum Body<'a> {
    None,
    Form(&'a [(&'static str, &'a str)]),
    Json(Value),
}

/// Speaks to one DingTalk, for all apps.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    oapi_url: String,
}

impl Client {
    /// A client for the addresses of the settings. Opens no connection yet.
    ///
    /// # Errors
    /// When the machine's certificates or its proxy settings cannot be used.
    pub fn new(config: &DingtalkConfig) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("miandeng/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(config.timeout))
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .build()?;
        Ok(Self { http, oapi_url: config.oapi_url.clone() })
    }

    /// `GET` on the old host. `query` may hold secrets: they reach no error.
    pub(super) async fn get(
        &self,
        call: &'static str,
        query: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        self.send(call, query, Body::None, repeat).await
    }

    /// `POST` on the old host, with the token in the query as that host wants it.
    pub(super) async fn post(
        &self,
        call: &'static str,
        token: &Secret,
        body: Body<'_>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        self.send(call, &[("access_token", token.expose())], body, repeat).await
    }

    async fn send(
        &self,
        call: &'static str,
        query: &[(&str, &str)],
        body: Body<'_>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        let mut waits = BACKOFF.into_iter();
        loop {
            let request = self.request(call, query, &body);
            let (error, never_sent) = match self.once(call, request, &secrets(query, &body)).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let again = match repeat {
                Repeat::Reads => matches!(error, DingtalkError::Busy(_) | DingtalkError::Unreachable { .. }),
                Repeat::Spends => never_sent,
            };
            match waits.next() {
                Some(wait) if again => tokio::time::sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    fn request(&self, call: &str, query: &[(&str, &str)], body: &Body<'_>) -> reqwest::RequestBuilder {
        let url = format!("{}{call}", self.oapi_url);
        match body {
            Body::None => self.http.get(url).query(query),
            Body::Form(fields) => self.http.post(url).query(query).form(fields),
            Body::Json(value) => self.http.post(url).query(query).json(value),
        }
    }

    /// One try. The flag says that the request never left this machine.
    async fn once(
        &self,
        call: &'static str,
        request: reqwest::RequestBuilder,
        secrets: &[&str],
    ) -> Result<Answer, (DingtalkError, bool)> {
        let unreachable = |error: reqwest::Error| {
            let never_sent = error.is_connect();
            // The address holds the token in its query.
            let why = chain(&error.without_url());
            (DingtalkError::Unreachable { call, why }, never_sent)
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| (unreachable(error).0, false))? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                let why = format!("longer than {MAX_ANSWER} bytes");
                return Err((DingtalkError::Unexpected { call, why }, false));
            }
            bytes.extend_from_slice(&chunk);
        }
        answer::read(call, status.as_u16(), &bytes, secrets).map_err(|error| (error, false))
    }
}

/// The values of a request that must not come back in an error, should DingTalk quote them.
fn secrets<'a>(query: &'a [(&str, &'a str)], body: &'a Body<'_>) -> Vec<&'a str> {
    let not_secret = ["appkey", "corpid", "type"];
    let query = query.iter().filter(|(name, _)| !not_secret.contains(name)).map(|(_, value)| *value);
    let fields: &[_] = if let Body::Form(fields) = body { fields } else { &[] };
    query.chain(fields.iter().map(|(_, value)| *value)).collect()
}

/// An error with its causes: reqwest's own text says little more than "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// An object to send as JSON.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Body<'static> {
    Body::Json(Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()))
}
