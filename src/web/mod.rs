//! What every answer has in common: request ids, pages, problems, assets. Knows no feature.

pub mod access_log;
pub mod assets;
pub mod client_ip;
pub mod cookies;
pub mod csrf;
pub mod health;
pub mod method;
pub mod ows;
pub mod page;
pub mod params;
pub mod problem;
pub mod refusal;
pub mod request_context;
pub mod script_json;
pub mod see_other;
#[cfg(unix)]
pub mod slow_clients;
#[cfg(test)]
pub mod testing;
