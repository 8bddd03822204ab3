//! An app sends a browser to have its person signed out everywhere (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Anybody can send a browser here, so a session ends at once only for an ID token of that very session; otherwise the
//! person is asked.

use super::{
    ID_TOKEN, Provider, grants,
    params::{Params, Repeated},
};
use crate::{config::Client, sessions::Principal};

/// Where `/oauth2/logout` leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Ends the session, and goes on there.
    SignOut(String),
    /// Nobody is signed in.
    GoOn(String),
    /// One button, which leads there.
    Ask(String),
}

/// The browser, as far as it is known.
pub struct Browser<'a> {
    pub who: Option<&'a Principal>,
    /// The person has pressed the button on our page.
    pub has_confirmed: bool,
    /// A form from another site. Browsers send no cookies with it, so somebody may be signed in unseen.
    pub is_foreign_form: bool,
}

/// What an ID token says, if it is one of ours. It may have expired.
struct Hint {
    client_id: String,
    sid: String,
}

pub async fn next(provider: &Provider, params: &Params, browser: &Browser<'_>) -> Result<Next, NotRead> {
    if params.repeats_any() {
        return Err(NotRead::Repeated);
    }
    let named = params.get("client_id")?;
    let hint = match params.get("id_token_hint")? {
        Some(token) => Hint::read(provider, token).await,
        None => None,
    };
    let hint = hint.filter(|hint| named.is_none_or(|named| named == hint.client_id));
    let client_id = hint.as_ref().map(|hint| hint.client_id.as_str()).or(named);
    let client = provider.clients().iter().find(|client| Some(client.client_id.as_str()) == client_id);
    let there = client.and_then(|client| way_back(client, params));
    let there = there.unwrap_or_else(|| provider.config.path("/"));
    let Some(who) = browser.who else {
        return Ok(if browser.is_foreign_form { Next::Ask(there) } else { Next::GoOn(there) });
    };
    if browser.has_confirmed {
        return Ok(Next::SignOut(there));
    }
    let Some(hint) = hint else { return Ok(Next::Ask(there)) };
    let known = grants::sid(&mut *provider.pools.read().await?, who.session.id, &hint.client_id).await?;
    Ok(if known == Some(hint.sid) { Next::SignOut(there) } else { Next::Ask(there) })
}

/// The app's own address, if the operator has listed it.
fn way_back(client: &Client, params: &Params) -> Option<String> {
    let address = params.only("post_logout_redirect_uri")?;
    client.post_logout_redirect_uris.iter().find(|listed| *listed == address)?;
    let Some(state) = params.only("state") else { return Some(address.to_owned()) };
    let state = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    Some(format!("{address}{joint}{state}"))
}

impl Hint {
    async fn read(provider: &Provider, token: &str) -> Option<Self> {
        let read = provider.keys.verify(token).await.filter(|read| read.typ == ID_TOKEN)?;
        let text = |name: &str| read.claims.get(name)?.as_str().map(str::to_owned);
        let is_ours = text("iss")? == provider.issuer;
        is_ours.then_some(Self { client_id: text("aud")?, sid: text("sid")? })
    }
}

/// Why a request cannot be followed.
pub enum NotRead {
    Repeated,
    Database(sqlx::Error),
}

impl From<Repeated> for NotRead {
    fn from(_: Repeated) -> Self {
        Self::Repeated
    }
}

impl From<sqlx::Error> for NotRead {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oidc::request::tests::client;

    proptest! {
        /// Whatever is sent: nobody is led anywhere but to a listed address, with a state that adds to it and changes nothing.
        #[test]
        fn a_logout_leads_to_a_listed_address_or_home(
            address in "https://a\\.example/bye(\\?x=1)?(/|#|%2F| |&y=2)?|\\PC{0,30}", state in proptest::option::of("\\PC{0,20}"),
        ) {
            let mut client = client("wiki", Some("s"));
            client.post_logout_redirect_uris = vec!["https://a.example/bye".into(), "https://a.example/bye?x=1".into()];
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("post_logout_redirect_uri", &address);
            query.extend_pairs(state.iter().map(|state| ("state", state)));
            let there = way_back(&client, &Params::urlencoded(query.finish().as_bytes()));
            prop_assert_eq!(there.is_some(), client.post_logout_redirect_uris.contains(&address));
            if let Some(there) = there {
                let rest = there.strip_prefix(&address).unwrap();
                prop_assert!(rest.is_empty() || rest.starts_with(['?', '&']), "{there}");
                prop_assert!(there.bytes().all(|b| b.is_ascii_graphic()) && !rest.contains('#'), "{there}");
            }
        }
    }
}
