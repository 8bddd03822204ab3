//! An operator keeps the user table and the sessions from the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails there and then")]

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use miandeng::{
    clock::Clock,
    db::Pools,
    dingtalk::ids::{CorpId, DingUserId},
    sessions, users,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A deployment's folder, and the command line in it.
struct Operator {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Operator {
    fn of_corps(corps: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = format!(
            "[default.databases.miandeng]\nurl = {:?}\n[default.miandeng]\npublic_url = \"https://app.example.com\"\n",
            folder.path().join("test.db")
        );
        for corp in corps {
            settings.push_str(&format!(
                "[[default.miandeng.apps]]\nname = \"app-{corp}\"\ncorp_id = \"{corp}\"\nagent_id = \"1\"\n\
                 client_id = \"key\"\nclient_secret = \"s3cr3t-value\"\n"
            ));
        }
        fs::write(folder.path().join("Rocket.toml"), settings).unwrap();
        Self { folder }
    }

    fn new() -> Self {
        Self::of_corps(&["dinga"])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miandeng"));
        command
            .env_clear()
            .env("ROCKET_CONFIG", self.path("Rocket.toml"))
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn runs(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments))
    }

    /// Runs a command that must succeed and keep quiet on standard error.
    #[track_caller]
    fn does(&self, arguments: &[&str]) -> String {
        let answer = self.runs(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments:?}: {answer:?}");
        answer.out
    }

    #[track_caller]
    fn reads(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.does(arguments)).unwrap()
    }

    /// Runs a command that must fail with one line that names the reason.
    #[track_caller]
    fn fails(&self, arguments: &[&str], reason: &str) {
        let answer = self.runs(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{arguments:?}: {answer:?}");
        assert!(answer.err.starts_with("miandeng: ") && answer.err.lines().count() == 1, "{answer:?}");
        assert!(answer.err.contains(reason) && !answer.err.contains("s3cr3t"), "{answer:?}");
    }

    #[track_caller]
    fn imports(&self, file: impl AsRef<[u8]>) -> Value {
        fs::write(self.path("staff.csv"), file).unwrap();
        self.reads(&["users", "import", "staff.csv", "--json"])
    }

    /// Imports a file that must be refused, and answers what was said; nobody may have been changed.
    #[track_caller]
    fn is_refused(&self, file: impl AsRef<[u8]>) -> String {
        let before = self.everybody();
        fs::write(self.path("staff.csv"), file).unwrap();
        let answer = self.runs(&["users", "import", "staff.csv"]);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{answer:?}");
        assert_eq!(self.everybody(), before);
        answer.err
    }

    fn everybody(&self) -> Value {
        self.reads(&["users", "list", "--json"])
    }

    /// The one person of this userid.
    #[track_caller]
    fn sees(&self, userid: &str) -> Value {
        let everybody = self.everybody();
        let mut people = everybody.as_array().unwrap().iter().filter(|person| person["userid"] == userid);
        let person = people.next().unwrap_or_else(|| panic!("no {userid}")).clone();
        assert!(people.next().is_none());
        person
    }

    fn names(&self) -> Vec<String> {
        let everybody = self.everybody();
        let name = |person: &Value| person["name"].as_str().unwrap().to_owned();
        everybody.as_array().unwrap().iter().map(name).collect()
    }

    async fn db(&self) -> Pools {
        Pools::open(self.path("test.db").to_str().unwrap()).await.unwrap()
    }

    /// Signs people in without DingTalk; answers the last session's cookie.
    fn db_signs_in(&self, corp: &str, userids: &[&str]) -> String {
        runtime().block_on(async {
            let pools = self.db().await;
            let mut tx = pools.write().await.unwrap();
            let mut cookie = String::new();
            for userid in userids {
                let (corp, userid) = (CorpId::new(corp).unwrap(), DingUserId::new(*userid).unwrap());
                let user = users::find(&mut tx, &corp, &userid).await.unwrap().unwrap();
                let from =
                    sessions::Origin { address: "192.0.2.1".to_owned(), user_agent: "DingTalk\u{1b}[2J".to_owned() };
                let token = sessions::start(&mut tx, &user, "oa", &from, Clock::system().now()).await.unwrap();
                cookie = token.expose().to_owned();
            }
            tx.commit().await.unwrap();
            pools.close().await;
            cookie
        })
    }

    /// The userids that have a live session.
    fn signed_in(&self) -> Vec<String> {
        let live = self.reads(&["sessions", "list", "--json"]);
        let mut userids: Vec<String> =
            live.as_array().unwrap().iter().map(|session| session["userid"].as_str().unwrap().to_owned()).collect();
        userids.sort();
        userids
    }
}

impl Answer {
    fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

#[test]
fn a_person_is_added_changed_and_cleared() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "张三", "--mobile", "138", "--role", "admin"]);
    let added = operator.sees("u1");
    assert_eq!(added["name"], "张三");
    assert_eq!(
        (&added["corp_id"], &added["role"], &added["status"]),
        (&json!("dinga"), &json!("admin"), &json!("active"))
    );
    assert_eq!((&added["source"], &added["mobile"], &added["email"]), (&json!("cli"), &json!("138"), &Value::Null));

    operator.does(&["users", "set", "u1", "--title", "主管", "--mobile", ""]);
    let changed = operator.sees("u1");
    assert_eq!(
        (&changed["title"], &changed["mobile"], &changed["name"]),
        (&json!("主管"), &Value::Null, &json!("张三"))
    );
    assert!(operator.does(&["users", "set", "u1", "--title", "主管"]).contains("was like this already"));
    let answer = operator.reads(&["users", "set", "u1", "--name", "张三丰", "--json"]);
    assert_eq!(answer, operator.sees("u1"));

    operator.fails(&["users", "add", "u1", "--name", "X"], "is in the user table already");
    operator.fails(&["users", "set", "u2", "--name", "X"], "is not in the user table");
    assert_eq!(operator.names(), ["张三丰"]);
}

