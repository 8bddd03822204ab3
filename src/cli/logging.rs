//! The log: one line per request that is not routine, and what an operator must know beside that.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, field::MakeExt, fmt::format};

use super::log_lines::LogLines;

/// Rocket logs whole addresses, which may hold codes: only its warnings about itself are let through.
const DEFAULT: &str = "info,rocket=warn,rocket::server=off,rocket::launch=off,rocket::rocket=off,_=off,rocket_db_pools=warn,sqlx=warn,hyper=warn,reqwest=warn";

/// The log; what it still holds is written when this is dropped.
#[must_use]
pub struct Log(LogLines);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.write_out();
    }
}

/// Starts logging on standard error; `MIANDENG_LOG_FORMAT=json` writes JSON lines.
pub fn start() -> Log {
    let lines = LogLines::new();
    lines.keep_writing();
    let log = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(lines.clone());
    // A second start in one process changes nothing.
    let _ = match std::env::var("MIANDENG_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().flatten_event(true).try_init(),
        _ if std::io::stderr().is_terminal() => log.with_ansi(true).try_init(),
        _ => log.with_ansi(false).fmt_fields(plain_fields()).try_init(),
    };
    Log(lines)
}

/// Fields as the default writes them where there are no colours, and at a third of its cost: it thinks of colours at
/// each name all the same.
fn plain_fields() -> impl for<'w> format::FormatFields<'w> + Send + Sync + 'static {
    format::debug_fn(|line, field, value| match field.name() {
        "message" => write!(line, "{value:?}"),
        name => write!(line, "{name}={value:?}"),
    })
    .delimited(" ")
}

/// What is logged. `MIANDENG_LOG` adds to it: a level for our own lines (`debug`), or a filter such as `sqlx=info`.
pub fn filter() -> EnvFilter {
    let wanted = std::env::var("MIANDENG_LOG").unwrap_or_default();
    // A level alone raises ours; the libraries stay as they are, because their details hold addresses with codes.
    let filter = match wanted.as_str() {
        "" => DEFAULT.to_owned(),
        level if level.parse::<tracing::Level>().is_ok() || level == "off" => format!("{DEFAULT},miandeng={level}"),
        filter => format!("{DEFAULT},{filter}"),
    };
    EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT))
}
