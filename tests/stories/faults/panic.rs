//! A handler panics.

use miandeng::{db::Db, sessions, web::request_context::RequestContext};
use rocket::{State, get, routes};

use super::{assert_sound, gate};
use crate::harness::{App, Phone, log_line};

/// For the operator alone.
const SECRET: &str = "a-secret-of-the-panic";

#[get("/panics/at-once")]
fn at_once() -> &'static str {
    panic!("{SECRET}");
}

#[get("/panics/after-a-wait")]
async fn after_a_wait(db: &State<Db>) -> &'static str {
    let _reader = db.read().await.unwrap();
    tokio::task::yield_now().await;
    panic!("{SECRET}");
}

/// While it holds the lock of the request's notes.
#[get("/panics/with-a-lock")]
fn with_a_lock(request_context: &RequestContext) -> &'static str {
    request_context.note(|_| panic!("{SECRET}"));
    "not reached"
}

/// In a transaction, on the only connection that writes.
#[get("/panics/in-a-transaction")]
async fn in_a_transaction(db: &State<Db>) -> &'static str {
    let mut transaction = db.write().await.unwrap();
    sessions::end_all(&mut transaction).await.unwrap();
    panic!("{SECRET}");
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500_and_the_next_request_is_served() {
    let app = App::start().await;
    let more = routes![at_once, after_a_wait, with_a_lock, in_a_transaction];
    let broken = app.second_with(|server| server.mount("/", more)).await;
    let mut phone: Phone = broken.phone("zhangsan");
    phone.is_signed_in().await;
    for path in ["at-once", "after-a-wait", "with-a-lock", "in-a-transaction"] {
        // More often than there are connections that read.
        for _ in 0..6 {
            let asked = phone.request(reqwest::Method::GET, &format!("/panics/{path}"));
            let answer = phone.sends(asked.header("Accept", "application/json")).await;
            assert_eq!((answer.status, answer.problem().as_str()), (500, "internal-error"), "{path}");
            assert!(!answer.body.contains(SECRET), "{}", answer.body);
            let line = log_line(answer.request_id());
            assert!(line.contains("WARN") && line.contains(&format!("/panics/{path}")), "{line}");
            assert!(line.contains("problem=\"internal-error\""), "{line}");
            assert_eq!(gate(&mut phone).await, 200, "{path}");
        }
        let page = phone.gets(&format!("/panics/{path}")).await;
        assert!(page.status == 500 && page.body.contains("<html"), "{path}: {}", page.body);
        assert!(page.body.contains(page.request_id()) && !page.body.contains(SECRET), "{path}: {}", page.body);
        assert_eq!(phone.gets("/home").await.status, 200, "{path}: what was half-done is undone");
        broken.phone("zhangsan").is_signed_in().await;
        assert_eq!(phone.gets("/readyz").await.status, 200, "{path}");
    }
    assert_sound(&broken.db_url()).await;
}
