//! What is said of a person (pure; OpenID Connect Core 1.0, 2 and 5.1).

use serde::Serialize;

use super::{
    scopes::{Scope, Scopes},
    subject::subject,
};
use crate::{
    clock::UnixSeconds,
    users::{Role, User},
};

/// How everybody signs in.
pub const METHODS: [&str; 1] = ["dingtalk"];

/// The claims of scopes, in the ID token and at `/oauth2/userinfo` alike.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct PersonClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
}

/// The answer of `/oauth2/userinfo`.
#[derive(Serialize)]
pub struct UserInfo {
    sub: String,
    corp_id: String,
    #[serde(flatten)]
    person: PersonClaims,
}

#[derive(Serialize)]
pub struct IdToken<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a str,
    pub iat: UnixSeconds,
    pub exp: UnixSeconds,
    pub auth_time: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// Which access token came along (Core, 3.1.3.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    pub amr: [&'static str; 1],
    pub sid: &'a str,
    pub corp_id: &'a str,
    #[serde(flatten)]
    pub person: PersonClaims,
}

/// RFC 9068. The audience is this server: nobody else should accept it.
#[derive(Serialize)]
pub struct AccessToken<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a str,
    pub client_id: &'a str,
    pub iat: UnixSeconds,
    pub exp: UnixSeconds,
    pub jti: String,
    pub scope: String,
    pub auth_time: UnixSeconds,
}

impl PersonClaims {
    pub fn of(user: &User, scopes: Scopes, verified_email: bool) -> Self {
        let mut claims = Self::default();
        if scopes.has(Scope::Profile) {
            claims.name = Some(user.name.clone());
            claims.preferred_username = Some(user.userid.to_string());
            claims.updated_at = Some(user.updated_at);
        }
        if scopes.has(Scope::Email) {
            claims.email.clone_from(&user.email);
            claims.email_verified = user.email.is_some().then_some(verified_email);
        }
        if scopes.has(Scope::Phone) {
            claims.phone_number = user.mobile.as_deref().and_then(e_164);
        }
        if scopes.has(Scope::Groups) {
            let role = (user.role == Role::Admin).then(|| "role:admin".to_owned());
            claims.groups = Some(user.departments().map(str::to_owned).chain(role).collect());
        }
        claims
    }
}

impl UserInfo {
    pub fn of(user: &User, scopes: Scopes, verified_email: bool) -> Self {
        let person = PersonClaims::of(user, scopes, verified_email);
        Self { sub: subject(user), corp_id: user.corp_id.to_string(), person }
    }
}

/// A mobile number in the form `+8613800000000`. DingTalk writes Chinese ones without a country, others as `+1-…`; of what
/// is neither, the country is unknown.
fn e_164(mobile: &str) -> Option<String> {
    let has_country = mobile.starts_with('+');
    let mut digits = String::new();
    for c in mobile.chars().skip(usize::from(has_country)) {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '(' | ')' => {}
            _ => return None,
        }
    }
    let is_chinese = digits.len() == 11 && digits.starts_with('1');
    match has_country {
        true if (7..=15).contains(&digits.len()) && !digits.starts_with('0') => Some(format!("+{digits}")),
        false if is_chinese => Some(format!("+86{digits}")),
        false if digits.len() == 13 && digits.starts_with("861") => Some(format!("+{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_its_country_or_is_left_out() {
        let check = |mobile: &str, expected: Option<&str>| assert_eq!(e_164(mobile).as_deref(), expected, "{mobile}");
        check("13800000000", Some("+8613800000000"));
        check("+86-13800000000", Some("+8613800000000"));
        check("86-13800000000", Some("+8613800000000"));
        check("+86 138 0000 0000", Some("+8613800000000"));
        check("+1-212-555-0100", Some("+12125550100"));
        check("+852-51234567", Some("+85251234567"));
        for unknown in
            ["", "+", "8008", "51234567", "23800000000", "+0138", "138****0000", "+1-212-555-0100 x7", "１３８"]
        {
            check(unknown, None);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_table_comes_out_as_e_164_or_not_at_all(mobile in "\\+?[0-9 ()-]{0,20}|\\PC{0,20}") {
            if let Some(number) = e_164(&mobile) {
                let digits = number.strip_prefix('+').unwrap();
                prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{number}");
            }
        }
    }
}
