//! What is wrong with a setting, in one line.

use std::fmt;

use crate::i18n::{Locale, setting::BadSetting};

/// A setting that stops the start: its key, its value (never a secret's) and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    key: String,
    value: Option<String>,
    problem: BadSetting,
}

impl ConfigError {
    /// A value that cannot be used.
    pub(super) fn wrong(key: impl Into<String>, value: impl Into<String>, problem: BadSetting) -> Self {
        let value = value.into();
        // An address with a name and a password in it is not repeated.
        let value = if value.contains("://") && value.contains('@') { None } else { Some(value) };
        Self { key: key.into(), value, problem }
    }

    /// A name that nobody knows in `section`.
    pub(super) fn unknown(section: &str, name: &str, known: &[&str]) -> Self {
        let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        Self::at(key, no_such_setting(name, known))
    }

    /// A setting that is missing, or whose value may not be shown.
    pub(super) fn at(key: impl Into<String>, problem: BadSetting) -> Self {
        Self { key: key.into(), value: None, problem }
    }

    pub fn text(&self, locale: Locale) -> String {
        (locale.texts().bad_setting)(&self.key, self.value.as_deref(), &self.problem)
    }
}

/// For the log and the trail.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Locale::En))
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// What the file's parser or Rocket said of a key in `section` ("" for the top), in the same form.
    pub fn parsing(section: &str, error: figment::Error) -> Self {
        use figment::error::Kind;

        let mut path: Vec<&str> = error.path.iter().map(String::as_str).collect();
        path.insert(0, section);
        // figment's own names for the parts of a path that is relative to its file.
        path.retain(|part| !part.is_empty() && !part.starts_with("___figment"));
        let key = if path.is_empty() { "Rocket.toml".to_owned() } else { path.join(".") };
        let problem = match &error.kind {
            Kind::UnknownField(field, known) => no_such_setting(field, known),
            // The value is left out: a secret in the wrong place must not be printed.
            Kind::InvalidType(_, expected) => BadSetting::WrongType(expected.clone()),
            Kind::InvalidValue(_, expected) => BadSetting::WrongValue(expected.clone()),
            // TOML's messages quote the line in question, which may hold a secret: only the place is kept.
            Kind::Message(message) => {
                let place = message.lines().next().filter(|line| line.starts_with("TOML parse error at"));
                let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
                BadSetting::Syntax { file: source.map(ToString::to_string), place: place.map(str::to_owned) }
            }
            _ => BadSetting::Syntax { file: None, place: None },
        };
        Self::at(key, problem)
    }
}

fn no_such_setting(name: &str, known: &[&str]) -> BadSetting {
    let closest = closest(name, known).map(str::to_owned);
    BadSetting::Unknown { closest, known: known.iter().map(|name| (*name).to_owned()).collect() }
}

fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::levenshtein(name, candidate), *candidate))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}
