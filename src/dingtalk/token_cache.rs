//! One cached value that DingTalk lends for two hours: an access token or a jsapi ticket.
//!
//! However many requests wait, one asks DingTalk; from ten minutes before expiry the value is renewed in the
//! background while the old one is served; and the value outlives a restart in a [`Store`]. Where several servers share the
//! store, one of them asks DingTalk, and the others read what it has stored.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use super::DingtalkError;
use crate::{
    clock::{CLOCKS_DIFFER, Clock, UnixSeconds},
    secret::Secret,
};

/// Renewal starts this long before expiry, in seconds, as DingTalk recommends.
const MARGIN: i64 = 600;
/// What DingTalk lends for, and the default if it does not say.
const DEFAULT_LIFETIME: i64 = 7200;
/// The shortest lifetime: `expires_in: 0` must not turn each request into a refresh.
const MIN_LIFETIME: i64 = 60;
/// A ticket that is merely renewed dies this long after it was first handed out.
const CEILING: i64 = 24 * 3600;
/// A failed refresh is answered to everybody for this many seconds, without asking DingTalk again.
const HOLD_OFF: i64 = 2;
/// Seconds between renewals in the background, whatever DingTalk answers.
const RENEWAL_PAUSE: i64 = 30;

/// How long a refresh waits for the store, which then carries on by itself.
const LONGEST_SAVE: Duration = Duration::from_millis(500);
/// Between two looks at what another server has stored.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Clone)]
pub struct Credential {
    pub value: Secret,
    /// When this value was first seen; a renewal that returns the same value does not change it.
    pub first_seen_at: UnixSeconds,
    pub expires_at: UnixSeconds,
}

/// The generation tells whether a lent value is still the current one.
pub(super) struct Lent {
    pub value: Secret,
    generation: u64,
}

/// Where credentials outlive the process. It logs its own failures: a credential that was not kept is fetched again.
#[async_trait]
pub trait Store: Send + Sync {
    async fn load(&self, key: &str) -> Option<Credential>;
    async fn save(&self, key: &str, credential: &Credential);

    /// Asks to be the one who fetches this credential.
    async fn claim(&self, _key: &str) -> Claim {
        Claim::Alone
    }
}

/// Whose it is to fetch a credential.
pub enum Claim {
    /// Nobody else has to do with the store, or it does not answer.
    Alone,
    /// This server's, until the guard is dropped. A server that dies or is paused loses it within seconds.
    Ours(Box<dyn Send + Sync>),
    /// Another server is at it.
    Theirs,
}

/// What came of waiting to be the one who fetches.
enum Turn {
    Fetch(Claim),
    /// Another server was quicker.
    Kept(Lent),
}

/// Fetches a value, and for how many seconds DingTalk says it is good.
#[async_trait]
pub(super) trait Source: Send + Sync {
    async fn fetch(&self) -> Result<(Secret, Option<i64>), DingtalkError>;
}

/// What is known of a cached value, without the value.
#[derive(Debug, Clone)]
pub struct CredentialStatus {
    /// When the value was first seen; nothing where there is none that is still good.
    pub first_seen_at: Option<UnixSeconds>,
    /// Until when it is good.
    pub expires_at: Option<UnixSeconds>,
    /// The last refresh, if it failed.
    pub failure: Option<(UnixSeconds, DingtalkError)>,
}

pub(super) struct Cache {
    key: String,
    source: Box<dyn Source>,
    store: Arc<dyn Store>,
    clock: Clock,
    /// Held while DingTalk is asked, so that one asks and the others wait.
    refreshing: tokio::sync::Mutex<()>,
    state: Mutex<CacheState>,
    renewing: AtomicBool,
}

#[derive(Default)]
struct CacheState {
    current: Option<Credential>,
    /// The value that DingTalk called invalid; it must not come back from the store.
    void: Option<Secret>,
    asked_at: Option<UnixSeconds>,
    /// How many refreshes have ended. Callers who waited for one take its outcome.
    ended: u64,
    failure: Option<(UnixSeconds, DingtalkError)>,
}

