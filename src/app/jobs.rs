//! The background jobs of the settings in force, and the fairing that runs them.

use std::{convert::Infallible, future::ready, sync::Arc, time::Duration};

use rocket::{
    Orbit, Rocket,
    fairing::{Fairing, Info, Kind},
    futures::FutureExt,
};

use super::settled::Kept;
use crate::{
    config::Config,
    dingtalk::Dingtalk,
    directory::{Directory, Schedule},
    jobs::{Jobs, people_search::PeopleSearch, sweep::Sweep},
    web::in_force::Current,
};

/// Starts the jobs once requests are answered, and awaits their end.
pub(super) struct JobsInForce(pub Current);

#[rocket::async_trait]
impl Fairing for JobsInForce {
    fn info(&self) -> Info {
        Info { name: "jobs", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(jobs) = self.0.now().part::<Arc<Jobs>>() {
            jobs.start(rocket.shutdown());
        }
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        if let Some(jobs) = self.0.now().part::<Arc<Jobs>>() {
            jobs.finish().await;
        }
    }
}

/// The background jobs. Signing keys need none: they rotate when they are used.
pub(super) fn jobs(kept: &Kept, config: &Config, dingtalk: &Dingtalk, directory: &Arc<Directory>) -> Jobs {
    const AT_ONCE: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);
    let Kept { pools, clock, .. } = kept;
    let (activity, asked) = (Arc::clone(&kept.writer), Arc::clone(&kept.asked));
    let arrived_asked = asked.arrived();
    let run_asked = move || Arc::clone(&asked).run();
    let leased = pools.clone();
    let hold_lease = move || {
        let pools = leased.clone();
        async move {
            pools.hold_lease().await;
            Ok::<_, Infallible>(())
        }
    };
    let sweep = Sweep::new(pools.clone(), config, clock.clone());
    let search = PeopleSearch::new(pools.clone());
    let (refusals, of) = (Arc::clone(&kept.refusals), pools.clone());
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
    let fetch = move || Arc::clone(&failed).fetch_all_failed();
    let jobs = Jobs::new(clock.clone())
        .every(SECOND, "session-activity", move || Arc::clone(&activity).write_all())
        .and_at_the_end()
        .every(SECOND, "directory-events", work)
        .and_when(arrived)
        .every(AT_ONCE, "directory-streams", listen)
        .until_the_end()
        .every(AT_ONCE, "database-lease", hold_lease)
        .until_the_end()
        .every(MINUTE, "event-streams", write_streams)
        .and_when(changed)
        .every(5 * MINUTE, "undelivered-events", fetch)
        .every(HOUR, "refusal-counts", count_refusals)
        .and_at_the_end()
        .every(MINUTE, "sweep", move || Arc::clone(&sweep).run())
        .every(SECOND, "people-search", move || Arc::clone(&search).run())
        .every(MINUTE, "credential-renewal", renew)
        .every(SECOND, "asked-syncs", run_asked)
        .and_when(arrived_asked);
    match schedule.interval() {
        Some(interval) => jobs.every(interval, "directory-sync", move || Arc::clone(&schedule).run()),
        None => jobs,
    }
}
