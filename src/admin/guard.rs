//! Who may open the pages, and whose forms they take.

use std::ops::Deref;

use rocket::{
    Data, Request,
    data::{self, FromData},
    http::Status,
    outcome::{Outcome, try_outcome},
    request::{self, FromRequest},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Section, Shell, refusal::PersonRefusal};
use crate::{
    audit::{Actor, Author, RequestOrigin},
    clock::{Clock, UnixSeconds},
    config::Config,
    db::{Conn, Db},
    ids::{CorpId, DingUserId},
    people::{By, Reason},
    sessions::{
        Policy, Principal,
        guard::{Admin, FromHere},
    },
    users::{self, User},
    web::{
        client_ip,
        csrf::{FormTokens, SameOrigin},
        in_force,
        params::Params,
        problem::Problem,
        refusal,
        see_other::SeeOther,
    },
};

/// An administrator on one of our own hosts. Each request reads the role anew.
pub struct Administrator<'r> {
    who: Admin,
    config: &'r Config,
    tokens: &'r FormTokens,
    clock: &'r Clock,
    db: &'r Db,
    here: FromHere,
}

/// A form that an administrator has sent from a page of ours.
pub struct Posted<'r> {
    /// Who sent it; nothing in the form says so.
    pub who: Administrator<'r>,
    /// What it says.
    pub fields: Params,
}

impl Administrator<'_> {
    /// What surrounds a page.
    pub fn shell(&self, section: Section) -> Shell<'_> {
        let session = &self.session;
        Shell {
            root: self.root(),
            token: self.tokens.of(session.id, session.created_at),
            name: &self.user.name,
            section,
        }
    }

    /// Where the pages are.
    pub fn root(&self) -> String {
        self.config.path(&self.config.admin_path)
    }

    /// Which sessions are good.
    pub fn policy(&self) -> Policy {
        Policy::of(self.config)
    }

    /// The time.
    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// The only corp whose people the administrator sees.
    pub fn corp_id(&self) -> &CorpId {
        &self.user.corp_id
    }

    /// As whom the trail names the person.
    pub fn by(&self, reason: Reason) -> By {
        By::new(self.actor(), reason, self.clock).by_request(self.origin())
    }

    /// The same for what ends sessions.
    pub fn author(&self) -> Author {
        self.here.author(&self.user, self.clock)
    }

    pub fn actor(&self) -> Actor {
        Actor::User(self.user.userid.clone())
    }

    /// Does some work in one transaction, and commits it if it succeeds.
    ///
    /// # Errors
    /// Those of the work, and of the database.
    pub async fn transaction<T, E: From<sqlx::Error>>(
        &self,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.transaction(work).await
    }

    /// The request as the trail names it.
    pub fn origin(&self) -> RequestOrigin {
        self.here.0.clone()
    }

    /// The same administrator, if a path names the own corp.
    ///
    /// # Errors
    /// Not found, whether or not there is anybody of that corp.
    pub fn in_own_corp(&self, corp_id: &str) -> Result<&Self, PersonRefusal> {
        if corp_id == self.user.corp_id.as_str() { Ok(self) } else { Err(PersonRefusal::NotFound) }
    }

    /// Somebody of the own corp.
    ///
    /// # Errors
    /// Not found.
    pub async fn find(&self, db: &mut Conn, userid: &str) -> Result<User, PersonRefusal> {
        let userid = DingUserId::new(userid).map_err(|_| PersonRefusal::NotFound)?;
        users::find(db, self.corp_id(), &userid).await?.ok_or(PersonRefusal::NotFound)
    }

    /// Where a person's page is.
    pub fn address_of(&self, user: &User) -> String {
        address_of(&self.root(), user.corp_id.as_str(), user.userid.as_str())
    }

    /// A person's page, after something was done.
    pub fn leads_to(&self, user: &User, done: &'static str) -> SeeOther {
        SeeOther(format!("{}?done={done}", self.address_of(user)))
    }

    /// The list of people, after something was done.
    pub fn leads_to_list(&self, done: &'static str) -> SeeOther {
        SeeOther(format!("{}/people?done={done}", self.root()))
    }

    /// Whether a form carries this session's token.
    pub fn has_token(&self, token: &str) -> bool {
        self.tokens.accept(token, self.session.id, self.session.created_at)
    }
}

impl Deref for Administrator<'_> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.who
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Administrator<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let rocket = request.rocket();
        let (Some(config), Some(tokens), Some(clock), Some(db)) = (
            in_force::part::<Config>(request),
            rocket.state::<FormTokens>(),
            rocket.state::<Clock>(),
            rocket.state::<Db>(),
        ) else {
            let problem = Problem::internal("the server lacks its state");
            return refusal::refuse(request, Status::InternalServerError, problem);
        };
        if is_at_an_apps_host(request, config) {
            return refusal::refuse(request, Status::NotFound, Problem::not_found());
        }
        let who = try_outcome!(Admin::from_request(request).await);
        Outcome::Success(Self { who, config, tokens, clock, db, here: FromHere::of(request) })
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Posted<'r> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self, ()> {
        let who = match sender(request).await {
            Ok(who) => who,
            Err(status) => return Outcome::Error((status, ())),
        };
        match Params::posted(request.content_type(), data).await {
            Ok(fields) if fields.lenient("token").is_some_and(|token| who.has_token(token)) => {
                Outcome::Success(Self { who, fields })
            }
            Ok(_) => refuse(request, Status::Forbidden, Problem::foreign_origin()),
            Err(error) => refuse(request, Status::BadRequest, error),
        }
    }
}

/// Where a person's page is, below the root of the pages.
pub fn address_of(root: &str, corp_id: &str, userid: &str) -> String {
    format!("{root}/people/{}/{}", path_segment(corp_id), path_segment(userid))
}

/// A text as one level of a path.
pub fn path_segment(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// The administrator who has sent a form from our own origin; its token is still to be compared. A refusal is left with the
/// request.
pub async fn sender<'r>(request: &'r Request<'_>) -> Result<Administrator<'r>, Status> {
    // Before the session: a form of another site is refused whoever's cookie it brings.
    if let Outcome::Error((status, problem)) = SameOrigin::from_request(request).await {
        let _ = refusal::refuse::<()>(request, status, problem);
        return Err(status);
    }
    match Administrator::from_request(request).await {
        Outcome::Success(who) => Ok(who),
        Outcome::Error((status, ())) | Outcome::Forward(status) => Err(status),
    }
}

pub fn refuse<'r, T>(request: &Request<'_>, status: Status, problem: impl Into<Problem>) -> data::Outcome<'r, T, ()> {
    let _ = refusal::refuse::<()>(request, status, problem);
    Outcome::Error((status, ()))
}

/// Whether the request is for a host that the gate guards an app at. Whoever controls that app must not find our pages on its
/// own origin. A proxy may put the address of its upstream into `Host`, so what it says in `X-Forwarded-Host` counts too.
fn is_at_an_apps_host(request: &Request<'_>, config: &Config) -> bool {
    let headers = request.headers();
    let is_proxy = client_ip::is_trusted(config, &client_ip::peer(request));
    let forwarded = headers.get("X-Forwarded-Host").filter(|_| is_proxy).flat_map(|line| line.split(','));
    let named = headers.get("Host").chain(forwarded).map(|host| host.trim_matches([' ', '\t']));
    named.filter(|host| !host.is_empty()).any(|host| config.is_host_of_apps(host))
}
