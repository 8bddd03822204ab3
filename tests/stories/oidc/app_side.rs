//! An app that signs people in here: what its pages and its server do.

use std::collections::BTreeMap;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use miandeng::users::Change;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Answer, App, PUBLIC_URL, Phone};

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Clone, Copy)]
pub struct RelyingParty {
    pub client_id: &'static str,
    pub secret: Option<&'static str>,
    pub redirect_uri: &'static str,
}

pub const GRAFANA: RelyingParty = RelyingParty {
    client_id: "grafana",
    secret: Some("grafana-secret-%+1"),
    redirect_uri: "https://grafana.example.com/login/generic_oauth",
};
pub const WIKI: RelyingParty = RelyingParty {
    client_id: "wiki",
    secret: Some("wiki-secret"),
    redirect_uri: "https://wiki.example.com/cb?tenant=1",
};
/// Without a secret.
pub const SPA: RelyingParty =
    RelyingParty { client_id: "spa", secret: None, redirect_uri: "https://spa.example.com/cb" };
/// For administrators alone.
pub const VAULT: RelyingParty =
    RelyingParty { client_id: "vault", secret: Some("vault-secret"), redirect_uri: "https://vault.example.com/cb" };

pub fn clients() -> Value {
    json!([
        {
            "name": "Grafana", "client_id": "grafana", "client_secret": "grafana-secret-%+1",
            "redirect_uris": [GRAFANA.redirect_uri, "https://grafana.example.com/other"],
            "post_logout_redirect_uris": ["https://grafana.example.com/bye"],
            "home_url": "https://grafana.example.com/login",
        },
        {
            "name": "维基", "client_id": "wiki", "client_secret": "wiki-secret", "redirect_uris": [WIKI.redirect_uri],
            "post_logout_redirect_uris": ["https://wiki.example.com/bye?x=1"],
            "signing_alg": "ES256", "verified_email": true,
        },
        {
            "name": "spa", "client_id": "spa", "redirect_uris": [SPA.redirect_uri], "signing_alg": "EdDSA",
        },
        {
            "name": "vault", "client_id": "vault", "client_secret": "vault-secret",
            "redirect_uris": [VAULT.redirect_uri], "groups": "role:admin", "home_url": "https://vault.example.com/",
        },
    ])
}

pub async fn deployment() -> App {
    deployment_with(|_| {}).await
}

pub async fn deployment_with(change: impl FnOnce(&mut Value)) -> App {
    let app = App::with(|settings| {
        settings["clients"] = clients();
        change(settings);
    })
    .await;
    let details = Change {
        email: Some("zhangsan@example.com".into()),
        mobile: Some("13800000000".into()),
        department: Some("研发部/后端组;财务".into()),
        ..Change::default()
    };
    app.db_change("zhangsan", details).await;
    app
}

pub fn query(address: &str) -> BTreeMap<String, String> {
    Url::parse(address).unwrap_or_else(|_| panic!("{address}")).query_pairs().into_owned().collect()
}

impl RelyingParty {
    /// The address to which the app sends a browser.
    pub fn request(&self, more: &[(&str, &str)]) -> String {
        let mut fields: Vec<(&str, &str)> = vec![
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile email phone groups"),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
        ];
        if self.secret.is_none() {
            fields.extend([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]);
        }
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend(more.iter().filter(|(_, value)| *value != "(none)"));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("/oauth2/authorize?{query}")
    }

    /// Sends a browser, which goes through the sign-in page if it must, and takes what comes back.
    pub async fn is_answered(&self, phone: &mut Phone, more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let answer = phone.gets(&self.request(more)).await;
        let back = goes_through_sign_in(phone, answer).await;
        assert_eq!(back.status, 303, "{}", back.body);
        let there = back.header("location").to_owned();
        assert!(there.starts_with(self.redirect_uri), "{there}");
        query(&there)
    }

    /// The same where a code is expected.
    pub async fn is_given_a_code(&self, phone: &mut Phone, more: &[(&str, &str)]) -> String {
        let answer = self.is_answered(phone, more).await;
        answer.get("code").unwrap_or_else(|| panic!("{answer:?}")).clone()
    }

    pub async fn redeems(&self, app: &App, code: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", self.redirect_uri)];
        if self.secret.is_none() {
            fields.push(("code_verifier", VERIFIER));
        }
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend(more.iter().filter(|(_, value)| *value != "(none)"));
        self.posts(app, "/oauth2/token", &fields).await
    }

    pub async fn refreshes(&self, app: &App, token: &str) -> Answer {
        self.posts(app, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// From the app's server, which proves which app it is.
    pub async fn posts(&self, app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        fields.push(("client_id", self.client_id));
        fields.extend(self.secret.map(|secret| ("client_secret", secret)));
        let mut server = app.phone("nobody");
        let request = server.request(Method::POST, path).form(&fields);
        server.sends(request).await
    }

    /// Everything from the first request to the tokens.
    pub async fn signs_in(&self, app: &App, phone: &mut Phone, more: &[(&str, &str)]) -> Value {
        let code = self.is_given_a_code(phone, more).await;
        let answer = self.redeems(app, &code, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub async fn is_active(&self, app: &App, token: &str) -> bool {
        let answer = self.posts(app, "/oauth2/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["active"].as_bool().unwrap()
    }
}

/// What a browser does on the sign-in page, if that is where it was sent.
pub async fn goes_through_sign_in(phone: &mut Phone, answer: Answer) -> Answer {
    let there = answer.header("location").to_owned();
    if !there.starts_with("/?") {
        return answer;
    }
    let page = phone.gets(&there).await;
    if page.status == 303 {
        return follows(phone, page.header("location")).await;
    }
    assert_eq!(page.status, 200, "{}", page.body);
    let return_to = query(&format!("{PUBLIC_URL}{there}"))["return_to"].clone();
    let (code, state) = (phone.code(), page.state());
    let fields = [("code", &*code), ("state", &*state), ("corpid", crate::harness::CORP), ("return_to", &*return_to)];
    let welcome = phone.posts("/userinfo", &fields).await;
    assert_eq!(welcome.status, 200, "{}", welcome.body);
    follows(phone, welcome.json()["redirect"].as_str().unwrap()).await
}

async fn follows(phone: &mut Phone, address: &str) -> Answer {
    let path = address.strip_prefix(PUBLIC_URL).unwrap_or(address).to_owned();
    phone.gets(&path).await
}

pub async fn userinfo(app: &App, token: &str) -> Answer {
    let mut server = app.phone("nobody");
    let request = server.request(Method::GET, "/oauth2/userinfo").bearer_auth(token);
    server.sends(request).await
}

/// A token as the app's library reads it, by the key set; header and claims.
pub async fn read(app: &App, token: &str, audience: &str) -> (Value, Value) {
    let set: JwkSet = serde_json::from_str(&app.phone("nobody").gets("/.well-known/jwks.json").await.body).unwrap();
    let header = decode_header(token).unwrap();
    let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[PUBLIC_URL]);
    validation.validate_exp = false;
    let claims = decode(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims;
    (serde_json::to_value(&header).unwrap(), claims)
}
