//! "Go to the app."

use rocket::{
    Request, Response,
    http::Status,
    response::{self, Responder},
};

/// Sends a browser on, and tells the next site nothing of where it comes from.
pub struct ToApp(pub String);

impl<'r> Responder<'r, 'static> for ToApp {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(Status::SeeOther)
            .raw_header("Location", self.0)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Referrer-Policy", "no-referrer")
            .ok()
    }
}
