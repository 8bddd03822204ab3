//! The parts that are made of the settings, as guards: a handler takes `&Dingtalk` and gets the one that was in force when
//! its request came.

use std::sync::Arc;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{dingtalk::Dingtalk, directory::Directory, signing_keys::SigningKeys, web::in_force};

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r Dingtalk {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        in_force::given(request)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r Directory {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        in_force::given::<Arc<Directory>>(request).map(Arc::as_ref)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r SigningKeys {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        in_force::given(request)
    }
}