#[test]
fn wrong_usage_ends_with_2_and_changes_nothing() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    for wrong in [
        &["users"][..],
        &["users", "add", "u2"],
        &["users", "add", "u 2", "--name", "A"],
        &["users", "add", "u,2", "--name", "A"],
        &["users", "add", "u2", "--name", " "],
        &["users", "add", "u2", "--name", "A\nB"],
        &["users", "add", "u2", "--name", "A", "--role", "boss"],
        &["users", "set", "u1"],
        &["users", "set", "u1", "--name", ""],
        &["users", "list", "--status", "gone"],
        &["users", "import"],
        &["sessions", "revoke"],
        &["sessions", "revoke", "1", "--all"],
        &["sessions", "revoke", "--all", "--corp-id", "dinga"],
    ] {
        assert_eq!(operator.runs(wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(operator.names(), ["A"]);
}

#[test]
fn each_command_explains_itself() {
    let operator = Operator::new();
    for (arguments, says) in [
        (&["users", "--help"][..], "in force in the running server"),
        (&["users", "import", "--help"], "userid,name,mobile"),
        (&["users", "export", "--help"], "--excel"),
        (&["sessions", "revoke", "--help"], "--all"),
    ] {
        // Lines are wrapped to the terminal.
        let help = operator.does(arguments).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(says), "{arguments:?}");
    }
}

#[test]
fn a_disabled_or_removed_person_loses_all_sessions_at_once() {
    let operator = Operator::new();
    for userid in ["u1", "u2", "u3"] {
        operator.does(&["users", "add", userid, "--name", userid]);
    }
    operator.db_signs_in("dinga", &["u1", "u1", "u2", "u3"]);

    assert!(operator.does(&["users", "disable", "u1"]).contains("2 sessions ended"));
    assert_eq!(operator.sees("u1")["status"], "disabled");
    assert_eq!(operator.signed_in(), ["u2", "u3"]);
    assert!(operator.does(&["users", "disable", "u1"]).contains("was disabled already; 0 sessions ended"));

    assert!(operator.does(&["users", "enable", "u1"]).contains("may sign in again"));
    assert_eq!(operator.sees("u1")["status"], "active");
    assert_eq!(operator.signed_in(), ["u2", "u3"], "an old session came back");

    assert!(operator.does(&["users", "remove", "u2", "--yes"]).contains("1 session ended"));
    assert_eq!(
        (operator.names(), operator.signed_in()),
        (vec!["u1".to_owned(), "u3".to_owned()], vec!["u3".to_owned()])
    );
    for command in ["disable", "enable", "remove"] {
        operator.fails(&["users", command, "u2"], "is not in the user table");
    }
    let answer = operator.reads(&["users", "disable", "u3", "--json"]);
    assert_eq!((&answer["sessions_ended"], &answer["user"]["status"]), (&json!(1), &json!("disabled")));
}

#[test]
fn an_operator_is_told_when_the_last_administrator_is_gone() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A", "--role", "admin"]);
    operator.does(&["users", "add", "u2", "--name", "B", "--role", "admin"]);
    operator.does(&["users", "disable", "u1"]);
    let answer = operator.runs(&["users", "set", "u2", "--role", "user"]);
    assert!(answer.code == 0 && answer.err.contains("no active administrator"), "{answer:?}");
}

