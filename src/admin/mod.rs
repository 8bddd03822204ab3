//! Pages for administrators: server-rendered, in every language, and of use without JavaScript.
//!
//! Every page takes the guard [`Administrator`] and every form [`Posted`], so who may do what is decided in one place. An
//! administrator sees and changes the people of the own corp alone: whatever else a path names is not found, be it there
//! or not.

mod add;
mod chart;
mod confirm;
mod doctor;
mod guard;
mod import;
mod overview;
mod people;
mod person;
mod person_form;
mod refusal;
mod refused;
mod shell;
mod sync;
mod trail;

use rocket::Route;

use self::shell::{Section, Shell};
pub use self::{
    guard::{Administrator, Posted},
    import::Uploads,
};

/// What is mounted at `admin_path`.
pub fn routes() -> Vec<Route> {
    [
        overview::routes(),
        people::routes::routes(),
        person::routes::routes(),
        add::routes(),
        import::routes::routes(),
        refused::routes(),
        sync::routes::routes(),
        trail::routes::routes(),
        doctor::routes(),
    ]
    .concat()
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::{
        i18n::Locale,
        web::testing::{BASE, HOSTILE, Sample},
    };

    /// What surrounds a page, shown to somebody with a name of that kind.
    pub fn shell(section: Section) -> Shell<'static> {
        Shell { root: format!("{BASE}/admin"), token: HOSTILE.to_owned(), name: HOSTILE, section }
    }

    /// Every page.
    pub fn pages(locale: Locale) -> Vec<Sample> {
        let pages = [
            overview::samples(locale),
            people::routes::samples(locale),
            person::routes::samples::pages(locale),
            add::samples(locale),
            import::routes::samples::pages(locale),
            refused::samples(locale),
            sync::routes::samples::pages(locale),
            trail::routes::samples(locale),
            doctor::samples(locale),
        ];
        pages.into_iter().flatten().collect()
    }
}
