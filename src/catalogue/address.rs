//! In what the address that DingTalk saw differs from the one that was signed (pure). DingTalk compares them literally, so
//! they are taken apart literally too: `http://h`, `http://h/` and `http://h:80/` are three addresses.

use percent_encoding::percent_decode_str;

/// Names of parameters that are listed.
const MOST_NAMES: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", tag = "differs")]
pub enum Difference {
    Scheme {
        seen: String,
        signed: String,
    },
    Host {
        seen: String,
        signed: String,
    },
    Port {
        seen: String,
        signed: String,
    },
    Path {
        seen: String,
        signed: String,
    },
    /// Only by the last slash of the path, which DingTalk saw or did not.
    Slash {
        seen: bool,
    },
    /// One of them has the other's characters percent-encoded.
    Encoding {
        part: Part,
        signed_is_encoded: bool,
    },
    /// The parameters are the same, in another order.
    Order,
    /// Names of parameters that only one of the two has.
    Parameters {
        only_seen: Vec<String>,
        only_signed: Vec<String>,
    },
    /// Names of parameters with another value.
    Values {
        names: Vec<String>,
    },
    /// The part from `#` on, which is never signed: a hash route.
    Fragment {
        was_signed: bool,
    },
    /// A `?` without a query, a parameter twice.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Path,
    Query,
}

/// An address in its parts, each as it is written.
struct Address<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    query: &'a str,
    has_fragment: bool,
}

impl<'a> Address<'a> {
    fn of(text: &'a str) -> Self {
        let (text, fragment) = split(text, '#');
        let (text, query) = split(text, '?');
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, ""),
        };
        Self { scheme, host, port, path, query: query.unwrap_or_default(), has_fragment: fragment.is_some() }
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(front, back)| (front, Some(back)))
}

/// Nothing, if the two are the same.
pub fn compare(seen: &str, signed: &str) -> Vec<Difference> {
    if seen == signed {
        return Vec::new();
    }
    let (a, b) = (Address::of(seen), Address::of(signed));
    let both = |seen: &str, signed: &str| (seen.to_owned(), signed.to_owned());
    let mut found = Vec::new();
    if a.scheme != b.scheme {
        let (seen, signed) = both(a.scheme, b.scheme);
        found.push(Difference::Scheme { seen, signed });
    }
    if a.host != b.host {
        let (seen, signed) = both(a.host, b.host);
        found.push(Difference::Host { seen, signed });
    }
    if a.port != b.port {
        let (seen, signed) = both(a.port, b.port);
        found.push(Difference::Port { seen, signed });
    }
    found.extend(path(a.path, b.path));
    found.extend(query(a.query, b.query));
    if a.has_fragment != b.has_fragment {
        found.push(Difference::Fragment { was_signed: b.has_fragment });
    }
    if found.is_empty() { vec![Difference::Other] } else { found }
}

fn path(seen: &str, signed: &str) -> Option<Difference> {
    if seen == signed {
        return None;
    }
    if seen.strip_suffix('/') == Some(signed) || signed.strip_suffix('/') == Some(seen) {
        return Some(Difference::Slash { seen: seen.len() > signed.len() });
    }
    let (seen, signed) = (seen.to_owned(), signed.to_owned());
    Some(match encoding(&decoded(&seen), &seen, &decoded(&signed), &signed) {
        Some(signed_is_encoded) => Difference::Encoding { part: Part::Path, signed_is_encoded },
        None => Difference::Path { seen, signed },
    })
}

fn query(seen: &str, signed: &str) -> Option<Difference> {
    if seen == signed {
        return None;
    }
    let plain = |query: &str| decoded(&query.replace('+', " "));
    if let Some(signed_is_encoded) = encoding(&plain(seen), seen, &plain(signed), signed) {
        return Some(Difference::Encoding { part: Part::Query, signed_is_encoded });
    }
    let (seen, signed) = (parameters(seen), parameters(signed));
    let sorted = |all: &[(String, String)]| {
        let mut all = all.to_vec();
        all.sort();
        all
    };
    if sorted(&seen) == sorted(&signed) {
        return Some(Difference::Order);
    }
    let missing = |all: &[(String, String)], from: &[(String, String)]| {
        let lacks = |(name, _): &&(String, String)| !from.iter().any(|(other, _)| other == name);
        names(all.iter().filter(lacks))
    };
    let (only_seen, only_signed) = (missing(&seen, &signed), missing(&signed, &seen));
    if only_seen.is_empty() && only_signed.is_empty() {
        let names = names(seen.iter().filter(|field| !signed.contains(field)));
        return (!names.is_empty()).then_some(Difference::Values { names });
    }
    Some(Difference::Parameters { only_seen, only_signed })
}

