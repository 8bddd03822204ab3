//! Temporary codes: each names one person to one app, once, for five minutes.

use std::collections::HashMap;

use super::random;

const LIFETIME_S: i64 = 300;

/// What a code stands for. Each kind has its own endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// 免登 in the client. `client_id` is `None` in an organisation that has no app, only a corpSecret.
    Employee {
        corp_id: String,
        client_id: Option<String>,
        userid: String,
    },
    Follower {
        corp_id: String,
        openid: String,
    },
    /// Sign-in through the browser; `with_corp` when the scope held `corpid`.
    Browser {
        corp_id: String,
        client_id: String,
        unionid: String,
        with_corp: bool,
    },
}

#[derive(Debug, Default)]
pub struct Codes(HashMap<String, (Grant, i64)>);

impl Codes {
    pub fn mint(&mut self, grant: Grant, now: i64) -> String {
        self.0.retain(|_, (_, expires_at)| now < *expires_at);
        let code = random::letters(32);
        self.0.insert(code.clone(), (grant, now + LIFETIME_S));
        code
    }

    /// Spends a code, if `mine` recognises its grant. A code that somebody else's app presents stays good,
    /// because the facts are silent about it and the plainest platform does not touch what it refuses.
    pub fn spend<T>(&mut self, code: &str, now: i64, mine: impl Fn(&Grant) -> Option<T>) -> Option<T> {
        let (grant, expires_at) = self.0.get(code)?;
        if now >= *expires_at {
            return None;
        }
        let found = mine(grant)?;
        self.0.remove(code);
        Some(found)
    }
}
