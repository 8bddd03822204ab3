//! Sign-in outside the DingTalk client, through DingTalk's own page: there, back, and every refusal.

use std::collections::BTreeMap;

use miandeng::simulator::{Company, Fault, FaultKind};
use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Answer, App, CLIENT_ID, CLIENT_SECRET, CORP, PUBLIC_URL, Phone, log_line, whole_log};

const EXCHANGE: &str = "/v1.0/oauth2/userAccessToken";
const ME: &str = "/v1.0/contact/users/me";
const BY_UNIONID: &str = "/topapi/user/getbyunionid";

fn fault(path: &str, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times: 1, corp_id: None, client_id: None, kind }
}

fn answers(path: &str, body: &str) -> Fault {
    fault(path, FaultKind::Body(body.into()))
}

/// Returns DingTalk's address.
async fn sets_out(browser: &mut Phone, path: &str) -> Url {
    let answer = browser.gets(path).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    Url::parse(answer.header("location")).unwrap()
}

/// As somebody, or refuses. Returns the path to which the browser is sent back.
async fn scans(there: &Url, userid: &str) -> String {
    let mut there = there.clone();
    there.query_pairs_mut().append_pair("simulated_person", userid);
    let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let answer = http.get(there).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = answer.headers()["location"].to_str().unwrap();
    back.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{back}")).to_owned()
}

/// Returns the path to which the browser is sent back.
pub async fn is_sent_back(browser: &mut Phone, path: &str) -> String {
    let there = sets_out(browser, path).await;
    scans(&there, &browser.userid.clone()).await
}

async fn signs_in(browser: &mut Phone, path: &str) -> Answer {
    let back = is_sent_back(browser, path).await;
    browser.gets(&back).await
}

fn query(address: &Url) -> BTreeMap<String, String> {
    address.query_pairs().into_owned().collect()
}

/// The page's status and the problem's word.
fn problem(page: &Answer) -> (u16, String) {
    let (_, rest) = page.body.split_once("data-problem=\"").unwrap_or_else(|| panic!("no problem: {}", page.body));
    assert!(page.body.contains(page.request_id()), "the id is on the page");
    (page.status, rest.split('"').next().unwrap().to_owned())
}

#[track_caller]
fn is_refused(page: &Answer, status: u16, word: &str) {
    assert_eq!(problem(page), (status, word.to_owned()), "{}", page.body);
    assert!(page.all("set-cookie").is_empty(), "no cookie");
}

#[tokio::test]
async fn the_page_in_an_ordinary_browser_offers_the_qr_code_and_keeps_the_way_back() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let page = browser.gets(&format!("/?corpid={CORP}&return_to=/reports%3Fa=1%26b=2")).await;
    let link = page.body.split("data-web-login href=\"").nth(1).unwrap().split('"').next().unwrap();
    let link = link.replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(page.body.matches("/login/dingtalk?").count(), 2, "with and without JavaScript");
    let done = signs_in(&mut browser, &link).await;
    assert_eq!((done.status, done.header("location")), (303, "https://app.example.com/reports?a=1&b=2"));
    assert!(browser.gets("/home").await.body.contains("张三"));
    let again = browser.gets(&format!("/?corpid={CORP}")).await;
    assert_eq!((again.status, again.header("location")), (303, "/home"), "one address serves all");
}

#[tokio::test]
async fn dingtalk_is_asked_as_it_wants_to_be_asked() {
    let app = App::with(|settings| settings["base_path"] = json!("/_signin")).await;
    app.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].redirect_urls = vec![format!("{PUBLIC_URL}/_signin/login/dingtalk/callback")];
    });
    let mut browser = app.phone("zhangsan");
    let there = sets_out(&mut browser, "/_signin/login/dingtalk?return_to=/x").await;
    assert!(there.as_str().starts_with(&app.dingtalk_url("/oauth2/auth?")), "{there}");
    let asked = query(&there);
    for (name, value) in [
        ("redirect_uri", "https://app.example.com/_signin/login/dingtalk/callback"),
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("scope", "openid"),
        ("prompt", "consent"),
    ] {
        assert_eq!(asked[name], value);
    }
    let done = browser.gets(&scans(&there, "zhangsan").await).await;
    assert_eq!((done.status, done.header("location")), (303, "https://app.example.com/x"));
    assert_eq!(
        (app.simulator.calls(EXCHANGE), app.simulator.calls(ME), app.simulator.calls(BY_UNIONID)),
        (1, 1, 1),
        "membership is proved"
    );
}

