//! Where the settings' values come from, and which files hold secrets: for `doctor`.

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    value::{Value, magic::RelativePathBuf},
};

use super::raw::{Raw, RawApp, RawClient};
use crate::i18n::setting::Source;

/// Of Rocket's settings, those that are about where people reach us.
const ROCKETS: [&str; 3] = ["address", "port", super::file::DATABASE_URL];
/// Lists of tables, each with secrets: named, not shown.
const TABLES: [&str; 2] = ["miandeng.apps", "miandeng.clients"];

/// Keys by where their values come from, in the order of the settings; with the values, where they are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(pub Vec<(Source, Vec<String>)>);

/// Files that nobody else may read or write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFiles {
    /// `Rocket.toml`, and whether a secret stands in it.
    pub settings: Option<(PathBuf, bool)>,
    pub others: Vec<PathBuf>,
}

impl Sources {
    pub(super) fn of(figment: &Figment) -> Self {
        let keys = ROCKETS.into_iter().map(str::to_owned);
        let keys = keys.chain(known(figment, "miandeng")).chain(known(figment, "miandeng.dingtalk"));
        let mut sources: Vec<(Source, Vec<String>)> = Vec::new();
        for key in keys.filter(|key| key != "miandeng.dingtalk") {
            let source = source(figment, &key);
            let shown = match (&source, figment.find_value(&key)) {
                (Source::Default, _) | (_, Err(_)) => key,
                (_, Ok(value)) => shown(key, &value),
            };
            match sources.iter_mut().find(|(known, _)| *known == source) {
                Some((_, keys)) => keys.push(shown),
                None => sources.push((source, vec![shown])),
            }
        }
        Self(sources)
    }
}

impl SecretFiles {
    pub(super) fn of(figment: &Figment, apps: &[RawApp], clients: &[RawClient]) -> Self {
        let secrets = |app: &RawApp| {
            [&app.client_secret, &app.corp_secret, &app.channel_secret, &app.event_token, &app.event_aes_key]
                .map(Option::is_some)
        };
        let holds_secret = apps.iter().any(|app| secrets(app).contains(&true))
            || clients.iter().any(|client| client.client_secret.is_some());
        let is_file = |metadata: &&figment::Metadata| file_of(metadata).is_some();
        let settings = figment.metadata().find(is_file).and_then(file_of).map(Path::to_owned);
        let of_app = |app: &RawApp| {
            let files =
                [&app.client_secret_file, &app.corp_secret_file, &app.channel_secret_file, &app.event_aes_key_file];
            files.map(|file| file.as_ref().map(RelativePathBuf::relative))
        };
        let of_client = |client: &RawClient| client.client_secret_file.as_ref().map(RelativePathBuf::relative);
        let others = apps.iter().flat_map(of_app).flatten().chain(clients.iter().filter_map(of_client));
        let key = figment.extract_inner::<RelativePathBuf>("tls.key").ok().map(|key| key.relative());
        Self { settings: settings.map(|file| (file, holds_secret)), others: others.chain(key).collect() }
    }
}

/// The names that belong in a table: the parser tells them about one that does not.
fn known(figment: &Figment, table: &str) -> Vec<String> {
    let with_unknown = figment.clone().merge((format!("{table}.what is no setting"), true)).focus("miandeng");
    let error = with_unknown.extract::<Raw>().err();
    let names = error.into_iter().flatten().find_map(|error| match error.kind {
        figment::error::Kind::UnknownField(_, names) => Some(names),
        _ => None,
    });
    names.unwrap_or_default().iter().map(|name| format!("{table}.{name}")).collect()
}

fn source(figment: &Figment, key: &str) -> Source {
    let Some(metadata) = figment.find_metadata(key) else { return Source::Default };
    match file_of(metadata) {
        Some(file) => {
            let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            Source::File(whole.display().to_string())
        }
        None if metadata.name.contains("environment") => Source::Environment,
        None => Source::Default,
    }
}

fn file_of(metadata: &figment::Metadata) -> Option<&Path> {
    metadata.source.as_ref()?.file_path()
}

fn shown(key: String, value: &Value) -> String {
    let text = match (key.as_str(), value) {
        (list, _) if TABLES.contains(&list) => return key,
        (_, Value::String(_, text)) => format!("{text:?}"),
        (_, Value::Bool(_, yes)) => yes.to_string(),
        (_, Value::Num(_, number)) => match (number.to_u128(), number.to_i128()) {
            (Some(number), _) => number.to_string(),
            (_, Some(number)) => number.to_string(),
            _ => return key,
        },
        (_, Value::Array(_, list)) => {
            let list: Vec<_> = list.iter().filter_map(Value::as_str).map(|text| format!("{text:?}")).collect();
            format!("[{}]", list.join(", "))
        }
        _ => return key,
    };
    // An address with a name and a password in it is not repeated.
    if text.is_empty() || (text.contains("://") && text.contains('@')) { key } else { format!("{key} = {text}") }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Serialized, Toml};

    use super::*;

    #[test]
    fn each_key_has_one_source_and_no_secret_is_shown() {
        let toml = r#"
            port = 8001
            databases.miandeng.url = "postgres://me:pass-word@db/x"
            [miandeng]
            public_url = "https://app.example.com"
            trusted_proxies = ["10.0.0.1"]
            [[miandeng.apps]]
            name = "oa"
            client_secret = "s3cr3t-value"
            [[miandeng.clients]]
            client_secret = "s3cr3t-too"
        "#;
        let figment = Figment::from(Serialized::default("port", 8000)).merge(Toml::string(toml));
        let said = format!("{:?}", Sources::of(&figment));
        assert!(!said.contains("s3cr3t") && !said.contains("pass-word"), "{said}");
        let of = |figment: &Figment| Sources::of(figment).0.into_iter().flat_map(|(_, keys)| keys).collect::<Vec<_>>();
        let keys = of(&figment);
        for key in
            ["address", "port", "miandeng.public_url", "miandeng.apps", "miandeng.clients", "miandeng.dingtalk.timeout"]
        {
            assert_eq!(
                keys.iter().filter(|known| known.split(' ').next() == Some(key)).count(),
                1,
                "{key} in {keys:?}"
            );
        }
    }

    #[test]
    fn a_value_is_a_files_or_the_environments_or_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Rocket.toml");
        std::fs::write(&file, "port = 8001\n[miandeng]\ntitle = \"a\"").unwrap();
        let figment = Figment::from(Toml::file_exact(&file));
        let sources = Sources::of(&figment).0;
        let (source, keys) = &sources.iter().find(|(source, _)| *source != Source::Default).unwrap();
        assert_eq!(*source, Source::File(file.display().to_string()));
        assert_eq!(keys, &["port = 8001", "miandeng.title = \"a\""]);
    }
}
