//! Is the server alive, and can it do its work?

use std::{convert::Infallible, time::Duration};

use rocket::{
    Request, Route, State,
    futures::future::{join, join_all},
    get,
    http::Status,
    request::{FromRequest, Outcome},
    routes,
    serde::json::Json,
    tokio::time::timeout,
};
use serde::Serialize;

use crate::{db::Db, dingtalk::Dingtalk, web::request_context::RequestContext};

/// Monitoring gives up soon after.
const PATIENCE: Duration = Duration::from_secs(5);
/// For an answer from a database that is well, once the time of monitoring is nearly over.
const A_MOMENT: Duration = Duration::from_millis(500);

pub fn routes() -> Vec<Route> {
    routes![healthz, readyz]
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

/// What our own watchdog calls itself. It asks again and again, so its requests are routine.
pub const WATCHDOG: &str = concat!("miandeng-watchdog/", env!("CARGO_PKG_VERSION"));

#[get("/healthz")]
fn healthz(_routine: Routine) -> &'static str {
    "ok\n"
}

/// Notes for the log whether the watchdog asks.
struct Routine;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Routine {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        if request.headers().get_one("User-Agent") == Some(WATCHDOG) {
            RequestContext::of(request).note(|notes| notes.is_routine = true);
        }
        Outcome::Success(Self)
    }
}

/// The database can be written, and every app can get an access token. DingTalk's words are in the log alone: anyone
/// may ask.
#[get("/readyz")]
async fn readyz(db: &State<Db>, dingtalk: &Dingtalk) -> (Status, Json<Readiness>) {
    let database = async {
        match timeout(PATIENCE, db.check_write()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("database: {error}")),
            Err(_) => Some(format!("database: {}", why_late(db).await)),
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

/// Why nothing could be written in time. Whoever holds the lock leaves the tables readable.
async fn why_late(db: &Db) -> &'static str {
    match timeout(A_MOMENT, db.check_read()).await {
        Ok(Ok(())) => "locked by another process",
        Ok(Err(_)) | Err(_) => "no answer in time",
    }
}
