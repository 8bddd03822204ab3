//! The method that the client sent.

use rocket::{
    Data, Request,
    form::Form,
    http::{Method, Status},
    request::{FromRequest, Outcome},
};

use super::{problem::Problem, request_context::RequestContext};

/// The longest field that Rocket takes for a method.
const LONGEST: usize = "_method=delete".len();

/// Refuses HEAD where GET spends or starts something: robots that check links must change nothing. Rocket puts GET in
/// place of HEAD before any guard runs; [`RequestContext`] has what was sent.
pub struct NotHead;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NotHead {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match RequestContext::of(request).method {
            Method::Head => Outcome::Error((Status::NotFound, Problem::not_found())),
            _ => Outcome::Success(Self),
        }
    }
}

/// Undoes Rocket's form field `_method`, by which another site's form could reach GET and HEAD routes. A request that
/// was sent by that very method with such a form counts as posted too; only programs send one.
pub(super) async fn undo_override(request: &mut Request<'_>, data: &mut Data<'_>) {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    if !is_form || request.method() == Method::Post {
        return;
    }
    // As Rocket reads it, from the bytes that it has waited for already.
    let start = std::str::from_utf8(data.peek(LONGEST).await).unwrap_or_default();
    let first = Form::values(start).next().filter(|field| field.name == "_method");
    if first.and_then(|field| field.value.parse().ok()) == Some(request.method()) {
        request.set_method(Method::Post);
    }
}
