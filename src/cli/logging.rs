//! The log: one line per request that is not routine, and what an operator must know beside that.

mod fields;

use std::io::IsTerminal;

use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterFn, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::fields::OneLine;
use super::log_lines::LogLines;

/// Of Rocket, only warnings about settings and the start. Its lines about requests hold whole addresses, codes
/// included, and anyone could fill the log with them. `rocket::server` is named so that it stays silent under
/// `rocket=info`.
const DEFAULT: &str = "info,rocket=off,rocket::server=off,rocket::config=warn,rocket::error=warn,rocket::rkt=warn,rocket::shield=warn,rocket::state=warn,rocket_http=warn,rocket_db_pools=warn,sqlx=warn,hyper=warn,reqwest=warn";

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
        Ok("json") => log.json().flatten_event(true).finish().with(no_asides()).try_init(),
        _ => log.with_ansi(std::io::stderr().is_terminal()).fmt_fields(OneLine).finish().with(no_asides()).try_init(),
    };
    Log(lines)
}

/// Drops what Rocket's macros log in the name of our routes: the request has its own line. No [`EnvFilter`] can name
/// their targets.
pub fn no_asides() -> FilterFn {
    fn is_none(about: &Metadata<'_>) -> bool {
        !(about.target().starts_with("miandeng::") && about.target().ends_with("::_"))
    }
    filter_fn(is_none)
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
