//! `/metrics`: who may read it, what it says, and that rules and dashboards ask for what there is.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use miandeng::simulator::{Company, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{App, Site, program};

const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

async fn scraped(app: &App) -> String {
    let answer = app.phone("nobody").gets("/metrics").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, PLAIN), "{}", answer.body);
    answer.body
}

/// The number of a sample; none if there is no such line.
fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(sample).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn only_listed_machines_read_it() {
    let app = App::start().await;
    let asks = async |headers: &[(&str, &str)]| {
        let mut request = reqwest::Client::new().get(app.url("/metrics"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(asks(&[]).await, 200, "from this machine");
    // This machine's proxy passes them on for others.
    assert_eq!(asks(&[("X-Forwarded-For", "203.0.113.9")]).await, 404);
    assert_eq!(asks(&[("X-Forwarded-For", "127.0.0.1, 203.0.113.9")]).await, 404, "what the client wrote itself");
    assert_eq!(asks(&[("X-Real-IP", "203.0.113.9")]).await, 404);
    for unsaid in ["X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Forwarded-For"] {
        assert_eq!(asks(&[(unsaid, "unknown")]).await, 404, "{unsaid}: a proxy that does not say for whom");
    }

    let strangers = App::with(|settings| settings["metrics_from"] = json!(["203.0.113.0/24"])).await;
    let asks = async |forwarded: Option<&str>| {
        let request = reqwest::Client::new().get(strangers.url("/metrics"));
        let request = match forwarded {
            Some(forwarded) => request.header("X-Forwarded-For", forwarded),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((asks(None).await, asks(Some("203.0.113.9")).await, asks(Some("192.0.2.1")).await), (404, 200, 404));

    // Of a proxy that is not trusted, no header counts.
    let distrusts = App::with(|settings| {
        settings["trusted_proxies"] = json!(["192.0.2.1"]);
        settings["metrics_from"] = json!(["203.0.113.0/24"]);
    })
    .await;
    let forged = reqwest::Client::new().get(distrusts.url("/metrics")).header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(forged.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn what_happens_is_counted() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    assert_eq!(app.phone("lisi").signs_in().await.problem(), "not-listed");
    let mut gate = app.phone("nobody");
    for (is_in, query) in [(false, ""), (true, ""), (true, "?users=lisi"), (true, "?user=lisi")] {
        let who = if is_in { &mut phone } else { &mut gate };
        let request = who.request(reqwest::Method::GET, &format!("/auth/nginx{query}"));
        let request = request.header("X-Original-Method", "GET");
        who.sends(request.header("X-Original-URL", "https://app.example.com/x")).await;
    }
    let text = scraped(&app).await;
    let decided =
        |outcome| value(&text, &format!("miandeng_gate_decisions_total{{proxy=\"nginx\",outcome=\"{outcome}\"}}"));
    let decided = ["allowed", "sign-in", "not-allowed", "refused", "failed"].map(decided);
    assert_eq!(decided, [Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(0.0)]);
    for (sample, expected) in [
        ("miandeng_sign_ins_total{app=\"oa\",way=\"client\"}", 1.0),
        ("miandeng_sign_in_refusals_total{app=\"oa\",reason=\"not-listed\"}", 1.0),
        ("miandeng_sign_in_duration_seconds_count", 1.0),
        ("miandeng_http_request_duration_seconds_count{group=\"gate\"}", 4.0),
        ("miandeng_http_requests_total{group=\"gate\",status=\"2xx\"}", 1.0),
        ("miandeng_http_requests_total{group=\"sign-in\",status=\"4xx\"}", 1.0),
        ("miandeng_dingtalk_calls_total{endpoint=\"/gettoken\",outcome=\"ok\"}", 1.0),
        ("miandeng_dingtalk_calls_total{endpoint=\"/topapi/v2/user/getuserinfo\",outcome=\"ok\"}", 2.0),
        ("miandeng_dingtalk_call_duration_seconds_count{endpoint=\"/gettoken\"}", 1.0),
        ("miandeng_sessions{corp_id=\"dingsamplecorp00000001\"}", 1.0),
        ("miandeng_people{status=\"active\"}", 1.0),
        ("miandeng_dingtalk_calls_waiting{app=\"oa\"}", 0.0),
        ("miandeng_dingtalk_credential_failing{app=\"oa\",kind=\"ticket\"}", 0.0),
        ("miandeng_database_up", 1.0),
        ("miandeng_sync_last_success_timestamp_seconds{corp_id=\"dingsamplecorp00000001\"}", 0.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample} in {text}");
    }
    let now = app.clock.now() as f64;
    let expiry = "miandeng_dingtalk_credential_expiry_timestamp_seconds{app=\"oa\",kind=\"access-token\"}";
    let left = value(&text, expiry).unwrap() - now;
    assert!(left > 3600.0 && left <= 7200.0, "{left}");
    for secret in ["sample-client-secret", "张三", "zhangsan", "lisi"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_dingtalk_refuses_is_counted_by_what_it_was() {
    let app = App::start().await;
    let path = "/topapi/v2/user/getuserinfo".to_owned();
    let kind = FaultKind::Errcode { code: 60020, text: "no".into() };
    app.simulator.fault(Fault { path, times: 1, corp_id: None, client_id: None, kind });
    assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "dingtalk-refused");
    let text = scraped(&app).await;
    let refused = "miandeng_dingtalk_calls_total{endpoint=\"/topapi/v2/user/getuserinfo\",outcome=\"refused\"}";
    assert_eq!(value(&text, refused), Some(1.0), "{text}");
    let refusals = "miandeng_sign_in_refusals_total{app=\"oa\",reason=\"dingtalk-refused\"}";
    assert_eq!(value(&text, refusals), Some(1.0), "{text}");
}

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/monitoring")
}

/// The names of our metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("miandeng_")).map(str::to_owned).collect()
}

fn expressions(dashboard: &str) -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(monitoring().join(dashboard)).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// A server in which everything has happened once.
async fn busy() -> App {
    let app = App::of(Company::sample(), |settings| settings["apps"][0]["events"] = json!("stream")).await;
    app.db_add("zhangsan", "张三").await;
    app.phone("zhangsan").is_signed_in().await;
    app.phone("lisi").signs_in().await;
    app
}

#[tokio::test]
async fn rules_and_dashboards_ask_for_what_there_is() {
    let text = scraped(&busy().await).await;
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let there: BTreeSet<String> = samples.flat_map(named).collect();
    let rules = fs::read_to_string(monitoring().join("miandeng.rules.yml")).unwrap();
    let asked = named(&rules);
    assert!(asked.len() > 10, "{asked:?}");
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "rules ask for {missing:?}");
    let expressions = ["grafana.en.json", "grafana.zh-CN.json"].map(expressions);
    assert_eq!(expressions[0], expressions[1]);
    let shown = named(&expressions[0].join("\n"));
    let missing: Vec<_> = shown.difference(&there).collect();
    assert!(missing.is_empty(), "the dashboard asks for {missing:?}");
    // Whatever is counted is also to be seen.
    let family = |line: &str| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned);
    let unseen = text.lines().filter_map(family).filter(|name| !shown.iter().any(|shown| shown.starts_with(name)));
    assert_eq!(unseen.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn each_alert_speaks_both_languages_and_is_tested() {
    let rules = fs::read_to_string(monitoring().join("miandeng.rules.yml")).unwrap();
    let tests = fs::read_to_string(monitoring().join("miandeng.test.yml")).unwrap();
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    for word in ["summary: ", "summary_zh: ", "for: ", "severity: "] {
        assert_eq!(rules.matches(word).count(), alerts.len(), "{word}");
    }
    for alert in alerts {
        let fires = tests.split("alertname: ").any(|test| {
            let mut lines = test.lines();
            lines.next() == Some(alert) && lines.next().is_some_and(|line| line.contains("exp_alerts"))
        });
        assert!(fires, "no test makes {alert} fire");
    }
}

#[tokio::test]
async fn prometheus_own_tool_finds_nothing_wrong() {
    if Command::new("promtool").arg("--version").output().is_err() {
        eprintln!("promtool is not installed (Debian: prometheus), so rules and metrics are not checked by it");
        return;
    }
    let promtool = |arguments: &[&str], input: &str| {
        let mut command = Command::new("promtool");
        command.args(arguments).current_dir(monitoring()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    };
    promtool(&["check", "rules", "miandeng.rules.yml"], "");
    promtool(&["test", "rules", "miandeng.test.yml"], "");
    assert_eq!(promtool(&["check", "metrics"], &scraped(&busy().await).await), "");
}

#[tokio::test]
async fn a_wrong_list_stops_the_start() {
    let site = Site::with(|dingtalk| {
        let mut settings = crate::harness::Settings::least(0, "http://127.0.0.1:8000", dingtalk);
        settings.miandeng += "\nmetrics_from = [\"everybody\"]";
        settings
    })
    .await;
    let message = crate::harness::one_line(&crate::harness::ends(program(site.path(), &["serve"])));
    assert!(message.starts_with("miandeng: miandeng.metrics_from = \"everybody\": "), "{message}");
}
