//! `miandeng restore`.

use std::path::PathBuf;

use anyhow::bail;
use serde_json::json;

use super::{
    Deployment,
    deployment::actor,
    terminal::{count, print, print_json, text},
};
use crate::{
    audit::{Entry, Event},
    backup::{self, Restored},
    clock::Clock,
    db,
};

/// Put a backup in the place of the database. No server may run.
///
/// The backup is checked, copied beside the database, and brought up to date there if an older version made it. Then it
/// takes the database's place at once. If anything fails, the database stays as it is.
///
/// The replaced file stays beside it, as miandeng.db.replaced-TIME, with all that it held; remove it when you are sure.
///
/// Every session in the backup is ended, because it may have been revoked since; people sign in again, which in
/// DingTalk takes no tap. --keep-sessions keeps them. People who were disabled or removed since the backup are there
/// again either way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  systemctl stop miandeng
  miandeng restore /var/backups/miandeng/2026-11-25.db
  systemctl start miandeng")]
pub struct RestoreArgs {
    /// A file that "miandeng backup" made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep people signed in who were signed in when the backup was made
    #[arg(long)]
    keep_sessions: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn run(args: RestoreArgs) -> anyhow::Result<()> {
    let (_, url) = Deployment::settings()?;
    if db::is_server(&url) {
        bail!(text!(
            "the database is PostgreSQL's, not a file; stop every server, restore it with pg_restore, and run \
             \"miandeng sessions revoke --all\"",
            "数据库在 PostgreSQL 中，不是文件；请停止所有服务器，用 pg_restore 恢复，再运行“miandeng sessions revoke --all”"
        ));
    }
    let target = db::file_of(&url)?;
    let clock = Clock::system();
    let row = Entry::new(Event::Restored, actor(), &clock).with("file", args.file.display().to_string());
    let restored = backup::restore(&args.file, &target, args.keep_sessions, row, clock.now()).await?;
    say(&args, &target.display().to_string(), &restored)
}

fn say(args: &RestoreArgs, target: &str, restored: &Restored) -> anyhow::Result<()> {
    let Restored { backup, schema, sessions_ended, kept } = restored;
    let people = backup.people.unsigned_abs();
    if args.json {
        return print_json(&json!({
            "file": target,
            "kept": kept,
            "people": people,
            "sessions_ended": sessions_ended,
            "schema_of_backup": backup.schema,
            "schema": schema,
        }));
    }
    let (some_people, ended) = (count(people, "person", "people"), count(*sessions_ended, "session", "sessions"));
    let mut text = text!(
        "{target:?} is restored: {some_people}, {ended} ended\n",
        "已恢复 {target:?}：{people} 人，结束了 {sessions_ended} 个会话\n"
    );
    if let Some(kept) = kept {
        text.push_str(&text!("the replaced file is {kept:?}\n", "原文件保留为 {kept:?}\n"));
    }
    print(text)
}
