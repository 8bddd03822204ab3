//! A form with a file (multipart/form-data, RFC 7578), read into memory as far as that is allowed.

use multer::{Constraints, Field, Multipart, SizeLimit};
use rocket::{
    Data, Request,
    data::{self, FromData, ToByteUnit},
    http::Status,
    outcome::Outcome,
};

use super::uploads::File;
use crate::{
    admin::{
        Administrator,
        guard::{refuse, sender},
    },
    users::sheet::LARGEST_FILE,
    web::{params::ParamError, problem::Problem},
};

/// What the other fields and the lines between them take at the most.
const REST: usize = 64 * 1024;

/// A file that an administrator has sent from a page of ours.
pub struct Uploaded<'r> {
    pub who: Administrator<'r>,
    pub file: Result<File, NoFile>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFile {
    /// Nothing was chosen.
    NotChosen,
    /// It is larger than any that is read.
    TooLarge,
}

/// What is wrong with a form.
enum BadForm {
    /// Not of our page: no token comes before everything else.
    Foreign,
    Malformed,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Uploaded<'r> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self, ()> {
        let who = match sender(request).await {
            Ok(who) => who,
            Err(status) => return Outcome::Error((status, ())),
        };
        let kind = request.content_type().filter(|kind| kind.is_form_data());
        let Some(boundary) = kind.and_then(|kind| kind.param("boundary")) else {
            return refuse(request, Status::BadRequest, ParamError::Malformed("Content-Type"));
        };
        match read(&who, boundary, data).await {
            Ok(file) => Outcome::Success(Self { who, file }),
            Err(BadForm::Foreign) => refuse(request, Status::Forbidden, Problem::foreign_origin()),
            Err(BadForm::Malformed) => refuse(request, Status::BadRequest, ParamError::Malformed("body")),
        }
    }
}

/// The token comes first: until it is there, nothing is kept.
async fn read(who: &Administrator<'_>, boundary: &str, data: Data<'_>) -> Result<Result<File, NoFile>, BadForm> {
    let sizes = SizeLimit::new().per_field(REST as u64).for_field("file", LARGEST_FILE as u64);
    let limits = Constraints::new().size_limit(sizes.whole_stream((LARGEST_FILE + REST) as u64));
    let body = data.open((LARGEST_FILE + 2 * REST).bytes());
    let mut form = Multipart::with_reader_with_constraints(body, boundary, limits);
    let (mut has_token, mut ignore_unknown) = (false, false);
    while let Some(field) = form.next_field().await.map_err(|_| BadForm::Malformed)? {
        match field.name().unwrap_or_default() {
            "token" if !has_token => has_token = who.has_token(&text(field).await?),
            _ if !has_token => return Err(BadForm::Foreign),
            "ignore_unknown" => ignore_unknown = true,
            "file" => return file(field, ignore_unknown).await,
            _ => {}
        }
    }
    if has_token { Ok(Err(NoFile::NotChosen)) } else { Err(BadForm::Foreign) }
}

async fn text(field: Field<'_>) -> Result<String, BadForm> {
    field.text().await.map_err(|_| BadForm::Malformed)
}

async fn file(field: Field<'_>, ignore_unknown: bool) -> Result<Result<File, NoFile>, BadForm> {
    let name = field.file_name().unwrap_or_default().to_owned();
    match field.bytes().await {
        Ok(bytes) if bytes.is_empty() => Ok(Err(NoFile::NotChosen)),
        Ok(bytes) => Ok(Ok(File { name, bytes: bytes.into(), ignore_unknown })),
        Err(multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. }) => {
            Ok(Err(NoFile::TooLarge))
        }
        Err(_) => Err(BadForm::Malformed),
    }
}
