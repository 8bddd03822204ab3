//! Puts the server together: state, each feature's routes, what answers when no route does.

use std::{convert::Infallible, future::ready, sync::Arc, time::Duration};

use figment::Figment;
use rocket::{Build, Catcher, Request, Rocket, catch, catchers, futures::FutureExt, http::Status, shield::Shield};

use crate::{
    admin,
    audit::Refusals,
    clock::Clock,
    config::{self, Config},
    credentials::CredentialTable,
    db::{Db, Pools},
    dingtalk::{ClientError, Dingtalk, events::BadKey},
    directory::{self, AskedSyncs, Directory, Schedule},
    doctor::Reports,
    forward_auth::{
        self,
        signed_identity::{self, SignedIdentity},
    },
    health,
    jobs::{Jobs, people_search::PeopleSearch, sweep::Sweep},
    jsapi::{self, script::Script},
    probe::{self, Passes},
    sessions::{self, Policy, SessionCache},
    signin::{
        self, limits::Limits, redirect_loop::RedirectLoops, report::FailedBootstraps, state::States,
        used_codes::UsedCodes,
    },
    signing_keys::{self, KeyError, SigningKeys},
    troubles::Troubles,
    web::{
        access_log::{AccessLog, Caught},
        assets,
        csrf::FormTokens,
        logo,
        problem::{Problem, ProblemResponse},
        refusal,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// The operator's copy of DingTalk's script is gone since the settings were checked.
    #[error("miandeng.dingtalk.jsapi_file cannot be read: {0}")]
    Script(#[source] std::io::Error),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("event_aes_key {0}")]
    EventKey(#[from] BadKey),
}

/// Builds the server without a call to DingTalk, which may be down at the start.
pub async fn build(figment: Figment, config: Config, pools: Pools, clock: Clock) -> Result<Rocket<Build>, BuildError> {
    let (activity, writer) = sessions::activity(pools.clone());
    let sessions = SessionCache::new(pools.clone(), Policy::of(&config), activity).await?;
    let state_key = signing_keys::state_key(&pools, &clock).await?;
    let algorithms = config.signed_identity.then_some(signed_identity::ALGORITHM);
    let keys = SigningKeys::open(&pools, &clock, algorithms).await?;
    let signed_identity = config.signed_identity.then(|| SignedIdentity::new(&config, keys.clone(), &clock));
    let dingtalk = Dingtalk::new(&config, Arc::new(CredentialTable(pools.clone())), &clock)?;
    let refusals = Arc::new(Refusals::new(clock.clone()));
    let directory = Directory::new(&config, pools.clone(), dingtalk.clone(), clock.clone())?;
    let asked = AskedSyncs::new(pools.clone(), clock.clone(), dingtalk.clone());
    let run_asked = {
        let asked = Arc::clone(&asked);
        move || Arc::clone(&asked).run()
    };
    let jobs = jobs(&config, &pools, &clock, &dingtalk, writer, &refusals, &directory);
    let jobs = jobs.every(Duration::from_secs(1), "asked-syncs", run_asked).and_when(asked.arrived());
    let jobs = Arc::new(jobs);
    let script = config.dingtalk.jsapi_file.as_deref().map(Script::read).transpose().map_err(BuildError::Script)?;
    // Mounted at "", Rocket would refuse the path.
    let base = if config.base_path.is_empty() { "/" } else { config.base_path.as_str() }.to_owned();
    let admin = (!config.admin_path.is_empty()).then(|| config.path(&config.admin_path));
    let database = config::database_url(&figment).unwrap_or_else(|_| "the database".to_owned());
    let server = rocket::custom(figment)
        .manage(Reports::new(clock.clone(), database))
        .manage(FormTokens::new(&state_key))
        .manage(admin::Uploads::new(clock.clone()))
        .manage(Passes::new(&state_key, clock.clone()))
        .manage(Troubles::new(clock.clone()))
        .manage(States::new(state_key, clock.clone()))
        .manage(UsedCodes::default())
        .manage(FailedBootstraps::default())
        .manage(refusals)
        .manage(Limits::new(&clock))
        .manage(RedirectLoops::new(clock.clone()))
        .manage(sessions)
        .manage(Db::from(pools))
        .manage(signed_identity)
        .manage(keys)
        .manage(dingtalk)
        .manage(directory)
        .manage(asked)
        .manage(Arc::clone(&jobs))
        .manage(script)
        .manage(clock)
        .manage(config)
        .attach(AccessLog)
        .attach(jobs)
        // None of Shield's defaults: `X-Frame-Options` knows no hosts, as `frame-ancestors` does, `Permissions-Policy`
        // is about what no browser has any more, and `nosniff` comes with the request id.
        .attach(Shield::new())
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

/// The background jobs. Signing keys need none: they rotate when they are used.
fn jobs(
    config: &Config,
    pools: &Pools,
    clock: &Clock,
    dingtalk: &Dingtalk,
    activity: Arc<sessions::Writer>,
    refusals: &Arc<Refusals>,
    directory: &Arc<Directory>,
) -> Jobs {
    const AT_ONCE: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);
    let sweep = Sweep::new(pools.clone(), config, clock.clone());
    let search = PeopleSearch::new(pools.clone());
    let (refusals, of) = (Arc::clone(refusals), pools.clone());
    let count_refusals = move || Arc::clone(&refusals).write_counts(of.clone());
    let schedule = Schedule::new(pools.clone(), clock.clone(), dingtalk.clone());
    let dingtalk = dingtalk.clone();
    let renew = move || {
        dingtalk.apps().iter().for_each(|app| app.keep_fresh());
        ready(Ok::<_, Infallible>(()))
    };
    let (events, arrived) = (Arc::clone(directory), directory.arrived());
    let work = move || {
        let events = Arc::clone(&events);
        async move { events.work().await }
    };
    let (streams, failed) = (Arc::clone(directory), Arc::clone(directory));
    let listen = move || Arc::clone(&streams).listen().map(Ok::<_, Infallible>);
    let (standing, changed) = (Arc::clone(directory), directory.streams_changed());
    let write_streams = move || Arc::clone(&standing).write_streams();
    let fetch = move || Arc::clone(&failed).fetch_all_failed().map(Ok::<_, Infallible>);
    let jobs = Jobs::new(clock.clone())
        .every(SECOND, "session-activity", move || Arc::clone(&activity).write_all())
        .and_at_the_end()
        .every(SECOND, "directory-events", work)
        .and_when(arrived)
        .every(AT_ONCE, "directory-streams", listen)
        .until_the_end()
        .every(MINUTE, "event-streams", write_streams)
        .and_when(changed)
        .every(5 * MINUTE, "undelivered-events", fetch)
        .every(HOUR, "refusal-counts", count_refusals)
        .and_at_the_end()
        .every(MINUTE, "sweep", move || Arc::clone(&sweep).run())
        .every(SECOND, "people-search", move || Arc::clone(&search).run())
        .every(MINUTE, "credential-renewal", renew);
    match schedule.interval() {
        Some(interval) => jobs.every(interval, "directory-sync", move || Arc::clone(&schedule).run()),
        None => jobs,
    }
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
