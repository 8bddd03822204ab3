//! The keys of this deployment: what signs tokens (RFC 7519), how those keys come and go, and the set that verifiers read.
//!
//! Every kind of token is signed with the same keys, so each kind names itself in `typ`, and a verifier can tell them apart
//! (RFC 8725, 3.11). Nothing here knows what a token says or who asks for one.

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
