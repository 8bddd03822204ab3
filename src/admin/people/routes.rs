//! `/admin/people`: everybody whom the table knows, page by page.

use askama::Template;
use rocket::{Route, get, http::uri::Origin, routes};
use rocket_db_pools::Connection;

use super::query::{ON_A_PAGE, Query, SOURCES};
use crate::{
    admin::{Administrator, Section, Shell, guard::address_of, shell},
    db::Db,
    i18n::local,
    users::{self, Role, Sort, Status, User},
    web::{
        page::{Frame, Page},
        params::Params,
        problem::PageProblem,
    },
};

pub fn routes() -> Vec<Route> {
    routes![people]
}

#[derive(Template)]
#[template(path = "admin/people.html")]
struct PeoplePage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    query: Query,
    people: Vec<User>,
    /// On all pages.
    found: i64,
    /// What was done a moment ago.
    done: Option<&'static str>,
}

/// A column that the list can be sorted by.
struct Column {
    sort: Sort,
    label: &'static str,
}

impl PeoplePage<'_> {
    fn found_in_words(&self) -> String {
        (self.frame.t.admin.people.found)(self.found)
    }

    fn pages(&self) -> u32 {
        pages_of(self.found)
    }

    fn previous(&self) -> Option<String> {
        let page = self.query.page - 1;
        (page > 0).then(|| self.address(&self.query.at_page(page)))
    }

    fn next(&self) -> Option<String> {
        (self.query.page < self.pages()).then(|| self.address(&self.query.at_page(self.query.page + 1)))
    }

    fn position(&self) -> String {
        (self.frame.t.admin.people.page_of)(self.query.page, self.pages())
    }

    fn sorted_by(&self, column: &Column) -> String {
        self.address(&self.query.sorted(column.sort))
    }

    fn address(&self, query: &Query) -> String {
        [&self.shell.root, "/people", &query.to_address()].concat()
    }

    fn columns(&self) -> [Column; 4] {
        let t = &self.frame.t.admin.words;
        let column = |sort, label| Column { sort, label };
        [
            column(Sort::Name, t.name),
            column(Sort::Userid, t.userid),
            column(Sort::LastSignIn, t.last_sign_in),
            column(Sort::Updated, t.updated),
        ]
    }

    fn address_of(&self, person: &User) -> String {
        address_of(&self.shell.root, person.corp_id.as_str(), person.userid.as_str())
    }

    /// How a column is sorted that is: names from the first, times from the last.
    fn direction(&self, column: &Column) -> &'static str {
        match column.sort {
            Sort::Name | Sort::Userid => "ascending",
            Sort::LastSignIn | Sort::Updated => "descending",
        }
    }

    fn last_sign_in(&self, person: &User) -> Option<String> {
        person.last_signed_in_at.map(local)
    }

    fn updated(&self, person: &User) -> String {
        local(person.updated_at)
    }

    fn departments(&self, person: &User) -> String {
        let separator = if self.frame.t.lang == "en" { ", " } else { "、" };
        person.departments().collect::<Vec<_>>().join(separator)
    }

    fn source_of(&self, word: &str) -> String {
        (self.frame.t.admin.words.source_of)(word).map_or_else(|| word.to_owned(), str::to_owned)
    }
}

#[get("/people")]
async fn people(
    frame: Frame<'_>,
    who: Administrator<'_>,
    uri: &Origin<'_>,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let params = Params::of_query(uri);
    let mut query = Query::of(&params);
    let matches = users::matches(&mut db, &query.search(who.corp_id().clone())).await?;
    let found = matches.count;
    query.page = query.page.min(pages_of(found));
    let people = users::page(&mut db, &query.search(who.corp_id().clone()), &matches).await?;
    let done = shell::done(&params, frame.t);
    Ok(shell::page(&PeoplePage { frame, shell: who.shell(Section::People), query, people, found, done })?)
}

fn pages_of(found: i64) -> u32 {
    u32::try_from(found).unwrap_or(u32::MAX).div_ceil(ON_A_PAGE).max(1)
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        admin::samples::shell,
        sessions::routes::samples::user,
        web::testing::{HOSTILE, Sample, frame},
    };

    let page = |people: Vec<User>, found, page| PeoplePage {
        frame: frame(locale),
        shell: shell(Section::People),
        query: Query { text: HOSTILE.to_owned(), page, ..Query::default() },
        people,
        found,
        done: Some(HOSTILE),
    };
    let pages = [page(Vec::new(), 0, 1), page(vec![user(), user()], 140, 2)];
    pages.iter().map(|page| Sample::of("admin/people.html", page)).collect()
}
