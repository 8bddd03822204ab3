//! Who was refused lately, and the button that lets them in.

use askama::Template;
use form_urlencoded::Serializer;
use rocket::{Route, State, get, http::uri::Origin, post, routes};
use rocket_db_pools::Connection;

use super::{Administrator, Posted, Section, Shell, guard::address_of, overview::reason, shell, trail::plain};
use crate::{
    audit::{self, RefusedPerson, RefusedSearch, Row},
    clock::Clock,
    db::{Conn, Db},
    dingtalk::{Dingtalk, DingtalkApp, EmployeeDetails},
    i18n::{local, local_ms, sentences},
    ids::{CorpId, DingUserId},
    people::{self, NotAdded, Reason},
    users::{self, NewUser, Status},
    web::{
        page::{Frame, Page},
        params::{ParamError, Params},
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

/// How far back the page looks.
const WINDOW_MS: i64 = 30 * 24 * 3_600_000;
const ON_A_PAGE: u64 = 50;
/// The longest text to search for, in characters.
const LONGEST: usize = 100;

pub fn routes() -> Vec<Route> {
    routes![refused, add]
}

#[derive(Template)]
#[template(path = "admin/refused.html")]
struct RefusedPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    corp_id: String,
    text: String,
    page: u64,
    people: Vec<Shown>,
    has_older: bool,
    /// What became of the request that was searched for, where it was not a person's.
    of_request: Option<String>,
    /// What was done a moment ago.
    done: Option<&'static str>,
}

/// Somebody who was refused, as the page shows them.
struct Shown {
    name: String,
    userid: String,
    app: String,
    at: String,
    at_exactly: String,
    times: u64,
    reason: String,
    request_id: String,
    standing: Standing,
}

/// Where somebody stands by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Not in the table.
    Unlisted,
    /// Added meanwhile.
    Active,
    Disabled,
}

impl RefusedPage<'_> {
    fn address(&self, page: u64) -> String {
        let mut query = Serializer::new(String::new());
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        format!("{}/refused?{}", self.shell.root, query.append_pair("page", &page.to_string()).finish())
    }

    fn person(&self, person: &Shown) -> String {
        address_of(&self.shell.root, &self.corp_id, &person.userid)
    }
}

#[get("/refused")]
async fn refused(
    frame: Frame<'_>,
    who: Administrator<'_>,
    uri: &Origin<'_>,
    clock: &State<Clock>,
    dingtalk: &Dingtalk,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let params = Params::of_query(uri);
    let text = plain(params.lenient("q"), LONGEST);
    let page = params.lenient("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, 10_000);
    let request = audit::refusal_of_request(&mut db, who.corp_id(), &text).await?;
    let request = request.filter(|row| is_of_own_app(row, dingtalk, who.corp_id()));
    let (mut people, of_request) = match request {
        Some(row) if is_of_a_person(&row) => (vec![RefusedPerson { times: times(&row), last: row }], None),
        Some(row) => (Vec::new(), Some(row)),
        None => (found(&mut db, who.corp_id(), clock, text.clone(), page).await?, None),
    };
    let has_older = people.len() as u64 > ON_A_PAGE;
    people.truncate(usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX));
    let mut shown = Vec::new();
    for person in people {
        shown.extend(show(&mut db, &frame, who.corp_id(), person).await?);
    }
    let of_request = of_request.map(|row| in_words(&frame, &row));
    let done = match params.lenient("done") {
        Some("added") => Some(frame.t.reports.refused.added),
        Some("already-there") => Some(frame.t.reports.refused.already_there),
        _ => None,
    };
    let (shell, corp_id) = (who.shell(Section::Refused), who.corp_id().to_string());
    Ok(shell::page(&RefusedPage { frame, shell, corp_id, text, page, people: shown, has_older, of_request, done })?)
}

/// One more than fits on a page.
async fn found(
    db: &mut Conn,
    corp_id: &CorpId,
    clock: &Clock,
    text: String,
    page: u64,
) -> sqlx::Result<Vec<RefusedPerson>> {
    let search = RefusedSearch {
        corp_id: corp_id.clone(),
        since_ms: clock.now_ms() - WINDOW_MS,
        text,
        skip: (page - 1) * ON_A_PAGE,
        most: ON_A_PAGE + 1,
    };
    audit::refused_people(db, &search).await
}

async fn show(
    db: &mut Conn,
    frame: &Frame<'_>,
    corp_id: &CorpId,
    person: RefusedPerson,
) -> sqlx::Result<Option<Shown>> {
    let RefusedPerson { times, last } = person;
    let Ok(userid) = DingUserId::new(last.userid.clone()) else { return Ok(None) };
    let known = users::find(db, corp_id, &userid).await?;
    let standing = match known.as_ref().map(|user| user.status) {
        None => Standing::Unlisted,
        Some(Status::Active) => Standing::Active,
        Some(Status::Disabled) => Standing::Disabled,
    };
    let name = name_of(&last).or_else(|| known.map(|user| user.name));
    Ok(Some(Shown {
        name: name.unwrap_or_else(|| frame.t.reports.refused.nameless.to_owned()),
        at: local(last.at.div_euclid(1000)),
        at_exactly: local_ms(last.at),
        times,
        reason: reason(frame.t, word(&last)).to_owned(),
        userid: last.userid,
        app: last.app,
        request_id: last.request_id,
        standing,
    }))
}

