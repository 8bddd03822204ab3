//! The files of `static/`, inside the binary: what browsers load, and what is inlined into pages. `build.rs` has
//! compressed both.

use std::{collections::HashMap, io::Cursor, path::PathBuf, sync::LazyLock};

use rocket::{
    Request, Response, Route, get,
    http::{ContentType, Status},
    response::{self, Responder},
    routes,
};
use sha2::{Digest, Sha256};

use super::gzip::{Piece, is_wanted};
use crate::hex_digits::hex_digits;

/// [`STYLE`], [`NO_SCRIPT_STYLE`], [`COPY_SCRIPT`], [`WAIT_SCRIPT`] and [`SIGNIN_SCRIPT`], and the files: path, content, gzip.
mod made_by_build {
    use super::Piece;

    include!(concat!(env!("OUT_DIR"), "/assets.rs"));

    pub(super) fn files() -> &'static [(&'static str, &'static [u8], &'static [u8])] {
        FILES
    }
}

pub use made_by_build::{COPY_SCRIPT, NO_SCRIPT_STYLE, SIGNIN_SCRIPT, STYLE, WAIT_SCRIPT};

struct File {
    plain: &'static [u8],
    gzip: &'static [u8],
    /// A piece of its digest.
    version: String,
}

static FILES: LazyLock<HashMap<&str, File>> = LazyLock::new(|| {
    let file = |plain, gzip| File { plain, gzip, version: hex_digits(&Sha256::digest(plain)[..8]) };
    made_by_build::files().iter().map(|(path, plain, gzip)| (*path, file(plain, gzip))).collect()
});

/// The address of a file, with its version: a new one gets a new address.
pub fn url(base: &str, path: &str) -> String {
    match FILES.get(path) {
        Some(file) => [base, "/static/", path, "?v=", &file.version].concat(),
        None => [base, "/static/", path].concat(),
    }
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
        let File { plain, gzip, version } = self.file;
        let packed = is_wanted(request);
        let etag = if packed { format!("\"{version}-gzip\"") } else { format!("\"{version}\"") };
        let mut response = Response::build();
        // Only an address with the version in it always means this content.
        let named = request.uri().query().is_some_and(|query| query.as_str().strip_prefix("v=") == Some(version));
        response
            .raw_header("Cache-Control", if named { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("Vary", "Accept-Encoding")
            .raw_header("ETag", etag.clone());
        if request.headers().get("If-None-Match").any(|known| known == etag) {
            return response.status(Status::NotModified).ok();
        }
        if packed {
            response.raw_header("Content-Encoding", "gzip");
        }
        let body = if packed { gzip } else { plain };
        let whole = body.len().max(1);
        response.header(self.kind).sized_body(body.len(), Cursor::new(body)).max_chunk_size(whole).ok()
    }
}
