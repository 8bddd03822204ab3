//! What the audit trail says of apps and of people whom an app's rules turn away.

use super::{Provider, grants::Grant};
use crate::{
    audit::{Actor, Allowance, Author, Event, RequestOrigin},
    config::Client,
    db::Conn,
    sessions::Principal,
    users::User,
};

const NOT_ALLOWED: &str = "not-allowed";

/// An app has signed a person in. The row names the person's own address, not that of the app's server.
pub async fn signed_in(
    db: &mut Conn,
    provider: &Provider,
    client: &Client,
    user: &User,
    grant: &Grant,
) -> sqlx::Result<()> {
    let (address, request_id) = (grant.address.clone(), grant.request_id.clone());
    let origin = RequestOrigin { app: client.name.clone(), address, request_id };
    let author = Author::new(Actor::User(user.userid.clone()), &provider.clock).by_request(origin);
    let entry = author.entry(Event::ClientSignedIn).about(&user.corp_id, &user.userid);
    entry.with("client", client.name.clone()).write(db).await
}

/// A refusal stands even if its row cannot be written; of many of one person's only some have one.
pub async fn refused(provider: &Provider, client: &Client, who: &Principal, origin: &RequestOrigin) {
    let person = (&who.user.corp_id, &who.user.userid);
    if provider.refusals.count(NOT_ALLOWED, Some(person)) == Allowance::Counted {
        return;
    }
    let write = async |tx: &mut Conn| {
        let origin = RequestOrigin { app: client.name.clone(), ..origin.clone() };
        let author = Author::new(Actor::User(who.user.userid.clone()), &provider.clock).by_request(origin);
        let entry = author.entry(Event::Refused).because(NOT_ALLOWED).about(person.0, person.1);
        entry.with("client", client.name.clone()).with("rules", client.rules.as_str()).write(tx).await
    };
    if let Err(error) = provider.pools.transaction(write).await {
        tracing::warn!(%error, reason = NOT_ALLOWED, "a refusal is missing from the audit trail");
    }
}