#[tokio::test]
async fn the_code_is_read_under_either_name() {
    let app = App::start().await;
    for left_out in ["code", "authCode"] {
        let mut browser = app.phone("zhangsan");
        let there = sets_out(&mut browser, "/login/dingtalk").await;
        let back = scans(&there, "zhangsan").await;
        let back = Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap();
        let kept = back.query_pairs().filter(|(name, _)| name != left_out);
        let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        let done = browser.gets(&format!("{}?{kept}", back.path())).await;
        assert_eq!((done.status, done.header("location")), (303, "/home"), "without {left_out}");
    }
}

#[tokio::test]
async fn tabs_side_by_side_keep_their_own_way_back() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let mut under_way = Vec::new();
    for tab in ["/a", "/b?x=1#y", "/c", "/d", "/e"] {
        let path = form_urlencoded::byte_serialize(tab.as_bytes()).collect::<String>();
        under_way.push((tab, sets_out(&mut browser, &format!("/login/dingtalk?return_to={path}")).await));
    }
    let app = app.restart().await;
    let cookies = browser.cookies;
    let mut browser = app.phone("zhangsan");
    browser.cookies = cookies;
    for (tab, there) in under_way.iter().rev() {
        let done = browser.gets(&scans(there, "zhangsan").await).await;
        assert_eq!(done.header("location"), format!("{PUBLIC_URL}{tab}"), "also over a restart");
    }
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1, "each took the place of the one before");
}

#[tokio::test]
async fn a_way_back_that_is_not_permitted_leads_home_and_does_not_travel() {
    let app = App::start().await;
    for trick in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "https://app.example.com@evil.example/",
        "https://app.example.com.evil.example/",
        "/x&return_to=/y",
    ] {
        let mut browser = app.phone("zhangsan");
        let there = sets_out(&mut browser, &format!("/login/dingtalk?return_to={trick}")).await;
        let state = query(&there)["state"].clone();
        assert!(state.ends_with(".oa."), "{trick}: {state}");
        let done = browser.gets(&format!("{}&return_to=/z", scans(&there, "zhangsan").await)).await;
        assert_eq!((done.status, done.header("location")), (303, "/home"), "{trick}");
    }
}

#[tokio::test]
async fn a_code_without_the_state_of_this_browser_is_refused_before_dingtalk_is_asked() {
    let app = App::start().await;
    let (mut browser, mut other) = (app.phone("zhangsan"), app.phone("lisi"));
    let back = scans(&sets_out(&mut browser, "/login/dingtalk?return_to=/x").await, "zhangsan").await;
    let foreign = query(&sets_out(&mut other, "/login/dingtalk").await)["state"].clone();
    let code = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    let page_state = browser.opens_app().await.state();
    let own = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["state"].clone();
    let (front, _) = own.rsplit_once('.').unwrap();

    let at = |state: &str| format!("/login/dingtalk/callback?code={code}&authCode={code}&state={state}");
    let altered = format!("{front}.aHR0cHM6Ly9ldmlsLmV4YW1wbGUv");
    for state in [foreign.as_str(), &page_state, &altered, front, "x", "...."] {
        is_refused(&browser.gets(&at(state)).await, 403, "state-mismatch");
    }
    let none = browser.gets(&format!("/login/dingtalk/callback?authCode={code}")).await;
    is_refused(&none, 403, "state-mismatch");
    is_refused(&browser.gets(&format!("{back}&state={own}")).await, 400, "invalid-request");
    is_refused(&other.gets(&back).await, 403, "state-mismatch");
    let mut without_cookies = browser.clone();
    without_cookies.cookies.clear();
    is_refused(&without_cookies.gets(&back).await, 403, "state-mismatch");
    app.clock.advance(601);
    is_refused(&browser.gets(&back).await, 403, "state-mismatch");
    app.clock.advance(-601);
    assert_eq!(app.simulator.calls(EXCHANGE), 0);
    let sent = browser.sends_code(&code, &own).await;
    assert_eq!(sent.problem(), "state-mismatch", "nor is it a page's state");

    assert_eq!(browser.gets(&back).await.status, 303, "nothing was spent");
    let again = browser.gets(&back).await;
    is_refused(&again, 403, "state-mismatch");
    assert!(again.body.contains("href=\"/\""), "a fresh try begins elsewhere: {}", again.body);
    assert_eq!(app.simulator.calls(EXCHANGE), 1);
}

