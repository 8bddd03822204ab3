//! What every answer has in common: request ids, pages, problems, assets. Knows no feature.

pub(crate) mod access_log;
pub(crate) mod assets;
pub(crate) mod brand;
pub(crate) mod client_ip;
pub(crate) mod cookies;
pub mod cors;
pub(crate) mod csrf;
pub(crate) mod gzip;
pub mod in_force;
pub(crate) mod logo;
pub(crate) mod method;
pub(crate) mod ows;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod problem;
pub(crate) mod refusal;
pub mod request_context;
pub(crate) mod script_json;
pub(crate) mod see_other;
#[cfg(unix)]
pub mod slow_clients;
#[cfg(test)]
pub(crate) mod testing;
pub mod to_app;
