//! The settings as they are written, before anything is checked.

use std::fmt;

use figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Deserializer, de};

use crate::secret::Secret;

/// Values are texts wherever possible, so that `check` names a wrong one with the fix, instead of the parser.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    #[serde(deserialize_with = "lenient_string")]
    pub public_url: String,
    pub base_path: String,
    pub home: Option<String>,
    pub admin_path: String,
    pub allowed_return_hosts: Vec<String>,
    pub jsapi_origins: Vec<String>,
    pub cookie_domain: String,
    #[serde(deserialize_with = "lenient_string")]
    pub session_idle: String,
    #[serde(deserialize_with = "lenient_string")]
    pub session_lifetime: String,
    #[serde(deserialize_with = "lenient_string")]
    pub audit_retention: String,
    pub identity_headers: Vec<String>,
    pub identity_encoding: String,
    pub signed_identity: bool,
    pub trusted_proxies: Vec<String>,
    pub metrics_from: Vec<String>,
    pub unknown_users: String,
    pub bootstrap: String,
    pub default_locale: String,
    #[serde(deserialize_with = "lenient_string")]
    pub title: String,
    pub logo_file: Option<RelativePathBuf>,
    #[serde(deserialize_with = "lenient_string")]
    pub admin_contact: String,
    pub dingtalk: RawDingtalk,
    pub apps: Vec<RawApp>,
    pub clients: Vec<RawClient>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDingtalk {
    pub oapi_url: String,
    pub api_url: String,
    pub login_url: String,
    pub jsapi_url: String,
    pub jsapi_file: Option<RelativePathBuf>,
    #[serde(deserialize_with = "lenient_string")]
    pub timeout: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawApp {
    #[serde(deserialize_with = "lenient_string")]
    pub name: String,
    pub kind: String,
    #[serde(deserialize_with = "lenient_string")]
    pub corp_id: String,
    #[serde(deserialize_with = "lenient_string")]
    pub agent_id: String,
    #[serde(deserialize_with = "lenient_string")]
    pub corp_name: String,
    pub signature: String,
    #[serde(deserialize_with = "lenient_string")]
    pub client_id: String,
    #[serde(deserialize_with = "lenient_secret")]
    pub client_secret: Option<Secret>,
    pub client_secret_file: Option<RelativePathBuf>,
    #[serde(deserialize_with = "lenient_secret")]
    pub corp_secret: Option<Secret>,
    pub corp_secret_file: Option<RelativePathBuf>,
    #[serde(deserialize_with = "lenient_secret")]
    pub channel_secret: Option<Secret>,
    pub channel_secret_file: Option<RelativePathBuf>,
    pub events: String,
    #[serde(deserialize_with = "lenient_secret")]
    pub event_token: Option<Secret>,
    #[serde(deserialize_with = "lenient_secret")]
    pub event_aes_key: Option<Secret>,
    pub event_aes_key_file: Option<RelativePathBuf>,
    #[serde(deserialize_with = "lenient_string")]
    pub sync_every: String,
    #[serde(deserialize_with = "lenient_string")]
    pub sync_disable_at_most: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawClient {
    #[serde(deserialize_with = "lenient_string")]
    pub name: String,
    #[serde(deserialize_with = "lenient_string")]
    pub client_id: String,
    #[serde(deserialize_with = "lenient_secret")]
    pub client_secret: Option<Secret>,
    pub client_secret_file: Option<RelativePathBuf>,
    pub protocol: String,
    pub service_urls: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub backchannel_logout_uri: String,
    pub signing_alg: String,
    #[serde(deserialize_with = "lenient_string")]
    pub groups: String,
    #[serde(deserialize_with = "lenient_string")]
    pub users: String,
    #[serde(deserialize_with = "lenient_string")]
    pub corpid: String,
    pub home_url: String,
    pub verified_email: bool,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            public_url: String::new(),
            base_path: String::new(),
            home: None,
            admin_path: "/admin".into(),
            allowed_return_hosts: Vec::new(),
            jsapi_origins: Vec::new(),
            cookie_domain: String::new(),
            session_idle: "8h".into(),
            session_lifetime: "7d".into(),
            audit_retention: "400d".into(),
            identity_headers: vec!["remote".into()],
            identity_encoding: "percent".into(),
            signed_identity: false,
            trusted_proxies: vec!["127.0.0.1/32".into(), "::1/128".into()],
            metrics_from: vec!["127.0.0.1/32".into(), "::1/128".into()],
            unknown_users: "refuse".into(),
            bootstrap: "own".into(),
            default_locale: "zh-CN".into(),
            title: String::new(),
            logo_file: None,
            admin_contact: String::new(),
            dingtalk: RawDingtalk::default(),
            apps: Vec::new(),
            clients: Vec::new(),
        }
    }
}

impl Default for RawDingtalk {
    fn default() -> Self {
        Self {
            oapi_url: "https://oapi.dingtalk.com".into(),
            api_url: "https://api.dingtalk.com".into(),
            login_url: "https://login.dingtalk.com".into(),
            jsapi_url: "https://g.alicdn.com/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js".into(),
            jsapi_file: None,
            timeout: "3s".into(),
        }
    }
}

/// A text, or an unquoted number or boolean (`agent_id = 123456789`).
fn lenient_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Lenient;
    impl de::Visitor<'_> for Lenient {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }
        fn visit_str<E>(self, v: &str) -> Result<String, E> {
            Ok(v.to_owned())
        }
        fn visit_i64<E>(self, v: i64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_u64<E>(self, v: u64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_f64<E>(self, v: f64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_bool<E>(self, v: bool) -> Result<String, E> {
            Ok(v.to_string())
        }
    }
    deserializer.deserialize_any(Lenient)
}

/// The same of a secret: a type error would print its value.
fn lenient_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    lenient_string(deserializer).map(Secret::new).map(Some)
}
