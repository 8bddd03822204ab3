//! `/home`: who is signed in and where; and the ways out.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::{
    Catcher, Request, Route, State, catch, catchers, get,
    http::{CookieJar, Method, Status},
    post, routes,
};
use rocket_db_pools::Connection;

use super::{
    Listed, Policy, cookie,
    device::{self, Device},
    guard::{FromHere, SessionCookie, SignedIn},
};
use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    i18n::{Texts, local, utc},
    users::{Role, User},
    web::{
        csrf::SameOrigin,
        in_force,
        page::{Frame, Page},
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

pub fn routes() -> Vec<Route> {
    routes![home, log_out, sign_out_there, sign_out_elsewhere]
}

/// What leads people to the sign-in page.
pub fn catchers() -> Vec<Catcher> {
    catchers![sign_in_first]
}

#[derive(Template)]
#[template(path = "sessions/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    user: &'a User,
    /// What people call the organisation.
    corp: Option<&'a str>,
    /// The apps that one may go back to.
    apps: Vec<AppLink<'a>>,
    sessions: Vec<SessionRow>,
    others: bool,
    /// Where the pages for administrators are, for one of them.
    admin: Option<String>,
}

struct AppLink<'a> {
    words: String,
    address: &'a str,
}

struct SessionRow {
    id: i64,
    device: String,
    /// DingTalk's, where it is known.
    version: String,
    address: String,
    signed_in: Moment,
    last_seen: Moment,
    is_this: bool,
}

/// A time as people say it, and exactly.
struct Moment {
    ago: String,
    at: String,
    iso_8601: String,
}

impl HomePage<'_> {
    fn departments(&self) -> Vec<&str> {
        self.user.departments().collect()
    }
}

#[get("/home")]
async fn home(
    frame: Frame<'_>,
    config: &Config,
    clock: &State<Clock>,
    who: SignedIn,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let sessions = super::list(&mut db, Some(who.user.id), &Policy::of(config), clock.now()).await?;
    let row = |listed: Listed| row(frame.t, clock, who.session.id, listed);
    let others = sessions.len() > 1;
    let is_admin = who.user.role == Role::Admin && !config.admin_path.is_empty();
    let admin = is_admin.then(|| config.path(&config.admin_path));
    let page = HomePage {
        user: &who.user,
        corp: config.corp_name(&who.user.corp_id),
        apps: apps(config, frame.t, &who.user),
        others,
        sessions: sessions.into_iter().map(row).collect(),
        admin,
        frame,
    };
    Ok(Page::new(Status::Ok, &page, "form-action 'self'")?)
}

#[post("/logout")]
async fn log_out(
    _same_origin: SameOrigin,
    config: &Config,
    db: &State<Db>,
    jar: &CookieJar<'_>,
    cookie: SessionCookie,
    clock: &State<Clock>,
    origin: FromHere,
) -> Result<SeeOther, PageProblem> {
    if let SessionCookie(Some(token)) = cookie {
        let author = |user: &User| origin.author(user, clock);
        let ended = db.transaction(async |tx| super::sign_out(tx, &token, author).await).await;
        // Nobody is told "signed out" while the session lives.
        ended?;
    }
    jar.add(cookie::clear(config));
    jar.add(cookie::signed_out::set(config));
    Ok(SeeOther(config.path("/")))
}

#[post("/home/sessions/<id>/sign-out")]
async fn sign_out_there(
    _same_origin: SameOrigin,
    who: SignedIn,
    id: i64,
    config: &Config,
    db: &State<Db>,
    clock: &State<Clock>,
    origin: FromHere,
) -> Result<SeeOther, PageProblem> {
    let author = origin.author(&who.user, clock);
    db.transaction(async |tx| super::revoke_one(tx, &who.user, id, &author).await).await?;
    Ok(SeeOther(config.path("/home")))
}

#[post("/home/sign-out-elsewhere")]
async fn sign_out_elsewhere(
    _same_origin: SameOrigin,
    who: SignedIn,
    config: &Config,
    db: &State<Db>,
    clock: &State<Clock>,
    origin: FromHere,
) -> Result<SeeOther, PageProblem> {
    let (author, this) = (origin.author(&who.user, clock), Some(who.session.id));
    db.transaction(async |tx| super::revoke_all_of(tx, &who.user, this, &author).await).await?;
    Ok(SeeOther(config.path("/home")))
}

