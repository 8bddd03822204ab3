//! The settings and the database of this deployment, as the server would open them.

use anyhow::{anyhow, bail};
use figment::Figment;

use super::{terminal::text, zh_cn};
use crate::{
    audit::Actor,
    clock::Clock,
    config::{self, Config, ConfigError},
    db::{self, Pools, Transaction},
    i18n::Locale,
    ids::CorpId,
    people::{By, Reason},
};

/// How many seconds requests have to finish when the server stops. A sign-in takes ten where DingTalk's answers come as
/// late as they may; Rocket's own default is two.
const GRACE: u32 = 15;

pub struct Deployment {
    pub config: Config,
    pub pools: Pools,
    pub clock: Clock,
}

/// The settings as they are written, over Rocket's defaults.
pub fn figment() -> Result<Figment, ConfigError> {
    let shutdown = rocket::config::Shutdown { grace: GRACE, ..Default::default() };
    config::figment(Figment::from(rocket::Config { shutdown, ..rocket::Config::default() }))
}

impl Deployment {
    pub async fn open() -> anyhow::Result<Self> {
        let (config, url) = Self::settings()?;
        let pools = Pools::open(&url).await?;
        // The server's log has it already; a command has none.
        if !tracing::enabled!(tracing::Level::WARN) {
            for repaired in pools.repaired() {
                let (file, mode) = (repaired.file.display(), repaired.old_mode);
                let said = text!(
                    "other users of this machine could read or write {file} (mode {mode:04o}); only its owner can now",
                    "本机其他用户曾经可以读写 {file}（权限 {mode:04o}），现在只有所有者可以"
                );
                eprintln!("miandeng: {said}");
            }
        }
        Ok(Self { config, pools, clock: Clock::system() })
    }

    pub fn settings() -> anyhow::Result<(Config, String)> {
        let figment = figment()?;
        // First, because it is what notices a file that cannot be parsed at all.
        let url = config::database_url(&figment)?;
        Ok((Config::from_figment(&figment)?, url))
    }

    pub fn by(&self, reason: Reason) -> By {
        By::new(actor(), reason, &self.clock)
    }

    pub async fn write(&self) -> anyhow::Result<Transaction> {
        self.pools.write().await.map_err(|error| not_written(&error))
    }

    pub fn corps(&self) -> Vec<CorpId> {
        corps(&self.config)
    }

    /// The given corp, which may have left the settings while its people are still in the table, or the only one.
    pub fn corp(&self, given: Option<CorpId>) -> anyhow::Result<CorpId> {
        let mut corps = self.corps();
        match (given, corps.len()) {
            (Some(corp), _) => Ok(corp),
            (None, 1) => Ok(corps.remove(0)),
            (None, _) => {
                let corps = join(&corps);
                bail!(text!(
                    "several organisations are configured; add --corp-id with one of {corps}",
                    "配置了多个企业；请用 --corp-id 指定其中一个：{corps}"
                ))
            }
        }
    }

    /// The same for a person who is to be added: DingTalk can vouch only for people of a corp in the settings.
    pub fn configured_corp(&self, given: Option<CorpId>) -> anyhow::Result<CorpId> {
        let corp = self.corp(given)?;
        let corps = self.corps();
        if !corps.contains(&corp) {
            let (corp, corps) = (corp.as_str(), join(&corps));
            bail!(text!(
                "organisation {corp:?} is not configured; write one of {corps}",
                "没有配置企业 {corp:?}；请写其中一个：{corps}"
            ));
        }
        Ok(corp)
    }

    /// Lets go of the database; SQLite then tidies up its files if no server runs.
    pub async fn close(self) {
        self.pools.close().await;
    }
}

/// Each organisation of the settings, once.
pub fn corps(config: &Config) -> Vec<CorpId> {
    let mut corps = Vec::new();
    for app in &config.apps {
        if !corps.contains(&app.corp_id) {
            corps.push(app.corp_id.clone());
        }
    }
    corps
}

pub(super) fn actor() -> Actor {
    Actor::Cli(system_user())
}

/// The name of the system's user who runs the command, or the number where it has no name.
#[cfg(unix)]
fn system_user() -> String {
    let uid = nix::unistd::geteuid();
    nix::unistd::User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(not(unix))]
fn system_user() -> String {
    std::env::var("USERNAME").unwrap_or_default()
}

/// Not as a context: sqlx's error says everything twice in a chain.
fn not_written(error: &sqlx::Error) -> anyhow::Error {
    let advice = db::advice(error);
    let (why, chinese) = (zh_cn::sqlite(error), (Locale::ZhCn.texts().advice)(advice));
    anyhow!(text!("the database cannot be written ({error}); {advice}", "无法写入数据库（{why}）；{chinese}"))
}

fn join(corps: &[CorpId]) -> String {
    let corps: Vec<_> = corps.iter().map(CorpId::as_str).collect();
    corps.join(", ")
}
