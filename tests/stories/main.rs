//! User stories, told from the outside: one binary, so that it links once.

#[path = "../browser/mod.rs"]
mod browser;
mod credentials;
mod harness;
mod operator;
mod sessions;
mod signin;
mod signin_page;
mod simulator;
mod tidy;
mod users_cli;
