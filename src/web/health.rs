//! Is the server alive, and can it do its work?

use rocket::{Route, State, get, http::Status, routes, serde::json::Json};
use serde::Serialize;

use crate::{db::Db, dingtalk::Dingtalk};

/// The routes for the operator's monitoring.
pub fn routes() -> Vec<Route> {
    routes![healthz, readyz]
}

/// What is not usable, part by part.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

/// Alive: the process answers.
#[get("/healthz")]
fn healthz() -> &'static str {
    "ok\n"
}

/// Usable: the database answers, and every app has an access token or can get one.
#[get("/readyz")]
async fn readyz(db: &State<Db>, dingtalk: &State<Dingtalk>) -> (Status, Json<Readiness>) {
    let mut reasons = Vec::new();
    if let Err(error) = database_answers(db).await {
        reasons.push(format!("database: {error}"));
    }
    for app in dingtalk.apps() {
        if let Err(error) = app.check_access_token().await {
            reasons.push(format!("app {}: {error}", app.config.name));
        }
    }
    let status = if reasons.is_empty() { Status::Ok } else { Status::ServiceUnavailable };
    (status, Json(Readiness { ready: reasons.is_empty(), reasons }))
}

async fn database_answers(db: &Db) -> sqlx::Result<()> {
    sqlx::query("SELECT id FROM users LIMIT 1").fetch_optional(&mut *db.read().await?).await.map(drop)
}
