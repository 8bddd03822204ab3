//! Answers that a page of any origin may read, because no cookie has any part in them.

use rocket::{
    Request, Response,
    http::Status,
    response::{self, Responder},
};

/// Any page's script may read it; a browser sends no cookies along (`*`, and no `Allow-Credentials`).
pub struct ForEveryPage<R>(pub R);

/// To a browser that asks first what a page's script may send.
pub struct Preflight;

impl<'r, R: Responder<'r, 'static>> Responder<'r, 'static> for ForEveryPage<R> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        response.set_raw_header("Access-Control-Allow-Origin", "*");
        response.set_raw_header("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, X-Request-Id");
        Ok(response)
    }
}

impl<'r> Responder<'r, 'static> for Preflight {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(Status::NoContent)
            .raw_header("Access-Control-Allow-Origin", "*")
            .raw_header("Access-Control-Allow-Methods", "GET, POST")
            .raw_header("Access-Control-Allow-Headers", "Authorization, Content-Type")
            .raw_header("Access-Control-Max-Age", "3600")
            .ok()
    }
}
