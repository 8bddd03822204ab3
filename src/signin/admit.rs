//! From an employee named by DingTalk to a row of ours and a session.

use super::{Admitted, Requester, Services, Way, refusal::SignInRefusal, trail};
use crate::{
    audit::Actor,
    clock::UnixSeconds,
    config::UnknownUsers,
    db::Conn,
    dingtalk::{DingtalkApp, DingtalkError, Identity},
    people::{self, By, Reason},
    sessions::{self, Policy, Token},
    users::{self, NewUser, Status, User},
};

/// Starts a session for an employee, in place of any session that this browser had.
pub async fn admit(
    services: Services<'_>,
    requester: &Requester<'_>,
    app: &DingtalkApp,
    identity: Identity,
    way: Way,
) -> Result<Admitted, SignInRefusal> {
    let newcomer = newcomer(services, app, &identity).await?;

    let admitted = services
        .db
        .group_commit(async |db: &mut Conn| start_session(db, services, requester, app, identity, newcomer, way).await)
        .await?;
    requester.note_person(&admitted.user);
    Ok(admitted)
}

/// The person is read where the session is written, so somebody disabled at this moment gets none.
async fn start_session(
    db: &mut Conn,
    services: Services<'_>,
    requester: &Requester<'_>,
    app: &DingtalkApp,
    identity: Identity,
    newcomer: Option<NewUser>,
    way: Way,
) -> Result<Admitted, SignInRefusal> {
    let now = services.clock.now();
    let known = users::find(db, &app.config.corp_id, &identity.userid).await?;
    let app = &app.config.name;
    let user = match (known, newcomer) {
        (Some(user), _) if user.status == Status::Disabled => return Err(SignInRefusal::Disabled(identity.into())),
        (Some(user), _) => user,
        (None, Some(newcomer)) => {
            let by =
                By::new(Actor::Dingtalk, Reason::FirstSignIn, services.clock).by_request(requester.trail_origin(app));
            people::add(db, &by, newcomer).await?
        }
        (None, None) => return Err(SignInRefusal::NotListed(identity.into())),
    };
    let token = session_of(db, services, requester, &user, app, now).await?;
    users::signed_in(db, user.id, now).await?;
    trail::signed_in(db, services, requester, &user, app, way.as_str()).await?;
    Ok(Admitted { user, token })
}

/// Goes on with the browser's session if it is this person's, so that no app hears of an end; anybody else's ends. Its
/// token is another one either way: one that somebody planted there opens nothing.
async fn session_of(
    db: &mut Conn,
    services: Services<'_>,
    requester: &Requester<'_>,
    user: &User,
    app: &str,
    now: UnixSeconds,
) -> sqlx::Result<Token> {
    let from = requester.origin();
    if let Some(previous) = &requester.previous {
        match sessions::find(db, previous, &Policy::of(services.config), now).await? {
            Some(session) if session.user_id == user.id => return sessions::renew(db, &session, app, &from, now).await,
            _ => drop(sessions::end(db, previous).await?),
        }
    }
    sessions::start(db, user, app, &from, now).await
}

/// Adds an employee who signs in for the first time, if `unknown_users` allows it.
///
/// The details must be readable. The departments need another permission and a walk through the directory: if that
/// fails, the person gets in without them and the log says why.
async fn newcomer(
    services: Services<'_>,
    app: &DingtalkApp,
    identity: &Identity,
) -> Result<Option<NewUser>, SignInRefusal> {
    if services.config.unknown_users != UnknownUsers::Create {
        return Ok(None);
    }
    let corp_id = &app.config.corp_id;
    if users::find(&mut *services.db.read().await?, corp_id, &identity.userid).await?.is_some() {
        return Ok(None);
    }
    let mut employee = app.employee(&identity.userid).await?;
    employee.name = employee.name.or_else(|| identity.name.clone());
    employee.unionid = employee.unionid.or_else(|| identity.unionid.clone());
    let departments = app.department_paths(&employee.departments).await.unwrap_or_else(|error: DingtalkError| {
        tracing::warn!(%error, app = app.config.name, "a newcomer's departments could not be read");
        Vec::new()
    });
    Ok(Some(users::newcomer(corp_id.clone(), identity.userid.clone(), &employee, &departments)))
}
