//! An app sends a browser to have its person signed in (CAS Protocol 3.0, 2.1 and 2.2).

use std::sync::Arc;

use super::{
    CasServer,
    service::{self, Service},
    tickets::{self, NewTicket},
};
use crate::{
    audit::RequestOrigin,
    clients::{
        self,
        params::Params,
        reauth, sign_in,
        subject::subject,
        trail::{self, AppOf},
    },
    config::CasClient,
    db::Conn,
    random,
    sessions::{Principal, Token},
    web::problem::Problem,
};

/// How long, in seconds, a sign-in is new: the sign-in page leads back at once.
const NEW_FOR: i64 = 60;

/// The browser, as far as it is known.
pub struct Browser {
    pub who: Result<Option<Arc<Principal>>, Problem>,
    pub token: Option<Token>,
    pub origin: RequestOrigin,
}

/// Why nobody is sent to an app.
pub enum NotSent {
    Repeated,
    /// The address is no app's.
    Unlisted,
    TooLong,
    /// The app is for other people.
    NotAllowed(String),
    /// Seconds to wait.
    TooMany(u64),
    Failed(Problem),
}

/// What the app asks for.
struct Asked {
    /// No page may be shown.
    gateway: bool,
    /// A new code of DingTalk's.
    renew: bool,
}

impl Asked {
    fn read(params: &Params) -> Self {
        let renew = params.sets("renew");
        Self { gateway: params.sets("gateway") && !renew, renew }
    }
}

/// Where the browser goes from here: to the app, or to the sign-in page. Without an app, that leads home.
pub async fn login(server: &CasServer, params: &Params, browser: Browser) -> Result<String, NotSent> {
    if params.repeats_any() {
        return Err(NotSent::Repeated);
    }
    let Some(text) = params.only("service") else { return Ok(server.config.path("/")) };
    let service = Service::find(text, server.clients()).ok_or(NotSent::Unlisted)?;
    if query(params).len() > service::LONGEST {
        return Err(NotSent::TooLong);
    }
    let asked = Asked::read(params);
    let Some(who) = browser.who.map_err(NotSent::Failed)? else {
        let there = if asked.gateway { service.without_ticket() } else { leave(server, params, &service, None, None) };
        return Ok(there);
    };
    let from_sign_in = is_from_sign_in(server, params, &who, browser.token.as_ref());
    if asked.renew && !from_sign_in {
        return Ok(leave(server, params, &service, Some(&who), browser.token.as_ref()));
    }
    let (client, origin) = (service.client, &browser.origin);
    if !service.lets_in(&who.user) {
        let app = AppOf { name: &client.name, rules: &client.rules };
        trail::refused(&server.pools, &server.clock, &server.refusals, app, &who, origin).await;
        return Err(NotSent::NotAllowed(client.name.clone()));
    }
    if let Some(seconds) = server.issued.admit(who.user.id) {
        return Err(NotSent::TooMany(seconds));
    }
    match issue(server, &service, &who, from_sign_in, origin).await {
        Ok(ticket) => Ok(service.with_ticket(&ticket)),
        // The session has ended at this very moment.
        Err(error) if is_orphan(&error) => Ok(leave(server, params, &service, None, None)),
        Err(error) => Err(NotSent::Failed(error.into())),
    }
}

async fn issue(
    server: &CasServer,
    service: &Service<'_>,
    who: &Principal,
    from_sign_in: bool,
    origin: &RequestOrigin,
) -> sqlx::Result<String> {
    let ticket = format!("ST-{}", random::hex::<24>());
    let CasClient { name, .. } = service.client;
    let new = NewTicket {
        session_id: who.session.id,
        client: name,
        hash: clients::hash(&ticket),
        service: service.text,
        logout_url: service.logout_url(),
        sub: subject(&who.user),
        from_sign_in,
        issued_at_ms: server.clock.now_ms(),
        address: &origin.address,
        request_id: &origin.request_id,
    };
    let keep = async |db: &mut Conn| tickets::add(db, &new).await;
    server.pools.group_commit::<_, sqlx::Error>(keep).await?;
    Ok(ticket)
}

/// The sign-in page, which leads back to this request with a mark: by that it is known whether somebody has signed in.
fn leave(
    server: &CasServer,
    params: &Params,
    service: &Service<'_>,
    who: Option<&Principal>,
    token: Option<&Token>,
) -> String {
    let query = query(params);
    let mark = server.reauth.mark(&sealed(&query), token);
    let leaves = sign_in::Leaves {
        corp_id: who.map(|who| who.user.corp_id.clone()),
        rules: &service.client.rules,
        ui_locales: params.only("locale"),
        here: server.config.path(&format!("/cas/login?{query}&{}={mark}", reauth::PARAMETER)),
    };
    sign_in::address(&server.config, &leaves)
}

fn is_from_sign_in(server: &CasServer, params: &Params, who: &Principal, token: Option<&Token>) -> bool {
    let mark = params.only(reauth::PARAMETER).unwrap_or_default();
    let at = who.session.created_at;
    let age = server.clock.now().saturating_sub(at);
    (-NEW_FOR..NEW_FOR).contains(&age) && server.reauth.is_done(mark, &sealed(&query(params)), token, at)
}

fn query(params: &Params) -> String {
    params.query_without(&[reauth::PARAMETER])
}

/// A mark of OpenID Connect's is none here.
fn sealed(query: &str) -> String {
    format!("cas?{query}")
}

fn is_orphan(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refused| refused.is_foreign_key_violation())
}
