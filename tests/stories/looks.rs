//! What pages show of the organisation, and what they tell people whom they refuse.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    handover::makes_a_link,
    harness::{App, CORP, PUBLIC_URL},
};

/// Opened by itself, it would sign the visitor out.
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(2)</script></svg>";

fn looks(settings: &mut Value) {
    settings["title"] = json!("星海审批");
    settings["admin_contact"] = json!("it@example.com");
    settings["apps"][0]["corp_name"] = json!("星海科技");
}

async fn with_logo(content: &[u8]) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logo");
    std::fs::write(&file, content).unwrap();
    let app = App::with(move |settings| settings["logo_file"] = json!(file)).await;
    (app, folder)
}

#[tokio::test]
async fn every_page_names_the_system_and_none_shows_an_employee_the_id_of_their_corp() {
    let app = App::with(looks).await;
    let mut phone = app.phone("zhangsan");
    let page = phone.opens_app().await.body;
    assert!(page.contains("<title>登录 星海审批</title>") && page.contains("<h1>登录 星海审批</h1>"), "{page}");
    let problem = phone.gets("/nowhere").await.body;
    assert!(problem.contains("<title>页面不存在 · 星海审批</title>"), "{problem}");
    phone.is_signed_in().await;
    let home = phone.gets("/home").await.body;
    let (path, _) = makes_a_link(&mut phone).await;
    let (link, arrival) = (phone.posts("/home/open-in-browser", &[]).await.body, app.phone("x").gets(&path).await.body);
    for page in [page, problem, home.clone(), link, arrival] {
        assert!(
            page.contains("<link rel=\"icon\" href=\"data:image/svg+xml,") && page.contains(">星海审批<"),
            "{page}"
        );
        let shown = page.split("</head>").nth(1).unwrap().replace("data-web-login href=\"/login/dingtalk?corpid=", "");
        assert!(!shown.replace(&format!("{CORP}&#38;agentid="), "").contains(CORP), "{shown}");
    }
    assert!(home.contains("<dd>星海科技</dd>"), "{home}");
}

#[tokio::test]
async fn a_title_is_the_first_apps_name_where_none_is_given() {
    let app = App::start().await;
    let page = app.phone("zhangsan").opens_app().await.body;
    assert!(page.contains("<title>登录 oa</title>"), "{page}");
}