/// Whether the signed one is the encoded form of the other, or the other way round.
fn encoding(seen_decoded: &str, seen: &str, signed_decoded: &str, signed: &str) -> Option<bool> {
    if signed_decoded == seen && signed_decoded != signed {
        Some(true)
    } else if seen_decoded == signed && seen_decoded != seen {
        Some(false)
    } else {
        None
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let fields = query.split('&').filter(|field| !field.is_empty());
    fields
        .map(|field| field.split_once('=').unwrap_or((field, "")))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

/// Names alone, because a value may be secret.
fn names<'a>(fields: impl Iterator<Item = &'a (String, String)>) -> Vec<String> {
    let mut names: Vec<_> = fields.map(|(name, _)| name.chars().take(40).collect::<String>()).collect();
    names.dedup();
    names.truncate(MOST_NAMES);
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNED: &str = "https://app.example.com/?corpid=dinga&name=张三";

    #[track_caller]
    fn check(seen: &str, signed: &str, expected: &[Difference]) {
        assert_eq!(compare(seen, signed), expected, "{seen} {signed}");
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn each_part_that_differs_is_named() {
        check(SIGNED, SIGNED, &[]);
        let scheme = Difference::Scheme { seen: text("http"), signed: text("https") };
        check(&SIGNED.replace("https", "http"), SIGNED, std::slice::from_ref(&scheme));
        let port = Difference::Port { seen: text("8443"), signed: text("") };
        check(&SIGNED.replace(".com", ".com:8443"), SIGNED, std::slice::from_ref(&port));
        let host = Difference::Host { seen: text("oa.example.com"), signed: text("app.example.com") };
        check(&SIGNED.replace("app.", "oa."), SIGNED, std::slice::from_ref(&host));
        check("http://oa.example.com:8443/?corpid=dinga&name=张三", SIGNED, &[scheme, host, port]);
        check("https://h:80/", "https://h/", &[Difference::Port { seen: text("80"), signed: text("") }]);
        check("https://[::1]/", "https://[::1]:8/", &[Difference::Port { seen: text(""), signed: text("8") }]);
    }

    #[test]
    fn a_slash_an_order_and_an_encoding_are_told_from_another_path_or_query() {
        check("https://h/a/", "https://h/a", &[Difference::Slash { seen: true }]);
        check("https://h", "https://h/", &[Difference::Slash { seen: false }]);
        check("https://h/a", "https://h/b", &[Difference::Path { seen: text("/a"), signed: text("/b") }]);
        check("https://h/?a=1&b=2", "https://h/?b=2&a=1", &[Difference::Order]);
        let encoded = |part, signed_is_encoded| Difference::Encoding { part, signed_is_encoded };
        check("https://h/?name=张三", "https://h/?name=%E5%BC%A0%E4%B8%89", &[encoded(Part::Query, true)]);
        check("https://h/?q=%25", "https://h/?q=%", &[encoded(Part::Query, false)]);
        check("https://h/?q=a b", "https://h/?q=a+b", &[encoded(Part::Query, true)]);
        check("https://h/张", "https://h/%E5%BC%A0", &[encoded(Part::Path, true)]);
        let only = |seen: &[&str], signed: &[&str]| Difference::Parameters {
            only_seen: seen.iter().copied().map(text).collect(),
            only_signed: signed.iter().copied().map(text).collect(),
        };
        check("https://h/?a=1&dd_nav=x", "https://h/?a=1", &[only(&["dd_nav"], &[])]);
        check("https://h/", "https://h/?a=1", &[only(&[], &["a"])]);
        check("https://h/?a=secret", "https://h/?a=other", &[Difference::Values { names: vec![text("a")] }]);
        check("https://h/?", "https://h/", &[Difference::Other]);
        check("https://h/?a=1&a=1", "https://h/?a=1", &[Difference::Other]);
        check("https://h/", "https://h/#/home", &[Difference::Fragment { was_signed: true }]);
    }

    proptest! {
        #[test]
        fn any_two_addresses_are_compared(
            seen in "(https?|://|h|:[0-9]|/|\\?|&|=|#|%E5|%|\\+|张|a|\\PC){0,12}",
            signed in "(https?|://|h|:[0-9]|/|\\?|&|=|#|%E5|%|\\+|张|a|\\PC){0,12}",
        ) {
            prop_assert!(compare(&seen, &seen).is_empty());
            prop_assert_eq!(compare(&seen, &signed).is_empty(), seen == signed);
        }
    }
}
