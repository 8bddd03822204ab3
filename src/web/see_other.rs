//! "Go there, by GET."

use rocket::{
    Request, Response,
    http::Status,
    response::{self, Responder},
};

/// 303 See Other to an address that is known to be good. Rocket's `Redirect` parses it again, by stricter rules than
/// browsers have, and answers 500 to `|` or `"` in a query.
pub struct SeeOther(pub String);

impl<'r> Responder<'r, 'static> for SeeOther {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(Status::SeeOther)
            .raw_header("Location", self.0)
            .raw_header("Cache-Control", "no-store")
            .ok()
    }
}
