//! An app behind miandeng behind a proxy, and a visitor.

use miandeng::simulator::Simulator;
use serde_json::{Value, json};

use super::{
    echo::EchoApp,
    http::{Header, Reply, ask},
    recipe::{ORIGIN, Proxy, Recipe, Running},
};
use crate::harness::{App, CLIENT_ID, CORP};

pub struct Site {
    pub app: EchoApp,
    pub miandeng: App,
    pub proxy: Running,
}

/// A browser without a page: what it sends with each request.
#[derive(Clone)]
pub struct Visitor {
    address: String,
    cookies: Vec<(String, String)>,
}

impl Site {
    pub async fn behind(proxy: Proxy) -> Self {
        Self::with(Recipe::of(proxy)).await
    }

    pub async fn with(recipe: Recipe) -> Self {
        Self::of(recipe, miandeng().await).await
    }

    pub async fn of(recipe: Recipe, miandeng: App) -> Self {
        let app = EchoApp::start().await;
        let proxy = recipe.start(&address_of(&miandeng), &app.address).await;
        Self { app, miandeng, proxy }
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.proxy.address)
    }

    pub async fn signed_in(&self) -> Visitor {
        let mut visitor = self.visitor();
        visitor.signs_in(&self.miandeng.simulator, "zhangsan").await;
        visitor
    }
}

impl Visitor {
    pub fn of(address: &str) -> Self {
        Self { address: address.to_owned(), cookies: Vec::new() }
    }

    pub async fn signs_in(&mut self, simulator: &Simulator, userid: &str) {
        let page = self.navigates("GET", &format!("/_signin/?corpid={CORP}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let text = page.text();
        let (_, rest) = text.split_once("\"state\":\"").expect("a state");
        let state = rest.split('"').next().expect("its end");
        let code = simulator.auth_code(CORP, Some(CLIENT_ID), userid).expect("a code");
        self.keeps_cookies(&page);
        let fields = json!({"code": code, "corpid": CORP, "state": state}).to_string();
        let headers = [("Content-Type", "application/json"), ("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin")];
        let answer = self.sends("POST", "/_signin/userinfo", &headers, fields.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.keeps_cookies(&answer);
    }

    fn keeps_cookies(&mut self, reply: &Reply) {
        for cookie in reply.all("set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// As a browser fetches a page.
    pub async fn navigates(&self, method: &str, target: &str) -> Reply {
        let headers = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Sec-Fetch-Mode", "navigate")];
        self.sends(method, target, &headers, b"").await
    }

    /// As a page's script fetches data.
    pub async fn fetches(&self, method: &str, target: &str) -> Reply {
        self.sends(method, target, &[("Accept", "application/json"), ("Sec-Fetch-Mode", "cors")], b"").await
    }

    pub async fn sends(&self, method: &str, target: &str, headers: &[Header<'_>], body: &[u8]) -> Reply {
        let cookie = self.cookie();
        ask(&self.address, method, target, &self.all_headers(&cookie, headers), body).await
    }

    pub fn all_headers<'a>(&self, cookie: &'a str, headers: &[Header<'a>]) -> Vec<Header<'a>> {
        let mut all = vec![("Host", "app.example.com:8080")];
        if !cookie.is_empty() && !headers.iter().any(|(name, _)| *name == "Cookie") {
            all.push(("Cookie", cookie));
        }
        all.extend_from_slice(headers);
        all
    }
}

/// With the recipes' settings; 张三 is in the table, without mail address or department.
pub async fn miandeng() -> App {
    miandeng_with(|_| {}).await
}

pub async fn miandeng_with(more: impl FnOnce(&mut Value)) -> App {
    App::with(|settings| {
        settings["public_url"] = json!(ORIGIN);
        settings["base_path"] = json!("/_signin");
        settings["home"] = json!("/");
        settings["signed_identity"] = json!(true);
        settings["identity_headers"] = json!(["remote", "x-auth-request"]);
        more(settings);
    })
    .await
}

pub fn address_of(app: &App) -> String {
    app.url("").trim_start_matches("http://").to_owned()
}
