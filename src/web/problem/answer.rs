//! A problem as an answer, and as what the log says of it.

use askama::Template;
use rocket::{
    Request,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;

use super::{Kind, Problem, Shown, Why};
use crate::web::{
    page::{Frame, Page},
    request_context::RequestContext,
};

/// The body of `application/problem+json`.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<i64>,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signin_url: Option<&'a str>,
    request_id: &'a str,
}

/// The page with the same content.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    kind: &'a str,
    title: &'a str,
    detail: &'a str,
    hint: &'a str,
    retry: bool,
    retry_at: &'a str,
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut frame = Frame::of(request);
        self.note(RequestContext::of(request));
        if let Some(id) = &self.refused_request {
            frame.request_id = id;
        }
        if self.page == Some(Shown::Elsewhere) {
            frame = frame.elsewhere();
        }
        let message = self.message(frame.t);
        let detail = self.detail(frame.t, message.detail);
        let hint = self.hint(frame.t, message.hint);

        let mut response = if let Some(shown) = self.page {
            let page = ProblemPage {
                frame,
                kind: self.kind.word(),
                title: message.title,
                detail: &detail,
                hint,
                retry: self.retry_at.is_some() || self.kind.may_pass(),
                retry_at: self.retry_at.as_deref().unwrap_or_default(),
            };
            let status = self.kind.status();
            let page = match shown {
                Shown::Here => Page::new(status, &page, "form-action 'none'")?,
                Shown::Elsewhere => Page::elsewhere(status, &page)?,
            };
            page.respond_to(request)?
        } else {
            let body = Body {
                kind: self.kind.word(),
                title: message.title,
                status: self.kind.status().code,
                detail: &detail,
                errcode: self.errcode(),
                hint,
                signin_url: self.signin_url(),
                request_id: frame.request_id,
            };
            let body = serde_json::to_string(&body).map_err(|_| Status::InternalServerError)?;
            let json = ContentType::new("application", "problem+json");
            let mut response = (self.kind.status(), (json, body)).respond_to(request)?;
            response.set_raw_header("Cache-Control", "no-store");
            response
        };
        if let Some(seconds) = self.retry_after {
            response.set_raw_header("Retry-After", seconds.to_string());
        }
        Ok(response)
    }
}

impl Problem {
    /// The log is the operator's: in the deployment's language, and with a cure also where the person need only wait.
    fn note(&self, request_context: &RequestContext) {
        let texts = request_context.operator.texts();
        request_context.note(|notes| {
            notes.problem = Some(self.kind.word());
            notes.cause = match (&self.cause, &self.why) {
                (None, Why::Field(error)) => Some(error.to_string()),
                (cause, _) => cause.as_deref().map(str::to_owned),
            };
            if let Some(id) = &self.refused_request {
                notes.page_request_id = Some(id.to_string());
            }
            if let Why::Dingtalk { code, request_id } = &self.why {
                notes.errcode = code.number();
                notes.dingtalk_request_id.clone_from(request_id);
                notes.hint = Some((texts.dingtalk_hint)(code.meaning()).to_owned());
            } else if self.kind == Kind::DingtalkUnreachable {
                notes.hint = Some(texts.dingtalk_down.to_owned());
            }
        });
    }
}

#[cfg(test)]
pub(crate) fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::web::testing::{HOSTILE, Sample, frame};

    let page = |frame| ProblemPage {
        frame,
        kind: HOSTILE,
        title: HOSTILE,
        detail: HOSTILE,
        hint: HOSTILE,
        retry: true,
        retry_at: HOSTILE,
    };
    let frames = [frame(locale), frame(locale).elsewhere()];
    frames.into_iter().map(|frame| Sample::of("problem.html", &page(frame))).collect()
}
