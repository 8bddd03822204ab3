//! How long it takes from DingTalk's push to the first refusal at the gate, while others ask the gate all the time.
//! Prints the figures, and only where they are asked for:
//! `MIANDENG_MEASURE=1 cargo test --release --test stories -- --nocapture events::latency`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use miandeng::clock::Clock;
use rocket::tokio;

use super::{called_back, joins, stream};
use crate::{
    faults::gate,
    harness::{App, CORP, LONGEST},
};

const LEAVERS: usize = 200;
const ASKERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http() {
    if is_measured() {
        measure("callback", called_back().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_stream() {
    if is_measured() {
        measure("stream", stream::listening().await).await;
    }
}

fn is_measured() -> bool {
    std::env::var_os("MIANDENG_MEASURE").is_some()
}

async fn measure(way: &str, app: App) {
    let mut people = Vec::new();
    for i in 0..LEAVERS {
        people.push(joins(&app, &format!("leaver{i}")).await);
    }
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut bystander = app.phone("zhangsan");
    bystander.is_signed_in().await;
    let load: Vec<_> = (0..ASKERS)
        .map(|_| {
            let (mut phone, stop, asked) = (bystander.clone(), Arc::clone(&stop), Arc::clone(&asked));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(gate(&mut phone).await, 200);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    let (clock, mut took) = (Clock::system(), Vec::<Duration>::new());
    let begun = clock.stopwatch();
    for mut phone in people {
        let (simulator, userid) = (app.simulator.clone(), phone.userid.clone());
        let started = clock.stopwatch();
        let pushed = tokio::spawn(async move { simulator.leaves(CORP, &userid).await });
        let refused = async { while gate(&mut phone).await == 200 {} };
        tokio::time::timeout(LONGEST, refused).await.expect("a refusal");
        took.push(started.elapsed());
        pushed.await.expect("a push");
    }
    let rate = asked.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for asker in load {
        asker.await.expect("the gate lets the bystander pass");
    }
    took.sort_unstable();
    let (middle, p99) = (took[LEAVERS / 2], took[LEAVERS * 99 / 100]);
    println!("{way}: {LEAVERS} leavers under {rate:.0} gate checks a second: p50 {middle:?}, p99 {p99:?}");
    assert!(p99 < Duration::from_secs(5), "{took:?}");
}
