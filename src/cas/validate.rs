//! An app's server redeems a ticket (CAS Protocol 3.0, 2.4, 2.5 and 2.8). CAS does not identify the app: anyone who has a
//! ticket can redeem it.
//!
//! Every attempt spends the ticket, also one that fails. Failures are not counted by address: anybody can have an app ask for
//! a ticket that never was, and would lock the app out.

use super::{
    CasServer, TICKET_LIFETIME_MS,
    response::{Attributes, Failure},
    service::Service,
    tickets::{self, Ticket},
};
use crate::{
    audit::RequestOrigin,
    clients::{self, params::Params, trail},
    db::Conn,
    sessions::{self, Principal},
};

/// A ticket that was good.
pub struct Redeemed {
    /// The app's name.
    pub client: String,
    pub who: Principal,
    pub from_sign_in: bool,
}

impl Redeemed {
    pub fn userid(&self) -> &str {
        self.who.user.userid.as_str()
    }

    pub fn attributes(&self) -> Attributes {
        Attributes::of(&self.who, self.from_sign_in)
    }
}

/// Why a ticket is not good: `tickets` has it, or not.
enum NotGood {
    Known(Failure),
    Database(sqlx::Error),
}

pub async fn validate(server: &CasServer, params: &Params) -> Result<Redeemed, Failure> {
    if params.repeats_any() {
        return Err(Failure::InvalidRequest("a parameter was given twice"));
    }
    let missing = Failure::InvalidRequest("service and ticket are both needed");
    let (Some(service), Some(text)) = (params.only("service"), params.only("ticket")) else { return Err(missing) };
    if text.starts_with("PT-") {
        return Err(Failure::InvalidTicketSpec);
    }
    let mut reader = server.pools.read().await?;
    let ticket = tickets::find(&mut reader, &clients::hash(text)).await?;
    drop(reader);
    let ticket = ticket.filter(|ticket| !ticket.is_spent()).ok_or(Failure::InvalidTicket("the ticket is unknown"))?;
    let failure = match check(server, &ticket, service, params.sets("renew")).await {
        Ok(who) => return redeem(server, &ticket, text, who).await,
        Err(NotGood::Database(error)) => return Err(error.into()),
        Err(NotGood::Known(failure)) => failure,
    };
    let spend = async |db: &mut Conn| tickets::remove_unspent(db, ticket.id).await;
    server.pools.group_commit::<_, sqlx::Error>(spend).await?;
    Err(failure)
}

async fn check(server: &CasServer, ticket: &Ticket, service: &str, renew: bool) -> Result<Principal, NotGood> {
    let invalid = |why| NotGood::Known(Failure::InvalidTicket(why));
    let age = server.clock.now_ms().saturating_sub(ticket.issued_at);
    if !(-TICKET_LIFETIME_MS..TICKET_LIFETIME_MS).contains(&age) {
        return Err(invalid("the ticket has expired"));
    }
    // The settings may have changed since.
    let listed = Service::find(&ticket.service, server.clients()).filter(|found| found.client.name == ticket.client);
    let listed = listed.filter(|_| ticket.service == service).ok_or(NotGood::Known(Failure::InvalidService))?;
    if renew && !ticket.is_from_sign_in() {
        return Err(invalid("the person has not just signed in"));
    }
    let mut reader = server.pools.snapshot().await?;
    let who = sessions::find_principal(&mut reader, ticket.session_id, &server.policy, server.clock.now()).await?;
    let who = who.filter(|who| listed.lets_in(&who.user));
    who.ok_or(invalid("the session has ended, or the app is no longer for this person"))
}

async fn redeem(server: &CasServer, ticket: &Ticket, text: &str, who: Principal) -> Result<Redeemed, Failure> {
    let origin =
        RequestOrigin { app: String::new(), address: ticket.address.clone(), request_id: ticket.request_id.clone() };
    let keep = async |db: &mut Conn| {
        if !tickets::redeem(db, ticket, text).await? {
            return Ok(false);
        }
        trail::signed_in(db, &server.clock, &ticket.client, &who.user, origin).await?;
        Ok::<_, sqlx::Error>(true)
    };
    match server.pools.group_commit(keep).await? {
        true => Ok(Redeemed { client: ticket.client.clone(), who, from_sign_in: ticket.is_from_sign_in() }),
        // Somebody was faster, or the session has just ended and has taken the ticket along.
        false => Err(Failure::InvalidTicket("the ticket is unknown")),
    }
}

impl From<sqlx::Error> for NotGood {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
