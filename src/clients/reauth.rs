//! A new sign-in within a session: an app asks for one (`prompt=login`), or the last is too old for it (`max_age`).
//!
//! The request leads to the sign-in page and comes back with a mark that says when it left, and which token the session had.
//! Every sign-in changes that token (`sessions::renew`), so on the way back it shows whether there was one. The session must
//! also be no older than the mark: another browser's mark names another token, and a session that was handed over has a new
//! token, but the time of the sign-in that it came from. Nothing is stored.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    clock::{Clock, UnixSeconds},
    hex_digits::hex_digits,
    sessions::Token,
};

/// The parameter that we add to the request on its way.
pub const PARAMETER: &str = "miandeng_again";
/// What takes the place of `id_token_hint` on that way: an ID token tells too much for an address.
pub const HINT: &str = "miandeng_hint";
/// How long, in milliseconds, a person may take to sign in.
const LIFETIME_MS: i64 = 30 * 60 * 1000;

pub struct Reauth {
    key: [u8; 32],
    clock: Clock,
}

impl Reauth {
    /// `server_key` is this deployment's own.
    pub fn new(server_key: &[u8; 32], clock: Clock) -> Self {
        Self { key: seal(server_key, "again"), clock }
    }

    /// The mark of a request that leaves now.
    pub fn mark(&self, query: &str, token: Option<&Token>) -> String {
        let (at, was) = (self.clock.now_ms(), self.name(token));
        format!("{at}.{was}.{}", self.seal(at, &was, query))
    }

    /// A person, as the request names them on its way.
    pub fn hint(&self, sub: &str) -> String {
        hex_digits(&seal(&self.key, &format!("hint|{sub}"))[..16])
    }

    /// Whether somebody has signed in since the request left with this mark; `signed_in_at`: when that was, for the session.
    pub fn is_done(&self, mark: &str, query: &str, token: Option<&Token>, signed_in_at: UnixSeconds) -> bool {
        let mut parts = mark.splitn(3, '.');
        let (Some(at), Some(was), Some(mac)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let Ok(at) = at.parse::<i64>() else { return false };
        let is_in_time = (-LIFETIME_MS..LIFETIME_MS).contains(&(self.clock.now_ms().saturating_sub(at)));
        let is_ours = verify_slices_are_equal(self.seal(at, was, query).as_bytes(), mac.as_bytes()).is_ok();
        // The session's time has no milliseconds.
        let is_later = at < signed_in_at.saturating_add(1).saturating_mul(1000);
        is_in_time && is_ours && is_later && was != self.name(token)
    }

    fn name(&self, token: Option<&Token>) -> String {
        token.map_or_else(String::new, |token| hex_digits(&seal(&self.key, token.expose())[..16]))
    }

    fn seal(&self, at: i64, was: &str, query: &str) -> String {
        hex_digits(seal(&self.key, &format!("{at}|{was}|{query}")))
    }
}

fn seal(key: &[u8; 32], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mark_shows_a_sign_in_since_and_is_good_for_its_request_alone() {
        let clock = Clock::standing();
        let reauth = Reauth::new(&[7; 32], clock.clone());
        let (before, after) = (Token::random(), Token::random());
        let now = clock.now();
        let mark = reauth.mark("a=1", Some(&before));
        assert!(reauth.is_done(&mark, "a=1", Some(&after), now));
        assert!(!reauth.is_done(&mark, "a=1", Some(&before), now), "nobody has signed in");
        assert!(!reauth.is_done(&mark, "a=1", Some(&after), now - 1), "signed in before it left, as one handed over");
        assert!(!reauth.is_done(&mark, "a=2", Some(&after), now), "another request's");
        assert!(!Reauth::new(&[8; 32], clock.clone()).is_done(&mark, "a=1", Some(&after), now), "another deployment's");
        let nobody = reauth.mark("a=1", None);
        assert!(reauth.is_done(&nobody, "a=1", Some(&after), now) && !reauth.is_done(&nobody, "a=1", None, now));
        for forged in ["", ".", "..", "1.2.3", &mark[1..], &format!("{mark}0"), &mark.replace('.', "..")] {
            assert!(!reauth.is_done(forged, "a=1", Some(&after), now), "{forged}");
        }
        clock.advance(1800);
        assert!(!reauth.is_done(&mark, "a=1", Some(&after), now), "too late");
    }

    proptest! {
        #[test]
        fn no_text_but_ours_is_a_mark(
            text in "[0-9]{1,14}\\.[0-9a-f]{0,32}\\.[0-9a-f]{64}|\\PC{0,40}", at in 0_usize..90, digit in "[0-9a-f.]",
        ) {
            let clock = Clock::standing();
            let (reauth, before, after) = (Reauth::new(&[7; 32], clock.clone()), Token::random(), Token::random());
            let is_done = |mark: &str| reauth.is_done(mark, "a=1", Some(&after), clock.now());
            prop_assert!(!is_done(&text));
            let mark = reauth.mark("a=1", Some(&before));
            let at = at.min(mark.len() - 1);
            let other = format!("{}{digit}{}", &mark[..at], &mark[at + 1..]);
            prop_assert_eq!(is_done(&other), other == mark);
        }
    }
}
