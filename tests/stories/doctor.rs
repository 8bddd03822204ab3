//! `miandeng doctor` on deployments that do not work. (Its probe is in `tests/proxies/probe.rs`.)

use std::{os::unix::fs::PermissionsExt, path::Path};

use miandeng::{
    catalogue::Trouble,
    clock::Clock,
    i18n::Locale,
    simulator::{Channel, Company, Running, Simulator},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{CLIENT_ID, CLIENT_SECRET, CORP, Server, ends, least_settings, prepare, program, until};

struct Deployment {
    folder: TempDir,
    simulator: Simulator,
    dingtalk: Running,
}

struct Report {
    ok: bool,
    findings: Vec<Value>,
    text: String,
}

impl Deployment {
    async fn with(change: impl FnOnce(&mut Company)) -> Self {
        prepare();
        let mut company = Company::sample();
        change(&mut company);
        let simulator = Simulator::new(Clock::standing(), company);
        let dingtalk = simulator.start("127.0.0.1".parse().unwrap(), 0).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let deployment = Self { folder, simulator, dingtalk };
        deployment.writes(&settings(deployment.dingtalk.url()));
        deployment.adds_somebody();
        deployment
    }

    /// 张三.
    fn adds_somebody(&self) {
        let added = ends(program(self.path(), &["users", "add", "zhangsan", "--name", "张三"]));
        assert!(added.status.success(), "{added:?}");
    }

    fn writes(&self, settings: &str) {
        let file = self.folder.path().join("Rocket.toml");
        std::fs::write(&file, settings).unwrap();
        closes(&file);
    }

    fn empties_the_database(&self) {
        for file in ["data.db", "data.db-wal", "data.db-shm"] {
            let _ = std::fs::remove_file(self.path().join(file));
        }
        std::fs::write(self.path().join("data.db"), "").unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs doctor for a person and for a program: both must say the same.
    async fn doctor(&self, language: &'static str) -> Report {
        let run = async |arguments: &'static [&'static str]| {
            let mut doctor = program(self.path(), arguments);
            doctor.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", language);
            // The simulated DingTalk runs on this very thread.
            tokio::task::spawn_blocking(move || ends(doctor)).await.unwrap()
        };
        let (for_people, for_programs) = (run(&["doctor"]).await, run(&["doctor", "--json"]).await);
        let text = String::from_utf8_lossy(&for_people.stdout).into_owned();
        let json: Value = serde_json::from_slice(&for_programs.stdout).unwrap_or_else(|_| panic!("{for_programs:?}"));
        let ok = json["ok"] == true;
        for output in [&for_people, &for_programs] {
            assert_eq!(output.status.code(), Some(i32::from(!ok)), "{output:?}");
            assert!(!format!("{output:?}").contains(CLIENT_SECRET), "{output:?}");
        }
        let findings = json["findings"].as_array().unwrap().clone();
        for finding in findings.iter().filter(|_| !language.starts_with("zh")) {
            // DingTalk gives each request another id.
            let says = finding["says"].as_str().unwrap().split(" (request_id").next().unwrap();
            assert!(text.contains(says), "{text}");
        }
        Report { ok, findings, text }
    }
}

impl Report {
    /// Check, state and text of each finding that is not "ok".
    fn complaints(&self) -> Vec<(&str, &str, String)> {
        let word = |finding: &'static str| move |value: &Value| value[finding].as_str().unwrap_or_default().to_owned();
        let bad = self.findings.iter().filter(|finding| finding["state"] != "ok");
        bad.map(|finding| {
            let words = format!("{} → {}", word("says")(finding), word("cure")(finding));
            (finding["check"].as_str().unwrap(), finding["state"].as_str().unwrap(), words)
        })
        .collect()
    }

    /// The only complaint about DingTalk.
    fn of_dingtalk(&self) -> (&str, String) {
        let mut all = self.complaints();
        all.retain(|(check, ..)| check.starts_with("dingtalk"));
        assert_eq!(all.len(), 1, "{}", self.text);
        let (_, state, words) = all.remove(0);
        (state, words)
    }
}

/// As the documentation installs it.
#[cfg(unix)]
fn closes(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn closes(_: &Path) {}

/// The least settings, for a server that does not run.
fn settings(dingtalk: &str) -> String {
    let oapi = format!("oapi_url = \"{dingtalk}\"");
    least_settings(0, "http://127.0.0.1:9", dingtalk).replace(&oapi, &format!("{oapi}\napi_url = \"{dingtalk}\""))
}

#[tokio::test]
async fn a_deployment_that_works_is_called_good_and_left_as_it_was() {
    let deployment = Deployment::with(|_| {}).await;
    let report = deployment.doctor("C").await;
    assert!(report.ok, "{}", report.text);
    let complaints = report.complaints();
    let [("agent_id oa", "unknown", agent), ("public_url", "warning", says)] = &complaints[..] else {
        panic!("no server runs: {}", report.text)
    };
    assert!(says.contains("does not answer") && says.contains("is the server running"), "{says}");
    for part in ["100000001", "cannot be checked", "workbench", "52019", "client-report"] {
        assert!(agent.contains(part), "{part}: {agent}");
    }
    for good in ["oa: access token, a second call and ticket work", "clock: agrees", "1 person in the user table"] {
        assert!(report.text.contains(good), "{}", report.text);
    }
    assert_eq!(deployment.simulator.calls("/get_jsapi_ticket"), 1, "the second run let the first one's ticket live");
    assert_eq!(deployment.simulator.calls("/gettoken"), 3, "each run asks for a token, and the first for the ticket's");
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_found_out_although_the_token_comes() {
    let deployment = Deployment::with(|company| company.corps[0].apps[0].egress_ips = vec!["203.0.113.7".into()]).await;
    let cure = |locale: Locale| (locale.texts().explain)(Trouble::IpNotAllowed).fix;
    for (language, locale) in [("en_US.UTF-8", Locale::En), ("zh_CN.UTF-8", Locale::ZhCn), ("", Locale::En)] {
        let report = deployment.doctor(language).await;
        let (state, words) = report.of_dingtalk();
        assert_eq!((report.ok, state), (false, "failed"));
        assert!(words.contains("60020") && words.contains("127.0.0.1"), "the address to list: {words}");
        assert!(words.ends_with(cure(Locale::En)), "programs read the same in every language: {words}");
        assert!(report.text.contains(cure(locale)), "{language}: {}", report.text);
    }
}

#[tokio::test]
async fn a_report_is_chinese_where_the_terminal_is() {
    let deployment = Deployment::with(|company| company.corps[0].apps[0].authed_depts = vec![7]).await;
    let report = deployment.doctor("zh_CN.UTF-8").await;
    let lines = [
        "正常      配置：已读取；public_url http://127.0.0.1:9，应用 oa\n",
        "正常      人员：用户表里有 1 人可以登录\n",
        "正常      时钟：与钉钉一致\n",
        "正常      钉钉应用 oa：access token、一次普通调用和 ticket 均正常\n",
        "! 注意      钉钉应用 oa：应用只能看到部门 7：其他部门的人登录会被拒绝（50002）\n            → 该员工不在应用的范围内",
        "无法判断  agent_id oa：100000001 在这里无法核对",
        "注意      public_url：http://127.0.0.1:9/healthz 没有响应：",
    ];
    for line in lines {
        assert!(report.text.contains(line), "{line}: {}", report.text);
    }
    deployment.writes(&settings(deployment.dingtalk.url()).replace(CLIENT_ID, "somebody-elses"));
    let report = deployment.doctor("zh_CN.UTF-8").await;
    assert!(report.text.contains("需要处理  钉钉应用 oa：钉钉拒绝：/gettoken: errcode 40096"), "{}", report.text);
}

#[tokio::test]
async fn wrong_credentials_a_narrow_scope_and_silence_are_each_told_apart() {
    let deployment = Deployment::with(|company| company.corps[0].apps[0].authed_depts = vec![7]).await;
    let report = deployment.doctor("C").await;
    assert!(report.ok, "{}", report.text);
    let (state, words) = report.of_dingtalk();
    assert_eq!(state, "warning");
    assert!(words.contains("only departments 7"), "{words}");

    let good = settings(deployment.dingtalk.url());
    deployment.writes(&good.replace(CLIENT_ID, "somebody-elses"));
    let report = deployment.doctor("C").await;
    let (state, words) = report.of_dingtalk();
    assert!(!report.ok && state == "failed" && words.contains("40096"), "{words}");

    deployment.writes(&good.replace(deployment.dingtalk.url(), "http://127.0.0.1:9"));
    let report = deployment.doctor("C").await;
    let (state, words) = report.of_dingtalk();
    assert!(!report.ok && state == "failed" && words.contains("no answer from DingTalk"), "{words}");
}

#[tokio::test]
async fn what_a_sync_lacks_is_named_as_the_console_has_it() {
    let deployment = Deployment::with(|company| {
        let app = &mut company.corps[0].apps[0];
        app.denied_permissions = vec!["qyapi_get_department_member".into()];
        app.user_fields = vec!["mobile".into()];
    })
    .await;
    let good = settings(deployment.dingtalk.url());
    let report = deployment.doctor("C").await;
    let members = "通讯录部门成员读权限 (qyapi_get_department_member)";
    assert!(report.ok && report.text.contains(&format!("users sync would be refused without {members}")));

    deployment.writes(&good.replace("name = \"oa\"", "name = \"oa\"\nsync_every = \"6h\""));
    let report = deployment.doctor("zh_CN.UTF-8").await;
    let complaints = report.complaints();
    let (_, state, words) =
        complaints.iter().find(|(check, ..)| *check == "directory oa").unwrap_or_else(|| panic!("{}", report.text));
    assert_eq!((report.ok, *state), (false, "failed"));
    assert!(words.starts_with(&format!("{members} is missing (DingTalk refused: /topapi/v2/user/list: errcode 60011")));
    assert!(words.ends_with(&format!(
        "Grant {members} under 权限管理 in DingTalk's developer console, then publish a version."
    )));
    assert!(
        report.text.contains(&format!("请在钉钉开发者后台“权限管理”中开通{members}，然后发布新版本。")),
        "{}",
        report.text
    );

    deployment.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].denied_permissions.clear();
        corp.apps[0].authed_depts = vec![100];
    });
    let report = deployment.doctor("C").await;
    assert!(
        !report.ok && report.text.contains("通讯录权限范围 is not the whole organisation (departments: 100)"),
        "{}",
        report.text
    );
    deployment.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![1]);
    let report = deployment.doctor("C").await;
    assert!(report.ok && report.text.contains("without 邮箱等个人信息, these fields are kept"), "{}", report.text);
}

