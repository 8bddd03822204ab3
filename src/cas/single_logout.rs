//! What an app is told when a session has ended (CAS Protocol 3.0, 2.3.3): a message of SAML 2.0 that names the ticket, posted
//! to the address that the ticket was for.

use super::{service::is_listed, xml};
use crate::{
    clients::{
        backchannel::{Call, MOST_ATTEMPTS, NotTold, Notice, Words},
        subject::person,
    },
    clock::{Clock, UnixSeconds},
    config::CasClient,
    i18n::utc,
    random,
};

/// How often an app that answers with a refusal is told: most such apps do not support single logout.
const MOST_REFUSALS: i64 = 8;

/// One app that is told.
pub struct LogoutRequests {
    client: CasClient,
    key: String,
    clock: Clock,
}

/// What `logout_notices` call an app. No client of OpenID Connect has a colon in its id.
pub fn key(client: &str) -> String {
    format!("cas:{client}")
}

impl LogoutRequests {
    pub fn new(client: &CasClient, clock: &Clock) -> Self {
        Self { client: client.clone(), key: key(&client.name), clock: clock.clone() }
    }
}

impl Words for LogoutRequests {
    fn key(&self) -> &str {
        &self.key
    }

    fn client(&self) -> &str {
        &self.client.name
    }

    async fn call(&self, notice: &Notice) -> Result<Call, NotTold> {
        let address = notice.address.clone().unwrap_or_default();
        // The ticket is as old as the session, and the operator may have taken the address out since.
        if !is_listed(&address, &self.client) {
            return Err(NotTold::NotListed);
        }
        let value = message(&random::hex::<16>(), self.clock.now(), notice);
        Ok(Call { address, field: "logoutRequest", value })
    }

    /// An app that has done it goes on with the request, as often as not to our login.
    fn is_heard(&self, status: u16) -> bool {
        (200..400).contains(&status)
    }

    fn most_attempts(&self, error: &NotTold) -> i64 {
        match error {
            NotTold::Status(408 | 425 | 429) => MOST_ATTEMPTS,
            // Another server may already have newer settings.
            NotTold::Status(400..500) | NotTold::NotListed => MOST_REFUSALS,
            _ => MOST_ATTEMPTS,
        }
    }
}

fn message(id: &str, now: UnixSeconds, notice: &Notice) -> String {
    let userid = person(&notice.sub).map(|(_, userid)| userid.to_string()).unwrap_or_default();
    format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_{id}\" Version=\"2.0\" IssueInstant=\"{}\">{}{}\
         </samlp:LogoutRequest>",
        utc(now),
        xml::element("saml:NameID", &userid),
        xml::element("samlp:SessionIndex", &notice.sid),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    #[test]
    fn a_message_names_the_ticket() {
        let notice =
            Notice { id: 1, sid: "ST-1".into(), sub: "ding:a%3A<b>".into(), attempts: 1, address: Some("x".into()) };
        assert_eq!(
            message("0a", 1_700_000_000, &notice),
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_0a\" Version=\"2.0\" \
             IssueInstant=\"2023-11-14T22:13:20Z\"><saml:NameID>a:&lt;b&gt;</saml:NameID>\
             <samlp:SessionIndex>ST-1</samlp:SessionIndex></samlp:LogoutRequest>"
        );
    }

    #[test]
    fn an_app_that_refuses_is_given_up_sooner_than_one_that_is_gone() {
        let wiki = CasClient { name: "wiki".into(), service_urls: Vec::new(), rules: Rules::default() };
        let words = LogoutRequests::new(&wiki, &Clock::standing());
        assert!(words.is_heard(200) && words.is_heard(302) && !words.is_heard(404) && !words.is_heard(503));
        let most = |status| words.most_attempts(&NotTold::Status(status));
        assert_eq!((most(404), most(429), most(503)), (MOST_REFUSALS, MOST_ATTEMPTS, MOST_ATTEMPTS));
    }
}
