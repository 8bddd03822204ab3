//! `miandeng sessions`: who is signed in where.

use std::collections::HashMap;

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::json;

use super::{
    Deployment,
    deployment::actor,
    terminal::{Table, can_ask, confirm, count, locale, print, print_json, text},
    users::{PersonArgs, corp_id_argument, userid_argument},
};
use crate::{
    audit::Author,
    i18n::{Locale, local, utc},
    ids::{CorpId, DingUserId},
    sessions::{self, Listed, Policy, device},
    users::{self, Filter},
};

/// See and end sessions.
///
/// The running server refuses an ended session on its next request.
#[derive(Debug, clap::Args)]
pub struct SessionsCommand {
    #[command(subcommand)]
    action: SessionsAction,
}

#[derive(Debug, clap::Subcommand)]
enum SessionsAction {
    List(ListSessions),
    Revoke(RevokeSessions),
}

/// List live sessions, the most recently used first.
#[derive(Debug, clap::Args)]
struct ListSessions {
    /// Only this person's sessions
    #[arg(long, value_name = "USERID", value_parser = userid_argument)]
    user: Option<DingUserId>,
    /// Only this organisation's sessions; with --user, the person's organisation (may be left out if only one is configured)
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Print JSON; times in ISO 8601 (UTC)
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
struct RevokeSessions {
    /// The session's number, as "sessions list" shows it
    #[arg(group = "which")]
    id: Option<i64>,
    /// All sessions of this person
    #[arg(long, value_name = "USERID", value_parser = userid_argument, group = "which")]
    user: Option<DingUserId>,
    /// The person's organisation; may be left out if only one is configured
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument, conflicts_with_all = ["id", "all"])]
    corp_id: Option<CorpId>,
    /// Everybody's sessions
    #[arg(long, group = "which")]
    all: bool,
    /// Do not ask for confirmation before ending everybody's sessions
    #[arg(long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl SessionsCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        let deployment = Deployment::open().await?;
        let done = match self.action {
            SessionsAction::List(list) => list.run(&deployment).await,
            SessionsAction::Revoke(revoke) => revoke.run(&deployment).await,
        };
        deployment.close().await;
        done
    }
}

impl ListSessions {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut db = deployment.pools.read().await?;
        let user = match self.user {
            Some(userid) => {
                let person = PersonArgs::new(userid, self.corp_id.clone());
                Some(person.find(deployment, &mut db).await?.id)
            }
            None => None,
        };
        let policy = Policy::of(&deployment.config);
        let mut live = sessions::list(&mut db, user, &policy, deployment.clock.now()).await?;
        live.retain(|session| self.corp_id.as_ref().is_none_or(|corp| corp.as_str() == session.corp_id));
        if self.json {
            return print_json(&live.iter().map(SessionRecord::from).collect::<Vec<_>>());
        }
        // Whoever is signed in has a row.
        let people = users::list(&mut db, &Filter { corp_id: self.corp_id, ..Filter::default() }).await?;
        let names: HashMap<_, _> =
            people.iter().map(|user| ((user.corp_id.as_str(), user.userid.as_str()), user.name.as_str())).collect();
        let mut table = Table::new(&match locale() {
            Locale::ZhCn => ["编号", "姓名", "USERID", "CORPID", "应用", "登录时间", "最近使用", "地址", "设备"],
            Locale::En => ["ID", "NAME", "USERID", "CORP", "APP", "SIGNED IN", "LAST SEEN", "ADDRESS", "DEVICE"],
        });
        for session in &live {
            table.row([
                session.id.to_string().as_str(),
                names.get(&(session.corp_id.as_str(), session.userid.as_str())).copied().unwrap_or_default(),
                &session.userid,
                &session.corp_id,
                &session.app,
                &local(session.created_at),
                &local(session.last_seen_at),
                &session.address,
                &device(session),
            ]);
        }
        print(table.to_string())
    }
}

/// A session as programs read it: all that is known, and times in ISO 8601.
#[derive(Serialize)]
struct SessionRecord<'a> {
    id: i64,
    corp_id: &'a str,
    userid: &'a str,
    app: &'a str,
    created_at: String,
    last_seen_at: String,
    address: &'a str,
    user_agent: &'a str,
    only_for: Option<&'a str>,
}

impl<'a> From<&'a Listed> for SessionRecord<'a> {
    fn from(session: &'a Listed) -> Self {
        Self {
            id: session.id,
            corp_id: &session.corp_id,
            userid: &session.userid,
            app: &session.app,
            created_at: utc(session.created_at),
            last_seen_at: utc(session.last_seen_at),
            address: &session.address,
            user_agent: &session.user_agent,
            only_for: session.only_for.as_deref(),
        }
    }
}

/// With what somebody is signed in, in a few words; of a client that is not known the first word of its own.
fn device(session: &Listed) -> String {
    if let Some(address) = &session.only_for {
        let agent = &session.user_agent;
        return text!("{agent}, only for {address}", "{agent}，仅限 {address}");
    }
    let own = || session.user_agent.split(' ').next().unwrap_or_default().chars().take(30).collect();
    device::name(&session.user_agent).unwrap_or_else(own)
}

impl RevokeSessions {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        if self.all && !self.yes {
            if !can_ask() {
                bail!(text!(
                    "cannot ask for confirmation here; add --yes to end everybody's sessions",
                    "这里无法询问；要结束所有人的会话，请加 --yes"
                ));
            }
            if !confirm(&text!("End everybody's sessions?", "结束所有人的会话？"))? {
                bail!(text!("no session was ended", "没有结束任何会话"));
            }
        }
        let author = Author::new(actor(), &deployment.clock);
        let mut tx = deployment.write().await?;
        let ended = match (self.id, self.user) {
            (Some(id), _) => {
                if !sessions::revoke_by_id(&mut tx, id, &author).await? {
                    bail!(text!(
                        "there is no session {id}; \"miandeng sessions list\" shows their numbers",
                        "没有会话 {id}；编号见“miandeng sessions list”"
                    ));
                }
                1
            }
            (None, Some(userid)) => {
                let user = PersonArgs::new(userid, self.corp_id).find(deployment, &mut tx).await?;
                sessions::revoke_all_of(&mut tx, &user, None, &author).await?
            }
            (None, None) => sessions::revoke_everybodys(&mut tx, &author).await?,
        };
        tx.commit().await.with_context(|| text!("the sessions could not be ended", "无法结束会话"))?;
        if self.json {
            return print_json(&json!({ "sessions_ended": ended }));
        }
        let sessions = count(ended, "session", "sessions");
        print(text!("{sessions} ended\n", "结束了 {ended} 个会话\n"))
    }
}
