use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{export::save, last_admin};
use crate::{
    cli::{
        Deployment,
        deployment::corps,
        terminal::{count, locale, print, print_json, text},
    },
    i18n::{BadFile, Locale, Reader},
    inert::Inert,
    people::{self, Imported, Reason},
    users::sheet::{self, BadRow, Format, LARGEST_FILE, Options, ReadError, Sheet},
};

const SHOWN: usize = 50;

/// Add and change many people from a CSV file or an Excel workbook (.xlsx), all or none.
///
/// The first line names the columns, in any order: userid and name, and any of corp_id, unionid, mobile, email,
/// department, title, role (user, admin), status (active, disabled). corp_id may be left out where one organisation is
/// configured. The names of DingTalk's export are known as well: 员工UserID or UserID, 姓名, 手机号, 邮箱, 部门, 职位, 角色
/// (普通成员, 管理员), 状态 (启用, 停用). Lines of one cell above them, such as a title, are left out. The columns source,
/// created_at, updated_at and last_signed_in_at are not read, so that an export can be imported.
///
/// Departments are separated by ; and their levels by /, as in the example; inside a name write ； and ／. Leave out the
/// organisation itself.
///
/// A CSV file is UTF-8, with or without BOM, or GB18030 as Excel saves it. White space around a value is removed, and
/// so is each ' that an export puts before =, +, - and @.
///
/// Reads the first sheet of a workbook that is neither empty nor hidden, or the one of --sheet. A formula counts as its result;
/// vertically merged cells all hold the value shown. Dates, errors such as #N/A and numbers of more than
/// fifteen digits, which Excel rounds, are refused and named by their cell.
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

  miandeng users import --template staff.xlsx    # an empty file to fill in
  miandeng users import staff.csv --dry-run     # show what would change
  miandeng users import staff.csv
  miandeng users export | ssh other miandeng users import -")]
pub struct Import {
    /// The file, CSV or .xlsx, whatever its name; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Write an empty file to fill in, .xlsx or .csv by its name, and import nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "dry_run", "json", "sheet", "ignore_unknown"])]
    template: Option<PathBuf>,
    /// Leave out columns of unknown names, instead of refusing the file
    #[arg(long)]
    ignore_unknown: bool,
    /// The sheet of a workbook, by its name
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on even if an organisation loses its last active administrator; with --template, overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Print JSON; if rows are wrong, all of them
    #[arg(long)]
    json: bool,
}

impl Import {
    /// The empty file that is asked for, instead of an import.
    pub fn template(&self) -> Option<&Path> {
        self.template.as_deref()
    }

    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let file = self.file.as_deref().unwrap_or(Path::new("-"));
        let bytes = read_file(file)?;
        let options = Options { ignore_unknown: self.ignore_unknown, sheet: self.sheet.as_deref() };
        // All that can be found wrong is found before the database is locked for others.
        let sheet = match sheet::read(&bytes, &deployment.corps(), options) {
            Ok(sheet) => sheet,
            Err(ReadError::Rows(rows)) => {
                if self.json {
                    print_json(&json!({ "bad_rows": rows }))?;
                }
                bail!("{}", refusal(file, &rows));
            }
            Err(ReadError::File(bad)) => bail!("{}", unreadable(file, &bad)),
        };
        self.save(deployment, sheet).await
    }

    pub fn write_template(&self, file: &Path) -> anyhow::Result<()> {
        let (config, _) = Deployment::settings()?;
        let several_corps = corps(&config).len() > 1;
        let template = sheet::template(&file.to_string_lossy(), locale(), several_corps)
            .with_context(|| text!("{file:?} cannot be written", "无法写入 {file:?}"))?;
        save(file, &template, self.force)?;
        let done = text!(
            "{file:?} was written; fill it in, and \"miandeng users import\" takes it",
            "已写好 {file:?}；填写后用“miandeng users import”导入"
        );
        eprintln!("{done}");
        Ok(())
    }

    async fn save(self, deployment: &Deployment, sheet: Sheet) -> anyhow::Result<()> {
        let Sheet { people, format, ignored } = sheet;
        let rows = people.len();
        let bar = progress_bar(rows)?;

        let mut tx = deployment.write().await?;
        let (by, last_admin) = (deployment.by(Reason::Import), last_admin(self.force));
        let progress = |done| bar.set_position(done as u64);
        let imported = people::import(&mut tx, &by, people, last_admin, progress).await?;
        bar.finish_and_clear();
        if self.dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await.with_context(|| text!("nothing was imported", "没有导入任何内容"))?;
        }

        let (encoding, sheet) = match &format {
            Format::Csv(encoding) => (Some(encoding), None),
            Format::Workbook { sheet } => (None, Some(sheet)),
        };
        if self.json {
            let mut report = json!({
                "rows": rows,
                "added": imported.added,
                "changed": imported.changed,
                "unchanged": imported.unchanged,
                "disabled": imported.disabled,
                "sessions_ended": imported.sessions_ended,
                "encoding": encoding,
                "dry_run": self.dry_run,
            });
            if let Some(sheet) = sheet {
                report["sheet"] = json!(sheet);
            }
            if !ignored.is_empty() {
                report["ignored"] = json!(ignored);
            }
            return print_json(&report);
        }
        print(in_words(rows, &imported, &format, &ignored, self.dry_run))
    }
}

