//! `users add`, `set`, `disable`, `enable` and `remove`: one person.

use anyhow::bail;
use serde_json::json;

use super::{Force, PersonArgs, argument};
use crate::{
    cli::{
        Deployment,
        terminal::{can_ask, confirm, count, print, print_json, text},
    },
    inert::Inert,
    people::{self, Changed, NotAdded, Reason},
    users::{Change, NewUser, Role, User, check},
};

/// Let a person sign in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  miandeng users add manager01 --name 张三 --department 研发部/后端组 --role admin")]
pub struct Add {
    #[command(flatten)]
    person: PersonArgs,
    /// The name that pages and apps show
    #[arg(long, value_parser = argument(check::name))]
    name: String,
    #[command(flatten)]
    columns: ColumnArgs,
    /// Print JSON: the person as listed
    #[arg(long)]
    json: bool,
}

/// Change a person's row. An empty value clears a column.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["name", "unionid", "mobile", "email", "department", "title", "role"]))]
#[command(after_help = "\
Examples:
  miandeng users set manager01 --role admin
  miandeng users set manager01 --title 主管 --mobile \"\"")]
pub struct Set {
    #[command(flatten)]
    person: PersonArgs,
    /// The name that pages and apps show
    #[arg(long, value_parser = argument(check::name))]
    name: Option<String>,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    force: Force,
    /// Print JSON: the person as listed
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ColumnArgs {
    /// The person's unionid; needed only for followers of a service window
    #[arg(long, value_parser = argument(check::unionid))]
    unionid: Option<String>,
    /// Mobile number
    #[arg(long, value_parser = argument(check::mobile))]
    mobile: Option<String>,
    /// Mail address
    #[arg(long, value_parser = argument(check::email))]
    email: Option<String>,
    /// Departments, separated by ";", with "/" between levels: "研发部/后端组;技术委员会". Inside a name write ； and ／
    #[arg(long, value_parser = argument(check::department))]
    department: Option<String>,
    /// Job title
    #[arg(long, value_parser = argument(check::title))]
    title: Option<String>,
    /// What the person may do
    #[arg(long)]
    role: Option<Role>,
}

impl ColumnArgs {
    fn into_change(self, name: Option<String>) -> Change {
        Change {
            name,
            unionid: self.unionid,
            mobile: self.mobile,
            email: self.email,
            department: self.department,
            title: self.title,
            role: self.role,
            status: None,
        }
    }
}

/// Disable a person and end their sessions.
#[derive(Debug, clap::Args)]
pub struct Disable {
    #[command(flatten)]
    person: PersonArgs,
    #[command(flatten)]
    force: Force,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Let a disabled person sign in again.
#[derive(Debug, clap::Args)]
pub struct Enable {
    #[command(flatten)]
    person: PersonArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Remove a person and end their sessions. "disable" keeps the row.
///
/// With unknown_users = "create", a removed person gets a new row at the next sign-in: use "disable" instead.
#[derive(Debug, clap::Args)]
pub struct Remove {
    #[command(flatten)]
    person: PersonArgs,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    force: Force,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Add {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let corp_id = deployment.configured_corp(self.person.corp_id)?;
        let userid = self.person.userid;
        let mut tx = deployment.write().await?;
        let change = self.columns.into_change(Some(self.name));
        let person = NewUser { corp_id: corp_id.clone(), userid: userid.clone(), change };
        let user = match people::add(&mut tx, &deployment.by(Reason::Command), person).await {
            Ok(user) => user,
            Err(NotAdded::AlreadyThere) => {
                let userid = userid.as_str();
                bail!(text!(
                    "{userid:?} of organisation {corp_id} is in the user table already; \"miandeng users set\" changes a person",
                    "企业 {corp_id} 的 {userid:?} 已在用户表中；要更改资料请用“miandeng users set”"
                ))
            }
            Err(NotAdded::Database(error)) => return Err(error.into()),
        };
        tx.commit().await?;
        if self.json {
            return print_json(&user);
        }
        let who = who(&user);
        print(text!("{who} was added\n", "已添加{who}\n"))
    }
}

impl Set {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut tx = deployment.write().await?;
        let user = self.person.find(deployment, &mut tx).await?;
        let change = self.columns.into_change(self.name);
        let by = deployment.by(Reason::Command);
        let Changed { user, changed, .. } =
            people::change(&mut tx, &by, &user, change, self.force.last_admin()).await?;
        tx.commit().await?;
        if self.json {
            return print_json(&user);
        }
        let who = who(&user);
        print(match changed {
            true => text!("{who} was changed\n", "已更改{who}\n"),
            false => text!("{who} needed no change\n", "{who}没有变化\n"),
        })
    }
}

impl Disable {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut tx = deployment.write().await?;
        let user = self.person.find(deployment, &mut tx).await?;
        let by = deployment.by(Reason::Command);
        let Changed { user, changed, sessions_ended } =
            people::disable(&mut tx, &by, &user, self.force.last_admin()).await?;
        tx.commit().await?;
        if self.json {
            return print_json(&json!({ "user": user, "changed": changed, "sessions_ended": sessions_ended }));
        }
        let (who, sessions) = (who(&user), count(sessions_ended, "session", "sessions"));
        print(match changed {
            true => text!(
                "{who} may no longer sign in; {sessions} ended\n",
                "{who}不能再登录；结束了 {sessions_ended} 个会话\n"
            ),
            false => text!(
                "{who} was disabled already; {sessions} ended\n",
                "{who}早已停用；结束了 {sessions_ended} 个会话\n"
            ),
        })
    }
}

impl Enable {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut tx = deployment.write().await?;
        let user = self.person.find(deployment, &mut tx).await?;
        let by = deployment.by(Reason::Command);
        let Changed { user, changed, .. } = people::enable(&mut tx, &by, &user).await?;
        tx.commit().await?;
        if self.json {
            return print_json(&json!({ "user": user, "changed": changed }));
        }
        let who = who(&user);
        print(match changed {
            true => text!("{who} may sign in again\n", "{who}可以重新登录\n"),
            false => text!("{who} was active already\n", "{who}本来就是启用的\n"),
        })
    }
}

impl Remove {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        if !self.yes && can_ask() {
            // Asked before the write lock is taken: a person may take long to answer.
            let mut db = deployment.pools.read().await?;
            let person = PersonArgs::new(self.person.userid.clone(), self.person.corp_id.clone());
            let user = person.find(deployment, &mut db).await?;
            let who = who(&user);
            if !confirm(&text!("Remove {who} and all their sessions?", "删除{who}及其全部会话？"))? {
                bail!(text!("nobody was removed", "没有删除任何人"));
            }
        }
        let mut tx = deployment.write().await?;
        let user = self.person.find(deployment, &mut tx).await?;
        let by = deployment.by(Reason::Command);
        let ended = people::remove(&mut tx, &by, &user, self.force.last_admin()).await?;
        tx.commit().await?;
        if self.json {
            return print_json(&json!({ "user": user, "sessions_ended": ended }));
        }
        let (who, sessions) = (who(&user), count(ended, "session", "sessions"));
        print(text!("{who} was removed; {sessions} ended\n", "已删除{who}；结束了 {ended} 个会话\n"))
    }
}

/// A person in a sentence, on one line whatever DingTalk says the name is.
fn who(user: &User) -> String {
    let User { userid, name, corp_id, .. } = user;
    Inert(text!("{userid} {name} of organisation {corp_id}", "{name}（{userid}，企业 {corp_id}）")).to_string()
}
