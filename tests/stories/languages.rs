//! Two languages: no text is missing in one of them, unused, or in the other one. (That each text exists in both, the
//! compiler checks; that each command and option does, `cli::zh_cn`; pages, `app::pages`.)

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::{Site, ends, on_postgres, program, text};

/// Names that Chinese texts use as they are.
const NAMES: [&str; 17] = [
    "miandeng", "users", "sessions", "audit", "list", "export", "import", "sync", "set", "revoke", "Content",
    "Security", "Policy", "Client", "ID", "Ctrl", "Rocket",
];

/// English sentences have three words in a row that are no names.
fn english(line: &str) -> Option<String> {
    let is_word = |word: &&str| {
        let word = word.trim_end_matches([',', '.', ';', ':', '?']);
        word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic()) && !NAMES.contains(&word)
    };
    let words: Vec<_> = line.split(' ').collect();
    words.windows(3).find(|three| three.iter().all(is_word)).map(|three| three.join(" "))
}

#[track_caller]
fn is_chinese(said: &str, what: &str) {
    for line in said.lines() {
        assert_eq!(english(line), None, "{what}: {line}");
    }
    let has_chinese = said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(has_chinese, "{what}: {said}");
}

fn in_chinese(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program(folder, arguments);
    command.env("LANG", "zh_CN.UTF-8");
    command
}

/// The help of a command and of those below it.
fn check_help(folder: &Path, command: &[String]) -> usize {
    for option in ["--help", "-h"] {
        let arguments: Vec<_> = command.iter().map(String::as_str).chain([option]).collect();
        let output = ends(in_chinese(folder, &arguments));
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        is_chinese(&text(&output.stdout), &arguments.join(" "));
    }
    let arguments: Vec<_> = command.iter().map(String::as_str).chain(["-h"]).collect();
    let help = text(&ends(in_chinese(folder, &arguments)).stdout);
    let below = help.lines().skip_while(|line| *line != "命令:").skip(1).take_while(|line| line.starts_with("  "));
    let names = below.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    1 + names.map(|name| check_help(folder, &[command, &[name.to_owned()]].concat())).sum::<usize>()
}

#[test]
fn the_help_of_every_command_is_chinese_where_the_terminal_is() {
    let folder = tempfile::tempdir().unwrap();
    assert!(check_help(folder.path(), &[]) > 20, "all commands are found");
    let english = text(&ends(program(folder.path(), &["--help"])).stdout);
    assert!(english.contains("Usage: miandeng [COMMAND]") && !english.contains("用法"), "{english}");
}