#[tokio::test]
async fn beside_a_server_the_command_says_how_events_arrive() {
    let deployment = Deployment::with(|_| {}).await;
    let settings = settings(deployment.dingtalk.url());
    deployment.writes(&settings.replace("name = \"oa\"", "name = \"oa\"\nevents = \"stream\""));
    let report = deployment.doctor("C").await;
    assert!(report.text.contains("no running server has reported"), "{}", report.text);

    let _server = Server::listening(program(deployment.path(), &["serve"]));
    deployment.simulator.listened_to(CLIENT_ID, 1).await;
    // The server writes it down a moment later.
    let is_seen = async || deployment.doctor("zh_CN.UTF-8").await.text.contains("起已连接，还没有收到事件");
    until("the stream is seen", is_seen).await;
}

#[tokio::test]
async fn a_corp_id_that_is_not_the_apps_own_is_a_failure() {
    let deployment = Deployment::with(|company| {
        let mut other = company.corps[0].clone();
        other.corp_id = "dingsomebodyelse000001".into();
        for app in &mut other.apps {
            app.client_id = format!("{}-other", app.client_id);
        }
        company.corps.push(other);
    })
    .await;
    let good = settings(deployment.dingtalk.url());
    for wrong in ["dingsamplecorp0000000l", "dingsomebodyelse000001", "ding/../x?y#z%"] {
        deployment.writes(&good.replace(CORP, wrong));
        let report = deployment.doctor("C").await;
        let complaints = report.complaints();
        let (_, state, words) =
            complaints.iter().find(|(check, ..)| *check == "corp_id oa").unwrap_or_else(|| panic!("{}", report.text));
        assert_eq!((report.ok, *state), (false, "failed"), "{}", report.text);
        assert!(words.contains(wrong) && words.contains("copy CorpId"), "{words}");
    }

    // If the call itself fails, nothing is known and nothing is called wrong.
    let api = format!("\napi_url = \"{}\"", deployment.dingtalk.url());
    deployment.writes(&good.replace(&api, "\napi_url = \"http://127.0.0.1:9\""));
    let report = deployment.doctor("C").await;
    let complaints = report.complaints();
    let (_, state, words) =
        complaints.iter().find(|(check, ..)| *check == "corp_id oa").unwrap_or_else(|| panic!("{}", report.text));
    assert_eq!((report.ok, *state), (true, "unknown"), "{}", report.text);
    assert!(words.contains("cannot be checked") && words.contains("no answer"), "{words}");
}

