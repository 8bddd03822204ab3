//! Requests of apps that end on a page, because no app can be told.

use super::{logout::NotRead, request::NoApp};
use crate::web::problem::{INVALID_REQUEST, Problem};

impl From<NotRead> for Problem {
    fn from(error: NotRead) -> Self {
        match error {
            NotRead::Repeated => {
                Self::new(INVALID_REQUEST, |t| t.problems.invalid_request).because("a parameter was given twice")
            }
            NotRead::Database(error) => error.into(),
        }
    }
}

impl From<NoApp> for Problem {
    fn from(no_app: NoApp) -> Self {
        match no_app {
            NoApp::UnknownClient => Self::new(INVALID_REQUEST, |t| t.oidc.unknown_client)
                .because("client_id is missing, unknown or given twice"),
            NoApp::WrongRedirectUri(client) => Self::new(INVALID_REQUEST, |t| t.oidc.wrong_redirect_uri)
                .because(format!("redirect_uri is missing, given twice or not one of client {client:?}")),
        }
    }
}
