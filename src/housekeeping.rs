//! What is done beside the requests: expired sessions are swept, credentials kept fresh.

use std::time::Duration;

use rocket::{
    Orbit, Rocket,
    fairing::{Fairing, Info, Kind},
    tokio::time::{self, MissedTickBehavior},
};

use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    dingtalk::Dingtalk,
    sessions::{self, Lifetimes},
    signin::handover,
};

const EVERY: Duration = Duration::from_secs(60);

/// Does it every minute while the server runs.
pub struct Housekeeping;

#[rocket::async_trait]
impl Fairing for Housekeeping {
    fn info(&self) -> Info {
        Info { name: "housekeeping", kind: Kind::Liftoff }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (Some(config), Some(db), Some(clock)) =
            (rocket.state::<Config>(), rocket.state::<Db>(), rocket.state::<Clock>())
        else {
            return;
        };
        let (lifetimes, db, clock) = (Lifetimes::of(config), db.clone(), clock.clone());
        let dingtalk = rocket.state::<Dingtalk>().cloned();
        let mut shutdown = rocket.shutdown();
        rocket::tokio::spawn(async move {
            let mut ticks = time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rocket::tokio::select! {
                    _ = ticks.tick() => {}
                    () = &mut shutdown => return,
                }
                if let Err(error) = sweep(&db, lifetimes, &clock).await {
                    tracing::warn!(%error, "expired sessions could not be swept; they stay refused");
                }
                if let Some(dingtalk) = &dingtalk {
                    dingtalk.apps().iter().for_each(|app| app.keep_fresh());
                }
            }
        });
    }
}

async fn sweep(db: &Db, lifetimes: Lifetimes, clock: &Clock) -> sqlx::Result<()> {
    let mut transaction = db.write().await?;
    let swept = sessions::sweep(&mut transaction, lifetimes, clock.now()).await?;
    handover::sweep(&mut transaction, clock.now()).await?;
    transaction.commit().await?;
    if swept > 0 {
        tracing::info!(swept, "expired sessions were swept");
    }
    Ok(())
}
