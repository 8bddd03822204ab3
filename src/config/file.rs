//! Where the settings are: a file, and the variables that override it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Profile,
    providers::{Env, Format, Toml},
};

use super::ConfigError;
use crate::i18n::setting::BadSetting;

const NAME: &str = "Rocket.toml";
/// Where the file is looked for. Not in the folders above, as Rocket would: they may be somebody else's.
const FOLDERS: [&str; 2] = ["", "/etc/miandeng"];
pub(super) const DATABASE_URL: &str = "databases.miandeng.url";

/// The settings: what the file says, and `ROCKET_…` variables before it, over Rocket's defaults.
pub fn figment(defaults: Figment) -> Result<Figment, ConfigError> {
    let profile = Profile::from_env_or("ROCKET_PROFILE", defaults.profile().clone());
    let figment = match find(Env::var("ROCKET_CONFIG"), &FOLDERS.map(Path::new))? {
        Some(file) => defaults.merge(Toml::file_exact(file).nested()),
        None => defaults,
    };
    Ok(figment.merge(Env::prefixed("ROCKET_").ignore(&["PROFILE"]).global()).select(profile))
}

/// What `databases.miandeng.url` says, or else a file beside the settings.
pub fn database_url(figment: &Figment) -> Result<String, ConfigError> {
    use figment::error::Kind;

    let (url, source) = match figment.extract_inner::<String>(DATABASE_URL) {
        Ok(url) => (url, figment.find_metadata(DATABASE_URL)),
        Err(error) if matches!(error.kind, Kind::MissingField(_)) => {
            let of_a_file = |source: &figment::Source| source.file_path().is_some();
            let file = figment.metadata().find(|metadata| metadata.source.as_ref().is_some_and(of_a_file));
            ("miandeng.db".to_owned(), file)
        }
        Err(error) => return Err(ConfigError::parsing("", error)),
    };
    let folder = source.and_then(|metadata| metadata.source.as_ref()?.file_path()?.parent());
    let schemes = ["sqlite://", "sqlite:"].into_iter();
    let path = schemes.filter_map(|scheme| url.strip_prefix(scheme)).next().unwrap_or(&url);
    match folder {
        // What is no path is judged where the database is opened.
        Some(folder) if !path.is_empty() && !path.contains(':') => {
            match folder.join(path).into_os_string().into_string() {
                Ok(path) => Ok(path),
                Err(_) => Err(ConfigError::wrong(DATABASE_URL, url, BadSetting::DatabaseFolder)),
            }
        }
        _ => Ok(url),
    }
}

fn find(named: Option<String>, folders: &[&Path]) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return match File::open(&named) {
            Ok(_) => Ok(Some(named.into())),
            Err(error) => {
                Err(ConfigError::wrong("ROCKET_CONFIG", named, BadSetting::NamedFileUnreadable((&error).into())))
            }
        };
    }
    let mut hidden = None;
    for folder in folders {
        let path = folder.join(NAME);
        match fs::metadata(&path) {
            Ok(_) => return readable(path).map(Some),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            // A folder that this user may not look into, such as root's home after `runuser`: the file may be in the next.
            Err(error) => hidden = Some((path, error)),
        }
    }
    hidden.map_or(Ok(None), |(path, error)| Err(unreadable(&path, &error)))
}

fn readable(path: PathBuf) -> Result<PathBuf, ConfigError> {
    match File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::at(path.display().to_string(), BadSetting::FileUnreadable(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_file_comes_first_then_the_working_folders_then_the_machines() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let paths = [folders[0].path(), folders[1].path()];
        let [here, etc] = paths.map(|folder| folder.join(NAME));
        let named = paths[0].join("other.toml");
        let finds = |name: Option<&Path>| find(name.map(|name| name.display().to_string()), &paths);

        assert_eq!(finds(None), Ok(None));
        fs::write(&etc, "").unwrap();
        assert_eq!(finds(None), Ok(Some(etc.clone())));
        fs::write(&here, "").unwrap();
        assert_eq!(finds(None), Ok(Some(here.clone())));
        assert_eq!(finds(Some(Path::new(""))), Ok(Some(here)), "a variable that is set to nothing");
        let message = finds(Some(&named)).unwrap_err().to_string();
        assert!(message.starts_with("ROCKET_CONFIG = ") && message.contains("other.toml"), "{message}");
        fs::write(&named, "").unwrap();
        assert_eq!(finds(Some(&named)), Ok(Some(named.clone())));

        // What is no folder holds no file.
        assert_eq!(find(None, &[&named, paths[1]]), Ok(Some(etc)));
    }

    #[test]
    fn a_relative_database_is_beside_the_file_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        let beside = |name: &str| folder.path().join(name).display().to_string();
        let reads = |url: &str| {
            fs::write(&file, format!("[databases.miandeng]\n{url}\n")).unwrap();
            database_url(&Figment::from(Toml::file_exact(&file)))
        };
        assert_eq!(reads("url = \"a/b.db\""), Ok(beside("a/b.db")));
        assert_eq!(reads("url = \"sqlite:b.db\""), Ok(beside("b.db")));
        assert_eq!(reads("url = \"sqlite://b.db\""), Ok(beside("b.db")));
        assert_eq!(reads("url = \"/var/b.db\""), Ok("/var/b.db".into()));
        assert_eq!(reads(""), Ok(beside("miandeng.db")));
        for no_path in ["", "sqlite:", ":memory:", "postgres://db/x"] {
            assert_eq!(reads(&format!("url = {no_path:?}")), Ok(no_path.into()));
        }
        assert_eq!(database_url(&Figment::from(("databases.miandeng.url", "b.db"))), Ok("b.db".into()));
        assert_eq!(database_url(&Figment::new()), Ok("miandeng.db".into()));
    }
}
