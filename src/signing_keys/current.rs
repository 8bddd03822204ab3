//! The keys in use, and which of them signs.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use serde::Serialize;
use tokio::sync::Mutex;

use super::{
    jwt::{self, SignError},
    key::{Algorithm, PublicKey, SigningKey},
    rotation, table,
    verify::{self, Verified},
};
use crate::{
    clock::{Clock, UnixSeconds},
    db::{Conn, Pools},
};

/// Seconds after which the table is read again: another process may have made a key.
const READ_AGAIN: i64 = 60;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the signing keys cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the signing key {0:?} in server_keys is damaged; delete that row and start again")]
    Damaged(String),
    /// The machine has no randomness or no memory.
    #[error("no signing key for {0:?} can be made")]
    NotMade(Algorithm),
}

/// Clones share the keys.
#[derive(Clone)]
pub struct SigningKeys(Arc<Shared>);

struct Shared {
    pools: Pools,
    clock: Clock,
    algorithms: Vec<Algorithm>,
    keys: RwLock<Arc<Keys>>,
    refreshing: Mutex<()>,
    /// How many times the table was read since the start.
    reads: AtomicU64,
}

/// At least one of each algorithm in use, the oldest first; and those of other algorithms whose tokens may still be good.
struct Keys {
    list: Vec<SigningKey>,
    in_use: Vec<Algorithm>,
    read_at: UnixSeconds,
}

impl SigningKeys {
    /// Reads the keys of these algorithms, and makes a missing one.
    pub async fn open(
        pools: &Pools,
        clock: &Clock,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, KeyError> {
        let mut all: Vec<Algorithm> = Vec::new();
        for algorithm in algorithms {
            if !all.contains(&algorithm) {
                all.push(algorithm);
            }
        }
        let algorithms = all;
        let keys = Keys::read(pools, &algorithms, clock.now()).await?;
        Ok(Self(Arc::new(Shared {
            pools: pools.clone(),
            clock: clock.clone(),
            algorithms,
            keys: RwLock::new(Arc::new(keys)),
            refreshing: Mutex::new(()),
            reads: AtomicU64::new(0),
        })))
    }

    /// `typ`: the kind of token, different for each kind, since all share the keys; "" names none.
    pub async fn sign(&self, algorithm: Algorithm, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
        let keys = self.0.keys().await;
        let key = keys.signer(algorithm, self.0.clock.now()).ok_or(SignError::NoKey(algorithm))?;
        jwt::sign(key, typ, claims)
    }

    /// What a token says that these keys have signed, as long as its key is published; whether it has expired is the
    /// caller's to judge.
    pub async fn verify(&self, token: &str) -> Option<Verified> {
        let header = verify::header(token)?;
        let mut keys = self.0.keys().await;
        if keys.find(&header).is_none() {
            keys = self.0.keys_of_all_servers().await;
        }
        verify::verify(keys.find(&header)?, header, token)
    }

    /// The keys of tokens from the last day to the next hour.
    pub(super) async fn published(&self) -> Vec<PublicKey> {
        self.0.keys_of_all_servers().await.list.iter().map(SigningKey::public).collect()
    }
}

impl Shared {
    /// Reads the table again at times. Callers get the previous keys while another one reads, or if the table does not
    /// answer.
    async fn keys(&self) -> Arc<Keys> {
        let known = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let now = self.clock.now();
        if (0..READ_AGAIN).contains(&(now - known.read_at)) {
            return known;
        }
        let Ok(_one_at_a_time) = self.refreshing.try_lock() else { return known };
        self.read(known).await
    }

    /// With those that another server has made just now: where a setting wants another algorithm, the first key of it signs
    /// at once, and the app that verifies may ask this server.
    async fn keys_of_all_servers(&self) -> Arc<Keys> {
        if !self.pools.is_shared() {
            return self.keys().await;
        }
        let came = self.reads.load(Ordering::Acquire);
        let _one_at_a_time = self.refreshing.lock().await;
        let known = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        // The second read to end since then began after we came.
        if self.reads.load(Ordering::Acquire) >= came + 2 {
            return known;
        }
        self.read(known).await
    }

    /// The caller holds `refreshing`.
    async fn read(&self, known: Arc<Keys>) -> Arc<Keys> {
        let read = Keys::read(&self.pools, &self.algorithms, self.clock.now()).await;
        self.reads.fetch_add(1, Ordering::AcqRel);
        match read {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
                keys
            }
            Err(error) => {
                tracing::warn!(%error, "the signing keys stay as they are");
                known
            }
        }
    }
}

