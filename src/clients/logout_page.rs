//! The page that asks whether to sign out, with one button.

use askama::Template;
use rocket::http::Status;

use crate::web::page::{Frame, NotRendered, Page};

#[derive(Template)]
#[template(path = "clients/logout.html")]
pub struct LogoutPage<'a> {
    pub frame: Frame<'a>,
    /// Where the button leads: a path without `base_path`.
    pub action: &'static str,
    /// Who would be signed out, if that is known.
    pub name: Option<&'a str>,
    /// What goes along with the button.
    pub fields: Vec<(&'static str, &'a str)>,
}

impl LogoutPage<'_> {
    /// `there`: where the button leads on to.
    pub fn show(&self, there: &str) -> Result<Page, NotRendered> {
        Page::new(Status::Ok, self, policy(there))
    }
}

/// Chromium asks `form-action` also of where the form leads on to, and on from there. No source names `[::1]`.
fn policy(there: &str) -> &'static str {
    match there.split_once("://") {
        None => "form-action 'self'",
        Some(("https", _)) => "form-action 'self' https:",
        Some(_) => "form-action 'self' https: http:",
    }
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::web::testing::{HOSTILE, Sample, frame};

    let page = |name, fields| {
        let page = LogoutPage { frame: frame(locale), action: "/cas/logout", name, fields };
        Sample::of("clients/logout.html", &page)
    };
    vec![page(Some(HOSTILE), vec![("state", HOSTILE)]), page(None, vec![("id_token_hint", HOSTILE)])]
}
