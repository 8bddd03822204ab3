//! What an app is given once and we keep as a digest alone.

pub use crate::clients::{Hash, hash};
use crate::random;

/// An authorization code: 256 random bits.
pub fn code() -> String {
    random::hex::<32>()
}

/// A refresh token: what all of its family have in common, a dot, and what is its own. By the first, a token that was used
/// already is known for one, and nobody without a token of the family can kill it.
#[derive(PartialEq, Eq)]
pub struct RefreshToken {
    family: String,
    own: String,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl RefreshToken {
    pub fn first() -> Self {
        Self { family: random::hex::<16>(), own: random::hex::<32>() }
    }

    pub fn next(&self) -> Self {
        Self { family: self.family.clone(), own: random::hex::<32>() }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (family, own) = text.split_once('.')?;
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let is_ours = family.len() == 32 && own.len() == 64 && is_hex(family) && is_hex(own);
        is_ours.then(|| Self { family: family.to_owned(), own: own.to_owned() })
    }

    pub fn expose(&self) -> String {
        format!("{}.{}", self.family, self.own)
    }

    pub fn family(&self) -> Hash {
        hash(&self.family)
    }

    pub fn own(&self) -> Hash {
        hash(&self.own)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_token_is_of_the_same_family() {
        let first = RefreshToken::first();
        let next = first.next();
        assert!(first.family() == next.family() && first.own() != next.own());
        assert_eq!(RefreshToken::parse(&next.expose()), Some(next));
    }

    proptest! {
        #[test]
        fn any_text_is_a_refresh_token_or_none(text in "[0-9a-f]{30,34}\\.[0-9a-f]{62,66}|\\PC{0,40}") {
            if let Some(token) = RefreshToken::parse(&text) {
                prop_assert_eq!(token.expose(), text);
            }
        }
    }
}
