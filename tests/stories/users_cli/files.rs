//! Importing and exporting files of people.

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};

use super::{Answer, Operator, runtime};
use crate::harness::on_postgres;

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
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
    assert!(said.contains("is already on line 6"), "{said}");

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
                u1,=cmd|' /C calc'!A0,+86 138,'=1,\"a,b;\"\"c\"\";=cmd|' /C calc'!A0;-1\"\n\
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
    for line in export.lines() {
        assert!(line.starts_with('"') && line.ends_with('"'), "{line}");
        for part in line.split([';', '\t']) {
            assert!(!part.starts_with(['=', '+', '-', '@', ' ']), "a spreadsheet that splits elsewhere runs {part}");
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
    assert!(fs::read(&file).unwrap().starts_with(b"\xEF\xBB\xBF\"corp_id\",\"userid\""));

    operator.fails(&["users", "export", "out.csv"], "already exists; add --force");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(operator.runs(&["users", "export", "out.csv", "--force"]).code, 0);
    assert_eq!(mode(&file), 0o600);
    assert!(fs::read_to_string(&file).unwrap().starts_with("\"corp_id\",\"userid\""));
    let left = fs::read_dir(operator.home.path()).unwrap();
    assert!(left.map(|entry| entry.unwrap().path()).all(|path| path.extension().unwrap() != "part"));

    operator.fails(&["users", "export", "nowhere/out.csv"], "cannot be written");
    fs::create_dir(operator.path("folder.csv")).unwrap();
    operator.fails(&["users", "export", "folder.csv", "--force"], "not a regular file");
    symlink("elsewhere.csv", operator.path("link.csv")).unwrap();
    operator.fails(&["users", "export", "link.csv"], "already exists; add --force");
    operator.fails(&["users", "export", "link.csv", "--force"], "not a regular file");
    assert!(!operator.path("elsewhere.csv").exists());
    assert_eq!(operator.runs(&["users", "export", "new.csv", "--force"]).code, 0);
}

#[test]
fn an_import_waits_while_another_process_writes() {
    if on_postgres("who waits is known by the files it has open") {
        return;
    }
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    fs::write(operator.path("staff.csv"), "userid,name\nu1,B\n").unwrap();
    runtime().block_on(async {
        let pools = operator.db().await;
        let tx = pools.write().await.unwrap();
        let mut import = operator.command(&["users", "import", "staff.csv"]).stdout(Stdio::null()).spawn().unwrap();
        // It has the file open, and has only to write.
        let open_files = PathBuf::from(format!("/proc/{}/fd", import.id()));
        let is_waiting = || {
            let links = fs::read_dir(&open_files).into_iter().flatten().flatten();
            links.filter_map(|link| fs::read_link(link.path()).ok()).any(|file| file.ends_with("test.db-shm"))
        };
        while !is_waiting() {
            assert!(import.try_wait().unwrap().is_none(), "it did not wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(import.try_wait().unwrap().is_none(), "it did not wait");
        tx.commit().await.unwrap();
        assert!(import.wait().unwrap().success());
        pools.close().await;
    });
    assert_eq!(operator.names(), ["B"]);
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_the_terminals_language() {
    let operator = Operator::new();
    let imports = |file: &[u8], more: &[&str]| {
        fs::write(operator.path("staff.csv"), file).unwrap();
        let mut command = operator.command(&[&["users", "import", "staff.csv"], more].concat());
        command.env("LANG", "zh_CN.UTF-8");
        Answer::of(command)
    };
    let rows = "员工UserID,姓名,角色\nu 1,张三,\nu2,,boss\n".as_bytes();
    let answer = imports(rows, &[]);
    let expected = "miandeng: \"staff.csv\" 有 3 处错误，没有导入任何内容\n  \
                    第 2 行，员工UserID \"u 1\"：含有空格、逗号或控制字符；请照钉钉管理后台的员工 UserID 填写\n  \
                    第 3 行，姓名 \"\"：为空；请填写姓名\n  \
                    第 3 行，角色 \"boss\"：请填写 user 或 admin\n";
    assert_eq!((answer.code, answer.err.as_str()), (1, expected));
    let json = imports(rows, &["--json"]).out;
    assert!(json.contains("\"column\": \"name\"") && json.contains("is empty; write the person's name"), "{json}");
    let answer = imports(b"userid\n", &[]);
    assert_eq!(
        answer.err,
        "miandeng: 无法导入 \"staff.csv\"：第一行缺少 \"name\" 列；userid（员工UserID）和 name（姓名）必须有\n"
    );
    let mut add = operator.command(&["users", "add", "u1", "--name", "张三", "--email", "x"]);
    add.env("LANG", "zh_CN.UTF-8");
    let answer = Answer::of(add);
    assert!(answer.code == 2 && answer.err.contains("不是邮箱地址；请填写邮箱"), "{answer:?}");
}
