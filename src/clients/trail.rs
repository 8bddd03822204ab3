//! What the audit trail says of apps and of people whom an app's rules turn away.

use crate::{
    audit::{Actor, Allowance, Author, Event, Refusals, RequestOrigin},
    clock::Clock,
    db::{Conn, Pools},
    rules::Rules,
    sessions::Principal,
    users::User,
};

const NOT_ALLOWED: &str = "not-allowed";

/// An app, as the trail names it.
#[derive(Clone, Copy)]
pub struct AppOf<'a> {
    pub name: &'a str,
    pub rules: &'a Rules,
}

/// An app has signed a person in. `origin` is the person's own, not that of the app's server.
pub async fn signed_in(
    db: &mut Conn,
    clock: &Clock,
    client: &str,
    user: &User,
    origin: RequestOrigin,
) -> sqlx::Result<()> {
    let origin = RequestOrigin { app: client.to_owned(), ..origin };
    let author = Author::new(Actor::User(user.userid.clone()), clock).by_request(origin);
    let entry = author.entry(Event::ClientSignedIn).about(&user.corp_id, &user.userid);
    entry.with("client", client).write(db).await
}

/// A refusal stands even if its row cannot be written; of many of one person's only some have one.
pub async fn refused(
    pools: &Pools,
    clock: &Clock,
    refusals: &Refusals,
    client: AppOf<'_>,
    who: &Principal,
    origin: &RequestOrigin,
) {
    let person = (&who.user.corp_id, &who.user.userid);
    if refusals.count(NOT_ALLOWED, Some(person)) == Allowance::Counted {
        return;
    }
    let write = async |tx: &mut Conn| {
        let origin = RequestOrigin { app: client.name.to_owned(), ..origin.clone() };
        let author = Author::new(Actor::User(who.user.userid.clone()), clock).by_request(origin);
        let entry = author.entry(Event::Refused).because(NOT_ALLOWED).about(person.0, person.1);
        entry.with("client", client.name).with("rules", client.rules.as_str()).write(tx).await
    };
    if let Err(error) = pools.transaction(write).await {
        tracing::warn!(%error, reason = NOT_ALLOWED, "a refusal is missing from the audit trail");
    }
}
