//! One person: what is known, where from, and what can be done.

mod act;
mod origin;
mod question;
pub mod routes;

pub use self::act::Act;
