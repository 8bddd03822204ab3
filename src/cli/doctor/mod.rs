//! `miandeng doctor`: what is wrong with this deployment, and how to fix it.

mod forgery;
mod probe;

use anyhow::bail;
use url::Url;

use super::{
    Deployment, in_words,
    terminal::{count, locale, print, print_json, text},
    users::{corp_id_argument, userid_argument},
};
use crate::{
    db,
    doctor::{self, Check, Fact, Finding, Scope, Severity, Subject},
    i18n::Locale,
    ids::{CorpId, DingUserId},
    probe::Passes,
    signing_keys,
};

/// Check this deployment and its connection to DingTalk, and say what to fix.
///
/// Reads the settings, opens the database, and calls DingTalk with each app's credentials. It changes nothing at DingTalk
/// and does not disturb a running server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng doctor
  miandeng doctor --probe https://app.example.com    # send forged headers through your proxy, see what arrives
  miandeng doctor --json | jq '.findings[] | select(.state != \"ok\")'

The probe goes to /_miandeng/echo on that host. The recipes in deploy/ lead that address through the gate to miandeng
instead of the app. The probe has a session of its own, which works only at that address and ends with the probe.")]
pub struct DoctorArgs {
    /// Send forged identity headers, in every spelling, to an address behind your proxy, and see which reach the app
    #[arg(long, value_name = "URL")]
    probe: Option<Url>,
    /// Whose session the probe uses (default: an administrator, or else the first person in the table)
    #[arg(long = "as", value_name = "USERID", value_parser = userid_argument, requires = "probe")]
    person: Option<DingUserId>,
    /// That person's organisation; may be left out if only one is configured
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument, requires = "person")]
    corp_id: Option<CorpId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let findings = examine(&args).await;
    let failed = findings.iter().filter(|finding| finding.state == Severity::Failed).count();
    if args.json {
        print_json(&serde_json::json!({ "ok": failed == 0, "findings": findings }))?;
    } else {
        print(findings.iter().map(|finding| finding.text(locale())).collect::<String>())?;
    }
    if failed == 0 {
        return Ok(());
    }
    let things = count(failed.try_into()?, "thing", "things");
    bail!(text!("{things} must be fixed", "有 {failed} 处需要处理"))
}

/// Every check, each after those that it needs.
async fn examine(args: &DoctorArgs) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (config, url) = match Deployment::settings() {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::failed(Check::Settings, told(&error))],
    };
    findings.extend(doctor::settings(&config, Scope::Deployment));
    let deployment = match Deployment::open().await {
        Ok(deployment) => deployment,
        Err(error) => {
            findings.push(Finding::failed(Check::Database, told(&error)));
            return findings;
        }
    };
    let passes = match signing_keys::state_key(&deployment.pools, &deployment.clock).await {
        Ok(key) => Passes::new(&key, deployment.clock.clone()),
        Err(error) => {
            findings.push(Finding::failed(Check::Database, told(&error.into())));
            return findings;
        }
    };
    let subject = Subject {
        config: &deployment.config,
        pools: &deployment.pools,
        database: &db::without_password(&url),
        clock: &deployment.clock,
        passes: &passes,
        scope: Scope::Deployment,
    };
    findings.extend(doctor::database(&subject).await);
    match &args.probe {
        // Asked for by itself, it is answered by itself: DingTalk has no part in it.
        Some(probe) => {
            let person = args.person.as_ref().map(|userid| (userid, args.corp_id.as_ref()));
            findings.extend(probe::check(&deployment, probe, person).await);
        }
        None => findings.extend(doctor::outside(&subject, None).await),
    }
    deployment.close().await;
    findings
}

fn told(error: &anyhow::Error) -> Fact {
    Fact::Error { en: error.to_string(), zh_cn: in_words(error, Locale::ZhCn) }
}
