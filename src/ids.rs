//! DingTalk's identifiers, each of a type of its own, so that none is taken for another.

use std::fmt;

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("is empty")]
    Empty,
    #[error("is longer than 128 bytes")]
    TooLong,
    #[error("holds a space, a comma or a control character")]
    Character,
}

/// What every identifier must be: short enough to store, and free of characters that mean something in a log line,
/// a header or a comma-separated list.
fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > 128 {
        return Err(InvalidId::TooLong);
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == ',') {
        return Err(InvalidId::Character);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes an identifier as it came, byte for byte: no trimming, no change of case or normal form.
            ///
            /// # Errors
            /// When the text is empty, longer than 128 bytes, or holds a space, a comma or a control character.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            /// The identifier as DingTalk writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// An organisation (`corpId`, `ding…`).
    CorpId
}
id! {
    /// An employee inside one corp (`userid`, also called staffId). Immutable; unique in its corp only.
    DingUserId
}
id! {
    /// A person across all apps of one developer corp (`unionid`).
    UnionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_but_harmless_userids_are_taken_as_they_are() {
        for text in ["admin", "root", "0", "null", "../x", "张三", "A", "a", "ａ"] {
            assert_eq!(DingUserId::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn userids_that_could_split_a_header_or_a_list_are_refused() {
        for text in ["", "a,b", "a\r\nb", "a\u{85}b", "a b", "a\0", &"x".repeat(129)] {
            assert!(DingUserId::new(text).is_err(), "{text:?}");
        }
    }
}