#[test]
fn the_first_variable_that_is_set_decides() {
    let folder = tempfile::tempdir().unwrap();
    let check = |variables: &[(&str, &str)], is_chinese: bool| {
        let mut command = program(folder.path(), &["users", "--help"]);
        command.envs(variables.iter().copied());
        let said = text(&ends(command).stdout);
        assert_eq!(said.contains("用法："), is_chinese, "{variables:?}: {said}");
    };
    check(&[], false);
    check(&[("LANG", "zh_CN.UTF-8")], true);
    check(&[("LANG", "zh_TW")], true);
    check(&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")], false);
    check(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN.UTF-8")], true);
    check(&[("LC_MESSAGES", "zh_CN.UTF-8"), ("LC_ALL", "C")], false);
    check(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")], true);
    check(&[("LANG", "C.UTF-8")], false);
}

/// Names and tables are on standard output, also where something failed.
#[track_caller]
fn check_run(folder: &Path, arguments: &[&str], code: i32) {
    let output = ends(in_chinese(folder, arguments));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    is_chinese(&format!("{}{}", text(&output.stdout), text(&output.stderr)), &arguments.join(" "));
}

#[tokio::test]
async fn whatever_goes_wrong_is_said_in_chinese_where_the_terminal_is() {
    if on_postgres("backups are of files") {
        return;
    }
    let site = Site::new().await;
    let folder = site.path().to_owned();
    let settings = fs::read_to_string(folder.join("Rocket.toml")).unwrap();
    fs::write(folder.join("bad.csv"), "userid,name\nu 1,\n").unwrap();
    fs::write(folder.join("odd.csv"), "userid,nmae\n").unwrap();
    fs::write(folder.join("no.db"), "nothing").unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    tokio::task::spawn_blocking(move || {
        for (arguments, code) in [
            (&["users", "add", "u1", "--name", "李四"][..], 0),
            (&["users", "set", "u1", "--role", "admin"], 0),
            (&["users", "set", "u1", "--role", "admin"], 0),
            (&["users", "set", "u1", "--role", "user"], 1),
            (&["users", "list"], 0),
            (&["users", "add", "u1", "--name", "李四"], 1),
            (&["users", "add", "u2", "--name", "李四", "--corp-id", "dingother"], 1),
            (&["users", "add", "u 2", "--name", "李四"], 2),
            (&["users", "disable", "nobody"], 1),
            (&["users", "disable", "zhangsan"], 0),
            (&["users", "disable", "zhangsan"], 0),
            (&["users", "enable", "zhangsan"], 0),
            (&["users", "enable", "zhangsan"], 0),
            (&["users", "remove", "zhangsan"], 0),
            (&["users", "import", "bad.csv"], 1),
            (&["users", "import", "odd.csv"], 1),
            (&["users", "import", "nowhere.csv"], 1),
            (&["users", "import", "folder"], 1),
            (&["users", "import", "--template", "people.xlsx"], 0),
            (&["users", "import", "--template", "people.xlsx"], 1),
            (&["users", "import", "--template", "people.doc"], 1),
            (&["users", "import", "people.xlsx", "--dry-run"], 0),
            (&["users", "export", "out.csv"], 0),
            (&["users", "export", "out.csv"], 1),
            (&["users", "export", "nowhere/out.csv"], 1),
            (&["users", "sync", "--app", "other"], 1),
            (&["sessions", "list"], 0),
            (&["sessions", "revoke", "17"], 1),
            (&["sessions", "revoke", "--all"], 1),
            (&["sessions", "revoke", "--all", "--yes"], 0),
            (&["sessions", "revoke"], 2),
            (&["audit", "list"], 0),
            (&["audit", "list", "--limit", "1"], 0),
            (&["audit", "list", "--since", "yesterday"], 2),
            (&["audit", "list", "--event", "party"], 2),
            (&["init", "--dir", "."], 1),
            (&["init", "--dir", "new"], 1),
            (&["completions", "csh"], 2),
            (&["man", "bad.csv"], 1),
            (&["backup", "good.db"], 0),
            (&["backup", "good.db"], 1),
            (&["backup", "data.db"], 1),
            (&["backup", "folder"], 1),
            (&["restore", "nowhere.db"], 1),
            (&["restore", "no.db"], 1),
            (&["restore", "data.db"], 1),
            (&["restore", "good.db"], 0),
            (&["simulator", "--company", "bad.csv"], 1),
            (&["simulator", "--company", "nowhere.json"], 1),
            (&["simulator", "--address", "192.0.2.1"], 1),
            (&["doctor"], 0),
            (&["doctor", "--probe", "https://evil.example/"], 1),
            (&["nonsense"], 2),
            (&["users", "list", "--frobnicate"], 2),
            (&["demo", "--port", "x"], 2),
        ] {
            check_run(&folder, arguments, code);
        }
        for (from, to) in [
            ("public_url", "pulbic_url"),
            ("public_url", "odd = 1\npublic_url"),
            ("name = \"oa\"", "name = \"o a\""),
            ("name = \"oa\"", "name = \"oa\"\nkind = \"channel\""),
            ("name = \"oa\"", "name = \"oa\"\nclient_secret_file = \"nowhere\""),
            ("[default.miandeng]", "[default.miandeng"),
            ("[default.miandeng]", "[default.mian]"),
            ("public_url", "allowed_return_hosts = \"x\"\npublic_url"),
            ("public_url", "trusted_proxies = [\"x\"]\npublic_url"),
            ("public_url", "session_idle = \"8\"\npublic_url"),
            ("data.db", "nowhere/data.db"),
            ("data.db", "no.db"),
            ("data.db", "sqlite::memory:"),
        ] {
            assert!(settings.contains(from), "{from}: {settings}");
            fs::write(folder.join("Rocket.toml"), settings.replacen(from, to, 1)).unwrap();
            check_run(&folder, &["serve"], 1);
            check_run(&folder, &["doctor"], 1);
        }
    })
    .await
    .unwrap();
}

fn files(root: &Path, end: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == end) {
                files.push(path);
            }
        }
    }
    files
}

/// Fields of texts, and variants of what is said, are read or made somewhere else.
#[test]
fn no_text_is_unused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let languages = ["src/i18n/en", "src/i18n/zh_cn"].map(|folder| root.join(folder));
    let i18n = root.join("src/i18n");
    let all = files(&root.join("src"), "rs").into_iter().chain(files(&root.join("templates"), "html"));
    let all: Vec<(PathBuf, String)> = all
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (path, code.join("\n"))
        })
        .collect();
    // The languages say every variant, and may read a text of another part.
    let is_used = |name: &str, by_languages: bool| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let counts = |path: &Path| by_languages || !languages.iter().any(|language| path.starts_with(language));
        all.iter().any(|(path, text)| counts(path) && text.split(name).skip(1).any(ends))
    };
    let mut count = 0;
    for path in files(&i18n, "rs").iter().filter(|path| path.parent() == Some(&i18n)) {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let (mut in_enum, mut in_texts) = (false, false);
        for line in code.lines() {
            match line {
                "}" => (in_enum, in_texts) = (false, false),
                _ if line.starts_with("pub enum ") => in_enum = true,
                _ if line.starts_with("pub struct ") => in_texts = true,
                _ => {}
            }
            let Some(item) = line.strip_prefix("    ").filter(|item| !item.starts_with([' ', '/', '#', '}'])) else {
                continue;
            };
            let name =
                item.trim_start_matches("pub ").split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if in_enum && name.starts_with(|c: char| c.is_ascii_uppercase()) {
                assert!(is_used(&format!("::{name}"), false), "{path:?}: {name} is never said");
                count += 1;
            } else if in_texts && item.starts_with("pub ") {
                assert!(
                    is_used(&format!(".{name}"), true) || is_used(&format!(" {name},"), false),
                    "{path:?}: {name} is never read"
                );
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count} texts are found");
}
