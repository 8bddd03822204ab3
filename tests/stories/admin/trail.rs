//! The trail and its file.

use miandeng::audit::{Actor, Entry, Event};

use super::{
    admin, deployment, posts,
    refused::{HOSTILE, db_refused},
    signed_in,
};
use crate::harness::{App, CORP};

const OTHER: &str = "dingother0000000000001";

/// The file's records, without the headings.
fn records(body: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(body.as_bytes()).records().map(|record| record.unwrap()).collect()
}

/// As many rows about one person.
async fn db_rows(app: &App, rows: i64, userid: &str) {
    let (corp_id, userid) = (CORP.parse_corp(), userid.parse_user());
    let entry = |i| Entry::at(Event::SignedIn, Actor::User(userid.clone()), i).about(&corp_id, &userid);
    let mut transaction = app.pools.write().await.unwrap();
    miandeng::audit::write_all(&mut transaction, (0..rows).map(entry).collect()).await.unwrap();
    transaction.commit().await.unwrap();
}

trait Ids {
    fn parse_corp(&self) -> miandeng::ids::CorpId;
    fn parse_user(&self) -> miandeng::ids::DingUserId;
}

impl Ids for str {
    fn parse_corp(&self) -> miandeng::ids::CorpId {
        miandeng::ids::CorpId::new(self).unwrap()
    }

    fn parse_user(&self) -> miandeng::ids::DingUserId {
        miandeng::ids::DingUserId::new(self).unwrap()
    }
}

#[tokio::test]
async fn what_an_administrator_did_is_found_by_name_actor_event_and_time() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    posts(&mut phone, "/admin/people/add", &[("userid", "wangwu"), ("name", "王五"), ("role", "user")]).await;
    db_refused(&app, CORP, "zhaoliu", "赵六", "not-listed", "00abc").await;
    for (query, person) in [
        ("q=wangwu", "wangwu"),
        ("q=%E7%8E%8B%E4%BA%94", "wangwu"),
        ("q=ww", "wangwu"),
        ("q=00abc", "zhaoliu"),
        ("event=refused", "zhaoliu"),
    ] {
        let page = phone.gets(&format!("/admin/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(page.body.matches("<th role=\"rowheader\"").count(), 1, "{query}: {}", page.body);
        assert!(page.body.contains(&format!("<code>{person}</code>")), "{query}: {}", page.body);
    }
    let done = phone.gets("/admin/audit?q=zhangsan&event=user-added").await;
    assert!(done.body.contains("<code>wangwu</code>") && !done.body.contains("<code>lisi</code>"), "{}", done.body);
    let page = phone.gets("/admin/audit?event=refused").await;
    for part in ["被拒", "不在用户表中", "赵六", "192.0.2.7", "00abc", "<time datetime=\""] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(phone.gets("/admin/audit?since=2200-01-01").await.body.contains("没有符合条件的记录"));
    assert!(phone.gets("/admin/audit?until=1999-01-01").await.body.contains("没有符合条件的记录"));
    let since = phone.gets("/admin/audit?since=2000-01-01T00:00:00%2B08:00&event=refused").await;
    assert!(since.body.contains("zhaoliu"), "{}", since.body);
}

#[tokio::test]
async fn bad_parameters_are_no_failure_and_a_bad_time_is_named() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let long = format!("q={}", "长".repeat(900));
    for query in
        ["page=-1", "page=99999999999999999999", "page=4294967295", "q=%25%00_%5C%27", "event=x", "q=%FF", "%", &*long]
    {
        for path in ["/admin/audit", "/admin/audit.csv"] {
            let answer = phone.gets(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 200, "{path}?{query}: {}", answer.body);
        }
    }
    for query in ["since=garbage", "until=2026-02-31", "since=%27%3B--"] {
        let page = phone.gets(&format!("/admin/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(
            page.body.contains("aria-invalid=\"true\"") && page.body.contains("请写日期"),
            "{query}: {}",
            page.body
        );
        assert_eq!(phone.gets(&format!("/admin/audit.csv?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn another_corps_rows_are_nowhere() {
    let app = deployment().await;
    db_refused(&app, OTHER, "stranger", "别家的人", "not-listed", "00ff").await;
    let mut phone = admin(&app).await;
    for query in ["", "q=00ff", "q=stranger", "event=refused", "corp_id=dingother0000000000001", "q=%E5%88%AB"] {
        for path in ["/admin/audit", "/admin/audit.csv"] {
            let answer = phone.gets(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 200);
            assert!(
                !answer.body.contains("别家的人") && !answer.body.contains(OTHER),
                "{path}?{query}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_the_file_has_every_row_once() {
    let app = deployment().await;
    db_rows(&app, 4_100, "zhaoliu").await;
    let mut phone = admin(&app).await;
    let first = phone.gets("/admin/audit?q=zhaoliu").await;
    assert_eq!(first.body.matches("<th role=\"rowheader\"").count(), 50);
    assert!(first.body.contains("href=\"/admin/audit?q=zhaoliu&#38;page=2\""), "{}", first.body);
    let last = phone.gets("/admin/audit?q=zhaoliu&page=82").await;
    assert_eq!(last.body.matches("<th role=\"rowheader\"").count(), 50);
    assert!(last.body.contains("page=81") && !last.body.contains("page=83"), "{}", last.body);
    assert_eq!(phone.gets("/admin/audit?q=zhaoliu&page=83").await.status, 200);

    let before = app.db_count("SELECT COUNT(*) FROM audit").await;
    let file = phone.gets("/admin/audit.csv?q=zhaoliu").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    assert_eq!(file.header("cache-control"), "no-store");
    let records = records(&file.body);
    assert_eq!(records.len(), 4_100, "three portions");
    assert!(records.iter().all(|record| &record[5] == "zhaoliu"));
    let ids: std::collections::HashSet<_> = records.iter().map(|record| record[0].to_owned()).collect();
    assert_eq!(ids.len(), 4_100);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM audit").await, before, "looking leaves no row");
}

#[tokio::test]
async fn a_strangers_name_is_text_on_the_page_and_no_formula_in_the_file() {
    let app = deployment().await;
    for (i, name) in [HOSTILE, "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1"].into_iter().enumerate() {
        db_refused(&app, CORP, &format!("=u{i}"), name, "not-listed", "=1+1").await;
    }
    let mut phone = admin(&app).await;
    let page = phone.gets("/admin/audit?event=refused").await;
    assert!(page.body.contains("&#60;script&#62;") && !page.body.contains("<script"), "{}", page.body);
    let file = phone.gets("/admin/audit.csv?event=refused").await;
    let records = records(&file.body);
    assert_eq!(records.len(), 6);
    for cell in records.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
}

#[tokio::test]
async fn only_administrators_read_the_trail() {
    let app = deployment().await;
    for path in ["/admin/audit", "/admin/audit.csv"] {
        assert_eq!(app.phone("lisi").gets(path).await.status, 303);
        let refused = signed_in(&app, "lisi").await.gets(path).await;
        assert_eq!(refused.status, 403);
        assert!(!refused.body.contains("signed-in"), "{}", refused.body);
    }
}
