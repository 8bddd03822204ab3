//! "Open in browser": a link by which a signed-in person signs in in another browser.
//!
//! The link opens a page that names the person, with a button. Only the button spends the link, because previews and
//! virus scanners open links too.

mod key;
pub mod routes;
mod table;

use self::key::Key;
pub use self::table::{LIFETIME, sweep};
use super::{Admitted, Requester, Services, refusal::SignInRefusal, trail, tries::Tries};
use crate::{
    db::Conn,
    sessions::{self, Policy, Principal},
    users::{self, Status, User},
    web::params::ParamError,
};

/// Makes a link from a session, in place of an earlier one. Too many links are refused.
pub async fn offer(services: Services<'_>, of: &Principal) -> Result<Key, SignInRefusal> {
    if let Some(seconds) = services.limits.handed_over(of.user.id) {
        return Err(SignInRefusal::TooManyLinks { seconds });
    }
    let key = Key::random();
    let mut transaction = services.db.write().await?;
    table::keep(&mut transaction, &key, of.session.id, services.clock.now()).await?;
    transaction.commit().await?;
    Ok(key)
}

/// Whose session a link would start, and for how many seconds it will; or `LinkExpired`. It only reads: any number of
/// robots may look.
pub async fn look_at(services: Services<'_>, key: &Key) -> Result<(User, i64), SignInRefusal> {
    let (mut reader, now) = (services.db.read().await?, services.clock.now());
    let link = table::find_good(&mut reader, key, now).await?.ok_or(SignInRefusal::LinkExpired)?;
    let policy = Policy::of(services.config);
    let session = sessions::find_by_id(&mut reader, link.session_id, &policy, now).await?;
    let session = session.ok_or(SignInRefusal::LinkExpired)?;
    let user = users::get(&mut reader, session.user_id).await?;
    let user = user.filter(|user| user.status == Status::Active).ok_or(SignInRefusal::LinkExpired)?;
    Ok((user, link.left(now)))
}

/// Spends a link. The key is looked up before the limit is asked: it is too long to guess, so somebody with a good link
/// need not wait for others at the same address.
pub async fn arrive(
    services: Services<'_>,
    requester: &Requester<'_>,
    key: Result<Option<Key>, ParamError>,
) -> Result<Admitted, SignInRefusal> {
    let spent = async { spend(services, requester, key?.ok_or(SignInRefusal::LinkExpired)?).await };
    let spent = spent.await;
    let tries = Tries::new(services.limits, requester.address, None);
    if spent.as_ref().is_err_and(SignInRefusal::is_failed_try) {
        tries.check()?;
    }
    trail::refused(services, requester, tries.count(spent)).await
}

/// A wrong key costs only a read, so guesses keep nobody waiting to write. A link that leads to nobody is spent all the
/// same; if the database fails, it is not.
async fn spend(services: Services<'_>, requester: &Requester<'_>, key: Key) -> Result<Admitted, SignInRefusal> {
    if table::find(&mut *services.db.read().await?, &key).await?.is_none() {
        return Err(SignInRefusal::LinkExpired);
    }
    let mut transaction = services.db.write().await?;
    let admitted = follow(&mut transaction, services, requester, &key).await;
    if let Err(SignInRefusal::Database(error)) = admitted {
        return Err(error.into());
    }
    transaction.commit().await?;
    let (admitted, app) = admitted?;
    services.metrics.sign_ins.done(&app, "link", requester.log.elapsed());
    requester.note_person(&admitted.user);
    Ok(admitted)
}

/// Starts a session in place of the browser's own. The person is read in the same transaction.
async fn follow(
    db: &mut Conn,
    services: Services<'_>,
    requester: &Requester<'_>,
    key: &Key,
) -> Result<(Admitted, String), SignInRefusal> {
    let now = services.clock.now();
    let link = table::take(db, key, now).await?.ok_or(SignInRefusal::LinkExpired)?;
    // The session was in use when the link was made.
    let session = sessions::find_by_id(db, link.session_id, &Policy::of(services.config), now).await?;
    let session = session.ok_or(SignInRefusal::LinkExpired)?;
    let user = users::get(db, session.user_id).await?.ok_or(SignInRefusal::LinkExpired)?;
    if user.status == Status::Disabled {
        return Err(SignInRefusal::Disabled(user.into()));
    }
    let (token, app) = sessions::start_beside(db, &session, &requester.origin(), now).await?;
    if let Some(previous) = &requester.previous {
        sessions::end(db, previous).await?;
    }
    trail::signed_in(db, services, requester, &user, &app, "link").await?;
    Ok((Admitted { user, token }, app))
}
