//! HTTP to the Open Platform: one method per call, typed answers, typed refusals.
//!
//! Every call has a connect and a total timeout, follows no redirect, reads at most [`MAX_RESPONSE`] and asks for no
//! compression. The old host always answers HTTP 200, with an `errcode` in the body; the new one uses HTTP statuses.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    DingtalkError,
    response::{self, ApiResponse},
};
use crate::{
    config::{self, ConfigError, DingtalkConfig, Proxies},
    metrics::Calls,
    secret::Secret,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Far above any response: a page of 100 employees is 200 KB.
const MAX_RESPONSE: usize = 1024 * 1024;
/// The waits between three tries of a call that may be repeated.
const BACKOFF: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(600)];

/// Whether a call may be sent again when no answer came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Three tries.
    Reads,
    /// For calls that spend an auth code: tried again only if no connection was made.
    Spends,
}

pub(super) enum RequestBody<'a> {
    None,
    Form(&'a [(&'static str, &'a str)]),
    Json(Value),
}

/// One call, however often it is sent.
struct ApiCall<'a> {
    host: Host,
    /// What errors call it.
    name: &'static str,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    /// The new host takes the token in a header.
    token: Option<&'a Secret>,
    body: RequestBody<'a>,
}

#[derive(Clone, Copy)]
enum Host {
    Old,
    New,
}

#[derive(Clone)]
pub struct Client {
    oapi: HostClient,
    api: HostClient,
    timeout: Duration,
    calls: Arc<Calls>,
}

#[derive(Clone)]
struct HostClient {
    http: reqwest::Client,
    url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no HTTP client for DingTalk can be made: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    InTheClear(#[from] ConfigError),
}

impl Client {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// When the machine's certificates or proxy settings cannot be used, or a proxy would see a secret in the clear.
    pub fn new(config: &DingtalkConfig, calls: Arc<Calls>) -> Result<Self, ClientError> {
        Proxies::of_environment().check(config)?;
        let oapi = HostClient::new(&config.oapi_url, config.timeout)?;
        let api = HostClient::new(&config.api_url, config.timeout)?;
        Ok(Self { oapi, api, timeout: config.timeout, calls })
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether the new host is reached by plain http, as a simulator is.
    pub(super) fn new_host_is_plain(&self) -> bool {
        self.api.url.starts_with("http://")
    }

    /// `GET` on the old host. Secrets in `query` reach no error.
    pub(super) async fn get(
        &self,
        path: &'static str,
        query: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<ApiResponse, DingtalkError> {
        self.send(ApiCall { host: Host::Old, name: path, path, query, token: None, body: RequestBody::None }, repeat)
            .await
    }

    /// `POST` on the old host, with the token in the query as that host wants it.
    pub(super) async fn post(
        &self,
        path: &'static str,
        token: &Secret,
        body: RequestBody<'_>,
        repeat: Repeat,
    ) -> Result<ApiResponse, DingtalkError> {
        let query = &[("access_token", token.expose())];
        self.send(ApiCall { host: Host::Old, name: path, path, query, token: None, body }, repeat).await
    }

    /// A call on the new host: `POST` with a body, `GET` without.
    pub(super) async fn call_new(
        &self,
        path: &'static str,
        token: Option<&Secret>,
        body: RequestBody<'_>,
        repeat: Repeat,
    ) -> Result<ApiResponse, DingtalkError> {
        self.send(ApiCall { host: Host::New, name: path, path, query: &[], token, body }, repeat).await
    }

    /// The same without a token, for a call whose path is more than its name.
    pub(super) async fn call_new_at(
        &self,
        name: &'static str,
        path: &str,
        body: RequestBody<'_>,
        repeat: Repeat,
    ) -> Result<ApiResponse, DingtalkError> {
        self.send(ApiCall { host: Host::New, name, path, query: &[], token: None, body }, repeat).await
    }

    async fn send(&self, call: ApiCall<'_>, repeat: Repeat) -> Result<ApiResponse, DingtalkError> {
        let mut waits = BACKOFF.into_iter();
        loop {
            let began = Instant::now();
            let tried = self.once(&call).await;
            let outcome = tried.as_ref().map_or_else(|(error, _)| error.outcome(), |_| "ok");
            self.calls.done(call.name, outcome, began.elapsed());
            let (error, never_sent) = match tried {
                Ok(response) => return Ok(response),
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

    fn request(&self, call: &ApiCall<'_>) -> reqwest::RequestBuilder {
        let HostClient { http, url } = match call.host {
            Host::Old => &self.oapi,
            Host::New => &self.api,
        };
        let url = format!("{url}{}", call.path);
        let request = match &call.body {
            RequestBody::None => http.get(url),
            RequestBody::Form(fields) => http.post(url).form(fields),
            RequestBody::Json(value) => http.post(url).json(value),
        };
        let request = if call.query.is_empty() { request } else { request.query(call.query) };
        match call.token {
            Some(token) => request.header("x-acs-dingtalk-access-token", token.expose()),
            None => request,
        }
    }

    /// One try. The flag says that the request never left this machine.
    async fn once(&self, sent: &ApiCall<'_>) -> Result<ApiResponse, (DingtalkError, bool)> {
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
            if bytes.len() + chunk.len() > MAX_RESPONSE {
                let why = format!("longer than {MAX_RESPONSE} bytes");
                return Err((DingtalkError::Unexpected { call, why }, false));
            }
            bytes.extend_from_slice(&chunk);
        }
        let read = match sent.host {
            Host::Old => response::read,
            Host::New => response::read_new,
        };
        read(call, status.as_u16(), &bytes, &secrets(sent)).map_err(|error| (error, false))
    }
}

impl HostClient {
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

/// What must not reach an error, even if DingTalk quotes it.
fn secrets<'a>(call: &'a ApiCall<'_>) -> Vec<&'a str> {
    let not_secret = ["appkey", "corpid", "type"];
    let query = call.query.iter().filter(|(name, _)| !not_secret.contains(name)).map(|(_, value)| *value);
    let fields: &[_] = if let RequestBody::Form(fields) = &call.body { fields } else { &[] };
    let in_json =
        |name| if let RequestBody::Json(json) = &call.body { json.get(name).and_then(Value::as_str) } else { None };
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

pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> RequestBody<'static> {
    RequestBody::Json(Value::Object(
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
    ))
}
