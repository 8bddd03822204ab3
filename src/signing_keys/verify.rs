//! Reads our own tokens back, such as the hint by which an app says whom it means.
//!
//! The key is one of ours by its number and its algorithm together; a key that a token brings along, `none` and the
//! algorithms with a shared secret are unknown (RFC 8725, 2.1 and 3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::key::{Algorithm, SigningKey};

/// Longer than any token of ours: a person may be in many departments.
const LONGEST: usize = 64 * 1024;

/// A token of ours.
pub struct Verified {
    /// Its kind; "" if it names none.
    pub typ: String,
    pub claims: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub alg: Algorithm,
    pub kid: String,
    #[serde(default)]
    typ: String,
}

/// What a token says of itself, before anything is believed.
pub(super) fn header(token: &str) -> Option<Header> {
    if token.len() > LONGEST {
        return None;
    }
    serde_json::from_slice(&part(token.split('.').next()?)?).ok()
}

pub(super) fn verify(key: &SigningKey, header: Header, token: &str) -> Option<Verified> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    if !key.verifies(signed.as_bytes(), &part(signature)?) {
        return None;
    }
    Some(Verified { typ: header.typ, claims: serde_json::from_slice(&part(claims)?).ok()? })
}

fn part(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::signing_keys::jwt::sign;

    const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    fn key(algorithm: Algorithm) -> SigningKey {
        let secret = SigningKey::generate(algorithm).unwrap();
        SigningKey::new(algorithm, "k1".into(), &secret, 0).unwrap()
    }

    fn read(key: &SigningKey, token: &str) -> Option<Verified> {
        let header = header(token)?;
        (header.kid == key.kid && header.alg == key.algorithm()).then(|| verify(key, header, token))?
    }

    #[test]
    fn a_token_is_believed_as_its_key_has_signed_it_and_in_no_other_form() {
        for algorithm in ALL {
            let (ours, foreign) = (key(algorithm), key(algorithm));
            let token = sign(&ours, "JWT", &json!({"sub": "a"})).unwrap();
            let read_back = read(&ours, &token).unwrap();
            assert_eq!((read_back.typ.as_str(), &read_back.claims["sub"]), ("JWT", &json!("a")));
            assert!(read(&foreign, &token).is_none(), "{algorithm:?}: another's key");
            let [head, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
            let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"b"}"#);
            for alg in ["none", "HS256", "RS256", "ES256", "EdDSA"] {
                let other = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "JWT", "kid": "k1"}).to_string());
                for forged in [format!("{other}.{claims}."), format!("{other}.{claims}.{signature}")] {
                    assert!(read(&ours, &forged).is_none(), "{alg}");
                }
            }
            for forged in [format!("{head}.{claims}.{signature}"), format!("{token}="), format!("{token}.")] {
                assert!(read(&ours, &forged).is_none(), "{forged}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_of_ours_or_none(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,20}(\\.[A-Za-z0-9_-]{0,20}){0,3}") {
            prop_assert!(read(&key(Algorithm::EdDsa), &text).is_none());
        }

        #[test]
        fn a_token_with_another_byte_anywhere_is_none_of_ours(at in 0_usize..200, other in "[A-Za-z0-9_.=-]") {
            let key = key(Algorithm::EdDsa);
            let token = sign(&key, "", &json!({"sub": "ding:a", "aud": "grafana"})).unwrap();
            let at = at % token.len();
            let forged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            prop_assert_eq!(read(&key, &forged).is_some(), forged == token, "{}", at);
        }
    }
}
