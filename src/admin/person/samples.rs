//! Sample pages of one person, with hostile text wherever a person can have any.

use super::*;
use crate::{
    admin::samples::shell,
    i18n::Locale,
    sessions::routes::samples::user,
    web::testing::{HOSTILE, Sample, frame},
};

pub fn pages(locale: Locale) -> Vec<Sample> {
    let text = || HOSTILE.to_owned();
    let address = || "/_signin/admin/people/x/y".to_owned();
    let disabled = User { status: Status::Disabled, role: Role::Admin, ..user() };
    let page = |person: User, sessions, done| PersonPage {
        frame: frame(locale),
        shell: shell(Section::People),
        address: address(),
        facts: vec![Fact { label: HOSTILE, value: text(), origin: Some(text()) }],
        sessions,
        form: PersonForm::of(frame(locale).t, &person).wrong("name", HOSTILE),
        trail: vec![TrailRow { at: text(), event: text(), actor: text(), address: text() }],
        person,
        done,
    };
    let session = SessionRow { id: 1, device: text(), address: text(), last_seen: text() };
    let pages = [page(user(), vec![session], Some(HOSTILE)), page(disabled, Vec::new(), None)];
    let person = pages.iter().map(|page| Sample::of("admin/person.html", page));
    let asks = [Act::Disable, Act::Enable, Act::Promote, Act::Demote, Act::EndSessions, Act::Remove].map(|act| {
        let person = User { role: Role::Admin, ..user() };
        let is_last = act == Act::Demote;
        let question = Question { act, person: &person, sessions: 2, is_self: true, is_last };
        question.page(frame(locale), shell(Section::People), address())
    });
    person.chain(asks.iter().map(|page| Sample::of("admin/confirm.html", page))).collect()
}
