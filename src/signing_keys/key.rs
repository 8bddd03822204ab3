//! A key that signs, and its public half (pure, apart from making it).

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::clock::UnixSeconds;

/// By its name in JOSE (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Algorithm {
    /// 2048 bits, PKCS #1 v1.5, SHA-256: every OpenID Connect client must understand it.
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    pub(super) const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];
}

pub(super) struct SigningKey {
    pub kid: String,
    pub created_at: UnixSeconds,
    pair: Pair,
}

enum Pair {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// A damaged key, or no memory. The crypto library does not say which.
#[derive(Debug)]
pub(super) struct Refused;

/// RFC 7517.
#[derive(Serialize)]
pub(super) struct PublicKey {
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    alg: Algorithm,
    #[serde(rename = "use")]
    used_for: &'static str,
    kid: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// Base64url.
#[derive(Serialize)]
#[serde(untagged)]
enum Numbers {
    Rsa { n: String, e: String },
    Point { x: String, y: String },
    Ed25519 { x: String },
}

impl Algorithm {
    /// The prefix of its keys' names in `server_keys`. ES256 keeps the gate's own from when there was no other, so that
    /// deployments keep their keys; versions of that time do not read the others.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Rs256 => "signing-rs256-",
            Self::Es256 => "identity-",
            Self::EdDsa => "signing-eddsa-",
        }
    }
}

impl SigningKey {
    /// Makes a secret (PKCS #8), for RSA in a tenth of a second.
    pub fn generate(algorithm: Algorithm) -> Result<Vec<u8>, Refused> {
        let random = SystemRandom::new();
        let secret = match algorithm {
            Algorithm::Rs256 => return Ok(RsaKeyPair::generate(KeySize::Rsa2048)?.as_der()?.as_ref().to_vec()),
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?,
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&random)?,
        };
        Ok(secret.as_ref().to_vec())
    }

    pub fn new(algorithm: Algorithm, kid: String, secret: &[u8], created_at: UnixSeconds) -> Result<Self, Refused> {
        let pair = match algorithm {
            Algorithm::Rs256 => Pair::Rs256(RsaKeyPair::from_pkcs8(secret)?),
            Algorithm::Es256 => Pair::Es256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, secret)?),
            Algorithm::EdDsa => Pair::EdDsa(Ed25519KeyPair::from_pkcs8(secret)?),
        };
        Ok(Self { kid, created_at, pair })
    }

    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rs256(_) => Algorithm::Rs256,
            Pair::Es256(_) => Algorithm::Es256,
            Pair::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// In the form of JWS: for ES256 the two numbers side by side.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Refused> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Pair::Es256(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Pair::EdDsa(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, key): (&'static dyn VerificationAlgorithm, &[u8]) = match &self.pair {
            Pair::Rs256(pair) => (&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
            Pair::Es256(pair) => (&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
            Pair::EdDsa(pair) => (&ED25519, pair.public_key().as_ref()),
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }

    pub fn public(&self) -> PublicKey {
        let base64 = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let (kty, crv, numbers) = match &self.pair {
            Pair::Rs256(pair) => {
                let key = pair.public_key();
                let n = base64(key.modulus().big_endian_without_leading_zero());
                let e = base64(key.exponent().big_endian_without_leading_zero());
                ("RSA", None, Numbers::Rsa { n, e })
            }
            Pair::Es256(pair) => {
                // 0x04, x, y: an uncompressed point (SEC 1, 2.3.3).
                let point = pair.public_key().as_ref();
                let half = |range| base64(point.get::<std::ops::Range<usize>>(range).unwrap_or_default());
                ("EC", Some("P-256"), Numbers::Point { x: half(1..33), y: half(33..65) })
            }
            Pair::EdDsa(pair) => ("OKP", Some("Ed25519"), Numbers::Ed25519 { x: base64(pair.public_key().as_ref()) }),
        };
        PublicKey { kty, crv, alg: self.algorithm(), used_for: "sig", kid: self.kid.clone(), numbers }
    }
}

impl From<aws_lc_rs::error::Unspecified> for Refused {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::KeyRejected> for Refused {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A secret that *ring* 0.17 wrote, as in every database before aws-lc-rs, and its point as *ring* read it.
    const OF_RING: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420\
        cc927dbfd89f0a57f201d500a36407b75cb744aa732750f11f41de79becc6296\
        a1440342000489b15021df6f628fd1f697a0250cc91eb59d424f95b77e0c70847bf9f0bba0b8\
        e1585b9edae1f1eff6163ed7dc9e21ec0993f76f58ebea72d13f77110982ad94";

    fn published(key: &SigningKey) -> Value {
        serde_json::to_value(key.public()).unwrap()
    }

    #[test]
    fn a_secret_written_by_ring_is_the_same_key_still() {
        let secret = hex::decode(OF_RING).unwrap();
        let key = SigningKey::new(Algorithm::Es256, "k".into(), &secret, 0).unwrap();
        let expected = concat!(
            r#"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"k","#,
            r#""x":"ibFQId9vYo_R9pegJQzJHrWdQk-Vt34McIR7-fC7oLg","y":"4Vhbntrh8e_2Fj7X3J4h7AmT929Y6-py0T93EQmCrZQ"}"#
        );
        assert_eq!(serde_json::to_string(&key.public()).unwrap(), expected);
    }

    #[test]
    fn each_algorithm_publishes_what_its_rfc_asks_for_and_nothing_secret() {
        for (algorithm, expected, numbers) in [
            (Algorithm::Rs256, json!({"kty": "RSA", "alg": "RS256"}), &[("n", 256), ("e", 3)][..]),
            (Algorithm::Es256, json!({"kty": "EC", "crv": "P-256", "alg": "ES256"}), &[("x", 32), ("y", 32)]),
            (Algorithm::EdDsa, json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA"}), &[("x", 32)]),
        ] {
            let secret = SigningKey::generate(algorithm).unwrap();
            let mut key = published(&SigningKey::new(algorithm, "k".into(), &secret, 0).unwrap());
            let key = key.as_object_mut().unwrap();
            for (name, length) in numbers {
                let number = key.remove(*name).unwrap();
                assert_eq!(URL_SAFE_NO_PAD.decode(number.as_str().unwrap()).unwrap().len(), *length, "{name}");
            }
            assert_eq!((key.remove("use"), key.remove("kid")), (Some(json!("sig")), Some(json!("k"))));
            assert_eq!(Value::Object(key.clone()), expected);
        }
    }

    #[test]
    fn a_secret_of_another_algorithm_or_cut_short_is_refused() {
        const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
        for made_for in ALL {
            let secret = SigningKey::generate(made_for).unwrap();
            for algorithm in ALL {
                let read = SigningKey::new(algorithm, "k".into(), &secret, 0);
                assert_eq!(read.is_ok(), algorithm == made_for, "{made_for:?} as {algorithm:?}");
            }
            for length in [0, 1, secret.len() / 2, secret.len() - 1] {
                assert!(SigningKey::new(made_for, "k".into(), &secret[..length], 0).is_err(), "{made_for:?} {length}");
            }
        }
    }
}