#[tokio::test]
async fn an_empty_user_table_is_a_failure_unless_people_get_their_row_at_the_first_sign_in() {
    let deployment = Deployment::with(|_| {}).await;
    deployment.empties_the_database();
    let report = deployment.doctor("C").await;
    let complaints = report.complaints();
    let (_, state, words) = complaints.iter().find(|(check, ..)| *check == "people").unwrap();
    assert_eq!((report.ok, *state), (false, "failed"));
    assert!(words.contains("nobody can sign in") && words.contains("users import"), "{words}");

    let create = "unknown_users = \"create\"\npublic_url";
    deployment.writes(&settings(deployment.dingtalk.url()).replace("public_url", create));
    let report = deployment.doctor("C").await;
    assert!(report.ok && report.text.contains("first sign-in"), "{}", report.text);
}

#[tokio::test]
async fn a_service_windows_own_token_is_tried_too() {
    let mut secret = String::new();
    let deployment = Deployment::with(|company| {
        let channel: &Channel = company.corps[0].channel.as_ref().expect("the sample has one");
        secret.clone_from(&channel.channel_secret);
    })
    .await;
    let window = |secret: &str| {
        let app = format!("kind = \"channel\"\nchannel_secret = \"{secret}\"\nname = \"oa\"");
        settings(deployment.dingtalk.url()).replace("name = \"oa\"", &app)
    };
    deployment.writes(&window(&secret));
    let report = deployment.doctor("C").await;
    assert!(report.ok && report.text.contains("the service window's token"), "{}", report.text);
    deployment.writes(&window("not-the-secret"));
    let report = deployment.doctor("C").await;
    let (state, words) = report.of_dingtalk();
    assert!(state == "failed" && words.contains("get_channel_token"), "{words}");
}

