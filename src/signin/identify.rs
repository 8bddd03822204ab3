//! Whom DingTalk vouches for: of a micro-app an employee, of a service window a follower who is one, and in an ordinary
//! browser somebody who proves to be one.

use super::{Failure, NotListed, SignIn, Way};
use crate::{
    config::AppKind,
    dingtalk::{Contact, DingtalkApp, DingtalkError, Follower, Identity, Turn, web_login::Visitor},
    ids::UnionId,
    secret::Secret,
    users::{self, User},
};

impl SignIn<'_> {
    /// Exchanges a code of its way and of the app's kind, which spends it: the employee, or why it is none.
    pub(super) async fn who_is_it(
        self,
        app: &DingtalkApp,
        code: &Secret,
        way: Way,
        turn: Turn,
    ) -> Result<Result<Identity, NotListed>, Failure> {
        if let Way::Browser = way {
            return match app.visitor(code, turn).await? {
                Visitor::Known(unionid) => proven_employee(app, unionid).await,
                Visitor::Foreign => Ok(Err(NotListed::Stranger)),
            };
        }
        if let AppKind::MicroApp = app.config.kind {
            return match app.exchange(code, turn).await {
                Ok(identity) => Ok(Ok(identity)),
                Err(DingtalkError::NoSuchUser(_)) => Ok(Err(NotListed::Stranger)),
                Err(error) => Err(error.into()),
            };
        }
        match app.follower(code, turn).await? {
            Follower::Unfollowed => Ok(Err(NotListed::Unfollowed)),
            Follower::Known(unionid) => self.employee_behind(app, unionid).await,
        }
    }

    /// A row with this unionid decides; only without one is DingTalk asked a second time.
    async fn employee_behind(
        self,
        app: &DingtalkApp,
        unionid: UnionId,
    ) -> Result<Result<Identity, NotListed>, Failure> {
        let known = users::find_by_unionid(&mut *self.pools.read().await?, &app.config.corp_id, &unionid).await?;
        match known {
            Some(User { userid, name, .. }) => Ok(Ok(Identity { userid, unionid: Some(unionid), name: Some(name) })),
            None => proven_employee(app, unionid).await,
        }
    }
}

/// DingTalk says who it is in the corp, by the corp's own token.
///
/// In an ordinary browser it is always asked. A DingTalk account says nothing about the corp, and a row may outlive the
/// employment; inside the client it is the client that shows the page to members only.
async fn proven_employee(app: &DingtalkApp, unionid: UnionId) -> Result<Result<Identity, NotListed>, Failure> {
    Ok(match app.contact(&unionid).await? {
        Contact::Employee(userid) => Ok(Identity { userid, unionid: Some(unionid), name: None }),
        Contact::External => Err(NotListed::ExternalContact),
        Contact::Stranger => Err(NotListed::Stranger),
    })
}
