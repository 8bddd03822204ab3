//! How the gate names people to the apps behind it: `identity_headers` and `identity_encoding`.

use super::ConfigError;
use crate::i18n::setting::BadSetting;

/// The sets of headers, and how they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// `Remote-User` and its companions.
    pub remote: bool,
    /// `X-Auth-Request-User` and its companions, the names of oauth2-proxy.
    pub x_auth_request: bool,
    pub encoding: IdentityEncoding,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IdentityEncoding {
    /// Visible ASCII: everything else is percent-encoded.
    #[default]
    Percent,
    /// Letters of every script as they are, for programs that decode nothing.
    Utf8,
}

impl IdentityHeaders {
    pub(super) fn check(sets: Vec<String>, encoding: &str) -> Result<Self, ConfigError> {
        let mut headers = Self { encoding: IdentityEncoding::check(encoding)?, ..Self::default() };
        for name in sets {
            match name.as_str() {
                "remote" => headers.remote = true,
                "x-auth-request" => headers.x_auth_request = true,
                _ => {
                    return Err(ConfigError::wrong("miandeng.identity_headers", name, BadSetting::IdentityHeaders));
                }
            }
        }
        Ok(headers)
    }
}

impl IdentityEncoding {
    fn check(text: &str) -> Result<Self, ConfigError> {
        match text {
            "percent" => Ok(Self::Percent),
            "utf-8" => Ok(Self::Utf8),
            _ => Err(ConfigError::wrong("miandeng.identity_encoding", text, BadSetting::IdentityEncoding)),
        }
    }
}
