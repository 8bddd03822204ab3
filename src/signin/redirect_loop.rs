//! Redirect loops: somebody is signed in here, sent to an address that does not see the sign-in, and sent back here.
//!
//! There are two, and neither ends by itself. The guard of `return_to` sends the person back
//! ([`RedirectLoops::sent_on`]); or a browser does not keep the session's cookie, and inside DingTalk, without a tap,
//! it signs in again and again ([`RedirectLoops::unkept`]).
//!
//! Many tabs at once are no loop: a sign-in counts only if it began after the one before had ended.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use url::Url;

use crate::{clock::Clock, config::Config, sessions::Token};

/// The third return to one address within [`RETURNS_MS`] is a loop.
const RETURNS: usize = 3;
const RETURNS_MS: i64 = 5_000;
/// The third sign-in of one browser within [`SIGN_INS_MS`] that keeps none of the cookies is a loop.
const SIGN_INS: u32 = 3;
const SIGN_INS_MS: i64 = 10_000;
/// Longer than both; where there is very much, the longest unused is forgotten earlier.
const REMEMBER: Duration = Duration::from_secs(30);
const REMEMBER_MOST: u64 = 50_000;

/// A session, and the digest of where it is sent: the person chooses the address, which may be long.
type Way = (i64, [u8; 32]);

/// Kept in this process: a loop runs through one.
pub struct RedirectLoops {
    clock: Clock,
    arrivals: moka::sync::Cache<Way, Arc<Mutex<Vec<i64>>>>,
    sign_ins: moka::sync::Cache<String, Arc<Mutex<SignIns>>>,
}

/// Consecutive sign-ins of one browser.
struct SignIns {
    since_ms: i64,
    count: u32,
    /// Whether a page was opened since the last sign-in ended: only then does the next one count.
    reopened: bool,
    token: Token,
}

/// A browser signs in and does not show the token of its last sign-in.
pub struct Unkept {
    pub token: Token,
    pub too_often: bool,
}

impl RedirectLoops {
    pub fn new(clock: Clock) -> Self {
        let (arrivals, sign_ins) = (moka::sync::Cache::builder(), moka::sync::Cache::builder());
        Self {
            clock,
            arrivals: arrivals.max_capacity(REMEMBER_MOST).time_to_idle(REMEMBER).build(),
            sign_ins: sign_ins.max_capacity(REMEMBER_MOST).time_to_idle(REMEMBER).build(),
        }
    }

    /// Notes that a session is about to be sent to an address. Returns whether it came back from there too often.
    pub fn sent_on(&self, session: i64, address: &str) -> bool {
        let now = self.clock.now_ms();
        let arrivals = self.arrivals.get_with((session, Sha256::digest(address).into()), Arc::default);
        let mut arrivals = lock(&arrivals);
        arrivals.retain(|at| (0..RETURNS_MS).contains(&(now - at)));
        // At most three are kept, so that the loop stays broken only while it goes on.
        let too_often = arrivals.len() >= RETURNS;
        if !too_often {
            arrivals.push(now);
        }
        too_often
    }

    pub fn opened(&self, browser: &str) {
        if let Some(known) = self.sign_ins.get(browser) {
            lock(&known).reopened = true;
        }
    }

    pub fn unkept(&self, browser: &str, shown: Option<&Token>) -> Option<Unkept> {
        let known = self.sign_ins.get(browser)?;
        let known = lock(&known);
        let in_time = (0..SIGN_INS_MS).contains(&(self.clock.now_ms() - known.since_ms));
        let kept = shown.is_some_and(|shown| shown.expose() == known.token.expose());
        if kept || !in_time {
            self.forget(browser);
            return None;
        }
        known.reopened.then(|| Unkept { token: known.token.clone(), too_often: known.count + 1 >= SIGN_INS })
    }

    pub fn forget(&self, browser: &str) {
        self.sign_ins.invalidate(browser);
    }

    pub fn signed_in(&self, browser: &str, token: &Token) {
        let first = || {
            let since_ms = self.clock.now_ms();
            Arc::new(Mutex::new(SignIns { since_ms, count: 0, reopened: true, token: token.clone() }))
        };
        let known = self.sign_ins.get_with_by_ref(browser, first);
        let mut known = lock(&known);
        if known.reopened {
            known.count += 1;
            known.reopened = false;
            known.token = token.clone();
        }
    }
}

pub fn is_covered(address: &str, config: &Config) -> bool {
    let ours = config.public_url.as_url().host_str();
    let Some(host) = Url::options().base_url(Some(config.public_url.as_url())).parse(address).ok() else {
        return false;
    };
    let below = |domain: &String| {
        let host = host.host_str().unwrap_or_default();
        host == domain || host.strip_suffix(domain.as_str()).is_some_and(|front| front.ends_with('.'))
    };
    host.host_str() == ours || config.cookie_domain.as_ref().is_some_and(below)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loops() -> (RedirectLoops, Clock) {
        let clock = Clock::standing();
        (RedirectLoops::new(clock.clone()), clock)
    }

    #[test]
    fn the_third_return_to_one_address_within_seconds_is_a_loop() {
        let (loops, clock) = loops();
        for _ in 0..3 {
            assert!(!loops.sent_on(1, "https://bi.example.com/x"));
        }
        assert!(loops.sent_on(1, "https://bi.example.com/x"));
        assert!(!loops.sent_on(1, "https://bi.example.com/y"), "another address");
        assert!(!loops.sent_on(2, "https://bi.example.com/x"), "another session");
        clock.advance(5);
        assert!(!loops.sent_on(1, "https://bi.example.com/x"), "later");
        clock.advance(-3600);
        assert!(!loops.sent_on(1, "https://bi.example.com/x"), "a clock that was set back");
    }

    #[test]
    fn only_sign_ins_one_after_the_other_count_and_a_kept_cookie_ends_the_row() {
        let (loops, clock) = loops();
        let tokens: Vec<Token> = (0..4).map(|_| Token::random()).collect();
        let too_often = |shown| loops.unkept("browser", shown).is_some_and(|unkept| unkept.too_often);
        for token in &tokens {
            assert!(!too_often(None), "tabs at once");
            loops.signed_in("browser", token);
        }
        loops.opened("browser");
        assert!(!too_often(None), "the second");
        loops.signed_in("browser", &tokens[1]);
        loops.opened("browser");
        assert!(too_often(None), "the third");
        assert!(!too_often(Some(&tokens[1])), "it shows what it was given");
        assert!(loops.unkept("browser", None).is_none(), "so the row has ended");

        loops.signed_in("browser", &tokens[2]);
        loops.opened("browser");
        loops.signed_in("browser", &tokens[3]);
        loops.opened("browser");
        clock.advance(10);
        assert!(!too_often(None), "later");
    }
}
