//! The gate: what proxies ask, and the answers.

mod departments;
mod identity;
mod people;
mod questions;
mod rules;
mod trail;

use reqwest::{Method, RequestBuilder};

use crate::harness::{Answer, Phone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    Nginx,
    Traefik,
    Caddy,
    Envoy,
}

pub const PROXIES: [Proxy; 4] = [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy, Proxy::Envoy];
/// Their answers reach the client as they are.
pub const PASSING: [Proxy; 3] = [Proxy::Traefik, Proxy::Caddy, Proxy::Envoy];
pub const WANTED: &str = "https://app.example.com/reports/7?q=%E5%BC%A0&a=b";

impl Proxy {
    pub fn question(self, phone: &Phone, method: &str, url: &str, rules: &str) -> RequestBuilder {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, uri) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let query = if rules.is_empty() { String::new() } else { format!("?{rules}") };
        let get = |path: &str| phone.request(Method::GET, &format!("{path}{query}"));
        match self {
            Self::Nginx => get("/auth/nginx").header("X-Original-URL", url).header("X-Original-Method", method),
            Self::Traefik | Self::Caddy => get(if self == Self::Traefik { "/auth/traefik" } else { "/auth/caddy" })
                .header("X-Forwarded-Method", method)
                .header("X-Forwarded-Proto", scheme)
                .header("X-Forwarded-Host", host)
                .header("X-Forwarded-Uri", uri),
            Self::Envoy => {
                let join = if uri.contains('?') { "&" } else { "?" };
                let query = if rules.is_empty() { String::new() } else { format!("{join}{rules}") };
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request = phone.request(method, &format!("/auth/envoy{uri}{query}"));
                request.header("X-Forwarded-Proto", scheme).header("Host", host)
            }
        }
    }

    pub async fn asks(self, phone: &mut Phone, rules: &str) -> Answer {
        let question = self.question(phone, "GET", WANTED, rules).header("Accept", "text/html,*/*;q=0.8");
        phone.sends(question).await
    }

    pub async fn asks_for_script(self, phone: &mut Phone) -> Answer {
        let question = self.question(phone, "GET", WANTED, "").header("Accept", "application/json");
        phone.sends(question).await
    }
}

/// Of a sign-in address.
pub fn return_to(signin_url: &str) -> String {
    let url = url::Url::parse(signin_url).unwrap();
    assert_eq!((url.origin().ascii_serialization().as_str(), url.path()), ("https://app.example.com", "/"));
    let (_, value) = url.query_pairs().find(|(name, _)| name == "return_to").unwrap();
    value.into_owned()
}
