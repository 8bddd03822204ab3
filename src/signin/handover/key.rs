//! A hand-over link's secret.

use sha2::{Digest, Sha256};

/// 256 random bits. Only the digest is stored.
pub struct Key(String);

impl Key {
    pub(super) fn random() -> Self {
        Self(crate::random::hex::<32>())
    }

    /// Takes text from an address or a form, if it has the form of a key.
    pub fn read(text: &str) -> Option<Self> {
        let ours = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| Self(text.to_owned()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }
}
