//! The trail, filtered and page by page, and as a file.

mod query;
pub mod routes;
mod words;

pub use self::query::plain;
