//! Tells an app that a session has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! Each app has a job of its own, so that one that is gone holds up no other. Notices are rows, so that a restart loses none.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    algorithm,
    notices::{self, Notice},
    subject::person,
};
use crate::{
    audit::{Actor, Author, Event, RequestOrigin},
    clock::{Clock, UnixSeconds},
    config::{self, Client},
    db::{Conn, Pools},
    random,
    signing_keys::{SignError, SigningKeys},
};

const LOGOUT_TOKEN: &str = "logout+jwt";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Seconds.
const TOKEN_LIFETIME: i64 = 120;
/// Of one call, in total.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many calls an app gets at once.
const AT_ONCE: usize = 32;
/// After a failure the next try is this much later, and then twice as much each time.
const FIRST_WAIT_MS: i64 = 2_000;
const LONGEST_WAIT_MS: i64 = 600_000;
/// About a day.
const MOST_ATTEMPTS: i64 = 150;

/// One app's notices.
pub struct BackChannel {
    issuer: String,
    client: Client,
    address: String,
    http: reqwest::Client,
    pools: Pools,
    keys: SigningKeys,
    clock: Clock,
}

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: UnixSeconds,
    exp: UnixSeconds,
    jti: String,
    sid: &'a str,
    events: Value,
}

#[derive(Debug, thiserror::Error)]
enum NotTold {
    #[error("the app answers {0}")]
    Status(u16),
    #[error("the app does not answer: {0}")]
    Unreachable(reqwest::Error),
    #[error(transparent)]
    NotSigned(#[from] SignError),
}

impl BackChannel {
    /// `None` for an app that wants to hear nothing.
    ///
    /// # Errors
    /// When the machine's certificates or proxy settings cannot be used.
    pub fn new(
        issuer: &str,
        client: &Client,
        pools: &Pools,
        keys: &SigningKeys,
        clock: &Clock,
    ) -> reqwest::Result<Option<Arc<Self>>> {
        let Some(address) = client.backchannel_logout_uri.clone() else { return Ok(None) };
        let http = reqwest::Client::builder()
            .user_agent(concat!("miandeng/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        let http = if config::is_local(&address) { http.no_proxy() } else { http };
        Ok(Some(Arc::new(Self {
            issuer: issuer.to_owned(),
            client: client.clone(),
            address,
            http: http.build()?,
            pools: pools.clone(),
            keys: keys.clone(),
            clock: clock.clone(),
        })))
    }

    /// The job's name.
    pub fn name(&self) -> String {
        format!("back-channel-logout {}", self.client.name)
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
        let (now, client_id) = (self.clock.now_ms(), self.client.client_id.as_str());
        if !notices::is_any_due(&mut *self.pools.read().await?, client_id, now).await? {
            return Ok(Vec::new());
        }
        // Another server leaves them alone for as long as the calls may take.
        let again = now + 4 * i64::try_from(TIMEOUT.as_millis()).unwrap_or(i64::MAX);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.pools.transaction(async |db: &mut Conn| notices::claim(db, client_id, now, again, most).await).await
    }

    async fn settle(&self, notice: &Notice) -> sqlx::Result<()> {
        let told = self.tell(notice).await;
        if let Err(error) = &told {
            let (client, attempts) = (self.client.name.as_str(), notice.attempts);
            tracing::warn!(client, attempts, %error, "an app could not be told that a session has ended");
        }
        let note = async |db: &mut Conn| match &told {
            Err(_) if notice.attempts < MOST_ATTEMPTS => {
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
        let iat = self.clock.now();
        let token = LogoutToken {
            iss: &self.issuer,
            sub: &notice.sub,
            aud: &self.client.client_id,
            iat,
            exp: iat + TOKEN_LIFETIME,
            jti: random::hex::<16>(),
            sid: &notice.sid,
            events: json!({ EVENT: {} }),
        };
        let token = self.keys.sign(algorithm(&self.client), LOGOUT_TOKEN, &token).await?;
        let call = self.http.post(&self.address).form(&[("logout_token", &token)]);
        let answer = call.send().await.map_err(|error| NotTold::Unreachable(error.without_url()))?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            status => Err(NotTold::Status(status)),
        }
    }

    /// The trail's row.
    async fn note(&self, db: &mut Conn, notice: &Notice, told: bool) -> sqlx::Result<()> {
        let origin = RequestOrigin { app: self.client.name.clone(), ..RequestOrigin::default() };
        let entry = Author::new(Actor::System, &self.clock).by_request(origin).entry(Event::SignedOut);
        let entry = match person(&notice.sub) {
            Some((corp_id, userid)) => entry.about(&corp_id, &userid),
            None => entry,
        };
        let entry = entry.with("client", self.client.name.clone()).with("told", told);
        entry.with("attempts", notice.attempts).write(db).await
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
