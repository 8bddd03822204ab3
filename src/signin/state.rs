//! The `state` that ties a sign-in page to the browser that asked for it (RFC 6749, 10.12: login CSRF).
//!
//! A cookie holds a random value, and the page's state is signed together with it. A code that another site delivers
//! has no state that fits this browser, and is refused before DingTalk is asked. Many tabs share the cookie, and a page
//! costs no write. A state is taken once (`super::used_codes` says where that is remembered).

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use moka::policy::EvictionPolicy;
use sha2::Sha256;

use super::used_once;
use crate::{
    clock::{CLOCKS_DIFFER, Clock, UnixSeconds},
    db::Pools,
    hex_digits::hex_digits,
};

/// How long a page may wait for its code, in seconds.
pub const LIFETIME: i64 = 600;
/// A state older than this is forgotten; it expired long before.
const REMEMBER: Duration = Duration::from_secs(2 * LIFETIME as u64);
const REMEMBER_MOST: u64 = 200_000;
const USED: &str = "the state was used before";

/// The browser's half: the value of the short-lived cookie.
pub struct Browser(String);

/// A state that is ours, of this browser and its subject, and in time. It may be taken once.
pub struct VerifiedState<'a> {
    browser: &'a str,
    nonce: &'a str,
}

/// A state that nobody has taken from this server. Another server may have had it.
pub struct TakenHere<'a>(VerifiedState<'a>);

/// A state that was taken: only its holder signs in by it.
pub struct TakenState<'a> {
    browser: &'a str,
}

pub struct States {
    /// Keyed already.
    seal: Hmac<Sha256>,
    clock: Clock,
    taken: moka::sync::Cache<String, ()>,
}

impl Browser {
    /// The value that a browser sent if it has our form, else a new one.
    pub fn recognise(cookie: Option<&str>) -> Self {
        let ours = |value: &&str| value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
        Self(cookie.filter(ours).map_or_else(crate::random::hex::<16>, str::to_owned))
    }

    /// Names the browser to nobody but us.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl States {
    /// `key` is this deployment's own; it outlives a restart.
    pub fn new(key: [u8; 32], clock: Clock) -> Self {
        let taken = moka::sync::Cache::builder()
            .eviction_policy(EvictionPolicy::lru())
            .max_capacity(REMEMBER_MOST)
            .time_to_live(REMEMBER)
            .build();
        let seal = Hmac::new_from_slice(&key).expect("HMAC takes a key of any length");
        Self { seal, clock, taken }
    }

    pub fn issue(&self, browser: &Browser, app: &str) -> String {
        self.issue_about(browser, app)
    }

    /// Seals a state together with a text, which must be known to take it.
    pub(super) fn issue_about(&self, browser: &Browser, about: &str) -> String {
        let expires = self.clock.now() + LIFETIME;
        let nonce = crate::random::hex::<16>();
        let seal = hex_digits(self.seal(&browser.0, about, expires, &nonce).finalize().into_bytes());
        format!("{expires}.{nonce}.{seal}")
    }

    /// Verifies that a state is ours, of this browser and its subject (a page's is its app), and in time. The error is
    /// the reason, for the log.
    pub fn verify<'a>(
        &self,
        state: &'a str,
        browser: Option<&'a str>,
        about: &str,
    ) -> Result<VerifiedState<'a>, &'static str> {
        let browser = browser.ok_or("the state's cookie is missing, or was sent twice")?;
        let mut parts = state.split('.');
        let (Some(expires), Some(nonce), Some(seal), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("the state is not one of ours");
        };
        if !expires.bytes().all(|b| b.is_ascii_digit()) {
            return Err("the state is not one of ours");
        }
        let until: UnixSeconds = expires.parse().map_err(|_| "the state is not one of ours")?;
        let seal = hex::decode(seal).map_err(|_| "the state is not one of ours")?;
        let expected = self.seal(browser, about, expires, nonce);
        // Constant in time. The seal covers the number as it is spelt: `07` is another.
        expected.verify_slice(&seal).map_err(|_| "the state is another browser's or another app's")?;
        let left = until - self.clock.now();
        let in_time = (1..=LIFETIME + CLOCKS_DIFFER).contains(&left);
        if in_time { Ok(VerifiedState { browser, nonce }) } else { Err("the state has expired") }
    }

    /// Takes a state from this server; one of any number of callers gets it. The error is for the log.
    pub fn take<'a>(&self, state: VerifiedState<'a>) -> Result<TakenHere<'a>, &'static str> {
        let first = self.taken.entry(state.nonce.to_owned()).or_insert(()).is_fresh();
        if first { Ok(TakenHere(state)) } else { Err(USED) }
    }

    fn seal(&self, browser: &str, about: &str, expires: impl fmt::Display, nonce: &str) -> Hmac<Sha256> {
        let mut mac = self.seal.clone();
        // App names hold no "|", and neither do hex, numbers and an attempt's subject.
        mac.update(format!("{browser}|{about}|{expires}|{nonce}").as_bytes());
        mac
    }
}

