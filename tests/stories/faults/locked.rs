//! Another process has the database to itself.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{asks_to_come_back, assert_sound, gate};
use crate::harness::{App, Site, ends, log_line, on_postgres, program, text};

async fn other_process(file: &std::path::Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).busy_timeout(Duration::ZERO).connect().await.unwrap()
}

async fn does(db: &mut SqliteConnection, statement: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(statement).execute(db).await.map(drop)
}

#[tokio::test]
async fn while_another_process_writes_people_are_let_through_and_who_signs_in_is_told_to_come_back() {
    if on_postgres("the file's lock") {
        return;
    }
    let app = App::start().await;
    let (mut phone, mut newcomer, mut leaver) = (app.phone("zhangsan"), app.phone("zhangsan"), app.phone("zhangsan"));
    phone.is_signed_in().await;
    leaver.is_signed_in().await;
    let (state, code) = (newcomer.opens_app().await.state(), newcomer.code());

    let mut other = other_process(&app.db_file()).await;
    does(&mut other, "BEGIN IMMEDIATE; UPDATE users SET name = name").await.unwrap();
    let signing_in = tokio::spawn(async move {
        let answer = newcomer.sends_code(&code, &state).await;
        (newcomer, answer)
    });
    let ready = tokio::spawn({
        let mut monitor = app.phone("zhangsan");
        async move { monitor.gets("/readyz").await }
    });
    let mut stranger = app.phone("zhangsan");
    let mut asked = 0;
    while !signing_in.is_finished() || !ready.is_finished() {
        assert_eq!(gate(&mut phone).await, 200);
        assert_eq!(gate(&mut stranger).await, 401);
        assert_eq!(phone.gets("/home").await.status, 200);
        assert_eq!(stranger.opens_app().await.status, 200, "the page is no sign-in");
        asked += 1;
    }
    assert!(asked > 1, "they did not wait for the writer");
    let (mut newcomer, answer) = signing_in.await.unwrap();
    asks_to_come_back(&answer, "unavailable");
    assert!(log_line(answer.request_id()).contains("database is locked"), "{}", log_line(answer.request_id()));
    assert_eq!(gate(&mut newcomer).await, 401);
    let ready = ready.await.unwrap();
    assert!(ready.status == 503 && ready.body.contains("database"), "{}", ready.body);

    // A waiting request is served when the file comes free.
    let leaving = tokio::spawn({
        let mut leaver = leaver.clone();
        async move { leaver.posts("/logout", &[]).await.status }
    });
    assert_eq!(gate(&mut leaver).await, 200, "not out before it is said");
    does(&mut other, "COMMIT").await.unwrap();
    assert_eq!(leaving.await.unwrap(), 303);
    assert_eq!(gate(&mut leaver).await, 401);
    newcomer.is_signed_in().await;
    assert_eq!((gate(&mut newcomer).await, gate(&mut phone).await), (200, 200));
    assert_eq!(phone.gets("/readyz").await.status, 200);
    other.close().await.unwrap();
    assert_sound(&app.db_url()).await;
}

#[tokio::test]
async fn who_is_not_yet_signed_out_is_not_told_so() {
    if on_postgres("the file's lock") {
        return;
    }
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut other = other_process(&app.db_file()).await;
    does(&mut other, "BEGIN IMMEDIATE").await.unwrap();
    let mut thief = phone.clone();
    let answer = phone.posts("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert!(answer.all("set-cookie").is_empty(), "the browser keeps what it must still send");
    assert_eq!(gate(&mut thief).await, 200, "and the page does not say otherwise");
    does(&mut other, "ROLLBACK").await.unwrap();
    assert_eq!(phone.posts("/logout", &[]).await.status, 303);
    assert_eq!(gate(&mut thief).await, 401);
    other.close().await.unwrap();
}

#[tokio::test]
async fn nobody_shuts_a_running_server_out_and_a_start_that_is_shut_out_says_so() {
    if on_postgres("the file's lock") {
        return;
    }
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut other = other_process(&app.db_file()).await;
    let alone =
        does(&mut other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE users SET name = name").await;
    assert_eq!(gate(&mut phone).await, 200, "{alone:?}");
    assert_eq!(phone.gets("/home").await.status, 200);
    other.close().await.unwrap();

    let site = Site::new().await;
    let mut other = other_process(&site.db_file()).await;
    does(&mut other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE users SET name = name").await.unwrap();
    let (serve, list) = (program(site.path(), &["serve"]), program(site.path(), &["users", "list"]));
    let shut_out = [serve, list].map(|command| tokio::task::spawn_blocking(move || ends(command)));
    for output in shut_out {
        let output = output.await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        // Earlier lines say that the server waited.
        let last = message.lines().last().unwrap_or_default();
        for part in ["databases.miandeng.url", "data.db", "database is locked", "another process"] {
            assert!(last.starts_with("miandeng: ") && last.contains(part), "{part}: {message}");
        }
    }
    does(&mut other, "COMMIT").await.unwrap();
    other.close().await.unwrap();
    let server = site.serves();
    site.phone(&server, "zhangsan").is_signed_in().await;
}
