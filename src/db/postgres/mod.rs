//! PostgreSQL: one server of the database, and any number of miandeng's.

mod address;
mod alone;
mod lease;
mod lock;
#[cfg(test)]
mod model;
mod open;
mod others;
mod pool;
mod wait;

pub use self::{
    address::{Address, BadAddress, holds_password, is_address, without_password},
    alone::{begin, commit},
    open::{NotUsable, connect, is_from_server, is_locked},
};
pub(super) use self::{
    open::{Server, open},
    wait::answered,
};
