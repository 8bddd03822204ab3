//! The address of a PostgreSQL server, which may hold a password and is therefore never shown whole.

use std::{fmt, str::FromStr};

use sqlx::postgres::PgConnectOptions;
use url::Url;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// What may stand behind the `?`. sqlx would write any other one into the log, with its value.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// What of an address may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("cannot be read")]
    Unreadable,
    #[error("has a parameter that is not known; known are {}", PARAMETERS.join(", "))]
    UnknownParameter,
}

impl BadAddress {
    pub fn known_parameters() -> String {
        PARAMETERS.join(", ")
    }
}

pub fn is_address(url: &str) -> bool {
    SCHEMES.iter().any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

pub(super) fn parse(url: &str) -> Result<(PgConnectOptions, Address), BadAddress> {
    let parsed = Url::parse(url).map_err(|_| BadAddress::Unreadable)?;
    if parsed.query_pairs().any(|(name, _)| !PARAMETERS.contains(&&*name)) {
        return Err(BadAddress::UnknownParameter);
    }
    let options = PgConnectOptions::from_str(url).map_err(|_| BadAddress::Unreadable)?;
    // The rest of a password with a slash.
    if options.get_database().is_some_and(|name| name.contains('@')) {
        return Err(BadAddress::Unreadable);
    }
    let names_user = !parsed.username().is_empty() || parsed.query_pairs().any(|(name, _)| name == "user");
    let options = match system_user().filter(|_| !names_user && std::env::var_os("PGUSER").is_none()) {
        Some(user) => options.username(&user),
        None => options,
    };
    let place = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username();
    let shown = format!("postgres://{user}@{place}/{}", options.get_database().unwrap_or(user));
    Ok((options, Address(shown)))
}

/// As whom PostgreSQL's own programs connect where no user is named. sqlx would say "anonymous".
fn system_user() -> Option<String> {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
    user.ok().flatten().map(|user| user.name)
}

/// As much of an address as may be shown, whatever it is.
pub fn without_password(url: &str) -> String {
    if is_address(url) {
        return parse(url).map_or_else(|_| "postgres://…".to_owned(), |(_, address)| address.0);
    }
    match url.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://…"),
        None if holds_password(url) => "…".to_owned(),
        None => url.to_owned(),
    }
}

/// Whether it is an address as PostgreSQL's own programs take it: `host=db password=…`.
pub fn holds_password(text: &str) -> bool {
    text.to_ascii_lowercase().contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_nothing_that_is_shown() {
        let shown = "postgres://me@db.example.com:5432/people";
        for url in [
            "postgres://me:hunter2@db.example.com/people",
            "postgresql://me:hunter2@db.example.com:5432/people?sslmode=verify-full",
            "postgres://db.example.com/people?user=me&password=hunter2",
        ] {
            let (_, address) = parse(url).unwrap();
            assert_eq!((format!("{address}"), without_password(url)), (shown.into(), shown.into()), "{url}");
            assert!(!format!("{address:?}").contains("hunter2"));
        }
        for url in [
            "postgres://me:hunter2@db:no-port/x",
            "postgres://me:hunter2@db/x?sslmode=hunter2",
            "postgres://db/x?passwrod=hunter2",
            "postgres://me:5/hunter2@db/x",
            "Postgres://me@db:no-port/x?password=hunter2",
            "mysql://me:hunter2@db/x",
            "jdbc:postgresql://db/x?user=me&password=hunter2",
            "host=db user=me password=hunter2",
        ] {
            let shown = format!("{}{:?}", without_password(url), parse(url).err());
            assert!(!shown.contains("hunter2"), "{url}: {shown}");
        }
        assert_eq!(without_password("miandeng.db"), "miandeng.db");
    }

    #[test]
    fn a_mistyped_parameter_is_refused() {
        assert_eq!(parse("postgres://db/x?ssl=on").err(), Some(BadAddress::UnknownParameter));
        assert_eq!(parse("postgres://[/x").err(), Some(BadAddress::Unreadable));
        let (options, _) = parse("postgres:///miandeng?host=/var/run/postgresql").unwrap();
        assert_eq!(Some(options.get_username()), system_user().as_deref());
    }
}
