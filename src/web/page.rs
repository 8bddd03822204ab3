//! A page: rendered, never cached, and fenced in by a content security policy.

use std::convert::Infallible;

use askama::Template;
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    request::{FromRequest, Outcome},
    response::{self, Responder},
};

use super::{
    assets,
    brand::{self, Brand},
    gzip::{self, Assembled, Piece},
    in_force,
    request_context::{self, RequestContext},
};
use crate::{
    config::Config,
    i18n::{Locale, Texts},
};

/// Begins within the sources of pictures. The desktop client shows pages in a frame, from the hosts of
/// `frame-ancestors`.
const POLICY: &str = "data:; base-uri 'none'; \
                      frame-ancestors 'self' https://*.dingtalk.com https://*.7ding.ai; ";
pub struct Frame<'a> {
    pub locale: Locale,
    pub t: &'static Texts,
    pub base: &'a str,
    pub request_id: &'a str,
    pub brand: Brand<'a>,
    /// Whether the reader sits at a computer; a phone has other menus.
    pub is_at_a_desk: bool,
}

impl<'a> Frame<'a> {
    pub fn of(request: &'a Request<'_>) -> Self {
        let locale = request_context::locale(request);
        let base = in_force::part::<Config>(request).map_or("", |config| config.base_path.as_str());
        Self {
            locale,
            t: locale.texts(),
            base,
            request_id: &RequestContext::of(request).id,
            brand: Brand::of(request),
            is_at_a_desk: is_at_a_desk(request),
        }
    }

    /// The same for a page that is shown on the host of an app behind the gate.
    #[must_use]
    pub fn elsewhere(self, request: &Request<'_>) -> Self {
        Self { brand: self.brand.elsewhere(request), ..self }
    }

    /// The style sheet. It is in the page: nobody waits for it, and a page on another host has none of our files.
    pub fn style(&self) -> &'static str {
        assets::STYLE.text()
    }

    /// What makes `[data-copy]` copy. The page's policy permits it by `assets::COPY_SCRIPT.source()`.
    pub fn copy_script(&self) -> &'static str {
        assets::COPY_SCRIPT.text()
    }

    /// What counts `[data-wait]` down. The page's policy permits it by `assets::WAIT_SCRIPT.source()`.
    pub fn wait_script(&self) -> &'static str {
        assets::WAIT_SCRIPT.text()
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
    body: Assembled,
    /// The sources of `style-src`.
    styles: String,
    policy: String,
    referrer: &'static str,
    /// The page is on the host of an app behind the gate. It is not packed, because what a proxy makes of the gate's
    /// answers is its own matter.
    is_elsewhere: bool,
    refresh: Option<i64>,
}

/// By the systems that only computers have; what says nothing is taken for a phone.
fn is_at_a_desk(request: &Request<'_>) -> bool {
    let agent = request.headers().get_one("User-Agent").unwrap_or_default();
    ["Windows NT", "Macintosh", "X11;", "CrOS"].iter().any(|system| agent.contains(system))
}

/// What any page may hold.
const PIECES: [&Piece; 3] = [&assets::STYLE, &assets::COPY_SCRIPT, &assets::WAIT_SCRIPT];

impl Page {
    /// `policy` adds what the page may do: run scripts (`script-src`), send forms (`form-action`, or they go anywhere).
    pub fn new(status: Status, template: &impl Template, policy: &str) -> Result<Self, NotRendered> {
        Self::with_pieces(status, template, policy, &PIECES)
    }

    /// The same of a page with other pieces than [`PIECES`] in it.
    pub fn with_pieces(
        status: Status,
        template: &impl Template,
        policy: &str,
        pieces: &[&'static Piece],
    ) -> Result<Self, NotRendered> {
        Ok(Self {
            status,
            body: Assembled::render(template, pieces)?,
            styles: assets::STYLE.source().to_owned(),
            policy: policy.to_owned(),
            referrer: "same-origin",
            is_elsewhere: false,
            refresh: None,
        })
    }

    /// Renders the page of a problem: it copies its request id, and does nothing else.
    pub fn problem(status: Status, template: &impl Template) -> Result<Self, NotRendered> {
        let policy = format!("script-src {}; form-action 'none'", assets::COPY_SCRIPT.source());
        Self::new(status, template, &policy)
    }

    /// The same of a problem that is over in a while: it also counts that down.
    pub fn passing_problem(status: Status, template: &impl Template) -> Result<Self, NotRendered> {
        let (copy, wait) = (assets::COPY_SCRIPT.source(), assets::WAIT_SCRIPT.source());
        Self::new(status, template, &format!("script-src {copy} {wait}; form-action 'none'"))
    }

    /// The page of a problem on another host.
    pub fn elsewhere(status: Status, template: &impl Template) -> Result<Self, NotRendered> {
        Ok(Self { is_elsewhere: true, ..Self::problem(status, template)? })
    }

    /// Permits more styles than the one in every page, by their source.
    #[must_use]
    pub fn style(mut self, source: &str) -> Self {
        self.styles.push(' ');
        self.styles.push_str(source);
        self
    }

    /// Has the browser ask again, after so many seconds.
    #[must_use]
    pub fn refresh(self, seconds: i64) -> Self {
        Self { refresh: Some(seconds), ..self }
    }

    /// Sets what browsers tell other pages about this page's address (`Referrer-Policy`).
    #[must_use]
    pub fn referrer(mut self, policy: &'static str) -> Self {
        self.referrer = policy;
        self
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let packed = !self.is_elsewhere && gzip::is_wanted(request);
        let body = if packed { self.body.gzip() } else { self.body.plain().into_bytes() };
        let images = brand::image_sources(request, self.is_elsewhere);
        let sources = ["default-src 'none'; img-src ", &images, POLICY, "style-src ", &self.styles, "; "].concat();
        let policy = sources + &self.policy;
        let mut response = Response::build();
        if packed {
            response.raw_header("Content-Encoding", "gzip");
        }
        if let Some(seconds) = self.refresh {
            response.raw_header("Refresh", seconds.to_string());
        }
        // In one piece: Rocket's default chunks of 4 KB cost a system call and a thread hop each.
        let whole = body.len().max(1);
        response
            .status(self.status)
            .header(ContentType::HTML)
            .raw_header("Content-Security-Policy", policy)
            // Back after sign-out must ask the server.
            .raw_header("Cache-Control", "no-store")
            .raw_header("Vary", "Accept-Encoding")
            .raw_header("Referrer-Policy", self.referrer)
            .sized_body(body.len(), std::io::Cursor::new(body))
            // After the body, whose own default would replace it.
            .max_chunk_size(whole)
            .ok()
    }
}

#[cfg(test)]
impl Page {
    pub fn html(&self) -> String {
        self.body.plain()
    }
}
