//! What the audit trail says of people whom an app's rules turn away.

use miandeng::audit::{self, Filter, Row};
use serde_json::{Value, json};

use super::{PROXIES, Proxy};
use crate::harness::{App, CORP};

async fn refused(app: &App) -> Vec<Row> {
    let filter = Filter { event: Some(audit::Event::Refused), most: 1_000, ..Filter::default() };
    audit::list(&mut app.pools.read().await.unwrap(), &filter).await.unwrap()
}

#[tokio::test]
async fn whoever_the_rules_turn_away_has_a_row_without_what_they_asked_for() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for (asked, proxy) in PROXIES.into_iter().enumerate() {
        let answer = proxy.asks(&mut phone, "groups=%E8%B4%A2%E5%8A%A1&users=lisi").await;
        assert_eq!(answer.status, 403, "{proxy:?}");
        let rows = refused(&app).await;
        assert_eq!(rows.len(), asked + 1, "{proxy:?}");
        let row = &rows[0];
        assert_eq!((row.actor.as_str(), row.userid.as_str(), row.corp_id.as_str()), ("zhangsan", "zhangsan", CORP));
        assert_eq!((row.app.as_str(), row.request_id.as_str()), ("oa", answer.request_id()));
        let detail = json!({ "reason": "not-allowed", "rules": "groups=财务&users=lisi" });
        assert_eq!(Value::from(row.detail.clone()), detail, "neither host nor path");
    }
}

#[tokio::test]
async fn a_page_full_of_refused_requests_leaves_a_sample_and_a_count_and_allowed_ones_leave_nothing() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let rows = app.db_rows().await;
    for _ in 0..30 {
        assert_eq!(Proxy::Nginx.asks(&mut phone, "users=zhangsan").await.status, 200);
    }
    assert_eq!(app.db_rows().await, rows, "nothing is written for whoever is let in");
    for _ in 0..60 {
        assert_eq!(Proxy::Nginx.asks(&mut phone, "users=lisi").await.status, 403);
    }
    assert_eq!(refused(&app).await.len(), 10);
    app.jobs.run("refusal-counts").await.unwrap();
    let rows = refused(&app).await;
    let times = |row: &Row| row.detail.get("times").and_then(Value::as_u64).unwrap_or(1);
    assert_eq!((rows.len(), rows.iter().map(times).sum::<u64>()), (11, 60));
    assert!(rows.iter().all(|row| row.userid == "zhangsan" && row.corp_id == CORP));
}

#[tokio::test]
async fn a_refusal_stands_where_the_trail_cannot_be_written() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut tx = app.pools.write().await.unwrap();
    miandeng::db::query("DROP TABLE audit").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(Proxy::Caddy.asks(&mut phone, "users=lisi").await.status, 403);
    assert_eq!(Proxy::Caddy.asks(&mut phone, "users=zhangsan").await.status, 200);
}
