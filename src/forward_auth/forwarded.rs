//! What a proxy says of the request that it asks about: a strict parser for each proxy's way.
//!
//! Nothing is read from anybody who is not in `trusted_proxies`. Each header must be there exactly once, with one value
//! of the plainest form: what two readers could read differently is refused, because the proxy, the app and we must
//! all mean the same request.

use std::borrow::Cow;

use rocket::Request;
use url::Url;

use super::{
    decision::Reader,
    header_names,
    refusal::GateRefusal,
    rules::{Rules, escapes_are_whole},
};
use crate::{
    config::Config,
    web::{client_ip, ows, params::ParamError},
};

/// Proxies and browsers refuse addresses long before this.
const MOST_BYTES: usize = 16 * 1024;
/// The longest method in the registry (`UPDATEREDIRECTREF`) has 17 letters.
const MOST_LETTERS: usize = 32;

/// How a proxy asks.
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

/// The request that the proxy asks about.
#[derive(Debug)]
pub(super) struct Original {
    /// Its absolute address as it came, on a host that people may be sent to.
    address: String,
    /// Who would read a refusal.
    pub reader: Reader,
    /// Whom the app is for.
    pub rules: Rules,
}

impl Original {
    /// Reads a proxy's question.
    ///
    /// # Errors
    /// 400 when the peer is no trusted proxy, when anything is missing, doubled or malformed, or when a header passes for
    /// one that the app believes; 403 when the address is neither on `public_url` nor on a listed host.
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
        // Nearly every question is about our own origin, spelt as we spell it: that needs no parser to be seen.
        if !address.strip_prefix(config.public_url.origin()).is_some_and(|rest| rest.starts_with('/')) {
            let url = parse(&address).ok_or(ParamError::Malformed("URL"))?;
            if !config.leads_to_us(&url) {
                return Err(GateRefusal::UnlistedHost { origin: url.origin().ascii_serialization() });
            }
        }
        Ok(Self { address, reader: reader(dialect, request, method), rules })
    }

    /// The address as it came.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The address, as browsers understand it. A plain address on our own origin always has this meaning.
    pub fn url(&self) -> Option<Url> {
        parse(&self.address)
    }
}

/// Refuses a question with a header such as `Remote.User`. Not every proxy can delete what it cannot list: Traefik and
/// Envoy show the gate what they would pass on to the app, and the gate refuses for them.
fn refuse_disguises(request: &Request<'_>) -> Result<(), GateRefusal> {
    let disguise = request.headers().iter().find_map(|header| {
        let name = header.name().as_str();
        header_names::disguised(name).map(|header| (header, name.to_owned()))
    });
    disguise.map_or(Ok(()), |(as_if, sent)| Err(GateRefusal::Disguise { sent, as_if }))
}

/// A header's value, if it came exactly once.
fn only<'r>(request: &'r Request<'_>, name: &'static str) -> Result<&'r str, ParamError> {
    let mut values = request.headers().get(name);
    match (values.next(), values.next()) {
        (None, _) | (Some(""), None) => Err(ParamError::Missing(name)),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(ParamError::Repeated(name)),
    }
}

/// `X-Forwarded-Proto`, `-Host` and `-Uri` as one address.
fn from_parts(dialect: Dialect, request: &Request<'_>) -> Result<String, ParamError> {
    let scheme = match only(request, "X-Forwarded-Proto")? {
        // What Traefik says of a WebSocket's handshake if it trusts the proxy before it.
        "wss" if dialect == Dialect::Traefik => "https",
        "ws" if dialect == Dialect::Traefik => "http",
        scheme => scheme,
    };
    let (host, uri) = (only(request, "X-Forwarded-Host")?, only(request, "X-Forwarded-Uri")?);
    join(scheme, host, uri).ok_or(ParamError::Malformed("X-Forwarded-*"))
}

/// Envoy's original address: its path stands behind ours as it came.
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

/// Envoy leaves no place in the address for the operator's rules: they come in a header, which Envoy sets
/// (`headers_to_add`) in place of the client's. Without it, `groups` and `users` in the address narrow.
fn envoy_rules(request: &Request<'_>, query: Option<&str>) -> Result<Rules, ParamError> {
    match only(request, "X-Miandeng-Rules") {
        Err(ParamError::Missing(_)) if request.headers().contains("X-Miandeng-Rules") => {
            Err(ParamError::Missing("X-Miandeng-Rules"))
        }
        Err(ParamError::Missing(_)) => Rules::among_others(query),
        rules => Rules::of_query(Some(rules?)),
    }
}

/// Puts the parts together, each of which was checked alone: none can reach into the next.
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

/// Without an escaped control character or backslash, without the comma that joins two values in one header, and without
/// a level that one of us would leave out: the proxy resolves `..`, some apps do not, and to others `..;x` and `;x` are
/// levels to be resolved too. A part with a rule of its own could be reached by another part's rule. Browsers resolve
/// dots before they send anything.
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

/// A method's name: of HTTP itself, WebDAV or a later registration.
fn is_method(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    letters && text.len() <= MOST_LETTERS && text.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Who reads the answer, from the headers of the original request.
pub(super) fn reader(dialect: Dialect, request: &Request<'_>, method: &str) -> Reader {
    if dialect == Dialect::Nginx {
        return Reader::Proxy;
    }
    let headers = request.headers();
    // Android's web view puts the name of its app here on every page, and DingTalk's client is one.
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
