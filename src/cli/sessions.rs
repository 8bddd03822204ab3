//! `miandeng sessions`: who is signed in where.

use anyhow::{Context, bail};
use serde_json::json;

use super::{
    Deployment,
    terminal::{Table, can_ask, confirm, count, print, print_json},
    users::{Person, corp_id_argument, userid_argument},
};
use crate::{
    dingtalk::ids::{CorpId, DingUserId},
    sessions::{self, Policy},
    text::utc,
};

/// See and end sessions.
///
/// A session that is ended here is refused by the running server from its next request on.
#[derive(Debug, clap::Args)]
pub struct SessionsCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    List(List),
    Revoke(Revoke),
}

/// List the live sessions, the last used first.
#[derive(Debug, clap::Args)]
struct List {
    /// Only this person's
    #[arg(long, value_name = "USERID", value_parser = userid_argument)]
    user: Option<DingUserId>,
    /// Only this corp's; with --user, the person's corp (may be left out where one is configured)
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// End one session, all of one person's, or all.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
#[command(after_help = "\
Examples:
  miandeng sessions revoke 42                # the number that \"sessions list\" shows
  miandeng sessions revoke --user manager01
  miandeng sessions revoke --all --yes")]
struct Revoke {
    /// The session's number, as "sessions list" shows it
    #[arg(group = "which")]
    id: Option<i64>,
    /// All sessions of this person
    #[arg(long, value_name = "USERID", value_parser = userid_argument, group = "which")]
    user: Option<DingUserId>,
    /// The person's corp; may be left out where one is configured
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument, conflicts_with_all = ["id", "all"])]
    corp_id: Option<CorpId>,
    /// Everybody's sessions
    #[arg(long, group = "which")]
    all: bool,
    /// Do not ask before ending everybody's
    #[arg(long)]
    yes: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl SessionsCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// One line that says what failed and what to do.
    pub async fn run(self) -> anyhow::Result<()> {
        let deployment = Deployment::open().await?;
        let done = match self.action {
            Action::List(list) => list.run(&deployment).await,
            Action::Revoke(revoke) => revoke.run(&deployment).await,
        };
        deployment.close().await;
        done
    }
}

impl List {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut db = deployment.pools.read().await?;
        let user = match self.user {
            Some(userid) => {
                let person = Person::new(userid, self.corp_id.clone());
                Some(person.find(deployment, &mut db).await?.id)
            }
            None => None,
        };
        let policy = Policy::of(&deployment.config);
        let mut live = sessions::list(&mut db, user, &policy, deployment.clock.now()).await?;
        live.retain(|session| self.corp_id.as_ref().is_none_or(|corp| corp.as_str() == session.corp_id));
        if self.json {
            return print_json(&live);
        }
        let mut table = Table::new(&["ID", "CORP", "USERID", "APP", "SIGNED IN", "LAST SEEN", "ADDRESS", "CLIENT"]);
        for session in &live {
            let client = match &session.only_for {
                Some(address) => format!("{}, only for {address}", session.user_agent),
                None => session.user_agent.clone(),
            };
            table.row([
                session.id.to_string().as_str(),
                &session.corp_id,
                &session.userid,
                &session.app,
                &utc(session.created_at),
                &utc(session.last_seen_at),
                &session.address,
                &client,
            ]);
        }
        print(table.to_string())
    }
}

impl Revoke {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        if self.all && !self.yes {
            if !can_ask() {
                bail!("nobody is there to ask; add --yes to end everybody's sessions");
            }
            if !confirm("End everybody's sessions?")? {
                bail!("no session was ended");
            }
        }
        let mut tx = deployment.write().await?;
        let ended = match (self.id, self.user) {
            (Some(id), _) => {
                if !sessions::end_by_id(&mut tx, id).await? {
                    bail!("there is no session {id}; \"miandeng sessions list\" shows their numbers");
                }
                1
            }
            (None, Some(userid)) => {
                let user = Person::new(userid, self.corp_id).find(deployment, &mut tx).await?;
                sessions::end_all_of(&mut tx, user.id, None).await?
            }
            (None, None) => sessions::end_all(&mut tx).await?,
        };
        tx.commit().await.context("the sessions could not be ended")?;
        if self.json {
            return print_json(&json!({ "sessions_ended": ended }));
        }
        print(format!("{} ended\n", count(ended, "session", "sessions")))
    }
}