impl Keys {
    async fn read(pools: &Pools, algorithms: &[Algorithm], now: UnixSeconds) -> Result<Self, KeyError> {
        let keys = Self::list(&mut *pools.read().await?, algorithms, now).await?;
        let is_due = algorithms.iter().any(|algorithm| rotation::is_due(&keys.made(*algorithm), now));
        if !is_due && Algorithm::ALL.iter().all(|algorithm| keys.outlived(*algorithm, now).is_empty()) {
            return Ok(keys);
        }
        pools.transaction(async |tx| Self::rotated(tx, algorithms, now).await).await
    }

    /// Makes the keys that are due, and removes the outlived ones.
    async fn rotated(db: &mut Conn, algorithms: &[Algorithm], now: UnixSeconds) -> Result<Self, KeyError> {
        // Read again under the lock, so that only one process makes the key.
        let keys = Self::list(db, algorithms, now).await?;
        for algorithm in algorithms {
            if rotation::is_due(&keys.made(*algorithm), now) {
                make(db, *algorithm, now).await?;
            }
        }
        // Read back, so that every process has the new keys in the same order.
        let mut keys = Self::list(db, algorithms, now).await?;
        let outlived: Vec<_> = Algorithm::ALL.iter().flat_map(|algorithm| keys.outlived(*algorithm, now)).collect();
        for (name, kid) in outlived {
            table::remove(db, &name).await?;
            keys.list.retain(|key| key.kid != kid);
        }
        Ok(keys)
    }

    async fn list(db: &mut Conn, algorithms: &[Algorithm], now: UnixSeconds) -> Result<Self, KeyError> {
        let mut list = Vec::new();
        let others = Algorithm::ALL.iter().filter(|algorithm| !algorithms.contains(algorithm));
        for algorithm in algorithms.iter().chain(others) {
            let prefix = algorithm.prefix();
            for row in table::list(db, prefix).await? {
                let kid = row.name.strip_prefix(prefix).unwrap_or_default().to_owned();
                match SigningKey::new(*algorithm, kid, &row.value, row.created_at) {
                    Ok(key) => list.push(key),
                    Err(_) if algorithms.contains(algorithm) => return Err(KeyError::Damaged(row.name)),
                    // It signs nothing.
                    Err(_) => {}
                }
            }
        }
        Ok(Self { list, in_use: algorithms.to_vec(), read_at: now })
    }

    fn find(&self, header: &verify::Header) -> Option<&SigningKey> {
        self.list.iter().find(|key| key.kid == header.kid && key.algorithm() == header.alg)
    }

    fn signer(&self, algorithm: Algorithm, now: UnixSeconds) -> Option<&SigningKey> {
        if !self.in_use.contains(&algorithm) {
            return None;
        }
        self.of(algorithm).nth(rotation::signer(&self.made(algorithm), now))
    }

    /// Names in the table, and kids.
    fn outlived(&self, algorithm: Algorithm, now: UnixSeconds) -> Vec<(String, String)> {
        let made = self.made(algorithm);
        let outlived = match self.in_use.contains(&algorithm) {
            true => rotation::outlived(&made, now),
            false => rotation::outlived_without_use(&made, now),
        };
        self.of(algorithm).take(outlived).map(|key| (table_name(algorithm, &key.kid), key.kid.clone())).collect()
    }

    fn made(&self, algorithm: Algorithm) -> Vec<UnixSeconds> {
        self.of(algorithm).map(|key| key.created_at).collect()
    }

    fn of(&self, algorithm: Algorithm) -> impl Iterator<Item = &SigningKey> {
        self.list.iter().filter(move |key| key.algorithm() == algorithm)
    }
}

async fn make(db: &mut Conn, algorithm: Algorithm, now: UnixSeconds) -> Result<(), KeyError> {
    let kid = crate::random::hex::<8>();
    // An RSA key takes a tenth of a second, too long for a thread that serves requests.
    let secret = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
    let secret = secret.ok().and_then(Result::ok).ok_or(KeyError::NotMade(algorithm))?;
    table::add(db, &table_name(algorithm, &kid), &secret, now).await?;
    tracing::info!(kid, ?algorithm, "a signing key was made");
    Ok(())
}

