//! A problem as a response, and as what the log says of it.

use askama::Template;
use rocket::{
    Request,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;

use super::{Next, PageProblem, Parts, Problem, Wording};
use crate::{
    i18n::{Texts, sentences},
    web::{
        page::{Frame, Page},
        request_context::RequestContext,
    },
};

#[derive(Serialize)]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<i64>,
    /// All that can be done, by whomever.
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signin_url: Option<&'a str>,
    request_id: &'a str,
    /// For the sign-in page, which shows each in its place.
    page: PagePart<'a>,
}

#[derive(Serialize)]
struct PagePart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    hint: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    admin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<u64>,
    next: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    kind: &'a str,
    wording: Wording,
    person: Option<&'a str>,
    next: Next,
    retry_at: &'a str,
    /// Seconds until the next try.
    wait: Option<u64>,
}

impl ProblemPage<'_> {
    /// Nothing where the countdown says it.
    fn hint(&self) -> &'static str {
        let is_said = self.wait.is_some() && self.next == Next::TryAgain;
        if is_said { "" } else { self.wording.hint_for(self.frame.is_at_a_desk) }
    }

    /// Whether somebody else has to act before the way on leads anywhere.
    fn is_others_turn(&self) -> bool {
        self.next == Next::OnceFixed
    }

    /// The words on the way on, if there is one.
    fn way_on(&self) -> Option<&'static str> {
        let Texts { retry, reopen, sign_in_here, back, .. } = self.frame.t;
        match self.next {
            Next::TryAgain => Some(retry),
            Next::OnceFixed => Some(reopen),
            Next::SignIn => Some(sign_in_here),
            Next::Back => Some(back),
            Next::Nothing => None,
        }
    }
}

impl Next {
    /// As the sign-in page's script reads it.
    fn word(self) -> &'static str {
        match self {
            Self::TryAgain => "try-again",
            Self::OnceFixed => "once-fixed",
            Self::SignIn => "sign-in",
            Self::Back => "back",
            Self::Nothing => "nothing",
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(mut self, request: &'r Request<'_>) -> response::Result<'static> {
        self.note(RequestContext::of(request));
        let parts = &*self.0;
        let frame = parts.frame(request);
        let wording = (parts.says)(frame.t);
        let advice = wording.hint_for(frame.is_at_a_desk);
        let hint = match &*wording.admin {
            "" => advice.to_owned(),
            admin => sentences(advice, &(frame.t.admin_hint)(admin)),
        };
        let body = ProblemBody {
            kind: parts.kind.word,
            title: wording.title,
            status: parts.kind.status,
            detail: &wording.detail,
            errcode: parts.errcode,
            hint: &hint,
            signin_url: parts.signin_url.as_deref(),
            request_id: frame.request_id,
            page: PagePart {
                person: parts.person.as_deref(),
                hint: advice,
                admin: &wording.admin,
                wait: parts.wait(),
                next: parts.next().word(),
            },
        };
        let body = serde_json::to_string(&body).map_err(|_| Status::InternalServerError)?;
        let json = ContentType::new("application", "problem+json");
        let mut response = (Status::new(parts.kind.status), (json, body)).respond_to(request)?;
        response.set_raw_header("Cache-Control", "no-store");
        parts.set_retry_after(&mut response);
        Ok(response)
    }
}

impl<'r> Responder<'r, 'static> for PageProblem {
    fn respond_to(mut self, request: &'r Request<'_>) -> response::Result<'static> {
        self.problem.note(RequestContext::of(request));
        let parts = &*self.problem.0;
        let frame = parts.frame(request);
        let frame = if self.is_elsewhere { frame.elsewhere(request) } else { frame };
        let retry_at = parts.retry_at.as_deref().map(|path| [frame.base, path].concat());
        let page = ProblemPage {
            kind: parts.kind.word,
            wording: (parts.says)(frame.t),
            person: parts.person.as_deref(),
            next: match parts.next() {
                Next::Nothing if retry_at.is_some() => Next::TryAgain,
                next => next,
            },
            retry_at: retry_at.as_deref().unwrap_or_default(),
            wait: parts.wait(),
            frame,
        };
        let status = Status::new(parts.kind.status);
        let page = match self.is_elsewhere {
            false if page.wait.is_some() => Page::passing_problem(status, &page),
            false => Page::problem(status, &page),
            true => Page::elsewhere(status, &page),
        };
        let page = page.map_err(|error| {
            tracing::error!(%error, "a problem cannot be shown");
            Status::InternalServerError
        })?;
        let mut response = page.respond_to(request)?;
        parts.set_retry_after(&mut response);
        Ok(response)
    }
}

impl Parts {
    fn next(&self) -> Next {
        self.next.unwrap_or(self.kind.next)
    }

    /// How long a person has to wait who has tried too often. Where only a part is away for a moment, the next try tells.
    fn wait(&self) -> Option<u64> {
        self.retry_after.filter(|_| self.kind.status == 429)
    }

    /// Shows the id of the request that was refused.
    fn frame<'a>(&'a self, request: &'a Request<'_>) -> Frame<'a> {
        let frame = Frame::of(request);
        match &self.refused_request {
            Some(id) => Frame { request_id: id, ..frame },
            None => frame,
        }
    }

    fn set_retry_after(&self, response: &mut rocket::Response<'_>) {
        if let Some(seconds) = self.retry_after {
            response.set_raw_header("Retry-After", seconds.to_string());
        }
    }
}

impl Problem {
    /// In the deployment's language, which is the operator's.
    fn note(&mut self, request_context: &RequestContext) {
        let parts = &mut *self.0;
        request_context.note(|notes| {
            notes.problem = Some(parts.kind.word);
            notes.cause = parts.cause.take();
            notes.errcode = parts.errcode;
            if let Some(id) = &parts.refused_request {
                notes.page_request_id = Some(id.clone());
            }
            if let Some(note) = parts.note.take() {
                note(notes, request_context.operator.texts());
            }
        });
    }
}

#[cfg(test)]
pub(crate) fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::web::testing::{HOSTILE, Sample, elsewhere, frame};

    let page = |frame, next| ProblemPage {
        frame,
        kind: HOSTILE,
        wording: Wording {
            title: HOSTILE,
            detail: HOSTILE.into(),
            hint: HOSTILE,
            desk_hint: HOSTILE,
            admin: HOSTILE.into(),
        },
        person: (next == Next::OnceFixed).then_some(HOSTILE),
        next,
        retry_at: HOSTILE,
        wait: (next == Next::OnceFixed).then_some(9),
    };
    let pages = [page(frame(locale), Next::OnceFixed), page(elsewhere(locale), Next::Nothing)];
    pages.iter().map(|page| Sample::of("problem.html", page)).collect()
}
