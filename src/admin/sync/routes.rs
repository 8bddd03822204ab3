//! `/admin/sync`: a plan is asked for, shown in words, and carried out by a second click.

use std::sync::Arc;

use askama::Template;
use futures_util::future::join_all;
use rocket::{Responder, Route, State, get, http::uri::Origin, post, routes};

use super::{
    LastRun, last_run,
    outcome::actor,
    rights::{self, RightRow},
    view::{AppRow, Now},
};
use crate::{
    admin::{Administrator, Posted, Section, Shell, confirm::ConfirmPage, shell},
    db::Db,
    dingtalk::{Dingtalk, DingtalkApp},
    directory::{self, AskedSyncs, Directory, Reception, Refused, Report, State as SyncState, Wish},
    i18n::{RightsTexts, SyncPage as Words},
    ids::CorpId,
    web::{
        page::{Frame, Page},
        params::{ParamError, Params},
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

/// How many runs are shown.
const RUNS: u32 = 20;

pub fn routes() -> Vec<Route> {
    routes![sync, plan, insist, apply]
}

#[derive(Template)]
#[template(path = "admin/sync.html")]
struct SyncPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    t: &'static Words,
    now: Now,
    /// Who syncs the corp beside this page.
    busy: Option<String>,
    is_stale: bool,
    apps: Vec<AppRow>,
    r: &'static RightsTexts,
    rights: Vec<RightRow>,
    /// The app whose rights they are.
    rights_of: String,
    runs: Vec<LastRun>,
}

#[derive(Responder)]
enum Insisted {
    Asked(Page),
    Stale(SeeOther),
}

#[get("/sync")]
async fn sync(
    frame: Frame<'_>,
    who: Administrator<'_>,
    uri: &Origin<'_>,
    dingtalk: &Dingtalk,
    asked: &State<Arc<AskedSyncs>>,
    directory: &Directory,
    db: &State<Db>,
) -> Result<Page, PageProblem> {
    let (locale, now_ms) = (frame.locale, who.now() * 1000);
    let apps: Vec<_> = dingtalk.apps().iter().filter(|app| app.config.corp_id == *who.corp_id()).collect();
    let receptions = join_all(apps.iter().map(|app| directory.reception_anywhere(&app.config.name))).await;
    let mut db = db.read().await?;
    let runs = directory::last_runs(&mut db, who.corp_id(), RUNS).await?;
    let due = directory::sync_needed(&mut db, who.corp_id()).await?;
    let holder = directory::lease_holder(&mut db, who.corp_id(), now_ms).await?;
    let asked = asked.last(who.corp_id());
    let rights =
        asked.as_ref().and_then(|asked| Some((asked.app.clone(), rights::rows(asked.rights.as_ref()?, locale))));
    let (rights_of, rights) = rights.unwrap_or_default();
    let now = Now::of(asked, locale);
    let row = |(app, reception): (&&DingtalkApp, &Reception)| {
        let next_ms = directory::next_ms(&app.config, runs.first(), due.as_ref());
        AppRow::of(&app.config, apps.len() == 1, reception, next_ms, now_ms, locale)
    };
    let page = SyncPage {
        shell: who.shell(Section::Sync),
        t: locale.sync_page(),
        busy: holder.filter(|_| !now.is_running()).map(|holder| (locale.sync_page().busy)(&actor(locale, &holder))),
        is_stale: Params::of_query(uri).has("stale"),
        apps: apps.iter().zip(&receptions).map(row).collect(),
        runs: runs.into_iter().map(|run| last_run(run, locale)).collect(),
        r: locale.rights_texts(),
        rights,
        rights_of,
        now,
        frame,
    };
    Ok(if page.now.is_running() { shell::live(&page)? } else { shell::page(&page)? })
}

#[post("/sync/plan", data = "<sent>")]
fn plan(sent: Posted<'_>, dingtalk: &Dingtalk, asked: &State<Arc<AskedSyncs>>) -> Result<SeeOther, PageProblem> {
    let (who, app) = (&sent.who, sent.fields.plain("app", 64)?);
    let is_ours = dingtalk.apps().iter().any(|ours| ours.config.name == app && ours.config.corp_id == *who.corp_id());
    if !is_ours {
        return Err(Problem::not_found().into());
    }
    asked.plan(who.corp_id(), Wish { app: app.to_owned(), actor: who.actor(), request: who.origin() });
    Ok(SeeOther(address(who, "")))
}

/// Asks once more where too many people would be disabled.
#[get("/sync/insist?<plan>")]
fn insist(
    frame: Frame<'_>,
    who: Administrator<'_>,
    plan: Option<&str>,
    asked: &State<Arc<AskedSyncs>>,
) -> Result<Insisted, PageProblem> {
    let Some((id, report)) = refused_plan(asked, who.corp_id()).filter(|(id, _)| plan == Some(id)) else {
        return Ok(Insisted::Stale(SeeOther(address(&who, "?stale=yes"))));
    };
    let (t, left) = (frame.locale.sync_page(), report.counts.left);
    let page = ConfirmPage {
        shell: who.shell(Section::Sync),
        title: (t.insist_title)(left),
        refused: None,
        consequences: vec![(t.insist_disabled)(left), t.insist_checked.to_owned()],
        warning: asked.disables(who.corp_id(), &who.user.userid).then_some(frame.t.admin.confirm.yourself),
        action: address(&who, "/apply"),
        hidden: vec![("plan", id), ("insist", "yes".to_owned())],
        button: t.insist_button,
        is_harsh: true,
        back: address(&who, ""),
        frame,
    };
    Ok(Insisted::Asked(shell::page(&page)?))
}

#[post("/sync/apply", data = "<sent>")]
fn apply(sent: Posted<'_>, asked: &State<Arc<AskedSyncs>>) -> Result<SeeOther, PageProblem> {
    let who = &sent.who;
    let id = sent.fields.plain("plan", 64)?;
    let insists = match sent.fields.text("insist")? {
        "" => false,
        "yes" => true,
        _ => return Err(ParamError::Malformed("insist").into()),
    };
    Ok(SeeOther(match asked.carry_out(who.corp_id(), id, insists, (who.actor(), who.origin())) {
        Ok(()) => address(who, ""),
        Err(directory::Stale) => address(who, "?stale=yes"),
    }))
}

/// The corp's plan, if it is refused for a reason that somebody may lift.
fn refused_plan(asked: &AskedSyncs, corp_id: &CorpId) -> Option<(String, Arc<Report>)> {
    match asked.last(corp_id)?.state {
        SyncState::Planned { id, report } if report.refused.as_ref().is_some_and(Refused::is_lifted_by_force) => {
            Some((id, report))
        }
        _ => None,
    }
}

fn address(who: &Administrator<'_>, rest: &str) -> String {
    format!("{}/sync{rest}", who.root())
}

#[cfg(test)]
#[path = "samples.rs"]
pub mod samples;