#[test]
fn where_several_corps_are_configured_the_corp_must_be_said() {
    let operator = Operator::of_corps(&["dinga", "dingb"]);
    operator.fails(&["users", "add", "u1", "--name", "A"], "add --corp-id with one of dinga, dingb");
    operator.fails(&["users", "add", "u1", "--name", "A", "--corp-id", "dingx"], "\"dingx\" is not configured");
    operator.does(&["users", "add", "u1", "--name", "A", "--corp-id", "dinga"]);
    operator.does(&["users", "add", "u1", "--name", "B", "--corp-id", "dingb"]);
    operator.db_signs_in("dinga", &["u1"]);
    operator.db_signs_in("dingb", &["u1"]);

    let of_b = operator.reads(&["sessions", "list", "--corp-id", "dingb", "--json"]);
    assert_eq!((of_b.as_array().unwrap().len(), &of_b[0]["corp_id"]), (1, &json!("dingb")));

    operator.fails(&["users", "disable", "u1"], "add --corp-id");
    operator.does(&["users", "disable", "u1", "--corp-id", "dingb"]);
    let left = operator.reads(&["sessions", "list", "--json"]);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["corp_id"]), (1, &json!("dinga")));
    assert_eq!(operator.reads(&["users", "list", "--corp-id", "dingb", "--json"])[0]["name"], "B");

    assert!(operator.is_refused("userid,name\nu1,C\n").contains("names no column \"corp_id\""));
    let said = operator.is_refused("userid,name,corp_id\nu1,C,dinga\nu2,D,\nu3,E,dingx\n");
    assert!(said.contains("line 3, corp_id") && said.contains("line 4, corp_id \"dingx\""), "{said}");
    operator.imports("userid,name,corp_id\nu1,C,dinga\nu1,D,dingb\n");
    assert_eq!(operator.names(), ["C", "D"]);
}

#[test]
fn a_file_of_any_encoding_a_spreadsheet_saves_is_read() {
    let text = "userid,name,department\r\nu1,欧阳锋,研发部/后端组;技术委员会\r\nu2,\"李 \"\"四\"\"\",\r\n";
    for (file, encoding) in [
        (text.as_bytes().to_vec(), "UTF-8"),
        (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
        (gb18030(text), "GB18030"),
    ] {
        let operator = Operator::new();
        let answer = operator.imports(file);
        assert_eq!((&answer["encoding"], &answer["added"]), (&json!(encoding), &json!(2)));
        assert_eq!(operator.names(), ["欧阳锋", "李 \"四\""]);
        let person = operator.sees("u1");
        assert_eq!((&person["department"], &person["source"]), (&json!("研发部/后端组;技术委员会"), &json!("csv")));
    }
    let operator = Operator::new();
    let said = operator.is_refused(b"userid,name\nu1,\xFF\xFF\n");
    assert!(said.contains("line 2 is neither UTF-8 nor GB18030"), "{said}");
}

#[test]
fn a_file_is_taken_whole_or_not_at_all_and_every_bad_row_is_named() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    let file = "userid,name,role,source\r\n\
                u1,Changed,,\"one\r\ntwo\"\r\n\
                u 2,B,,\r\n\
                u3,,boss,\r\n\
                u4,D,,\r\n\
                u4,E,,\r\n\
                u5\r\n";
    let said = operator.is_refused(file);
    let lines: Vec<&str> = said.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "miandeng",
            "  line 4, userid \"u 2\"",
            "  line 5, name \"\"",
            "  line 5, role \"boss\"",
            "  line 7, userid \"u4\"",
            "  line 8",
        ]
    );
    assert!(said.contains("stands on line 6 already"), "{said}");

    let answer = operator.runs(&["users", "import", "staff.csv", "--json"]);
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((answer.code, report["bad_rows"].as_array().unwrap().len()), (1, 5));
    let third = json!({"line": 5, "column": "role", "value": "boss", "problem": "write \"user\" or \"admin\""});
    assert_eq!(report["bad_rows"][2], third);
}

