//! `/.well-known/jwks.json`

use rocket::{Route, get, options, routes};
use serde::Serialize;

use super::{current::SigningKeys, key::PublicKey};
use crate::web::{
    cors::{ForEveryPage, Preflight},
    gzip::PublicJson,
    problem::Problem,
};

pub fn routes() -> Vec<Route> {
    routes![key_set, key_set_preflight]
}

/// RFC 7517, 5.
#[derive(Serialize)]
struct KeySet {
    keys: Vec<PublicKey>,
}

/// Apps may cache it: a key is published an hour before it signs.
#[get("/.well-known/jwks.json")]
async fn key_set(keys: &SigningKeys) -> Result<ForEveryPage<PublicJson<KeySet>>, Problem> {
    let keys = keys.published().await;
    if keys.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(ForEveryPage(PublicJson { body: KeySet { keys }, caching: "public, max-age=300" }))
}

#[options("/.well-known/jwks.json")]
fn key_set_preflight() -> Preflight {
    Preflight
}
