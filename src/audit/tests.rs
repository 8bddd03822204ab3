use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::db::{self, Pools};

async fn database() -> (tempfile::TempDir, Pools) {
    let folder = tempfile::tempdir().expect("a folder");
    let pools = Pools::open(&folder.path().join("test.db").to_string_lossy()).await.expect("a database");
    (folder, pools)
}

fn person(userid: &str) -> (CorpId, DingUserId) {
    (CorpId::new("dinga").expect("a corp id"), DingUserId::new(userid).expect("a userid"))
}

fn all() -> Filter {
    Filter { most: 100, ..Filter::default() }
}

#[tokio::test]
async fn a_row_is_read_as_it_was_written_and_never_changed() {
    let (_folder, pools) = database().await;
    let (corp_id, userid) = person("zhangsan");
    let mut tx = pools.write().await.expect("the writer");
    let origin = RequestOrigin { app: "oa".into(), address: "10.0.0.1".into(), request_id: "00ff".into() };
    let entry = Entry::at(Event::RoleChanged, Actor::Cli("root".into()), 1_793_606_400_250).about(&corp_id, &userid);
    entry.by_request(origin).with("to", "admin").write(&mut tx).await.expect("a row");
    let rows = list(&mut tx, &all()).await.expect("rows");
    let value = serde_json::to_value(&rows).expect("JSON");
    let row = &value[0];
    assert_eq!(
        (&row["event"], &row["actor"], &row["userid"]),
        (&json!("role-changed"), &json!("cli:root"), &json!("zhangsan"))
    );
    assert_eq!((&row["app"], &row["address"], &row["request_id"]), (&json!("oa"), &json!("10.0.0.1"), &json!("00ff")));
    assert_eq!(row["detail"], json!({ "to": "admin" }));
    let at: jiff::Timestamp = row["at"].as_str().expect("a time").parse().expect("ISO 8601 with an offset");
    assert_eq!(at.as_millisecond(), 1_793_606_400_250);
    assert!(db::query("UPDATE audit SET actor = 'somebody'").execute(&mut tx).await.is_err());
}

#[tokio::test]
async fn each_filter_finds_its_rows_and_pages_follow_each_other() {
    let (_folder, pools) = database().await;
    let (corp_id, admin) = person("admin");
    let mut tx = pools.write().await.expect("the writer");
    for at in 0..10 {
        let (_, userid) = person(if at % 2 == 0 { "even" } else { "odd" });
        let (event, actor) = match at % 3 {
            0 => (Event::UserDisabled, Actor::User(admin.clone())),
            _ => (Event::SignedIn, Actor::User(userid.clone())),
        };
        Entry::at(event, actor, at).about(&corp_id, &userid).write(&mut tx).await.expect("a row");
    }
    let mut found = async |filter: Filter| {
        let rows = list(&mut tx, &Filter { most: 4, ..filter }).await.expect("rows");
        rows.into_iter().map(|row| row.at).collect::<Vec<_>>()
    };
    let people = |userid: &str| Some(vec![userid.to_owned()]);
    assert_eq!(found(Filter::default()).await, [9, 8, 7, 6]);
    assert_eq!(found(Filter { skip: 4, ..Filter::default() }).await, [5, 4, 3, 2]);
    assert_eq!(found(Filter { before: Some((8, 9)), ..Filter::default() }).await, [7, 6, 5, 4]);
    assert_eq!(found(Filter { people: people("even"), ..Filter::default() }).await, [8, 6, 4, 2]);
    assert_eq!(found(Filter { people: people("admin"), ..Filter::default() }).await, [9, 6, 3, 0]);
    assert_eq!(
        found(Filter { event: Some(Event::SignedIn), since_ms: Some(2), until_ms: Some(7), ..Filter::default() }).await,
        [5, 4, 2]
    );
    assert_eq!(found(Filter { corp_id: Some("dingb".into()), ..Filter::default() }).await, [0; 0]);
    assert_eq!(found(Filter { people: Some(Vec::new()), ..Filter::default() }).await, [0; 0], "nobody is nobody");
}

