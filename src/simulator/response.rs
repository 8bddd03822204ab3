//! What an endpoint answers, and the shapes in which the platform refuses.

use rocket::{
    Request,
    http::{ContentType, Header, Status},
    response::{Responder, Response, Result},
};
use serde_json::{Value, json};

use super::random;

#[derive(Debug)]
pub enum PlatformResponse {
    /// JSON with a status; the old host says 200 to everything.
    Json(Status, Value),
    Html(Status, String),
    /// A page of ours that others may frame.
    Framed(String),
    Script(String),
    Redirect(String),
    Empty(Status),
}

impl PlatformResponse {
    pub fn json(value: Value) -> Self {
        Self::Json(Status::Ok, value)
    }

    /// The old host's success: `errcode` 0 in front of the given fields.
    pub fn ok(mut fields: Value) -> Self {
        if let Some(object) = fields.as_object_mut() {
            object.insert("errcode".into(), json!(0));
            object.insert("errmsg".into(), json!("ok"));
        }
        Self::json(fields)
    }

    pub fn refuse(errcode: i64, errmsg: &str) -> Self {
        Self::json(json!({ "errcode": errcode, "errmsg": errmsg }))
    }

    /// A refusal by the gateway in front of the old host: 88 around the code that matters.
    pub fn gateway(sub_code: &str, sub_msg: &str) -> Self {
        Self::json(json!({
            "errcode": 88,
            "sub_code": sub_code,
            "sub_msg": sub_msg,
            "errmsg": format!("ding talk error[subcode={sub_code},submsg={sub_msg}]"),
            "request_id": random::letters(12),
        }))
    }

    pub fn new_api(status: Status, code: &str, message: &str) -> Self {
        Self::Json(status, json!({ "requestid": random::letters(24), "code": code, "message": message }))
    }
}

impl<'r> Responder<'r, 'static> for PlatformResponse {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        match self {
            Self::Json(status, value) => (status, (ContentType::JSON, value.to_string())).respond_to(request),
            Self::Html(status, page) => {
                let mut response = (status, (ContentType::HTML, page)).respond_to(request)?;
                // Our own pages need neither scripts nor frames.
                let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'";
                response.set_header(Header::new("Content-Security-Policy", policy));
                Ok(response)
            }
            Self::Framed(page) => {
                let mut response = (ContentType::HTML, page).respond_to(request)?;
                let policy = "default-src 'none'; style-src 'self'; script-src 'self'";
                response.set_header(Header::new("Content-Security-Policy", policy));
                Ok(response)
            }
            // Without a charset the hosting page's own would be taken, and the Chinese in it garbled.
            Self::Script(text) => (ContentType::JavaScript.with_params(("charset", "utf-8")), text).respond_to(request),
            Self::Redirect(location) => Response::build().status(Status::Found).raw_header("Location", location).ok(),
            Self::Empty(status) => Response::build().status(status).ok(),
        }
    }
}
