//! "Open in browser": a link that signs a person in who is signed in already, in another browser. The only place that
//! knows the SQL of `handovers`.
//!
//! The link opens a page that says whose session it starts, with a button, and only the button spends it: what looks at
//! links for a preview spends nothing.

pub mod routes;

use sha2::{Digest, Sha256};

use super::context::SignInContext;
use crate::{
    clock::UnixSeconds,
    db::Conn,
    sessions::{self, Policy},
    users::{self, Status, User},
};

/// How long a link is good for, in seconds.
pub const LIFETIME: i64 = 30;

/// A link's secret: 256 random bits. Only its digest is stored.
pub struct Key(String);

impl Key {
    /// A new one.
    fn random() -> Self {
        Self(crate::random::hex::<32>())
    }

    /// Takes what an address or a form holds, if it has the form of one of ours.
    pub fn read(text: &str) -> Option<Self> {
        let ours = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| Self(text.to_owned()))
    }

    /// What stands in the link.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }
}

/// What became of a link.
pub enum Spent {
    /// A session has begun in this browser.
    SignedIn(User, sessions::Token),
    /// It is unknown, too old, was used, or its session has ended.
    Expired,
    /// The person was disabled meanwhile.
    Disabled(User),
}

impl SignInContext<'_> {
    /// Makes a link of a session, in place of an earlier one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offer_handover(&self, session: i64) -> sqlx::Result<Key> {
        let key = Key::random();
        let mut transaction = self.db.write().await?;
        keep(&mut transaction, &key, session, self.clock.now() + LIFETIME).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// Whose session a link would start, if it is good at this moment. Only reads: any number of robots may look.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn whose_handover(&self, key: &Key) -> sqlx::Result<Option<User>> {
        let (mut reader, now) = (self.db.read().await?, self.clock.now());
        let Some(link) = find(&mut reader, key).await?.filter(|link| link.is_in_time(now)) else { return Ok(None) };
        let policy = Policy::of(self.config);
        let Some(session) = sessions::find_by_id(&mut reader, link.session_id, &policy, now).await? else {
            return Ok(None);
        };
        let user = users::get(&mut reader, session.user_id).await?;
        Ok(user.filter(|user| user.status == Status::Active))
    }

    /// Spends a link: starts a session in this browser in place of the one that it had. All of it is one transaction,
    /// and the person is read inside it. A key that is none costs a read: nobody waits to write because others guess.
    ///
    /// # Errors
    /// When the database fails; the link is then not spent.
    pub async fn spend_handover(&self, key: &Key) -> sqlx::Result<Spent> {
        if find(&mut *self.db.read().await?, key).await?.is_none() {
            return Ok(Spent::Expired);
        }
        let now = self.clock.now();
        let mut transaction = self.db.write().await?;
        let spent = match take(&mut transaction, key).await?.filter(|link| link.is_in_time(now)) {
            None => Spent::Expired,
            Some(link) => self.follow(&mut transaction, link.session_id, now).await?,
        };
        transaction.commit().await?;
        Ok(spent)
    }

    async fn follow(&self, db: &mut Conn, session: i64, now: UnixSeconds) -> sqlx::Result<Spent> {
        // It was in use when the link was made.
        let Some(session) = sessions::find_by_id(db, session, &Policy::of(self.config), now).await? else {
            return Ok(Spent::Expired);
        };
        let user = match users::get(db, session.user_id).await? {
            None => return Ok(Spent::Expired),
            Some(user) if user.status == Status::Disabled => return Ok(Spent::Disabled(user)),
            Some(user) => user,
        };
        let token = sessions::start_beside(db, &session, &self.origin(), now).await?;
        if let Some(previous) = &self.previous {
            sessions::end(db, previous).await?;
        }
        Ok(Spent::SignedIn(user, token))
    }
}

/// Deletes links that nobody used in time. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<u64> {
    Ok(sqlx::query("DELETE FROM handovers WHERE expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}

async fn keep(db: &mut Conn, key: &Key, session: i64, expires_at: UnixSeconds) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO handovers (token_hash, session_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (session_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
    )
    .bind(key.digest())
    .bind(session)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// A link as the table has it.
#[derive(sqlx::FromRow)]
struct Link {
    session_id: i64,
    expires_at: UnixSeconds,
}

impl Link {
    /// A clock that was set back makes an old link no younger.
    fn is_in_time(&self, now: UnixSeconds) -> bool {
        (1..=LIFETIME).contains(&(self.expires_at - now))
    }
}

async fn find(db: &mut Conn, key: &Key) -> sqlx::Result<Option<Link>> {
    let link = sqlx::query_as("SELECT session_id, expires_at FROM handovers WHERE token_hash = $1");
    link.bind(key.digest()).fetch_optional(db).await
}

/// Takes a link away; of any number of callers one gets it.
async fn take(db: &mut Conn, key: &Key) -> sqlx::Result<Option<Link>> {
    let link = sqlx::query_as("DELETE FROM handovers WHERE token_hash = $1 RETURNING session_id, expires_at");
    link.bind(key.digest()).fetch_optional(db).await
}
