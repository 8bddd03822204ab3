//! Where settings are found, and what their relative paths mean.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::harness::{CLIENT_SECRET, ends, least_settings, one_line, program, text};

/// A folder with settings and a secret file, and another in which commands run.
struct Two {
    settings: TempDir,
    elsewhere: TempDir,
}

impl Two {
    fn new() -> Self {
        let two = Self { settings: tempfile::tempdir().unwrap(), elsewhere: tempfile::tempdir().unwrap() };
        let least = least_settings(0, "https://app.example.com", "http://127.0.0.1:9");
        let least = least
            .replace(&format!("client_secret = \"{CLIENT_SECRET}\""), "client_secret_file = \"secret\"")
            .replace("[[default.miandeng.apps]]", "jsapi_file = \"js/dd.js\"\n[[default.miandeng.apps]]");
        std::fs::write(two.file(), least).unwrap();
        std::fs::write(two.settings.path().join("secret"), CLIENT_SECRET).unwrap();
        std::fs::create_dir(two.settings.path().join("js")).unwrap();
        std::fs::write(two.settings.path().join("js/dd.js"), "dd").unwrap();
        two
    }

    fn file(&self) -> PathBuf {
        self.settings.path().join("Rocket.toml")
    }

    /// `users list`, run elsewhere.
    fn lists(&self, settings: impl AsRef<Path>) -> Command {
        let mut command = program(self.elsewhere.path(), &["users", "list"]);
        command.env("ROCKET_CONFIG", settings.as_ref());
        command
    }
}

#[track_caller]
fn succeeds(command: Command) {
    let output = ends(command);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_relative_path_in_the_settings_is_relative_to_their_file() {
    let two = Two::new();
    succeeds(two.lists(two.file()));
    assert!(two.settings.path().join("data.db").exists());
    assert!(is_empty(two.elsewhere.path()));

    // The settings' own path is relative to the working folder, whatever else is there.
    std::fs::remove_file(two.settings.path().join("data.db")).unwrap();
    let name = two.settings.path().file_name().unwrap().to_owned();
    succeeds(two.lists(Path::new("..").join(name).join("Rocket.toml")));
    assert!(two.settings.path().join("data.db").exists() && is_empty(two.elsewhere.path()));

    // The default database is beside the settings too.
    let without = std::fs::read_to_string(two.file()).unwrap().replace("url = \"data.db\"", "");
    std::fs::write(two.file(), without).unwrap();
    succeeds(two.lists(two.file()));
    assert!(two.settings.path().join("miandeng.db").exists() && is_empty(two.elsewhere.path()));
}

#[test]
fn a_relative_path_in_the_environment_is_relative_to_the_working_folder() {
    let two = Two::new();
    let mut list = two.lists(two.file());
    list.env("ROCKET_DATABASES", "{miandeng={url=\"env.db\"}}");
    succeeds(list);
    assert!(two.elsewhere.path().join("env.db").exists() && !two.settings.path().join("data.db").exists());

    let mut list = two.lists(two.file());
    let dingtalk = "{dingtalk={oapi_url=\"http://127.0.0.1:9\",jsapi_file=\"js/dd.js\"}}";
    list.env("ROCKET_MIANDENG", dingtalk);
    assert!(one_line(&ends(list)).contains("jsapi_file = \"js/dd.js\": cannot be read"));
}

#[test]
fn a_file_that_rocket_config_names_must_be_there() {
    let two = Two::new();
    let message = one_line(&ends(two.lists(two.settings.path().join("gone.toml"))));
    assert!(message.contains("ROCKET_CONFIG") && message.contains("gone.toml"), "{message}");
}

#[test]
fn settings_in_a_folder_above_the_working_folder_are_not_taken() {
    let two = Two::new();
    let output = ends(program(&two.settings.path().join("js"), &["users", "list"]));
    assert!(one_line(&output).contains("no settings found"));
}

/// docs/*/install.md, by hand; .ci/package runs the other blocks in a bare Debian.
#[test]
fn the_steps_by_hand_come_in_an_order_that_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["docs/en/install.md", "docs/zh-CN/install.md"] {
        let page = std::fs::read_to_string(root.join(page)).unwrap();
        let (_, steps) = page.split_once("# install -m 755").unwrap();
        let (steps, _) = steps.split_once("```").unwrap();
        let line = |part: &str| steps.lines().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}"));
        let order = [
            line("useradd"),
            line("/etc/miandeng"),
            line("/etc/systemd/system/"),
            line("miandeng init"),
            line("systemctl enable --now miandeng"),
        ];
        assert!(order.is_sorted() && line("/var/lib/miandeng") < line("miandeng init"), "{steps}");
    }
}

#[test]
fn the_shipped_settings_work_from_any_folder() {
    let shipped = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Rocket.toml")).unwrap();
    let etc = tempfile::tempdir().unwrap();
    let state = etc.path().join("state.db");
    let written = shipped.replacen("url = \"miandeng.db\"", &format!("url = {state:?}"), 1);
    assert_ne!(written, shipped);
    std::fs::write(etc.path().join("Rocket.toml"), written).unwrap();
    std::fs::write(etc.path().join("client_secret"), format!("{CLIENT_SECRET}\n")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut list = program(elsewhere.path(), &["users", "list"]);
    list.env("ROCKET_CONFIG", etc.path().join("Rocket.toml"));
    succeeds(list);
    assert!(state.exists() && is_empty(elsewhere.path()));
}
