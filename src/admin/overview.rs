//! The overview: sign-ins, refusals, and the state of DingTalk's tokens. The numbers come from the trail.

use std::borrow::Cow;

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{
    Administrator, Section, Shell,
    chart::{Bar, Columns, Rows},
    shell,
    sync::{LastRun, last_run},
};
use crate::{
    audit,
    clock::{Clock, UnixSeconds},
    config::Config,
    db::{Conn, Db},
    dingtalk::{CredentialKind, CredentialStatus, Dingtalk},
    directory,
    i18n::{SyncPage as SyncWords, Texts, last_days, local},
    ids::CorpId,
    sessions::{self, Policy},
    users,
    web::{
        page::{Frame, Page},
        problem::PageProblem,
    },
};

const DAYS: u8 = 14;
const REFUSAL_DAYS: u8 = 7;
/// More reasons than this are not drawn.
const MOST_REASONS: usize = 12;

pub fn routes() -> Vec<Route> {
    routes![overview]
}

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    numbers: Numbers,
    credentials: Vec<Credential>,
    sync: &'static SyncWords,
    last_sync: Option<LastRun>,
}

struct Numbers {
    people: users::Numbers,
    sessions: u64,
    /// The label is the whole date.
    sign_ins: Vec<Bar>,
    /// The label is the reason in words.
    refusals: Vec<Bar>,
}

struct Credential {
    app: String,
    kind: &'static str,
    /// Until when it is good.
    good: Option<String>,
    failure: Option<Failure>,
}

/// A refresh that failed.
struct Failure {
    at: String,
    error: String,
    hint: Cow<'static, str>,
}

impl OverviewPage<'_> {
    fn sign_ins(&self) -> Option<Columns> {
        let (t, bars) = (&self.frame.t.reports.overview, &self.numbers.sign_ins);
        let most = bars.iter().max_by_key(|bar| bar.value).filter(|bar| bar.value > 0)?;
        let words = (t.sign_ins_in_words)(total(bars), &most.label, most.value);
        // Month and day; the year is in the table.
        let short = |bar: &Bar| Bar { label: bar.label.chars().skip(5).collect(), ..*bar };
        Some(Columns::new("sign-ins", t.sign_ins, words, &bars.iter().map(short).collect::<Vec<_>>()))
    }

    fn refusals(&self) -> Option<Rows> {
        let (t, bars) = (&self.frame.t.reports.overview, &self.numbers.refusals);
        let words = (t.refusals_in_words)(total(bars), &bars.first()?.label);
        Some(Rows::new("refusals", t.refusals, words, &bars[..bars.len().min(MOST_REASONS)]))
    }
}

#[get("/")]
async fn overview(
    frame: Frame<'_>,
    who: Administrator<'_>,
    config: &Config,
    clock: &State<Clock>,
    dingtalk: &Dingtalk,
    db: &State<Db>,
) -> Result<Page, PageProblem> {
    let (t, now, policy) = (frame.t, clock.now(), Policy::of(config));
    // The connection is given back before the credentials are looked at, which may need one.
    let (numbers, last_sync) = {
        let mut db = db.read().await?;
        let last_sync = directory::last_runs(&mut db, who.corp_id(), 1).await?.pop();
        (numbers(&mut db, who.corp_id(), &policy, now, t).await?, last_sync)
    };
    let (sync, last_sync) = (frame.locale.sync_page(), last_sync.map(|run| last_run(run, frame.locale)));
    let credentials = credentials(dingtalk, who.corp_id(), now, t).await;
    let shell = who.shell(Section::Overview);
    Ok(shell::page(&OverviewPage { frame, shell, numbers, credentials, sync, last_sync })?)
}

