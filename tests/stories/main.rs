//! User stories, told from the outside: one binary, so that it links once.

#[path = "../browser/mod.rs"]
mod browser;
mod simulator;
