//! `miandeng init`: from an empty folder to a server in which people sign in.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::harness::{CLIENT_ID, CLIENT_SECRET, CORP, Server, Site, ends, one_line, prepare, program, text};

/// All that `init` would ask, but the secret.
const ANSWERS: [&str; 7] = [
    "init",
    "--public-url=https://app.example.com",
    "--corp-id=dingsamplecorp00000001",
    "--agent-id=100000001",
    "--client-id=dingsampleclientid01",
    "--client-secret-file=-",
    "--dir=.",
];

/// The secret comes on standard input.
fn init(folder: &Path, more: &[&str]) -> Output {
    init_with(program(folder, &[&ANSWERS, more].concat()), CLIENT_SECRET)
}

fn init_with(mut command: Command, input: &str) -> Output {
    let mut given = tempfile::tempfile().unwrap();
    given.write_all(input.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut given).unwrap();
    command.stdin(Stdio::from(given));
    ends(command)
}

fn reads(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

fn mode(folder: &Path, file: &str) -> u32 {
    fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn after_init_and_one_person_the_server_signs_that_person_in() {
    let site = Site::fresh().await;
    fs::remove_file(site.path().join("Rocket.toml")).unwrap();
    let (folder, simulator) = (site.path().to_owned(), format!("--simulator={}", site.dingtalk_url()));
    let output = tokio::task::spawn_blocking(move || init(&folder, &[&simulator])).await.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
    let mut command = program(site.path(), &["serve"]);
    command.env("ROCKET_PORT", "0");
    let server = Server::listening(command);
    let mut phone = site.phone(&server, "zhangsan");
    assert_eq!(phone.signs_in().await.status, 200);
}

#[test]
fn init_says_what_to_enter_at_dingtalk() {
    let folder = tempfile::tempdir().unwrap();
    let said = text(&init(folder.path(), &["--proxy=nginx"]).stdout);
    let home = "https://app.example.com/?corpid=$CORPID$";
    for line in [
        format!("应用首页地址    {home}"),
        format!("PC端首页地址    {home}"),
        "重定向URL       https://app.example.com/login/dingtalk/callback".to_owned(),
        "服务器出口IP    ".to_owned(),
    ] {
        assert!(said.contains(&line), "{line} in {said}");
    }
    assert!(!said.contains(CLIENT_SECRET), "{said}");

    let json = text(&init(folder.path(), &["--proxy=nginx", "--json", "--force"]).stdout);
    let said: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(said["files"], serde_json::json!(["./client_secret", "./Rocket.toml", "./miandeng.conf"]));
    assert_eq!(said["console"][0]["home_page"], home);
    assert_eq!(said["console"][0]["redirect_url"], "https://app.example.com/login/dingtalk/callback");
}

#[test]
fn the_secret_is_in_a_file_for_its_owner_alone_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    assert!(init(folder.path(), &[]).status.success());
    assert_eq!(reads(folder.path(), "client_secret"), format!("{CLIENT_SECRET}\n"));
    assert_eq!(mode(folder.path(), "client_secret") & 0o177, 0);
    // Where the server has a user of its own, that user's group may read the settings.
    assert_eq!(mode(folder.path(), "Rocket.toml") & 0o137, 0);
    let settings = reads(folder.path(), "Rocket.toml");
    assert!(!settings.contains(CLIENT_SECRET) && settings.contains("client_secret_file = \"client_secret\""));
}

#[test]
fn the_comments_are_in_the_terminals_language() {
    for (language, comment, other) in [
        ("C", "# the address that employees' clients show", "员工的客户端"),
        ("zh_CN.UTF-8", "# 员工在钉钉里打开的地址", "the address that"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(folder.path(), &ANSWERS);
        command.env("LANG", language);
        assert!(init_with(command, CLIENT_SECRET).status.success());
        let settings = reads(folder.path(), "Rocket.toml");
        assert!(settings.contains(comment) && !settings.contains(other), "{settings}");
    }
}

#[test]
fn what_somebody_has_written_is_not_overwritten_and_nothing_is_half_done() {
    for file in ["Rocket.toml", "client_secret", "Caddyfile"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), "mine").unwrap();
        let message = one_line(&init(folder.path(), &["--proxy=caddy"]));
        assert!(message.contains(file) && message.contains("--force"), "{message}");
        assert_eq!(reads(folder.path(), file), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(init(folder.path(), &["--proxy=caddy", "--force"]).status.success());
        assert_ne!(reads(folder.path(), file), "mine");
    }
}

#[test]
fn settings_that_nobody_has_touched_may_be_replaced() {
    let shipped = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Rocket.toml")).unwrap();
    // The Debian package names another database.
    for database in ["miandeng.db", "/var/lib/miandeng/miandeng.db"] {
        let folder = tempfile::tempdir().unwrap();
        let settings = shipped.replacen("url = \"miandeng.db\"", &format!("url = {database:?}"), 1);
        fs::write(folder.path().join("Rocket.toml"), settings).unwrap();
        assert!(init(folder.path(), &[]).status.success());
        assert!(reads(folder.path(), "Rocket.toml").contains(CORP));
    }
}

#[test]
fn a_wrong_answer_is_refused_as_the_server_would_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (wrong, key) in [
        ("--public-url=app.example.com", "public_url"),
        ("--public-url=https://app.example.com/x", "public_url"),
        ("--corp-id=ding a", "corp_id"),
        ("--agent-id=12x", "agent_id"),
    ] {
        let option = wrong.split('=').next().unwrap();
        let mut arguments: Vec<_> = ANSWERS.into_iter().filter(|given| !given.starts_with(option)).collect();
        arguments.push(wrong);
        let message = one_line(&init_with(program(folder.path(), &arguments), CLIENT_SECRET));
        assert!(message.contains(key), "{message}");
    }
    for wrong in ["", "two words"] {
        let message = one_line(&init_with(program(folder.path(), &ANSWERS), wrong));
        assert!(message.contains("client_secret") && !message.contains("two words"), "{message}");
    }
    let message = one_line(&ends(program(folder.path(), &["init", "--dir=."])));
    assert!(message.contains("--public-url") && message.contains("no terminal"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// `script` gives the program a terminal.
#[test]
fn at_a_terminal_it_asks_again_after_a_wrong_answer_and_does_not_show_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let asked = format!("{} init --dir=.", env!("CARGO_BIN_EXE_miandeng"));
    let mut command = program(folder.path(), &[]);
    let environment: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    command = Command::new("script");
    command.current_dir(folder.path()).args(["-q", "-e", "-c", &asked, "/dev/null"]);
    for name in environment {
        command.env_remove(name);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let mut seen = String::new();
    for (question, answer) in [
        ("employees will open", "app.example.com"),
        ("public_url", "https://app.example.com"),
        ("CorpId", CORP),
        ("AgentId", "100000001"),
        ("Client ID", CLIENT_ID),
        ("not shown): ", CLIENT_SECRET),
    ] {
        let from = seen.len();
        while !seen[from..].contains(question) {
            let mut some = [0; 4096];
            let read = std::io::Read::read(&mut screen, &mut some).unwrap();
            assert_ne!(read, 0, "{seen}");
            seen += &text(&some[..read]);
        }
        writeln!(keyboard, "{answer}").unwrap();
    }
    std::io::Read::read_to_end(&mut screen, &mut Vec::new()).unwrap();
    drop(keyboard);
    assert!(child.wait().unwrap().success(), "{seen}");
    assert!(!seen.contains(CLIENT_SECRET), "{seen}");
    assert_eq!(reads(folder.path(), "client_secret"), format!("{CLIENT_SECRET}\n"));
    assert!(reads(folder.path(), "Rocket.toml").contains("public_url = \"https://app.example.com\""));
}

#[test]
fn serve_and_doctor_name_the_addresses_that_init_does() {
    prepare();
    let folder = tempfile::tempdir().unwrap();
    let nobody = "--simulator=http://127.0.0.1:9";
    assert!(init(folder.path(), &["--app=127.0.0.1:3000", "--proxy=traefik", nobody]).status.success());
    assert!(reads(folder.path(), "miandeng.yml").contains("http://127.0.0.1:3000"));
    let home = "https://app.example.com/_signin/?corpid=$CORPID$";
    let mut serve = program(folder.path(), &["serve"]);
    serve.env("ROCKET_PORT", "0");
    let server = Server::listening(serve);
    assert!(server.log().iter().any(|line| line.contains(home) && line.contains("/login/dingtalk/callback")));
    let doctor = text(&ends(program(folder.path(), &["doctor"])).stdout);
    assert!(doctor.contains(home) && doctor.contains("服务器出口IP"), "{doctor}");
}

#[test]
fn a_shell_learns_the_commands_and_man_gets_a_page_for_each() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&ends(program(folder.path(), &["completions", shell])).stdout);
        assert!(script.contains("keep-sessions") && script.contains("client-secret-file"), "{shell}");
    }
    for (language, words) in [("C", "Make a consistent copy"), ("zh_CN.UTF-8", "内容一致")] {
        let mut command = program(folder.path(), &["man", "pages"]);
        command.env("LANG", language);
        assert!(ends(command).status.success());
        let page = reads(folder.path(), "pages/miandeng-backup.1");
        assert!(page.contains(words), "{page}");
        assert!(folder.path().join("pages/miandeng-users-import.1").exists());
        assert!(!folder.path().join("pages/miandeng-help.1").exists());
    }
}
