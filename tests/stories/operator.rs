//! An operator runs the program itself: another process, a real file, real exit codes.

use std::{path::Path, process::Output};

use miandeng::{
    clock::Clock,
    db::Pools,
    simulator::{Company, Running, Simulator},
};

use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, CORP, Server, Site, ends, free_port, least_settings, one_line, postgres, prepare,
    program, text,
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ends(program(folder, arguments))
}

/// The least, with the secret in a file.
fn settings(port: u16, dingtalk: &str) -> String {
    let least = least_settings(port, &format!("http://127.0.0.1:{port}"), dingtalk);
    least.replace(&format!("client_secret = \"{CLIENT_SECRET}\""), "client_secret_file = \"secret\"")
}

/// Keeps cookies over plain http, and no connection to a server that dies.
pub fn browser() -> reqwest::Client {
    prepare();
    let nowhere = reqwest::redirect::Policy::none();
    reqwest::Client::builder()
        .redirect(nowhere)
        .cookie_store(true)
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .unwrap()
}

fn state_of(page: &str) -> String {
    let (_, rest) = page.split_once("\"state\":\"").unwrap_or_else(|| panic!("no state: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// As the holder of the simulated phone.
pub async fn signs_in(browser: &reqwest::Client, server: &str, dingtalk: &str) -> (u16, serde_json::Value) {
    let page = browser.get(format!("{server}/?corpid={CORP}")).send().await.unwrap().text().await.unwrap();
    let ask =
        serde_json::json!({"corpId": CORP, "clientId": CLIENT_ID, "kind": "employee", "url": format!("{server}/")});
    let code = browser.post(format!("{dingtalk}/_client/code")).json(&ask).send().await.unwrap();
    let code = code.json::<serde_json::Value>().await.unwrap()["code"].as_str().expect("a code").to_owned();
    let fields = [("code", code.as_str()), ("corpid", CORP), ("state", &state_of(&page))];
    let answer = browser.post(format!("{server}/userinfo")).form(&fields).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn simulator() -> (Simulator, Running) {
    prepare();
    let simulator = Simulator::new(Clock::standing(), Company::sample());
    let running = simulator.start("127.0.0.1".parse().unwrap(), 0).await.unwrap();
    (simulator, running)
}

#[tokio::test]
async fn a_server_process_signs_an_employee_in_and_its_file_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let dingtalk_port = free_port();
    let dingtalk = format!("http://127.0.0.1:{dingtalk_port}");
    let port = free_port();
    let server_url = format!("http://127.0.0.1:{port}");
    std::fs::write(folder.path().join("Rocket.toml"), settings(port, &dingtalk)).unwrap();
    std::fs::write(folder.path().join("secret"), format!("{CLIENT_SECRET}\n")).unwrap();

    let _simulator = Server::spawn(program(folder.path(), &["simulator", "--port", &dingtalk_port.to_string()]));
    _simulator.says("oapi_url");
    let server = Server::spawn(program(folder.path(), &[]));
    server.says("miandeng is listening");
    let added = run(folder.path(), &["users", "add", "zhangsan", "--name", "张三"]);
    assert!(added.status.success(), "{}", text(&added.stderr));

    let browser = browser();
    browser
        .post(format!("{dingtalk}/_simulator/hold"))
        .json(&serde_json::json!({"userid": "zhangsan"}))
        .send()
        .await
        .unwrap();
    let (status, person) = signs_in(&browser, &server_url, &dingtalk).await;
    assert_eq!((status, &person["name"]), (200, &"张三".into()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in ["data.db", "data.db-wal"] {
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    drop(server);
    let server = Server::spawn(program(folder.path(), &["serve"]));
    server.says("miandeng is listening");
    let home = async || browser.get(format!("{server_url}/home")).send().await.unwrap().status().as_u16();
    assert_eq!(home().await, 200, "the session survived kill -9");
    let disabled = run(folder.path(), &["users", "disable", "zhangsan"]);
    assert!(disabled.status.success(), "{}", text(&disabled.stderr));
    assert_eq!(home().await, 303, "in force when the command returned");
    let (status, problem) = signs_in(&browser, &server_url, &dingtalk).await;
    assert_eq!((status, &problem["type"]), (403, &"disabled".into()));
    let calls = browser.get(format!("{dingtalk}/_simulator/calls")).send().await.unwrap().text().await.unwrap();
    let calls: serde_json::Value = serde_json::from_str(&calls).unwrap();
    assert!(calls.to_string().contains("\"/gettoken\":1"), "the restart asked for no second token: {calls}");
}

#[tokio::test]
async fn the_demo_signs_one_sample_employee_in_and_refuses_another() {
    let folder = tempfile::tempdir().unwrap();
    // An earlier, broken run or a real deployment may have left this.
    std::fs::write(folder.path().join("Rocket.toml"), "[default\nnonsense").unwrap();
    std::fs::write(folder.path().join("miandeng.db"), "nonsense").unwrap();
    for _ in 0..2 {
        let demo = Server::spawn(program(folder.path(), &["demo", "--port", &free_port().to_string()]));
        let app = demo.says("/?corpid=").trim().to_owned();
        let dingtalk = demo.says("http://127.0.0.1:").trim().trim_end_matches('/').to_owned();
        let server = app.split("/?").next().unwrap().to_owned();
        let browser = browser();
        let page = browser
            .get(format!("{server}/nowhere"))
            .header("Accept", "text/html")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(page.contains("/logo?v=") && page.contains("张三</p>"), "a logo, and whom to ask: {page}");
        let (status, person) = signs_in(&browser, &server, &dingtalk).await;
        assert_eq!((status, &person["userid"]), (200, &"zhangsan".into()));
        demo.says("/admin/refused");
        let sample = demo.says("http://127.0.0.1:").trim().to_owned();
        let mut there = format!("{sample}login");
        for _ in 0..4 {
            let answer = browser.get(&there).send().await.unwrap();
            let location = answer.headers().get("location").map(|there| there.to_str().unwrap().to_owned());
            let Some(location) = location else {
                let page = answer.text().await.unwrap();
                assert!(page.contains("张三") && page.contains("dingsamplecorp00000001:zhangsan"), "{page}");
                there.clear();
                break;
            };
            there = location.strip_prefix('/').map_or(location.clone(), |path| format!("{sample}{path}"));
        }
        assert_eq!(there, "", "the sample app shows who it is");
        let hold = browser.post(format!("{dingtalk}/_simulator/hold")).json(&serde_json::json!({"userid": "lisi"}));
        assert!(hold.send().await.unwrap().status().is_success());
        browser.post(format!("{server}/logout")).send().await.unwrap();
        let (status, problem) = signs_in(&browser, &server, &dingtalk).await;
        assert_eq!((status, &problem["type"]), (403, &"not-listed".into()));
        let told = browser.get(format!("{dingtalk}/")).send().await.unwrap().text().await.unwrap();
        assert!(
            told.contains(&format!("{server}/admin/refused")),
            "the simulator's page says who is an administrator: {told}"
        );

        let hold = browser.post(format!("{dingtalk}/_simulator/hold")).json(&serde_json::json!({"userid": "zhangsan"}));
        assert!(hold.send().await.unwrap().status().is_success());
        signs_in(&browser, &server, &dingtalk).await;
        let page = format!("{server}/admin/refused");
        let form = browser.get(&page).send().await.unwrap().text().await.unwrap();
        let token = form.split("name=\"token\" value=\"").nth(1).expect("the form of an administrator");
        assert!(form.contains("name=\"userid\" value=\"lisi\""), "李四 was refused a moment ago: {form}");
        let fields = [("token", token.split('"').next().unwrap()), ("userid", "lisi")];
        assert_eq!(browser.post(format!("{page}/add")).form(&fields).send().await.unwrap().status(), 303, "one click");
        let hold = browser.post(format!("{dingtalk}/_simulator/hold")).json(&serde_json::json!({"userid": "lisi"}));
        assert!(hold.send().await.unwrap().status().is_success());
        browser.post(format!("{server}/logout")).send().await.unwrap();
        let (status, person) = signs_in(&browser, &server, &dingtalk).await;
        assert_eq!((status, &person["userid"]), (200, &"lisi".into()), "added, and in");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the demo leaves nothing in the working folder: {left:?}");
}

#[tokio::test]
async fn a_damaged_signing_key_stops_the_start_with_its_name_and_what_to_do() {
    let site = Site::new().await;
    let file = site.path().join("Rocket.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let settings = settings.replace("[default.miandeng]\n", "[default.miandeng]\nsigned_identity = true\n");
    std::fs::write(file, settings).unwrap();
    let sql = async |statement: &'static str| {
        let pools = Pools::open(&site.db_url()).await.unwrap();
        let mut transaction = pools.write().await.unwrap();
        miandeng::db::query(statement).execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        pools.close().await;
    };
    sql(match postgres::wanted() {
        false => "INSERT INTO server_keys (name, value, created_at) VALUES ('identity-0a', x'3081', 0)",
        true => "INSERT INTO server_keys (name, value, created_at) VALUES ('identity-0a', '\\x3081', 0)",
    })
    .await;
    let said = one_line(&ends(program(site.path(), &["serve"])));
    let expected = "the signing key \"identity-0a\" in server_keys is damaged; delete that row and start again";
    assert!(said.ends_with(expected), "{said}");
    sql("DELETE FROM server_keys WHERE name = 'identity-0a'").await;
    site.serves();
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |toml: &str, says: &str| {
        std::fs::write(folder.path().join("Rocket.toml"), toml).unwrap();
        let output = run(folder.path(), &["serve"]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.starts_with("miandeng: ") && message.contains(says), "{message}");
        assert!(!message.contains(CLIENT_SECRET), "{message}");
    };
    std::fs::write(folder.path().join("secret"), CLIENT_SECRET).unwrap();
    let good = settings(free_port(), "http://127.0.0.1:9");
    fails("", "docs/en/settings.md");
    fails("[default.miandeng]\npublic_url = \"ftp://x\"", "miandeng.public_url = \"ftp://x\"");
    fails(&good.replace("agent_id", "agentid"), "did you mean \"agent_id\"?");
    fails(
        &good.replace("client_secret_file = \"secret\"", "client_secret_file = \"./gone\""),
        "client_secret_file = \"./gone\"",
    );
    // A secret in the place of its file's name is not repeated.
    fails(
        &good.replace("client_secret_file = \"secret\"", &format!("client_secret_file = \"{CLIENT_SECRET}\"")),
        "client_secret_file: cannot be read",
    );
    let with_password = good.replace("public_url = \"http://", &format!("public_url = \"http://u:{CLIENT_SECRET}@"));
    fails(&with_password, "miandeng.public_url: write the address");
    fails(&good.replace("        port =", "        prot ="), "prot: no such setting; did you mean \"port\"?");
    fails(&good.replace("url = \"data.db\"", "ulr = \"data.db\""), "databases.miandeng.ulr: no such setting");
    fails(
        &good.replace("[default.miandeng]", "[default.miandeng]\n        home = \"/\""),
        "is the sign-in page itself",
    );
    fails(&good.replace("data.db", "no/such/folder/data.db"), "no/such/folder/data.db");
    fails(&good.replace("data.db", "secret"), "secret");
    fails(&good.replace("[default]", "[default]\naddress = \"nonsense\""), "address");
    fails(&format!("[default\nclient_secret = \"{CLIENT_SECRET}\""), "Rocket.toml");
    fails(&format!("[default.miandeng]\nclient_secret = {CLIENT_SECRET}"), "Rocket.toml");
}

#[test]
fn settings_may_come_from_the_environment_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &["users", "list"]);
    let app = format!(r#"{{name="oa",corp_id="{CORP}",agent_id="1",client_id="k",client_secret="s"}}"#);
    command.env("ROCKET_MIANDENG", format!(r#"{{public_url="https://app.example.com",apps=[{app}]}}"#));
    command.env("ROCKET_DATABASES", r#"{miandeng={url="env.db"}}"#);
    let output = ends(command);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join("env.db").exists());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (_simulator, running) = simulator().await;
    let toml = settings(taken.local_addr().unwrap().port(), running.url());
    std::fs::write(folder.path().join("Rocket.toml"), toml).unwrap();
    std::fs::write(folder.path().join("secret"), CLIENT_SECRET).unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("another server"), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_is_exit_code_2_and_every_command_has_help() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["nonsense"][..], &["demo", "--port", "x"], &["users", "frobnicate"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    for command in [
        &[][..],
        &["serve"],
        &["demo"],
        &["simulator"],
        &["doctor"],
        &["users"],
        &["users", "import"],
        &["sessions"],
        &["backup"],
        &["restore"],
    ] {
        let output = run(folder.path(), &[command, &["--help"]].concat());
        assert!(output.status.success() && text(&output.stdout).contains("Usage:"), "{command:?}");
    }
    assert!(text(&run(folder.path(), &["--version"]).stdout).starts_with("miandeng "));
}

#[test]
fn no_help_promises_pages_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut left: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = left.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = text(&run(folder.path(), &arguments).stdout);
        assert!(!help.contains("/admin"), "{command:?}: {help}");
        let below = help.split_once("Commands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default());
        let names = below.unwrap_or_default().lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            left.push(command.iter().cloned().chain([name.to_owned()]).collect());
        }
    }
}
