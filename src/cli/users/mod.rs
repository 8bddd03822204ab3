//! `miandeng users`: who may sign in.

mod change;
mod export;
mod import;
mod list;
mod sync;

use anyhow::bail;

use super::{
    Deployment,
    terminal::{locale, text},
};
use crate::{
    db::Conn,
    i18n::BadValue,
    ids::{CorpId, DingUserId},
    people::LastAdmin,
    users::{self, User, check},
};

/// See and change who may sign in.
///
/// DingTalk says who a person is; only a row in this table lets that person in. The running server follows a change as
/// soon as the command returns.
#[derive(Debug, clap::Args)]
pub struct UsersCommand {
    #[command(subcommand)]
    action: UsersAction,
}

#[derive(Debug, clap::Subcommand)]
enum UsersAction {
    List(list::List),
    Add(change::Add),
    Set(change::Set),
    Disable(change::Disable),
    Enable(change::Enable),
    Remove(change::Remove),
    Import(import::Import),
    Export(export::Export),
    Sync(sync::SyncArgs),
}

impl UsersCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        // Root may write one before there is a database, which the server could not open if root made it.
        if let UsersAction::Import(import) = &self.action
            && let Some(file) = import.template()
        {
            return import.write_template(file);
        }
        let deployment = Deployment::open().await?;
        let done = match self.action {
            UsersAction::List(list) => list.run(&deployment).await,
            UsersAction::Add(add) => add.run(&deployment).await,
            UsersAction::Set(set) => set.run(&deployment).await,
            UsersAction::Disable(disable) => disable.run(&deployment).await,
            UsersAction::Enable(enable) => enable.run(&deployment).await,
            UsersAction::Remove(remove) => remove.run(&deployment).await,
            UsersAction::Import(import) => import.run(&deployment).await,
            UsersAction::Export(export) => export.run(&deployment).await,
            UsersAction::Sync(sync) => sync.run(&deployment).await,
        };
        deployment.close().await;
        done
    }
}

/// Which person a command is about.
#[derive(Debug, clap::Args)]
pub struct PersonArgs {
    /// The person's userid in DingTalk (staffId), exactly as written there
    #[arg(value_parser = userid_argument)]
    userid: DingUserId,
    /// The person's organisation; may be left out if only one is configured
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument)]
    corp_id: Option<CorpId>,
}

impl PersonArgs {
    pub fn new(userid: DingUserId, corp_id: Option<CorpId>) -> Self {
        Self { userid, corp_id }
    }

    pub async fn find(self, deployment: &Deployment, db: &mut Conn) -> anyhow::Result<User> {
        let corp_id = deployment.corp(self.corp_id)?;
        match users::find(db, &corp_id, &self.userid).await? {
            Some(user) => Ok(user),
            None => {
                let userid = self.userid.as_str();
                bail!(text!(
                    "{userid:?} of organisation {corp_id} is not in the user table; \"miandeng users list\" shows everybody",
                    "企业 {corp_id} 的 {userid:?} 不在用户表中；所有人见“miandeng users list”"
                ))
            }
        }
    }
}

pub fn userid_argument(text: &str) -> Result<DingUserId, String> {
    check::userid(text).map_err(|wrong| wrong.text(locale()))
}

pub fn corp_id_argument(text: &str) -> Result<CorpId, String> {
    check::corp_id(text).map_err(|wrong| wrong.text(locale()))
}

/// A check for an argument: what is wrong is said in the terminal's language.
fn argument(
    check: fn(&str) -> Result<String, BadValue>,
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync {
    move |text| check(text).map_err(|wrong| wrong.text(locale()))
}

#[derive(Debug, clap::Args)]
pub struct Force {
    /// Go on even if an organisation loses its last active administrator
    #[arg(long)]
    force: bool,
}

impl Force {
    fn last_admin(&self) -> LastAdmin {
        last_admin(self.force)
    }
}

fn last_admin(force: bool) -> LastAdmin {
    if force { LastAdmin::MayGo } else { LastAdmin::Stays }
}