impl Cache {
    /// `key` is a digest of all that the value belongs to.
    pub fn new(key: String, source: impl Source + 'static, store: Arc<dyn Store>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            key,
            source: Box::new(source),
            store,
            clock,
            refreshing: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            renewing: AtomicBool::new(false),
        })
    }

    /// # Errors
    /// DingTalk's refusal of the one refresh, for every caller who waited for it.
    pub async fn get(self: &Arc<Self>) -> Result<Lent, DingtalkError> {
        if let Some((credential, lent)) = self.usable() {
            self.renew_if_due(&credential);
            return Ok(lent);
        }
        self.refresh().await
    }

    /// Drops a value that DingTalk calls invalid, unless there has been a refresh since it was lent: a hundred callers
    /// with the old one must not each cause a refresh.
    pub fn void(&self, lent: &Lent) {
        let mut state = self.state();
        let is_current = state.current.as_ref().is_some_and(|current| current.value == lent.value);
        // A second caller finds nothing to drop, and the void value stays known.
        if is_current && state.ended == lent.generation {
            state.void = state.current.take().map(|current| current.value);
        }
    }

    pub fn keep_fresh(self: &Arc<Self>) {
        if let Some((credential, _)) = self.usable() {
            self.renew_if_due(&credential);
        }
    }

    /// Looks at what there is, and asks DingTalk for nothing.
    pub async fn status(&self) -> CredentialStatus {
        let current = match self.usable() {
            Some((current, _)) => Some(current),
            None => self.kept().await,
        };
        CredentialStatus {
            first_seen_at: current.as_ref().map(|current| current.first_seen_at),
            expires_at: current.as_ref().map(|current| current.expires_at),
            failure: self.state().failure.clone(),
        }
    }

    fn renew_if_due(self: &Arc<Self>, credential: &Credential) {
        let now = self.clock.now();
        if credential.expires_at - now > MARGIN {
            return;
        }
        let asked_lately = self.state().asked_at.is_some_and(|at| (0..RENEWAL_PAUSE).contains(&(now - at)));
        if asked_lately || self.renewing.swap(true, Ordering::AcqRel) {
            return;
        }
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = cache.renew().await {
                tracing::warn!(%error, "a DingTalk credential could not be renewed; the old one is served while it lasts");
            }
            cache.renewing.store(false, Ordering::Release);
        });
    }

    async fn refresh(&self) -> Result<Lent, DingtalkError> {
        let seen = self.state().ended;
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some((_, lent)) = self.usable() {
            return Ok(lent);
        }
        if let Some(error) = self.recent_failure(seen) {
            return Err(error);
        }
        if let Some(kept) = self.kept().await {
            return Ok(self.adopt(kept));
        }
        match self.turn(|_| true).await {
            Turn::Fetch(claim) => self.ask(claim).await,
            Turn::Kept(lent) => Ok(lent),
        }
    }

    async fn renew(&self) -> Result<(), DingtalkError> {
        let _one_at_a_time = self.refreshing.lock().await;
        match self.turn(|kept| kept.expires_at - self.clock.now() > MARGIN).await {
            Turn::Fetch(claim) => self.ask(claim).await.map(drop),
            Turn::Kept(_) => Ok(()),
        }
    }

    /// Waits until it is ours to ask DingTalk, or another server has stored what will do. The caller holds `refreshing`.
    async fn turn(&self, will_do: impl Fn(&Credential) -> bool) -> Turn {
        loop {
            let claim = self.store.claim(&self.key).await;
            if let Claim::Alone = claim {
                return Turn::Fetch(claim);
            }
            // Looked for under the claim: the last holder has stored its own before giving the claim back.
            if let Some(kept) = self.kept().await.filter(&will_do) {
                return Turn::Kept(self.adopt(kept));
            }
            if let Claim::Ours(_) = claim {
                return Turn::Fetch(claim);
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    fn adopt(&self, kept: Credential) -> Lent {
        let mut state = self.state();
        let lent = Lent { value: kept.value.clone(), generation: state.ended };
        state.current = Some(kept);
        lent
    }

    /// Asks DingTalk. The caller holds `refreshing`.
    async fn ask(&self, claim: Claim) -> Result<Lent, DingtalkError> {
        let outcome = self.source.fetch().await;
        let now = self.clock.now();
        let credential = {
            let mut state = self.state();
            state.ended += 1;
            state.asked_at = Some(now);
            match outcome {
                Err(error) => {
                    state.failure = Some((now, error.clone()));
                    return Err(error);
                }
                Ok((value, lifetime)) => {
                    let first_seen_at = match &state.current {
                        Some(old) if old.value == value => old.first_seen_at,
                        _ => now,
                    };
                    let credential =
                        Credential { value, first_seen_at, expires_at: expiry(now, first_seen_at, lifetime) };
                    state.current = Some(credential.clone());
                    state.void = None;
                    state.failure = None;
                    credential
                }
            }
        };
        let value = credential.value.clone();
        let (store, key) = (Arc::clone(&self.store), self.key.clone());
        // For the next start. A locked file holds up no request.
        let saving = tokio::spawn(async move {
            store.save(&key, &credential).await;
            drop(claim);
        });
        let _ = timeout(LONGEST_SAVE, saving).await;
        Ok(self.lent(value))
    }

    /// What another process, or this one before a restart, has stored.
    async fn kept(&self) -> Option<Credential> {
        let kept = self.store.load(&self.key).await?;
        let void = self.state().void.as_ref() == Some(&kept.value);
        (!void && is_usable(&kept, self.clock.now())).then_some(kept)
    }

    fn lent(&self, value: Secret) -> Lent {
        Lent { value, generation: self.state().ended }
    }

    /// The value and its generation, read together: an old value of the new generation would void the new one.
    fn usable(&self) -> Option<(Credential, Lent)> {
        let now = self.clock.now();
        let state = self.state();
        let credential = state.current.clone().filter(|credential| is_usable(credential, now))?;
        let lent = Lent { value: credential.value.clone(), generation: state.ended };
        Some((credential, lent))
    }

    fn recent_failure(&self, seen: u64) -> Option<DingtalkError> {
        let now = self.clock.now();
        let state = self.state();
        let (at, error) = state.failure.as_ref()?;
        let waited_for_it = state.ended > seen;
        (waited_for_it || (0..HOLD_OFF).contains(&(now - at))).then(|| error.clone())
    }

    fn state(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that was set far back makes every expiry look distant, so such a value is not used either.
fn is_usable(credential: &Credential, now: UnixSeconds) -> bool {
    (1..=DEFAULT_LIFETIME + CLOCKS_DIFFER).contains(&(credential.expires_at - now))
}

fn expiry(now: UnixSeconds, first_seen_at: UnixSeconds, lifetime: Option<i64>) -> UnixSeconds {
    let lifetime = lifetime.filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_LIFETIME);
    let renewed = now + lifetime.clamp(MIN_LIFETIME, DEFAULT_LIFETIME);
    renewed.min(first_seen_at + CEILING).max(now + MIN_LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lifetimes_are_brought_into_bounds() {
        let check = |lifetime, expected: i64| assert_eq!(expiry(1000, 1000, lifetime), 1000 + expected, "{lifetime:?}");
        check(Some(7200), 7200);
        check(None, 7200);
        check(Some(0), 7200);
        check(Some(-5), 7200);
        check(Some(5), 60);
        check(Some(i64::MAX), 7200);
    }

    /// Lends "1", "2" and so on, and keeps what it has lent.
    #[derive(Clone, Default)]
    struct Counting(Arc<Mutex<(u32, Option<Credential>)>>);

    #[async_trait]
    impl Source for Counting {
        async fn fetch(&self) -> Result<(Secret, Option<i64>), DingtalkError> {
            let mut lent = self.0.lock().unwrap();
            lent.0 += 1;
            Ok((Secret::new(lent.0.to_string()), None))
        }
    }

    #[async_trait]
    impl Store for Counting {
        async fn load(&self, _: &str) -> Option<Credential> {
            self.0.lock().unwrap().1.clone()
        }

        async fn save(&self, _: &str, credential: &Credential) {
            self.0.lock().unwrap().1 = Some(credential.clone());
        }
    }

    #[tokio::test]
    async fn a_value_that_two_callers_void_does_not_come_back_from_the_store() {
        let counting = Counting::default();
        let cache = Cache::new(String::new(), counting.clone(), Arc::new(counting.clone()), Clock::standing());
        let (one, other, late) = (cache.get().await.unwrap(), cache.get().await.unwrap(), cache.get().await.unwrap());
        cache.void(&one);
        cache.void(&other);
        assert_eq!(cache.get().await.unwrap().value.expose(), "2");
        cache.void(&late);
        assert_eq!(cache.get().await.unwrap().value.expose(), "2");
        assert_eq!(counting.0.lock().unwrap().0, 2);
    }

    #[test]
    fn a_renewed_value_is_not_served_past_a_day_of_age() {
        let a_day_old_in_an_hour = 100_000 - CEILING + 3600;
        assert_eq!(expiry(100_000, a_day_old_in_an_hour, Some(7200)), 100_000 + 3600);
    }
}
