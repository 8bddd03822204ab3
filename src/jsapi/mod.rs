//! JSAPI signatures for pages of your own.

mod origin_policy;
pub mod routes;
pub mod script;
