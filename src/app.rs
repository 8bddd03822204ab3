//! Puts the server together: state, each feature's routes, what answers when no route does.

mod guards;
mod jobs;
mod settled;

use std::sync::Arc;

use figment::Figment;
use rocket::{Build, Catcher, Request, Rocket, catch, catchers, http::Status, shield::Shield};

pub use self::settled::BuildError;
use self::{jobs::JobsInForce, settled::Kept};
use crate::{
    admin,
    clock::Clock,
    config::{self, Config},
    db::{Db, Pools},
    directory,
    doctor::Reports,
    forward_auth, health, jsapi,
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
    let database = config::database_url(&figment).unwrap_or_else(|_| "the database".to_owned());
    let kept = Kept::new(pools.clone(), clock.clone());
    let current = Current::new(settled::settle(&kept, config).await?);
    kept.follow(&current.now());
    let server = rocket::custom(figment)
        .manage(Reports::new(clock.clone(), database))
        .manage(FormTokens::new(&state_key))
        .manage(admin::Uploads::new(clock.clone()))
        .manage(Passes::new(&state_key, clock.clone()))
        .manage(Troubles::new(clock.clone()))
        .manage(States::new(state_key, clock.clone()))
        .manage(UsedCodes::default())
        .manage(FailedBootstraps::default())
        .manage(Arc::clone(&kept.refusals))
        .manage(Arc::clone(&kept.asked))
        .manage(Limits::new(&clock))
        .manage(RedirectLoops::new(clock.clone()))
        .manage(Db::from(pools))
        .manage(clock)
        .attach(AccessLog)
        .attach(JobsInForce(current.clone()))
        // None of Shield's defaults: `X-Frame-Options` knows no hosts, as `frame-ancestors` does, `Permissions-Policy`
        // is about what no browser has any more, and `nosniff` comes with the request id.
        .attach(Shield::new())
        .manage(current)
        .mount(&base, signin::routes::routes())
        .mount(&base, jsapi::routes::routes())
        .mount(&base, sessions::routes::routes())
        .mount(&base, forward_auth::routes::routes())
        .mount(&base, signing_keys::routes::routes())
        .mount(&base, directory::routes())
        .mount(&base, probe::routes::routes())
        .mount(&base, assets::routes())
        .mount(&base, logo::routes())
        .mount(&base, health::routes())
        .register("/", catchers())
        .register("/", sessions::routes::catchers());
    Ok(match admin {
        Some(path) => server.mount(path, admin::routes()),
        None => server,
    })
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
