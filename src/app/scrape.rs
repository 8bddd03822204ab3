//! `/metrics`: what the server counts, and what its parts are asked for at this moment.

use std::{sync::Arc, time::Duration};

use rocket::{
    Request, Route, get,
    http::{ContentType, Status},
    request::{FromRequest, Outcome},
    routes,
    tokio::time::timeout,
};

use crate::{
    clock::{Clock, UnixSeconds},
    config::{Config, EventMode},
    db::{Conn, Db, Pools},
    dingtalk::{CredentialKind, Dingtalk},
    directory::{self, Directory},
    ids::CorpId,
    metrics::{Exposition, Kind, Metrics},
    sessions::{self, Policy},
    users,
    web::{client_ip::ClientIp, in_force, problem::Problem, refusal, request_context::RequestContext},
};

/// Prometheus gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// In how many of a corp's last syncs one that was not refused is looked for.
const RUNS: u32 = 50;

pub(super) fn routes() -> Vec<Route> {
    routes![metrics]
}

/// What is asked, for somebody whom `metrics_from` lists. Others are not told that there is anything.
struct Asked<'r> {
    log: &'r RequestContext,
    metrics: &'r Metrics,
    config: &'r Config,
    clock: &'r Clock,
    pools: &'r Pools,
    dingtalk: &'r Dingtalk,
    directory: &'r Directory,
}

impl<'r> Asked<'r> {
    fn of(request: &'r Request<'_>) -> Option<Self> {
        let (rocket, config) = (request.rocket(), in_force::part::<Config>(request)?);
        let ClientIp(ip) = ClientIp::strictly(request)?;
        config.metrics_from.iter().find(|network| network.contains(&ip))?;
        Some(Self {
            log: RequestContext::of(request),
            metrics: rocket.state::<Arc<Metrics>>()?,
            config,
            clock: rocket.state()?,
            pools: rocket.state::<Db>()?,
            dingtalk: in_force::part(request)?,
            directory: in_force::part::<Arc<Directory>>(request)?,
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asked<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match Self::of(request) {
            Some(asked) => Outcome::Success(asked),
            None => refusal::refuse(request, Status::NotFound, Problem::not_found()),
        }
    }
}

/// `text/plain; version=0.0.4`, as Prometheus calls its text.
#[get("/metrics")]
async fn metrics(asked: Asked<'_>) -> (ContentType, String) {
    let Asked { log, metrics, config, clock, pools, dingtalk, directory } = asked;
    log.note(|notes| notes.is_routine = true);
    let mut out = Exposition::default();
    let name = "miandeng_build_info";
    out.family(name, Kind::Gauge, "The version that runs; always 1.");
    out.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    metrics.write(&mut out);
    queues(&mut out, dingtalk);
    credentials(&mut out, dingtalk).await;
    events(&mut out, dingtalk, directory);
    connections(&mut out, pools);
    let read = timeout(PATIENCE, Table::read(pools, config, clock.now())).await;
    let table = match read {
        Ok(Ok(table)) => Some(table),
        Ok(Err(error)) => {
            tracing::warn!(%error, "/metrics lacks what is in the database");
            None
        }
        Err(_) => None,
    };
    let name = "miandeng_database_up";
    out.family(name, Kind::Gauge, "Whether the database can be read.");
    out.sample(name, &[], u8::from(table.is_some()));
    if let Some(table) = table {
        table.write(&mut out);
    }
    (ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]), out.into_text())
}

fn queues(out: &mut Exposition, dingtalk: &Dingtalk) {
    let apps = || dingtalk.apps().iter().map(|app| (app.config.name.as_str(), app.load()));
    let name = "miandeng_dingtalk_calls_in_flight";
    out.family(name, Kind::Gauge, "Calls under way, of the 20 that an app makes at once.");
    apps().for_each(|(app, (under_way, _))| out.sample(name, &[("app", app)], under_way));
    let name = "miandeng_dingtalk_calls_waiting";
    out.family(name, Kind::Gauge, "Calls that wait for their turn.");
    apps().for_each(|(app, (_, waiting))| out.sample(name, &[("app", app)], waiting));
}

async fn credentials(out: &mut Exposition, dingtalk: &Dingtalk) {
    let mut all = Vec::new();
    for app in dingtalk.apps() {
        // What is not in memory is read from the database.
        let Ok(credentials) = timeout(PATIENCE, app.credentials()).await else { continue };
        all.extend(credentials.into_iter().map(|(kind, status)| (app.config.name.as_str(), in_a_word(kind), status)));
    }
    let name = "miandeng_dingtalk_credential_obtained_timestamp_seconds";
    out.family(name, Kind::Gauge, "When an app's token or ticket was first seen. None: nothing that is still good.");
    for (app, kind, status) in &all {
        if let Some(at) = status.first_seen_at {
            out.sample(name, &[("app", app), ("kind", kind)], at);
        }
    }
    let name = "miandeng_dingtalk_credential_expiry_timestamp_seconds";
    out.family(name, Kind::Gauge, "Until when an app's token or ticket is good; 0 if there is none.");
    for (app, kind, status) in &all {
        out.sample(name, &[("app", app), ("kind", kind)], status.expires_at.unwrap_or(0));
    }
    let name = "miandeng_dingtalk_credential_failing";
    out.family(name, Kind::Gauge, "Whether the last attempt to get an app's token or ticket failed.");
    for (app, kind, status) in &all {
        out.sample(name, &[("app", app), ("kind", kind)], u8::from(status.failure.is_some()));
    }
}

