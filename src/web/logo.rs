//! `/logo`: the organisation's logo, as a picture and nothing else.

use std::io::Cursor;

use rocket::{
    Request, Response, Route, get,
    http::{ContentType, Status},
    response::{self, Responder},
    routes,
};

use crate::config::{Config, Logo, LogoKind};

/// In a page's `<img>` an SVG runs nothing. Opened by itself it would be a document of our origin: this policy takes its
/// scripts, its links and the origin away.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

pub fn routes() -> Vec<Route> {
    routes![logo]
}

/// It changes with the content, so browsers need never ask again.
pub fn address(base: &str, logo: &Logo) -> String {
    format!("{base}/logo?v={}", logo.version)
}

struct Picture<'a>(&'a Logo);

#[get("/logo")]
fn logo(config: &Config) -> Option<Picture<'_>> {
    config.looks.logo.as_ref().map(Picture)
}

impl<'r> Responder<'r, 'static> for Picture<'_> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Logo { kind, bytes, version } = self.0;
        let etag = format!("\"{version}\"");
        let named = request.uri().query().is_some_and(|query| query.as_str().strip_prefix("v=") == Some(version));
        let mut response = Response::build();
        response
            .raw_header("Content-Security-Policy", POLICY)
            .raw_header("Cache-Control", if named { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("ETag", etag.clone());
        if request.headers().get("If-None-Match").any(|known| known == etag) {
            return response.status(Status::NotModified).ok();
        }
        let kind = match kind {
            LogoKind::Svg => ContentType::SVG,
            LogoKind::Png => ContentType::PNG,
        };
        response.header(kind).sized_body(bytes.len(), Cursor::new(bytes.clone())).ok()
    }
}
