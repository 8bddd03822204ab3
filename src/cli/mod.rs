//! The command line: a file per command.

mod deployment;
pub mod sessions;
mod terminal;
pub mod users;

pub use self::deployment::Deployment;