/// The refusal of a request that was no person's.
fn in_words(frame: &Frame<'_>, row: &Row) -> String {
    let between = if frame.t.lang == "en" { ": " } else { "：" };
    let what = [frame.t.reports.refused.of_request, between, reason(frame.t, word(row))].concat();
    let at = local(row.at.div_euclid(1000));
    sentences(&what, &if row.app.is_empty() { at } else { format!("{at} · {}", row.app) })
}

/// A refusal from before anyone knew whose it was may name the app.
fn is_of_own_app(row: &Row, dingtalk: &Dingtalk, corp_id: &CorpId) -> bool {
    let mut apps = dingtalk.apps().iter();
    !row.corp_id.is_empty()
        || row.app.is_empty()
        || apps.any(|app| app.config.name == row.app && app.config.corp_id == *corp_id)
}

fn is_of_a_person(row: &Row) -> bool {
    !row.userid.is_empty() && ["not-listed", "disabled"].contains(&word(row))
}

fn word(row: &Row) -> &str {
    row.detail.get("reason").and_then(|word| word.as_str()).unwrap_or_default()
}

fn times(row: &Row) -> u64 {
    row.detail.get("times").and_then(serde_json::Value::as_u64).unwrap_or(1)
}

/// The name that DingTalk gave.
fn name_of(row: &Row) -> Option<String> {
    let name = row.detail.get("name")?.as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Lets somebody in who was refused. Nobody else: the name comes from the refusal, or from DingTalk itself.
#[post("/refused/add", data = "<form>")]
async fn add(form: Posted<'_>, dingtalk: &Dingtalk, db: &State<Db>) -> Result<SeeOther, PageProblem> {
    let who = &form.who;
    let userid = DingUserId::new(form.fields.required("userid")?).map_err(|_| ParamError::Malformed("userid"))?;
    let refusal = audit::last_refusal(&mut *db.read().await?, who.corp_id(), &userid).await?;
    let refusal = refusal.ok_or_else(Problem::not_found)?;
    let newcomer = newcomer(dingtalk, who.corp_id(), userid, &refusal).await;
    let by = who.by(Reason::Page);
    let done = match who.transaction(async |tx| people::add(tx, &by, newcomer).await).await {
        Ok(_) => "added",
        Err(NotAdded::AlreadyThere) => "already-there",
        Err(NotAdded::Database(error)) => return Err(error.into()),
    };
    Ok(SeeOther(format!("{}/refused?done={done}", who.root())))
}

/// With what DingTalk tells of the employee. Where it tells nothing, the name of the refusal is enough to sign in.
async fn newcomer(dingtalk: &Dingtalk, corp_id: &CorpId, userid: DingUserId, refusal: &Row) -> NewUser {
    let apps = || dingtalk.apps().iter().filter(|app| app.config.corp_id == *corp_id);
    let app = apps().find(|app| app.config.name == refusal.app).or_else(|| apps().next());
    let (mut employee, departments) = match app {
        Some(app) => details(app, &userid).await,
        None => Default::default(),
    };
    employee.name = employee.name.or_else(|| name_of(refusal));
    users::newcomer(corp_id.clone(), userid, &employee, &departments)
}

async fn details(
    app: &DingtalkApp,
    userid: &DingUserId,
) -> (EmployeeDetails, Vec<crate::dingtalk::departments::DepartmentPath>) {
    let employee = app.employee(userid).await.unwrap_or_else(|error| {
        tracing::warn!(%error, app = app.config.name, "a new person's details could not be read from DingTalk");
        EmployeeDetails::default()
    });
    if employee.departments.is_empty() {
        return (employee, Vec::new());
    }
    let departments = app.department_paths(&employee.departments).await.unwrap_or_else(|error| {
        tracing::warn!(%error, app = app.config.name, "a new person's departments could not be read from DingTalk");
        Vec::new()
    });
    (employee, departments)
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        admin::samples::shell,
        web::testing::{HOSTILE, Sample, frame},
    };

    let text = || HOSTILE.to_owned();
    let shown = |standing| Shown {
        name: text(),
        userid: text(),
        app: text(),
        at: text(),
        at_exactly: text(),
        times: 3,
        reason: text(),
        request_id: text(),
        standing,
    };
    let page = |people, page, done, of_request: Option<&str>| RefusedPage {
        frame: frame(locale),
        shell: shell(Section::Refused),
        corp_id: text(),
        text: text(),
        page,
        people,
        has_older: page == 2,
        of_request: of_request.map(str::to_owned),
        done,
    };
    let all = [Standing::Unlisted, Standing::Active, Standing::Disabled].map(shown).into();
    let pages =
        [page(all, 2, Some(HOSTILE), None), page(Vec::new(), 1, None, Some(HOSTILE)), page(Vec::new(), 1, None, None)];
    pages.iter().map(|page| Sample::of("admin/refused.html", page)).collect()
}
