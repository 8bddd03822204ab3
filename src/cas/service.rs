//! The address of an app that wants a ticket (pure): which app it is of, and where the browser goes with the ticket.
//!
//! An address is read as browsers read it (WHATWG URL), and the re-serialised result is sent out. Whatever two readers could
//! read differently is refused, because the app, a proxy in front of it or the browser may read it the other way.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    config::{CasClient, ServiceUrl},
    rules::Person,
};

/// A request comes back from the sign-in page as an address, whose length that page limits.
pub const LONGEST: usize = 3000;

/// An address that an operator has listed, and the app that it is of.
#[derive(Debug, Clone)]
pub struct Service<'a> {
    /// As it was sent, byte for byte: a ticket is valid for no other text.
    pub text: &'a str,
    pub client: &'a CasClient,
    /// Apps within that one, which the address may also lead to.
    within: Vec<&'a CasClient>,
    url: Url,
}

impl<'a> Service<'a> {
    /// `None`: it is nobody's.
    pub fn find(text: &'a str, clients: &'a [CasClient]) -> Option<Self> {
        let url = parse(text)?;
        let entries = clients.iter().flat_map(|client| client.service_urls.iter().map(move |entry| (entry, client)));
        let fitting = entries.clone().filter(|(entry, _)| covers(entry, &url));
        // Where one app's addresses lie among another's, the nearer entry says whose it is.
        let (nearest, client) = fitting.max_by_key(|(entry, _)| (!entry.covers_below, entry.url.as_str().len()))?;
        let path = loosely(url.path());
        let is_within = |entry: &ServiceUrl| {
            let its = loosely(entry.url.path());
            entry.url.origin() == url.origin()
                && its.len() > loosely(nearest.url.path()).len()
                && if entry.covers_below { path.starts_with(&its) } else { path == its }
        };
        let others = entries.filter(|(_, other)| other.name != client.name);
        let within = others.filter(|(entry, _)| nearest.covers_below && is_within(entry)).map(|(_, other)| other);
        Some(Self { text, client, within: within.collect(), url })
    }

    /// Whether the app, and each app within it that a server could take the address for, is open to this person.
    pub fn lets_in(&self, user: &impl Person) -> bool {
        std::iter::once(&self.client).chain(&self.within).all(|client| client.rules.let_in(user))
    }

    /// Where the browser goes with a ticket.
    pub fn with_ticket(&self, ticket: &str) -> String {
        let whole = self.url.as_str();
        let (address, fragment) = whole.split_at(whole.find('#').unwrap_or(whole.len()));
        let joint = match address.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{address}{joint}ticket={ticket}{fragment}")
    }

    /// Where it goes without one.
    pub fn without_ticket(&self) -> String {
        self.url.as_str().to_owned()
    }

    /// Where the app hears that the session has ended.
    pub fn logout_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_fragment(None);
        url.into()
    }
}

/// Whether an app is told there that a session has ended.
pub fn is_listed(address: &str, client: &CasClient) -> bool {
    Url::parse(address).is_ok_and(|url| client.service_urls.iter().any(|entry| covers(entry, &url)))
}

/// Whether an address begins on the host of an app.
pub fn is_on_host_of_any(address: &str, clients: &[CasClient]) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let mut entries = clients.iter().flat_map(|client| &client.service_urls);
    entries.any(|entry| entry.url.origin() == url.origin())
}

fn covers(entry: &ServiceUrl, url: &Url) -> bool {
    match entry.covers_below {
        false => entry.url == *url,
        true => entry.url.origin() == url.origin() && url.path().starts_with(entry.url.path()),
    }
}

/// A path as the most lenient server reads it: unescaped twice, without what follows a semicolon and without empty levels, in
/// any case, with a slash at its end.
fn loosely(path: &str) -> Vec<u8> {
    let once: Vec<u8> = percent_decode_str(path).collect();
    let twice: Vec<u8> = percent_encoding::percent_decode(&once).collect();
    let levels = twice.split(|b| *b == b'/').map(|level| level.split(|b| *b == b';').next().unwrap_or_default());
    let mut read = vec![b'/'];
    for level in levels.filter(|level| !level.is_empty()) {
        read.extend(level.to_ascii_lowercase());
        read.push(b'/');
    }
    read
}

fn parse(text: &str) -> Option<Url> {
    // Different bytes that are no UTF-8 have become one character.
    let is_odd = |c: char| c.is_control() || matches!(c, '\\' | char::REPLACEMENT_CHARACTER);
    if text.len() > LONGEST || text.chars().any(is_odd) {
        return None;
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // No user, no full-width dot, no escape.
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(is_plain) || hides_something(rest) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    // Whatever a header cannot hold is escaped in what goes out.
    let is_plain = url.as_str().bytes().all(|b| b.is_ascii_graphic());
    (is_plain && url.username().is_empty() && url.password().is_none() && !hides_something(url.path())).then_some(url)
}

/// Whether a path holds what an app could take for a step up or for another path: dots, backslashes or control characters that
/// are escaped, perhaps twice, and `..;`, which Java's servers read as `..`.
fn hides_something(rest: &str) -> bool {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let once: Vec<u8> = percent_decode_str(path).collect();
    let twice: Vec<u8> = percent_encoding::percent_decode(&once).collect();
    [once, twice].iter().any(|path| {
        let is_dots = |segment: &[u8]| {
            let name = segment.split(|b| *b == b';').next().unwrap_or_default();
            name == b"." || name == b".."
        };
        path.iter().any(|b| b.is_ascii_control() || *b == b'\\') || path.split(|b| *b == b'/').any(is_dots)
    })
}

#[cfg(test)]
mod tests;
