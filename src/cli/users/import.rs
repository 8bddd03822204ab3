use std::{
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Force;
use crate::{
    cli::{
        Deployment,
        terminal::{count, print, print_json},
    },
    people::{self, Reason},
    users::csv::{self, BadRow, ReadError, Sheet},
};

const SHOWN: usize = 50;

/// Add and change many people from a CSV file, all or none of them.
///
/// The first line names the columns, in any order: userid and name, and any of corp_id, unionid, mobile, email,
/// department, title, role (user, admin), status (active, disabled). corp_id may be left out where one corp is
/// configured. The columns source, created_at, updated_at and last_signed_in_at are ignored, so that an export can be
/// imported.
///
/// Departments are separated by ; and their levels by /, as in the example; inside a name write ； and ／. Leave out the
/// organisation itself.
///
/// The file is UTF-8, with or without BOM, or GB18030 as Excel saves it. White space around a value is removed, and so
/// is each ' that an export puts before =, +, - and @.
///
/// For people already in the table, an empty cell clears its column (but not a role or status), and columns that the file
/// lacks stay as they are. Nobody is removed or disabled for not being in the file. People who become disabled lose their
/// sessions. If any row is wrong, every wrong row is listed with its line number, and nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: staff.csv
  userid,name,mobile,department,title,role
  manager01,张三,13800138000,研发部/后端组;技术委员会,主管,admin
  staff007,李四,,\"行政部\",,

  miandeng users import staff.csv --dry-run     # show what would change
  miandeng users import staff.csv
  miandeng users export | ssh other miandeng users import -")]
pub struct Import {
    /// The file to read; - is standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    force: Force,
    /// Print JSON; if rows are wrong, all of them
    #[arg(long)]
    json: bool,
}

impl Import {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let bytes = read_file(&self.file)?;
        // All that can be found wrong is found before the database is locked for others.
        let sheet = match csv::read(&bytes, &deployment.corps()) {
            Ok(sheet) => sheet,
            Err(ReadError::Rows(rows)) => {
                if self.json {
                    print_json(&json!({ "bad_rows": rows }))?;
                }
                bail!("{}", refusal(&self.file, &rows));
            }
            Err(error) => bail!("{:?} cannot be imported: {error}", self.file),
        };
        self.save(deployment, sheet).await
    }

    async fn save(self, deployment: &Deployment, sheet: Sheet) -> anyhow::Result<()> {
        let Sheet { people, encoding } = sheet;
        let rows = people.len();
        let bar = progress_bar(rows)?;

        let mut tx = deployment.write().await?;
        let by = deployment.by(Reason::Import);
        let last_admin = self.force.last_admin();
        let imported = people::import(&mut tx, &by, people, last_admin, |done| bar.set_position(done as u64)).await?;
        bar.finish_and_clear();
        if self.dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await.context("nothing was imported")?;
        }

        if self.json {
            return print_json(&json!({
                "rows": rows,
                "added": imported.added,
                "changed": imported.changed,
                "unchanged": imported.unchanged,
                "disabled": imported.disabled,
                "sessions_ended": imported.sessions_ended,
                "encoding": encoding,
                "dry_run": self.dry_run,
            }));
        }
        print(format!(
            "{}{} read as {}: {} added, {} changed, {} unchanged; {} disabled, {} ended\n",
            if self.dry_run { "dry run, nothing changed: " } else { "" },
            count(rows as u64, "row", "rows"),
            encoding.name(),
            imported.added,
            imported.changed,
            imported.unchanged,
            imported.disabled,
            count(imported.sessions_ended, "session", "sessions"),
        ))
    }
}

fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(file).with_context(|| format!("{file:?} cannot be read"))
}

fn refusal(file: &Path, rows: &[BadRow]) -> String {
    let problems = count(rows.len() as u64, "problem", "problems");
    let mut text = format!("{file:?} has {problems}, and nothing was imported");
    for row in rows.iter().take(SHOWN) {
        text.push_str(&format!("\n  {row}"));
    }
    if rows.len() > SHOWN {
        text.push_str(&format!("\n  and {} more; --json shows all", rows.len() - SHOWN));
    }
    text
}

/// On standard error, and only if that is a terminal.
fn progress_bar(rows: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} rows, {eta} left")?;
    Ok(ProgressBar::new(rows as u64).with_style(style))
}