#[tokio::test]
async fn what_is_wrong_on_the_machine_itself_is_named() {
    let deployment = Deployment::with(|_| {}).await;
    let good = settings(deployment.dingtalk.url());
    deployment.writes(&good.replace("agent_id", "agentid"));
    let report = deployment.doctor("C").await;
    assert_eq!((report.ok, report.findings.len()), (false, 1));
    assert!(report.text.contains("did you mean \"agent_id\"?"), "{}", report.text);

    deployment.writes(&good.replace("data.db", "no/such/folder/data.db"));
    let report = deployment.doctor("C").await;
    assert!(!report.ok && report.text.contains("no/such/folder/data.db"), "{}", report.text);

    let open = "trusted_proxies = [\"0.0.0.0/0\"]\npublic_url = \"http://app.example.com\"";
    deployment.writes(&good.replace("public_url = \"http://127.0.0.1:9\"", open));
    deployment.empties_the_database();
    std::fs::set_permissions(deployment.path().join("data.db"), PermissionsExt::from_mode(0o644)).unwrap();
    let report = deployment.doctor("C").await;
    assert!(!report.ok);
    for says in [
        "anyone can claim",
        "can read the session cookie",
        "data.db (mode 0644); only its owner can now",
        "nobody is in the user",
    ] {
        assert!(report.text.contains(says), "{says}: {}", report.text);
    }
}