#[tokio::test]
async fn one_way_back_fifty_times_at_once_signs_in_once() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let tries = (0..50).map(|_| {
        let (mut browser, back) = (browser.clone(), back.clone());
        tokio::spawn(async move { browser.gets(&back).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!((app.simulator.calls(EXCHANGE), app.db_count("SELECT count(*) FROM sessions").await), (1, 1));
}

#[tokio::test]
async fn a_code_is_sent_once_whatever_states_come_with_it() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let back = Url::parse(&format!("{PUBLIC_URL}{}", scans(&there, "zhangsan").await)).unwrap();
    let code = query(&back)["code"].clone();
    // Without an answer, nobody knows whether the code was spent.
    app.simulator.fault(fault(EXCHANGE, FaultKind::Reset));
    let lost = browser.gets(&format!("{}?{}", back.path(), back.query().unwrap())).await;
    is_refused(&lost, 503, "dingtalk-unreachable");
    let state = query(&sets_out(&mut browser, "/login/dingtalk?return_to=/x").await)["state"].clone();
    let again = browser.gets(&format!("/login/dingtalk/callback?code={code}&state={state}")).await;
    is_refused(&again, 401, "code-invalid");
    let retry = again.body.split("href=\"/login/dingtalk?").nth(1).expect("a fresh try");
    assert!(retry.split('"').next().unwrap().contains("return_to=https%3A%2F%2Fapp.example.com%2Fx"), "{retry}");
    assert_eq!(app.simulator.calls(EXCHANGE), 1);
}

#[tokio::test]
async fn an_unknown_an_expired_and_another_apps_code_are_code_invalid() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let state = query(&sets_out(&mut browser, "/login/dingtalk").await)["state"].clone();
    let page = browser.gets(&format!("/login/dingtalk/callback?authCode=0123456789abcdef&state={state}")).await;
    is_refused(&page, 401, "code-invalid");
    let line = log_line(page.request_id());
    assert!(line.contains("invalidParameter.authCode.notFound") && !line.contains("0123456789abcdef"), "{line}");

    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    app.clock.advance(301);
    is_refused(&browser.gets(&back).await, 401, "code-invalid");

    app.simulator.edit_corp(CORP, |corp| {
        let mut crm = corp.apps[0].clone();
        (crm.agent_id, crm.client_id, crm.client_secret) = ("300000001".into(), "dingcrm".into(), "s".into());
        corp.apps.push(crm);
    });
    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let theirs = Url::parse(&there.as_str().replace(CLIENT_ID, "dingcrm")).unwrap();
    is_refused(&browser.gets(&scans(&theirs, "zhangsan").await).await, 401, "code-invalid");

    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let (code, state) = (browser.code(), query(&there)["state"].clone());
    let page = browser.gets(&format!("/login/dingtalk/callback?code={code}&state={state}")).await;
    is_refused(&page, 401, "code-invalid");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0, "a code of the client is none of this way");
}

#[tokio::test]
async fn who_refuses_at_dingtalk_is_told_so_and_may_begin_anew() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let there = sets_out(&mut browser, "/login/dingtalk?return_to=/x").await;
    for person in ["", "open-qianjiu"] {
        let there = if person.is_empty() { there.clone() } else { sets_out(&mut browser, "/login/dingtalk").await };
        let page = browser.gets(&scans(&there, person).await).await;
        is_refused(&page, 403, "login-refused");
        assert!(page.body.contains("href=\"/login/dingtalk?"), "{}", page.body);
        assert!(log_line(page.request_id()).contains("access_denied"));
    }
    let state = query(&sets_out(&mut browser, "/login/dingtalk").await)["state"].clone();
    let odd = format!("/login/dingtalk/callback?state={state}&error=%3Cscript%3E%0d%0a{}", "x".repeat(5000));
    let page = browser.gets(&odd).await;
    is_refused(&page, 403, "login-refused");
    assert_eq!(page.body.matches("<script").count(), 1, "ours: {}", page.body);
    assert!(log_line(page.request_id()).len() < 1000);
    let forged = browser.gets("/login/dingtalk/callback?error=access_denied&state=x").await;
    is_refused(&forged, 403, "state-mismatch");
    assert_eq!(app.simulator.calls(EXCHANGE), 0);
}

