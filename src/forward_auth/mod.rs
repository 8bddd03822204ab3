//! The gate: a proxy asks about each request for an app behind it, and hears who it is, or what to answer instead.
//!
//! The gate never opens by accident: what cannot be read, judged or looked up is refused, and `200` is written in one
//! place (`decision::Decision::Allowed`).

mod decision;
mod forwarded;
pub mod header_names;
mod identity;
mod refusal;
pub mod routes;
pub mod signed_identity;
mod trail;