#[tokio::test]
async fn the_probe_sends_a_session_to_no_address_but_our_own() {
    let deployment = Deployment::with(|_| {}).await;
    let output = ends(program(deployment.path(), &["doctor", "--probe", "https://evil.example/"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("https://evil.example/ is neither on public_url"), "{text}");
    let wrong = ends(program(deployment.path(), &["doctor", "--as", "zhangsan"]));
    assert_eq!(wrong.status.code(), Some(2), "--as belongs to --probe");
}

/// They work, and are hardly what was meant.
#[tokio::test]
async fn rules_of_an_app_that_let_in_nobody_or_another_organisation_are_named() {
    let deployment = Deployment::with(|_| {}).await;
    let least = settings(deployment.dingtalk.url());
    let client = |name: &str, rules: &str| {
        format!(
            "[[default.miandeng.clients]]\nname = {name:?}\nclient_id = {name:?}\n\
             redirect_uris = [\"https://a.example/cb\"]\n{rules}\n"
        )
    };
    let clients = [
        client("Wiki", "groups = \"财务,\""),
        client("Grafana", "groups = \"财务, 研发部\""),
        client("Vault", &format!("users = \"zhangsan\"\ncorpid = {CORP:?}")),
        client("Everybody", ""),
    ];
    let board = "[[default.miandeng.clients]]\nname = \"Board\"\nprotocol = \"cas\"\n\
                 service_urls = [\"https://board.example/\"]\ngroups = \"研发部,\"\n";
    let clients = clients.concat() + board;
    let of_settings = |report: &Report| {
        let all = report.complaints().into_iter().filter(|(check, ..)| *check == "settings");
        all.map(|(_, state, words)| format!("{state}: {words}")).collect::<Vec<_>>()
    };
    deployment.writes(&format!("{least}\n{clients}"));
    let report = deployment.doctor("C").await;
    let nobody = of_settings(&report);
    assert!(nobody.len() == 2 && nobody[0].starts_with("warning: the app Wiki lets nobody in"), "{nobody:?}");
    assert!(nobody[1].contains("Board"), "an app that speaks CAS: {nobody:?}");
    let other = "[[default.miandeng.apps]]\nname = \"other\"\ncorp_id = \"dingother\"\nagent_id = \"2\"\n\
                 client_id = \"dingotherkey\"\nclient_secret = \"other-secret\"\n";
    deployment.writes(&format!("{least}\n{other}{clients}"));
    let said = of_settings(&deployment.doctor("C").await);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[2].contains("Grafana") && said[2].contains("corpid"), "{said:?}");
    for innocent in ["Wiki", "Vault", "Everybody"] {
        assert!(!said[2].contains(innocent), "{said:?}");
    }
    let chinese = deployment.doctor("zh_CN.UTF-8").await;
    assert!(
        chinese.text.contains("应用 Wiki 谁也进不去") && chinese.text.contains("请写上 corpid"),
        "{}",
        chinese.text
    );
}
