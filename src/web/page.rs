//! A page: rendered, never cached, and fenced in by a content security policy.

use std::{convert::Infallible, sync::LazyLock};

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    request::{FromRequest, Outcome},
    response::{self, Responder},
};
use sha2::{Digest, Sha256};

use super::{
    assets,
    request_context::{self, RequestContext},
};
use crate::{
    config::Config,
    i18n::{Locale, Texts},
};

/// The desktop client shows pages in a frame, from the hosts of `frame-ancestors`. The only picture is the tab's empty
/// one.
const POLICY: &str = "default-src 'none'; img-src data:; base-uri 'none'; \
                      frame-ancestors 'self' https://*.dingtalk.com https://*.7ding.ai; ";
/// For pages on our own origin, which load the style sheet.
const OWN_STYLE: &str = "style-src 'self'; ";

pub struct Frame<'a> {
    pub locale: Locale,
    pub t: &'static Texts,
    pub base: &'a str,
    pub request_id: &'a str,
    /// The style sheet itself, for a page on another host, which has none of our files.
    pub inline_style: Option<&'static str>,
}

impl<'a> Frame<'a> {
    pub fn of(request: &'a Request<'_>) -> Self {
        let locale = request_context::locale(request);
        let base = request.rocket().state::<Config>().map_or("", |config| config.base_path.as_str());
        Self { locale, t: locale.texts(), base, request_id: &RequestContext::of(request).id, inline_style: None }
    }

    /// The same for a page that is shown on the host of an app behind the gate.
    #[must_use]
    pub fn elsewhere(self) -> Self {
        Self { inline_style: Some(assets::style()), ..self }
    }

    /// The address of a static file. It changes with the file's content, so browsers need never ask again.
    pub fn asset(&self, path: &str) -> String {
        assets::url(self.base, path)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Frame<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotRendered {
    #[error("a page could not be rendered: {0}")]
    Template(#[from] askama::Error),
    #[error("what a page's script reads could not be written: {0}")]
    Json(#[from] serde_json::Error),
}

pub struct Page {
    status: Status,
    html: String,
    policy: String,
    referrer: &'static str,
}

impl Page {
    /// `policy` adds what the page may do: run scripts (`script-src`), send forms (`form-action`, or they go anywhere).
    pub fn new(status: Status, template: &impl Template, policy: &str) -> Result<Self, NotRendered> {
        let html = template.render()?;
        Ok(Self { status, html, policy: [POLICY, OWN_STYLE, policy].concat(), referrer: "same-origin" })
    }

    /// Renders a page without scripts and forms that is shown on another host ([`Frame::elsewhere`]).
    pub fn elsewhere(status: Status, template: &impl Template) -> Result<Self, NotRendered> {
        static STYLE: LazyLock<String> = LazyLock::new(|| {
            let digest = STANDARD.encode(Sha256::digest(assets::style()));
            format!("{POLICY}style-src 'sha256-{digest}'; form-action 'none'")
        });
        Ok(Self { policy: STYLE.clone(), ..Self::new(status, template, "")? })
    }

    /// Sets what browsers tell other pages about this page's address (`Referrer-Policy`).
    #[must_use]
    pub fn referrer(mut self, policy: &'static str) -> Self {
        self.referrer = policy;
        self
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        // In one piece: Rocket's default chunks of 4 KB cost a system call and a thread hop each.
        let whole = self.html.len().max(1);
        Response::build()
            .status(self.status)
            .header(ContentType::HTML)
            .raw_header("Content-Security-Policy", self.policy)
            // Back after sign-out must ask the server.
            .raw_header("Cache-Control", "no-store")
            .raw_header("Referrer-Policy", self.referrer)
            .sized_body(self.html.len(), std::io::Cursor::new(self.html))
            // After the body, whose own default would replace it.
            .max_chunk_size(whole)
            .ok()
    }
}

#[cfg(test)]
impl Page {
    pub fn html(&self) -> &str {
        &self.html
    }
}
