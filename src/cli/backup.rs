//! `miandeng backup`.

use std::path::PathBuf;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{
    Deployment,
    deployment::actor,
    terminal::{count, print, print_json, text},
};
use crate::{
    audit::{Entry, Event},
    backup::{self, Made},
    clock::Clock,
    db,
    i18n::utc,
};

/// Make a consistent copy of the database while the server runs.
///
/// The copy is for its owner alone (mode 0600) from its first byte on. It is written under another name in the same
/// folder, checked, and gets its name when it is whole and on the disk: a file of that name is a good backup, whatever
/// happened. Sign-ins go on meanwhile.
///
/// A backup holds everything: people, who is signed in (no cookie, only digests), DingTalk's tokens of the last two
/// hours, and the keys that sign identities. Keep it as safe as a password file. The settings and the secrets in them
/// are not in it.
///
/// "miandeng restore" puts it in the database's place.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  miandeng backup /var/backups/miandeng/$(date +%F).db")]
pub struct BackupArgs {
    /// The copy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace an existing file once the new one is whole
    #[arg(long)]
    force: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn run(args: BackupArgs) -> anyhow::Result<()> {
    // The database is not opened as a server would: it must not be migrated before it is backed up.
    let (_, url) = Deployment::settings()?;
    if db::is_server(&url) {
        bail!(text!(
            "the database is PostgreSQL's, not a file; back it up with pg_dump",
            "数据库在 PostgreSQL 中，不是文件；请用 pg_dump 备份"
        ));
    }
    let source = db::file_of(&url)?;
    let row = Entry::new(Event::Backup, actor(), &Clock::system()).with("file", args.file.display().to_string());
    let style = ProgressStyle::with_template("{bar:40} {bytes} / {total_bytes}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let made = backup::make(&source, &args.file, args.force, row, |done, all| {
        bar.set_length(all);
        bar.set_position(done.min(all));
    });
    let made = made.await;
    bar.finish_and_clear();
    say(&args, &made?)
}

fn say(args: &BackupArgs, made: &Made) -> anyhow::Result<()> {
    let Made { bytes, contents } = made;
    let (people, sessions) = (contents.people.unsigned_abs(), contents.sessions.unsigned_abs());
    if args.json {
        return print_json(&json!({
            "file": args.file,
            "bytes": bytes,
            "schema": contents.schema,
            "people": people,
            "sessions": sessions,
            "at": utc(Clock::system().now()),
        }));
    }
    let file = &args.file;
    let (some_people, some_sessions) = (count(people, "person", "people"), count(sessions, "session", "sessions"));
    let size = count(*bytes, "byte", "bytes");
    print(text!(
        "{file:?} is written and checked: {some_people}, {some_sessions}, {size}\n",
        "已备份到 {file:?}，校验通过：{people} 人，{sessions} 个会话，{bytes} 字节\n"
    ))
}
