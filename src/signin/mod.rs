//! Signing in with an auth code from the DingTalk client or from DingTalk's page: page, code, person, session.

mod admit;
mod attempt;
mod context;
pub mod handover;
mod identify;
pub mod limits;
pub mod page;
pub mod redirect_loop;
pub mod refusal;
mod report;
pub mod return_to;
pub mod routes;
pub mod state;
pub mod used_codes;
pub mod web_login;

use crate::{
    audit::Actor,
    clock::Clock,
    config::{Config, UnknownUsers},
    db::{Conn, Pools},
    dingtalk::{DingtalkApp, DingtalkError, Identity, Turn},
    people::{self, By, NotAdded, Reason},
    secret::Secret,
    sessions::{self, Origin, Token},
    users::{self, NewUser, Status, User},
};

/// How a code came to us. Each kind is exchanged in its own way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// 免登: the DingTalk client handed it to our page.
    Client,
    /// DingTalk's own page sent an ordinary browser back with it.
    Browser,
}

/// How a sign-in ended that DingTalk vouched for.
pub enum Outcome {
    /// A session has begun.
    SignedIn {
        /// The person.
        user: Box<User>,
        /// The session's secret.
        token: Token,
    },
    /// The person is not in the table, or nobody who could be.
    NotListed(NotListed),
    /// The person's row is disabled.
    Disabled(Identity),
}

/// Why the table says nothing about a person whom DingTalk vouches for.
pub enum NotListed {
    /// There is no row for this employee.
    NoRow(Identity),
    /// The person is a customer or supplier in the corp's address book.
    ExternalContact,
    /// The person does not follow the service window (any more).
    Unfollowed,
    /// The person is nobody in the corp.
    Stranger,
}

/// Why a sign-in could not be decided.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The code was sent to DingTalk before.
    #[error("the auth code was sent before")]
    CodeUsed,
    /// DingTalk did not vouch for anybody.
    #[error(transparent)]
    Dingtalk(#[from] DingtalkError),
    /// Our database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<NotAdded> for Failure {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Database(error) => error.into(),
            // The transaction that looked has the only writer.
            NotAdded::AlreadyThere => Self::Database(sqlx::Error::Protocol(error.to_string())),
        }
    }
}

/// What a sign-in works with.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The database.
    pub pools: &'a Pools,
    /// The time.
    pub clock: &'a Clock,
    /// Codes that were sent already.
    pub used_codes: &'a used_codes::UsedCodes,
}

impl SignIn<'_> {
    /// Exchanges a code whose turn it is, and starts a session for the person whom DingTalk vouches for, in place of the
    /// session that this browser had (`previous`), whosever that was.
    ///
    /// # Errors
    /// When the code is not good, DingTalk does not answer, or the database fails.
    pub async fn by_code(
        self,
        app: &DingtalkApp,
        code: &Secret,
        way: Way,
        turn: Turn,
        from: &Origin,
        previous: Option<&Token>,
    ) -> Result<Outcome, Failure> {
        if !self.used_codes.spend(&app.config.name, code) {
            return Err(Failure::CodeUsed);
        }
        match self.who_is_it(app, code, way, turn).await? {
            Ok(identity) => self.person(app, identity, from, previous).await,
            Err(nobody) => Ok(Outcome::NotListed(nobody)),
        }
    }

    /// Starts a session for an employee whom DingTalk vouches for.
    async fn person(
        self,
        app: &DingtalkApp,
        identity: Identity,
        from: &Origin,
        previous: Option<&Token>,
    ) -> Result<Outcome, Failure> {
        let corp_id = &app.config.corp_id;
        let known = users::find(&mut *self.pools.read().await?, corp_id, &identity.userid).await?;
        let newcomer = match known {
            None if self.config.unknown_users == UnknownUsers::Create => Some(self.newcomer(app, &identity).await?),
            _ => None,
        };

        // One transaction, and the person is read inside it: who is disabled in this very moment gets no session.
        let now = self.clock.now();
        let mut transaction = self.pools.write().await?;
        let known = users::find(&mut transaction, corp_id, &identity.userid).await?;
        let user = match (known, newcomer) {
            (Some(user), _) if user.status == Status::Disabled => return Ok(Outcome::Disabled(identity)),
            (Some(user), _) => user,
            (None, Some(newcomer)) => {
                let by = By::new(Actor::Dingtalk, Reason::FirstSignIn, self.clock);
                people::add(&mut transaction, &by, newcomer).await?
            }
            (None, None) => return Ok(Outcome::NotListed(NotListed::NoRow(identity))),
        };
        let outcome = start(&mut transaction, app, user, from, previous, now).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// An employee who signs in for the first time, with name, details and departments.
    ///
    /// The details must be readable. The departments need one more permission and a walk through the directory: if
    /// that fails, the person gets in without them and the log says why.
    async fn newcomer(self, app: &DingtalkApp, identity: &Identity) -> Result<NewUser, DingtalkError> {
        let mut employee = app.employee(&identity.userid).await?;
        employee.name = employee.name.or_else(|| identity.name.clone());
        employee.unionid = employee.unionid.or_else(|| identity.unionid.clone());
        let departments = app.department_paths(&employee.departments).await.unwrap_or_else(|error| {
            tracing::warn!(%error, app = app.config.name, "a newcomer's departments could not be read");
            Vec::new()
        });
        Ok(users::newcomer(app.config.corp_id.clone(), identity.userid.clone(), &employee, &departments))
    }
}

async fn start(
    db: &mut Conn,
    app: &DingtalkApp,
    user: User,
    from: &Origin,
    previous: Option<&Token>,
    now: i64,
) -> sqlx::Result<Outcome> {
    if let Some(previous) = previous {
        sessions::end(db, previous).await?;
    }
    let token = sessions::start(db, &user, &app.config.name, from, now).await?;
    users::signed_in(db, user.id, now).await?;
    Ok(Outcome::SignedIn { user: Box::new(user), token })
}
