//! Whom DingTalk vouches for: of a micro-app an employee, of a service window a follower who is one.

use super::{Failure, NotListed, SignIn};
use crate::{
    config::{AppKind, Secret},
    dingtalk::{Contact, DingtalkApp, DingtalkError, Follower, Identity, ids::UnionId},
    users,
};

impl SignIn<'_> {
    /// Exchanges a code of the app's kind, which spends it: the employee, or why it is none.
    pub(super) async fn who_is_it(
        self,
        app: &DingtalkApp,
        code: &Secret,
    ) -> Result<Result<Identity, NotListed>, Failure> {
        if let AppKind::MicroApp = app.config.kind {
            return match app.exchange(code).await {
                Ok(identity) => Ok(Ok(identity)),
                Err(DingtalkError::NoSuchUser(_)) => Ok(Err(NotListed::Stranger)),
                Err(error) => Err(error.into()),
            };
        }
        match app.follower(code).await? {
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
        let (userid, name) = match known {
            Some(user) => (user.userid, Some(user.name)),
            None => match app.contact(&unionid).await? {
                Contact::Employee(userid) => (userid, None),
                Contact::External => return Ok(Err(NotListed::ExternalContact)),
                Contact::Stranger => return Ok(Err(NotListed::Stranger)),
            },
        };
        Ok(Ok(Identity { userid, unionid: Some(unionid), name }))
    }
}
