//! What breaks off leaves nothing.

use rocket::tokio;

use super::{all_of_server, fill, is_refused, moves, site};
use crate::{
    harness::{Server, postgres::Database, program, until},
    postgres::is_missing,
};

#[tokio::test]
async fn what_fails_midway_leaves_nothing() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::new());
    fill(&site).await;
    let nothing = all_of_server(&database).await;
    assert!(nothing.values().all(Vec::is_empty));
    let trigger = |body: &str| {
        database.psql(&format!(
            "CREATE OR REPLACE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.id = 2000 THEN {body}; END IF; RETURN NEW; END $$"
        ));
        database.psql(
            "CREATE OR REPLACE TRIGGER meanwhile BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION meanwhile()",
        );
    };
    trigger("RAISE EXCEPTION 'the disk is full'");
    is_refused(&site, &database.url(), "the table audit cannot be written", "无法写入表 audit");
    assert_eq!(all_of_server(&database).await, nothing);
    trigger("NEW.userid := upper(NEW.userid)");
    is_refused(&site, &database.url(), "the table audit has not become what it is here", "表 audit 与文件中的不一致");
    assert_eq!(all_of_server(&database).await, nothing);
    trigger("RETURN NULL");
    is_refused(&site, &database.url(), "rows here, 2345 there", "那里 2345 行");
    assert_eq!(all_of_server(&database).await, nothing);

    trigger("PERFORM pg_sleep(120)");
    let sleeping = "SELECT COALESCE(string_agg(CAST(pid AS TEXT), ''), '') FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
    for by in ["the database", "the operator"] {
        let moving = Server::spawn(program(site.path(), &["migrate-database", "--to", &database.url()]));
        until("it is in the middle", async || !database.psql(sleeping).is_empty()).await;
        let backend = database.psql(sleeping);
        let terminate = || database.psql(&format!("SELECT pg_terminate_backend({backend})"));
        if by == "the operator" {
            moving.kill();
            terminate();
        } else {
            terminate();
            moving.says("the table audit cannot be written");
        }
        until("the connection is gone", async || database.psql(sleeping).is_empty()).await;
        assert_eq!(all_of_server(&database).await, nothing, "{by}");
    }
    database.psql("DROP TRIGGER meanwhile ON audit");
    moves(&site, &database.url(), &[]);
    assert_eq!(database.psql("SELECT COUNT(*) FROM users"), "1236");
}
