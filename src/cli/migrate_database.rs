//! `miandeng migrate-database`.

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
    clock::Clock,
    db,
    move_database::{Moved, move_database},
};

/// Copy the SQLite file to an empty PostgreSQL database, for several servers. No server may run.
///
/// People, the audit trail, the keys, syncs and events are copied in one transaction, read back, and compared. Whatever
/// fails, nothing is left there. The file stays as it is: with it in the settings, the server is back where it was.
///
/// Everybody is signed out, and signs in again at the next request, which in DingTalk takes no tap. --sessions keeps
/// people signed in, also at apps that speak OpenID Connect or CAS.
///
/// The database must exist; the user must own it. Leave the password out of the address, since other users of this machine
/// can see it there: it is also read from PGPASSWORD, ~/.pgpass, or the file that PGPASSFILE names.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  systemctl stop miandeng
  miandeng backup /var/backups/miandeng/before-postgres.db
  PGPASSFILE=pgpass miandeng migrate-database --to postgres://miandeng@db.example.com/miandeng
  # write the address into Rocket.toml: url in [default.databases.miandeng]
  systemctl start miandeng")]
pub struct MigrateDatabaseArgs {
    /// The PostgreSQL database, e.g. postgres://USER@HOST/DATABASE, as in the settings
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Leave people signed in
    #[arg(long)]
    sessions: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub async fn run(args: MigrateDatabaseArgs) -> anyhow::Result<()> {
    let (_, url) = Deployment::settings()?;
    if db::is_server(&url) {
        bail!(text!(
            "the settings name PostgreSQL already, and this command copies a SQLite file; use pg_dump and pg_restore",
            "配置中的数据库已经是 PostgreSQL；这个命令只复制 SQLite 文件，请用 pg_dump 和 pg_restore"
        ));
    }
    let file = db::file_of(&url)?;
    let row = Entry::new(Event::DatabaseMoved, actor(), &Clock::system()).with("file", file.display().to_string());
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {percent}%")?);
    let moved = move_database(&file, &args.to, args.sessions, row, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    let moved = moved.await;
    bar.finish_and_clear();
    say(&args, &file.display().to_string(), &moved?)
}

fn say(args: &MigrateDatabaseArgs, file: &str, moved: &Moved) -> anyhow::Result<()> {
    let Moved { address, tables, sessions_ended } = moved;
    if args.json {
        let tables =
            tables.iter().map(|table| json!({"name": table.table, "rows": table.rows, "sha256": table.sha256}));
        return print_json(&json!({
            "file": file,
            "to": address,
            "tables": tables.collect::<Vec<_>>(),
            "sessions_ended": sessions_ended,
        }));
    }
    let [people, trail, keys, sessions] = ["users", "audit", "server_keys", "sessions"].map(|table| moved.rows(table));
    let (some_people, some_trail) = (count(people, "person", "people"), count(trail, "row", "rows"));
    let (some_keys, some_sessions) = (count(keys, "key", "keys"), count(sessions, "session", "sessions"));
    let (ended, chinese_ended) = if args.sessions { ("", "") } else { (", all ended", "（已全部结束）") };
    print(text!(
        "{address} has everything, compared with the file: {some_people}, {some_trail} of the audit trail, {some_keys}, \
         {some_sessions}{ended}\n\
         Write the address that you gave to --to into the settings (databases.miandeng.url) and start the server. {file:?} stays \
         as it is: name it again to go back\n",
        "已全部复制到 {address}，并与文件核对：{people} 人，{trail} 条审计记录，{keys} 个密钥，{sessions} 个会话{chinese_ended}\n\
         请把 --to 后面的地址写入配置（databases.miandeng.url），再启动服务器。{file:?} 保持原样，要退回时再写回它\n"
    ))
}
