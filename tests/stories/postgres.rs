//! Several servers on PostgreSQL. These stories run on it wherever it is installed, whatever the others run on.

use miandeng::{
    db::{self, Pools},
    ids::{CorpId, DingUserId},
    users,
};
use rocket::tokio;

use crate::{
    faults::{assert_sound, gate},
    harness::{
        CORP, PUBLIC_URL, Settings, Site, ends, one_line,
        postgres::{self, Database},
        program, text,
    },
};

const PASSWORD: &str = "hunter2-of-the-database";

/// Says so where the stories cannot be told.
pub fn is_missing() -> bool {
    let is_missing = postgres::programs().is_none();
    assert!(!is_missing || std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
    if is_missing {
        eprintln!("PostgreSQL is not installed (Debian: postgresql), so nothing is tried on it");
    }
    is_missing
}

pub async fn site(database: &Database) -> Site {
    let url = database.url().replace("postgres@", &format!("postgres:{PASSWORD}@"));
    Site::with(|dingtalk| Settings { database: url, ..Settings::least(0, PUBLIC_URL, dingtalk) }).await
}

#[tokio::test]
async fn what_is_revoked_at_one_server_is_refused_at_the_next_question_to_another() {
    if is_missing() {
        return;
    }
    let database = Database::empty();
    let site = site(&database).await;
    // Three starts at once make the tables once.
    let servers = [(); 3].map(|()| crate::harness::Server::spawn(program(site.path(), &["serve"])));
    let [one, two, three] = servers.map(crate::harness::Server::listens);
    site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
    for round in 0..3 {
        let mut phone = site.phone(&one, "zhangsan");
        phone.signs_in().await;
        let mut elsewhere = [&two, &three].map(|server| {
            let mut there = site.phone(server, "zhangsan");
            there.cookies.clone_from(&phone.cookies);
            there
        });
        for phone in &mut elsewhere {
            assert_eq!(gate(phone).await, 200, "{round}");
        }
        match round {
            0 => drop(site.runs(&["sessions", "revoke", "--all", "--yes"])),
            1 => drop(site.runs(&["users", "disable", "zhangsan"])),
            _ => drop(phone.posts("/logout", &[]).await),
        }
        for phone in elsewhere.iter_mut().chain([&mut phone]) {
            assert_eq!(gate(phone).await, 401, "{round}");
        }
        database.psql("UPDATE users SET status = 'active'");
    }
    assert_sound(&database.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_is_in_no_log_and_no_message_and_a_backup_is_pg_dumps() {
    if is_missing() {
        return;
    }
    let database = Database::empty();
    let site = site(&database).await;
    let mut server = site.serves();
    let mut said = String::new();
    for command in
        [&["doctor"][..], &["doctor", "--json"], &["users", "list"], &["backup", "x.db"], &["restore", "x.db"]]
    {
        let output = ends(program(site.path(), command));
        said.push_str(&(text(&output.stdout) + &text(&output.stderr)));
        if let ["backup" | "restore", _] = command {
            let message = one_line(&output);
            assert!(message.contains("pg_dump") || message.contains("pg_restore"), "{message}");
            let mut chinese = program(site.path(), command);
            chinese.env("LC_ALL", "zh_CN.UTF-8");
            assert!(one_line(&ends(chinese)).contains("请用 pg_dump 备份") || command[0] == "restore");
        }
    }
    assert!(said.contains("postgres://postgres@/"), "{said}");
    let good = std::fs::read_to_string(site.path().join("Rocket.toml")).unwrap();
    for (from, to) in [
        ("?host=", "?hots="),
        ("?host=", "?host=/nowhere"),
        ("/story", "/no_such_story"),
        ("localhost", "local host"),
        ("public_url = ", "public_url = 7 # "),
    ] {
        std::fs::write(site.path().join("Rocket.toml"), good.replace(from, to)).unwrap();
        for language in ["C", "zh_CN.UTF-8"] {
            let mut command = program(site.path(), &["serve"]);
            command.env("LC_ALL", language).env("MIANDENG_LOG", "debug");
            let output = ends(command);
            assert_eq!(output.status.code(), Some(1), "{to}");
            said.push_str(&(text(&output.stdout) + &text(&output.stderr)));
        }
    }
    server.stop();
    said.extend(server.log());
    assert!(!said.contains(PASSWORD), "{said}");
    assert_eq!(database.psql("SELECT COUNT(*) FROM audit WHERE event = 'settings-refused'"), "2");
    assert_eq!(database.psql(&format!("SELECT COUNT(*) FROM audit WHERE detail LIKE '%{PASSWORD}%'")), "0");
}

#[tokio::test]
async fn what_failed_is_not_committed_and_a_change_that_is_undone_leaves_no_gap() {
    if is_missing() {
        return;
    }
    let database = Database::empty();
    let [one, two] = [Pools::open(&database.url()).await.unwrap(), Pools::open(&database.url()).await.unwrap()];
    let mut transaction = one.write().await.unwrap();
    db::query("INSERT INTO session_changes (user_id) VALUES (1)").execute(&mut transaction).await.unwrap();
    db::query("no statement").execute(&mut transaction).await.unwrap_err();
    transaction.commit().await.unwrap_err();
    for (pools, user) in [(&one, 2), (&two, 3)] {
        let mut transaction = pools.write().await.unwrap();
        db::query("INSERT INTO session_changes (user_id) VALUES ($1)")
            .bind(user)
            .execute(&mut transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        let mut undone = pools.write().await.unwrap();
        db::query("INSERT INTO session_changes (user_id) VALUES (9)").execute(&mut undone).await.unwrap();
    }
    assert_eq!(
        database.psql("SELECT string_agg(id || ':' || user_id, ' ' ORDER BY id) FROM session_changes"),
        "1:2 2:3"
    );
    // A text with a NUL, which PostgreSQL cannot hold, finds nobody.
    let userid = DingUserId::new("a\0b");
    if let (Ok(userid), Ok(corp_id)) = (userid, CorpId::new(CORP)) {
        let mut reader = one.read().await.unwrap();
        assert!(users::find(&mut reader, &corp_id, &userid).await.unwrap().is_none());
    }
    let mut reader = one.read().await.unwrap();
    db::query("DELETE FROM session_changes").execute(&mut reader).await.unwrap_err();
    // No trigger sees the rows of a TRUNCATE, so the servers would not hear of it.
    let mut psql = db::connect_to_server(&database.url()).await.unwrap();
    for truncate in ["TRUNCATE sessions CASCADE", "TRUNCATE users CASCADE", "TRUNCATE session_changes"] {
        let error = db::query(truncate).execute(&mut psql).await.unwrap_err();
        assert!(error.to_string().contains("use DELETE"), "{error}");
    }
}
