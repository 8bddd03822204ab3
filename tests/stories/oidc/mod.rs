//! Apps that sign people in by OpenID Connect, as an app, its people and attackers see it.

mod app_side;
mod back_channel;
mod ear;
mod ends;
mod logout;
mod metadata;
mod requests;
mod sign_in;
mod tokens;

pub use self::{
    app_side::{GRAFANA, clients, goes_through_sign_in},
    ear::Ear,
};
use app_side::{deployment, deployment_with, query};
