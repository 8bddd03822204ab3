//! `sync_every`: the server syncs by itself, each corp once however many servers there are.

use miandeng::{
    directory::{Schedule, SyncError},
    simulator::{Company, FaultKind},
};
use rocket::futures::future::{join, join_all};
use serde_json::{Value, json};

use super::{LIST, SUB};
use crate::{
    faults::fault,
    harness::{App, CORP, until},
};

const JOB: &str = "directory-sync";
const HOUR: i64 = 3_600;

async fn app(every: &str) -> App {
    let every = every.to_owned();
    App::of(Company::sample(), move |settings: &mut Value| {
        settings["apps"][0]["sync_every"] = json!(every);
        settings["apps"][0]["sync_disable_at_most"] = json!("20%");
    })
    .await
}

async fn people(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM users").await
}

async fn runs(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM sync_runs").await
}

#[tokio::test]
async fn a_server_syncs_when_it_is_due_and_not_before() {
    let app = app("6h").await;
    app.jobs.run(JOB).await.unwrap();
    assert_eq!((people(&app).await, runs(&app).await), (6, 1));
    for (hours, expected) in [(5, 1), (2, 2), (5, 2), (2, 3)] {
        app.clock.advance(hours * HOUR);
        app.jobs.run(JOB).await.unwrap();
        assert_eq!(runs(&app).await, expected);
    }
    let synced = "SELECT COUNT(*) FROM audit WHERE event = 'synced' AND actor = 'system' AND corp_id <> ''";
    assert_eq!(app.db_count(synced).await, 1, "what changed nothing has no row");
    // After a long stop it is due at once.
    let app = app.restart().await;
    app.clock.advance(30 * 24 * HOUR);
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(runs(&app).await, 4);
}

#[tokio::test]
async fn without_the_setting_no_server_syncs() {
    let app = app("").await;
    assert!(app.jobs.run(JOB).await.is_err(), "there is no such job");
}

#[tokio::test]
async fn two_servers_never_sync_at_once_nor_one_after_the_other() {
    let one = app("1h").await;
    let other = one.second().await;
    let (first, second) = join(one.jobs.run(JOB), other.jobs.run(JOB)).await;
    assert!(first.is_ok() && second.is_ok());
    other.jobs.run(JOB).await.unwrap();
    assert_eq!((runs(&one).await, one.simulator.calls(SUB), one.simulator.calls(LIST)), (1, 6, 6));
}

/// The other one syncs after this one has found the sync due, and before it asks for the lease.
#[tokio::test]
async fn what_another_server_has_synced_meanwhile_is_not_synced_again() {
    let app = app("1h").await;
    let schedule = Schedule::new(app.pools.clone(), app.clock.clone(), app.apps.clone());
    let due = schedule.due(&app.apps.apps()[0]).await.unwrap().expect("a sync that is due");
    app.second().await.jobs.run(JOB).await.unwrap();
    assert!(matches!(due.run(|_| {}).await, Err(SyncError::TakenOver(_))));
    assert_eq!((runs(&app).await, app.simulator.calls(SUB), app.simulator.calls(LIST)), (1, 6, 6));
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_leases").await, 0, "it is given back");
}

#[tokio::test]
async fn a_process_that_was_killed_keeps_others_out_for_half_a_minute() {
    let app = app("1s").await;
    let mut tx = app.pools.write().await.unwrap();
    let lease = "INSERT INTO sync_leases VALUES ($1, 'dead', 'cli:root', $2)";
    let lease = miandeng::db::query(lease).bind(CORP).bind(app.clock.now_ms() + 30_000);
    lease.execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    app.jobs.run(JOB).await.unwrap();
    assert_eq!((people(&app).await, app.simulator.calls(SUB)), (0, 0));
    app.clock.advance(30);
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(people(&app).await, 6);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_leases").await, 0, "it is given back");
}

#[tokio::test]
async fn a_refusal_that_goes_on_has_one_row_in_the_trail() {
    let app = app("1s").await;
    app.jobs.run(JOB).await.unwrap();
    app.simulator.edit_corp(CORP, |corp| corp.employees.truncate(3));
    for _ in 0..4 {
        app.clock.advance(2);
        app.jobs.run(JOB).await.unwrap();
    }
    assert_eq!((runs(&app).await, people(&app).await), (5, 6));
    assert_eq!(app.db_count("SELECT COUNT(*) FROM audit WHERE event = 'sync-refused'").await, 1);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM users WHERE status = 'disabled'").await, 0);
}

#[tokio::test]
async fn a_refusal_in_other_words_is_the_same_and_names_what_is_missing() {
    let app = app("1s").await;
    app.jobs.run(JOB).await.unwrap();
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].denied_permissions = vec!["qyapi_get_department_member".into()]);
    for _ in 0..3 {
        app.clock.advance(2);
        app.jobs.run(JOB).await.unwrap();
    }
    let refused = "SELECT COUNT(*) FROM audit WHERE event = 'sync-refused' AND detail LIKE '%request_id%' \
                   AND detail LIKE '%60011%' AND detail LIKE '%通讯录部门成员读权限 (qyapi_get_department_member)%'";
    assert_eq!((runs(&app).await, app.db_count(refused).await), (4, 1), "DingTalk names each request");
}

#[tokio::test]
async fn people_sign_in_and_out_while_the_directory_is_synced() {
    let app = app("1s").await;
    app.jobs.run(JOB).await.unwrap();
    app.clock.advance(2);
    app.simulator.remove_employee(CORP, "sunqi");
    app.simulator.fault(fault("/topapi/v2/*", 40, FaultKind::RandomDelay { up_to_ms: 20 }));
    let everybody = ["lisi", "wangwu", "zhaoliu", "zhouba"].map(|userid| {
        let mut phone = app.phone(userid);
        async move {
            for _ in 0..5 {
                phone.is_signed_in().await;
                assert_eq!(phone.posts("/logout", &[]).await.status, 303);
            }
        }
    });
    let (synced, _) = join(app.jobs.run(JOB), join_all(everybody)).await;
    synced.unwrap();
    let sunqi = app.db_user("sunqi").await.unwrap();
    assert_eq!(sunqi.status, miandeng::users::Status::Disabled);
}

/// Somebody new is added by a sign-in after the departments were read: missing from what was read, but not gone.
#[tokio::test]
async fn whoever_joins_while_the_directory_is_read_is_not_taken_for_gone() {
    let app = app("1s").await;
    app.jobs.run(JOB).await.unwrap();
    app.clock.advance(2);
    app.simulator.remove_employee(CORP, "sunqi");
    // 孙七 is looked for by name after all pages are read.
    app.simulator.fault(fault("/topapi/v2/user/get", 1, FaultKind::Delay(300)));
    let joins = async {
        until("the person is read", async || app.simulator.calls("/topapi/v2/user/get") > 0).await;
        let mut tx = app.pools.write().await.unwrap();
        let newcomer = "INSERT INTO users (corp_id, userid, name, source, created_at, updated_at) \
                        VALUES ($1, 'newcomer', '新人', 'dingtalk', 0, 0)";
        miandeng::db::query(newcomer).bind(CORP).execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    let (synced, ()) = join(app.jobs.run(JOB), joins).await;
    synced.unwrap();
    let status = async |userid| app.db_user(userid).await.unwrap().status.as_str();
    assert_eq!((status("newcomer").await, status("sunqi").await), ("active", "disabled"));
}
