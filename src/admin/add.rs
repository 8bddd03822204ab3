//! `/admin/people/add`: lets one more person in.

use askama::Template;
use rocket::{Responder, Route, get, post, routes};

use super::{
    Administrator, Posted, Section, Shell,
    person_form::{Filled, PersonForm},
    shell,
};
use crate::{
    i18n::Texts,
    people::{self, NotAdded, Reason},
    users::{NewUser, User},
    web::{
        page::{Frame, Page},
        params::ParamError,
        problem::PageProblem,
        see_other::SeeOther,
    },
};

pub fn routes() -> Vec<Route> {
    routes![form, add]
}

#[derive(Template)]
#[template(path = "admin/add.html")]
struct AddPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    form: PersonForm,
}

#[derive(Responder)]
enum Added {
    Done(SeeOther),
    Wrong(Page),
}

#[get("/people/add")]
fn form(frame: Frame<'_>, who: Administrator<'_>) -> Result<Page, PageProblem> {
    let form = PersonForm::empty(frame.t);
    Ok(shell::page(&AddPage { frame, shell: who.shell(Section::People), form })?)
}

#[post("/people/add", data = "<sent>")]
async fn add(frame: Frame<'_>, sent: Posted<'_>) -> Result<Added, PageProblem> {
    match let_in(frame.t, &sent).await? {
        Ok(user) => Ok(Added::Done(sent.who.leads_to(&user, "added"))),
        Err(form) => {
            let shell = sent.who.shell(Section::People);
            Ok(Added::Wrong(shell::wrong(&AddPage { frame, shell, form })?))
        }
    }
}

/// Adds the person whom the form names, or says what is wrong with it.
async fn let_in(t: &'static Texts, sent: &Posted<'_>) -> Result<Result<User, PersonForm>, PageProblem> {
    let Filled { userid, change, form } = match PersonForm::read(t, &sent.fields, true)? {
        Ok(filled) => filled,
        Err(form) => return Ok(Err(form)),
    };
    let userid = userid.ok_or(ParamError::Missing("userid"))?;
    let person = NewUser { corp_id: sent.who.corp_id().clone(), userid, change };
    let by = sent.who.by(Reason::Page);
    match sent.who.transaction(async |tx| people::add(tx, &by, person).await).await {
        Ok(user) => Ok(Ok(user)),
        Err(NotAdded::AlreadyThere) => Ok(Err(form.wrong("userid", t.admin.form.already_there))),
        Err(NotAdded::Database(error)) => Err(error.into()),
    }
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::web::testing::{HOSTILE, Sample, frame};

    let page = |form| AddPage { frame: frame(locale), shell: super::samples::shell(Section::People), form };
    let wrong = PersonForm::empty(frame(locale).t).wrong("userid", HOSTILE).wrong("name", HOSTILE);
    let pages = [page(PersonForm::empty(frame(locale).t)), page(wrong)];
    pages.iter().map(|page| Sample::of("admin/add.html", page)).collect()
}
