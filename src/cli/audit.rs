//! `miandeng audit`: who did what.

use std::io::Write;

use anyhow::Context;
use clap::builder::PossibleValuesParser;

use super::{
    Deployment,
    terminal::{Table, locale, print, print_json, text},
    users::{corp_id_argument, userid_argument},
};
use crate::{
    audit::{self, Event, Filter, Row},
    i18n::{Locale, local},
    ids::{CorpId, DingUserId},
};

/// Rows that are read at a time.
const PORTION: u64 = 5_000;

/// See who signed in, who was refused, and who changed what.
///
/// Rows are kept for audit_retention (400 days if nothing is set) and never changed.
#[derive(Debug, clap::Args)]
pub struct AuditCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    List(List),
    Export(Export),
}

/// Which rows a command is about.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only from this time on: how long ago (24h, 30d), a date (2026-11-02) or a time (2026-11-02T08:00:00+08:00)
    #[arg(long, value_name = "TIME", value_parser = time_argument)]
    since: Option<Moment>,
    /// Only before this time, written in the same way
    #[arg(long, value_name = "TIME", value_parser = time_argument)]
    until: Option<Moment>,
    /// Only what concerns this person, or what this person did
    #[arg(long, value_name = "USERID", value_parser = userid_argument)]
    user: Option<DingUserId>,
    /// Only this organisation's
    #[arg(long, value_name = "CORP", value_parser = corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Only this event
    #[arg(long, value_name = "EVENT", value_parser = PossibleValuesParser::new(Event::ALL.iter().map(|event| event.as_str())))]
    event: Option<String>,
}

/// List the trail, the newest row first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng audit list --since 24h --event refused
  miandeng audit list --user manager01 --since 2026-11-01")]
struct List {
    #[command(flatten)]
    which: Which,
    /// How many rows at the most
    #[arg(long, value_name = "ROWS", default_value_t = 1000)]
    limit: u64,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Write the trail to standard output, the newest row first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  miandeng audit export --since 2026-01-01 --until 2027-01-01 > audit-2026.csv")]
struct Export {
    #[command(flatten)]
    which: Which,
    /// As CSV (the default)
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

/// A time that a person named.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Ago(std::time::Duration),
    AtMs(i64),
}

impl Moment {
    fn ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(duration) => now_ms.saturating_sub(duration.as_millis().try_into().unwrap_or(i64::MAX)),
            Self::AtMs(at) => at,
        }
    }
}

fn time_argument(text: &str) -> Result<Moment, String> {
    if let Some(at) = crate::i18n::read_time(text) {
        return Ok(Moment::AtMs(at));
    }
    humantime::parse_duration(text).map(Moment::Ago).map_err(|_| {
        text!(
            "write how long ago (24h, 30d), a date (2026-11-02) or a time (2026-11-02T08:00:00+08:00)",
            "请写多久以前（24h、30d）、日期（2026-11-02）或时间（2026-11-02T08:00:00+08:00）"
        )
    })
}

impl AuditCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// One line that says what failed.
    pub async fn run(self) -> anyhow::Result<()> {
        let deployment = Deployment::open().await?;
        let done = match self.action {
            Action::List(list) => list.run(&deployment).await,
            Action::Export(export) => export.run(&deployment).await,
        };
        deployment.close().await;
        done
    }
}

impl Which {
    fn filter(self, deployment: &Deployment) -> Filter {
        let now = deployment.clock.now_ms();
        Filter {
            corp_id: self.corp_id.map(|corp| corp.to_string()),
            people: self.user.map(|user| vec![user.to_string()]),
            event: self.event.as_deref().and_then(Event::parse),
            since_ms: self.since.map(|moment| moment.ms(now)),
            until_ms: self.until.map(|moment| moment.ms(now)),
            ..Filter::default()
        }
    }
}

impl List {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        // One more than is shown: whether there are older ones is worth saying.
        let filter = Filter { most: self.limit.saturating_add(1), ..self.which.filter(deployment) };
        let mut rows = audit::list(&mut *deployment.pools.read().await?, &filter).await?;
        let are_more = rows.len() as u64 > self.limit;
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        if self.json {
            print_json(&rows)?;
        } else {
            print(table(&rows).to_string())?;
        }
        if are_more {
            let more = text!(
                "There are older rows: narrow the time with --since and --until, or raise --limit",
                "还有更早的记录：用 --since、--until 缩小范围，或用 --limit 多看一些"
            );
            eprintln!("{more}");
        }
        Ok(())
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&match locale() {
        Locale::ZhCn => ["时间", "事件", "操作者", "USERID", "CORPID", "应用", "地址", "请求编号", "详情"],
        Locale::En => ["TIME", "EVENT", "ACTOR", "USERID", "CORP", "APP", "ADDRESS", "REQUEST", "DETAIL"],
    });
    for row in rows {
        let detail = if row.detail.is_empty() { String::new() } else { plain(row) };
        table.row([
            local(row.at.div_euclid(1000)).as_str(),
            &row.event,
            &row.actor,
            &row.userid,
            &row.corp_id,
            &row.app,
            &row.address,
            &row.request_id,
            &detail,
        ]);
    }
    table
}

/// `reason=not-listed name=李四`: what a table has room for.
fn plain(row: &Row) -> String {
    let pair = |(name, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    row.detail.iter().map(pair).collect::<Vec<_>>().join(" ")
}

impl Export {
    async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut filter = Filter { most: PORTION, ..self.which.filter(deployment) };
        let mut out = std::io::BufWriter::new(std::io::stdout());
        let mut db = deployment.pools.read().await?;
        let mut is_first = true;
        loop {
            let rows = audit::list(&mut db, &filter).await?;
            let written = write(&mut out, self.json, is_first, &rows);
            match written {
                // A reader that has seen enough (`| head`) is no failure.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                other => other.with_context(|| text!("standard output cannot be written", "无法写入标准输出"))?,
            }
            let Some(last) = rows.last() else { break };
            filter.before = Some((last.at, last.id));
            is_first = false;
        }
        Ok(())
    }
}

/// Writes a portion. The last one is empty, and ends the array.
fn write(out: &mut impl Write, json: bool, is_first: bool, rows: &[Row]) -> std::io::Result<()> {
    if !json {
        audit::write_csv(&mut *out, is_first, rows).map_err(std::io::Error::other)?;
    } else {
        if is_first {
            out.write_all(b"[")?;
        }
        for (i, row) in rows.iter().enumerate() {
            out.write_all(if is_first && i == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, row)?;
        }
        if rows.is_empty() {
            out.write_all(b"\n]\n")?;
        }
    }
    out.flush()
}
