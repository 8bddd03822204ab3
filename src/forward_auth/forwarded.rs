//! What a proxy says of the request that it asks about: a strict parser for each kind of proxy.
//!
//! Nothing is read from a peer outside `trusted_proxies`. Each header must come exactly once, with one value in the
//! plainest form. Proxy, app and gate must all mean the same request, so what they could read differently is refused.

use std::borrow::Cow;

use rocket::Request;
use url::Url;

use super::{decision::Reader, header_names, refusal::GateRefusal};
use crate::{
    config::Config,
    rules::{Rules, escapes_are_whole},
    web::{client_ip, ows, params::ParamError},
};

/// Proxies and browsers refuse addresses long before this.
const MOST_BYTES: usize = 16 * 1024;
/// The longest method in the registry (`UPDATEREDIRECTREF`) has 17 letters.
const MOST_LETTERS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// nginx, `auth_request`: `X-Original-URL`, `X-Original-Method`.
    Nginx,
    /// Traefik, `forwardAuth`; HAProxy: `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`.
    Traefik,
    /// Caddy, `forward_auth`: the same four.
    Caddy,
    /// Envoy, `ext_authz` over HTTP: the original method, `Host`, and the path behind ours.
    Envoy,
}

#[derive(Debug)]
pub(super) struct Original {
    /// The absolute address as it came, on a host that people may be sent to.
    address: String,
    pub reader: Reader,
    pub rules: Rules,
}

impl Original {
    /// Reads a proxy's question.
    ///
    /// # Errors 400 for an untrusted peer, for anything missing, doubled or malformed, and for a header that passes for
    /// one that the app believes; 403 for an address that is neither on `public_url` nor on a listed host.
    pub fn read(dialect: Dialect, request: &Request<'_>, config: &Config) -> Result<Self, GateRefusal> {
        let peer = client_ip::peer(request);
        if !client_ip::is_trusted(config, &peer) {
            return Err(GateRefusal::UntrustedProxy { peer: peer.to_string() });
        }
        refuse_disguises(request)?;
        let query = request.uri().query().map(|query| query.as_str());
        let (method, url, rules) = match dialect {
            Dialect::Nginx => (
                only(request, "X-Original-Method")?,
                only(request, "X-Original-URL")?.to_owned(),
                Rules::of_query(query)?,
            ),
            Dialect::Traefik | Dialect::Caddy => {
                (only(request, "X-Forwarded-Method")?, from_parts(dialect, request)?, Rules::of_query(query)?)
            }
            Dialect::Envoy => {
                (request.method().as_str(), behind_our_path(request, config)?, envoy_rules(request, query)?)
            }
        };
        if !is_method(method) {
            return Err(ParamError::Malformed("method").into());
        }
        if !is_plain(&url) {
            return Err(ParamError::Malformed("URL").into());
        }
        let address = url;
        // Nearly every question is about our own origin in our own spelling, which needs no parser.
        if !address.strip_prefix(config.public_url.origin()).is_some_and(|rest| rest.starts_with('/')) {
            let url = parse(&address).ok_or(ParamError::Malformed("URL"))?;
            if !config.leads_to_us(&url) {
                return Err(GateRefusal::UnlistedHost { origin: url.origin().ascii_serialization() });
            }
        }
        Ok(Self { address, reader: reader(dialect, request, method), rules })
    }

    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The address as browsers understand it. A plain address on our own origin always has this meaning.
    pub fn url(&self) -> Option<Url> {
        parse(&self.address)
    }
}

/// Refuses a question with a header such as `Remote.User`. Traefik and Envoy cannot delete what they cannot list, so
/// they show the gate what they would pass on to the app.
fn refuse_disguises(request: &Request<'_>) -> Result<(), GateRefusal> {
    let disguise = request.headers().iter().find_map(|header| {
        let name = header.name().as_str();
        header_names::disguised(name).map(|header| (header, name.to_owned()))
    });
    disguise.map_or(Ok(()), |(as_if, sent)| Err(GateRefusal::Disguise { sent, as_if }))
}

/// A header's value, if the header came exactly once.
fn only<'r>(request: &'r Request<'_>, name: &'static str) -> Result<&'r str, ParamError> {
    let mut values = request.headers().get(name);
    match (values.next(), values.next()) {
        (None, _) | (Some(""), None) => Err(ParamError::Missing(name)),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(ParamError::Repeated(name)),
    }
}

fn from_parts(dialect: Dialect, request: &Request<'_>) -> Result<String, ParamError> {
    let scheme = match only(request, "X-Forwarded-Proto")? {
        // Traefik's word for a WebSocket handshake if it trusts the proxy before it.
        "wss" if dialect == Dialect::Traefik => "https",
        "ws" if dialect == Dialect::Traefik => "http",
        scheme => scheme,
    };
    let (host, uri) = (only(request, "X-Forwarded-Host")?, only(request, "X-Forwarded-Uri")?);
    join(scheme, host, uri).ok_or(ParamError::Malformed("X-Forwarded-*"))
}