/// Nobody is signed in where somebody must be ([`SignedIn`]).
#[catch(401)]
fn sign_in_first(request: &Request<'_>) -> Result<SeeOther, PageProblem> {
    let config = in_force::part::<Config>(request).ok_or_else(|| Problem::internal("no settings"))?;
    let (start, here) = (config.path("/"), request.uri());
    // A form is not posted again, and `/home` is where a sign-in leads by itself.
    if request.method() != Method::Get || here.path() == config.path("/home").as_str() {
        return Ok(SeeOther(start));
    }
    let here = here.to_string();
    Ok(SeeOther(format!("{start}?return_to={}", utf8_percent_encode(&here, NON_ALPHANUMERIC))))
}

/// The page that a sign-in leads to, unless that is this one, and the apps that are for this person.
fn apps<'c>(config: &'c Config, texts: &Texts, user: &User) -> Vec<AppLink<'c>> {
    let is_elsewhere = config.home != config.path("/home");
    let start =
        is_elsewhere.then(|| AppLink { words: (texts.home.back_to)(&config.looks.title), address: &config.home });
    let links = config.home_links.iter().filter(|link| link.rules.let_in(user));
    let links = links.map(|link| AppLink { words: (texts.home.open_app)(&link.name), address: &link.address });
    start.into_iter().chain(links).collect()
}

fn row(texts: &Texts, clock: &Clock, this: i64, listed: Listed) -> SessionRow {
    let home = &texts.home;
    let moment =
        |time: i64| Moment { ago: (home.ago)((clock.now() - time).max(0)), at: local(time), iso_8601: utc(time) };
    let Device { client, version, system } = device::read(&listed.user_agent);
    SessionRow {
        id: listed.id,
        device: match (&listed.only_for, client, system) {
            (Some(_), ..) => "miandeng doctor".to_owned(),
            (None, "", "") => home.unknown_device.to_owned(),
            (None, client, system) => (home.device)(client, system),
        },
        version: version.to_owned(),
        signed_in: moment(listed.created_at),
        last_seen: moment(listed.last_seen_at),
        is_this: listed.id == this,
        address: listed.address,
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::{
        i18n::Locale,
        ids::{CorpId, DingUserId},
        users::Status,
        web::testing::{HOSTILE, Sample, frame},
    };

    /// Somebody called whatever people can be called.
    pub fn user() -> User {
        let id = HOSTILE.trim_end();
        User {
            id: 1,
            corp_id: CorpId::new(id).expect("a corp id"),
            userid: DingUserId::new(id).expect("a userid"),
            unionid: None,
            name: HOSTILE.to_owned(),
            mobile: None,
            email: None,
            department: Some(id.replace('/', "")),
            title: None,
            role: Role::User,
            status: Status::Active,
            disabled_because: None,
            source: "cli".to_owned(),
            created_at: 0,
            updated_at: 0,
            last_signed_in_at: None,
        }
    }

    pub fn pages(locale: Locale) -> Vec<Sample> {
        let text = || HOSTILE.to_owned();
        let moment = || Moment { ago: text(), at: text(), iso_8601: text() };
        let session = |id| SessionRow {
            id,
            device: text(),
            version: if id == 1 { text() } else { String::new() },
            address: text(),
            signed_in: moment(),
            last_seen: moment(),
            is_this: id == 1,
        };
        let user = user();
        let page = |sessions: Vec<SessionRow>| {
            let others = sessions.len() > 1;
            let admin = others.then(|| "/_signin/admin".to_owned());
            let corp = others.then_some(HOSTILE);
            let apps = if others { vec![AppLink { words: text(), address: HOSTILE }] } else { Vec::new() };
            let frame = frame(locale);
            Sample::of("sessions/home.html", &HomePage { frame, user: &user, corp, apps, sessions, others, admin })
        };
        vec![page(vec![session(1)]), page(vec![session(1), session(2)])]
    }
}
