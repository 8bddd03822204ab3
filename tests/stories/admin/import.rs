//! Importing a file: shown first, and then done exactly as it was shown.

use miandeng::users::{Change, Status};
use reqwest::Method;

use super::{admin, deployment, posts, signed_in, token};
use crate::harness::{Answer, CORP, PUBLIC_URL, Phone};

const IMPORT: &str = "/admin/people/import";

/// The parts of a form, as a browser sends them.
fn parts(fields: &[(&str, Option<&str>, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, value) in fields {
        let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: text/csv")).unwrap_or_default();
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(b"--edge--\r\n");
    body
}

async fn sends_parts(phone: &mut Phone, body: Vec<u8>) -> Answer {
    let request = phone.request(Method::POST, IMPORT).header("Origin", PUBLIC_URL).header("Accept", "text/html");
    let request = request.header("Content-Type", "multipart/form-data; boundary=edge").body(body);
    phone.sends(request).await
}

/// Chooses a file and sends it.
async fn sends(phone: &mut Phone, csv: &str) -> Answer {
    let token = token(&phone.gets(IMPORT).await);
    sends_parts(phone, parts(&[("token", None, &token), ("file", Some("people.csv"), csv)])).await
}

fn hidden(page: &Answer, name: &str) -> String {
    let (_, rest) =
        page.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{}", page.body));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Sends the form of a preview.
async fn applies(phone: &mut Phone, preview: &Answer) -> Answer {
    let (upload, plan) = (hidden(preview, "upload"), hidden(preview, "plan"));
    posts(phone, "/admin/people/import-apply", &[("upload", &upload), ("plan", &plan)]).await
}

async fn shown(phone: &mut Phone, csv: &str) -> Answer {
    let sent = sends(phone, csv).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = phone.gets(sent.header("location")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

const FILE: &str = "userid,name,title,status\nwangwu,王五,工程师,\nlisi,李四四,,disabled\nzhangsan,张三,,\n";

#[tokio::test]
async fn a_file_is_shown_and_then_imported_as_it_was_shown() {
    let app = deployment().await;
    let (mut phone, mut theirs) = (admin(&app).await, signed_in(&app, "lisi").await);
    let rows = app.db_rows().await;
    let preview = shown(&mut phone, FILE).await;
    for words in ["people.csv", "职位：工程师", "姓名：李四 → 李四四", "状态：启用 → 停用", "立即退出所有登录"]
    {
        assert!(preview.body.contains(words), "no {words} in {}", preview.body);
    }
    assert_eq!(app.db_rows().await, rows, "shown, not done");
    let done = applies(&mut phone, &preview).await;
    assert_eq!(done.header("location"), "/admin/people?done=imported", "{}", done.body);
    assert_eq!(app.db_user("wangwu").await.unwrap().source, "csv");
    assert_eq!(theirs.gets("/home").await.status, 303);
    let row =
        "SELECT COUNT(*) FROM audit WHERE event IN ('imported', 'user-added', 'user-disabled') AND actor = 'zhangsan'";
    assert_eq!(app.db_count(row).await, 3);
    let trail = phone.gets("/admin/audit?event=imported").await;
    assert!(trail.body.contains("<span class=\"faint\">停用</span> 1"), "{}", trail.body);
    let again = applies(&mut phone, &preview).await;
    let again = phone.gets(again.header("location")).await;
    assert!(again.body.contains("这个文件已过期"), "{}", again.body);
}

#[tokio::test]
async fn a_table_that_changed_since_is_shown_again_before_anything_is_written() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let preview = shown(&mut phone, FILE).await;
    app.db_change("lisi", Change { name: Some("李四四".into()), ..Change::default() }).await;
    let rows = app.db_rows().await;
    let stale = applies(&mut phone, &preview).await;
    let stale = phone.gets(stale.header("location")).await;
    assert!(stale.body.contains("用户表有了变化") && !stale.body.contains("李四 →"), "{}", stale.body);
    assert_eq!(app.db_rows().await, rows);
    assert_eq!(applies(&mut phone, &stale).await.header("location"), "/admin/people?done=imported");
    assert_eq!(app.db_user("lisi").await.unwrap().status, Status::Disabled);
}

#[tokio::test]
async fn a_file_is_its_sessions_alone_and_for_ten_minutes() {
    let app = deployment().await;
    let (mut phone, mut elsewhere) = (admin(&app).await, admin(&app).await);
    let preview = shown(&mut phone, FILE).await;
    let other = applies(&mut elsewhere, &preview).await;
    assert!(elsewhere.gets(other.header("location")).await.body.contains("这个文件已过期"));
    app.clock.advance(600);
    let late = applies(&mut phone, &preview).await;
    assert!(phone.gets(late.header("location")).await.body.contains("这个文件已过期"));
    assert!(app.db_user("wangwu").await.is_none());
}

#[tokio::test]
async fn every_wrong_row_is_named_with_its_line() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let rows = app.db_rows().await;
    let wrong = sends(&mut phone, "userid,name,email\nwangwu,,x\n<script>,a b,\nu 1,<b>,\n").await;
    assert_eq!(wrong.status, 422);
    for words in ["3 处有误", ">2</th>", ">4</th>", "u 1", "email", "请填写姓名", "含有空格、逗号"] {
        assert!(wrong.body.contains(words), "no {words} in {}", wrong.body);
    }
    assert!(!wrong.body.contains("<script"), "{}", wrong.body);
    for file in ["", "x", "userid\n", "userid,name,salary\nwangwu,王五,1\n", "PK\u{3}\u{4}nothing"] {
        let wrong = sends(&mut phone, file).await;
        assert_eq!(wrong.status, 422, "{file:?}: {}", wrong.body);
        let says = if file.is_empty() { "请选择文件" } else { "无法导入这个文件：" };
        assert!(wrong.body.contains("notice bad") && wrong.body.contains(says), "{file:?}: {}", wrong.body);
    }
    let other = sends(&mut phone, "corp_id,userid,name\ndingother,wangwu,王五\n").await;
    assert_eq!(other.status, 422);
    assert!(other.body.contains("corp_id") && other.body.contains(CORP), "{}", other.body);
    assert_eq!(app.db_rows().await, rows);
}

#[tokio::test]
async fn the_last_administrator_is_not_imported_away() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let preview = shown(&mut phone, "userid,name,role\nzhangsan,张三,user\n").await;
    assert!(preview.body.contains("最后一位管理员") && preview.body.contains("您自己"), "{}", preview.body);
    assert!(!preview.body.contains("name=\"plan\""), "{}", preview.body);
}

#[tokio::test]
async fn a_form_that_is_none_of_ours_or_too_large_brings_no_file() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let mut elsewhere = admin(&app).await;
    let good = token(&phone.gets(IMPORT).await);
    let other = token(&elsewhere.gets(IMPORT).await);
    let file = ("file", Some("people.csv"), FILE);
    for fields in [
        vec![file],
        vec![("token", None, "x"), file],
        vec![("token", None, &other), file],
        vec![file, ("token", None, &good)],
        vec![],
    ] {
        assert_eq!(sends_parts(&mut phone, parts(&fields)).await.status, 403, "{fields:?}");
    }
    let rows = app.db_rows().await;
    let whole = parts(&[("token", None, &good), file]);
    let half = sends_parts(&mut phone, whole[..whole.len() / 2].to_vec()).await;
    assert_eq!(half.status, 400, "{}", half.body);
    let nothing = sends_parts(&mut phone, parts(&[("token", None, &good)])).await;
    assert_eq!(nothing.status, 422);
    let large = "x".repeat(32 * 1024 * 1024 + 1);
    let large = sends_parts(&mut phone, parts(&[("token", None, &good), ("file", Some("a.csv"), &large)])).await;
    assert_eq!(large.status, 422, "{}", large.body);
    assert!(large.body.contains("超过 32 MB"), "{}", large.body);
    assert_eq!(app.db_rows().await, rows);
    let urlencoded = phone.posts(IMPORT, &[("token", &good)]).await;
    assert_eq!(urlencoded.status, 400);
}

#[tokio::test]
async fn the_files_to_fill_in_hold_names_of_columns_and_no_formula() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let csv = phone.gets("/admin/people/template.csv").await;
    assert_eq!(csv.body, "\u{feff}员工UserID,姓名,手机号,邮箱,部门,职位,角色\r\n");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"people.csv\"");
    let workbook = phone.gets("/admin/people/template.xlsx").await;
    assert!(workbook.body.starts_with("PK") && workbook.header("content-type").contains("spreadsheetml"));
    let filled = format!("{}\r\n=1+1,王五,,,,,\r\n", csv.body.trim_end());
    let preview = shown(&mut phone, &filled).await;
    assert!(preview.body.contains("<code>=1+1</code>"), "a userid is what it is: {}", preview.body);
}
