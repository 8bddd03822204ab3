//! JSAPI signatures for pages of your own.

mod origin_policy;
mod refusal;
pub mod routes;
pub mod script;
