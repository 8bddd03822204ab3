//! User stories, told from the outside: one binary, so that it links once.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod admin;
mod attacks;
mod audit;
mod backup;
#[path = "../browser/mod.rs"]
mod browser;
mod cas;
#[path = "../clients/mod.rs"]
mod clients;
mod cookie_names;
mod credentials;
mod doctor;
mod documents;
mod events;
mod explain;
mod failures;
mod faults;
mod first_answer;
mod gate;
mod guards;
mod handover;
mod harness;
mod init;
mod jsapi_config;
mod languages;
mod leases;
mod limits;
mod looks;
mod migrate_database;
mod oidc;
mod operator;
mod pitfalls;
mod postgres;
mod postgres_faults;
mod probe;
#[path = "../proxies/mod.rs"]
mod proxies;
mod proxy_variables;
mod redirect_loop;
mod revocation;
mod routes_by_role;
mod schema;
mod service_window;
mod sessions;
mod settings_file;
mod several_corps;
mod several_servers;
mod signin;
mod signin_page;
mod simulator;
mod slow_clients;
mod sync;
mod tidy;
mod upgrades;
mod users_cli;
mod watched;
mod web_login;