impl<'a> VerifiedState<'a> {
    pub fn browser(&self) -> &'a str {
        self.browser
    }
}

impl<'a> TakenHere<'a> {
    /// Takes it from all servers on the same database; one of them gets it. The inner error is for the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn everywhere(self, db: &Pools, now: UnixSeconds) -> sqlx::Result<Result<TakenState<'a>, &'static str>> {
        let VerifiedState { browser, nonce } = self.0;
        let first = used_once::mark(db, &used_once::digest("state", nonce), now).await?;
        Ok(if first { Ok(TakenState { browser }) } else { Err(USED) })
    }
}

impl<'a> TakenState<'a> {
    pub fn browser(&self) -> &'a str {
        self.browser
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BROWSER: &str = "00112233445566778899aabbccddeeff";

    fn states() -> (States, Clock) {
        let clock = Clock::standing();
        (States::new([7; 32], clock.clone()), clock)
    }

    fn take(states: &States, state: &str, browser: Option<&str>) -> Result<(), &'static str> {
        states.take(states.verify(state, browser, "oa")?).map(|_| ())
    }

    #[test]
    fn a_state_is_taken_once_by_its_own_browser_and_app() {
        let (states, _) = states();
        let state = states.issue(&Browser::recognise(Some(BROWSER)), "oa");
        assert!(take(&states, &state, Some("ffeeddccbbaa99887766554433221100")).is_err());
        assert!(take(&states, &state, None).is_err());
        assert!(states.verify(&state, Some(BROWSER), "crm").is_err());
        assert_eq!(take(&states, &state, Some(BROWSER)), Ok(()));
        assert_eq!(take(&states, &state, Some(BROWSER)), Err("the state was used before"));
    }

    #[test]
    fn a_state_expires_and_a_clock_set_back_does_not_revive_it() {
        let (states, clock) = states();
        let state = states.issue(&Browser::recognise(Some(BROWSER)), "oa");
        clock.advance(LIFETIME);
        assert_eq!(take(&states, &state, Some(BROWSER)), Err("the state has expired"));
        clock.advance(-2 * LIFETIME);
        assert_eq!(take(&states, &state, Some(BROWSER)), Err("the state has expired"));
    }

    #[test]
    fn a_state_of_a_server_whose_clock_is_ahead_is_good() {
        let (ahead, clock) = (Clock::standing(), Clock::standing());
        ahead.advance(CLOCKS_DIFFER - 1);
        let [issues, takes] = [&ahead, &clock].map(|clock| States::new([7; 32], clock.clone()));
        let state = issues.issue(&Browser::recognise(Some(BROWSER)), "oa");
        assert_eq!(take(&takes, &state, Some(BROWSER)), Ok(()));
    }

    #[test]
    fn a_changed_state_is_refused() {
        let (states, _) = states();
        let state = states.issue(&Browser::recognise(Some(BROWSER)), "oa");
        for changed in
            [state.replacen('1', "2", 1), format!("{state}0"), format!("{state}."), String::new(), "..".into()]
        {
            assert!(changed == state || take(&states, &changed, Some(BROWSER)).is_err(), "{changed}");
        }
    }

    #[test]
    fn only_a_value_of_our_form_is_recognised() {
        assert_eq!(Browser::recognise(Some(BROWSER)).0, BROWSER);
        assert_ne!(Browser::recognise(Some("x|oa")).0, "x|oa");
    }

    proptest! {
        /// A state opens one sign-in, however it is written; any other text opens none.
        #[test]
        fn any_text_is_taken_once_at_most(
            any in any::<String>(), like in "[0-9+-]{0,20}(\\.[0-9a-fA-Fé]{0,70}){0,4}", at in any::<prop::sample::Index>(), c in any::<char>(),
        ) {
            let (states, _) = states();
            let state = states.issue(&Browser::recognise(Some(BROWSER)), "oa");
            let at = at.index(state.len());
            let changed = format!("{}{c}{}", &state[..at], &state[at + 1..]);
            let longer = format!("{}{c}{}", &state[..at], &state[at..]);
            let take = |text: &str| take(&states, text, Some(BROWSER)).is_ok();
            let (padded, signed) = (format!("0{state}"), format!("+{state}"));
            prop_assert!([&any, &like, &padded, &signed].iter().all(|text| !take(text)));
            let taken = [&changed, &longer, &state, &state.to_uppercase(), &changed].map(|text| take(text));
            prop_assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{:?}", taken);
            let browser = Browser::recognise(Some(&any));
            prop_assert!(browser.name().len() == 32 && browser.name().bytes().all(|b| b.is_ascii_hexdigit()));
        }
    }
}
