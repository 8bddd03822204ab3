//! `/.well-known/jwks.json`

use rocket::{Responder, Route, State, get, http::Header, routes, serde::json::Json};
use serde::Serialize;

use super::{current::SigningKeys, key::PublicKey};
use crate::web::problem::Problem;

pub fn routes() -> Vec<Route> {
    routes![key_set]
}

/// RFC 7517, 5.
#[derive(Serialize)]
struct KeySet {
    keys: Vec<PublicKey>,
}

/// Apps may cache it: a key is published an hour before it signs.
#[derive(Responder)]
struct Published {
    body: Json<KeySet>,
    caching: Header<'static>,
}

#[get("/.well-known/jwks.json")]
async fn key_set(keys: &State<SigningKeys>) -> Result<Published, Problem> {
    let keys = keys.published().await;
    if keys.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(Published { body: Json(KeySet { keys }), caching: Header::new("Cache-Control", "public, max-age=300") })
}
