//! Who DingTalk says somebody is: an employee by a micro-app's code, a follower by a service window's, and in an
//! ordinary browser a person whose membership must be proved.

use super::{ReceivedCode, Services, Way, refusal::SignInRefusal};
use crate::{
    config::AppKind,
    dingtalk::{Contact, DingtalkApp, DingtalkError, Follower, Identity, Turn, web_login::Visitor},
    ids::UnionId,
    users::{self, User},
};

/// Spends a code, in the way of its app's kind. Refuses anyone but employees.
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

/// A row with this unionid decides; DingTalk is asked a second time only without one.
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

/// Asks DingTalk, by the corp's own token, who a unionid is in the corp.
///
/// In an ordinary browser it is always asked. A DingTalk account says nothing about the corp, and a row may outlive the
/// employment; inside DingTalk, the client shows the page to members only.
async fn proven_employee(app: &DingtalkApp, unionid: UnionId) -> Result<Identity, SignInRefusal> {
    match app.contact(&unionid).await? {
        Contact::Employee(userid) => Ok(Identity { userid, unionid: Some(unionid), name: None }),
        Contact::External => Err(SignInRefusal::ExternalContact),
        Contact::Stranger => Err(SignInRefusal::Stranger),
    }
}