#[tokio::test]
async fn a_dingtalk_account_outside_the_corp_and_an_external_contact_are_refused() {
    let app = App::start().await;
    app.db_set_unionid("zhangsan", "union-elsewhere").await;
    for (unionid, hint) in [("union-elsewhere", "加入该企业"), ("union-qianjiu", "员工")] {
        app.simulator.fault(answers(ME, &json!({"unionId": unionid, "nick": "张三"}).to_string()));
        let page = signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await;
        is_refused(&page, 403, "not-listed");
        assert!(page.body.contains(hint), "not even a row with that unionid vouches for {unionid}: {}", page.body);
    }
    app.simulator.fault(answers(EXCHANGE, r#"{"accessToken":"t0ken","expireIn":7200,"corpId":"dingother"}"#));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 403, "not-listed");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn who_is_not_in_the_table_or_disabled_is_refused_and_the_log_says_who() {
    let app = App::start().await;
    let page = signs_in(&mut app.phone("lisi"), "/login/dingtalk").await;
    is_refused(&page, 403, "not-listed");
    assert!(log_line(page.request_id()).contains("userid=\"lisi\""));
    app.db_disable("zhangsan").await;
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 403, "disabled");
}

#[tokio::test]
async fn a_newcomer_is_created_if_the_settings_say_so() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    assert_eq!(signs_in(&mut app.phone("lisi"), "/login/dingtalk").await.status, 303);
    let row = app.db_user("lisi").await.unwrap();
    assert_eq!((row.name.as_str(), row.unionid.as_deref()), ("李四", Some("union-lisi")));
}

#[tokio::test]
async fn odd_answers_sign_nobody_in() {
    let app = App::start().await;
    let long = "x".repeat(10_000);
    let odd = ["{}", r#"{"unionId":null}"#, r#"{"unionId":7}"#, r#"{"unionId":["union-zhangsan"]}"#, "[]"];
    let mut bodies: Vec<String> = odd.map(str::to_owned).into();
    bodies.extend([json!({"unionId": "a\r\nb"}).to_string(), json!({"unionId": long}).to_string(), String::new()]);
    for body in &bodies {
        app.simulator.fault(answers(ME, body));
        is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    }
    for body in ["{}", r#"{"accessToken":7}"#, r#"{"accessToken":"a\r\nX-Y: z"}"#] {
        app.simulator.fault(answers(EXCHANGE, body));
        is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    }
    app.simulator.fault(fault(EXCHANGE, FaultKind::Redirect("http://127.0.0.1:1/".into())));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    app.simulator.fault(fault(EXCHANGE, FaultKind::Status(500)));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 503, "dingtalk-unreachable");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn an_app_without_the_permission_tells_the_operator_which_one() {
    let app = App::with(|settings| settings["default_locale"] = json!("en")).await;
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].denied_permissions = vec!["Contact.User.Read".into()]);
    let page = signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await;
    is_refused(&page, 502, "dingtalk-refused");
    assert!(page.body.contains("AccessTokenPermissionDenied") && page.body.contains("权限管理"), "{}", page.body);
    let line = log_line(page.request_id());
    assert!(line.contains("Contact.User.Read") && line.contains("lacks an API permission"), "{line}");
    let app = App::with(|settings| settings["apps"][0]["client_secret"] = json!("wrong")).await;
    let mut browser = app.phone("zhangsan");
    let page = signs_in(&mut browser, "/login/dingtalk").await;
    is_refused(&page, 502, "dingtalk-refused");
    assert!(log_line(page.request_id()).contains("invalidClientIdOrSecret"));
}

