//! The log: one line per request, and what an operator must know beside that.

use tracing_subscriber::EnvFilter;

/// Rocket logs whole addresses, which may hold codes: only its warnings about itself are let through.
const DEFAULT: &str = "info,rocket=warn,rocket::server=off,rocket::rocket=off,_=off,rocket_db_pools=warn,sqlx=warn,hyper=warn,reqwest=warn";

/// Starts logging on standard error. `MIANDENG_LOG` replaces the level (`debug`, or a whole filter),
/// `MIANDENG_LOG_FORMAT=json` writes JSON lines.
pub fn start() {
    let wanted = std::env::var("MIANDENG_LOG").unwrap_or_default();
    // A level alone raises ours; the libraries stay as they are, because their details hold addresses with codes.
    let filter = match wanted.as_str() {
        "" => DEFAULT.to_owned(),
        level if level.parse::<tracing::Level>().is_ok() || level == "off" => format!("{DEFAULT},miandeng={level}"),
        filter => format!("{DEFAULT},{filter}"),
    };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start (a test's second server) changes nothing.
    let _ = match std::env::var("MIANDENG_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().flatten_event(true).try_init(),
        _ => log
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init(),
    };
}
