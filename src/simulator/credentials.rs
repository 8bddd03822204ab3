//! Access tokens and JSAPI tickets: who holds which, how long they live, how they are voided.

use std::collections::HashMap;

use super::random;

/// How long a token or ticket lives after it was last asked for: 7200 seconds.
pub const LIFETIME_S: i64 = 7200;
/// However often a ticket is renewed, it dies this long after it was made.
const TICKET_CAP_S: i64 = 24 * 3600;

/// On whose behalf a token or ticket was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    App {
        corp_id: String,
        client_id: String,
    },
    /// A whole organisation with corpid and corpsecret, the old way.
    Corp {
        corp_id: String,
    },
    /// A service window with its channel secret.
    Channel {
        corp_id: String,
    },
    /// A person who signed in through the browser; `with_corp` when the scope held `corpid`.
    Person {
        corp_id: String,
        client_id: String,
        unionid: String,
        with_corp: bool,
    },
}

impl Holder {
    pub fn corp_id(&self) -> &str {
        match self {
            Self::App { corp_id, .. } | Self::Corp { corp_id } | Self::Channel { corp_id } => corp_id,
            Self::Person { corp_id, .. } => corp_id,
        }
    }

    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::App { client_id, .. } | Self::Person { client_id, .. } => Some(client_id),
            Self::Corp { .. } | Self::Channel { .. } => None,
        }
    }
}

/// What became of a token that a call presented.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    Live(&'a Holder),
    Expired,
    /// It never was, or it was voided.
    Unknown,
}

#[derive(Debug)]
struct IssuedCredential {
    holder: Holder,
    made_at: i64,
    expires_at: i64,
    voided: bool,
}

impl IssuedCredential {
    fn is_live(&self, now: i64) -> bool {
        !self.voided && now < self.expires_at
    }
}

/// All tokens and tickets ever given out; the dead stay, so that their calls get the right refusal.
#[derive(Debug, Default)]
pub struct IssuedCredentials {
    tokens: HashMap<String, IssuedCredential>,
    tickets: HashMap<String, IssuedCredential>,
}

impl IssuedCredentials {
    /// A token for `holder` with the seconds it lives. Asked again within its life: the same one, renewed.
    pub fn token(&mut self, holder: Holder, now: i64) -> (String, i64) {
        issue(&mut self.tokens, holder, now, i64::MAX)
    }

    /// A JSAPI ticket for `holder`. The same one renewed, up to 24 hours from its making; of two statements
    /// in the documentation (the other: a new request voids the old ticket) this is the newer.
    pub fn ticket(&mut self, holder: Holder, now: i64) -> (String, i64) {
        issue(&mut self.tickets, holder, now, TICKET_CAP_S)
    }

    /// A ticket of the test's choosing, where published digests want one.
    #[cfg(test)]
    pub fn put_ticket(&mut self, ticket: &str, holder: Holder, now: i64) {
        let made = IssuedCredential { holder, made_at: now, expires_at: now + LIFETIME_S, voided: false };
        self.tickets.insert(ticket.to_owned(), made);
    }

    pub fn present(&self, token: &str, now: i64) -> Presented<'_> {
        match self.tokens.get(token) {
            Some(found) if found.is_live(now) => Presented::Live(&found.holder),
            Some(found) if !found.voided => Presented::Expired,
            _ => Presented::Unknown,
        }
    }

    pub fn holder_of(&self, token: &str) -> Option<&Holder> {
        self.tokens.get(token).map(|found| &found.holder)
    }

    /// Every ticket with its holder and whether it is still good.
    pub fn tickets(&self, now: i64) -> impl Iterator<Item = (&str, &Holder, bool)> {
        self.tickets.iter().map(move |(ticket, found)| (ticket.as_str(), &found.holder, found.is_live(now)))
    }

    pub fn void_tokens(&mut self, corp_id: &str) {
        void(&mut self.tokens, corp_id);
    }

    pub fn void_tickets(&mut self, corp_id: &str) {
        void(&mut self.tickets, corp_id);
    }
}

fn issue(held: &mut HashMap<String, IssuedCredential>, holder: Holder, now: i64, cap: i64) -> (String, i64) {
    let live = held.iter_mut().find(|(_, found)| found.holder == holder && found.is_live(now));
    if let Some((value, found)) = live {
        found.expires_at = (now + LIFETIME_S).min(found.made_at.saturating_add(cap));
        return (value.clone(), found.expires_at - now);
    }
    let value = random::letters(32);
    held.insert(value.clone(), IssuedCredential { holder, made_at: now, expires_at: now + LIFETIME_S, voided: false });
    (value, LIFETIME_S)
}

fn void(held: &mut HashMap<String, IssuedCredential>, corp_id: &str) {
    held.values_mut().filter(|found| found.holder.corp_id() == corp_id).for_each(|found| found.voided = true);
}
