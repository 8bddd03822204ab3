//! A form is taken from our own pages only.

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use super::problem::Problem;
use crate::config::Config;

/// Guards every route that changes something by the session cookie (cross-site request forgery).
///
/// Browsers say where a POST comes from: `Origin` (all that DingTalk's web views are built on do) and `Sec-Fetch-Site`.
/// A request without either comes from a program, which has no session of somebody else's to misuse. Beside this,
/// the session cookie is `SameSite=Lax`; this guard also stops neighbouring hosts, which that attribute lets through.
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
