//! One request to the platform, read the way its endpoints read it: query, form and JSON alike.

use std::borrow::Cow;

use rocket::{
    Data, Request,
    data::ToByteUnit,
    http::{Method, Status},
};
use serde_json::{Map, Value};

/// Larger bodies are cut off: no endpoint here takes more than a few hundred bytes.
const BODY_LIMIT_KIB: u64 = 256;

/// On whose behalf a request comes, as far as it can be told before it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    pub corp_id: Option<String>,
    pub client_id: Option<String>,
}

#[derive(Debug)]
pub struct Call {
    pub method: Method,
    /// The path without query, escapes resolved.
    pub path: String,
    /// The whole query as it came, for a page that must repeat it.
    pub raw_query: String,
    /// Host and port that the caller used, from the `Host` header.
    pub host: String,
    pub origin: Option<String>,
    pub accept_language: String,
    /// `x-acs-dingtalk-access-token`, how the new API takes tokens.
    pub token_header: Option<String>,
    pub ip: String,
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

impl Call {
    /// Reads a request to its end.
    pub async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Self, Status> {
        let header = |name| request.headers().get_one(name).map(str::to_owned);
        let raw_query = request.uri().query().map(|query| query.to_string()).unwrap_or_default();
        let body = data.open(BODY_LIMIT_KIB.kibibytes()).into_bytes().await.map_err(|_| Status::BadRequest)?;
        if !body.is_complete() {
            return Err(Status::PayloadTooLarge);
        }
        Ok(Self {
            method: request.method(),
            path: request.uri().path().percent_decode_lossy().into_owned(),
            query: pairs(raw_query.as_bytes()),
            raw_query,
            host: header("host").unwrap_or_default(),
            origin: header("origin"),
            accept_language: header("accept-language").unwrap_or_default(),
            token_header: header("x-acs-dingtalk-access-token"),
            ip: request.remote().map(|address| address.ip().to_string()).unwrap_or_default(),
            body: fields(&body),
        })
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter from the query or the body, as text; an empty one counts as missing.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.query(name).map(Cow::Borrowed).or_else(|| self.body(name));
        found.filter(|value| !value.is_empty())
    }

    pub fn body(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.body.get(name)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    pub fn json(&self, name: &str) -> Option<&Value> {
        self.body.get(name)
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.param(name)?.parse().ok()
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The body is judged by its looks: callers in the field send JSON under any content type.
fn fields(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => fields,
        _ => pairs(body).into_iter().map(|(key, value)| (key, Value::String(value))).collect(),
    }
}