async fn numbers(
    db: &mut Conn,
    corp_id: &CorpId,
    policy: &Policy,
    now: UnixSeconds,
    t: &Texts,
) -> sqlx::Result<Numbers> {
    let mut sign_ins = Vec::new();
    for day in last_days(now, DAYS) {
        let value = audit::signed_in_between(db, corp_id.as_str(), day.from_ms, day.until_ms).await?;
        sign_ins.push(Bar { label: day.date, value });
    }
    let since_ms = last_days(now, REFUSAL_DAYS).first().map_or(now * 1000, |day| day.from_ms);
    let refusals = audit::refusals_by_reason(db, corp_id.as_str(), since_ms).await?;
    let bar = |counted: audit::ReasonCount| Bar {
        label: reason(t, &counted.reason).to_owned(),
        value: counted.count.unsigned_abs(),
    };
    Ok(Numbers {
        people: users::numbers(db, Some(corp_id)).await?,
        sessions: sessions::count(db, corp_id.as_str(), policy, now).await?,
        sign_ins,
        refusals: refusals.into_iter().map(bar).collect(),
    })
}

/// Why somebody was refused, in words. A word of a later version stays as it is.
pub(super) fn reason<'a>(t: &Texts, word: &'a str) -> &'a str {
    (t.reports.reason)(word).unwrap_or(word)
}

async fn credentials(dingtalk: &Dingtalk, corp_id: &CorpId, now: UnixSeconds, t: &Texts) -> Vec<Credential> {
    let mut all = Vec::new();
    for app in dingtalk.apps().iter().filter(|app| app.config.corp_id == *corp_id) {
        for (kind, status) in app.credentials().await {
            all.push(credential(app.config.name.clone(), kind, &status, now, t));
        }
    }
    all
}

fn credential(app: String, kind: CredentialKind, status: &CredentialStatus, now: UnixSeconds, t: &Texts) -> Credential {
    let words = &t.reports.overview;
    let kind = match kind {
        CredentialKind::AccessToken => words.access_token,
        CredentialKind::ChannelToken => words.channel_token,
        CredentialKind::Ticket => words.ticket,
    };
    let good = status
        .expires_at
        .zip(status.first_seen_at)
        .map(|(until, since)| (words.good_until)(&local(until), &(t.home.ago)((now - since).max(0))));
    let failure = status.failure.as_ref().map(|(at, error)| Failure {
        at: (words.failed)(&local(*at)),
        error: error.to_string(),
        hint: match error.refusal() {
            Some(refusal) => t.advice(refusal.code.meaning(), refusal.evidence().as_ref()),
            None => t.dingtalk_down.into(),
        },
    });
    Credential { app, kind, good, failure }
}

fn total(bars: &[Bar]) -> u64 {
    bars.iter().fold(0, |sum, bar| sum.saturating_add(bar.value))
}

#[cfg(test)]
pub fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        admin::samples::shell,
        web::testing::{HOSTILE, Sample, frame},
    };

    let text = || HOSTILE.to_owned();
    let run = || LastRun { at: text(), app: text(), actor: text(), outcome: text(), is_refused: true };
    let page = |numbers: Numbers, credentials| OverviewPage {
        frame: frame(locale),
        shell: shell(Section::Overview),
        sync: locale.sync_page(),
        last_sync: (numbers.sessions > 0).then(run),
        numbers,
        credentials,
    };
    let bars =
        |label: &str| vec![Bar { label: label.to_owned(), value: 3 }, Bar { label: HOSTILE.to_owned(), value: 1 }];
    let failure = Failure { at: HOSTILE.to_owned(), error: HOSTILE.to_owned(), hint: HOSTILE.into() };
    let credential = |good: Option<&str>, failure| Credential {
        app: HOSTILE.to_owned(),
        kind: "access_token",
        good: good.map(str::to_owned),
        failure,
    };
    let people = users::Numbers { active: 2, disabled: 1, admins: 1 };
    let busy = Numbers { people, sessions: 4, sign_ins: bars("2026-11-02"), refusals: bars(HOSTILE) };
    let idle = Numbers { people, sessions: 0, sign_ins: Vec::new(), refusals: Vec::new() };
    let pages = [
        page(busy, vec![credential(Some(HOSTILE), None), credential(None, Some(failure)), credential(None, None)]),
        page(idle, Vec::new()),
    ];
    pages.iter().map(|page| Sample::of("admin/overview.html", page)).collect()
}