#[tokio::test]
async fn only_the_oldest_rows_are_swept() {
    let (_folder, pools) = database().await;
    let mut tx = pools.write().await.expect("the writer");
    for at in [50, 10, 40, 20, 30] {
        Entry::at(Event::Synced, Actor::System, at).write(&mut tx).await.expect("a row");
    }
    assert_eq!(sweep(&mut tx, 40, 2).await.expect("swept"), 2);
    assert_eq!(sweep(&mut tx, 40, 2).await.expect("swept"), 1);
    assert_eq!(sweep(&mut tx, 40, 2).await.expect("swept"), 0);
    let left: Vec<_> = list(&mut tx, &all()).await.expect("rows").into_iter().map(|row| row.at).collect();
    assert_eq!(left, [50, 40]);
}

#[tokio::test]
async fn of_a_flood_a_sample_is_written_and_the_rest_is_counted() {
    let (_folder, pools) = database().await;
    let clock = Clock::standing();
    let refusals = Arc::new(Refusals::new(clock.clone()));
    let (corp_id, userid) = person("lisi");
    let written = |reason, person: Option<(&CorpId, &DingUserId)>, times: u64| {
        (0..times).filter(|_| refusals.count(reason, person) == Allowance::Write).count()
    };
    assert_eq!(written("state-mismatch", None, 1000), 60);
    assert_eq!(written("code-invalid", None, 3), 3, "each reason has its own sample");
    assert_eq!(written("not-listed", Some((&corp_id, &userid)), 12), 10, "no flood of strangers hides a person");

    let rows = async || list(&mut pools.read().await.expect("a reader"), &all()).await.expect("rows");
    Arc::clone(&refusals).write_counts(pools.clone()).await.expect("written");
    let counts = rows().await;
    assert_eq!(counts.len(), 2, "what was written in full has no count");
    let of = |userid: &str| counts.iter().find(|row| row.userid == userid).map(|row| row.detail["times"].clone());
    assert_eq!((of(""), of("lisi")), (Some(json!(940)), Some(json!(2))));
    let by_reason = refusals_by_reason(&mut pools.read().await.expect("a reader"), "dinga", 0).await.expect("counts");
    assert_eq!((by_reason[0].reason.as_str(), by_reason[0].count), ("state-mismatch", 940));

    Arc::clone(&refusals).write_counts(pools.clone()).await.expect("written");
    assert_eq!(rows().await.len(), 2, "each refusal is counted once");
    assert_eq!(written("state-mismatch", None, 1), 0, "the hour is not over");
    clock.advance(3600);
    assert_eq!(written("state-mismatch", None, 61), 60, "a new hour, a new sample");
    Arc::clone(&refusals).write_counts(pools.clone()).await.expect("written");
    assert_eq!(rows().await[0].detail["times"], 2, "nothing that was counted is lost with its hour");
}

proptest! {
    /// Whatever a value holds, no spreadsheet finds a formula in the file, and each row stays one record.
    #[test]
    fn no_cell_of_the_export_is_a_formula(text in "[=+@\\t\\r\\n,;'\"a-]{0,12}") {
        let row = Row {
            id: 1, at: 0, event: "refused".into(), actor: text.clone(), corp_id: text.clone(), userid: text.clone(),
            app: text.clone(), address: text.clone(), request_id: text.clone(),
            detail: Map::from_iter([(text.clone(), text.clone().into())]),
        };
        let mut file = Vec::new();
        write_csv(&mut file, true, [&row, &row]).expect("written");
        let mut reader = csv::Reader::from_reader(&*file);
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        prop_assert_eq!(records.len(), 2);
        for cell in records.iter().flatten() {
            prop_assert!(!cell.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", cell);
        }
    }
}
