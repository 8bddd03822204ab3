//! What surrounds every page: who is signed in, and the way to the others.

use askama::Template;
use form_urlencoded::Serializer;
use rocket::http::Status;

use crate::{
    i18n::Texts,
    web::{
        page::{NotRendered, Page},
        params::Params,
    },
};

/// The part of the pages that one is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The overview.
    Overview,
    /// People.
    People,
    /// Who was refused.
    Refused,
    /// DingTalk's directory.
    Sync,
    /// The trail.
    Trail,
    /// The doctor's report.
    Doctor,
}

/// What surrounds a page. Templates that extend `admin/shell.html` call it `shell`.
pub struct Shell<'a> {
    /// Where the pages are: `base_path` and `admin_path`.
    pub root: String,
    /// The hidden field `token` of every form.
    pub token: String,
    /// Who is signed in.
    pub name: &'a str,
    /// Where this page belongs.
    pub section: Section,
}

/// An entry of the navigation.
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// Its text.
    pub label: &'static str,
    /// The path of its picture, 24 by 24.
    pub icon: &'static str,
    /// Whether this page belongs there.
    pub is_current: bool,
}

/// A page, whose forms go to our own origin alone.
pub fn page(template: &impl Template) -> Result<Page, NotRendered> {
    page_of(Status::Ok, template, "form-action 'self'")
}

/// A page with a script of ours that asks our own origin how something goes on.
pub fn live(template: &impl Template) -> Result<Page, NotRendered> {
    page_of(Status::Ok, template, "form-action 'self'; script-src 'self'; connect-src 'self'")
}

/// The page of a form that something is wrong with.
pub fn wrong(template: &impl Template) -> Result<Page, NotRendered> {
    page_of(Status::UnprocessableEntity, template, "form-action 'self'")
}

/// Its style sheets are files, because whoever sees one page sees more of them.
fn page_of(status: Status, template: &impl Template, policy: &str) -> Result<Page, NotRendered> {
    Ok(Page::new(status, template, policy)?.style("'self'"))
}

/// What was done a moment ago, by the word that an address brings (`?done=`). Other words say nothing.
pub fn done(params: &Params, t: &Texts) -> Option<&'static str> {
    params.lenient("done").and_then(t.admin.shell.done)
}

/// `?q=…`, or "": a field without a value is left out.
pub fn query<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
    Some(query.finish()).filter(|query| !query.is_empty()).map(|query| format!("?{query}")).unwrap_or_default()
}

impl Section {
    const ALL: [Self; 6] = [Self::Overview, Self::People, Self::Refused, Self::Sync, Self::Trail, Self::Doctor];

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::People => "/people",
            Self::Refused => "/refused",
            Self::Sync => "/sync",
            Self::Trail => "/audit",
            Self::Doctor => "/doctor",
        }
    }

    fn label(self, t: &Texts) -> &'static str {
        match self {
            Self::Overview => t.admin.shell.overview,
            Self::People => t.admin.shell.people,
            Self::Refused => t.admin.shell.refused,
            Self::Sync => t.admin.shell.sync,
            Self::Trail => t.admin.shell.trail,
            Self::Doctor => t.admin.shell.doctor,
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Overview => "M4 20V10M10 20V4M16 20v-7M21 20H3",
            Self::People => {
                "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-1a7 7 0 0 1 14 0v1M16 3.2a4 4 0 0 1 0 7.6M18.5 14.6A7 7 0 0 1 22 20.5v.5"
            }
            Self::Refused => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.6 5.6l12.8 12.8",
            Self::Sync => "M4 11a8 8 0 0 1 14-4.2L20.5 9M20.5 4v5h-5M20 13a8 8 0 0 1-14 4.2L3.5 15M3.5 20v-5h5",
            Self::Trail => "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
            Self::Doctor => "M3 12h4l3-8 4 16 3-8h4",
        }
    }
}

impl Shell<'_> {
    /// The navigation.
    pub fn links(&self, t: &Texts) -> Vec<Link> {
        let link = |section: Section| Link {
            href: [&self.root, section.path()].concat(),
            label: section.label(t),
            icon: section.icon(),
            is_current: section == self.section,
        };
        Section::ALL.map(link).into()
    }
}
