//! `users sync`: the user table is brought into line with DingTalk's directory.

use std::{sync::Arc, time::Duration};

use anyhow::{bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::{
    cli::{
        Deployment,
        deployment::actor,
        terminal::{locale, print, print_json, text},
    },
    credentials::CredentialTable,
    dingtalk::{Dingtalk, DingtalkApp},
    directory::{Mode, Report, Step, Sync, SyncError},
    i18n::{Locale, SyncTexts},
    inert::Inert,
};

/// How often to ask again whether another sync of the corp has ended, and for how long: a bit longer than one that was
/// killed keeps others out.
const ASKED_AGAIN: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(40);

/// Bring the table into line with DingTalk's directory (通讯录).
///
/// Employees who are not in the table are added. Of everybody in the directory, name, mobile, email, department, title
/// and unionid are DingTalk's; what DingTalk leaves out, because the app may not read it, is kept. Nobody's role is
/// changed. Whoever is no longer in the directory is disabled and signed out, and enabled again when they return; people
/// who were added by hand or from a file are left as they are.
///
/// Nobody is disabled unless the directory was read to its end, by an app that may see the whole organisation
/// (通讯录权限范围: all employees), and the leavers are at most sync_disable_at_most of the active. DingTalk takes 20 calls a
/// second: 100 people, or one department, take one call.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng users sync --dry-run      # show what would change
  miandeng users sync --app oa

The server does it by itself where sync_every is set. Permissions of the app: 通讯录部门信息读权限, 成员信息读权限,
通讯录部门成员读权限; 企业员工手机号信息 and 邮箱等个人信息 for these two fields.")]
pub struct SyncArgs {
    /// Read with this app, by its name in the settings; otherwise each organisation is read with its first app
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on however many people would be disabled; an incomplete directory disables nobody all the same
    #[arg(long)]
    force: bool,
    /// Print JSON; an array if several organisations are configured
    #[arg(long)]
    json: bool,
}

impl SyncArgs {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let Deployment { config, pools, clock } = deployment;
        let dingtalk = Dingtalk::new(config, Arc::new(CredentialTable(pools.clone())), clock, &Arc::default())?;
        let locale = locale();
        let mode = match self.dry_run {
            true => Mode::DryRun { force: self.force },
            false => Mode::Asked { force: self.force },
        };
        let mut reports = Vec::new();
        for app in self.apps(&dingtalk)? {
            let sync = Sync::new(pools, clock, app, actor(), mode);
            let report = patiently(deployment, &sync, locale.sync_texts()).await?;
            // Of a directory that was not read there is nothing to show but the reason.
            if !self.json && report.people > 0 {
                print(in_words(&report, &app.config.name, locale, self.dry_run))?;
            }
            reports.push(report);
        }
        if self.json {
            let mut all: Vec<_> = reports.iter().map(as_json).collect();
            match (all.len(), all.pop()) {
                (1, Some(one)) => print_json(&one)?,
                (_, last) => print_json(&all.into_iter().chain(last).collect::<Vec<_>>())?,
            }
        }
        let refused = reports.iter().filter_map(|report| {
            let reason = report.refused.as_ref()?.text(locale);
            Some((locale.sync_texts().refused)(report.corp_id.as_str(), &Inert(reason).to_string()))
        });
        let refused: Vec<_> = refused.collect();
        ensure!(refused.is_empty(), "{}", refused.join("; "));
        Ok(())
    }

    /// The app that was asked for, or one of each corp.
    fn apps<'a>(&self, dingtalk: &'a Dingtalk) -> anyhow::Result<Vec<&'a DingtalkApp>> {
        let mut apps: Vec<&DingtalkApp> = Vec::new();
        for app in dingtalk.apps() {
            let wanted = match &self.app {
                Some(name) => app.config.name == *name,
                None => !apps.iter().any(|other| other.config.corp_id == app.config.corp_id),
            };
            if wanted {
                apps.push(app);
            }
        }
        if let (Some(name), true) = (&self.app, apps.is_empty()) {
            let names: Vec<_> = dingtalk.apps().iter().map(|app| app.config.name.as_str()).collect();
            let names = names.join(", ");
            bail!(text!(
                "no app is called {name:?}; the settings have {names}",
                "没有名为 {name:?} 的应用；配置中有 {names}"
            ));
        }
        Ok(apps)
    }
}

/// Runs a sync, after one that another process is at.
async fn patiently(deployment: &Deployment, sync: &Sync<'_>, texts: &SyncTexts) -> anyhow::Result<Report> {
    let since = deployment.clock.stopwatch();
    let mut told = false;
    loop {
        let bar = progress_bar()?;
        let done = sync.run(|step| show(&bar, step, texts)).await;
        bar.finish_and_clear();
        match done {
            Err(SyncError::Busy { corp_id, actor }) if since.elapsed() < PATIENCE => {
                if !told {
                    eprintln!("{}", (texts.waiting)(corp_id.as_str(), &actor));
                    told = true;
                }
                tokio::time::sleep(ASKED_AGAIN).await;
            }
            Err(SyncError::Busy { corp_id, actor }) => bail!("{}", (texts.busy)(corp_id.as_str(), &actor)),
            done => return Ok(done?),
        }
    }
}

fn in_words(report: &Report, app: &str, locale: Locale, dry_run: bool) -> String {
    let texts = locale.sync_texts();
    let mut text = (texts.read)(report.corp_id.as_str(), app, report.departments, report.people);
    text.push('\n');
    let counts = report.counts;
    let counts = [counts.new, counts.changed, counts.left, counts.returned, counts.kept, counts.unchanged];
    let widest = texts.words.iter().map(|word| word.width()).max().unwrap_or_default();
    for (i, (word, count)) in texts.words.iter().zip(counts).enumerate() {
        let names = report.names.get(i).map(Vec::as_slice).unwrap_or_default();
        let shown: Vec<_> = names.iter().map(|name| Inert(name).to_string()).collect();
        text.push_str(&format!("  {word}{} {count:>7}", " ".repeat(widest - word.width())));
        if !shown.is_empty() {
            text.push_str(&format!("  {}", shown.join(texts.between)));
            if count > shown.len() {
                text.push_str(&(texts.more)(count - shown.len()));
            }
        }
        text.push('\n');
    }
    let last = match dry_run {
        true => Some(texts.dry_run.to_owned()),
        false => (report.sessions_ended > 0).then(|| (texts.ended)(report.sessions_ended)),
    };
    if let Some(last) = last {
        text.push_str(&last);
        text.push('\n');
    }
    text
}

fn as_json(report: &Report) -> Value {
    json!({
        "corp_id": report.corp_id,
        "departments": report.departments,
        "people": report.people,
        "plan": report.counts,
        "applied": report.applied,
        "refused": report.refused.as_ref().map(|refused| refused.text(Locale::En)),
    })
}

/// On standard error, and only if that is a terminal.
fn progress_bar() -> anyhow::Result<ProgressBar> {
    Ok(ProgressBar::new(1).with_style(ProgressStyle::with_template("{bar:40} {msg}")?))
}

fn show(bar: &ProgressBar, step: Step, texts: &SyncTexts) {
    match step {
        Step::Reading(read) => {
            bar.set_length(read.departments as u64);
            bar.set_position(read.departments_read as u64);
            bar.set_message((texts.progress)(read.departments_read, read.departments, read.people));
        }
        Step::Writing(people) => bar.set_message((texts.writing)(people)),
    }
}
