//! Answers to apps' servers. None is kept by any cache.

use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};

use crate::cas::{
    response::{Attributes, Failure, success_json, success_xml},
    validate::Redeemed,
};

#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// CAS 1.0.
    Text,
    Xml,
    Json,
}

pub struct Answer {
    form: Form,
    status: Status,
    body: String,
}

impl Form {
    pub fn success(self, userid: &str, attributes: Option<Attributes>) -> String {
        match self {
            Self::Json => success_json(userid, attributes.as_ref()),
            _ => success_xml(userid, attributes.as_ref()),
        }
    }

    fn failure(self, failure: &Failure) -> String {
        match self {
            Self::Text => "no\n\n".to_owned(),
            Self::Xml => failure.xml(),
            Self::Json => failure.json(),
        }
    }

    fn content_type(self) -> ContentType {
        match self {
            Self::Text => ContentType::Plain,
            Self::Xml => ContentType::new("application", "xml").with_params(("charset", "utf-8")),
            Self::Json => ContentType::JSON,
        }
    }
}

impl Answer {
    /// A failure is an answer like any other, unless it is ours.
    pub fn new(form: Form, validated: &Result<Redeemed, Failure>, success: impl FnOnce(&Redeemed) -> String) -> Self {
        match validated {
            Ok(redeemed) => Self { form, status: Status::Ok, body: success(redeemed) },
            Err(failure) => {
                let is_ours = matches!(failure, Failure::InternalError(_));
                let status = if is_ours { Status::ServiceUnavailable } else { Status::Ok };
                Self { form, status, body: form.failure(failure) }
            }
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(self.status)
            .header(self.form.content_type())
            .raw_header("Cache-Control", "no-store")
            .sized_body(self.body.len(), std::io::Cursor::new(self.body))
            .ok()
    }
}
