//! A person's identity as a signed token (RFC 7519, RFC 7515), for apps that would rather verify than trust a header.
//!
//! ES256 with *ring*, which the TLS stack brings anyway. A compact JWS is two JSON texts and one signature; the JWT
//! crates of today bring a second crypto library for that.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::Serialize;

use crate::{clock::UnixSeconds, users::User};

/// How long a token is good, in seconds: longer than any app takes for one request.
pub(super) const LIFETIME: i64 = 60;

/// A key that signs tokens.
pub(super) struct SigningKey {
    /// Its name in the key set.
    pub kid: String,
    /// When it was made.
    pub created_at: UnixSeconds,
    pair: EcdsaKeyPair,
}

/// A key as verifiers read it (RFC 7517).
#[derive(Serialize)]
pub(super) struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    used_for: &'static str,
    kid: String,
    x: String,
    y: String,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// What a token says.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    corp_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    groups: Vec<&'a str>,
    rules: &'a str,
    iat: UnixSeconds,
    exp: UnixSeconds,
}

impl<'a> Claims<'a> {
    /// Of a person, for the app on `host`, good from `now` on.
    ///
    /// `rules`: whom the proxy's question said that the app is for. Whoever can reach the gate chooses the rules, so a
    /// token without them, or with others than the app's own, proves who somebody is but not that they may be there.
    pub fn new(issuer: &'a str, host: &'a str, user: &'a User, rules: &'a str, now: UnixSeconds) -> Self {
        Self {
            iss: issuer,
            aud: host,
            sub: user.userid.as_str(),
            corp_id: user.corp_id.as_str(),
            name: &user.name,
            email: user.email.as_deref(),
            groups: user.departments().collect(),
            rules,
            iat: now,
            exp: now.saturating_add(LIFETIME),
        }
    }
}

impl SigningKey {
    /// Makes a key's secret (PKCS #8).
    pub fn generate() -> Result<Vec<u8>, Unspecified> {
        let secret = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        Ok(secret.as_ref().to_vec())
    }

    /// The key of a secret.
    pub fn new(kid: String, secret: &[u8], created_at: UnixSeconds) -> Result<Self, Unspecified> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, secret, &SystemRandom::new());
        Ok(Self { kid, created_at, pair: pair.map_err(|_| Unspecified)? })
    }

    /// The key for verifiers.
    pub fn public(&self) -> PublicKey {
        // 0x04, x, y: an uncompressed point (SEC 1, 2.3.3).
        let point = self.pair.public_key().as_ref();
        let coordinate = |range| URL_SAFE_NO_PAD.encode(point.get::<std::ops::Range<usize>>(range).unwrap_or_default());
        let (x, y) = (coordinate(1..33), coordinate(33..65));
        PublicKey { kty: "EC", crv: "P-256", alg: "ES256", used_for: "sig", kid: self.kid.clone(), x, y }
    }

    /// A token in its compact form.
    pub fn sign(&self, claims: &Claims<'_>) -> Result<String, Unspecified> {
        let json = |text: serde_json::Result<Vec<u8>>| text.map(|json| URL_SAFE_NO_PAD.encode(json));
        let header = json(serde_json::to_vec(&Header { alg: "ES256", typ: "JWT", kid: &self.kid }));
        let claims = json(serde_json::to_vec(claims));
        let mut token = format!("{}.{}", header.map_err(|_| Unspecified)?, claims.map_err(|_| Unspecified)?);
        let signature = self.pair.sign(&SystemRandom::new(), token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}
