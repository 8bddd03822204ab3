use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use tempfile::NamedTempFile;

use crate::{
    cli::{
        Deployment,
        terminal::{count, print, text},
    },
    ids::CorpId,
    users::{self, Filter, Role, Status, sheet},
};

const BOM: &str = "\u{feff}";

/// Write the user table as CSV that "users import" can read.
///
/// Every value is in quotation marks. A value that a spreadsheet would take for a formula gets a ' in front, and so does
/// what follows a comma or a ; inside a value; an import removes each ' again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng users export --excel staff.csv
  miandeng users export --status disabled > disabled.csv")]
pub struct Export {
    /// The file to write, readable by its owner only; without it, or with -, standard output
    #[arg(value_name = "FILE.csv")]
    file: Option<PathBuf>,
    /// Only this organisation
    #[arg(long, value_name = "CORP", value_parser = super::corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Only people with this status
    #[arg(long)]
    status: Option<Status>,
    /// Only people with this role
    #[arg(long)]
    role: Option<Role>,
    /// Begin with a BOM, so that Excel reads UTF-8
    #[arg(long)]
    excel: bool,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

impl Export {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut db = deployment.pools.read().await?;
        let filter = Filter { corp_id: self.corp_id, status: self.status, role: self.role };
        let people = users::list(&mut db, &filter).await?;
        let mut text = Vec::new();
        if self.excel {
            text.extend_from_slice(BOM.as_bytes());
        }
        sheet::write(&mut text, &people)?;
        match self.file {
            Some(file) if file != Path::new("-") => {
                save(&file, &text, self.force)?;
                let number = people.len();
                let some = count(number as u64, "person", "people");
                eprintln!("{}", text!("{some} written to {file:?}", "已把 {number} 人写入 {file:?}"));
                Ok(())
            }
            _ => print(text),
        }
    }
}

/// Writes a file that only its owner may read. It appears whole or not at all, and nobody who has the old one open
/// reads the new one.
pub(super) fn save(file: &Path, text: &[u8], force: bool) -> anyhow::Result<()> {
    let there_already = || {
        anyhow!(text!("{file:?} already exists; add --force to overwrite it", "{file:?} 已存在；要覆盖请加 --force"))
    };
    let failed = || text!("{file:?} cannot be written", "无法写入 {file:?}");
    match fs::symlink_metadata(file) {
        Ok(_) if !force => return Err(there_already()),
        Ok(found) if !found.is_file() => {
            return Err(anyhow!(text!("it is not a regular file", "它不是普通文件")).context(failed()));
        }
        _ => {}
    }
    let part = write_part(file, text).with_context(failed)?;
    let put = if force { part.persist(file) } else { part.persist_noclobber(file) };
    match put {
        Ok(_) => Ok(()),
        // Somebody else has made one in the meantime.
        Err(failure) if failure.error.kind() == io::ErrorKind::AlreadyExists => Err(there_already()),
        Err(failure) => Err(failure.error).with_context(failed),
    }
}

/// The text in a file beside `file`, mode 0600, which is removed unless it is put in its place.
fn write_part(file: &Path, text: &[u8]) -> io::Result<NamedTempFile> {
    let mut prefix = file.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut part = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder)?;
    part.write_all(text)?;
    part.as_file().sync_all()?;
    Ok(part)
}
