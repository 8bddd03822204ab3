//! The operator's copy of DingTalk's script, read and compressed once, at the start.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::{hex_digits::hex_digits, web::ows::trim};

#[derive(Clone)]
pub struct Script {
    plain: Arc<Form>,
    gzip: Arc<Form>,
}

pub struct Form {
    pub bytes: Vec<u8>,
    pub etag: String,
    pub packed: bool,
}

impl Script {
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::of(std::fs::read(path)?)
    }

    fn of(plain: Vec<u8>) -> io::Result<Self> {
        let digest = hex_digits(&Sha256::digest(&plain)[..8]);
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&plain)?;
        let gzip = packer.finish()?;
        let form = |bytes, etag, packed| Arc::new(Form { bytes, etag, packed });
        let plain = form(plain, format!("\"{digest}\""), false);
        Ok(Self { plain, gzip: form(gzip, format!("\"{digest}-gzip\""), true) })
    }

    pub fn form<'a>(&self, accept_encoding: impl Iterator<Item = &'a str>) -> &Form {
        if takes_gzip(accept_encoding) { &self.gzip } else { &self.plain }
    }

    /// Whether a browser has the script already, in either form.
    pub fn is_known<'a>(&self, mut if_none_match: impl Iterator<Item = &'a str>) -> bool {
        let tags = [self.plain.etag.as_str(), self.gzip.etag.as_str()];
        if_none_match.any(|list| holds(list, &tags))
    }
}

/// Whether an `If-None-Match` names one of the tags, or all (RFC 9110, 13.1.2). Proxies that compress make weak tags.
fn holds(list: &str, tags: &[&str]) -> bool {
    list.split(',').map(trim).any(|tag| tag == "*" || tags.contains(&tag.strip_prefix("W/").unwrap_or(tag)))
}

/// Whether an `Accept-Encoding` gives gzip a weight above zero (RFC 9110, 12.5.3).
fn takes_gzip<'a>(mut headers: impl Iterator<Item = &'a str>) -> bool {
    let takes = |item: &str| {
        let mut parts = item.split(';').map(trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = |part: &str| {
            let weight = part.split_once('=').filter(|(name, _)| trim(name).eq_ignore_ascii_case("q"));
            weight.is_some_and(|(_, weight)| trim(weight).bytes().all(|b| matches!(b, b'0' | b'.')))
        };
        is_gzip && !parts.any(refused)
    };
    headers.any(|header| header.split(',').any(takes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_alone_who_ask_for_it() {
        let check = |header: &str, expected| assert_eq!(takes_gzip([header].into_iter()), expected, "{header:?}");
        for header in ["gzip", "br, GZIP", "deflate,\tgzip ; q=0.5", "gzip;q=1", "gzip;Q=0.001"] {
            check(header, true);
        }
        for header in ["", "*", "identity", "xgzip", "gzip;q=0", "gzip ; q = 0.000", "gzip;q=", "br;q=1"] {
            check(header, false);
        }
        assert!(!takes_gzip([].into_iter()) && takes_gzip(["br", "gzip"].into_iter()));
    }

    #[test]
    fn tags_are_found_in_a_list_weak_or_not() {
        let check = |list, expected| assert_eq!(holds(list, &["\"a\"", "\"b\""]), expected, "{list}");
        for list in ["\"a\"", "W/\"b\"", "\"x\" ,\t\"a\"", "*"] {
            check(list, true);
        }
        for list in ["", "a", "\"ab\"", "w/\"a\"", "\"x\", \"y\""] {
            check(list, false);
        }
    }
}