#[test]
fn a_file_full_of_bad_rows_does_not_flood_the_terminal() {
    let operator = Operator::new();
    let rows: String = (0..80).map(|i| format!("u {i},A\n")).collect();
    let said = operator.is_refused(format!("userid,name\n{rows}"));
    assert!(said.contains("80 problems") && said.contains("and 30 more"), "{said}");
    assert_eq!(said.lines().count(), 52);
}

#[test]
fn a_file_with_a_wrong_first_line_is_refused_in_one_line() {
    let operator = Operator::new();
    for (file, reason) in [
        ("", "first line is missing"),
        ("userid,name,emial\n", "did you mean \"email\"?"),
        ("userid,title\n", "names no column \"name\""),
        ("userid,name,name\n", "\"name\" twice"),
    ] {
        let said = operator.is_refused(file);
        assert!(said.contains(reason) && said.lines().count() == 1, "{said}");
    }
    operator.fails(&["users", "import", "nowhere.csv"], "\"nowhere.csv\" cannot be read");
}

#[test]
fn an_import_says_what_it_did_and_leaves_the_rest_alone() {
    let operator = Operator::new();
    operator.imports("userid,name,title,role,status\nu1,A,T,admin,\nu2,B,T,,\nu3,C,T,,\nu4,D,T,,disabled\n");
    operator.db_signs_in("dinga", &["u1", "u2", "u3"]);
    let before = operator.sees("u1");

    let file = "name,userid,title,role,status\nA,u1,T,,\nB,u2,,,\nC,u3,T,,disabled\nE,u5,,,\n";
    fs::write(operator.path("staff.csv"), file).unwrap();
    let unchanged = operator.everybody();
    let dry = operator.reads(&["users", "import", "staff.csv", "--dry-run", "--json"]);
    assert_eq!((operator.everybody(), operator.signed_in().len()), (unchanged, 3));
    let done = operator.imports(file);
    let mut expected = json!({
        "rows": 4, "added": 1, "changed": 2, "unchanged": 1, "disabled": 1, "sessions_ended": 1,
        "encoding": "UTF-8", "dry_run": true
    });
    assert_eq!(dry, expected);
    expected["dry_run"] = json!(false);
    assert_eq!(done, expected);

    assert_eq!(operator.sees("u1"), before);
    assert_eq!(operator.sees("u2")["title"], Value::Null);
    assert_eq!(
        (&operator.sees("u3")["status"], &operator.sees("u4")["status"]),
        (&json!("disabled"), &json!("disabled"))
    );
    operator.does(&["users", "enable", "u3"]);
    assert_eq!(operator.signed_in(), ["u1", "u2"], "an old session came back");
}

