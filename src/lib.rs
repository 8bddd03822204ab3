//! Password-free sign-in (免登) from inside the DingTalk client, as one server.

mod admin;
pub mod app;
pub mod audit;
mod backup;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(test)]
mod corpus;
mod credentials;
pub mod db;
pub mod dingtalk;
mod dingtalk_problems;
pub mod directory;
mod doctor;
pub mod forward_auth;
mod health;
mod hex_digits;
pub mod i18n;
pub mod ids;
mod inert;
mod invisible;
pub mod jobs;
mod jsapi;
pub mod metrics;
pub mod people;
mod probe;
mod random;
pub mod secret;
pub mod sessions;
pub mod signin;
mod signing_keys;
pub mod simulator;
mod troubles;
pub mod users;
pub mod web;
