//! The demo's sample app: a web app of its own on a second port that signs people in by OpenID Connect. Of this program it
//! knows an issuer's address, a client id and a secret, as any app does; nothing else is shared.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, bail, ensure};
use askama::Template;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rocket::{
    Responder, Route, State,
    fairing::AdHoc,
    get,
    http::{CookieJar, SameSite, Status, uri::Origin},
    post,
    response::content::RawHtml,
    routes,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::terminal::text;
use crate::{i18n::Locale, random, web::see_other::SeeOther};

pub const CLIENT_ID: &str = "sample-app";
const COOKIE: &str = "sample-app";
/// Visits that are remembered. A demo has one.
const MOST: usize = 1000;

pub struct SampleApp {
    url: String,
    issuer: String,
    secret: String,
    http: reqwest::Client,
    /// By the cookie.
    visits: Mutex<HashMap<String, Visit>>,
}

#[derive(Clone)]
enum Visit {
    /// On the way to the provider: what must come back.
    Away {
        state: String,
        nonce: String,
        verifier: String,
    },
    In {
        access_token: String,
        id_token: String,
    },
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="{{ locale.tag() }}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ title }}</title>
<style>body { font: 1rem/1.6 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem } pre { white-space: pre-wrap }</style></head>
<body><h1>{{ title }}</h1>
{% if let Some(error) = error %}<p><strong>{{ error }}</strong></p>{% endif %}
{% match claims %}{% when Some with (claims) %}<p>{{ is_in }}</p><pre>{{ claims }}</pre>
<form method="post" action="/logout"><button>{{ sign_out }}</button></form>
{% when None %}<p>{{ is_out }}</p><p><a href="/login">{{ sign_in }}</a></p>{% endmatch %}
</body></html>"#
)]
struct AppPage<'a> {
    locale: Locale,
    title: &'a str,
    is_in: &'a str,
    is_out: &'a str,
    sign_in: &'a str,
    sign_out: &'a str,
    claims: Option<String>,
    error: Option<String>,
}

#[derive(Responder)]
enum Answer {
    Page((Status, RawHtml<String>)),
    There(SeeOther),
}

impl SampleApp {
    /// For a provider at `issuer`, which knows `secret` and the addresses below `url`.
    pub fn new(url: &str, issuer: &str, secret: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let (url, issuer, secret) = (url.to_owned(), issuer.to_owned(), secret.to_owned());
        Ok(Self { url, issuer, secret, http, visits: Mutex::default() })
    }

    pub fn callback(url: &str) -> String {
        format!("{url}/callback")
    }

    /// Returns when it listens, which it does until the process ends.
    pub async fn start(self, port: u16) -> anyhow::Result<()> {
        let shutdown = rocket::config::Shutdown { ctrlc: false, signals: Default::default(), ..Default::default() };
        let config = rocket::Config {
            port,
            address: Ipv4Addr::LOCALHOST.into(),
            shutdown,
            log_level: rocket::config::LogLevel::Off,
            ..rocket::Config::release_default()
        };
        let (listening, listens) = tokio::sync::oneshot::channel();
        let app = rocket::custom(config).manage(self).mount("/", routes());
        let app = app.attach(AdHoc::on_liftoff("listening", |_| {
            Box::pin(async {
                let _ = listening.send(());
            })
        }));
        let app = app.ignite().await;
        let app = app.map_err(|error| anyhow::anyhow!("{error}"))?;
        // Rocket's errors panic when dropped unread.
        rocket::tokio::spawn(async move { app.launch().await.map(drop).map_err(|error| drop(error.to_string())) });
        listens.await.with_context(|| text!("the sample app cannot listen", "示例应用无法监听端口"))
    }

    fn visit(&self, jar: &CookieJar<'_>) -> Option<Visit> {
        let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.get(jar.get(COOKIE)?.value()).cloned()
    }