#[test]
fn an_export_is_imported_again_without_changing_anybody() {
    let operator = Operator::new();
    let file = "userid,name,mobile,title,department\n\
                u1,=cmd|' /C calc'!A0,+86 138,'=1,\"a,b;\"\"c\"\"\"\n\
                -u2,@SUM(A1),-1,''=1,'n\n\
                u3,O'Neil,,',欧阳\n";
    operator.imports(file);
    let before = operator.everybody();
    let names: Vec<_> = before.as_array().unwrap().iter().map(|person| person["name"].clone()).collect();
    assert_eq!(names, ["@SUM(A1)", "=cmd|' /C calc'!A0", "O'Neil"]);
    assert_eq!(
        (operator.sees("u1")["title"].clone(), operator.sees("-u2")["title"].clone()),
        (json!("=1"), json!("'=1"))
    );

    let export = operator.does(&["users", "export"]);
    let mut reader = csv::Reader::from_reader(export.as_bytes());
    let header = "corp_id,userid,unionid,name,mobile,email,department,title,role,status,source,created_at,updated_at,\
                  last_signed_in_at";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    assert_eq!(operator.imports(&export)["unchanged"], 3);
    assert_eq!(operator.everybody(), before);

    let fresh = Operator::new();
    let mut import = fresh.command(&["users", "import", "-", "--json"]);
    let mut child = import.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(export.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(fresh.does(&["users", "export"]).lines().count(), 4);
    assert_eq!(fresh.sees("u1")["name"], "=cmd|' /C calc'!A0");
}

#[test]
fn an_exported_file_is_private_and_never_overwritten_by_mistake() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "张三"]);
    let file = operator.path("out.csv");
    let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;

    assert_eq!(operator.runs(&["users", "export", "out.csv", "--excel"]).code, 0);
    assert_eq!(mode(&file), 0o600);
    assert!(fs::read(&file).unwrap().starts_with(b"\xEF\xBB\xBFcorp_id,userid"));

    operator.fails(&["users", "export", "out.csv"], "is there already; add --force");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(operator.runs(&["users", "export", "out.csv", "--force"]).code, 0);
    assert_eq!(mode(&file), 0o600);
    assert!(fs::read_to_string(&file).unwrap().starts_with("corp_id,userid"));
    let left = fs::read_dir(operator.folder.path()).unwrap();
    assert!(left.map(|entry| entry.unwrap().path()).all(|path| path.extension().unwrap() != "part"));

    operator.fails(&["users", "export", "nowhere/out.csv"], "cannot be written");
    fs::create_dir(operator.path("folder.csv")).unwrap();
    operator.fails(&["users", "export", "folder.csv", "--force"], "no regular file");
}

#[test]
fn a_hostile_name_from_dingtalk_stays_on_its_line_and_in_its_cell() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    let hostile = "\t=HYPERLINK(1)\r\nu9,\u{1b}[2Jroot\u{9b}\u{202e}";
    runtime().block_on(async {
        let pools = operator.db().await;
        let mut tx = pools.write().await.unwrap();
        let person = users::NewUser {
            corp_id: CorpId::new("dinga").unwrap(),
            userid: DingUserId::new("u1").unwrap(),
            change: users::Change { name: Some(hostile.to_owned()), ..users::Change::default() },
        };
        users::save(&mut tx, &person, "dingtalk", 1).await.unwrap();
        tx.commit().await.unwrap();
        pools.close().await;
    });
    operator.db_signs_in("dinga", &["u1"]);

    for arguments in [
        &["users", "list"][..],
        &["users", "list", "--json"],
        &["sessions", "list"],
        &["sessions", "list", "--json"],
        &["users", "set", "u1", "--title", "T"],
        &["users", "disable", "u1"],
    ] {
        let out = operator.does(arguments);
        let steering = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!out.contains(steering), "{out:?}");
        if !arguments.contains(&"--json") && arguments.contains(&"list") {
            assert_eq!(out.lines().count(), 2, "{out}");
        }
    }
    assert_eq!(operator.names(), [hostile]);

    let export = operator.does(&["users", "export"]);
    assert!(!export.contains(['\u{1b}', '\r', '\u{9b}']) && export.contains("'=HYPERLINK"), "{export:?}");
    assert_eq!(operator.imports(&export)["changed"], 1);
    assert_eq!(operator.names(), ["=HYPERLINK(1)  u9, [2Jroot \u{202e}"]);
}

