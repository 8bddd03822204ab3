//! "Signed in" as a request guard.

use std::convert::Infallible;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::{Lifetimes, Session, TOUCH_INTERVAL, Token, cookie};
use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    users::{self, User},
    web::{cookies, problem::Problem, visit::Visit},
};

/// The session cookie that a request carries, live or not.
pub struct SessionCookie(pub Option<Token>);

/// Who is signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// The person.
    pub user: User,
    /// The session.
    pub session: Session,
}

/// Who is signed in, or nobody. A database that does not answer is an error, never "nobody".
pub struct MaybeSignedIn(pub Result<Option<SignedIn>, Problem>);

impl SignedIn {
    /// Who is signed in behind a request's cookie. The one way to find out, for pages and for the gate.
    ///
    /// # Errors
    /// When the database cannot tell.
    pub async fn behind(request: &Request<'_>) -> Result<Option<Self>, Problem> {
        let rocket = request.rocket();
        let (Some(config), Some(db), Some(clock)) =
            (rocket.state::<Config>(), rocket.state::<Db>(), rocket.state::<Clock>())
        else {
            return Err(Problem::internal("the server lacks its state"));
        };
        let Some(token) = SessionCookie::of(request, config).0 else {
            return Ok(None);
        };
        let now = clock.now();
        let found = {
            let mut reader = db.read().await?;
            match super::find(&mut reader, &token, Lifetimes::of(config), now).await? {
                None => None,
                Some(session) => users::get(&mut reader, session.user_id).await?.map(|user| Self { user, session }),
            }
        };
        if let Some(signed_in) = &found {
            Visit::of(request).note(|notes| {
                notes.corp_id = Some(signed_in.user.corp_id.to_string());
                notes.userid = Some(signed_in.user.userid.to_string());
            });
            if now - signed_in.session.last_seen_at >= TOUCH_INTERVAL {
                signed_in.touch(db, now).await;
            }
        }
        Ok(found)
    }

    /// A session that could not be touched is still good; it merely grows idle.
    async fn touch(&self, db: &Db, now: i64) {
        let touched = async {
            let mut transaction = db.write().await?;
            super::touch(&mut transaction, &self.session, now).await?;
            transaction.commit().await
        };
        if let Err(error) = touched.await {
            tracing::warn!(%error, "a session's last use could not be noted");
        }
    }
}

impl SessionCookie {
    fn of(request: &Request<'_>, config: &Config) -> Self {
        Self(cookies::only_value(request, cookie::name(config)).and_then(Token::from_cookie))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SessionCookie {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let config = request.rocket().state::<Config>();
        Outcome::Success(config.map_or(Self(None), |config| Self::of(request, config)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MaybeSignedIn {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(SignedIn::behind(request).await))
    }
}
