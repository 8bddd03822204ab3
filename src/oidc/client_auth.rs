//! Which app a program's request comes from (RFC 6749, 2.3): by a Basic header, by fields of the form, or, for an app
//! without a secret, by its id alone.

use std::{net::IpAddr, time::Duration};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use super::{error::OauthError, params::Params};
use crate::{clock::Clock, config::Client, rate_limit::Count, secret::Secret};

/// What a request says of who sends it.
#[derive(Debug)]
struct Presented {
    /// Every way to read it, the standard's first; the same for the next field.
    client_ids: Vec<String>,
    secrets: Vec<Secret>,
}

/// Counts failures by the address that they come from and the app that is named: nobody keeps an app out by failing from
/// elsewhere.
pub struct ClientAuth {
    failures: Count<(IpAddr, String)>,
}

impl ClientAuth {
    pub fn new(clock: &Clock) -> Self {
        Self { failures: Count::new(clock, 20, Duration::from_secs(3)) }
    }

    /// The app that the request proves to come from.
    pub fn authenticate<'c>(
        &self,
        clients: &'c [Client],
        headers: &[&str],
        params: &Params,
        from: IpAddr,
    ) -> Result<&'c Client, OauthError> {
        let presented = Presented::read(headers, params)?;
        let known = |id: &String| clients.iter().find(|client| client.client_id == *id);
        let client = presented.client_ids.iter().find_map(known);
        if presented.is_contradicted(client, params)? {
            return Err(OauthError::invalid_request("the header and client_id name two clients"));
        }
        // Without a secret there is nothing to guess, and whoever shares an address with an app's users must not keep them out.
        let is_public = client.is_some_and(|client| client.secret.is_none());
        let key = (from, client.map_or_else(String::new, |client| client.client_id.clone()));
        if let Some(seconds) = self.failures.wait(&key).filter(|_| !is_public) {
            return Err(OauthError::too_many(seconds));
        }
        if let Some(client) = client.filter(|client| presented.proves(client)) {
            return Ok(client);
        }
        if !is_public {
            self.failures.failed(key);
        }
        Err(OauthError::invalid_client("the client is unknown, or its secret is wrong or missing"))
    }
}

impl Presented {
    fn read(headers: &[&str], params: &Params) -> Result<Self, OauthError> {
        let (named, posted) = (params.get("client_id")?, params.get("client_secret")?);
        let [header] = headers else {
            if !headers.is_empty() {
                return Err(OauthError::invalid_request("there are two Authorization headers"));
            }
            let client_id = named.ok_or(OauthError::invalid_client("no client is named"))?.to_owned();
            return Ok(Self { client_ids: vec![client_id], secrets: posted.map(Secret::new).into_iter().collect() });
        };
        if posted.is_some() {
            return Err(OauthError::invalid_request("the client authenticates in two ways"));
        }
        Self::basic(header).ok_or(OauthError::invalid_client("the Authorization header is malformed"))
    }

    /// Whether the form names another client than the header.
    fn is_contradicted(&self, client: Option<&Client>, params: &Params) -> Result<bool, OauthError> {
        let Some(named) = params.get("client_id")? else { return Ok(false) };
        Ok(match client {
            Some(client) => client.client_id != named,
            None => !self.client_ids.iter().any(|id| id == named),
        })
    }