#[test]
fn people_are_listed_by_status_and_role_in_columns() {
    let operator = Operator::new();
    operator.imports("userid,name,role,status,title\nu1,欧阳娜娜,admin,,T1\nu2,Li,,disabled,T2\nu3,王,,,T3\n");
    let listed = |arguments: &[&str]| -> Vec<String> {
        let all = [&["users", "list", "--json"], arguments].concat();
        let people = operator.reads(&all);
        people.as_array().unwrap().iter().map(|person| person["userid"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&["--status", "disabled"]), ["u2"]);
    assert_eq!(listed(&["--role", "admin"]), ["u1"]);
    assert_eq!(listed(&["--role", "user", "--status", "active"]), ["u3"]);
    assert!(listed(&["--corp-id", "dingx"]).is_empty());
    let table = operator.does(&["users", "list"]);
    assert!(table.contains("u1      欧阳娜娜  admin") && table.contains("u3      王        user"), "{table}");
}

#[test]
fn sessions_are_listed_and_ended_by_number_by_person_and_all() {
    let operator = Operator::new();
    operator.imports("userid,name\nu1,A\nu2,B\nu3,C\n");
    let cookie = operator.db_signs_in("dinga", &["u1", "u2", "u2", "u3"]);
    let live = operator.does(&["sessions", "list", "--json"]);
    assert!(!live.contains(&cookie) && !operator.does(&["sessions", "list"]).contains(&cookie));
    let of_u1 = operator.reads(&["sessions", "list", "--user", "u1", "--json"]);
    assert_eq!((of_u1.as_array().unwrap().len(), &of_u1[0]["address"]), (1, &json!("192.0.2.1")));

    let number = of_u1[0]["id"].to_string();
    operator.does(&["sessions", "revoke", &number]);
    assert_eq!(operator.signed_in(), ["u2", "u2", "u3"]);
    operator.fails(&["sessions", "revoke", &number], "there is no session");

    assert!(operator.does(&["sessions", "revoke", "--user", "u2"]).contains("2 sessions ended"));
    assert_eq!(operator.signed_in(), ["u3"]);
    operator.fails(&["sessions", "revoke", "--user", "nobody"], "is not in the user table");

    operator.fails(&["sessions", "revoke", "--all"], "add --yes");
    assert_eq!(operator.signed_in(), ["u3"]);
    assert_eq!(operator.reads(&["sessions", "revoke", "--all", "--yes", "--json"]), json!({"sessions_ended": 1}));
    assert!(operator.signed_in().is_empty());
}

#[test]
fn an_import_waits_while_another_process_writes() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    fs::write(operator.path("staff.csv"), "userid,name\nu1,B\n").unwrap();
    runtime().block_on(async {
        let pools = operator.db().await;
        let tx = pools.write().await.unwrap();
        let import = operator.command(&["users", "import", "staff.csv"]);
        let import = tokio::task::spawn_blocking(|| Answer::of(import));
        // Another process cannot be seen waiting: it is only given the time to come so far.
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!import.is_finished(), "it did not wait");
        tx.commit().await.unwrap();
        assert_eq!(import.await.unwrap().code, 0);
        pools.close().await;
    });
    assert_eq!(operator.names(), ["B"]);
}

#[test]
fn a_list_does_not_wait_for_another_process_that_writes() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    runtime().block_on(async {
        let pools = operator.db().await;
        let tx = pools.write().await.unwrap();
        let list = operator.command(&["users", "list"]);
        let list = tokio::task::spawn_blocking(|| Answer::of(list));
        // A statement that waits does so for five seconds.
        let answer = tokio::time::timeout(Duration::from_secs(4), list).await;
        assert_eq!(answer.expect("an answer in time").unwrap().code, 0);
        drop(tx);
        pools.close().await;
    });
}

#[test]
fn settings_that_are_missing_or_wrong_are_named_in_one_line() {
    let operator = Operator::new();
    let settings = fs::read_to_string(operator.path("Rocket.toml")).unwrap();
    let with = |text: &str| fs::write(operator.path("Rocket.toml"), text).unwrap();
    with("");
    operator.fails(&["users", "list"], "no settings found");
    with(&settings.replace("[default.miandeng]", "[default.miandeng"));
    operator.fails(&["users", "list"], "check the syntax there");
    with(&settings.replace("test.db", "nowhere/test.db"));
    operator.fails(&["users", "list"], "cannot be opened for writing");
    with(&settings.replace("url = ", "url = 5 #"));
    operator.fails(&["sessions", "list"], "databases.miandeng.url: has the wrong type");

    with(&settings);
    let mut elsewhere = operator.command(&["users", "add", "u1", "--name", "A"]);
    elsewhere.env("ROCKET_DATABASES", "{miandeng={url=\"other.db\"}}");
    assert_eq!(Answer::of(elsewhere).code, 0);
    assert!(operator.path("other.db").exists() && operator.names().is_empty());
}
