//! What an app may see of the address book.

use super::{DingtalkApp, DingtalkError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// The departments whose people the app may see; the root department, 1, stands for all.
    pub departments: Vec<i64>,
    /// People whom it may see beside those.
    pub people: usize,
    /// Fields of people that it may see (`auth_user_field`).
    pub fields: Vec<String>,
}

impl Scopes {
    pub fn whole_corp(&self) -> bool {
        self.departments.contains(&1)
    }
}

impl DingtalkApp {
    /// Which part of the address book the app may see (`auth/scopes`, open.dingtalk.com, read 2026-08-22).
    ///
    /// It changes nothing at DingTalk, so `doctor` can try a token with it: an address that is not listed is given a token,
    /// and its next call is refused (60020).
    pub async fn scopes(&self) -> Result<Scopes, DingtalkError> {
        let response = self.call_get("/auth/scopes").await?;
        let scopes =
            response.object("auth_org_scopes").ok_or_else(|| response.unexpected("no auth_org_scopes in it"))?;
        Ok(Scopes {
            departments: scopes.numbers("authed_dept"),
            people: scopes.count("authed_user"),
            fields: response.texts("auth_user_field"),
        })
    }
}
