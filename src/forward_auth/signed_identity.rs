//! Signs identities: which keys there are, which one signs, and tokens that are good for a second request.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use moka::sync::Cache;
use ring::error::Unspecified;
use tokio::sync::Mutex;

use super::{
    rotation,
    rules::Rules,
    token::{Claims, LIFETIME, PublicKey, SigningKey},
};
use crate::{
    clock::{Clock, UnixSeconds},
    config::Config,
    db::{Conn, Pools},
    server_keys,
    sessions::SignedIn,
    users::User,
};

/// The names of these keys in `server_keys` begin so; the rest is the key's id.
const PREFIX: &str = "identity-";
/// So often, in seconds, the table is read again: another process may have made a key.
const READ_AGAIN: i64 = 60;
/// So many tokens are remembered, about a kilobyte each.
const MOST_TOKENS: u64 = 10_000;

/// Why identities cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The table does not answer.
    #[error("the signing keys cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// A key was damaged, or the machine has no randomness.
    #[error("the signing key {0:?} cannot be made or used")]
    Unusable(String),
}

/// The signer of identities; `signed_identity = true`.
pub struct SignedIdentity {
    issuer: String,
    pools: Pools,
    clock: Clock,
    keys: RwLock<Arc<Keys>>,
    refreshing: Mutex<()>,
    tokens: Cache<Place, Arc<Issued>>,
}

/// What a token was given out for: a session, the app's host, and the rules that let the person in.
type Place = (i64, String, String);

/// The keys at one moment, the oldest first, and at least one.
struct Keys {
    list: Vec<SigningKey>,
    read_at: UnixSeconds,
}

/// A token that was given out.
struct Issued {
    user: User,
    at: UnixSeconds,
    token: String,
}

impl SignedIdentity {
    /// Reads the keys, and makes the first one.
    ///
    /// # Errors
    /// When the database fails, or a key in it is damaged.
    pub async fn open(config: &Config, pools: &Pools, clock: &Clock) -> Result<Self, KeyError> {
        let keys = Keys::read(pools, clock.now()).await?;
        Ok(Self {
            issuer: config.public_url.origin().to_owned(),
            pools: pools.clone(),
            clock: clock.clone(),
            keys: RwLock::new(Arc::new(keys)),
            refreshing: Mutex::new(()),
            // Their lifetime is judged by our own clock; this only gives memory back.
            tokens: Cache::builder()
                .max_capacity(MOST_TOKENS)
                .time_to_live(Duration::from_secs(LIFETIME.unsigned_abs()))
                .build(),
        })
    }

    /// A token about a person for the app on `host`, whose `rules` let the person in: the last one again during half its
    /// life, unless the person's row has changed.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub(super) async fn token(&self, who: &SignedIn, host: &str, rules: &Rules) -> Result<String, Unspecified> {
        let now = self.clock.now();
        let place = (who.session.id, host.to_owned(), rules.as_str().to_owned());
        if let Some(issued) = self.tokens.get(&place)
            && issued.user == who.user
            && (0..LIFETIME / 2).contains(&(now - issued.at))
        {
            return Ok(issued.token.clone());
        }
        let keys = self.keys().await;
        let claims = Claims::new(&self.issuer, host, &who.user, rules.as_str(), now);
        let token = keys.signer(now).ok_or(Unspecified)?.sign(&claims)?;
        self.tokens.insert(place, Arc::new(Issued { user: who.user.clone(), at: now, token: token.clone() }));
        Ok(token)
    }

    /// The keys that verify the tokens of now, of the last day, and of the next hour.
    pub(super) async fn key_set(&self) -> Vec<PublicKey> {
        self.keys().await.list.iter().map(SigningKey::public).collect()
    }

    /// The keys, read again now and then. Who asks while somebody reads takes those of before; so does everybody while
    /// the table does not answer.
    async fn keys(&self) -> Arc<Keys> {
        let known = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let now = self.clock.now();
        if (0..READ_AGAIN).contains(&(now - known.read_at)) {
            return known;
        }
        let Ok(_one_at_a_time) = self.refreshing.try_lock() else { return known };
        match Keys::read(&self.pools, now).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
                keys
            }
            Err(error) => {
                tracing::warn!(%error, "the keys that sign identities stay as they are");
                known
            }
        }
    }
}

impl Keys {
    /// Reads the table; makes a key if one is due, and forgets those that have had their time.
    async fn read(pools: &Pools, now: UnixSeconds) -> Result<Self, KeyError> {
        let mut keys = Self::list(&mut *pools.read().await?, now).await?;
        if keys.is_settled(now) {
            return Ok(keys);
        }
        // Read again under the lock: of several processes one makes the key.
        let mut transaction = pools.write().await?;
        keys = Self::list(&mut transaction, now).await?;
        if rotation::is_due(&keys.made(), now) {
            let kid = crate::random::hex::<8>();
            let unusable = |_| KeyError::Unusable(kid.clone());
            let secret = SigningKey::generate().map_err(unusable)?;
            server_keys::add(&mut transaction, &format!("{PREFIX}{kid}"), &secret, now).await?;
            keys.list.push(SigningKey::new(kid.clone(), &secret, now).map_err(unusable)?);
            tracing::info!(kid, "a key that signs identities was made");
        }
        let outlived = rotation::outlived(&keys.made(), now);
        for key in keys.list.drain(..outlived) {
            server_keys::remove(&mut transaction, &format!("{PREFIX}{}", key.kid)).await?;
        }
        transaction.commit().await?;
        Ok(keys)
    }

    async fn list(db: &mut Conn, now: UnixSeconds) -> Result<Self, KeyError> {
        let rows = server_keys::list(db, PREFIX).await?.into_iter();
        let keys = rows.map(|row| {
            let kid = row.name.strip_prefix(PREFIX).unwrap_or_default().to_owned();
            SigningKey::new(kid, &row.value, row.created_at).map_err(|_| KeyError::Unusable(row.name))
        });
        Ok(Self { list: keys.collect::<Result<_, _>>()?, read_at: now })
    }

    fn signer(&self, now: UnixSeconds) -> Option<&SigningKey> {
        self.list.get(rotation::signer(&self.made(), now))
    }

    fn is_settled(&self, now: UnixSeconds) -> bool {
        let made = self.made();
        !rotation::is_due(&made, now) && rotation::outlived(&made, now) == 0
    }

    fn made(&self) -> Vec<UnixSeconds> {
        self.list.iter().map(|key| key.created_at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_several_processes_one_makes_the_key_and_the_others_find_it() {
        let (folder, pools) = crate::db::open_temporary().await;
        let file = folder.path().join("test.db");
        let other = Pools::open(&file.to_string_lossy()).await.expect("the same file");
        for now in [1_000_000, 1_000_000 + 31 * 86_400] {
            let (a, b) = tokio::join!(Keys::read(&pools, now), Keys::read(&other, now));
            let kids = |keys: Result<Keys, KeyError>| {
                keys.expect("keys").list.iter().map(|key| key.kid.clone()).collect::<Vec<_>>()
            };
            let (a, b) = (kids(a), kids(b));
            assert_eq!(a, b);
            assert_eq!(a.len(), if now == 1_000_000 { 1 } else { 2 });
        }
    }
}
