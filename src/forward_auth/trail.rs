//! What the audit trail says of people whom an app's rules turn away.

use percent_encoding::percent_decode_str;

use super::refusal::NOT_ALLOWED;
use crate::{
    audit::{Actor, Allowance, Author, Event, Refusals, RequestOrigin},
    clock::Clock,
    db::{Conn, Db},
    rules::Rules,
    sessions::{self, Principal},
};

/// How much of the rules a row repeats, in characters.
const LONGEST_RULES: usize = 300;

/// What a refusal's row is made with.
pub(super) struct Trail<'r> {
    pub refusals: &'r Refusals,
    pub clock: &'r Clock,
    pub db: &'r Db,
    pub origin: RequestOrigin,
}

impl Trail<'_> {
    /// Gives a refusal its row. A page is made of many requests, so of one person's only some have one and the others are
    /// counted. A refusal stands even if the row cannot be written.
    pub async fn refused(self, who: &Principal, rules: &Rules) {
        let (reason, person) = (NOT_ALLOWED.word(), (&who.user.corp_id, &who.user.userid));
        if self.refusals.count(reason, Some(person)) == Allowance::Counted {
            return;
        }
        let write = async |tx: &mut Conn| {
            let app = sessions::app_of(tx, who.session.id).await?.unwrap_or_default();
            let origin = RequestOrigin { app, ..self.origin.clone() };
            let author = Author::new(Actor::User(who.user.userid.clone()), self.clock).by_request(origin);
            let entry = author.entry(Event::Refused).because(reason).about(person.0, person.1);
            entry.with("rules", in_words(rules)).write(tx).await
        };
        if let Err(error) = self.db.transaction(write).await {
            tracing::warn!(%error, reason, "a refusal is missing from the audit trail");
        }
    }
}

/// The rules as the operator thinks of them. They name neither the app's host nor what was asked for there.
fn in_words(rules: &Rules) -> String {
    percent_decode_str(rules.as_str()).decode_utf8_lossy().chars().take(LONGEST_RULES).collect()
}