#[tokio::test]
async fn a_logo_is_a_picture_that_runs_nothing_however_it_is_opened() {
    let (app, _folder) = with_logo(SVG.as_bytes()).await;
    let mut phone = app.phone("zhangsan");
    let page = phone.opens_app().await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; img-src 'self' data:; base-uri 'none'; "), "{policy}");
    let address = page.body.split('"').find(|text| text.starts_with("/logo?v=")).unwrap().to_owned();
    assert!(page.body.contains(&format!("<link rel=\"icon\" href=\"{address}\">")), "{}", page.body);
    assert!(page.body.contains(&format!("<img class=\"logo\" src=\"{address}\" alt=\"\" width=\"64\" height=\"64\">")));

    let logo = phone.gets(&address).await;
    assert_eq!((logo.status, logo.header("content-type"), logo.body.as_str()), (200, "image/svg+xml", SVG));
    assert_eq!(
        logo.header("content-security-policy"),
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
    );
    assert_eq!(logo.header("x-content-type-options"), "nosniff");
    assert_eq!(logo.header("cache-control"), "public, max-age=31536000, immutable");
    let again = phone.request(Method::GET, &address).header("If-None-Match", logo.header("etag"));
    assert_eq!(phone.sends(again).await.status, 304);
    assert_eq!(phone.gets("/logo?v=0").await.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn a_page_on_an_apps_own_host_shows_the_logo_from_ours() {
    let (app, _folder) = with_logo(SVG.as_bytes()).await;
    let mut proxy = app.phone("x");
    let page = proxy.gets("/auth/nginx/refusal?problem=not-allowed").await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains(&format!("src=\"{PUBLIC_URL}/logo?v=")), "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("img-src {PUBLIC_URL} data:; ")), "{policy}");
}

#[tokio::test]
async fn without_a_logo_there_is_none() {
    let app = App::start().await;
    assert_eq!(app.phone("zhangsan").gets("/logo").await.status, 404);
}

#[tokio::test]
async fn whoever_is_refused_reads_who_they_are_and_whom_to_ask_and_the_rest_is_for_administrators() {
    let app = App::with(looks).await;
    let refused = app.phone("zhaoliu").signs_in().await;
    assert_eq!(refused.problem(), "not-listed");
    let page = &refused.json()["page"];
    assert_eq!((&page["person"], &page["next"]), (&json!("赵六"), &json!("once-fixed")));
    assert!(page.get("admin").is_none(), "{page}");

    let mut phone = app.phone("zhangsan");
    let page = phone.gets("/?corpid=dingother").await.body;
    let (employee, administrator) =
        page.split_once("<details class=\"admin-part\">").expect("the administrator's part");
    let (administrator, after) = administrator.split_once("</details>").unwrap();
    assert!(administrator.contains("<summary>管理员信息</summary>") && administrator.contains("corp_id"), "{page}");
    assert!(!employee.contains("corp_id") && !after.contains("corp_id"), "{page}");
    assert!(after.contains("href=\"mailto:it@example.com\""), "whom to ask: {page}");
    assert!(!page.contains("重试"), "trying again cannot help: {page}");
    let problem = phone.gets("/userinfo?code=x&corpid=dingother&state=y").await;
    assert!(problem.json()["hint"].as_str().unwrap().contains("管理员：请核对应用首页地址"), "{}", problem.body);
}

#[tokio::test]
async fn what_to_do_in_dingtalk_is_told_as_the_device_has_it() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let said = phone.gets("/?corpid=$CORPID$").await.body;
    assert!(said.contains("底部进入“工作台”") && !said.contains("左侧"), "{said}");
    let desk = "Mozilla/5.0 (Windows NT 10.0) Chrome/108.0 Safari/537.36 DingTalk(7.8.10-Release.250724002)";
    let asked = reqwest::Client::new().get(app.url("/?corpid=$CORPID$")).header("User-Agent", desk);
    let said = asked.header("Accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert!(said.contains("左侧进入“工作台”") && !said.contains("底部"), "{said}");
}

#[tokio::test]
async fn where_dingtalks_page_knows_no_app_an_ordinary_browser_is_led_to_dingtalk() {
    let app = App::with(|settings| {
        settings["apps"][0]["client_id"] = json!("");
        settings["apps"][0].as_object_mut().unwrap().remove("client_secret");
        settings["apps"][0]["corp_secret"] = json!("sample-corp-secret");
    })
    .await;
    let desk = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/126.0 Safari/537.36";
    let page = reqwest::Client::new().get(app.url("/")).header("User-Agent", desk).send().await.unwrap();
    assert!(!page.headers()["content-security-policy"].to_str().unwrap().contains("frame-src"));
    let page = page.text().await.unwrap();
    assert!(page.contains("这个应用只能在钉钉里登录。") && page.contains("左侧进入“工作台”"), "{page}");
    assert!(!page.contains("data-web-login href") && !page.contains("data-qr="), "{page}");
}

#[tokio::test]
async fn only_a_computers_browser_is_shown_dingtalks_code_and_only_its_host_is_framed() {
    let app = App::start().await;
    let asks = async |agent: &str| {
        let page = reqwest::Client::new().get(app.url("/")).header("User-Agent", agent).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        (policy, page.text().await.unwrap().contains("data-qr="))
    };
    let (policy, shown) = asks("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36").await;
    let login = app.dingtalk_url("");
    assert!(
        shown && policy.contains(&format!("; frame-src {}; form-action 'none'", login.trim_end_matches('/'))),
        "{policy}"
    );
    for agent in [
        "Mozilla/5.0 (Windows NT 10.0) Chrome/108.0 Safari/537.36 DingTalk(7.8.10-Release.250724002)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36",
    ] {
        let (policy, shown) = asks(agent).await;
        assert!(!shown && !policy.contains("frame-src"), "{agent}: {policy}");
    }
}
