//! Sessions are cached in the process, but no answer outlives a revocation, whoever made it.

use miandeng::{
    audit::Actor,
    db::Pools,
    ids::{CorpId, DingUserId},
    people::{self, By, LastAdmin, Reason},
    sessions, users,
};

use crate::harness::{App, CORP, Phone};

async fn is_in(phone: &mut Phone) -> bool {
    phone.gets("/home").await.status == 200
}

async fn other_process(app: &App) -> Pools {
    Pools::open(&app.db_url()).await.unwrap()
}

#[tokio::test]
async fn a_session_that_another_process_ends_is_refused_at_the_next_request() {
    let app = App::start().await;
    let others = other_process(&app).await;
    let mut late = 0;
    for _ in 0..100 {
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        for _ in 0..3 {
            assert!(is_in(&mut phone).await, "warm");
        }
        let mut transaction = others.write().await.unwrap();
        sessions::end_all(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        late += usize::from(is_in(&mut phone).await);
    }
    assert_eq!(late, 0);
    others.close().await;
}

#[tokio::test]
async fn sessions_that_are_asked_about_all_the_time_do_not_come_back_to_life() {
    let app = App::start().await;
    let others = other_process(&app).await;
    for _ in 0..20 {
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        let askers: Vec<_> = (0..8)
            .map(|_| {
                let mut phone = phone.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        is_in(&mut phone).await;
                    }
                })
            })
            .collect();
        let mut transaction = others.write().await.unwrap();
        sessions::end_all(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(!is_in(&mut phone).await, "while others ask");
        for asker in askers {
            asker.await.unwrap();
        }
        assert!(!is_in(&mut phone).await, "and after");
    }
    others.close().await;
}

#[tokio::test]
async fn a_change_of_a_person_is_seen_at_the_next_request_and_disturbs_nobody_else() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let (mut phone, mut other) = (app.phone("zhangsan"), app.phone("lisi"));
    phone.is_signed_in().await;
    other.is_signed_in().await;
    assert!(is_in(&mut phone).await && is_in(&mut other).await);
    let others = other_process(&app).await;
    let mut transaction = others.write().await.unwrap();
    let (corp_id, userid) = (CorpId::new(CORP).unwrap(), DingUserId::new("zhangsan").unwrap());
    let change = users::Change { name: Some("张三丰".into()), ..users::Change::default() };
    let user = users::find(&mut transaction, &corp_id, &userid).await.unwrap().unwrap();
    let by = By::new(Actor::System, Reason::Command, &app.clock);
    people::change(&mut transaction, &by, &user, change, LastAdmin::MayGo).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(phone.gets("/home").await.body.contains("张三丰"));
    app.db_disable("zhangsan").await;
    assert!(!is_in(&mut phone).await && is_in(&mut other).await);
    others.close().await;
}

#[tokio::test]
async fn more_changes_than_are_read_one_by_one_are_not_missed() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    assert!(is_in(&mut phone).await);
    let others = other_process(&app).await;
    let mut transaction = others.write().await.unwrap();
    for _ in 0..700 {
        miandeng::db::query("INSERT INTO session_changes (user_id) VALUES (987654)")
            .execute(&mut transaction)
            .await
            .unwrap();
    }
    sessions::end_all(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(!is_in(&mut phone).await);
    others.close().await;
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute_and_on_nobodys_time() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    const LAST: &str = "SELECT last_seen_at - created_at FROM sessions";
    for (seconds, noted) in [(30, 0), (31, 61), (59, 61), (1, 121)] {
        app.clock.advance(seconds);
        is_in(&mut phone).await;
        app.jobs.run("session-activity").await.expect("a note");
        assert_eq!(app.db_count(LAST).await, noted, "after {seconds} more");
    }
}
