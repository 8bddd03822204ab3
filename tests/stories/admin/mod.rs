//! The pages for administrators.

mod access;
mod import;
mod people;
mod person;
mod refused;
mod reports;
mod sync;
mod trail;

use miandeng::users::{Change, Role};
use serde_json::Value;

use crate::harness::{Answer, App, CORP, Phone};

/// A deployment whose 张三 is an administrator, and 李四 is not.
pub async fn deployment() -> App {
    with(|_| {}).await
}

/// The same with other settings.
pub async fn with(change: impl FnOnce(&mut Value)) -> App {
    let app = App::with(change).await;
    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    app.db_add("lisi", "李四").await;
    app
}

/// Somebody's phone, signed in.
pub async fn signed_in(app: &App, userid: &str) -> Phone {
    let mut phone = app.phone(userid);
    phone.is_signed_in().await;
    phone
}

/// The administrator's.
pub async fn admin(app: &App) -> Phone {
    signed_in(app, "zhangsan").await
}

/// The token in the forms of a page.
pub fn token(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("no form: {}", page.body));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Posts a form with this session's token, as its page does.
pub async fn posts(phone: &mut Phone, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = token(&phone.gets("/admin/people/add").await);
    phone.posts(path, &[&[("token", token.as_str())], fields].concat()).await
}

/// The address of a person's page.
pub fn person(userid: &str) -> String {
    format!("/admin/people/{CORP}/{userid}")
}

/// The trail's last row: event, actor, whom it concerns.
pub async fn last_act(app: &App) -> (String, String, String) {
    let mut reader = app.pools.read().await.expect("a connection");
    let sql = "SELECT event, actor, userid FROM audit ORDER BY id DESC LIMIT 1";
    miandeng::db::query_as(sql).fetch_one(&mut reader).await.expect("a row")
}
