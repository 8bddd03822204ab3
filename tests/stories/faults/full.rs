//! A full disk, by a limit on the size of files, which can be set and lifted while a process runs. SQLite gets EFBIG
//! instead of ENOSPC, and answers "disk I/O error" instead of "disk is full"; nothing else differs.

use std::path::Path;

use rlimit::{INFINITY, Resource};

use super::{asks_to_come_back, assert_sound, gate};
use crate::harness::{Server, Site, ends, on_postgres, one_line, program_after, text};

/// At the limit the process gets an error, as on a full disk, instead of a deadly signal.
const ERRORS: &str = "trap '' XFSZ";
/// Nothing can be written from the start.
const FULL: &str = "trap '' XFSZ; ulimit -f 0";

fn limit(server: &Server, bytes: u64) {
    rlimit::prlimit(server.pid().cast_signed(), Resource::FSIZE, Some((bytes, INFINITY)), None).unwrap();
}

/// The length of the write-ahead log, to which nothing can then be added.
fn size(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("data.db-wal")).unwrap().len()
}

#[tokio::test]
async fn on_a_full_disk_live_sessions_go_on_and_afterwards_everything_does() {
    if on_postgres("the file's disk") {
        return;
    }
    let site = Site::new().await;
    let server = Server::listening(program_after(ERRORS, site.path(), &["serve"]));
    let (mut phone, mut newcomer) = (site.phone(&server, "zhangsan"), site.phone(&server, "zhangsan"));
    phone.is_signed_in().await;
    assert_eq!(gate(&mut phone).await, 200);

    limit(&server, size(site.path()));
    for _ in 0..3 {
        asks_to_come_back(&newcomer.signs_in().await, "unavailable");
        assert_eq!(gate(&mut newcomer).await, 401);
        assert_eq!(gate(&mut phone).await, 200);
        assert_eq!(phone.gets("/home").await.status, 200);
    }
    server.says("problem=\"unavailable\" cause=");
    let mut kept = phone.clone();
    let answer = phone.posts("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert_eq!(gate(&mut kept).await, 200, "nobody is told that they are out who are not");
    let ready = newcomer.gets("/readyz").await;
    assert!(ready.status == 503 && ready.body.contains("database"), "{} {}", ready.status, ready.body);

    limit(&server, INFINITY);
    newcomer.is_signed_in().await;
    assert_eq!((gate(&mut newcomer).await, gate(&mut kept).await), (200, 200));
    assert_eq!(kept.posts("/logout", &[]).await.status, 303);
    assert_sound(&site.db_url()).await;
    server.kill();
    let server = site.serves();
    for (cookies, expected) in [(newcomer.cookies, 200), (phone.cookies, 401)] {
        let mut again = site.phone(&server, "zhangsan");
        again.cookies = cookies;
        assert_eq!(gate(&mut again).await, expected);
    }
}

#[tokio::test]
async fn the_operator_is_told_that_nothing_can_be_written() {
    if on_postgres("the file's disk") {
        return;
    }
    let site = Site::new().await;
    let server = site.serves();
    let run = |arguments: &'static [&'static str]| {
        let command = program_after(FULL, site.path(), arguments);
        // The simulated DingTalk runs on this very thread.
        tokio::task::spawn_blocking(move || ends(command))
    };
    let message = one_line(&run(&["users", "add", "lisi", "--name", "李四"]).await.unwrap());
    assert!(message.contains("disk I/O error"), "{message}");
    assert!(!site.runs(&["users", "list"]).contains("lisi"));
    let doctor = run(&["doctor"]).await.unwrap();
    let findings = text(&doctor.stdout);
    assert_eq!(doctor.status.code(), Some(1), "{findings}");
    assert!(findings.contains("cannot be written") && findings.contains("disk I/O error"), "{findings}");
    server.kill();

    // The last process to close the file tidied up, so opening it means writing.
    let message = one_line(&run(&["serve"]).await.unwrap());
    assert!(message.contains("data.db") && message.contains("writable"), "{message}");
    let server = site.serves();
    site.phone(&server, "zhangsan").is_signed_in().await;
    assert_sound(&site.db_url()).await;
}
