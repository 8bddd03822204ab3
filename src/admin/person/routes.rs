//! `/admin/people/<corp_id>/<userid>`, and what is done there. What cannot be taken back asks once, on a page of its own.

use askama::Template;
use rocket::{Responder, Route, State, get, http::uri::Origin, post, routes};
use rocket_db_pools::Connection;

use super::{
    Act,
    act::{end_session, is_last_admin},
    origin,
    question::Question,
};
use crate::{
    admin::{
        Administrator, Posted, Section, Shell,
        guard::path_segment,
        person_form::{Filled, PersonForm},
        refusal::PersonRefusal,
        shell,
    },
    audit::{self, Event},
    db::{Conn, Db},
    i18n::{Texts, local},
    people::{self, LastAdmin, Reason},
    sessions::{self, Listed, device},
    users::{Role, Status, User},
    web::{
        page::{Frame, Page},
        params::Params,
        problem::PageProblem,
        see_other::SeeOther,
    },
};

/// How many rows of the trail are shown.
const LATEST: u64 = 20;
/// How many of a kind are read to tell where a value came from.
const READ: u64 = 50;

pub fn routes() -> Vec<Route> {
    routes![person, edit, ask, carry_out, end_one]
}

#[derive(Template)]
#[template(path = "admin/person.html")]
struct PersonPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    person: User,
    address: String,
    facts: Vec<Fact>,
    sessions: Vec<SessionRow>,
    form: PersonForm,
    trail: Vec<TrailRow>,
    done: Option<&'static str>,
}

/// A value, and where it came from.
struct Fact {
    label: &'static str,
    value: String,
    origin: Option<String>,
}

struct SessionRow {
    id: i64,
    device: String,
    address: String,
    last_seen: String,
}

struct TrailRow {
    at: String,
    event: String,
    actor: String,
    address: String,
}

impl PersonPage<'_> {
    fn is_active(&self) -> bool {
        self.person.status == Status::Active
    }

    fn trail_address(&self) -> String {
        format!("{}/audit?q={}", self.shell.root, path_segment(self.person.userid.as_str()))
    }

    fn is_admin(&self) -> bool {
        self.person.role == Role::Admin
    }
}

#[derive(Responder)]
enum Edited {
    Done(SeeOther),
    Wrong(Page),
}

#[get("/people/<corp_id>/<userid>")]
async fn person(
    frame: Frame<'_>,
    who: Administrator<'_>,
    corp_id: &str,
    userid: &str,
    uri: &Origin<'_>,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let person = who.in_own_corp(corp_id)?.find(&mut db, userid).await?;
    let form = PersonForm::of(frame.t, &person);
    let done = shell::done(&Params::of_query(uri), frame.t);
    Ok(shell::page(&page(frame, &who, person, form, done, &mut db).await?)?)
}

/// Everything about a person, with a form as it stands or as it was sent.
async fn page<'a>(
    frame: Frame<'a>,
    who: &'a Administrator<'_>,
    person: User,
    form: PersonForm,
    done: Option<&'static str>,
    db: &mut Conn,
) -> sqlx::Result<PersonPage<'a>> {
    let t = frame.t;
    let listed = sessions::list(db, Some(person.id), &who.policy(), who.now()).await?;
    let ago = |at: i64| (t.home.ago)((who.now() - at).max(0));
    let session = |row: Listed| SessionRow {
        id: row.id,
        device: device::name(&row.user_agent).unwrap_or_else(|| t.home.unknown_device.to_owned()),
        address: row.address,
        last_seen: ago(row.last_seen_at),
    };
    let mut filter = audit::Filter {
        corp_id: Some(person.corp_id.to_string()),
        people: Some(vec![person.userid.to_string()]),
        most: LATEST,
        ..audit::Filter::default()
    };
    let latest = audit::list(db, &filter).await?;
    let trail = latest.into_iter().map(|row| TrailRow {
        at: local(row.at.div_euclid(1000)),
        event: (t.reports.event)(&row.event).map_or(row.event, str::to_owned),
        actor: actor(t, &row.actor),
        address: row.address,
    });
    let mut changes = Vec::new();
    filter.most = READ;
    for event in [Event::UserChanged, Event::RoleChanged, Event::UserDisabled, Event::UserEnabled, Event::UserAdded] {
        filter.event = Some(event);
        changes.extend(audit::list(db, &filter).await?);
    }
    changes.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    Ok(PersonPage {
        shell: who.shell(Section::People),
        address: who.address_of(&person),
        facts: facts(&frame, &person, &changes),
        sessions: listed.into_iter().map(session).collect(),
        trail: trail.collect(),
        frame,
        person,
        form,
        done,
    })
}

