//! PostgreSQL: one server of the database, and any number of miandeng's.

mod address;
mod lock;
mod open;

pub(super) use self::open::{Server, open};
pub use self::{
    address::{Address, BadAddress, is_address, without_password},
    open::{NotUsable, connect, is_from_server, is_locked},
};
