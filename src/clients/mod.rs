//! What the protocols by which apps sign people in (`oidc`, `cas`) have in common: how a request is read (`params`), the way
//! of a browser through the sign-in page (`sign_in`) and how it is known that somebody has signed in there (`reauth`), what an
//! app calls a person (`subject`), what the trail says (`trail`), the page that asks before it signs out
//! (`logout_page`), and telling apps of ended sessions (`backchannel`, `notices`).

pub mod backchannel;
pub mod logout_page;
mod notices;
pub mod params;
pub mod reauth;
pub mod sign_in;
pub mod subject;
pub mod trail;

use sha2::{Digest, Sha256};

pub use self::notices::sweep;

/// A digest of what an app is given once, and we keep as a digest alone.
pub type Hash = [u8; 32];

pub fn hash(secret: &str) -> Hash {
    Sha256::digest(secret).into()
}
