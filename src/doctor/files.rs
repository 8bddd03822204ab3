//! Who else on this machine may read or change what holds secrets. The database's own files are seen to when it is opened.

use std::path::Path;

use super::{Check, Fact, finding::Finding};
use crate::config::{Config, SecretFiles};

/// Others of this machine; the group is the operator's choice.
const READ: u32 = 0o004;
const WRITE: u32 = 0o002;

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let SecretFiles { settings, others } = &config.secret_files;
    let settings = settings.iter().map(|(file, holds_secret)| (file.as_path(), *holds_secret));
    let files: Vec<_> = settings.chain(others.iter().map(|file| (file.as_path(), true))).collect();
    let findings: Vec<_> = files.iter().filter_map(|(file, holds_secret)| finding(file, *holds_secret)).collect();
    match findings.is_empty() && !files.is_empty() && cfg!(unix) {
        true => vec![Finding::ok(Check::Files, Fact::FilesClosed { files: files.len() })],
        false => findings,
    }
}

fn finding(path: &Path, holds_secret: bool) -> Option<Finding> {
    let (mode, file) = (mode(path)?, path.display().to_string());
    if mode & WRITE != 0 {
        return Some(Finding::failed(Check::Files, Fact::FileWritable { file, mode }));
    }
    (holds_secret && mode & READ != 0).then(|| Finding::warning(Check::Files, Fact::FileReadable { file, mode }))
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;

    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}
