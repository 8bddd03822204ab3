//! JSAPI signatures for pages of your own.

mod asker;
pub mod routes;
pub mod script;
