//! A tap on the icon, and the employee is signed in.

use std::time::Duration;

use miandeng::simulator::ConfigCheck;

use super::{
    client::{Client, Manner, Platform},
    harness::{App, Jsapi, Setup},
    window::{Look, Window},
};

const NEWER_CALL: &str = "runtime.permission.requestAuthCodeV2";
const OLDER_CALL: &str = "runtime.permission.requestAuthCode";
const OPENED: &str = "/?corpid=dingsamplecorp00000001";

/// Opens the app, sees 张三's home page, and returns the calls by which the page asked for a code.
async fn signs_in(app: &App, client: Client) -> Vec<String> {
    let window = Window::in_dingtalk(app, client).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    assert_eq!(window.text("h1").await, "张三");
    let calls = window.code_calls();
    window.close().await;
    calls
}

/// DingTalk's one verdict on dd.config, once it is there.
async fn config_check(app: &App) -> ConfigCheck {
    let judged = async {
        loop {
            match app.simulator.config_checks().as_slice() {
                [] => tokio::time::sleep(Duration::from_millis(15)).await,
                [check] => break check.clone(),
                more => panic!("dd.config was called more than once: {more:#?}"),
            }
        }
    };
    let judged = tokio::time::timeout(Duration::from_secs(15), judged).await;
    judged.expect("dd.config was called")
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_employee_who_opens_the_app_on_ios_is_signed_in_by_the_newer_call() {
    let app = App::official().await;
    assert_eq!(signs_in(&app, Client::of(Platform::Ios)).await, [NEWER_CALL]);
    assert!(config_check(&app).await.accepted());
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_employee_who_opens_the_app_on_android_is_signed_in_by_the_newer_call() {
    let app = App::official().await;
    assert_eq!(signs_in(&app, Client::of(Platform::Android)).await, [NEWER_CALL]);
    assert!(config_check(&app).await.accepted());
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_employee_who_opens_the_app_on_harmony_is_signed_in_by_the_newer_call() {
    let app = App::official().await;
    assert_eq!(signs_in(&app, Client::of(Platform::Harmony)).await, [NEWER_CALL]);
    assert!(config_check(&app).await.accepted());
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_employee_who_opens_the_app_on_the_desktop_is_signed_in_by_the_newer_call() {
    let app = App::official().await;
    assert_eq!(signs_in(&app, Client::of(Platform::Pc)).await, [NEWER_CALL]);
    assert!(config_check(&app).await.accepted());
}

/// Its host serves every customer's files.
#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn of_the_host_of_dingtalks_script_nothing_else_runs_and_that_script_lacks_nothing() {
    let cdn = App::start().await;
    let jsapi = Jsapi::Elsewhere(cdn.url("/jsapi/dingtalk.js?a,b;c"));
    let app = App::with(Setup { jsapi, bootstrap: "official", ..Setup::default() }).await;
    for platform in [Platform::Ios, Platform::Android, Platform::Harmony, Platform::Pc] {
        assert_eq!(signs_in(&app, Client::of(platform)).await, [NEWER_CALL], "{platform:?}");
    }
    let window = Window::ordinary(&app).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    window.until("document.readyState === 'complete'").await;
    for other in [cdn.url("/static/js/signin.js"), cdn.url("/jsapi/"), app.url("/static/js/signin.js")] {
        let load = format!(
            "new Promise(done => {{ const s = document.createElement('script'); s.src = {other:?}; \
             s.onload = () => done('ran'); s.onerror = () => done('refused'); document.head.appendChild(s) }})"
        );
        assert_eq!(window.run(&load).await, "refused", "{other}");
        // The console's messages come on a way of their own.
        let complains = |said: &String| said.contains("Content Security Policy") && said.contains(&other);
        crate::harness::until("the browser complains", async || window.complaints().iter().any(complains)).await;
    }
    window.shut().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_first_clients_with_the_newer_call_get_it_and_those_before_get_the_older_one() {
    let apps = [App::start().await, App::official().await];
    for (platform, version, call) in [
        (Platform::Ios, "7.0.45", NEWER_CALL),
        (Platform::Ios, "7.0.44", OLDER_CALL),
        (Platform::Android, "6.0.30", OLDER_CALL),
        (Platform::Pc, "7.0.50", NEWER_CALL),
        (Platform::Pc, "7.0.49", OLDER_CALL),
    ] {
        for app in &apps {
            let calls = signs_in(app, Client::of(platform).version(version)).await;
            assert_eq!(calls, [call], "{platform:?} {version}");
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_client_that_does_not_know_the_newer_call_is_asked_once_more_by_the_older_one() {
    let app = App::start().await;
    let client = Client::of(Platform::Android).that(Manner::OldCallOnly);
    assert_eq!(signs_in(&app, client).await, [NEWER_CALL, OLDER_CALL]);
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_newer_call_carries_the_client_id_so_that_apps_on_one_domain_are_told_apart() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    let calls = window.calls();
    let asked = calls.iter().find(|call| call.method == NEWER_CALL).expect("a call");
    assert_eq!(asked.params["corpId"], "dingsamplecorp00000001");
    assert_eq!(asked.params["clientId"], "dingsampleclientid01");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_service_window_asks_by_its_own_call_and_never_by_that_of_employees() {
    let app = App::with(service_window()).await;
    let client = Client::of(Platform::Ios).held_by("open-wangwu");
    let window = Window::in_dingtalk(&app, client).await;
    window.open(&app.url(OPENED)).await;
    app.server.logs(&["POST", "/userinfo"]).await;
    assert_eq!(window.code_calls(), ["channel.permission.requestAuthCode"]);
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_service_window_on_the_desktop_which_has_no_such_call_says_so() {
    let app = App::with(service_window()).await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Pc)).await;
    window.open(&app.url(OPENED)).await;
    window.shows("client-refused").await;
    window.click("[data-admin] summary").await;
    assert!(window.text("[data-said]").await.contains("4050"));
    assert_eq!(window.code_calls(), [""; 0]);
    window.close().await;
}

fn service_window() -> Setup {
    Setup {
        app: "kind = \"channel\"\nagent_id = \"200000001\"\nchannel_secret = \"sample-channel-secret\"",
        ..Setup::default()
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn dd_config_is_accepted_on_an_address_with_chinese_however_the_container_shows_it() {
    const RAW: &str = "/?corpid=dingsamplecorp00000001&name=张三&q=a+b%2Bc%26d&empty=#top";
    const ENCODED: &str = "/?corpid=dingsamplecorp00000001&name=%E5%BC%A0%E4%B8%89&q=a+b%2Bc%26d&empty=";
    for (platform, signature, shown) in [
        // Android shows the address as typed into the console, the others as the browser has it.
        (Platform::Android, "sha1", RAW.trim_end_matches("#top")),
        (Platform::Ios, "sha1", ENCODED),
        (Platform::Harmony, "sha256", ENCODED),
        (Platform::Pc, "sha256", ENCODED),
    ] {
        let app = App::with(Setup {
            app: if signature == "sha1" {
                "agent_id = \"100000001\"\nsignature = \"sha1\""
            } else {
                "agent_id = \"100000001\"\nsignature = \"sha256\""
            },
            bootstrap: "official",
            ..Setup::default()
        })
        .await;
        let window = Window::in_dingtalk(&app, Client::of(platform)).await;
        window.open(&app.url(RAW)).await;
        window.lands_on("/home").await;
        let check = config_check(&app).await;
        assert!(check.accepted(), "{platform:?}: {check:#?}");
        assert_eq!(check.url, app.url(shown), "{platform:?}");
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_signature_that_does_not_fit_stops_nobody_and_the_log_says_which_address_dingtalk_saw() {
    let app = App::official().await;
    let client = Client::of(Platform::Ios).behind_https();
    assert_eq!(signs_in(&app, client).await, [NEWER_CALL]);

    let line = app.server.logs(&["client-report", "dd.error"]).await;
    let seen = app.url(OPENED).replace("http:", "https:");
    for words in ["errcode=52013", seen.as_str(), app.url(OPENED).as_str(), "public_url", "hint="] {
        assert!(line.contains(words), "no {words} in {line}");
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_code_is_sent_once_and_stands_in_no_address_and_no_log() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    // Log lines may come late, but in order: all earlier ones are there too.
    app.server.logs(&["path=\"/home\""]).await;
    let log = app.server.log();
    let sent: Vec<_> = log.iter().filter(|line| line.contains("/userinfo")).collect();
    assert!(matches!(sent.as_slice(), [line] if line.contains("POST")), "{sent:#?}");
    assert_eq!(app.simulator.calls("/topapi/v2/user/getuserinfo"), 1);
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_employee_ends_where_return_to_says_and_back_does_not_lead_to_the_sign_in_page() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&app.url(&format!("{OPENED}&return_to=%2Fhome%3Ftab%3D%25E5%25BC%25A0"))).await;
    window.lands_on("/home?tab=%E5%BC%A0").await;
    window.run("history.back()").await;
    window.until("location.href === 'about:blank' || location.pathname === '/home'").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_is_signed_in_never_sees_the_page_again() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Android)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window.open(&app.url(&format!("{OPENED}&return_to=/home?again"))).await;
    window.lands_on("/home?again").await;
    assert_eq!(window.code_calls().len(), 1);
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_client_that_answers_after_the_page_gave_it_up_is_still_welcome() {
    // Our own call, and the script's.
    for (app, calls) in [(App::official().await, 1), (App::start().await, 2)] {
        let look = Look { client: Some(Client::of(Platform::Ios).that(Manner::Late)), hurry: true, ..Look::default() };
        let window = Window::with(&app, look).await;
        window.open(&app.url(OPENED)).await;
        window.shows("no-bridge").await;
        window.release();
        window.lands_on("/home").await;
        assert_eq!(window.code_calls().len(), calls);
        window.close().await;
    }
}
