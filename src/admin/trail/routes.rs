//! `/admin/audit` and `/admin/audit.csv`.

use askama::Template;
use rocket::{
    Responder, Route, State, get,
    http::{ContentType, Header, uri::Origin},
    response::stream::ByteStream,
    routes,
};
use rocket_db_pools::Connection;

use super::{
    query::{BadTime, ON_A_PAGE, Query},
    words,
};
use crate::{
    admin::{Administrator, Section, Shell, shell},
    audit::{self, Event, Filter, Row},
    db::{Db, Pools},
    i18n::{local, local_ms},
    users,
    web::{
        page::{Frame, Page},
        params::{ParamError, Params},
        problem::PageProblem,
    },
};

/// Rows that the file's writer reads at a time.
const PORTION: u64 = 2_000;

pub fn routes() -> Vec<Route> {
    routes![trail, file]
}

#[derive(Template)]
#[template(path = "admin/trail.html")]
struct TrailPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    query: Query,
    rows: Vec<Shown>,
    has_older: bool,
    /// The field whose time cannot be read.
    bad_time: Option<&'static str>,
}

/// A row as the page shows it.
struct Shown {
    at: String,
    at_exactly: String,
    event: String,
    actor: String,
    userid: String,
    name: Option<String>,
    app: String,
    address: String,
    request_id: String,
    details: Vec<(String, String)>,
}

impl TrailPage<'_> {
    fn address(&self, page: u32) -> String {
        [&self.shell.root, "/audit", &self.query.at_page(page).to_address()].concat()
    }

    fn file(&self) -> String {
        [&self.shell.root, "/audit.csv", &self.query.at_page(1).to_address()].concat()
    }

    fn events(&self) -> impl Iterator<Item = (&'static str, String)> {
        let name = |event: &Event| (event.as_str(), event_name(&self.frame, event.as_str()));
        Event::ALL.iter().map(name).collect::<Vec<_>>().into_iter()
    }

    fn is_chosen(&self, event: &str) -> bool {
        self.query.event.is_some_and(|chosen| chosen.as_str() == event)
    }

    /// A field for a date, unless something else was written.
    fn kind(&self, value: &str) -> &'static str {
        let is_date = value.len() == 10 && value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if value.is_empty() || is_date { "date" } else { "text" }
    }

    fn is_bad(&self, field: &str) -> bool {
        self.bad_time == Some(field)
    }
}

#[get("/audit")]
async fn trail(
    frame: Frame<'_>,
    who: Administrator<'_>,
    uri: &Origin<'_>,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let query = Query::of(&Params::of_query(uri));
    let (mut rows, bad_time) = match query.times() {
        Ok(times) => {
            let filter = query.filter(&mut db, who.corp_id(), times).await?;
            let skip = u64::from(query.page - 1) * u64::from(ON_A_PAGE);
            // One more than is shown tells whether there are older ones.
            let filter = Filter { skip, most: u64::from(ON_A_PAGE) + 1, ..filter };
            (audit::list(&mut db, &filter).await?, None)
        }
        Err(BadTime(field)) => (Vec::new(), Some(field)),
    };
    let has_older = rows.len() > ON_A_PAGE as usize;
    rows.truncate(ON_A_PAGE as usize);
    let names = users::names(&mut db, who.corp_id(), rows.iter().map(|row| &*row.userid)).await?;
    let rows = rows.into_iter().map(|row| shown(&frame, row, &names)).collect();
    let shell = who.shell(Section::Trail);
    Ok(shell::page(&TrailPage { frame, shell, query, rows, has_older, bad_time })?)
}

fn shown(frame: &Frame<'_>, row: Row, names: &std::collections::HashMap<String, String>) -> Shown {
    let t = frame.t;
    Shown {
        at: local(row.at.div_euclid(1000)),
        at_exactly: local_ms(row.at),
        event: event_name(frame, &row.event),
        actor: (t.reports.trail.actor_of)(&row.actor).unwrap_or_else(|| row.actor.clone()),
        name: names.get(&row.userid).cloned(),
        details: words::details(&row, t),
        userid: row.userid,
        app: row.app,
        address: row.address,
        request_id: row.request_id,
    }
}

fn event_name(frame: &Frame<'_>, word: &str) -> String {
    (frame.t.reports.event)(word).unwrap_or(word).to_owned()
}

/// A file to be kept, which no browser shows as a page.
#[derive(Responder)]
struct Download<S> {
    rows: S,
    kind: ContentType,
    disposition: Header<'static>,
    cache: Header<'static>,
    sniff: Header<'static>,
}

#[get("/audit.csv")]
async fn file(
    who: Administrator<'_>,
    uri: &Origin<'_>,
    db: &State<Db>,
) -> Result<Download<ByteStream![Vec<u8>]>, PageProblem> {
    let query = Query::of(&Params::of_query(uri));
    let times = query.times().map_err(|BadTime(field)| ParamError::Malformed(field))?;
    let filter = query.filter(&mut *db.read().await?, who.corp_id(), times).await?;
    Ok(Download {
        rows: rows(Pools::clone(db), Filter { most: PORTION, ..filter }),
        kind: ContentType::CSV,
        disposition: Header::new("Content-Disposition", "attachment; filename=\"audit.csv\""),
        cache: Header::new("Cache-Control", "no-store"),
        sniff: Header::new("X-Content-Type-Options", "nosniff"),
    })
}

/// The file in portions. Between two of them no connection is kept: whoever reads slowly keeps nobody else from reading.
fn rows(pools: Pools, mut filter: Filter) -> ByteStream![Vec<u8>] {
    ByteStream! {
        let mut is_first = true;
        loop {
            let read = async { audit::list(&mut *pools.read().await?, &filter).await }.await;
            let rows = match read {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, "an export of the trail broke off");
                    // A file that breaks off must not pass for a whole one.
                    yield b"\"the export is incomplete: the database failed\"\r\n".to_vec();
                    break;
                }
            };
            let mut portion = Vec::new();
            if audit::write_csv(&mut portion, is_first, &rows).is_err() {
                break;
            }
            yield portion;
            let Some(last) = rows.last() else { break };
            filter.before = Some((last.at, last.id));
            is_first = false;
        }
    }
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        admin::samples::shell,
        web::testing::{HOSTILE, Sample, frame},
    };

    let text = || HOSTILE.to_owned();
    let row = || Shown {
        at: text(),
        at_exactly: text(),
        event: text(),
        actor: text(),
        userid: text(),
        name: Some(text()),
        app: text(),
        address: text(),
        request_id: text(),
        details: vec![(text(), text())],
    };
    let page = |rows, page, bad_time| TrailPage {
        frame: frame(locale),
        shell: shell(Section::Trail),
        query: Query { text: text(), event: Some(Event::Refused), since: text(), until: "2026-11-02".into(), page },
        rows,
        has_older: page == 2,
        bad_time,
    };
    let pages = [page(vec![row(), row()], 2, None), page(Vec::new(), 1, Some("since"))];
    pages.iter().map(|page| Sample::of("admin/trail.html", page)).collect()
}
