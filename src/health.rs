//! Is the server alive, and can it do its work?

use std::time::Duration;

use rocket::{
    Route, State,
    futures::future::{join, join_all},
    get,
    http::Status,
    routes,
    serde::json::Json,
    tokio::time::timeout,
};
use serde::Serialize;

use crate::{db::Db, dingtalk::Dingtalk, web::request_context::RequestContext};

/// Monitoring gives up soon after.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn routes() -> Vec<Route> {
    routes![healthz, readyz]
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

/// Asked again and again, by the watchdog too.
#[get("/healthz")]
fn healthz(log: &RequestContext) -> &'static str {
    log.note(|notes| notes.is_routine = true);
    "ok\n"
}

/// The database can be written, and every app can get an access token. DingTalk's words are in the log alone: anyone
/// may ask.
#[get("/readyz")]
async fn readyz(db: &State<Db>, dingtalk: &Dingtalk) -> (Status, Json<Readiness>) {
    let database = async {
        match timeout(PATIENCE, db.check_write()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("database: {error}")),
            Err(_) => Some("database: locked by another process".to_owned()),
        }
    };
    let apps = dingtalk.apps().iter().map(|app| async move {
        let name = &app.config.name;
        match timeout(PATIENCE, app.check_access_token()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(match error.refusal() {
                Some(refusal) => format!("app {name}: DingTalk answers {}", refusal.code),
                None => format!("app {name}: no usable answer from DingTalk"),
            }),
            Err(_) => Some(format!("app {name}: no answer from DingTalk in time")),
        }
    });
    let (database, apps) = join(database, join_all(apps)).await;
    let reasons: Vec<String> = apps.into_iter().chain([database]).flatten().collect();
    let status = if reasons.is_empty() { Status::Ok } else { Status::ServiceUnavailable };
    (status, Json(Readiness { ready: reasons.is_empty(), reasons }))
}
