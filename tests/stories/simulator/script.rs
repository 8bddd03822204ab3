//! The simulator's JSAPI script in a real Chromium, in a page with a strict policy. The page notes what happens, and
//! Chromium prints it when all is quiet.

use std::process::Command;

use miandeng::{
    clock::Clock,
    simulator::{Company, Running, Simulator},
};
use rocket::{
    Config, State as Managed,
    config::{LogLevel, Shutdown},
    fairing::AdHoc,
    get,
    http::{ContentType, Header},
    routes,
};
use tokio::sync::oneshot;

use crate::browser::chromium;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 12_0 like Mac OS X) AppleWebKit/605.1.15";
const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/108.0.0.0 Safari/537.36";

#[derive(rocket::Responder)]
struct Page(String, ContentType, Header<'static>);

struct Script {
    simulator: String,
    what_it_does: &'static str,
}

/// Its policy allows the nonce, the simulator, and the app's own style sheets.
#[get("/")]
fn page(script: &Managed<Script>) -> Page {
    let Script { simulator, what_it_does } = &**script;
    let policy = format!(
        "default-src 'none'; script-src 'nonce-n' {simulator}; connect-src 'self' {simulator}; style-src 'self'"
    );
    let page = format!(
        r#"<!DOCTYPE html><body><pre id="out"></pre>
<script src="{simulator}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"></script>
<script nonce="n">
var CORP = 'dingsamplecorp00000001';
function note(text) {{ document.getElementById('out').textContent += text + ';'; }}
function failed(error) {{ note('fail ' + error.errorCode + ' ' + error.errorMessage); }}
function when(selector, act) {{
  var found = document.querySelector('#simulated-dingtalk-chooser ' + selector);
  if (found) act(found); else setTimeout(when, 20, selector, act);
}}
document.addEventListener('securitypolicyviolation', function (event) {{ note('CSP ' + event.violatedDirective); }});
{what_it_does}
</script>"#
    );
    Page(page, ContentType::new("text", "html"), Header::new("Content-Security-Policy", policy))
}

async fn what_happens(simulator: &Simulator, user_agent: &str, what_it_does: &'static str) -> String {
    crate::harness::prepare();
    let running: Running = simulator.start([127, 0, 0, 1].into(), 0).await.expect("a free port");
    let script = Script { simulator: running.url().to_owned(), what_it_does };
    let (bound, port) = oneshot::channel();
    let shutdown = Shutdown { ctrlc: false, signals: Default::default(), ..Shutdown::default() };
    let config = Config { port: 0, log_level: LogLevel::Off, shutdown, ..Config::debug_default() };
    let app = rocket::custom(config).manage(script).mount("/", routes![page]);
    let app = app.attach(AdHoc::on_liftoff("port", |app| {
        Box::pin(async move { bound.send(app.config().port).expect("somebody waits") })
    }));
    tokio::spawn(app.launch());
    let address = format!("http://127.0.0.1:{}/", port.await.expect("it listens"));
    let agent = format!("--user-agent={user_agent}");
    let printed = tokio::task::spawn_blocking(move || {
        let profile = tempfile::tempdir().expect("a folder");
        Command::new(chromium())
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en-US", "--virtual-time-budget=5000"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args([agent.as_str(), "--dump-dom", &address])
            .output()
            .expect("Chromium runs")
    });
    let printed = String::from_utf8(printed.await.expect("a thread").stdout).expect("a page");
    let (_, rest) = printed.split_once(r#"<pre id="out">"#).unwrap_or_else(|| panic!("no page: {printed}"));
    rest.split("</pre>").next().unwrap_or_default().to_owned()
}

fn simulator() -> Simulator {
    Simulator::new(Clock::standing(), Company::sample())
}

#[rocket::async_test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_person_chooses_who_holds_the_phone_and_is_asked_once() {
    let simulator = simulator();
    let happened = what_happens(
        &simulator,
        DESKTOP,
        "note(dd.env.platform);
         when('[data-person=wangwu]', function (button) {
           note(document.activeElement.getAttribute('data-person') + ' has the focus');
           note(button.textContent);
           button.click();
         });
         dd.runtime.permission.requestAuthCode({ corpId: CORP, onFail: failed, onSuccess: function () {
           note('code');
           dd.requestAuthCode({ corpId: CORP, clientId: 'dingsampleclientid01' }).then(function () { note('V2'); }, failed);
         } });",
    )
    .await;
    assert_eq!(happened, "pc;zhangsan has the focus;王五后端组 后端工程师;code;V2;");
    assert_eq!(simulator.calls("/_client/code"), 3, "asked, chosen, and once more without asking");
}

#[rocket::async_test]
#[ignore = "needs Chromium; CI runs it"]
async fn escape_cancels_and_the_page_is_told() {
    let happened = what_happens(
        &simulator(),
        DESKTOP,
        "when('button', function (button) {
           button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
         });
         dd.runtime.permission.requestAuthCode({ corpId: CORP, fail: function (error) { note(error.errorCode); } });",
    )
    .await;
    assert_eq!(happened, "-1;");
}

#[rocket::async_test]
#[ignore = "needs Chromium; CI runs it"]
async fn after_a_refused_dd_config_dd_ready_stays_silent_and_codes_still_come() {
    let simulator = simulator();
    simulator.hold(Some("wangwu"));
    let happened = what_happens(
        &simulator,
        PHONE,
        "note(dd.env.platform);
         dd.ready(function () { note('ready'); });
         dd.error(function (error) {
           note(error.errorCode + ' ' + /Code:52011/.test(error.errorMessage));
           dd.channel.permission.requestAuthCode({ corpId: CORP, onSuccess: function () { note('code'); }, onFail: failed });
         });
         dd.config({ corpId: CORP, agentId: 100000001, timeStamp: 1, nonceStr: 'n', signature: '0', jsApiList: [] });",
    )
    .await;
    assert_eq!(happened, "ios;3 true;code;");
    assert_eq!(simulator.config_checks().len(), 1);
}

#[rocket::async_test]
#[ignore = "needs Chromium; CI runs it"]
async fn without_dd_config_dd_ready_comes_and_the_desktop_has_no_service_window() {
    let happened = what_happens(
        &simulator(),
        DESKTOP,
        "dd.channel.permission.requestAuthCode({ corpId: CORP, onFail: function (error) { note(error.errorCode); } });
         dd.ready(function () { note('ready'); });",
    )
    .await;
    assert_eq!(happened, "4050;ready;");
}
