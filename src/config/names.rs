//! Names in `Rocket.toml` that nobody reads: a typo there would be ignored silently.

use figment::{Figment, value::Value};

use super::ConfigError;
use crate::i18n::setting::BadSetting;

/// Other names at the top: Rocket's own settings, and what its variables for finding them leave behind.
pub(super) const TOP: [&str; 19] = [
    "address",
    "port",
    "workers",
    "max_blocking",
    "ident",
    "ip_header",
    "proxy_proto_header",
    "limits",
    "tls",
    "temp_dir",
    "keep_alive",
    "shutdown",
    "log_level",
    "cli_colors",
    "secret_key",
    "databases",
    "miandeng",
    "profile",
    "config",
];
/// What rocket_db_pools knows of a database. Beside the address, nothing of it matters here.
const DATABASE: [&str; 6] =
    ["url", "min_connections", "max_connections", "connect_timeout", "idle_timeout", "extensions"];

pub(super) fn check(figment: &Figment) -> Result<(), ConfigError> {
    let sections: [(&str, &[&str]); 3] = [("", &TOP), ("databases", &["miandeng"]), ("databases.miandeng", &DATABASE)];
    for (section, known) in sections {
        let Ok(Value::Dict(_, found)) = figment.find_value(section) else { continue };
        if let Some(name) = found.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(ConfigError::unknown(section, name, known));
        }
    }
    // A text where a table belongs, such as a variable with a brace missing, would hide the file's own section.
    match (std::env::var("ROCKET_MIANDENG"), figment.find_value("miandeng")) {
        (Ok(text), _) if !matches!(text.parse(), Ok(Value::Dict(..))) => {
            Err(ConfigError::at("ROCKET_MIANDENG", BadSetting::NoTableInVariable))
        }
        (_, Ok(value)) if value.as_dict().is_none() => Err(ConfigError::at("miandeng", BadSetting::NoTable)),
        _ => Ok(()),
    }
}
