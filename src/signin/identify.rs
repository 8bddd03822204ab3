//! Whom DingTalk vouches for: of a micro-app an employee, of a service window a follower who is one, and in an ordinary
//! browser somebody who proves to be one.

use super::{ReceivedCode, Services, Way, refusal::SignInRefusal};
use crate::{
    config::AppKind,
    dingtalk::{Contact, DingtalkApp, DingtalkError, Follower, Identity, Turn, web_login::Visitor},
    ids::UnionId,
    users::{self, User},
};

/// Exchanges a code by its way and its app's kind, which spends it.
///
/// # Errors
/// When the code is not good, DingTalk does not answer, or whom it names is no employee.
pub async fn identify(services: Services<'_>, code: &ReceivedCode<'_>, turn: Turn) -> Result<Identity, SignInRefusal> {
    let (app, secret) = (code.app, &code.secret);
    match (code.way, &app.config.kind) {
        (Way::Browser, _) => match app.visitor(secret, turn).await? {
            Visitor::Known(unionid) => proven_employee(app, unionid).await,
            Visitor::Foreign => Err(SignInRefusal::Stranger),
        },
        (Way::Client, AppKind::MicroApp) => app.exchange(secret, turn).await.map_err(|error| match error {
            DingtalkError::NoSuchUser(_) => SignInRefusal::Stranger,
            error => error.into(),
        }),
        (Way::Client, AppKind::Channel { .. }) => match app.follower(secret, turn).await? {
            Follower::Unfollowed => Err(SignInRefusal::Unfollowed),
            Follower::Known(unionid) => employee_behind(services, app, unionid).await,
        },
    }
}

/// A row with this unionid decides; only without one is DingTalk asked a second time.
async fn employee_behind(
    services: Services<'_>,
    app: &DingtalkApp,
    unionid: UnionId,
) -> Result<Identity, SignInRefusal> {
    let known = users::find_by_unionid(&mut *services.db.read().await?, &app.config.corp_id, &unionid).await?;
    match known {
        Some(User { userid, name, .. }) => Ok(Identity { userid, unionid: Some(unionid), name: Some(name) }),
        None => proven_employee(app, unionid).await,
    }
}

/// DingTalk says who it is in the corp, by the corp's own token.
///
/// In an ordinary browser it is always asked. A DingTalk account says nothing about the corp, and a row may outlive the
/// employment; inside the client it is the client that shows the page to members only.
async fn proven_employee(app: &DingtalkApp, unionid: UnionId) -> Result<Identity, SignInRefusal> {
    match app.contact(&unionid).await? {
        Contact::Employee(userid) => Ok(Identity { userid, unionid: Some(unionid), name: None }),
        Contact::External => Err(SignInRefusal::ExternalContact),
        Contact::Stranger => Err(SignInRefusal::Stranger),
    }
}
