//! What an app's library asks first (OpenID Connect Discovery 1.0, 3; RFC 8414).

use serde::Serialize;

use super::{Provider, algorithm, scopes::Scope};
use crate::{i18n::Locale, signing_keys::Algorithm};

#[derive(Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<Algorithm>,
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    claims_supported: &'static [&'static str],
    claim_types_supported: [&'static str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    /// It counts as true where it is missing.
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    prompt_values_supported: [&'static str; 4],
    ui_locales_supported: [&'static str; 2],
}

const CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "iat",
    "exp",
    "auth_time",
    "nonce",
    "at_hash",
    "amr",
    "sid",
    "corp_id",
    "name",
    "preferred_username",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "groups",
];

/// `None` without a client: there is nothing to sign for.
pub fn metadata(provider: &Provider) -> Option<Metadata> {
    if provider.clients().is_empty() {
        return None;
    }
    let at = |route: &str| format!("{}{route}", provider.issuer);
    let mut algorithms = vec![Algorithm::Rs256];
    for algorithm in provider.clients().iter().map(algorithm) {
        if !algorithms.contains(&algorithm) {
            algorithms.push(algorithm);
        }
    }
    Some(Metadata {
        issuer: provider.issuer.clone(),
        authorization_endpoint: at("/oauth2/authorize"),
        token_endpoint: at("/oauth2/token"),
        userinfo_endpoint: at("/oauth2/userinfo"),
        jwks_uri: at("/.well-known/jwks.json"),
        end_session_endpoint: at("/oauth2/logout"),
        revocation_endpoint: at("/oauth2/revoke"),
        introspection_endpoint: at("/oauth2/introspect"),
        scopes_supported: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: algorithms,
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
        revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
        introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        claims_supported: &CLAIMS,
        claim_types_supported: ["normal"],
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        require_request_uri_registration: false,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        ui_locales_supported: [Locale::ZhCn.tag(), Locale::En.tag()],
    })
}
