use super::*;
use crate::{
    i18n::{BadHeader, Reader},
    users::{Role, Status},
};

fn corps(ids: &[&str]) -> Vec<CorpId> {
    ids.iter().map(|id| CorpId::new(*id).unwrap()).collect()
}

fn read_one(text: &str) -> Result<Sheet, ReadError> {
    read(text.as_bytes(), &corps(&["dinga"]), Options::default())
}

#[track_caller]
fn people(text: &str) -> Vec<NewUser> {
    read_one(text).expect(text).people
}

#[track_caller]
fn header_error(text: &str) -> String {
    match read_one(text) {
        Err(ReadError::File(error @ BadFile::Header { .. })) => error.text(Locale::En, Reader::Terminal),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn problem(read: Result<Sheet, ReadError>) -> BadHeader {
    match read {
        Err(ReadError::File(BadFile::Header { problem, .. })) => problem,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn bad(text: &str) -> Vec<String> {
    match read_one(text) {
        Err(ReadError::Rows(rows)) => rows.iter().map(|row| row.text(Locale::En)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_come_in_any_order_and_case_and_the_servers_own_are_not_read() {
    let text = " Name ,created_at,USERID,Title,source,,\n张三,yesterday, u1 ,,boss,,\n";
    let change = Change { name: Some("张三".to_owned()), title: Some(String::new()), ..Change::default() };
    let expected = NewUser { corp_id: CorpId::new("dinga").unwrap(), userid: DingUserId::new("u1").unwrap(), change };
    assert_eq!(people(text), [expected]);
}

#[test]
fn all_ways_to_end_a_line_read_the_same() {
    let lf = "userid,name\nu1,A\n\nu2,B";
    assert_eq!(people(lf).len(), 2);
    for end in ["\r\n", "\r"] {
        assert_eq!(people(&lf.replace('\n', end)), people(lf), "{end:?}");
    }
    assert!(people("userid,name\n").is_empty());
    assert!(people("userid,name\n,\n , \n").is_empty());
}

#[test]
fn a_first_line_that_names_no_usable_columns_says_what_to_write() {
    assert!(header_error("").contains("is missing"));
    assert!(header_error("userid,title").contains("names no column \"name\""));
    assert!(header_error("name").contains("names no column \"userid\""));
    assert!(header_error("userid,name,Name").contains("\"name\" twice"));
    assert!(header_error("userid,name,emial").contains("\"emial\"; did you mean \"email\"?"));
    assert!(header_error("userid,name,工号").contains("\"工号\"; known are corp_id, userid, unionid"));
    assert!(header_error("userid;name").contains("put commas between"));
    let two = read(b"userid,name\nu1,A", &corps(&["dinga", "dingb"]), Options::default());
    assert_eq!(problem(two), BadHeader::LacksCorp(vec!["dinga".to_owned(), "dingb".to_owned()]));
}

#[test]
fn every_bad_row_is_named_with_its_line_column_and_value() {
    let text = "userid,name,role,status,email,corp_id\n\
                u 1,,boss,gone,li,dingx\n\
                u2,B,ADMIN,Disabled,b@x.cn,\n";
    assert_eq!(
        bad(text),
        [
            "line 2, userid \"u 1\": holds a space, a comma or a control character; write the userid as DingTalk's console shows it",
            "line 2, name \"\": is empty; write the person's name",
            "line 2, role \"boss\": write \"user\" or \"admin\"",
            "line 2, status \"gone\": write \"active\" or \"disabled\"",
            "line 2, email \"li\": is not a mail address; write one such as \"li@example.com\", or nothing",
            "line 2, corp_id \"dingx\": no such organisation is configured; write dinga",
        ]
    );
}

#[test]
fn a_line_is_the_files_own_whatever_quoted_line_breaks_and_blank_lines_came_before() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "userid,name,source\n\n\nu1,A,\"one\ntwo\n\"\nu2,,\n\nu3,\"C\nc\",\nu4,,\n".replace('\n', end);
        let lines: Vec<_> = bad(&text).into_iter().map(|row| row[..6].to_owned()).collect();
        assert_eq!(lines, ["line 7", "line 9", "line 1"], "{end:?}");
        assert!(bad(&text)[2].starts_with("line 11, name"), "{end:?}");
    }
}

#[test]
fn the_same_person_twice_is_named_with_the_first_line() {
    let rows = bad("userid,name\nu1,A\nU1,B\n'u1,C\n u1 ,D\nu1,E\n");
    assert_eq!(
        rows,
        [
            "line 5, userid \"u1\": is already on line 2; keep one of the two",
            "line 6, userid \"u1\": is already on line 2; keep one of the two",
        ]
    );
    let text = "userid,name,corp_id\nu1,A,dinga\nu1,B,dingb\n";
    let two = read(text.as_bytes(), &corps(&["dinga", "dingb"]), Options::default()).unwrap();
    assert_eq!(two.people.len(), 2);
}

#[test]
fn a_row_whose_cells_are_not_certain_is_refused() {
    let only = |text: &str, expected: &str| {
        let rows = bad(text);
        assert!(rows.len() == 1 && rows[0].starts_with(expected), "{rows:?}");
    };
    only("userid,name,title\nu1,A\n", "line 2: has 2 of 3 cells");
    only("userid,name\nu1,A,B\n", "line 2: has 3 cells");
    only("userid,name\nu1,A\nu2,\"B\n", "line 3: a quotation mark is left open");
    only("userid,name\n\"\n", "line 2: a quotation mark is left open");
    only("userid,name,\nu1,A,x\n", "line 2 \"x\": is in a column without a name");
    assert_eq!(people("userid,name\nu1,\"A \"\"B\"\", C\",,\n").len(), 1);
}

#[test]
fn what_would_steer_a_terminal_is_escaped_in_an_error() {
    let rows = bad("userid,name\nu1,\"A\u{1b}[2J\nline 9: x\"\n");
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains(['\u{1b}', '\n']), "{rows:?}");
}

#[test]
fn the_names_of_dingtalks_export_are_known_and_titles_above_them_left_out() {
    let text = "填写须知：红色列必填\n员工UserID,姓名,手机号,邮箱,部门,职位,角色,状态\n\
                u1,张三,138,,研发部,主管,管理员,停用\nU2,李四,,,,,普通成员,\n";
    let people = people(text);
    let told: Vec<_> = people.iter().map(|p| (p.userid.as_str(), p.change.role, p.change.status)).collect();
    let expected = [("u1", Some(Role::Admin), Some(Status::Disabled)), ("U2", Some(Role::User), None)];
    assert_eq!(told, expected);
    assert_eq!(people[0].change.mobile.as_deref(), Some("138"));
    assert_eq!(bad("标题\nUserID,姓名\nu1,\n"), ["line 3, 姓名 \"\": is empty; write the person's name"]);
    assert!(header_error("标题\nUserID,职位\n").starts_with("line 2 names no column \"name\""));
    assert!(header_error("标题\n姓名,职位\n").starts_with("the first line names an unknown column \"标题\""));
}

#[test]
fn a_file_of_nothing_but_commas_is_refused_before_it_fills_the_memory() {
    let line = ",".repeat(5_000_001);
    for text in [format!("userid,name\n{line}"), format!("userid,name\n{}", ",,,\n".repeat(1_250_000))] {
        assert_eq!(read_one(&text), Err(ReadError::File(BadFile::TooManyCells(5_000_000))));
    }
}

#[test]
fn unknown_columns_are_all_named_and_left_out_where_that_is_asked_for() {
    let text = "userid,工号,name,,备注\nu1,7,A,,x\n";
    assert!(
        header_error(text).starts_with("the first line names unknown columns \"工号\", \"备注\"; known are corp_id")
    );
    assert!(header_error(text).ends_with("--ignore-unknown leaves them out"));
    let options = Options { ignore_unknown: true, sheet: None };
    let sheet = read(text.as_bytes(), &corps(&["dinga"]), options).unwrap();
    assert_eq!((sheet.people.len(), sheet.ignored), (1, vec!["工号".to_owned(), "备注".to_owned()]));
    assert_eq!(sheet.people[0].change.title, None, "it is not taken for another column");
    let twice = read(b"userid,UserID,name,x\n", &corps(&["dinga"]), options);
    assert_eq!(problem(twice), BadHeader::Twice("userid"));
}

#[test]
fn what_is_wrong_is_said_in_the_readers_language_with_the_files_own_names_of_columns() {
    let Err(ReadError::Rows(rows)) = read_one("userid,姓名,role\nu1,,boss\nu1\n") else { panic!("good rows") };
    let said: Vec<_> = rows.iter().map(|row| row.text(Locale::ZhCn)).collect();
    let expected = [
        "第 2 行，姓名 \"\"：为空；请填写姓名",
        "第 2 行，role \"boss\"：请填写 user 或 admin",
        "第 3 行：只有 1 格，应有 3 格；请补上缺少的逗号（在 Excel 中，可让最后一列都有内容）",
    ];
    assert_eq!(said, expected);
    let Err(ReadError::File(file)) = read_one("userid,name,工号\n") else { panic!("a good file") };
    let [page, terminal] = [Reader::Page, Reader::Terminal].map(|reader| file.text(Locale::ZhCn, reader));
    assert!(page.starts_with("第一行有不认识的列：\"工号\"；") && page.ends_with("可勾选“忽略不认识的列”"), "{page}");
    assert!(terminal.ends_with("可用 --ignore-unknown 忽略"), "{terminal}");
}
