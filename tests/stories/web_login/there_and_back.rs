//! There and back: what DingTalk is asked, whose way back it is, and where it ends.

use miandeng::simulator::Company;
use serde_json::{Value, json};
use url::Url;

use super::{BY_UNIONID, EXCHANGE, ME, is_refused, query, scans, sets_out, signs_in};
use crate::harness::{App, CLIENT_ID, CORP, PUBLIC_URL};

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
