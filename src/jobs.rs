//! What runs beside the requests: each job again and again, at its own pace, until the server stops.
//!
//! The runner knows no feature; `app` registers the jobs. A run that fails or panics is logged and ends by itself: the job
//! runs again, and no other job notices.

pub mod people_search;
pub mod sweep;

use std::{
    borrow::Cow,
    error::Error,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket::{
    Shutdown,
    futures::{
        FutureExt,
        future::{BoxFuture, join_all},
    },
};
use tokio::{
    select,
    sync::{Notify, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{clock::Clock, random};

/// How long a server that stops waits for runs that are under way.
const GRACE: Duration = Duration::from_secs(5);
/// After a failure a job waits this many intervals: a full disk must not be filled further by lines about it.
const AFTER_FAILURE: u32 = 5;

/// The jobs of a server.
pub struct Jobs {
    clock: Clock,
    jobs: Vec<Arc<Job>>,
    started: Mutex<Vec<JoinHandle<()>>>,
    /// Whether others have taken their place.
    is_replaced: watch::Sender<bool>,
}

/// Why a run did nothing, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("there is no job of that name")]
    Unknown,
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
    #[error("the job panicked")]
    Panicked,
}

struct Job {
    name: Cow<'static, str>,
    interval: Duration,
    runs_at_the_end: bool,
    /// Ends the wait for the next run.
    wake: Option<Arc<Notify>>,
    /// Whether a server that stops lets go of a run instead of awaiting it.
    is_dropped: bool,
    /// Locked during a run, so that there is one at a time.
    work: tokio::sync::Mutex<Work>,
}

type Work = Box<dyn FnMut() -> BoxFuture<'static, Result<(), JobError>> + Send>;

impl Jobs {
    pub fn new(clock: Clock) -> Self {
        Self { clock, jobs: Vec::new(), started: Mutex::default(), is_replaced: watch::Sender::new(false) }
    }

    /// Adds a job that runs each interval, give or take a tenth, so that servers which were started together do not all
    /// run it at once. The next interval begins when the run has ended.
    #[must_use]
    pub fn every<F, E>(
        mut self,
        interval: Duration,
        name: impl Into<Cow<'static, str>>,
        mut work: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let work: Work =
            Box::new(move || work().map(|done| done.map_err(|error| JobError::Failed(error.into()))).boxed());
        self.jobs.push(Arc::new(Job {
            name: name.into(),
            interval,
            runs_at_the_end: false,
            wake: None,
            is_dropped: false,
            work: work.into(),
        }));
        self
    }

    /// Lets the job that was added last run once more when the server stops.
    #[must_use]
    pub fn and_at_the_end(mut self) -> Self {
        if let Some(job) = self.jobs.last_mut().and_then(Arc::get_mut) {
            job.runs_at_the_end = true;
        }
        self
    }

    /// Lets the job that was added last also run when it is woken.
    #[must_use]
    pub fn and_when(mut self, wake: Arc<Notify>) -> Self {
        if let Some(job) = self.jobs.last_mut().and_then(Arc::get_mut) {
            job.wake = Some(wake);
        }
        self
    }

    /// Lets the job that was added last be dropped when the server stops: it runs as long as the server does.
    #[must_use]
    pub fn until_the_end(mut self) -> Self {
        if let Some(job) = self.jobs.last_mut().and_then(Arc::get_mut) {
            job.is_dropped = true;
        }
        self
    }

    /// Runs a job now, after a run of it that is under way.
    ///
    /// # Errors
    /// When there is no such job, or the run fails; that is logged as well.
    pub async fn run(&self, name: &str) -> Result<(), JobError> {
        let job = self.jobs.iter().find(|job| job.name == name).ok_or(JobError::Unknown)?;
        job.run(&self.clock).await
    }

    /// Starts the jobs. They end with the server, or when others take their place.
    pub fn start(&self, shutdown: Shutdown) {
        let start = |job: &Arc<Job>| {
            let (shutdown, mut replaced) = (shutdown.clone(), self.is_replaced.subscribe());
            let end = async move {
                select! {
                    () = shutdown => {}
                    _ = replaced.wait_for(|is_replaced| *is_replaced) => {}
                }
            };
            tokio::spawn(Arc::clone(job).repeat(self.clock.clone(), end.boxed()))
        };
        let started: Vec<_> = self.jobs.iter().map(start).collect();
        self.started().extend(started);
    }

    /// Starts the jobs in place of others, whose runs under way go on to their end.
    pub fn replace(&self, others: &Self, shutdown: Shutdown) {
        others.is_replaced.send_replace(true);
        let ending = std::mem::take(&mut *others.started());
        self.started().extend(ending.into_iter().filter(|job| !job.is_finished()));
        self.start(shutdown);
    }

    /// Awaits the end of the jobs, once the server stops.
    pub async fn finish(&self) {
        let started = std::mem::take(&mut *self.started());
        let late: Vec<_> = started.iter().map(JoinHandle::abort_handle).collect();
        if timeout(GRACE, join_all(started)).await.is_err() {
            tracing::warn!("a job was still running when the server stopped; what it has not committed is undone");
            late.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }

    fn started(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    async fn run(&self, clock: &Clock) -> Result<(), JobError> {
        let mut work = self.work.lock().await;
        let started = clock.stopwatch();
        // What a run has left half-done is in the database, which undoes it.
        let run = AssertUnwindSafe(async { work().await }).catch_unwind().await;
        let done = run.unwrap_or(Err(JobError::Panicked));
        if let Err(error) = &done {
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(job = &*self.name, elapsed_ms, %error, "a job failed; it runs again");
        }
        done
    }

    async fn woken(&self) {
        match &self.wake {
            Some(wake) => wake.notified().await,
            None => std::future::pending().await,
        }
    }

    async fn repeat(self: Arc<Self>, clock: Clock, mut end: BoxFuture<'static, ()>) {
        let mut intervals = 1;
        loop {
            select! {
                () = sleep(spread(self.interval * intervals, random::bytes())) => {}
                () = self.woken() => {}
                () = &mut end => break,
            }
            if self.is_dropped {
                select! {
                    _ = self.run(&clock) => {}
                    () = &mut end => break,
                }
                continue;
            }
            intervals = if self.run(&clock).await.is_ok() { 1 } else { AFTER_FAILURE };
        }
        if self.runs_at_the_end {
            let _ = self.run(&clock).await;
        }
    }
}

/// From nine to eleven tenths of an interval.
fn spread(interval: Duration, random: [u8; 1]) -> Duration {
    interval.mul_f64(0.9 + 0.2 * f64::from(random[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rocket::{fairing::AdHoc, local::asynchronous::Client};
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;

    const OFTEN: Duration = Duration::from_millis(1);
    const NEVER: Duration = Duration::from_secs(1_000_000);

    async fn says(to: UnboundedSender<&'static str>, name: &'static str) -> io::Result<()> {
        to.send(name).expect("somebody listens");
        match name {
            "fails" => Err(io::Error::other("no room")),
            "panics" => panic!("a bug"),
            _ => Ok(()),
        }
    }

    /// Jobs that say that they run.
    fn jobs(interval: Duration) -> (Jobs, UnboundedReceiver<&'static str>) {
        let (sender, heard) = unbounded_channel();
        let clock = Clock::standing();
        let work = |name: &'static str| {
            let sender = sender.clone();
            move || says(sender.clone(), name)
        };
        let jobs = Jobs::new(clock)
            .every(interval, "panics", work("panics"))
            .every(interval, "fails", work("fails"))
            .every(interval, "works", work("works"))
            .every(NEVER, "tidies up", work("tidies up"))
            .and_at_the_end();
        (jobs, heard)
    }

    async fn server(jobs: Jobs) -> Client {
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
        let jobs = Arc::new(jobs);
        let started = Arc::clone(&jobs);
        let server = rocket::custom(config)
            .attach(AdHoc::on_liftoff("start", move |rocket| Box::pin(async move { started.start(rocket.shutdown()) })))
            .attach(AdHoc::on_shutdown("finish", move |_| Box::pin(async move { jobs.finish().await })));
        Client::untracked(server).await.expect("a server")
    }

    #[tokio::test]
    async fn a_job_that_fails_or_panics_runs_again_and_stops_no_other() {
        let (jobs, mut heard) = jobs(OFTEN);
        let server = server(jobs).await;
        let (mut panics, mut fails, mut works) = (0, 0, 0);
        while panics < 3 || fails < 3 || works < 3 {
            match heard.recv().await.expect("they run") {
                "panics" => panics += 1,
                "fails" => fails += 1,
                "works" => works += 1,
                other => panic!("{other} is not due"),
            }
        }
        drop(server);
    }

    #[tokio::test]
    async fn a_server_that_stops_lets_a_job_finish_its_work_and_no_other_begin() {
        let (jobs, mut heard) = jobs(NEVER);
        server(jobs).await.terminate().await;
        assert_eq!(heard.recv().await, Some("tidies up"));
        assert_eq!(heard.recv().await, None, "the jobs are gone");
    }

    #[tokio::test]
    async fn jobs_that_are_replaced_end_and_are_awaited_with_those_in_their_place() {
        let (old, mut heard) = jobs(NEVER);
        let old = Arc::new(old);
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
        let server = Client::untracked(rocket::custom(config)).await.expect("a server");
        old.start(server.rocket().shutdown());
        let new = Jobs::new(Clock::standing());
        new.replace(&old, server.rocket().shutdown());
        new.finish().await;
        assert_eq!(heard.recv().await, Some("tidies up"));
        drop(old);
        assert_eq!(heard.recv().await, None, "the jobs are gone");
    }

    #[tokio::test]
    async fn a_job_is_run_by_hand_and_says_what_became_of_it() {
        let (jobs, mut heard) = jobs(NEVER);
        let run = async |name| jobs.run(name).await.map_err(|error| error.to_string());
        assert_eq!(run("works").await, Ok(()));
        assert_eq!(run("fails").await, Err("no room".to_owned()));
        for _ in 0..2 {
            assert_eq!(run("panics").await, Err("the job panicked".to_owned()));
        }
        assert_eq!(run("sleeps").await, Err("there is no job of that name".to_owned()));
        let mut ran = Vec::new();
        while let Ok(name) = heard.try_recv() {
            ran.push(name);
        }
        assert_eq!(ran, ["works", "fails", "panics", "panics"]);
    }

    #[test]
    fn an_interval_is_spread_by_a_tenth() {
        let minute = Duration::from_secs(60);
        assert_eq!((spread(minute, [0]), spread(minute, [255])), (Duration::from_secs(54), Duration::from_secs(66)));
    }
}
