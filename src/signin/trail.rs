//! What the audit trail says of sign-ins.

use super::{Requester, Services, refusal::SignInRefusal, troubles};
use crate::{
    audit::{Actor, Allowance, Author, Event, RequestOrigin},
    db::Conn,
    ids::CorpId,
    sessions::device,
    users::User,
};

impl Requester<'_> {
    /// This request as the trail names it.
    pub(super) fn trail_origin(&self, app: &str) -> RequestOrigin {
        RequestOrigin { app: app.to_owned(), address: self.address.0.to_string(), request_id: self.log.id.clone() }
    }
}

/// In the transaction that starts the session.
pub(super) async fn signed_in(
    db: &mut Conn,
    services: Services<'_>,
    requester: &Requester<'_>,
    user: &User,
    app: &str,
    way: &str,
) -> sqlx::Result<()> {
    let author = Author::new(Actor::User(user.userid.clone()), services.clock).by_request(requester.trail_origin(app));
    let entry = author.entry(Event::SignedIn).about(&user.corp_id, &user.userid).with("way", way);
    match device::name(requester.user_agent) {
        Some(device) => entry.with("device", device).write(db).await,
        None => entry.write(db).await,
    }
}

/// Gives a refusal its row, and hands the result on. A refusal stands even if the row cannot be written.
pub(super) async fn refused<T>(
    services: Services<'_>,
    requester: &Requester<'_>,
    result: Result<T, SignInRefusal>,
) -> Result<T, SignInRefusal> {
    let result = troubles::noted(services, requester, result).await;
    if let Err(refusal) = &result
        && let Some(reason) = refusal.reason()
        && let Err(error) = note(services, requester, refusal, reason).await
    {
        tracing::warn!(%error, reason, "a refusal is missing from the audit trail");
    }
    result
}

async fn note(
    services: Services<'_>,
    requester: &Requester<'_>,
    refusal: &SignInRefusal,
    reason: &'static str,
) -> sqlx::Result<()> {
    let (app, corp_id) = requester.log.app();
    let corp_id = corp_id.and_then(|id| CorpId::new(id).ok());
    let person = refusal.person().zip(corp_id.as_ref());
    if services.refusals.count(reason, person.map(|(person, corp_id)| (corp_id, &person.userid))) == Allowance::Counted
    {
        return Ok(());
    }
    let actor = refusal.person().map_or(Actor::System, |person| Actor::User(person.userid.clone()));
    let author = Author::new(actor, services.clock).by_request(requester.trail_origin(&app.unwrap_or_default()));
    let entry = author.entry(Event::Refused).because(reason);
    let entry = match (person, &corp_id) {
        (Some((person, corp_id)), _) => match &person.name {
            Some(name) => entry.about(corp_id, &person.userid).with("name", name.as_str()),
            None => entry.about(corp_id, &person.userid),
        },
        (None, Some(corp_id)) => entry.in_corp(corp_id),
        (None, None) => entry,
    };
    let entry = match refusal.closer() {
        Some(closer) => entry.with("because", closer),
        None => entry,
    };
    services.db.transaction(async |tx| entry.write(tx).await).await
}

impl SignInRefusal {
    /// What is more precise than the problem's word.
    fn closer(&self) -> Option<String> {
        match self {
            Self::ExternalContact => Some("external-contact".to_owned()),
            Self::Unfollowed => Some("unfollowed".to_owned()),
            Self::Stranger => Some("stranger".to_owned()),
            Self::StateMismatch(cause) => Some((*cause).to_owned()),
            Self::Dingtalk(error) => error.refusal().map(|refusal| format!("errcode {}", refusal.code)),
            _ => None,
        }
    }
}
