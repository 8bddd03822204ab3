//! The files of a new deployment: who may read them, and what they may replace.

use std::{
    ffi::OsStr,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::cli::terminal::text;

/// The server's user, where the package has made one and we may give it files.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    ids: Option<(u32, u32)>,
}

/// What `init` writes, in one folder.
pub struct Files {
    folder: PathBuf,
    force: bool,
    owner: Owner,
    written: Vec<PathBuf>,
}

/// Who owns a file.
enum Whose {
    /// Root, or whoever runs the command; the server may read it.
    ServerReads,
    /// The server, or whoever runs the command.
    Server,
    Everybody,
}

impl Owner {
    #[cfg(unix)]
    pub fn of_the_server() -> Self {
        use nix::unistd::{User, geteuid};

        let user = if geteuid().is_root() { User::from_name("miandeng").ok().flatten() } else { None };
        Self { ids: user.map(|user| (user.uid.as_raw(), user.gid.as_raw())) }
    }

    #[cfg(not(unix))]
    pub fn of_the_server() -> Self {
        Self { ids: None }
    }
}

impl Owner {
    pub fn is_there(self) -> bool {
        self.ids.is_some()
    }
}

impl Files {
    pub fn new(folder: PathBuf, force: bool, owner: Owner) -> Self {
        Self { folder, force, owner, written: Vec::new() }
    }

    pub fn written(self) -> Vec<PathBuf> {
        self.written
    }

    /// Refuses where a file is there that may hold somebody's work.
    pub fn may_write(&self, name: impl AsRef<Path>, is_untouched: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        let file = path.display();
        if self.force {
            return Ok(());
        }
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Ok(found) if std::str::from_utf8(&found).is_ok_and(is_untouched) => Ok(()),
            _ => {
                bail!(text!("{file} already exists; add --force to overwrite it", "{file} 已存在；要覆盖请加 --force"))
            }
        }
    }

    pub fn write(&mut self, name: &str, contents: &str) -> anyhow::Result<()> {
        self.put(Path::new(name), contents, &Whose::ServerReads)
    }

    pub fn write_secret(&mut self, name: &str, secret: &str) -> anyhow::Result<()> {
        self.put(Path::new(name), &format!("{secret}\n"), &Whose::Server)
    }

    pub fn write_recipe(&mut self, path: &Path, contents: &str) -> anyhow::Result<()> {
        self.put(path, contents, &Whose::Everybody)
    }

    /// Written beside its place, with its mode from the first byte on, and then put there.
    fn put(&mut self, name: &Path, contents: &str, whose: &Whose) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        let file = path.display().to_string();
        let put = || -> io::Result<()> {
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let prefix = path.file_name().unwrap_or(OsStr::new("miandeng"));
            let mut part = tempfile::Builder::new().prefix(prefix).suffix(".part").tempfile_in(folder)?;
            self.give(part.as_file(), whose)?;
            part.write_all(contents.as_bytes())?;
            part.as_file().sync_all()?;
            part.persist(&path)?;
            Ok(())
        };
        put().with_context(|| text!("{file} cannot be written", "无法写入 {file}"))?;
        self.written.push(path);
        Ok(())
    }

    #[cfg(unix)]
    fn give(&self, file: &fs::File, whose: &Whose) -> io::Result<()> {
        use std::os::unix::fs::{PermissionsExt, fchown};

        let mode = match (whose, self.owner.ids) {
            (Whose::ServerReads, Some((_, group))) => {
                fchown(file, None, Some(group))?;
                0o640
            }
            (Whose::Server, Some((user, group))) => {
                fchown(file, Some(user), Some(group))?;
                0o600
            }
            (Whose::ServerReads | Whose::Server, None) => 0o600,
            (Whose::Everybody, _) => 0o644,
        };
        file.set_permissions(fs::Permissions::from_mode(mode))
    }

    #[cfg(not(unix))]
    fn give(&self, _: &fs::File, _: &Whose) -> io::Result<()> {
        Ok(())
    }
}
