//! The keys that sign tokens (RFC 7519), how they come and go, and the set that verifiers read.
//!
//! All kinds of token share the keys, so each names itself in `typ` (RFC 8725, 3.11). Nothing here knows what a token says.

mod current;
mod jwt;
mod key;
mod rotation;
pub mod routes;
mod table;

pub use self::{
    current::{KeyError, SigningKeys},
    jwt::SignError,
    key::Algorithm,
    table::state_key,
};
