//! DingTalk's limits: kept to, and waited out.

use miandeng::{
    clock::Clock,
    simulator::{Company, Corp, FaultKind, RateLimit, Simulator, Throttle},
};

use super::{LIST, SUB, syncs, words};
use crate::{
    faults::fault,
    harness::{PUBLIC_URL, Settings, Site, ends, prepare, program, text},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_throttled_is_made_again_and_nothing_is_lost() {
    let site = Site::fresh().await;
    let plain = |code: i64| FaultKind::Errcode { code, text: "慢一点".into() };
    let gateway = FaultKind::SubCode { sub_code: "90018".into(), sub_msg: "慢一点".into() };
    for (path, kind) in [(LIST, plain(90002)), (SUB, plain(90018)), (LIST, gateway), (SUB, plain(-1))] {
        site.simulator.fault(fault(path, 1, kind));
    }
    assert_eq!(words(&syncs(&site, &[])), "6 new");
}

/// By a clock that runs, from before the program's first call until after its last one. When calls arrive depends on the machine,
/// so `directory::pace` tries by a clock that stands that they are evenly sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_api_is_called_more_than_twenty_times_a_second() {
    const CALLS: usize = 61;
    prepare();
    let clock = Clock::system();
    let simulator = Simulator::new(clock.clone(), Company { corps: vec![Corp::sized(60, 400)] });
    let dingtalk = simulator.start("127.0.0.1".parse().unwrap(), 0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::least(0, PUBLIC_URL, dingtalk.url()).text();
    std::fs::write(folder.path().join("Rocket.toml"), settings).unwrap();
    let since = clock.stopwatch();
    let output = ends(program(folder.path(), &["users", "sync"]));
    let took = since.elapsed();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let calls = (simulator.calls(SUB), simulator.calls(LIST));
    assert_eq!(calls, (CALLS, CALLS), "one call for each department, and none again");
    assert!(took >= std::time::Duration::from_millis(50) * 60, "{took:?}");
}

/// A hundred thousand people in two thousand departments, against what the limit alone takes: a hundred seconds. Prints the
/// figures, and only where they are asked for, because it takes four minutes:
/// `MIANDENG_MEASURE=1 cargo test --release --test stories -- --nocapture sync::limits::large`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_companies_take_what_the_limit_takes() {
    const LIMIT: usize = 20;
    if std::env::var_os("MIANDENG_MEASURE").is_none() {
        return;
    }
    prepare();
    let clock = Clock::system();
    let simulator = Simulator::new(clock.clone(), Company { corps: vec![Corp::sized(2_000, 100_000)] });
    simulator.limit(Some(RateLimit { per_second: LIMIT, answer: Throttle::App }));
    let dingtalk = simulator.start("127.0.0.1".parse().unwrap(), 0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::least(0, PUBLIC_URL, dingtalk.url()).text();
    std::fs::write(folder.path().join("Rocket.toml"), settings).unwrap();
    for round in ["first", "second"] {
        simulator.reset_calls();
        let since = clock.stopwatch();
        let mut child = program(folder.path(), &["users", "sync"]).spawn().unwrap();
        let (mut most_kb, mut read_s) = (0, 0.0);
        while child.try_wait().unwrap().is_none() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let peak =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
            most_kb = most_kb.max(peak.unwrap_or(0));
            if simulator.calls(LIST) < 2_001 {
                read_s = since.elapsed().as_secs_f64();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let calls = [SUB, LIST].map(|api| (simulator.calls(api), simulator.most_in_a_second(api)));
        let limit_s = calls.map(|(calls, _)| calls).into_iter().max().unwrap() as f64 / LIMIT as f64;
        let all_s = since.elapsed().as_secs_f64();
        println!(
            "{round}: reading {read_s:.1} s, {:.3} of the limit's {limit_s:.1} s; in all {all_s:.1} s; peak {} MB; {calls:?}",
            read_s / limit_s,
            most_kb / 1024,
        );
    }
}
