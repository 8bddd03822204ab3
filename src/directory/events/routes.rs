//! `/dingtalk/events/<app>`, where DingTalk posts events.

use rocket::{Data, Route, State, data::ToByteUnit, http::uri::Origin, post, routes, serde::json::Json};

use super::{Directory, refusal::EventRefusal};
use crate::{
    dingtalk::events::{EventError, MAX_BODY, Push, Reply},
    troubles::Troubles,
    web::{csrf::SameOrigin, params::Params, problem::Problem, request_context::RequestContext},
};

pub fn routes() -> Vec<Route> {
    routes![receive]
}

/// Nothing that is not signed and encrypted with the app's secrets gets past [`Directory::receive`].
#[post("/dingtalk/events/<app>", data = "<body>")]
async fn receive(
    _no_page: SameOrigin,
    app: &str,
    uri: &Origin<'_>,
    body: Data<'_>,
    directory: &Directory,
    troubles: &State<Troubles>,
    context: &RequestContext,
) -> Result<Json<Reply>, Problem> {
    let query = Params::of_query(uri);
    let signature = if query.has("msg_signature") { "msg_signature" } else { "signature" };
    let body = bounded(body).await?;
    let push = Push {
        signature: query.required(signature)?,
        timestamp: query.required("timestamp")?,
        nonce: query.required("nonce")?,
        body: &body,
    };
    let reply = directory.receive(app, push).await;
    // Strangers write nothing.
    if let Err(refusal) = &reply
        && refusal.is_signed()
        && let Some(trouble) = refusal.trouble()
    {
        troubles.note(&directory.pools, app, trouble, None).await;
    }
    let reply = reply?;
    context.note(|notes| notes.app = Some(app.to_owned()));
    Ok(Json(reply))
}

async fn bounded(body: Data<'_>) -> Result<Vec<u8>, EventRefusal> {
    let bytes = body.open(MAX_BODY.bytes()).into_bytes().await;
    let bytes = bytes.map_err(|_| EventRefusal::Event(EventError::NotEncrypted))?;
    if bytes.is_complete() { Ok(bytes.into_inner()) } else { Err(EventError::TooLong.into()) }
}
