//! The doctor's report, made by the running server.

use std::sync::Arc;

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{Administrator, Posted, Section, Shell, shell};
use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    dingtalk::Dingtalk,
    directory::Directory,
    doctor::{self, Finding, Report, Reports, Scope, Severity, Subject},
    i18n::{Locale, doctor::Said, local, utc},
    web::{
        page::{Frame, Page},
        problem::PageProblem,
        see_other::SeeOther,
    },
};

pub fn routes() -> Vec<Route> {
    routes![report, run]
}

#[derive(Template)]
#[template(path = "admin/doctor.html")]
struct DoctorPage<'a> {
    frame: Frame<'a>,
    shell: Shell<'a>,
    report: Option<Shown>,
}

struct Shown {
    at: String,
    at_exactly: String,
    findings: Vec<Finding>,
    /// To be passed on.
    text: String,
}

impl DoctorPage<'_> {
    fn label(&self, finding: &Finding) -> String {
        finding.check.label(self.frame.locale)
    }

    fn said(&self, finding: &Finding) -> Said {
        finding.fact.said(self.frame.locale)
    }

    fn state(&self, finding: &Finding) -> &'static str {
        let t = &self.frame.t.reports.doctor;
        match finding.state {
            Severity::Ok => t.ok,
            Severity::Warning => t.warning,
            Severity::Unknown => t.unknown,
            Severity::Failed => t.failed,
        }
    }

    fn mark(&self, finding: &Finding) -> &'static str {
        match finding.state {
            Severity::Ok => "✓",
            Severity::Warning => "!",
            Severity::Unknown => "?",
            Severity::Failed => "✗",
        }
    }

    fn class(&self, finding: &Finding) -> &'static str {
        match finding.state {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Unknown => "unknown",
            Severity::Failed => "failed",
        }
    }
}

#[get("/doctor")]
fn report(
    frame: Frame<'_>,
    who: Administrator<'_>,
    config: &Config,
    reports: &State<Reports>,
) -> Result<Page, PageProblem> {
    let report = reports.last(who.corp_id()).map(|report| shown(&report, config, frame.locale));
    Ok(shell::page(&DoctorPage { frame, shell: who.shell(Section::Doctor), report })?)
}

#[post("/doctor", data = "<form>")]
async fn run(
    form: Posted<'_>,
    config: &Config,
    clock: &State<Clock>,
    dingtalk: &Dingtalk,
    directory: &Directory,
    db: &State<Db>,
    reports: &State<Reports>,
) -> SeeOther {
    let scope = Scope::Corp(form.who.corp_id());
    let subject = Subject { config, pools: db, database: reports.database(), clock, passes: reports.passes(), scope };
    let examine = async {
        let mut findings = doctor::settings(config, scope);
        findings.extend(doctor::database(&subject).await);
        findings.extend(doctor::outside(&subject, Some(dingtalk)).await);
        let apps = config.apps.iter().filter(|app| app.corp_id == *form.who.corp_id());
        for app in apps {
            findings.extend(doctor::arrival(app, directory.reception_anywhere(&app.name).await.into()));
        }
        findings
    };
    reports.run(form.who.corp_id(), examine).await;
    SeeOther(format!("{}/doctor", form.who.root()))
}

fn shown(report: &Arc<Report>, config: &Config, locale: Locale) -> Shown {
    Shown {
        at: local(report.at),
        at_exactly: utc(report.at),
        text: doctor::redacted(&report.findings, config, locale),
        findings: report.findings.clone(),
    }
}

#[cfg(test)]
pub fn samples(locale: Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        admin::samples::shell,
        doctor::{Check, Fact},
        web::testing::{HOSTILE, Sample, frame},
    };

    let text = || HOSTILE.to_owned();
    let findings = vec![
        Finding::ok(Check::Settings, Fact::SettingsRead { public_url: text(), apps: vec![text()] }),
        Finding::warning(Check::PublicUrl, Fact::AnswersOddly { address: text(), status: text() }),
        Finding::unknown(Check::AgentId(text()), Fact::AgentUnchecked { agent_id: text() }),
        Finding::failed(Check::People, Fact::NobodyListed),
    ];
    let report = Shown { at: text(), at_exactly: text(), findings, text: text() };
    let page = |report| DoctorPage { frame: frame(locale), shell: shell(Section::Doctor), report };
    [page(Some(report)), page(None)].iter().map(|page| Sample::of("admin/doctor.html", page)).collect()
}
