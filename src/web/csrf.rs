//! A form is taken from our own pages only.

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use super::problem::Problem;
use crate::config::Config;

/// Guards every route that changes something by the session cookie (cross-site request forgery). The cookie's
/// `SameSite=Lax` lets neighbouring hosts through; this does not.
///
/// Every browser, DingTalk's web views included, sends `Origin` or `Sec-Fetch-Site` with a POST. A program sends
/// neither, and has nobody else's session.
pub struct SameOrigin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SameOrigin {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        let Some(config) = request.rocket().state::<Config>() else {
            return Outcome::Error((Status::InternalServerError, Problem::internal("no settings")));
        };
        let ours = config.public_url.origin();
        let origin_fits = request.headers().get("Origin").all(|origin| origin == ours);
        let mut sites = request.headers().get("Sec-Fetch-Site");
        let site_fits = sites.all(|site| matches!(site, "same-origin" | "none"));
        if origin_fits && site_fits {
            Outcome::Success(Self)
        } else {
            Outcome::Error((Status::Forbidden, Problem::foreign_origin()))
        }
    }
}