/// Envoy's original address: the path behind ours, as it came.
fn behind_our_path(request: &Request<'_>, config: &Config) -> Result<String, ParamError> {
    let scheme = match only(request, "X-Forwarded-Proto") {
        Err(ParamError::Missing(_)) => config.public_url.as_url().scheme(),
        scheme => scheme?,
    };
    let ours = config.base_path.as_str();
    let path = request.uri().path().as_str();
    let path = path.strip_prefix(ours).and_then(|path| path.strip_prefix("/auth/envoy"));
    let path = path.filter(|path| path.starts_with('/')).ok_or(ParamError::Malformed("path"))?;
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    join(scheme, only(request, "Host")?, &format!("{path}{query}"))
        .ok_or(ParamError::Malformed("Host or X-Forwarded-Proto"))
}

/// Envoy puts the app's query behind our path, so the operator's rules come in a header that Envoy sets in place of the
/// client's (`headers_to_add`). Without it, `groups` and `users` in the address narrow.
fn envoy_rules(request: &Request<'_>, query: Option<&str>) -> Result<Rules, GateRefusal> {
    match only(request, "X-Miandeng-Rules") {
        Err(ParamError::Missing(_)) if request.headers().contains("X-Miandeng-Rules") => {
            Err(ParamError::Missing("X-Miandeng-Rules").into())
        }
        Err(ParamError::Missing(_)) => Ok(Rules::among_others(query)?),
        rules => Ok(Rules::of_query(Some(rules?))?),
    }
}

/// Joins parts that were checked one by one: none can reach into the next.
fn join(scheme: &str, host: &str, uri: &str) -> Option<String> {
    let each_is_itself = matches!(scheme, "http" | "https") && is_authority(host) && uri.starts_with('/');
    each_is_itself.then(|| format!("{scheme}://{host}{uri}"))
}

/// Letters, digits, dots, hyphens and a port: no user, no escape, no full-width dot, no second value.
fn is_authority(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    !text.is_empty() && text.bytes().all(plain)
}

fn parse(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(Url::has_host)
}

/// Whether this is an absolute web address, spelt plainly.
fn is_plain(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    text.len() <= MOST_BYTES
        && is_authority(authority)
        && rest.starts_with('/')
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#'))
        && escapes_are_whole(rest)
        && !["%00", ",http://", ",https://"].iter().any(|odd| rest.contains(odd))
        && is_one_plain_path(rest.split('?').next().unwrap_or_default())
}

/// No escaped control character or backslash, no comma, which would join two values in one header, and no level that
/// one of us would leave out. The proxy resolves `..`, some apps do not, and others resolve `..;x` and `;x` too: a part
/// of the app could be reached under another part's rule. Browsers resolve dots before they send anything.
fn is_one_plain_path(path: &str) -> bool {
    let hidden = |b: u8| b < 0x20 || b == 0x7f || b == b'\\';
    let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode_str(path).into();
    let vanishes = |level: &[u8]| match level.split(|b| *b == b';').next() {
        Some(b"." | b"..") => true,
        Some(b"") => level.contains(&b';'),
        _ => false,
    };
    !path.contains(",/") && !decoded.iter().copied().any(hidden) && !decoded.split(|b| *b == b'/').any(vanishes)
}

fn is_method(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    letters && text.len() <= MOST_LETTERS && text.starts_with(|c: char| c.is_ascii_uppercase())
}

pub(super) fn reader(dialect: Dialect, request: &Request<'_>, method: &str) -> Reader {
    if dialect == Dialect::Nginx {
        return Reader::Proxy;
    }
    let headers = request.headers();
    // Android's web view puts its app's name here on every page, and DingTalk's client is such an app.
    let by_script = headers.get("X-Requested-With").any(|with| !is_android_package(with));
    let navigates = headers.get("Sec-Fetch-Mode").all(|mode| mode == "navigate");
    let reads_html = headers.get("Accept").any(accepts_html);
    if by_script || !navigates || !reads_html {
        return Reader::Script;
    }
    Reader::Person { safely: matches!(method, "GET" | "HEAD") }
}

fn accepts_html(accept: &str) -> bool {
    accept.split(',').any(|kind| {
        let kind = ows::trim(kind.split(';').next().unwrap_or_default());
        kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
    })
}

/// `com.alibaba.android.rimet`.
fn is_android_package(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    text.contains('.') && text.split('.').all(is_name)
}

#[cfg(test)]
mod tests;
