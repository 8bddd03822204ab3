//! What people read when an app signs them in or out.

use super::Message;

pub struct Oidc {
    /// The app is not in the settings.
    pub unknown_client: Message,
    /// Its address is not.
    pub wrong_redirect_uri: Message,
    pub log_out_title: &'static str,
    pub log_out_detail: &'static str,
    pub stay: &'static str,
}