fn actor(t: &Texts, word: &str) -> String {
    (t.reports.trail.actor_of)(word).unwrap_or_else(|| word.to_owned())
}

fn facts(frame: &Frame<'_>, person: &User, changes: &[audit::Row]) -> Vec<Fact> {
    let words = &frame.t.admin.words;
    let t = &frame.t.admin.person;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let role = if person.role == Role::Admin { words.admin } else { words.user };
    let status = match (person.status, person.disabled_because) {
        (Status::Active, _) => words.active.to_owned(),
        (Status::Disabled, why) => (t.disabled_because)(why.map_or("", |why| why.as_str())),
    };
    let source = (words.source_of)(&person.source).map_or_else(|| person.source.clone(), str::to_owned);
    let with_origin = |column, label, value| Fact {
        label,
        value,
        origin: origin::of(column, person, changes)
            .map(|origin| (t.set_by)(&actor(frame.t, &origin.actor), &local(origin.at_ms.div_euclid(1000)))),
    };
    let plain = |label, value| Fact { label, value, origin: None };
    vec![
        plain(words.userid, person.userid.to_string()),
        with_origin("name", words.name, person.name.clone()),
        with_origin("status", words.status, status),
        with_origin("role", words.role, role.to_owned()),
        with_origin("mobile", words.mobile, text(&person.mobile)),
        with_origin("email", words.email, text(&person.email)),
        with_origin("department", words.department, text(&person.department)),
        with_origin("title", words.title, text(&person.title)),
        plain(words.source, format!("{source} · {}", local(person.created_at))),
        plain(words.last_sign_in, person.last_signed_in_at.map_or_else(|| words.never.to_owned(), local)),
    ]
}

#[post("/people/<corp_id>/<userid>", data = "<sent>")]
async fn edit(
    frame: Frame<'_>,
    sent: Posted<'_>,
    corp_id: &str,
    userid: &str,
    db: &State<Db>,
) -> Result<Edited, PageProblem> {
    let who = sent.who.in_own_corp(corp_id)?;
    let filled = match PersonForm::read(frame.t, &sent.fields, false)? {
        Ok(filled) => filled,
        Err(form) => {
            let mut db = db.read().await?;
            let person = who.find(&mut db, userid).await?;
            let page = page(frame, who, person, form, None, &mut db).await?;
            return Ok(Edited::Wrong(shell::wrong(&page)?));
        }
    };
    let by = who.by(Reason::Page);
    let done = async |tx: &mut Conn| {
        let person = who.find(tx, userid).await?;
        // A role is changed on a page of its own, which asks.
        let Filled { mut change, .. } = filled;
        change.role = None;
        Ok::<_, PersonRefusal>(people::change(tx, &by, &person, change, LastAdmin::Stays).await?.user)
    };
    let person = who.transaction(done).await?;
    Ok(Edited::Done(who.leads_to(&person, "changed")))
}

#[get("/people/<corp_id>/<userid>/<act>")]
async fn ask(
    frame: Frame<'_>,
    who: Administrator<'_>,
    corp_id: &str,
    userid: &str,
    act: Act,
    mut db: Connection<Db>,
) -> Result<Page, PageProblem> {
    let person = who.in_own_corp(corp_id)?.find(&mut db, userid).await?;
    let question = Question {
        act,
        sessions: sessions::list(&mut db, Some(person.id), &who.policy(), who.now()).await?.len(),
        is_self: person.id == who.user.id,
        is_last: is_last_admin(&mut db, &person).await?,
        person: &person,
    };
    Ok(shell::page(&question.page(frame, who.shell(Section::People), who.address_of(&person)))?)
}

#[post("/people/<corp_id>/<userid>/<act>", data = "<sent>")]
async fn carry_out(sent: Posted<'_>, corp_id: &str, userid: &str, act: Act) -> Result<SeeOther, PageProblem> {
    let who = sent.who.in_own_corp(corp_id)?;
    let person = act.carry_out(who, userid).await?;
    Ok(match act {
        Act::Remove => who.leads_to_list(act.done()),
        _ => who.leads_to(&person, act.done()),
    })
}

#[post("/people/<corp_id>/<userid>/sessions/<session>/end", data = "<sent>")]
async fn end_one(sent: Posted<'_>, corp_id: &str, userid: &str, session: i64) -> Result<SeeOther, PageProblem> {
    let who = sent.who.in_own_corp(corp_id)?;
    let person = end_session(who, userid, session).await?;
    Ok(who.leads_to(&person, "session-ended"))
}

#[cfg(test)]
#[path = "samples.rs"]
pub mod samples;
