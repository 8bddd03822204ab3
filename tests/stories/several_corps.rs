//! One deployment for several corps and several apps.

use std::sync::Arc;

use miandeng::simulator::{Company, Corp, Employee, Fault, FaultKind};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    gate::PROXIES,
    handover::makes_a_link,
    harness::{Answer, App, Phone, log_line},
};

/// Apps are numbered through; each corp has an employee of the same userid.
fn corp(number: usize, apps: usize) -> Corp {
    let mut corp = Company::sample().corps.remove(0);
    corp.corp_id = format!("dingcorp{number}");
    corp.channel = None;
    corp.employees = vec![Employee {
        userid: "boss".into(),
        unionid: format!("union-boss-{number}"),
        name: format!("老板{number}"),
        ..Employee::default()
    }];
    let app = corp.apps.remove(0);
    corp.apps = (0..apps)
        .map(|i| {
            let mut app = app.clone();
            app.agent_id = format!("{}", 1000 + number * 100 + i);
            app.client_id = format!("client-{number}-{i}");
            app.client_secret = format!("client-secret-{number}-{i}");
            app
        })
        .collect();
    corp
}

fn company(corps: usize, apps: usize) -> Company {
    Company { corps: (0..corps).map(|number| corp(number, apps)).collect() }
}

fn configure(settings: &mut Value, company: &Company) {
    let apps = company.corps.iter().flat_map(|corp| corp.apps.iter().map(move |app| (corp, app)));
    settings["apps"] = apps
        .map(|(corp, app)| {
            json!({
                "name": app.client_id, "corp_id": corp.corp_id, "agent_id": app.agent_id,
                "client_id": app.client_id, "client_secret": app.client_secret,
            })
        })
        .collect();
}

async fn deployment(corps: usize, apps: usize) -> App {
    let company = company(corps, apps);
    let app = App::of(company.clone(), |settings| configure(settings, &company)).await;
    for corp in &company.corps {
        app.db_add_to(&corp.corp_id, "boss", &corp.employees[0].name).await;
    }
    app
}

