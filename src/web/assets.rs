//! The files of `static/`, inside the binary.

use std::{borrow::Cow, collections::HashMap, io::Cursor, path::PathBuf, sync::LazyLock};

use rocket::{
    Request, Response, Route, get,
    http::{ContentType, Status},
    response::{self, Responder},
    routes,
};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::hex_digits::hex_digits;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// What `build.rs` makes of the modules in this folder.
const SIGNIN: &str = include_str!(concat!(env!("OUT_DIR"), "/signin.js"));
const SIGNIN_MODULES: &str = "js/signin/";

struct File {
    body: Cow<'static, [u8]>,
    /// A piece of its digest.
    version: String,
}

static FILES: LazyLock<HashMap<Cow<'static, str>, File>> = LazyLock::new(|| {
    let file = |body: Cow<'static, [u8]>| File { version: hex_digits(&Sha256::digest(&body)[..8]), body };
    let as_it_is = Static::iter().filter(|path| !path.starts_with(SIGNIN_MODULES));
    let files = as_it_is.filter_map(|path| Some((path.clone(), file(Static::get(&path)?.data))));
    files.chain([("js/signin.js".into(), file(SIGNIN.as_bytes().into()))]).collect()
});

/// The address of a file, with its version: a new one gets a new address.
pub fn url(base: &str, path: &str) -> String {
    match FILES.get(path) {
        Some(file) => [base, "/static/", path, "?v=", &file.version].concat(),
        None => [base, "/static/", path].concat(),
    }
}

/// The style sheet's text, for pages that cannot load it.
pub fn style() -> &'static str {
    let style = FILES.get("css/app.css").and_then(|file| std::str::from_utf8(&file.body).ok());
    style.unwrap_or_default()
}

pub fn routes() -> Vec<Route> {
    routes![asset]
}

#[get("/static/<path..>")]
fn asset(path: PathBuf) -> Option<Asset> {
    let path = path.to_str()?;
    let kind = ContentType::from_extension(path.rsplit_once('.')?.1)?;
    Some(Asset { file: FILES.get(path)?, kind })
}

struct Asset {
    file: &'static File,
    kind: ContentType,
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let File { body, version } = self.file;
        let etag = format!("\"{version}\"");
        let mut response = Response::build();
        // Only an address with the version in it always means this content.
        let named = request.uri().query().is_some_and(|query| query.as_str().strip_prefix("v=") == Some(version));
        response
            .raw_header("Cache-Control", if named { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("ETag", etag.clone());
        if request.headers().get("If-None-Match").any(|known| known == etag) {
            return response.status(Status::NotModified).ok();
        }
        let whole = body.len().max(1);
        response.header(self.kind).sized_body(body.len(), Cursor::new(&body[..])).max_chunk_size(whole).ok()
    }
}
