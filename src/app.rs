//! Puts the server together: state, each feature's routes, what answers when no route does.

mod guards;
mod jobs;
mod reload;
mod scrape;
mod settled;

use std::sync::Arc;

use figment::Figment;
use rocket::{Build, Catcher, Request, Rocket, Route, catch, catchers, http::Status, shield::Shield};

use self::{jobs::JobsInForce, settled::Kept};
pub use self::{reload::Reload, settled::BuildError};
use crate::{
    admin, cas,
    clock::Clock,
    config::{self, Config},
    db::{Db, Pools, without_password},
    directory,
    doctor::Reports,
    forward_auth, health, jsapi, oidc,
    probe::{self, Passes},
    sessions,
    signin::{
        self, limits::Limits, redirect_loop::RedirectLoops, report::FailedBootstraps, state::States,
        used_codes::UsedCodes,
    },
    signing_keys,
    troubles::Troubles,
    web::{
        access_log::{AccessLog, Caught},
        assets,
        csrf::FormTokens,
        in_force::Current,
        logo,
        problem::{Problem, ProblemResponse},
        refusal,
    },
};

/// Builds the server without a call to DingTalk, which may be down at the start.
pub async fn build(figment: Figment, config: Config, pools: Pools, clock: Clock) -> Result<Rocket<Build>, BuildError> {
    let state_key = signing_keys::state_key(&pools, &clock).await?;
    // Mounted at "", Rocket would refuse the path.
    let base = if config.base_path.is_empty() { "/" } else { config.base_path.as_str() }.to_owned();
    let admin = (!config.admin_path.is_empty()).then(|| config.path(&config.admin_path));
    let database =
        config::database_url(&figment).map_or_else(|_| "the database".to_owned(), |url| without_password(&url));
    let kept = Arc::new(Kept::new(pools.clone(), clock.clone(), &state_key));
    let current = Current::new(settled::settle(&kept, config).await?);
    kept.follow(&current.now());
    let mount = |server: Rocket<Build>, group, routes| server.mount(&base, grouped(group, routes));
    let server = rocket::custom(figment)
        .manage(Reports::new(clock.clone(), database, Passes::new(&state_key, clock.clone())))
        .manage(FormTokens::new(&state_key))
        .manage(admin::Uploads::new(clock.clone()))
        .manage(Passes::new(&state_key, clock.clone()))
        .manage(Troubles::new(clock.clone()))
        .manage(States::new(state_key, clock.clone()))
        .manage(UsedCodes::default())
        .manage(FailedBootstraps::default())
        .manage(Arc::clone(&kept.refusals))
        .manage(Arc::clone(&kept.asked))
        .manage(Arc::clone(&kept.metrics))
        .manage(Limits::new(&clock))
        .manage(RedirectLoops::new(clock.clone()))
        .manage(Db::from(pools))
        .manage(clock)
        .manage(Reload::new(Arc::clone(&kept), current.clone()))
        .attach(AccessLog)
        .attach(JobsInForce(current.clone()))
        // None of Shield's defaults: `X-Frame-Options` knows no hosts, as `frame-ancestors` does, `Permissions-Policy`
        // is about what no browser has any more, and `nosniff` comes with the request id.
        .attach(Shield::new())
        .manage(current);
    let server = [
        ("gate", forward_auth::routes::routes()),
        ("sign-in", signin::routes::routes()),
        ("sessions", sessions::routes::routes()),
        ("jsapi", jsapi::routes::routes()),
        ("oidc", oidc::routes::routes()),
        ("cas", cas::routes::routes()),
        ("events", directory::routes()),
        ("probe", probe::routes::routes()),
        ("static", [signing_keys::routes::routes(), assets::routes(), logo::routes()].concat()),
        ("monitoring", [health::routes(), scrape::routes()].concat()),
    ]
    .into_iter()
    .fold(server, |server, (group, routes)| mount(server, group, routes))
    .register("/", catchers())
    .register("/", sessions::routes::catchers());
    Ok(match admin {
        Some(path) => server.mount(path, grouped("admin", admin::routes())),
        None => server,
    })
}

/// Rocket's name of a route, which nothing else reads, says in which group its requests are counted.
fn grouped(group: &'static str, mut routes: Vec<Route>) -> Vec<Route> {
    routes.iter_mut().for_each(|route| route.name = Some(group.into()));
    routes
}

fn catchers() -> Vec<Catcher> {
    catchers![unanswered]
}

/// For a request that no route answers: a page for a browser, a problem for a program.
#[catch(default)]
fn unanswered(status: Status, request: &Request<'_>) -> Caught {
    let problem = refusal::of(request).unwrap_or_else(|| Problem::from_status(status));
    let reads_html = request.accept().is_some_and(|accept| accept.media_types().any(|kind| kind.is_html()));
    Caught(match reads_html {
        true => ProblemResponse::Page(problem.into()),
        false => ProblemResponse::Json(problem),
    })
}

#[cfg(test)]
mod pages;