    /// RFC 6749, 2.3.1: both are encoded as in a form. Many programs leave that out, so both are also taken as they are.
    fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (client_id, secret) = text.split_once(':')?;
        let decoded = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
        };
        let both = |text: &str| [decoded(text), Some(text.to_owned())].into_iter().flatten().collect::<Vec<_>>();
        let secrets = both(secret).into_iter().filter(|secret| !secret.is_empty()).map(Secret::new).collect();
        Some(Self { client_ids: both(client_id), secrets })
    }

    fn proves(&self, client: &Client) -> bool {
        let digest = |secret: &Secret| Sha256::digest(secret.expose());
        match &client.secret {
            // Whoever sends a secret takes the app for another kind of client.
            None => self.secrets.is_empty(),
            // By their digests, which are of one length.
            Some(secret) => {
                let known = digest(secret);
                let is_it = |sent: &Secret| verify_slices_are_equal(&digest(sent), &known).is_ok();
                self.secrets.iter().map(is_it).fold(false, |any, is| any | is)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: Option<&str>, body: &str) -> Result<(Vec<String>, Vec<String>), &'static str> {
        let params = Params::urlencoded(body.as_bytes());
        let presented = Presented::read(&header.into_iter().collect::<Vec<_>>(), &params);
        let presented = presented.and_then(|presented| match presented.is_contradicted(None, &params)? {
            true => Err(OauthError::invalid_request("two clients")),
            false => Ok(presented),
        });
        let secrets = |secrets: Vec<Secret>| secrets.iter().map(|secret| secret.expose().to_owned()).collect();
        presented.map(|presented| (presented.client_ids, secrets(presented.secrets))).map_err(|error| error.word)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn a_client_names_itself_in_one_way() {
        let is = |header: Option<&str>, body: &str, ids: &[&str], secrets: &[&str]| {
            let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            assert_eq!(read(header, body), Ok((all(ids), all(secrets))));
        };
        is(None, "client_id=a", &["a"], &[]);
        is(None, "client_id=a&client_secret=", &["a"], &[]);
        is(None, "client_id=a&client_secret=s%2B", &["a"], &["s+"]);
        is(Some(&basic("a:s")), "", &["a", "a"], &["s", "s"]);
        is(Some(&basic("a%20b:s%25:+")), "client_id=a+b", &["a b", "a%20b"], &["s%: ", "s%25:+"]);
        is(Some(&basic("a%20b:s")), "client_id=a%2520b", &["a b", "a%20b"], &["s", "s"]);
        is(Some(&basic("%FF:%zz")), "", &["%FF"], &["%zz", "%zz"]);
        is(Some(&basic("a:")), "", &["a", "a"], &[]);
        let check = |header: Option<&str>, body: &str, word| assert_eq!(read(header, body), Err(word), "{body}");
        check(None, "", "invalid_client");
        check(None, "client_id=a&client_id=a", "invalid_request");
        check(None, "client_id=a&client_secret=s&client_secret=s", "invalid_request");
        check(Some(&basic("a:s")), "client_secret=s", "invalid_request");
        check(Some(&basic("a:s")), "client_id=b", "invalid_request");
        check(Some(&basic("a")), "", "invalid_client");
        check(Some("Basic !"), "client_id=a", "invalid_client");
        check(Some("Bearer x"), "client_id=a", "invalid_client");
        assert!(Presented::read(&["Basic YTpz", "Basic YTpz"], &Params::urlencoded(b"")).is_err());
    }

    proptest! {
        /// Encoded or as they are.
        #[test]
        fn what_was_sent_is_among_what_is_read(id in "[!-9;-~]{1,12}", secret in "\\PC{1,20}") {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            for text in [format!("{id}:{secret}"), format!("{}:{}", encoded(&id), encoded(&secret))] {
                let (ids, secrets) = read(Some(&basic(&text)), "").unwrap();
                prop_assert!(ids.contains(&id) && secrets.contains(&secret), "{text}");
                prop_assert!(ids.len() <= 2 && secrets.len() <= 2);
            }
        }

        #[test]
        fn any_header_is_a_client_or_none(header in "([Bb]asic )?\\PC{0,40}", text in "\\PC{0,20}") {
            let _ = read(Some(&header), "client_id=a");
            if let Ok((ids, _)) = read(Some(&basic(&text)), "") {
                prop_assert!(ids.iter().all(|id| !id.contains(':')) || text.contains("%3"), "{text}");
            }
        }
    }
}