fn in_words(rows: usize, imported: &Imported, format: &Format, ignored: &[String], dry_run: bool) -> String {
    let Imported { added, changed, unchanged, disabled, sessions_ended } = imported;
    let mut said = match dry_run {
        true => text!("dry run, nothing was changed: ", "试运行，没有改动："),
        false => String::new(),
    };
    let (some_rows, ended) = (count(rows as u64, "row", "rows"), count(*sessions_ended, "session", "sessions"));
    said.push_str(&match format {
        Format::Workbook { sheet } => {
            text!("{some_rows} read from sheet {sheet:?}: ", "从工作表 {sheet:?} 读取了 {rows} 行：")
        }
        Format::Csv(encoding) => {
            let encoding = encoding.name();
            text!("{some_rows} read as {encoding}: ", "按 {encoding} 读取了 {rows} 行：")
        }
    });
    said.push_str(&text!(
        "{added} added, {changed} changed, {unchanged} unchanged; {disabled} disabled, {ended} ended",
        "新增 {added}，更改 {changed}，不变 {unchanged}；停用 {disabled}，结束了 {sessions_ended} 个会话"
    ));
    if !ignored.is_empty() {
        let names = Inert(ignored.join(", ")).to_string();
        said.push_str(&text!("; left out: {names}", "；忽略的列：{names}"));
    }
    said.push('\n');
    said
}

/// Reads no more than tells that a file is too large.
fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    let is_stdin = file == Path::new("-");
    let failed = || match is_stdin {
        true => text!("standard input cannot be read", "无法读取标准输入"),
        false => text!("{file:?} cannot be read", "无法读取 {file:?}"),
    };
    let from: Box<dyn Read> =
        if is_stdin { Box::new(std::io::stdin()) } else { Box::new(File::open(file).with_context(failed)?) };
    let mut bytes = Vec::new();
    from.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).with_context(failed)?;
    Ok(bytes)
}

fn unreadable(file: &Path, bad: &BadFile) -> String {
    let why = bad.text(locale(), Reader::Terminal);
    text!("{file:?} cannot be imported: {why}", "无法导入 {file:?}：{why}")
}

fn refusal(file: &Path, rows: &[BadRow]) -> String {
    let (number, more) = (rows.len(), rows.len().saturating_sub(SHOWN));
    let problems = count(number as u64, "problem", "problems");
    let mut said =
        text!("{file:?} has {problems}, and nothing was imported", "{file:?} 有 {number} 处错误，没有导入任何内容");
    for row in rows.iter().take(SHOWN) {
        said.push_str(&format!("\n  {}", row.text(locale())));
    }
    if more > 0 {
        said.push_str(&text!("\n  and {more} more; --json shows all", "\n  还有 {more} 处；用 --json 查看全部"));
    }
    said
}

/// On standard error, and only if that is a terminal.
fn progress_bar(rows: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template(match locale() {
        Locale::En => "{bar:40} {human_pos} of {human_len} rows, {eta} left",
        Locale::ZhCn => "{bar:40} {human_pos}/{human_len} 行，还需 {eta}",
    })?;
    Ok(ProgressBar::new(rows as u64).with_style(style))
}
