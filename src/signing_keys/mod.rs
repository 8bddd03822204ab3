//! The keys that sign tokens (RFC 7519), their rotation, and the set that verifiers read.
//!
//! All kinds of token share the keys, so each names its kind in `typ` (RFC 8725, 3.11).

mod current;
mod jwt;
mod key;
mod rotation;
pub mod routes;
mod table;
mod verify;

pub use self::{
    current::{KeyError, SigningKeys},
    jwt::SignError,
    key::Algorithm,
    table::state_key,
};
