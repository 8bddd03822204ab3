//! What the audit trail says of apps and of people whom an app's rules turn away.

use super::{Provider, grants::Grant};
use crate::{
    audit::RequestOrigin,
    clients::trail::{self, AppOf},
    config::Client,
    db::Conn,
    sessions::Principal,
    users::User,
};

/// An app has signed a person in. The row names the person's own address, not that of the app's server.
pub async fn signed_in(
    db: &mut Conn,
    provider: &Provider,
    client: &Client,
    user: &User,
    grant: &Grant,
) -> sqlx::Result<()> {
    let (address, request_id) = (grant.address.clone(), grant.request_id.clone());
    let origin = RequestOrigin { app: String::new(), address, request_id };
    trail::signed_in(db, &provider.clock, &client.name, user, origin).await
}

pub async fn refused(provider: &Provider, client: &Client, who: &Principal, origin: &RequestOrigin) {
    let app = AppOf { name: &client.name, rules: &client.rules };
    trail::refused(&provider.pools, &provider.clock, &provider.refusals, app, who, origin).await;
}
