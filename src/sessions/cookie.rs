//! The session cookie, and the mark of somebody who has just signed out.

use rocket::http::{Cookie, SameSite};

use super::Token;
use crate::config::Config;

/// `__Host-miandeng` where the browser can guarantee that no neighbouring host set it, otherwise `miandeng`.
pub fn name(config: &Config) -> &'static str {
    if config.secure_cookies() && config.cookie_domain.is_none() { "__Host-miandeng" } else { "miandeng" }
}

/// Lives as long as the session may.
pub fn set(config: &Config, token: &Token) -> Cookie<'static> {
    let lifetime = config.session_lifetime.as_secs().try_into().unwrap_or(i64::MAX);
    with(config, token.expose().to_owned(), lifetime)
}

/// Takes a session's cookie back. With the same attributes: browsers ignore a removal without `Secure` of a `__Host-` name.
pub fn clear(config: &Config) -> Cookie<'static> {
    with(config, String::new(), 0)
}

/// After signing out, the next sign-in page waits for a tap. In the client it would sign the person straight in again.
pub mod signed_out {
    use super::{Config, Cookie, base};

    /// Long enough to be sent to the sign-in page.
    const LIFETIME: i64 = 60;

    pub fn name(config: &Config) -> &'static str {
        if config.secure_cookies() { "__Host-miandeng-signed-out" } else { "miandeng-signed-out" }
    }

    pub fn set(config: &Config) -> Cookie<'static> {
        base(config, name(config), "1".to_owned(), LIFETIME)
    }

    pub fn clear(config: &Config) -> Cookie<'static> {
        base(config, name(config), String::new(), 0)
    }
}

fn with(config: &Config, value: String, lifetime: i64) -> Cookie<'static> {
    let mut cookie = base(config, name(config), value, lifetime);
    if let Some(domain) = &config.cookie_domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}

fn base(config: &Config, name: &'static str, value: String, lifetime: i64) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(config.secure_cookies())
        .same_site(SameSite::Lax)
        .max_age(rocket::time::Duration::seconds(lifetime))
        .build()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A value with another bit, cut off or longer opens nothing; one of any other form is not even looked up.
        #[test]
        fn only_the_very_value_is_the_session(
            at in 0..64_usize, bit in 0..8_u8, cut in 0..64_usize, more in "[0-9a-f]{1,64}", any in any::<String>(),
        ) {
            let token = Token::random();
            let value = token.expose();
            let is_it = |text: &str| Token::from_cookie(text).is_some_and(|other| other.digest() == token.digest());
            let mut flipped = value.as_bytes().to_vec();
            flipped[at] ^= 1 << bit;
            prop_assert!(is_it(value));
            prop_assert!(!is_it(&String::from_utf8_lossy(&flipped)));
            let (longer, spaced) = (format!("{value}{more}"), format!(" {value}"));
            prop_assert!(!is_it(&value[..cut]) && !is_it(&longer) && !is_it(&spaced));
            prop_assert!(Token::from_cookie(&value.to_uppercase()).is_none() || value.to_uppercase() == value);
            prop_assert!(Token::from_cookie(&any).is_none_or(|token| token.expose() == any && any.len() == 64));
        }
    }
}
