//! The list of people.

mod query;
pub mod routes;
