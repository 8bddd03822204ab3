//! DingTalk fails in many ways, and is away for two hours.

use miandeng::simulator::FaultKind;
use rocket::futures::future::join_all;
use serde_json::json;

use super::{asks_to_come_back, fault, gate};
use crate::harness::{Answer, App};

const TEN_MINUTES: i64 = 600;
/// `Retry-After` of a refusal.
const A_MOMENT: i64 = 5;

async fn deployment() -> App {
    App::with(|settings| settings["dingtalk"]["timeout"] = json!("2s")).await
}

/// Calls for tokens and for tickets.
fn calls(app: &App) -> (usize, usize) {
    (app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket"))
}

/// Without a ticket, the page says so and when to come back.
#[track_caller]
fn page_asks_to_come_back(page: &Answer) {
    assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{}", page.body);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.body);
}

#[tokio::test]
async fn however_dingtalk_fails_live_sessions_go_on_and_the_next_sign_in_after_it_works() {
    let silent = || {
        [
            FaultKind::Delay(60_000),
            FaultKind::Hang,
            FaultKind::Drip { every_ms: 20 },
            FaultKind::Reset,
            FaultKind::Status(502),
            FaultKind::Html,
            FaultKind::Banned,
        ]
    };
    for kind in silent() {
        let app = deployment().await;
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        let mut newcomer = app.phone("zhangsan");
        let (state, code) = (newcomer.opens_app().await.state(), newcomer.code());
        app.simulator.fault(fault("*", usize::MAX, kind.clone()));

        let refused = newcomer.sends_code(&code, &state).await;
        asks_to_come_back(&refused, "dingtalk-unreachable");
        // Token and ticket expire, so now the page itself says it.
        app.clock.advance(7300);
        page_asks_to_come_back(&newcomer.opens_app().await);
        assert_eq!((gate(&mut phone).await, gate(&mut newcomer).await), (200, 401), "{kind:?}");
        assert_eq!(phone.gets("/home").await.status, 200, "{kind:?}");
        assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1, "{kind:?}");

        app.simulator.clear_faults();
        app.clock.advance(A_MOMENT);
        newcomer.is_signed_in().await;
        assert_eq!((gate(&mut phone).await, gate(&mut newcomer).await), (200, 200), "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_no_session_comes_of_it() {
    let app = App::start().await;
    let (mut phone, mut newcomer) = (app.phone("zhangsan"), app.phone("zhangsan"));
    phone.is_signed_in().await;
    for path in ["/topapi/v2/user/getuserinfo", "*"] {
        let state = newcomer.opens_app().await.state();
        app.simulator.fault(fault(path, usize::MAX, FaultKind::Endless));
        let code = newcomer.code();
        let problem = newcomer.sends_code(&code, &state).await.problem();
        // Refused for its length, or for its time where a megabyte takes longer than the limit.
        assert!(["dingtalk-refused", "dingtalk-unreachable"].contains(&problem.as_str()), "{problem}");
        assert_eq!((gate(&mut phone).await, gate(&mut newcomer).await), (200, 401));
        app.simulator.clear_faults();
    }
    newcomer.is_signed_in().await;
}

#[tokio::test]
async fn two_hours_without_dingtalk_are_lived_through_and_its_return_costs_one_token() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    app.db_add("wangwu", "王五").await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let before = calls(&app);
    app.simulator.fault(fault("*", usize::MAX, FaultKind::Reset));
    for minutes in (0..=120).step_by(10) {
        assert_eq!(gate(&mut phone).await, 200, "{minutes}");
        assert_eq!(phone.gets("/home").await.status, 200, "{minutes}");
        let asked = app.simulator.calls("/gettoken") + app.simulator.calls("/get_jsapi_ticket");
        let crowd = join_all((0..20).map(|_| {
            let mut newcomer = app.phone("zhangsan");
            async move {
                let page = newcomer.opens_app().await;
                if page.status == 200 {
                    let code = newcomer.code();
                    asks_to_come_back(&newcomer.sends_code(&code, &page.state()).await, "dingtalk-unreachable");
                } else {
                    page_asks_to_come_back(&page);
                }
                assert_eq!(gate(&mut newcomer).await, 401);
                page.status
            }
        }))
        .await;
        assert!(crowd.iter().all(|status| *status == if minutes < 120 { 200 } else { 503 }), "{minutes}: {crowd:?}");
        let asked = app.simulator.calls("/gettoken") + app.simulator.calls("/get_jsapi_ticket") - asked;
        assert!(asked <= 6, "one of a crowd asks, three times at the most, for the one and the other: {asked}");
        app.clock.advance(TEN_MINUTES);
    }
    let dead = calls(&app);
    assert!(dead > before, "it was tried: {dead:?}");

    app.simulator.clear_faults();
    // A renewal that was begun before may still fail, and a failure is remembered for some seconds.
    let opens = async || {
        app.clock.advance(10);
        app.phone("zhangsan").opens_app().await.status == 200
    };
    crate::harness::until("DingTalk is reached again", opens).await;
    let crowd = (0..100).map(|i| {
        let mut newcomer = app.phone(["zhangsan", "lisi", "wangwu"][i % 3]);
        async move {
            newcomer.is_signed_in().await;
            gate(&mut newcomer).await
        }
    });
    assert_eq!(join_all(crowd).await, [200; 100]);
    assert_eq!(calls(&app), (dead.0 + 1, dead.1 + 1), "one token and one ticket for a hundred");
    assert_eq!(gate(&mut phone).await, 200);
}