/// Opens `/` with a query and signs in as the boss of the page's corp, by a code of the given app.
async fn signs_in(app: &App, phone: &mut Phone, query: &str, corp: usize, client: &str) -> Answer {
    let page = phone.gets(&format!("/?{query}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let code = app.simulator.auth_code(&format!("dingcorp{corp}"), Some(client), "boss").unwrap();
    let corp_id = format!("dingcorp{corp}");
    phone.posts("/userinfo", &[("code", &code), ("corpid", &corp_id), ("state", &page.state())]).await
}

#[tokio::test]
async fn the_app_is_chosen_by_corpid_and_agentid_or_by_either_where_that_is_enough() {
    let app = deployment(2, 2).await;
    let mut phone = app.phone("boss");
    let chosen = |page: Answer| page.config()["agentId"].as_str().unwrap().to_owned();
    assert_eq!(chosen(phone.gets("/?corpid=dingcorp0&agentid=1001").await), "1001");
    assert_eq!(chosen(phone.gets("/?agentid=1100").await), "1100");
    for (query, status, says) in [
        ("corpid=dingcorp0", 404, "agentid"),
        ("", 404, "agentid"),
        ("corpid=dingcorp0&agentid=1100", 404, "agent_id"),
        ("agentid=7", 404, "agent_id"),
    ] {
        let page = phone.gets(&format!("/?{query}")).await;
        assert_eq!(page.status, status, "{query}");
        assert!(page.body.contains(says), "{query}: {}", page.body);
    }
    let one_each = deployment(2, 1).await;
    assert_eq!(chosen(one_each.phone("boss").gets("/?corpid=dingcorp1").await), "1100");
}

#[tokio::test]
async fn two_apps_of_one_corp_need_no_agentid_with_the_code() {
    let app = deployment(1, 2).await;
    for (agent_id, client) in [("1000", "client-0-0"), ("1001", "client-0-1")] {
        let answer = signs_in(&app, &mut app.phone("boss"), &format!("agentid={agent_id}"), 0, client).await;
        assert_eq!(answer.json()["userid"], "boss", "{}", answer.body);
        assert!(log_line(answer.request_id()).contains(&format!("app=\"{client}\"")));
    }
}

#[tokio::test]
async fn opening_the_page_of_another_corp_asks_for_a_new_sign_in() {
    let app = deployment(2, 1).await;
    let mut phone = app.phone("boss");
    let answer = signs_in(&app, &mut phone, "corpid=dingcorp0", 0, "client-0-0").await;
    assert_eq!((&answer.json()["name"], &answer.json()["corpid"]), (&json!("老板0"), &json!("dingcorp0")));
    assert_eq!(phone.gets("/?corpid=dingcorp0").await.status, 303);
    assert_eq!(phone.gets("/").await.status, 303, "no corp is named: whoever is in is in");
    for query in ["corpid=dingcorp1", "agentid=1100", "corpid=dingcorp1&agentid=1100"] {
        let page = phone.gets(&format!("/?{query}")).await;
        assert_eq!((page.status, page.config()["corpId"].as_str()), (200, Some("dingcorp1")), "{query}");
    }
    let answer = signs_in(&app, &mut phone, "corpid=dingcorp1", 1, "client-1-0").await;
    assert_eq!(answer.json()["name"], "老板1");
    let home = phone.gets("/home").await.body;
    assert!(home.contains("老板1") && !home.contains("dingcorp"), "nobody reads an id: {home}");
    assert_eq!(phone.gets("/?corpid=dingcorp0").await.status, 200, "one session, of one corp");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1);
}

/// With its cookies, at the server after a restart.
fn moved(app: &App, old: &Phone) -> Phone {
    let mut phone = app.phone(&old.userid);
    phone.cookies = old.cookies.clone();
    phone
}

#[tokio::test]
async fn people_of_a_corp_that_left_the_settings_are_signed_in_nowhere() {
    let app = deployment(2, 1).await;
    let (mut stays, mut goes) = (app.phone("boss"), app.phone("boss"));
    assert_eq!(signs_in(&app, &mut stays, "corpid=dingcorp0", 0, "client-0-0").await.status, 200);
    assert_eq!(signs_in(&app, &mut goes, "corpid=dingcorp1", 1, "client-1-0").await.status, 200);
    let (path, token) = makes_a_link(&mut goes).await;
    let mut apps = json!([]);
    let app = app.restart_with(|settings| {
        apps = settings["apps"].clone();
        settings["apps"].as_array_mut().unwrap().pop();
    });
    let app = app.await;
    let (mut stays, mut goes) = (moved(&app, &stays), moved(&app, &goes));
    for proxy in PROXIES {
        assert_eq!(proxy.asks(&mut stays, "").await.status, 200, "{proxy:?}");
        assert_ne!(proxy.asks(&mut goes, "").await.status, 200, "{proxy:?}");
    }
    assert_eq!((goes.gets("/home").await.status, goes.gets("/").await.status), (303, 200));
    assert_eq!(goes.posts("/home/open-in-browser", &[]).await.header("location"), "/");
    let mut browser = app.phone("boss");
    assert_eq!(browser.gets(&path).await.status, 410);
    let page = browser.posts("/handover", &[("token", &token)]).await;
    assert_eq!((page.status, page.all("set-cookie").len()), (410, 0), "{}", page.body);
    assert_eq!(stays.gets("/home").await.status, 200);

    let app = app.restart_with(|settings| settings["apps"] = apps).await;
    assert_eq!(moved(&app, &goes).gets("/home").await.status, 200, "back in the settings, and nothing else happened");
}

#[tokio::test]
async fn a_code_for_another_corp_than_the_pages_is_refused_before_dingtalk_is_asked() {
    let app = deployment(2, 1).await;
    let mut phone = app.phone("boss");
    let state = phone.gets("/?corpid=dingcorp0").await.state();
    let foreign = app.simulator.auth_code("dingcorp1", Some("client-1-0"), "boss").unwrap();
    app.simulator.reset_calls();
    let claimed = [("code", foreign.as_str()), ("corpid", "dingcorp1"), ("state", &state)];
    assert_eq!(phone.posts("/userinfo", &claimed).await.problem(), "state-mismatch");
    assert_eq!(app.simulator.calls("/topapi/v2/user/getuserinfo"), 0);
    let smuggled = [("code", foreign.as_str()), ("corpid", "dingcorp0"), ("state", &state)];
    assert_eq!(
        phone.posts("/userinfo", &smuggled).await.problem(),
        "code-invalid",
        "DingTalk knows it for no code of ours"
    );
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn dingtalk_may_be_down_for_one_corp_while_the_other_works() {
    let app = deployment(2, 1).await;
    for kind in [FaultKind::Reset, FaultKind::Errcode { code: 90018, text: "QPS".into() }] {
        let fault =
            Fault { path: "*".into(), times: usize::MAX, corp_id: None, client_id: Some("client-0-0".into()), kind };
        app.simulator.fault(fault);
        let page = app.phone("boss").gets("/?corpid=dingcorp0").await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"));
        let line = log_line(page.request_id());
        assert!(line.contains("app=\"client-0-0\"") && line.contains("hint="), "{line}");
        let answer = signs_in(&app, &mut app.phone("boss"), "corpid=dingcorp1", 1, "client-1-0").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        app.simulator.clear_faults();
        app.clock.advance(3);
    }
    let answer = signs_in(&app, &mut app.phone("boss"), "corpid=dingcorp0", 0, "client-0-0").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn two_entries_for_one_dingtalk_app_share_their_token() {
    let mut company = company(1, 2);
    let app = App::of(company.clone(), |settings| {
        company.corps[0].apps[1].client_id = company.corps[0].apps[0].client_id.clone();
        company.corps[0].apps[1].client_secret = company.corps[0].apps[0].client_secret.clone();
        configure(settings, &company);
        settings["apps"][1]["name"] = json!("second");
    })
    .await;
    for agent_id in ["1000", "1001"] {
        assert_eq!(app.phone("boss").gets(&format!("/?agentid={agent_id}")).await.status, 200);
    }
    assert_eq!((app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket")), (1, 1));
}

#[tokio::test]
async fn a_thousand_employees_in_one_second_after_a_cold_start_cost_ten_apps_one_token_and_one_ticket_each() {
    const APPS: usize = 10;
    let company = company(5, 2);
    let app = App::of(company.clone(), |settings| {
        configure(settings, &company);
        // The story counts calls, and must not fail on a slow machine.
        settings["dingtalk"]["timeout"] = json!("20s");
    })
    .await;
    // Pages come all at once. Codes do not: a slow machine would write their sessions one after another, and give up the last.
    let writing = Arc::new(Semaphore::new(100));
    let mut people = Vec::new();
    for i in 0..1000 {
        let (corp, number) = (i % 5, i / 5 % 2);
        let corp_id = format!("dingcorp{corp}");
        let userid = format!("worker{i}");
        app.simulator.add_employee(
            &corp_id,
            Employee {
                userid: userid.clone(),
                unionid: format!("union-{i}"),
                name: format!("员工{i}"),
                ..Employee::default()
            },
        );
        app.db_add_to(&corp_id, &userid, &format!("员工{i}")).await;
        let (mut phone, simulator, writing) = (app.phone(&userid), app.simulator.clone(), Arc::clone(&writing));
        people.push(async move {
            let page = phone.gets(&format!("/?corpid={corp_id}&agentid={}", 1000 + corp * 100 + number)).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let code = simulator.auth_code(&corp_id, Some(&format!("client-{corp}-{number}")), &phone.userid).unwrap();
            let _turn = writing.acquire().await;
            let answer =
                phone.posts("/userinfo", &[("code", &code), ("corpid", &corp_id), ("state", &page.state())]).await;
            assert_eq!(answer.json()["userid"], phone.userid, "{}", answer.body);
        });
    }
    let people: Vec<_> = people.into_iter().map(tokio::spawn).collect();
    for person in people {
        person.await.unwrap();
    }
    assert_eq!((app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket")), (APPS, APPS));
    for (corp, number) in (0..5).flat_map(|corp| (0..2).map(move |number| (corp, number))) {
        let client = format!("client-{corp}-{number}");
        assert_eq!(app.simulator.calls_of("/gettoken", &client), 1, "{client}");
        assert_eq!(app.simulator.calls_of("/get_jsapi_ticket", &client), 1, "{client}");
    }
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1000);
}
