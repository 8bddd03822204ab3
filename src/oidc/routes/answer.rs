//! Answers to programs of apps. None is kept by any cache.

use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;
use serde_json::json;

use crate::{oidc::error::OauthError, web::request_context::RequestContext};

pub struct Json<T>(pub T);

/// To a request for something that an access token opens (RFC 6750, 3).
pub enum Unauthorized {
    /// It brought none, so it hears no more than that it needs one.
    NoToken,
    Refused(OauthError),
}

impl<'r, T: Serialize> Responder<'r, 'static> for Json<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let body = serde_json::to_vec(&self.0).map_err(|_| Status::InternalServerError)?;
        Response::build()
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Pragma", "no-cache")
            .sized_body(body.len(), std::io::Cursor::new(body))
            .ok()
    }
}

impl<'r> Responder<'r, 'static> for OauthError {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = refused(&self, request)?;
        if self.status == Status::Unauthorized.code {
            response.set_raw_header("WWW-Authenticate", "Basic realm=\"miandeng\", charset=\"UTF-8\"");
        }
        Ok(response)
    }
}

impl<'r> Responder<'r, 'static> for Unauthorized {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let (mut response, challenge) = match self {
            Self::NoToken => {
                let mut response = Json(json!({})).respond_to(request)?;
                response.set_status(Status::Unauthorized);
                (response, "Bearer realm=\"miandeng\"".to_owned())
            }
            Self::Refused(error) => {
                let OauthError { word, description, .. } = error;
                let challenge =
                    format!("Bearer realm=\"miandeng\", error=\"{word}\", error_description=\"{description}\"");
                (refused(&error, request)?, challenge)
            }
        };
        if response.status().code < 429 {
            response.set_raw_header("WWW-Authenticate", challenge);
        }
        Ok(response)
    }
}

impl From<OauthError> for Unauthorized {
    fn from(error: OauthError) -> Self {
        Self::Refused(error)
    }
}

fn refused(error: &OauthError, request: &Request<'_>) -> response::Result<'static> {
    RequestContext::of(request).note(|notes| {
        notes.problem = Some(error.word);
        notes.cause = Some(error.cause.clone().unwrap_or_else(|| error.description.to_owned()));
    });
    let body = json!({ "error": error.word, "error_description": error.description });
    let mut response = Json(body).respond_to(request)?;
    response.set_status(Status::new(error.status));
    if let Some(seconds) = error.retry_after {
        response.set_raw_header("Retry-After", seconds.to_string());
    }
    Ok(response)
}
