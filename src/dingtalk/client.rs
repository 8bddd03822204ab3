//! HTTP to the Open Platform: one method per call, typed answers, typed refusals.
//!
//! Every call has a connect and a total timeout, follows no redirect, reads at most [`MAX_ANSWER`] and asks for no
//! compression. The old host answers HTTP 200 whatever happened and carries `errcode` in the body, the new one means
//! its statuses.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    DingtalkError,
    answer::{self, Answer},
};
use crate::{
    config::{self, ConfigError, DingtalkConfig, Proxies},
    secret::Secret,
};

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

/// One call, however often it is sent.
struct Call<'a> {
    host: Host,
    /// What errors call it.
    name: &'static str,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    /// The new host takes the token in a header.
    token: Option<&'a Secret>,
    body: Body<'a>,
}

#[derive(Clone, Copy)]
enum Host {
    /// `oapi.dingtalk.com`.
    Old,
    /// `api.dingtalk.com`.
    New,
}

/// Speaks to one DingTalk, for all apps.
#[derive(Clone)]
pub struct Client {
    oapi: Platform,
    api: Platform,
    timeout: Duration,
}

/// One of its hosts, and what speaks to it.
#[derive(Clone)]
struct Platform {
    http: reqwest::Client,
    url: String,
}

/// Why DingTalk cannot be called from here.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The machine's certificates or its proxy settings cannot be used.
    #[error("no HTTP client for DingTalk can be made: {0}")]
    Http(#[from] reqwest::Error),
    /// The apps' secrets would pass through a proxy in the clear.
    #[error(transparent)]
    InTheClear(#[from] ConfigError),
}

impl Client {
    /// A client for the addresses of the settings. Opens no connection yet.
    ///
    /// # Errors
    /// When the machine's certificates or its proxy settings cannot be used, or a secret would pass through a proxy in the
    /// clear.
    pub fn new(config: &DingtalkConfig) -> Result<Self, ClientError> {
        Proxies::of_environment().check(config)?;
        let oapi = Platform::new(&config.oapi_url, config.timeout)?;
        let api = Platform::new(&config.api_url, config.timeout)?;
        Ok(Self { oapi, api, timeout: config.timeout })
    }

    /// How long one call may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// `GET` on the old host. `query` may hold secrets: they reach no error.
    pub(super) async fn get(
        &self,
        path: &'static str,
        query: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        self.send(Call { host: Host::Old, name: path, path, query, token: None, body: Body::None }, repeat).await
    }

    /// `POST` on the old host, with the token in the query as that host wants it.
    pub(super) async fn post(
        &self,
        path: &'static str,
        token: &Secret,
        body: Body<'_>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        let query = &[("access_token", token.expose())];
        self.send(Call { host: Host::Old, name: path, path, query, token: None, body }, repeat).await
    }

    /// A call on the new host: `POST` with a body, `GET` without.
    pub(super) async fn call_new(
        &self,
        path: &'static str,
        token: Option<&Secret>,
        body: Body<'_>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        self.send(Call { host: Host::New, name: path, path, query: &[], token, body }, repeat).await
    }

    /// The same without a token, for a call whose path is more than its name.
    pub(super) async fn call_new_at(
        &self,
        name: &'static str,
        path: &str,
        body: Body<'_>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        self.send(Call { host: Host::New, name, path, query: &[], token: None, body }, repeat).await
    }

    async fn send(&self, call: Call<'_>, repeat: Repeat) -> Result<Answer, DingtalkError> {
        let mut waits = BACKOFF.into_iter();
        loop {
            let (error, never_sent) = match self.once(&call).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let again = match repeat {
                Repeat::Reads => {
                    matches!(
                        error,
                        DingtalkError::Busy(_) | DingtalkError::Failed(_) | DingtalkError::Unreachable { .. }
                    )
                }
                Repeat::Spends => never_sent,
            };
            match waits.next() {
                Some(wait) if again => tokio::time::sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    fn request(&self, call: &Call<'_>) -> reqwest::RequestBuilder {
        let Platform { http, url } = match call.host {
            Host::Old => &self.oapi,
            Host::New => &self.api,
        };
        let url = format!("{url}{}", call.path);
        let request = match &call.body {
            Body::None => http.get(url),
            Body::Form(fields) => http.post(url).form(fields),
            Body::Json(value) => http.post(url).json(value),
        };
        let request = if call.query.is_empty() { request } else { request.query(call.query) };
        match call.token {
            Some(token) => request.header("x-acs-dingtalk-access-token", token.expose()),
            None => request,
        }
    }

    /// One try. The flag says that the request never left this machine.
    async fn once(&self, sent: &Call<'_>) -> Result<Answer, (DingtalkError, bool)> {
        let call = sent.name;
        let unreachable = |error: reqwest::Error| {
            let never_sent = error.is_connect();
            // The address holds the token in its query.
            let why = chain(&error.without_url());
            (DingtalkError::Unreachable { call, why }, never_sent)
        };
        let mut response = self.request(sent).send().await.map_err(unreachable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| (unreachable(error).0, false))? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                let why = format!("longer than {MAX_ANSWER} bytes");
                return Err((DingtalkError::Unexpected { call, why }, false));
            }
            bytes.extend_from_slice(&chunk);
        }
        let read = match sent.host {
            Host::Old => answer::read,
            Host::New => answer::read_new,
        };
        read(call, status.as_u16(), &bytes, &secrets(sent)).map_err(|error| (error, false))
    }
}

impl Platform {
    fn new(url: &str, timeout: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("miandeng/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        let http = if config::is_local(url) { http.no_proxy() } else { http };
        Ok(Self { http: http.build()?, url: url.to_owned() })
    }
}

/// The values of a request that must not come back in an error, should DingTalk quote them.
fn secrets<'a>(call: &'a Call<'_>) -> Vec<&'a str> {
    let not_secret = ["appkey", "corpid", "type"];
    let query = call.query.iter().filter(|(name, _)| !not_secret.contains(name)).map(|(_, value)| *value);
    let fields: &[_] = if let Body::Form(fields) = &call.body { fields } else { &[] };
    let in_json = |name| if let Body::Json(json) = &call.body { json.get(name).and_then(Value::as_str) } else { None };
    let json = ["clientSecret", "client_secret", "code"].into_iter().filter_map(in_json);
    query.chain(fields.iter().map(|(_, value)| *value)).chain(json).chain(call.token.map(Secret::expose)).collect()
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
