//! `users export`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    cli::{
        Deployment,
        terminal::{count, print},
    },
    ids::CorpId,
    users::{self, Filter, Role, Status, csv},
};

const BOM: &str = "\u{feff}";

/// Write the user table as CSV, in a form that "users import" takes.
///
/// Every value stands in quotation marks. One that a spreadsheet would take for a formula gets a ' in front, and so does
/// what follows a comma or a ; inside a value; an import takes them off again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng users export --excel staff.csv
  miandeng users export --status disabled > disabled.csv")]
pub struct Export {
    /// The file, which nobody else can read; without it, or with -, standard output
    #[arg(value_name = "FILE.csv")]
    file: Option<PathBuf>,
    /// Only this corp's
    #[arg(long, value_name = "CORP", value_parser = super::corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Only those of this status
    #[arg(long)]
    status: Option<Status>,
    /// Only those of this role
    #[arg(long)]
    role: Option<Role>,
    /// Begin with a BOM, by which Excel knows UTF-8
    #[arg(long)]
    excel: bool,
    /// Write over a file that is there
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
        csv::write(&mut text, &people)?;
        match self.file {
            Some(file) if file != Path::new("-") => {
                save(&file, &text, self.force)?;
                eprintln!("{} written to {file:?}", count(people.len() as u64, "person", "people"));
                Ok(())
            }
            _ => print(text),
        }
    }
}

/// Writes a file with mode 0600, as it holds mobile numbers.
fn save(file: &Path, text: &[u8], force: bool) -> anyhow::Result<()> {
    let failed = || format!("{file:?} cannot be written");
    match create(file) {
        Ok(mut made) => {
            let written = made.write_all(text).and_then(|()| made.sync_all());
            if written.is_err() {
                // Half a table must not be taken for the whole; what cannot be removed either is reported below.
                let _ = std::fs::remove_file(file);
            }
            written.with_context(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !force => {
            bail!("{file:?} is there already; add --force to write over it")
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => replace(file, text).with_context(failed),
        Err(error) => Err(error).with_context(failed),
    }
}

/// Puts a new file in the old one's place at once: a full disk leaves the old one, and nobody who has it open with
/// its old mode reads the new one.
fn replace(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    if !std::fs::symlink_metadata(file)?.is_file() {
        bail!("it is no regular file");
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", crate::random::hex::<8>()));
    let part = PathBuf::from(name);
    let mut made = create(&part)?;
    let written = made.write_all(text).and_then(|()| made.sync_all());
    let replaced = written.and_then(|()| std::fs::rename(&part, file));
    if replaced.is_err() {
        // The error that is reported is the first one.
        let _ = std::fs::remove_file(&part);
    }
    Ok(replaced?)
}

fn create(file: &Path) -> io::Result<File> {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(file)
}
