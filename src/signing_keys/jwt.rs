//! A token in its compact form (RFC 7515).
//!
//! Written without a JWT crate: `jsonwebtoken` parses the key for every signature, and takes RSA keys only as PKCS #1,
//! which aws-lc-rs does not write. The tests verify with it, as a second reading of the RFCs.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::key::{Algorithm, SigningKey};

#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("there is no key for {0:?}")]
    NoKey(Algorithm),
    #[error("the claims cannot be written: {0}")]
    Claims(#[from] serde_json::Error),
    #[error("{0:?} does not sign")]
    Refused(Algorithm),
}

#[derive(Serialize)]
struct Header<'a> {
    alg: Algorithm,
    #[serde(skip_serializing_if = "str::is_empty")]
    typ: &'a str,
    kid: &'a str,
}

pub(super) fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
    let alg = key.algorithm();
    let header = serde_json::to_vec(&Header { alg, typ, kid: &key.kid })?;
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
    let signature = key.sign(token.as_bytes()).map_err(|_| SignError::Refused(alg))?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
    use serde_json::{Value, json};

    use super::*;

    fn verified(token: &str, published: Value) -> jsonwebtoken::errors::Result<Value> {
        let jwk: Jwk = serde_json::from_value(published).unwrap();
        let mut validation = Validation::new(decode_header(token)?.alg);
        validation.required_spec_claims.clear();
        Ok(decode(token, &DecodingKey::from_jwk(&jwk)?, &validation)?.claims)
    }

    #[test]
    fn another_library_verifies_every_algorithm_with_the_published_key() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let key = || {
                let secret = SigningKey::generate(algorithm).unwrap();
                SigningKey::new(algorithm, "k1".into(), &secret, 0).unwrap()
            };
            let (ours, foreign) = (key(), key());
            let claims = json!({"sub": "张三", "n": 1});
            let token = sign(&ours, "at+jwt", &claims).unwrap();
            let header: Value = {
                let part = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
                serde_json::from_slice(&part).unwrap()
            };
            assert_eq!(header, json!({"alg": algorithm, "typ": "at+jwt", "kid": "k1"}));
            let public = |key: &SigningKey| serde_json::to_value(key.public()).unwrap();
            assert_eq!(verified(&token, public(&ours)).unwrap(), claims, "{algorithm:?}");
            assert!(verified(&token, public(&foreign)).is_err(), "{algorithm:?}: another's key");
            let forged = token.replacen(token.split('.').nth(1).unwrap(), &URL_SAFE_NO_PAD.encode("{}"), 1);
            assert!(verified(&forged, public(&ours)).is_err(), "{algorithm:?}: other claims");
        }
    }
}
