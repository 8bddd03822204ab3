//! The files of `static/`, inside the binary.

use std::{borrow::Cow, collections::HashMap, path::PathBuf, sync::LazyLock};

use rocket::{
    Request, Response, Route, get,
    http::{ContentType, Status},
    response::{self, Responder},
    routes,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::hex_digits::hex_digits;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// The address of a file, with a piece of its digest: a new version gets a new address.
pub fn url(base: &str, path: &str) -> String {
    static VERSIONS: LazyLock<HashMap<Cow<'static, str>, String>> = LazyLock::new(|| {
        Static::iter().filter_map(|path| Some((path.clone(), digest(&Static::get(&path)?)))).collect()
    });
    match VERSIONS.get(path) {
        Some(version) => [base, "/static/", path, "?v=", version].concat(),
        None => [base, "/static/", path].concat(),
    }
}

/// The style sheet's text, for pages that cannot load it.
pub fn style() -> &'static str {
    static STYLE: LazyLock<String> = LazyLock::new(|| {
        let file = Static::get("css/app.css").map(|file| file.data).unwrap_or_default();
        String::from_utf8_lossy(&file).into_owned()
    });
    &STYLE
}

/// The routes of the static files.
pub fn routes() -> Vec<Route> {
    routes![asset]
}

#[get("/static/<path..>")]
fn asset(path: PathBuf) -> Option<Asset> {
    let path = path.to_str()?;
    let kind = ContentType::from_extension(path.rsplit_once('.')?.1)?;
    Some(Asset { file: Static::get(path)?, kind })
}

struct Asset {
    file: EmbeddedFile,
    kind: ContentType,
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let etag = format!("\"{}\"", digest(&self.file));
        let mut response = Response::build();
        // Only an address with the digest in it names this very content for ever.
        let named =
            request.uri().query().is_some_and(|query| query.as_str() == format!("v={}", etag.trim_matches('"')));
        response
            .raw_header("Cache-Control", if named { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("ETag", etag.clone());
        if request.headers().get("If-None-Match").any(|known| known == etag) {
            return response.status(Status::NotModified).ok();
        }
        let body = self.file.data.into_owned();
        let whole = body.len().max(1);
        response.header(self.kind).sized_body(body.len(), std::io::Cursor::new(body)).max_chunk_size(whole).ok()
    }
}

fn digest(file: &EmbeddedFile) -> String {
    hex_digits(&file.metadata.sha256_hash()[..8])
}
