//! Two servers on one file.

use std::time::Duration;

use rocket::futures::future::join_all;

use super::{assert_sound, gate};
use crate::harness::{App, Phone, Server, Site, program};

/// The same browser, at the other server.
fn moved(phone: &Phone, app: &App) -> Phone {
    let mut moved = app.phone(&phone.userid);
    moved.cookies.clone_from(&phone.cookies);
    moved
}

#[tokio::test]
async fn who_signs_in_or_out_at_one_is_in_or_out_at_the_other_at_once() {
    let one = App::start().await;
    let two = one.second().await;
    for turn in 0..50 {
        let (here, there) = if turn % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let mut phone = here.phone("zhangsan");
        let state = phone.opens_app().await.state();
        let mut phone = moved(&phone, there);
        let code = phone.code();
        assert_eq!(phone.sends_code(&code, &state).await.status, 200, "a page of the one is as good as its own");
        let mut phone = moved(&phone, here);
        let mut other = moved(&phone, there);
        assert_eq!((gate(&mut phone).await, gate(&mut other).await), (200, 200), "{turn}");
        assert_eq!(phone.posts("/logout", &[]).await.status, 303);
        assert_eq!((gate(&mut other).await, gate(&mut phone).await), (401, 401), "{turn}");
    }
    one.phone("zhangsan").is_signed_in().await;
    let mut phone = two.phone("zhangsan");
    phone.is_signed_in().await;
    one.db_disable("zhangsan").await;
    assert_eq!((gate(&mut moved(&phone, &one)).await, gate(&mut phone).await), (401, 401));
}

#[tokio::test]
async fn a_session_in_use_at_the_one_does_not_lie_idle_at_the_other() {
    let one = App::start().await;
    let two = one.second().await;
    let mut phone = one.phone("zhangsan");
    phone.is_signed_in().await;
    let mut there = moved(&phone, &two);
    assert_eq!(gate(&mut phone).await, 200);
    // Eight hours without a use end a session.
    for _ in 0..3 {
        one.clock.advance(4 * 3600);
        assert_eq!(gate(&mut there).await, 200);
        last_use_is_written(&one).await;
    }
    assert_eq!(gate(&mut phone).await, 200, "it was never unused");
    one.clock.advance(9 * 3600);
    assert_eq!((gate(&mut phone).await, gate(&mut there).await), (401, 401));
}

/// A moment after the use.
async fn last_use_is_written(app: &App) {
    let now = app.clock.now();
    for _ in 0..12_000 {
        if app.db_count("SELECT max(last_seen_at) FROM sessions").await >= now - 60 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the last use was never written");
}

#[tokio::test]
async fn both_write_at_once_and_neither_fails() {
    let one = App::start().await;
    let two = one.second().await;
    one.db_add("lisi", "李四").await;
    one.db_add("wangwu", "王五").await;
    let people = (0..100).map(|i| {
        let (here, there) = if i % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let mut phone = here.phone(["zhangsan", "lisi", "wangwu"][i / 2 % 3]);
        async move {
            phone.is_signed_in().await;
            assert_eq!(gate(&mut moved(&phone, there)).await, 200, "{i}");
            if i % 3 == 0 {
                assert_eq!(phone.posts("/logout", &[]).await.status, 303);
                assert_eq!(gate(&mut moved(&phone, there)).await, 401, "{i}");
            }
        }
    });
    join_all(people).await;
    assert_eq!(one.db_count("SELECT count(*) FROM sessions").await, 66);
    assert_sound(&one.db_url()).await;
}

#[tokio::test]
async fn servers_that_start_at_once_on_no_file_at_all_make_one() {
    for _ in 0..5 {
        let site = Site::fresh().await;
        // All start at once.
        let starting: Vec<_> = (0..4).map(|_| Server::spawn(program(site.path(), &["serve"]))).collect();
        let servers: Vec<_> = starting.into_iter().map(Server::listens).collect();
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        // They share one key, so each accepts what another made.
        let mut phone = site.phone(&servers[0], "zhangsan");
        for server in &servers[1..] {
            let state = phone.opens_app().await.state();
            let mut elsewhere = site.phone(server, "zhangsan");
            elsewhere.cookies.clone_from(&phone.cookies);
            let code = elsewhere.code();
            assert_eq!(elsewhere.sends_code(&code, &state).await.status, 200);
        }
        assert_sound(&site.db_url()).await;
    }
}
