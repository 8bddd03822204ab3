//! Apps that sign people in by CAS, as an app, its people and attackers see it.

mod app_side;
mod logout;
mod requests;
mod sign_in;
mod single_logout;
mod tickets;

pub use app_side::{WIKI, clients, login};