    /// Under a new cookie each time.
    fn keep(&self, jar: &CookieJar<'_>, visit: Option<Visit>) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cookie) = jar.get(COOKIE) {
            visits.remove(cookie.value());
        }
        if visits.len() >= MOST {
            visits.clear();
        }
        let Some(visit) = visit else { return jar.remove(COOKIE) };
        let name = random::hex::<16>();
        visits.insert(name.clone(), visit);
        jar.add(rocket::http::Cookie::build((COOKIE, name)).http_only(true).same_site(SameSite::Lax).path("/"));
    }

    /// Redeems a code, and checks that the ID token is for this visit.
    async fn redeem(&self, code: &str, nonce: &str, verifier: &str) -> anyhow::Result<Visit> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &Self::callback(&self.url)),
            ("code_verifier", verifier),
        ];
        let request = self.http.post(format!("{}/oauth2/token", self.issuer)).basic_auth(CLIENT_ID, Some(&self.secret));
        let tokens: Value = request.form(&fields).send().await?.error_for_status()?.json().await?;
        let text = |name: &str| tokens[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
        let (access_token, id_token) = (text("access_token")?, text("id_token")?);
        // It came from the provider itself, so its signature need not be looked at (OpenID Connect Core 1.0, 3.1.3.7).
        let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).context("no claims")?)?;
        let claims: Value = serde_json::from_slice(&claims)?;
        ensure!(claims["iss"] == *self.issuer && claims["aud"] == CLIENT_ID, "the ID token is somebody else's");
        ensure!(claims["nonce"] == nonce, "the ID token is another visit's");
        Ok(Visit::In { access_token, id_token })
    }

    /// What the provider says of the person at this moment.
    async fn claims(&self, access_token: &str) -> anyhow::Result<String> {
        let request = self.http.get(format!("{}/oauth2/userinfo", self.issuer)).bearer_auth(access_token);
        let claims: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(serde_json::to_string_pretty(&claims)?)
    }

    async fn page(&self, jar: &CookieJar<'_>, locale: Locale, error: Option<String>) -> Answer {
        let words = |chinese, english| if locale == Locale::ZhCn { chinese } else { english };
        let (mut error, mut claims) = (error, None);
        if let Some(Visit::In { access_token, .. }) = self.visit(jar) {
            match self.claims(&access_token).await {
                Ok(known) => claims = Some(known),
                // Signed out, disabled, or no longer for this person.
                Err(_) => {
                    self.keep(jar, None);
                    error = error.or(Some(words("您的登录已经结束。", "Your sign-in has ended.").to_owned()));
                }
            }
        }
        let page = AppPage {
            locale,
            title: words("示例应用", "Sample app"),
            is_in: words("已经通过 OpenID Connect 登录，您是：", "You are signed in by OpenID Connect. You are:"),
            is_out: words("您还没有登录。", "You are not signed in."),
            sign_in: words("用钉钉登录", "Sign in with DingTalk"),
            sign_out: words("退出登录", "Sign out"),
            claims,
            error,
        };
        match page.render() {
            Ok(html) => Answer::Page((Status::Ok, RawHtml(html))),
            Err(_) => Answer::Page((Status::InternalServerError, RawHtml(String::new()))),
        }
    }
}

fn routes() -> Vec<Route> {
    routes![show, log_in, come_back, log_out]
}

struct Language(Locale);

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Language {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r rocket::Request<'_>) -> rocket::request::Outcome<Self, Self::Error> {
        let wanted = request.headers().get_one("Accept-Language");
        rocket::request::Outcome::Success(Self(Locale::negotiate(wanted, Locale::ZhCn)))
    }
}

#[get("/")]
async fn show(app: &State<SampleApp>, jar: &CookieJar<'_>, language: Language) -> Answer {
    app.page(jar, language.0, None).await
}

#[get("/login")]
fn log_in(app: &State<SampleApp>, jar: &CookieJar<'_>) -> SeeOther {
    let (state, nonce, verifier) = (random::hex::<16>(), random::hex::<16>(), random::hex::<32>());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", &SampleApp::callback(&app.url))
        .append_pair("response_type", "code")
        .append_pair("scope", "openid profile email phone groups")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    app.keep(jar, Some(Visit::Away { state, nonce, verifier }));
    SeeOther(format!("{}/oauth2/authorize?{query}", app.issuer))
}

#[get("/callback")]
async fn come_back(app: &State<SampleApp>, jar: &CookieJar<'_>, uri: &Origin<'_>, language: Language) -> Answer {
    let query = uri.query().map_or("", |query| query.as_str());
    let fields: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).map(String::as_str);
    let signed_in = async {
        let Some(Visit::Away { state, nonce, verifier }) = app.visit(jar) else { bail!("nobody asked for this") };
        ensure!(field("state") == Some(&*state), "the answer is another visit's");
        ensure!(field("iss") == Some(&*app.issuer), "the answer is another provider's");
        if let Some(error) = field("error") {
            bail!("{error}: {}", field("error_description").unwrap_or_default());
        }
        app.redeem(field("code").context("there is no code")?, &nonce, &verifier).await
    };
    match signed_in.await {
        Ok(visit) => {
            app.keep(jar, Some(visit));
            Answer::There(SeeOther("/".to_owned()))
        }
        Err(error) => app.page(jar, language.0, Some(error.to_string())).await,
    }
}

#[post("/logout")]
fn log_out(app: &State<SampleApp>, jar: &CookieJar<'_>) -> SeeOther {
    let Some(Visit::In { id_token, .. }) = app.visit(jar) else { return SeeOther("/".to_owned()) };
    app.keep(jar, None);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &id_token)
        .append_pair("post_logout_redirect_uri", &format!("{}/", app.url))
        .finish();
    SeeOther(format!("{}/oauth2/logout?{query}", app.issuer))
}
