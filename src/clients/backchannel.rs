//! Tells an app that a session has ended.
//!
//! Each app has a job of its own, so that one that is gone holds up no other. Notices are rows, so that a restart loses none.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

pub use super::notices::Notice;
use super::{notices, subject::person};
use crate::{
    audit::{Actor, Author, Event, RequestOrigin},
    clock::Clock,
    config,
    db::{Conn, Pools},
};

/// Of one call, in total.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many calls an app gets at once.
const AT_ONCE: usize = 32;
/// After a failure the next try is this much later, and then twice as much each time.
const FIRST_WAIT_MS: i64 = 2_000;
const LONGEST_WAIT_MS: i64 = 600_000;
/// About a day.
pub const MOST_ATTEMPTS: i64 = 150;

/// How a protocol tells it.
pub trait Words: Send + Sync + 'static {
    /// What `notices` call the app.
    fn key(&self) -> &str;
    /// The app's name.
    fn client(&self) -> &str;
    /// The form with one field that the app is sent.
    fn call(&self, notice: &Notice) -> impl Future<Output = Result<Call, NotTold>> + Send;
    /// Whether an app that answers with this status has heard it.
    fn is_heard(&self, status: u16) -> bool;
    /// How often the app is told before it is given up.
    fn most_attempts(&self, error: &NotTold) -> i64;
}

pub struct Call {
    pub address: String,
    pub field: &'static str,
    pub value: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    #[error("the app answers {0}")]
    Status(u16),
    #[error("the app does not answer: {0}")]
    Unreachable(reqwest::Error),
    #[error("its address is not in the settings any more")]
    NotListed,
    #[error("it cannot be signed: {0}")]
    NotSigned(Box<dyn std::error::Error + Send + Sync>),
}

/// What calls apps: through the machine's proxy, and past it where an address is this machine's.
#[derive(Clone)]
pub struct Caller {
    proxied: reqwest::Client,
    direct: reqwest::Client,
}

/// One app's notices.
pub struct BackChannel<W> {
    words: W,
    caller: Caller,
    pools: Pools,
    clock: Clock,
}

impl Caller {
    /// # Errors
    /// When the machine's certificates or proxy settings cannot be used.
    pub fn new() -> reqwest::Result<Self> {
        let client = || {
            reqwest::Client::builder()
                .user_agent(concat!("miandeng/", env!("CARGO_PKG_VERSION")))
                .timeout(TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
        };
        Ok(Self { proxied: client().build()?, direct: client().no_proxy().build()? })
    }

    async fn post(&self, call: &Call) -> Result<u16, NotTold> {
        let http = if config::is_local(&call.address) { &self.direct } else { &self.proxied };
        let sent = http.post(&call.address).form(&[(call.field, &call.value)]).send().await;
        Ok(sent.map_err(|error| NotTold::Unreachable(error.without_url()))?.status().as_u16())
    }
}

impl<W: Words> BackChannel<W> {
    pub fn new(words: W, caller: &Caller, pools: &Pools, clock: &Clock) -> Arc<Self> {
        Arc::new(Self { words, caller: caller.clone(), pools: pools.clone(), clock: clock.clone() })
    }

    /// The job's name.
    pub fn name(&self) -> String {
        format!("back-channel-logout {}", self.words.client())
    }

    /// Tells the app what is due.
    ///
    /// # Errors
    /// When the database fails. An app that does not answer is asked again later.
    pub async fn run(self: Arc<Self>) -> sqlx::Result<()> {
        let (mut calls, mut failed) = (JoinSet::new(), None);
        loop {
            // A slow answer keeps one place, and half of the places are filled by one claim.
            let room = AT_ONCE - calls.len();
            if failed.is_none() && room >= AT_ONCE / 2 {
                match self.claim(room).await {
                    Ok(claimed) => claimed.into_iter().for_each(|notice| {
                        let channel = Arc::clone(&self);
                        calls.spawn(async move { channel.settle(&notice).await });
                    }),
                    Err(error) => failed = Some(error),
                }
            }
            // Calls under way go on to their end, or the app would be told again.
            match calls.join_next().await {
                None => return failed.map_or(Ok(()), Err),
                Some(settled) => {
                    let settled = settled.unwrap_or_else(|error| Err(sqlx::Error::Io(error.into())));
                    failed = failed.or(settled.err());
                }
            }
        }
    }

    async fn claim(&self, most: usize) -> sqlx::Result<Vec<Notice>> {
        let (now, key) = (self.clock.now_ms(), self.words.key());
        if !notices::is_any_due(&mut *self.pools.read().await?, key, now).await? {
            return Ok(Vec::new());
        }
        // Another server leaves them alone for as long as the calls may take.
        let again = now + 4 * i64::try_from(TIMEOUT.as_millis()).unwrap_or(i64::MAX);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.pools.transaction(async |db: &mut Conn| notices::claim(db, key, now, again, most).await).await
    }

    async fn settle(&self, notice: &Notice) -> sqlx::Result<()> {
        let told = self.tell(notice).await;
        if let Err(error) = &told {
            let (client, attempts) = (self.words.client(), notice.attempts);
            tracing::warn!(client, attempts, %error, "an app could not be told that a session has ended");
        }
        let note = async |db: &mut Conn| match &told {
            Err(error) if notice.attempts < self.words.most_attempts(error) => {
                notices::put_off(db, notice.id, self.clock.now_ms() + wait_ms(notice.attempts)).await
            }
            _ => {
                notices::remove(db, notice.id).await?;
                self.note(db, notice, told.is_ok()).await
            }
        };
        // Those who hear of hundreds at once share a commit.
        self.pools.group_commit(note).await
    }

    async fn tell(&self, notice: &Notice) -> Result<(), NotTold> {
        let status = self.caller.post(&self.words.call(notice).await?).await?;
        if self.words.is_heard(status) { Ok(()) } else { Err(NotTold::Status(status)) }
    }

    /// The trail's row.
    async fn note(&self, db: &mut Conn, notice: &Notice, told: bool) -> sqlx::Result<()> {
        let client = self.words.client();
        let origin = RequestOrigin { app: client.to_owned(), ..RequestOrigin::default() };
        let entry = Author::new(Actor::System, &self.clock).by_request(origin).entry(Event::SignedOut);
        let entry = match person(&notice.sub) {
            Some((corp_id, userid)) => entry.about(&corp_id, &userid),
            None => entry,
        };
        entry.with("client", client).with("told", told).with("attempts", notice.attempts).write(db).await
    }
}

fn wait_ms(attempts: i64) -> i64 {
    let doublings = (attempts - 1).clamp(0, 20);
    (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_asked_again_soon_and_then_less_and_less_often() {
        let waits: Vec<_> = (1..=11).map(wait_ms).collect();
        assert_eq!(waits[..4], [2_000, 4_000, 8_000, 16_000]);
        assert_eq!(waits[9..], [LONGEST_WAIT_MS; 2]);
        assert_eq!((wait_ms(0), wait_ms(i64::MAX)), (2_000, LONGEST_WAIT_MS));
    }
}
