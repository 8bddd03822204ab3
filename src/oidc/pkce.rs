//! Proof that whoever redeems a code is the one who asked for it (RFC 7636), by S256 alone: `plain` shows the proof to
//! everybody who sees the question.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A challenge as it was sent, if it can be one.
pub fn challenge(text: &str) -> Option<&str> {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|digest| digest.len() == 32).then_some(text)
}

/// Whether a verifier is the challenge's. Where there was no challenge there must be no verifier: somebody may have taken the
/// challenge away (RFC 9700, 2.1.1).
pub fn is_met(challenge: &str, verifier: Option<&str>) -> bool {
    match verifier {
        None => challenge.is_empty(),
        Some(verifier) => {
            is_verifier(verifier)
                && !challenge.is_empty()
                && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
        }
    }
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn only_the_verifier_of_the_challenge_is_taken() {
        assert_eq!(challenge(CHALLENGE), Some(CHALLENGE));
        assert!(is_met(CHALLENGE, Some(VERIFIER)));
        for wrong in [None, Some(""), Some(CHALLENGE), Some(&VERIFIER[..42]), Some(&*format!("{VERIFIER}x"))] {
            assert!(!is_met(CHALLENGE, wrong), "{wrong:?}");
        }
        assert!(is_met("", None));
        assert!(!is_met("", Some(VERIFIER)), "a challenge was taken away");
        for no_challenge in ["", "x", VERIFIER.get(..20).unwrap(), &format!("{CHALLENGE}=")] {
            assert_eq!(challenge(no_challenge), None);
        }
    }

    proptest! {
        #[test]
        fn no_other_verifier_fits(verifier in "[A-Za-z0-9._~-]{40,130}|\\PC{0,60}") {
            prop_assume!(verifier != VERIFIER);
            prop_assert!(!is_met(CHALLENGE, Some(&verifier)));
            prop_assert!(!is_met(&verifier, Some(&verifier)), "plain");
        }
    }
}
