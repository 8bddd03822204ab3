//! The page of syncs, with people who are called whatever people can be called.

use super::{
    super::view::{Group, PlanView, Refusal},
    *,
};
use crate::{
    admin::samples::shell,
    i18n::Locale,
    web::testing::{HOSTILE, Sample, frame},
};

pub fn pages(locale: Locale) -> Vec<Sample> {
    let text = || HOSTILE.to_owned();
    let plan = |refused: Option<bool>| PlanView {
        id: text(),
        by: text(),
        read: text(),
        refused: refused.map(|is_lifted_by_force| Refusal { reason: text(), what: HOSTILE, is_lifted_by_force }),
        groups: vec![Group { label: HOSTILE, what: HOSTILE, count: 3, names: text() }],
        does_anything: refused.is_none(),
    };
    let page = |now, is_stale| SyncPage {
        frame: frame(locale),
        shell: shell(Section::Sync),
        t: locale.sync_page(),
        now,
        busy: Some(text()),
        is_stale,
        apps: vec![AppRow {
            name: text(),
            every: text(),
            next: text(),
            events: text(),
            is_deaf: true,
            last_event: text(),
            check: text(),
        }],
        r: locale.rights_texts(),
        rights: vec![RightRow { name: HOSTILE, state: HOSTILE, class: "off", detail: text(), purpose: HOSTILE }],
        rights_of: text(),
        runs: [false, true]
            .map(|is_refused| LastRun { at: text(), app: text(), actor: text(), outcome: text(), is_refused })
            .into(),
    };
    let idle = SyncPage { apps: Vec::new(), runs: Vec::new(), rights: Vec::new(), ..page(Now::Nothing, true) };
    let pages = [
        idle,
        page(Now::Running { says: text(), by: text() }, false),
        page(Now::Planned(plan(None)), false),
        page(Now::Planned(plan(Some(true))), false),
        page(Now::Done(plan(Some(false))), false),
        page(Now::Failed(text()), false),
    ];
    pages.iter().map(|page| Sample::of("admin/sync.html", page)).collect()
}