fn table_name(algorithm: Algorithm, kid: &str) -> String {
    format!("{}{kid}", algorithm.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
    const MONTH: i64 = 30 * 86_400;

    fn kids(keys: &Keys) -> Vec<&str> {
        keys.list.iter().map(|key| key.kid.as_str()).collect()
    }

    #[tokio::test]
    async fn of_several_processes_one_makes_the_keys_and_the_others_find_them() {
        let (folder, pools) = crate::db::open_temporary().await;
        let file = folder.path().join("test.db");
        let other = Pools::open(&file.to_string_lossy()).await.expect("the same file");
        for (now, keys) in [(1_000_000, 3), (1_000_000 + MONTH, 6)] {
            let (a, b) = tokio::join!(Keys::read(&pools, &ALL, now), Keys::read(&other, &ALL, now));
            let (a, b) = (a.expect("keys"), b.expect("keys"));
            assert_eq!((kids(&a), a.list.len()), (kids(&b), keys));
        }
    }

    #[tokio::test]
    async fn each_algorithm_has_a_rotation_of_its_own_from_the_day_it_is_wanted() {
        let (_folder, pools) = crate::db::open_temporary().await;
        let read = async |algorithms: &[Algorithm], now| Keys::read(&pools, algorithms, now).await.expect("keys");
        let first = read(&[Algorithm::Es256], 0).await;
        let signer = |keys: &Keys, algorithm, now| keys.signer(algorithm, now).map(|key| key.kid.clone());
        assert_eq!(signer(&first, Algorithm::Rs256, 0), None);

        let wanted = MONTH - 1;
        let both = read(&[Algorithm::Es256, Algorithm::Rs256], wanted).await;
        assert!(signer(&both, Algorithm::Rs256, wanted).is_some(), "it signs from the start");
        assert_eq!(signer(&both, Algorithm::Es256, wanted), signer(&first, Algorithm::Es256, 0));
        for (now, es256, rs256) in [(MONTH, 2, 1), (2 * MONTH - 1, 1, 2), (2 * MONTH, 2, 2)] {
            let keys = read(&[Algorithm::Es256, Algorithm::Rs256], now).await;
            assert_eq!((keys.of(Algorithm::Es256).count(), keys.of(Algorithm::Rs256).count()), (es256, rs256), "{now}");
        }
    }

    #[tokio::test]
    async fn a_key_whose_algorithm_nobody_uses_any_more_is_published_until_its_tokens_have_run_out() {
        let (_folder, pools) = crate::db::open_temporary().await;
        let read = async |algorithms: &[Algorithm], now| Keys::read(&pools, algorithms, now).await.expect("keys");
        read(&[Algorithm::Es256, Algorithm::Rs256], 0).await;
        let last_day = MONTH + 86_400 + 3_599;
        for (now, count) in [(1, 1), (MONTH, 1), (last_day, 1), (last_day + 1, 0)] {
            let keys = read(&[Algorithm::Rs256], now).await;
            assert_eq!(keys.of(Algorithm::Es256).count(), count, "{now}");
            assert!(keys.signer(Algorithm::Es256, now).is_none() && keys.signer(Algorithm::Rs256, now).is_some());
        }
        let again = read(&[Algorithm::Es256], last_day + 2).await;
        assert_eq!(again.signer(Algorithm::Es256, last_day + 2).map(|key| key.created_at), Some(last_day + 2));
        assert!(again.of(Algorithm::Rs256).count() > 0, "nor when no other has taken its place");
    }

    #[tokio::test]
    async fn a_token_is_signed_only_with_an_algorithm_that_is_in_use() {
        let (_folder, pools) = crate::db::open_temporary().await;
        let keys = SigningKeys::open(&pools, &Clock::system(), [Algorithm::EdDsa]).await.expect("keys");
        assert!(keys.sign(Algorithm::EdDsa, "JWT", &()).await.is_ok());
        let refused = keys.sign(Algorithm::Rs256, "JWT", &()).await;
        assert!(matches!(refused, Err(SignError::NoKey(Algorithm::Rs256))), "{refused:?}");
        let none = SigningKeys::open(&pools, &Clock::system(), []).await.expect("no keys");
        assert!(none.sign(Algorithm::EdDsa, "JWT", &()).await.is_err());
        assert_eq!(none.published().await.len(), 1, "what it has signed is still good");
    }

    #[tokio::test]
    async fn a_damaged_key_is_named() {
        let (_folder, pools) = crate::db::open_temporary().await;
        let mut transaction = pools.write().await.unwrap();
        table::add(&mut transaction, "signing-rs256-aa", b"no key", 0).await.unwrap();
        transaction.commit().await.unwrap();
        let error = SigningKeys::open(&pools, &Clock::system(), ALL).await.map(drop).unwrap_err().to_string();
        assert!(error.contains("\"signing-rs256-aa\" in server_keys is damaged"), "{error}");
        assert!(SigningKeys::open(&pools, &Clock::system(), [Algorithm::Es256]).await.is_ok(), "not in use");
    }
}
