//! Who fails too often.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn who_fails_too_often_waits_and_nobody_else_does() {
    let app = App::start().await;
    let (mut attacker, mut colleague) = (app.phone("lisi"), app.phone("zhangsan"));
    attacker.headers = vec![("X-Forwarded-For", "203.0.113.7".into())];
    colleague.headers = vec![("X-Forwarded-For", "198.51.100.7".into())];
    let mut last = attacker.posts("/userinfo", &[("code", "x")]).await;
    for _ in 0..100 {
        if last.status == 429 {
            break;
        }
        last = attacker.posts("/userinfo", &[("code", "x")]).await;
    }
    assert_eq!(last.problem(), "rate-limited");
    let wait: u64 = last.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    colleague.is_signed_in().await;
    let mut neighbour = app.phone("zhangsan");
    neighbour.headers = attacker.headers.clone();
    neighbour.is_signed_in().await;
    app.clock.advance(i64::try_from(wait).unwrap());
    assert_ne!(attacker.posts("/userinfo", &[("code", "x")]).await.status, 429);
}

#[tokio::test]
async fn while_many_addresses_try_codes_of_a_corp_its_people_get_in() {
    let app = App::start().await;
    let tries = async |network: u8| {
        let mut attacker = app.phone("lisi");
        let mut barred = false;
        for i in 0..1000 {
            attacker.headers = vec![("X-Forwarded-For", format!("2001:db8:{network}:{:x}::{i:x}", i % 16))];
            attacker.cookies.clear();
            let state = attacker.opens_app().await.state();
            let answer = attacker.sends_code(&format!("{network:08x}{i:08x}"), &state).await;
            assert!([401, 429].contains(&answer.status), "{}", answer.body);
            barred |= answer.status == 429;
            if barred {
                break;
            }
        }
        barred
    };
    let barred = futures::future::join_all((0..8).map(tries)).await;
    assert!(barred.into_iter().all(|barred| barred), "each of the attacking networks waits sooner or later");
    for address in ["192.0.2.1", "2001:db8:ff::1"] {
        let mut employee = app.phone("zhangsan");
        employee.headers = vec![("X-Forwarded-For", address.into())];
        employee.is_signed_in().await;
    }
}

#[tokio::test]
async fn a_forged_forwarded_address_from_a_stranger_does_not_dodge_the_limit() {
    let app = App::with(|settings| settings["trusted_proxies"] = json!(["10.0.0.0/8"])).await;
    let mut attacker = app.phone("lisi");
    let mut statuses = BTreeSet::new();
    for i in 0..100 {
        attacker.headers = vec![("X-Forwarded-For", format!("203.0.113.{i}")), ("X-Real-IP", format!("192.0.2.{i}"))];
        statuses.insert(attacker.posts("/userinfo", &[("code", "x")]).await.status);
    }
    assert_eq!(statuses, BTreeSet::from([403, 429]));
}

/// The sign-in page's script counts down what the answer says.
#[tokio::test]
async fn who_fails_too_often_is_told_for_how_long() {
    let app = App::start().await;
    let mut phone = app.phone("lisi");
    let mut answer = phone.posts("/userinfo", &[("code", "x")]).await;
    assert_eq!(answer.json()["page"].get("wait"), None, "nobody waits for nothing");
    for _ in 0..100 {
        if answer.status == 429 {
            break;
        }
        answer = phone.posts("/userinfo", &[("code", "x")]).await;
    }
    assert_eq!(answer.json()["page"]["wait"].to_string(), answer.header("retry-after"));
}
