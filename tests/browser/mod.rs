//! The stories that need a real browser: what an employee sees between the tap on the icon and the page behind it.
//!
//! Chromium opens the real program's pages. They, or the published JSAPI package that they load, find the bridge of a pretend
//! DingTalk client; its native side asks the simulated DingTalk. To run them:
//!
//! ```sh
//! npm ci --prefix tests/browser && npm run bundle --prefix tests/browser && npm run types --prefix tests/browser
//! cargo test --test stories browser -- --ignored
//! ```
//!
//! `CHROMIUM` names another browser than Debian's `chromium-headless-shell` or `chromium`. `npm run types` checks the types of
//! `static/js`, and that the syntax of scripts and style sheets is as old as the web views that run them.

mod admin;
mod axe;
mod client;
mod devtools;
mod framed;
mod harness;
mod looks;
mod window;

pub use self::{
    client::{Client, Platform},
    devtools::chromium,
    window::{Look, Window},
};

mod app_logout;
mod bootstrap;
mod failing;
mod outside;
mod own_page;
mod preferences;
mod processes;
mod reports;
mod signed_in;
mod signing_in;
mod sync;
mod waiting;
