//! `/admin/people/import`, and the file to fill in.

use askama::Template;
use rocket::{
    Responder, Route, State, get,
    http::{ContentType, Header, uri::Origin},
    post, routes,
};

use super::{
    Uploads,
    plan::fingerprint,
    preview::Preview,
    upload::{NoFile, Uploaded},
    uploads::{File, Full},
};
use crate::{
    admin::{Administrator, Posted, Section, Shell, refusal::PersonRefusal, shell},
    db::{Conn, Db},
    i18n::Reader,
    people::{self, LastAdmin, Reason},
    users::sheet::{self, BadRow, Options, ReadError, Sheet},
    web::{
        page::{Frame, Page},
        params::Params,
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

/// How many wrong rows are shown.
const SHOWN: usize = 1000;

pub fn routes() -> Vec<Route> {
    routes![form, upload, apply, workbook, csv]
}

#[derive(Template)]
#[template(path = "admin/import.html")]
struct ImportPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    /// Why there is nothing to be shown.
    error: Option<String>,
    bad_rows: Vec<BadRow>,
    more: usize,
}

#[derive(Template)]
#[template(path = "admin/import_preview.html")]
struct PreviewPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    name: String,
    upload: String,
    ignored: Vec<String>,
    /// Whether the table has changed since the last preview.
    is_stale: bool,
    preview: Preview,
}

#[derive(Responder)]
enum Sent {
    Shown(SeeOther),
    Wrong(Page),
}

/// A file for a spreadsheet.
#[derive(Responder)]
struct Download(Vec<u8>, ContentType, Header<'static>, Header<'static>);

impl ImportPage<'_> {
    fn bad_rows_in_words(&self) -> String {
        (self.frame.t.admin.import.bad_rows)(self.bad_rows.len() + self.more)
    }

    fn more_in_words(&self) -> Option<String> {
        (self.more > 0).then(|| (self.frame.t.admin.import.more)(self.more))
    }

    fn column<'b>(&self, row: &'b BadRow) -> &'b str {
        row.heading.as_deref().unwrap_or_default()
    }

    fn problem(&self, row: &BadRow) -> String {
        (self.frame.t.bad_value)(&row.problem)
    }

    fn value<'b>(&self, row: &'b BadRow) -> &'b str {
        row.value.as_deref().unwrap_or_default()
    }
}

impl PreviewPage<'_> {
    fn counts(&self) -> [(&'static str, usize); 4] {
        let (t, counts) = (&self.frame.t.admin.import, &self.preview.counts);
        [
            (t.added, counts.added),
            (t.changed, counts.changed),
            (t.disabled, counts.disabled),
            (t.unchanged, counts.unchanged),
        ]
    }

    fn does_anything(&self) -> bool {
        self.preview.counts.added + self.preview.counts.changed > 0
    }

    fn more_in_words(&self) -> Option<String> {
        (self.preview.more > 0).then(|| (self.frame.t.admin.import.more)(self.preview.more))
    }

    fn ignored_in_words(&self) -> Option<String> {
        (!self.ignored.is_empty()).then(|| (self.frame.t.admin.import.ignored)(&self.ignored.join(", ")))
    }
}

#[get("/people/import")]
async fn form(
    frame: Frame<'_>,
    who: Administrator<'_>,
    uri: &Origin<'_>,
    uploads: &State<Uploads>,
    db: &State<Db>,
) -> Result<Page, PageProblem> {
    let params = Params::of_query(uri);
    let Some(id) = params.lenient("upload") else {
        return Ok(shell::page(&empty(frame, &who, None))?);
    };
    let Some(file) = uploads.find(who.session.id, id) else {
        let expired = frame.t.admin.import.expired.to_owned();
        return Ok(shell::page(&empty(frame, &who, Some(expired)))?);
    };
    let Ok(Sheet { people, ignored, .. }) = read(&who, &file).await? else {
        return Err(Problem::internal("a file that was good is not any more").into());
    };
    let plan = people::preview(&mut *db.read().await?, people, &who.by(Reason::Import)).await?;
    let yourself = (who.corp_id().clone(), who.user.userid.clone());
    let page = PreviewPage {
        shell: who.shell(Section::People),
        name: file.name.clone(),
        upload: id.to_owned(),
        ignored,
        is_stale: params.has("stale"),
        preview: Preview::of(&plan, &yourself, frame.t),
        frame,
    };
    Ok(shell::page(&page)?)
}

