//! The operator's copy of DingTalk's script, read and compressed once, at the start.

use std::{io, path::Path, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    hex_digits::hex_digits,
    web::{gzip, ows::trim},
};

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
        let gzip = gzip::whole(&plain)?;
        let form = |bytes, etag, packed| Arc::new(Form { bytes, etag, packed });
        let plain = form(plain, format!("\"{digest}\""), false);
        Ok(Self { plain, gzip: form(gzip, format!("\"{digest}-gzip\""), true) })
    }

    pub fn form(&self, packed: bool) -> &Form {
        if packed { &self.gzip } else { &self.plain }
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

#[cfg(test)]
mod tests {
    use super::*;

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
