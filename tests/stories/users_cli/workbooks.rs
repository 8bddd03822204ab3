//! Administrators' files: workbooks, and the column names of DingTalk's export.

use std::{fs, os::unix::fs::PermissionsExt};

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::json;

use super::Operator;

/// The first sheet is empty, the second has these rows.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet();
    let sheet = workbook.add_worksheet().set_name("员工").unwrap();
    for (line, row) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*row) {
            match (text.strip_prefix('='), text.parse::<f64>()) {
                (Some("NA()"), _) => sheet.write_formula(line, column, Formula::new("NA()").set_result("#N/A")),
                (_, Ok(number)) => sheet.write_number(line, column, number),
                _ => sheet.write_string(line, column, *text),
            }
            .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_with_dingtalks_own_columns_is_taken_whatever_its_name() {
    for name in ["staff.xlsx", "staff.csv", "-"] {
        let operator = Operator::new();
        let file = workbook(&[
            &["员工UserID", "姓名", "手机号", "邮箱", "部门", "职位", "角色"],
            &["manager01", "张三", "13800138000", "", "研发部/后端组", "主管", "管理员"],
            &["4711", "李四", "", "li@example.com", "", "", "普通成员"],
        ]);
        fs::write(operator.path("staff"), &file).unwrap();
        let mut command = operator.command(&["users", "import", name, "--json"]);
        match name {
            "-" => drop(command.stdin(fs::File::open(operator.path("staff")).unwrap())),
            _ => fs::rename(operator.path("staff"), operator.path(name)).unwrap(),
        }
        let output = crate::harness::ends(command);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&answer["added"], &answer["sheet"], &answer["encoding"]),
            (&json!(2), &json!("员工"), &json!(null))
        );
        let first = operator.sees("manager01");
        assert_eq!(
            (&first["mobile"], &first["role"], &first["source"], &first["department"]),
            (&json!("13800138000"), &json!("admin"), &json!("csv"), &json!("研发部/后端组"))
        );
        assert_eq!(operator.sees("4711")["role"], "user");
    }
}

#[test]
fn a_workbook_is_taken_whole_or_not_at_all_and_bad_cells_are_named() {
    let operator = Operator::new();
    let file = workbook(&[
        &["userid", "name", "mobile"],
        &["u1", "A", ""],
        &["u2", "=NA()", "1e16"],
        &["u 3", "C", ""],
        &["u1", "D", ""],
    ]);
    let said = operator.is_refused(&file);
    for line in [
        "line 3, name \"#N/A\": cell B3 holds an error",
        "line 3, mobile \"1E16\": cell C3 holds a number that a spreadsheet has rounded",
        "line 4, userid \"u 3\"",
        "line 5, userid \"u1\": is already on line 2",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[test]
fn a_file_that_is_no_workbook_after_all_is_refused_with_what_to_do() {
    let operator = Operator::new();
    let cut = workbook(&[&["userid", "name"]]);
    for (file, says) in [
        (&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old one"[..], "is an old workbook (.xls); in Excel choose"),
        (&cut[..cut.len() - 40], "is a workbook that cannot be read"),
        (&workbook(&[]), "holds nothing on any sheet"),
        (&workbook(&[&["userid", "工资"]]), "sheet \"员工\": the first line names an unknown column \"工资\""),
    ] {
        let said = operator.is_refused(file);
        assert!(said.contains(says) && said.lines().count() == 1, "{said}");
    }
    // The content counts, not the name.
    fs::write(operator.path("staff.xlsx"), "userid,name\nu1,A\n").unwrap();
    assert_eq!(operator.reads(&["users", "import", "staff.xlsx", "--json"])["encoding"], "UTF-8");
}

#[test]
fn unknown_columns_are_named_and_left_out_only_where_that_is_said() {
    let operator = Operator::new();
    let file = "员工UserID,姓名,工号,入职时间\nu1,张三,7,2024-03-01\n";
    let said = operator.is_refused(file);
    assert!(said.contains("unknown columns \"工号\", \"入职时间\"") && said.contains("--ignore-unknown"), "{said}");
    fs::write(operator.path("staff.xlsx"), workbook(&[&["UserID", "姓名", "工号"], &["u1", "张三", "7"]])).unwrap();
    let done = operator.does(&["users", "import", "staff.xlsx", "--ignore-unknown"]);
    assert_eq!(
        done,
        "1 row read from sheet \"员工\": 1 added, 0 changed, 0 unchanged; 0 disabled, 0 sessions ended; left out: 工号\n"
    );
    fs::write(operator.path("staff.csv"), file).unwrap();
    let done = operator.reads(&["users", "import", "staff.csv", "--ignore-unknown", "--json"]);
    assert_eq!((&done["unchanged"], &done["ignored"]), (&json!(1), &json!(["工号", "入职时间"])));
}

#[test]
fn a_template_is_written_once_for_its_reader_and_can_be_imported() {
    let operator = Operator::new();
    for (name, lang, first) in
        [("a.csv", "zh_CN.UTF-8", "员工UserID,姓名"), ("b.csv", "C", "userid,name"), ("c.xlsx", "zh", "")]
    {
        let write = |more: &[&str]| {
            let mut command = operator.command(&[&["users", "import", "--template", name], more].concat());
            super::Answer::of({
                command.env("LANG", lang);
                command
            })
        };
        let has_database = operator.path("test.db").exists();
        assert_eq!(write(&[]).code, 0);
        assert_eq!(operator.path("test.db").exists(), has_database, "none is made for it");
        assert_eq!(fs::metadata(operator.path(name)).unwrap().permissions().mode() & 0o777, 0o600);
        let again = write(&[]);
        let says = if lang == "C" { "already exists; add --force" } else { "已存在；要覆盖请加 --force" };
        assert!(again.code == 1 && again.err.contains(says), "{again:?}");
        assert_eq!(write(&["--force"]).code, 0);
        let file = fs::read(operator.path(name)).unwrap();
        assert!(first.is_empty() || String::from_utf8_lossy(&file).starts_with(&format!("\u{feff}{first}")));
        assert_eq!(operator.reads(&["users", "import", name, "--json"])["rows"], 0);
    }
    operator.fails(&["users", "import", "--template", "a.xls"], "its name must end in .xlsx or .csv");
    for wrong in [&["a.csv", "--template", "x.csv"][..], &["--template", "x.csv", "--dry-run"], &[]] {
        assert_eq!(operator.runs(&[&["users", "import"], wrong].concat()).code, 2);
    }
}
