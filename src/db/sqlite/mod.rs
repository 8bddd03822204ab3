//! SQLite: a file, one connection that writes and a few that read.

pub mod in_use;
mod open;
mod private;
mod wal_index;

pub(super) use self::open::{File, open};
pub use self::{
    open::{connect_to, is_locked, kind_of},
    private::{NotPrivate, Repaired, WhyOpenToOthers, give_to_owner_of},
};