#[post("/people/import", data = "<sent>")]
async fn upload(frame: Frame<'_>, sent: Uploaded<'_>, uploads: &State<Uploads>) -> Result<Sent, PageProblem> {
    let (who, t) = (sent.who, &frame.t.admin.import);
    let wrong = |error: &str| Some(error.to_owned());
    let page = match sent.file {
        Err(NoFile::NotChosen) => empty(frame, &who, wrong(t.no_file)),
        Err(NoFile::TooLarge) => empty(frame, &who, wrong(t.too_large)),
        Ok(file) => match read(&who, &file).await? {
            Ok(_) => match uploads.keep(who.session.id, file) {
                Ok(id) => return Ok(Sent::Shown(SeeOther(format!("{}/people/import?upload={id}", who.root())))),
                Err(Full) => empty(frame, &who, wrong(t.full)),
            },
            Err(ReadError::Rows(rows)) => {
                let more = rows.len().saturating_sub(SHOWN);
                ImportPage { bad_rows: rows.into_iter().take(SHOWN).collect(), more, ..empty(frame, &who, None) }
            }
            Err(ReadError::File(bad)) => {
                let why = (frame.t.bad_file)(&bad, Reader::Page);
                empty(frame, &who, Some((t.unreadable)(&why)))
            }
        },
    };
    Ok(Sent::Wrong(shell::wrong(&page)?))
}

#[post("/people/import-apply", data = "<sent>")]
async fn apply(sent: Posted<'_>, uploads: &State<Uploads>) -> Result<SeeOther, PageProblem> {
    let who = &sent.who;
    let (id, shown) = (sent.fields.plain("upload", 64)?, sent.fields.plain("plan", 64)?);
    let here = format!("{}/people/import", who.root());
    let Some(file) = uploads.find(who.session.id, id) else {
        return Ok(SeeOther(format!("{here}?upload={id}")));
    };
    let Ok(Sheet { people, .. }) = read(who, &file).await? else {
        return Err(Problem::internal("a file that was good is not any more").into());
    };
    let by = who.by(Reason::Import);
    let as_shown = async |tx: &mut Conn| {
        if fingerprint(&people::preview(tx, people.clone(), &by).await?) != shown {
            return Ok(false);
        }
        people::import(tx, &by, people, LastAdmin::Stays, |_| {}).await?;
        Ok::<_, PersonRefusal>(true)
    };
    if !who.transaction(as_shown).await? {
        return Ok(SeeOther(format!("{here}?upload={id}&stale=yes")));
    }
    uploads.forget(who.session.id, id);
    Ok(who.leads_to_list("imported"))
}

#[get("/people/template.xlsx")]
fn workbook(frame: Frame<'_>, _who: Administrator<'_>) -> Result<Download, PageProblem> {
    template(
        &frame,
        "people.xlsx",
        ContentType::new("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )
}

#[get("/people/template.csv")]
fn csv(frame: Frame<'_>, _who: Administrator<'_>) -> Result<Download, PageProblem> {
    template(&frame, "people.csv", ContentType::CSV)
}

fn template(frame: &Frame<'_>, name: &str, kind: ContentType) -> Result<Download, PageProblem> {
    let file = sheet::template(name, frame.locale, false).map_err(Problem::internal)?;
    let saved = Header::new("Content-Disposition", format!("attachment; filename=\"{name}\""));
    Ok(Download(file, kind, saved, Header::new("Cache-Control", "no-store")))
}

fn empty<'a>(frame: Frame<'a>, who: &'a Administrator<'_>, error: Option<String>) -> ImportPage<'a> {
    ImportPage { frame, shell: who.shell(Section::People), error, bad_rows: Vec::new(), more: 0 }
}

/// People of the administrator's own corp; another one is as good as unknown. A large file takes seconds, in which no
/// request waits for it.
async fn read(who: &Administrator<'_>, file: &File) -> Result<Result<Sheet, ReadError>, Problem> {
    let corps = [who.corp_id().clone()];
    let (bytes, ignore_unknown) = (file.bytes.clone(), file.ignore_unknown);
    let read = move || sheet::read(&bytes, &corps, Options { ignore_unknown, sheet: None });
    tokio::task::spawn_blocking(read).await.map_err(Problem::internal)
}

#[cfg(test)]
#[path = "samples.rs"]
pub mod samples;
