//! The address of an app that wants a ticket (pure): which app it is of, and where the browser goes with the ticket.
//!
//! An address is read as browsers read it (WHATWG URL), and the re-serialised result is sent out. Whatever two readers could
//! read differently is refused, because the app, a proxy in front of it or the browser may read it the other way.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::{CasClient, ServiceUrl};

/// A request comes back from the sign-in page as an address, whose length that page limits.
pub const LONGEST: usize = 3000;

/// An address that an operator has listed, and the app that it is of.
#[derive(Debug, Clone)]
pub struct Service<'a> {
    /// The very bytes that came. A ticket is good for these alone.
    pub text: &'a str,
    pub client: &'a CasClient,
    url: Url,
}

impl<'a> Service<'a> {
    /// `None`: it is nobody's.
    pub fn find(text: &'a str, clients: &'a [CasClient]) -> Option<Self> {
        let url = parse(text)?;
        let entries = clients.iter().flat_map(|client| client.service_urls.iter().map(move |entry| (entry, client)));
        let fitting = entries.filter(|(entry, _)| covers(entry, &url));
        // Where one app's addresses lie among another's, the nearer entry says whose it is.
        let (_, client) = fitting.max_by_key(|(entry, _)| (!entry.covers_below, entry.url.as_str().len()))?;
        Some(Self { text, client, url })
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

fn parse(text: &str) -> Option<Url> {
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c == '\\') {
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