fn in_a_word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessToken => "access-token",
        CredentialKind::ChannelToken => "channel-token",
        CredentialKind::Ticket => "ticket",
    }
}

fn events(out: &mut Exposition, dingtalk: &Dingtalk, directory: &Directory) {
    let all: Vec<_> = dingtalk
        .apps()
        .iter()
        .map(|app| (app.config.name.as_str(), directory.reception(&app.config.name)))
        .filter(|(_, reception)| reception.mode != EventMode::Off)
        .collect();
    let name = "miandeng_event_stream_connected";
    out.family(name, Kind::Gauge, "Whether DingTalk's stream of events stands, of apps with events = \"stream\".");
    // Of several servers, the one that listens says so.
    let listens = |reception: &directory::Reception| reception.mode == EventMode::Stream && !reception.stands_by;
    for (app, reception) in all.iter().filter(|(_, reception)| listens(reception)) {
        out.sample(name, &[("app", app)], u8::from(reception.connected_since.is_some()));
    }
    let name = "miandeng_event_last_received_timestamp_seconds";
    out.family(name, Kind::Gauge, "When this server last heard an event of the app; 0 if never since its start.");
    for (app, reception) in &all {
        out.sample(name, &[("app", app)], reception.last_event_at.unwrap_or(0) / 1000);
    }
}

fn connections(out: &mut Exposition, pools: &Pools) {
    let name = "miandeng_database_connections";
    out.family(name, Kind::Gauge, "Connections to the database by what they do.");
    for (pool, now) in pools.connections() {
        out.sample(name, &[("pool", pool), ("state", "in-use")], now.in_use);
        out.sample(name, &[("pool", pool), ("state", "idle")], now.open.saturating_sub(now.in_use));
    }
    let name = "miandeng_database_wait_seconds";
    out.family(
        name,
        Kind::Histogram,
        "How long callers waited for a connection; writers, for the file's lock as well.",
    );
    pools.waits().read.write(out, name, &[("pool", "read")]);
    pools.waits().write.write(out, name, &[("pool", "write")]);
}

/// What is in the database.
struct Table {
    people: users::Numbers,
    waiting_events: i64,
    corps: Vec<Corp>,
}

struct Corp {
    id: CorpId,
    sessions: u64,
    /// When the last sync ended, and whether it was refused.
    last_sync: Option<(UnixSeconds, bool)>,
    last_good_sync: Option<UnixSeconds>,
}

impl Table {
    async fn read(pools: &Pools, config: &Config, now: UnixSeconds) -> sqlx::Result<Self> {
        let db: &mut Conn = &mut *pools.read().await?;
        let (people, waiting_events) = (users::numbers(db, None).await?, directory::waiting(db).await?);
        let policy = Policy::of(config);
        let mut corps: Vec<Corp> = Vec::new();
        for app in &config.apps {
            let id = &app.corp_id;
            if corps.iter().any(|corp| corp.id == *id) {
                continue;
            }
            let runs = directory::last_runs(db, id, RUNS).await?;
            corps.push(Corp {
                id: id.clone(),
                sessions: sessions::count(db, id.as_str(), &policy, now).await?,
                last_sync: runs.first().map(|run| (run.finished_ms / 1000, run.refused.is_some())),
                last_good_sync: runs.iter().find(|run| run.refused.is_none()).map(|run| run.finished_ms / 1000),
            });
        }
        Ok(Self { people, waiting_events, corps })
    }

    fn write(&self, out: &mut Exposition) {
        let name = "miandeng_people";
        out.family(name, Kind::Gauge, "People in the table by status.");
        out.sample(name, &[("status", "active")], self.people.active);
        out.sample(name, &[("status", "disabled")], self.people.disabled);
        let name = "miandeng_sessions";
        out.family(name, Kind::Gauge, "Live sessions by corp.");
        self.corps.iter().for_each(|corp| out.sample(name, &[("corp_id", corp.id.as_str())], corp.sessions));
        let name = "miandeng_directory_events_waiting";
        out.family(name, Kind::Gauge, "Directory events that are still to be worked on.");
        out.sample(name, &[], self.waiting_events);
        let name = "miandeng_sync_last_timestamp_seconds";
        out.family(name, Kind::Gauge, "When the corp's last sync ended, whatever it came to; 0 if never.");
        for corp in &self.corps {
            out.sample(name, &[("corp_id", corp.id.as_str())], corp.last_sync.map_or(0, |(at, _)| at));
        }
        let name = "miandeng_sync_last_success_timestamp_seconds";
        out.family(name, Kind::Gauge, "When the corp's last sync ended that was not refused; 0 if never.");
        for corp in &self.corps {
            out.sample(name, &[("corp_id", corp.id.as_str())], corp.last_good_sync.unwrap_or(0));
        }
        let name = "miandeng_sync_last_refused";
        out.family(name, Kind::Gauge, "Whether the corp's last sync was refused.");
        for corp in &self.corps {
            let is_refused = corp.last_sync.is_some_and(|(_, is_refused)| is_refused);
            out.sample(name, &[("corp_id", corp.id.as_str())], u8::from(is_refused));
        }
    }
}
