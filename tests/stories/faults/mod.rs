//! Accidents: a power cut, a full disk, a locked file, a dead DingTalk, a clock that jumps, a bug of ours. Every answer
//! is clear, nothing that was answered is lost, and nobody gets in who may not.

mod clock;
mod crowds;
mod dingtalk;
mod full;
mod kill;
mod locked;
mod modes;
mod panic;
mod read_only;
mod two_servers;

use miandeng::{
    db,
    simulator::{Fault, FaultKind},
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::{
    gate::Proxy,
    harness::{Answer, Phone},
};

/// The gate's answer about this phone: 200 or 401, and never anything else.
pub async fn gate(phone: &mut Phone) -> u16 {
    let answer = Proxy::Nginx.asks(phone, "").await;
    assert_eq!(answer.header("remote-user"), if answer.status == 200 { &phone.userid } else { "" });
    answer.status
}

/// Not your fault, come back in a moment.
#[track_caller]
pub fn asks_to_come_back(answer: &Answer, word: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (503, word), "{}", answer.body);
    assert_eq!(answer.header("retry-after"), "5");
    assert!(answer.all("set-cookie").is_empty(), "no session");
}

pub fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

/// The database that a setting names is whole, no reference is dangling, and no sign-in is half there.
pub async fn assert_sound(url: &str) {
    let mut db = match db::is_server(url) {
        true => db::connect_to_server(url).await.unwrap(),
        false => {
            let file = db::file_of(url).unwrap();
            let mut db = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
            let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut db).await.unwrap();
            assert_eq!(found, ["ok"]);
            let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut db).await.unwrap();
            assert!(orphans.is_empty());
            db.into()
        }
    };
    let half: i64 = db::query_scalar(
        "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE u.last_signed_in_at IS NULL OR u.last_signed_in_at < s.created_at",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(half, 0, "a session and the note that its person signed in are one");
    db.close().await.unwrap();
}