#[tokio::test]
async fn an_app_without_a_client_id_offers_no_qr_code_and_says_so() {
    let app = App::with(|settings| {
        let app = settings["apps"][0].as_object_mut().unwrap();
        app.retain(|key, _| !key.starts_with("client_"));
        app.insert("corp_secret".into(), json!("sample-corp-secret"));
    })
    .await;
    let mut browser = app.phone("zhangsan");
    let page = browser.opens_app().await;
    assert!(page.status == 200 && !page.body.contains("/login/dingtalk"), "{}", page.body);
    let page = browser.gets("/login/dingtalk").await;
    is_refused(&page, 404, "unknown-app");
    assert!(page.body.contains("client_id"), "{}", page.body);
}

#[tokio::test]
async fn of_several_apps_the_address_says_which_and_each_takes_its_own_way_back() {
    let mut company = Company::sample();
    let mut other = company.corps[0].clone();
    other.corp_id = "dingothercorp000000001".into();
    other.apps[0].client_id = "dingotherclient".into();
    company.corps.push(other);
    let app = App::of(company, |settings| {
        let mut other: Value = settings["apps"][0].clone();
        (other["name"], other["corp_id"]) = (json!("other"), json!("dingothercorp000000001"));
        (other["agent_id"], other["client_id"]) = (json!("100000001"), json!("dingotherclient"));
        settings["apps"].as_array_mut().unwrap().push(other);
    })
    .await;
    app.db_add_to("dingothercorp000000001", "zhangsan", "别处的张三").await;
    let mut browser = app.phone("zhangsan");
    is_refused(&browser.gets("/login/dingtalk").await, 404, "unknown-app");
    is_refused(&browser.gets("/login/dingtalk?corpid=$CORPID$").await, 400, "invalid-request");
    let there = sets_out(&mut browser, "/login/dingtalk?corpid=dingothercorp000000001").await;
    assert_eq!(query(&there)["client_id"], "dingotherclient");
    let back = scans(&there, "zhangsan").await;
    assert!(browser.gets(&back.replace(".other.", ".oa.")).await.status == 403, "the state is of one app");
    assert_eq!(browser.gets(&back).await.status, 303);
    assert!(browser.gets("/home").await.body.contains("别处的张三"));
}

#[tokio::test]
async fn signing_in_takes_the_place_of_the_session_that_the_browser_had() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let mut browser = app.phone("zhangsan");
    signs_in(&mut browser, "/login/dingtalk").await;
    let earlier = browser.clone();
    browser.userid = "lisi".into();
    signs_in(&mut browser, "/login/dingtalk").await;
    assert!(browser.gets("/home").await.body.contains("李四"));
    assert_eq!(earlier.clone().gets("/home").await.status, 303, "A is gone");
}

#[tokio::test]
async fn who_fails_too_often_without_a_page_of_ours_waits_and_nobody_else_does() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let mut stranger = app.phone("lisi");
    for _ in 0..61 {
        stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    }
    let page = stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    is_refused(&page, 429, "rate-limited");
    assert_eq!(page.header("retry-after"), "1");
    assert_eq!(
        browser.gets(&back).await.status,
        303,
        "at the same address, who set out from our page is not made to wait"
    );
    app.clock.advance(2);
    let page = stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    is_refused(&page, 403, "state-mismatch");
}

#[tokio::test]
async fn no_secret_reaches_a_page_a_log_or_the_database() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let code = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    app.simulator.fault(answers(EXCHANGE, r#"{"accessToken":"user-token-1","refreshToken":"refresh-1"}"#));
    let page = browser.gets(&back).await;
    is_refused(&page, 502, "dingtalk-refused");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let quoted = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    let text = format!("DingTalk quotes {quoted} and {CLIENT_SECRET}");
    app.simulator.fault(fault(EXCHANGE, FaultKind::Errcode { code: 7, text }));
    let refused = browser.gets(&back).await;
    is_refused(&refused, 502, "dingtalk-refused");
    assert!(log_line(refused.request_id()).contains("DingTalk quotes [secret] and [secret]"));
    assert_eq!(signs_in(&mut browser, "/login/dingtalk").await.status, 303);
    let (log, database) = (whole_log(), app.db_bytes());
    let database = String::from_utf8_lossy(&database);
    for secret in [&code, &quoted, CLIENT_SECRET, "user-token-1", "refresh-1"] {
        assert!(!page.body.contains(secret) && !log.contains(secret) && !database.contains(secret), "{secret}");
    }
}
