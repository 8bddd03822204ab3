//! Which part may use which, read from the `use` lines (ARCHITECTURE.md, "The map").

use std::{
    fs,
    path::{Path, PathBuf},
};

use miandeng::catalogue::{Source, Trouble};

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::<PathBuf>::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let is_code = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs");
    let rust = files.into_iter().filter(is_code);
    rust.map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), code_of(&path))).collect()
}

/// Without comments and tests.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// By `crate::name`, or in a `use crate::{…}`.
fn modules_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => used.push(after),
            Some(list) => {
                let mut depth = 0;
                let mut start = 0;
                for (i, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            used.push(&list[start..i]);
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            used.push(&list[start..i]);
                            start = i + 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    let name = |item: &str| item.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned();
    used.into_iter().map(name).filter(|name| !name.is_empty()).collect()
}

#[track_caller]
fn may_use(part: &str, allowed: &[&str]) {
    for (file, code) in sources().into_iter().filter(|(file, _)| file.starts_with(part)) {
        for module in modules_used(&code) {
            assert!(allowed.contains(&module.as_str()), "{file} uses {module}; {part} may use {allowed:?}");
        }
    }
}

#[test]
fn each_part_knows_only_those_below_it() {
    let below = ["clock", "config", "dingtalk", "catalogue", "hex_digits", "ids", "invisible", "metrics", "secret"];
    may_use("dingtalk/", &below);
    // Everybody may count, and nobody is counted by name.
    may_use("metrics/", &["metrics"]);
    may_use("users/", &["clock", "db", "dingtalk", "i18n", "ids", "invisible", "rules", "users"]);
    may_use("rules.rs", &[]);
    may_use("rate_limit.rs", &["clock"]);
    may_use("people", &["audit", "clock", "db", "ids", "sessions", "users"]);
    let below = [
        "audit",
        "clock",
        "config",
        "db",
        "dingtalk",
        "dingtalk_problems",
        "directory",
        "catalogue",
        "hex_digits",
        "i18n",
        "ids",
        "people",
        "random",
        "sessions",
        "troubles",
        "users",
        "web",
    ];
    may_use("directory/", &below);
    may_use("audit/", &["audit", "clock", "db", "i18n", "ids", "users"]);
    may_use("backup/", &["audit", "clock", "db", "i18n", "sessions"]);
    may_use("move_database/", &["audit", "backup", "db", "hex_digits", "sessions"]);
    let below = [
        "clock",
        "config",
        "credentials",
        "db",
        "dingtalk",
        "directory",
        "catalogue",
        "i18n",
        "ids",
        "inert",
        "probe",
        "setup",
        "troubles",
        "users",
    ];
    may_use("doctor/", &below);
    may_use("setup/", &["config", "i18n", "secret", "setup"]);
    may_use("simulator/", &["clock", "simulator"]);
    may_use("i18n/", &["catalogue", "clock", "db", "i18n", "ids"]);
    may_use("catalogue/", &["catalogue"]);
    may_use("troubles.rs", &["catalogue", "clock", "db"]);
    may_use("config/", &["config", "i18n", "ids", "rules", "secret"]);
    // `web` knows no feature, and no feature's refusals.
    may_use("web/", &["clock", "config", "hex_digits", "metrics", "random", "i18n", "web"]);
    may_use("dingtalk_problems.rs", &["dingtalk", "catalogue", "i18n", "web"]);
    may_use("health.rs", &["db", "dingtalk", "web"]);
    may_use("sessions/", &["audit", "clock", "config", "db", "random", "rules", "sessions", "i18n", "users", "web"]);
    may_use("jsapi/", &["clock", "config", "dingtalk", "hex_digits", "random", "web"]);
    may_use("jobs.rs", &["clock", "random"]);
    let below =
        ["audit", "cas", "clients", "clock", "config", "db", "directory", "oidc", "sessions", "signin", "users"];
    may_use("jobs/", &below);
    let below = [
        "audit",
        "cas",
        "clients",
        "clock",
        "config",
        "db",
        "i18n",
        "random",
        "rate_limit",
        "rules",
        "sessions",
        "users",
        "web",
    ];
    may_use("cas/", &below);
    may_use("signing_keys/", &["clock", "db", "random", "signing_keys", "web"]);
    let below = [
        "audit",
        "clock",
        "config",
        "db",
        "forward_auth",
        "i18n",
        "metrics",
        "random",
        "rules",
        "sessions",
        "signing_keys",
        "users",
        "web",
    ];
    may_use("forward_auth/", &below);
    let below = ["audit", "clients", "clock", "config", "db", "hex_digits", "ids", "rules", "sessions", "users", "web"];
    may_use("clients/", &below);
    let below = [
        "audit",
        "clients",
        "clock",
        "config",
        "db",
        "i18n",
        "ids",
        "oidc",
        "random",
        "rate_limit",
        "rules",
        "secret",
        "sessions",
        "signing_keys",
        "users",
        "web",
    ];
    may_use("oidc/", &below);
    may_use("probe/", &["clock", "hex_digits", "random", "web"]);
    let below = [
        "audit",
        "clock",
        "config",
        "db",
        "dingtalk",
        "dingtalk_problems",
        "catalogue",
        "hex_digits",
        "ids",
        "metrics",
        "people",
        "random",
        "rate_limit",
        "secret",
        "sessions",
        "signin",
        "i18n",
        "troubles",
        "users",
        "web",
    ];
    may_use("signin/", &below);
    let below = [
        "admin",
        "audit",
        "clock",
        "config",
        "db",
        "dingtalk",
        "directory",
        "doctor",
        "hex_digits",
        "i18n",
        "ids",
        "people",
        "random",
        "sessions",
        "users",
        "web",
    ];
    may_use("admin/", &below);
}

#[test]
fn rocket_is_named_only_where_http_is_spoken() {
    let speaks_http = |file: &str| {
        let name = file.rsplit('/').next().unwrap();
        let parts = [
            "admin/",
            "cas/routes/",
            "oidc/routes/",
            "web/",
            "simulator/",
            "app.rs",
            "app/",
            "health.rs",
            "jobs.rs",
            "main.rs",
            "cli/",
        ];
        let names = ["routes.rs", "guard.rs", "cookie.rs", "forwarded.rs", "context.rs", "page.rs", "logout_page.rs"];
        parts.iter().any(|part| file.starts_with(part)) || names.contains(&name)
    };
    for (file, code) in sources() {
        assert!(speaks_http(&file) || !code.contains("rocket::"), "{file} names Rocket");
    }
}

/// Words and statuses of problems are outward names. Each feature states its own, and a word has one status.
#[test]
fn a_kind_of_problem_belongs_to_its_feature_and_has_one_status() {
    let mut kinds = Vec::new();
    for (file, code) in sources() {
        let named = code.split("Kind::new(").skip(1).map(|after| after.split(';').next().unwrap().to_owned());
        let named: Vec<_> = named.filter(|kind| kind.starts_with('"')).collect();
        let owns = ["refusal.rs", "refusal/mod.rs", "problem/mod.rs", "dingtalk_problems.rs"];
        assert!(named.is_empty() || owns.iter().any(|end| file.ends_with(end)), "{file} names {named:?}");
        kinds.extend(named);
    }
    kinds.sort();
    kinds.dedup();
    assert!(kinds.len() > 10, "{kinds:?}");
    let word = |kind: &String| kind.split('"').nth(1).unwrap_or_default().to_owned();
    assert!(kinds.windows(2).all(|two| word(&two[0]) != word(&two[1])), "{kinds:?}");
    for word in kinds.iter().map(word) {
        let is_known = Trouble::of(Source::Problem).any(|trouble| trouble.words().contains(&&*word));
        assert!(is_known, "{word} is not in the catalogue, so nobody can look it up");
    }
}

#[test]
fn sql_stands_beside_its_table_only() {
    let holds_sql = |file: &str| {
        let parts = [
            "db/",
            "audit/",
            "backup/",
            "credentials.rs",
            "directory/departments.rs",
            "directory/events/inbox.rs",
            "directory/events/streams.rs",
            "directory/runs.rs",
            "directory/sync_due.rs",
            "cas/tickets.rs",
            "clients/notices.rs",
            "move_database/",
            "oidc/grants.rs",
            "users/",
            "sessions/mod.rs",
            "sessions/invalidation.rs",
            "signin/handover/table.rs",
            "signin/used_once.rs",
            "signing_keys/table.rs",
            "troubles.rs",
        ];
        parts.iter().any(|part| file.starts_with(part))
    };
    for (file, code) in sources() {
        assert!(holds_sql(&file) || !code.contains("db::query"), "{file} holds SQL");
        assert!(file.starts_with("db/") || !code.contains("sqlx::query"), "{file}: db::query runs on either database");
    }
}

#[test]
fn only_db_knows_which_database_it_is() {
    for (file, code) in sources() {
        assert!(
            file.starts_with("db/") || !["Sqlite", "PgConnection", "Postgres("].iter().any(|own| code.contains(own)),
            "{file} names a database's own types"
        );
    }
}

#[test]
fn no_file_is_two_files() {
    for (file, code) in sources() {
        assert!(code.lines().count() <= 350, "{file} is long: two subjects in one?");
    }
}

/// Rust knows more blanks and letters than browsers, proxies and DingTalk: by its rules somebody else's cookie, address
/// or number could become ours.
#[test]
fn what_others_have_sent_is_never_read_by_unicodes_rules() {
    const WIDE: [&str; 12] = [
        ".trim()",
        "::trim)",
        ".trim_start()",
        ".trim_end()",
        "::trim_start",
        "::trim_end",
        "split_whitespace",
        ".to_lowercase()",
        ".to_uppercase()",
        "is_alphanumeric",
        "is_alphabetic",
        "is_numeric",
    ];
    // The kernel's own file; comparisons that only refuse; words for the log; our own text; the part about every kind
    // of blank.
    const HARMLESS: [&str; 6] = [
        "web/slow_clients.rs",
        "signin/return_to.rs",
        "rules.rs",
        "signin/report.rs",
        "sessions/device.rs",
        "dingtalk/departments.rs",
    ];
    let reads = [
        "admin/",
        "cas/",
        "clients/",
        "dingtalk/",
        "forward_auth/",
        "jsapi/",
        "oidc/",
        "probe/",
        "rules.rs",
        "sessions/",
        "signin/",
        "i18n/locale.rs",
        "web/",
    ];
    let read = |file: &str| {
        reads.iter().any(|part| file.starts_with(part)) && !HARMLESS.contains(&file) && !file.ends_with("tests.rs")
    };
    for (file, code) in sources().into_iter().filter(|(file, _)| read(file)) {
        let wide: Vec<_> = WIDE.iter().filter(|wide| code.contains(**wide)).collect();
        assert!(wide.is_empty(), "{file} has {wide:?}: use web::ows, or say here why not");
    }
}
