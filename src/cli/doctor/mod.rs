//! `miandeng doctor`: what is wrong with this deployment, and the cure.

mod dingtalk;
mod finding;
mod forgery;
mod machine;
mod probe;
mod reach;

use anyhow::bail;
use url::Url;

use self::finding::{Finding, State};
use super::{
    Deployment,
    terminal::{count, locale, print, print_json},
    users::{corp_id_argument, userid_argument},
};
use crate::ids::{CorpId, DingUserId};

/// Check this deployment and its connection to DingTalk, and say what to fix.
///
/// Reads the settings, opens the database, and calls DingTalk with each app's credentials. What it tries changes nothing
/// at DingTalk and disturbs no running server. The cures for DingTalk's refusals come in Chinese where LANG says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng doctor
  miandeng doctor --probe https://app.example.com    # send forged headers through your proxy, see what arrives
  miandeng doctor --json | jq '.findings[] | select(.state != \"ok\")'

The probe goes to /_miandeng/echo on that host, which the recipes in deploy/ lead through the gate to miandeng instead of
the app. It passes the gate by a session that is good for that address alone and ends with the probe.")]
pub struct DoctorArgs {
    /// An address behind your proxy: what would reach the app there? Forged identity headers are sent, in all spellings
    #[arg(long, value_name = "URL")]
    probe: Option<Url>,
    /// In whose name the probe passes the gate (an administrator, or else the first person of the table)
    #[arg(long = "as", value_name = "USERID", value_parser = userid_argument, requires = "probe")]
    person: Option<DingUserId>,
    /// That person's corp; may be left out where one is configured
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument, requires = "person")]
    corp_id: Option<CorpId>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When a check failed; what it was is on standard output by then.
pub async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let findings = examine(&args).await;
    let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
    if args.json {
        print_json(&serde_json::json!({ "ok": failed == 0, "findings": findings }))?;
    } else {
        print(findings.iter().map(Finding::to_string).collect::<String>())?;
    }
    match failed {
        0 => Ok(()),
        failed => bail!("{}", count(failed.try_into()?, "thing must be fixed", "things must be fixed")),
    }
}

/// Every check, each after those that it needs.
async fn examine(args: &DoctorArgs) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (config, url) = match Deployment::settings() {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::failed("settings", error.to_string(), "")],
    };
    findings.extend(machine::settings(&config));
    let deployment = match Deployment::open().await {
        Ok(deployment) => deployment,
        Err(error) => {
            findings.push(Finding::failed("database", error.to_string(), ""));
            return findings;
        }
    };
    findings.extend(machine::database(&deployment, &url).await);
    match &args.probe {
        // Asked for by itself, it is answered by itself: DingTalk has no part in it.
        Some(probe) => {
            let person = args.person.as_ref().map(|userid| (userid, args.corp_id.as_ref()));
            findings.extend(probe::check(&deployment, probe, person).await);
        }
        None => {
            findings.extend(reach::proxies(&deployment.config));
            findings.extend(reach::clock(&deployment).await);
            findings.extend(dingtalk::check(&deployment, locale()).await);
            findings.push(reach::public_url(&deployment).await);
        }
    }
    deployment.close().await;
    findings
}
