//! A phone with DingTalk: a browser with cookies, and a client that gives codes to pages.

use std::collections::BTreeMap;

use miandeng::simulator::Simulator;
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap, redirect::Policy};
use serde_json::Value;

use super::{CLIENT_ID, CORP, PUBLIC_URL, program::LONGEST};

const USER_AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                          Mobile/15E148 AliApp(DingTalk/7.8.1) com.laiwang.DingTalk/46766536 language/zh-Hans-CN";

#[derive(Clone)]
pub struct Phone {
    pub userid: String,
    pub cookies: BTreeMap<String, String>,
    /// Sent with each request.
    pub headers: Vec<(&'static str, String)>,
    server: String,
    simulator: Simulator,
    http: Client,
}

/// One client for all phones of a deployment; each keeps its own cookies.
pub fn http() -> Client {
    // A server that never answers fails a story instead of hanging it.
    let client = Client::builder().redirect(Policy::none()).no_proxy().timeout(4 * LONGEST);
    client.build().expect("a client")
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Phone {
    pub fn new(server: String, simulator: Simulator, http: Client, userid: &str) -> Self {
        let (cookies, headers) = Default::default();
        Self { userid: userid.to_owned(), cookies, headers, server, simulator, http }
    }

    /// From the workbench.
    pub async fn opens_app(&mut self) -> Answer {
        self.gets(&format!("/?corpid={CORP}")).await
    }

    /// Opens the app and does what the page's script does.
    pub async fn signs_in(&mut self) -> Answer {
        let page = self.opens_app().await;
        assert_eq!(page.status, 200, "{}", page.body);
        let code = self.code();
        self.sends_code(&code, &page.state()).await
    }

    pub async fn is_signed_in(&mut self) {
        let answer = self.signs_in().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// A code for a page of the sample app.
    pub fn code(&self) -> String {
        self.simulator.auth_code(CORP, Some(CLIENT_ID), &self.userid).expect("a code")
    }

    pub async fn sends_code(&mut self, code: &str, state: &str) -> Answer {
        self.posts("/userinfo", &[("code", code), ("corpid", CORP), ("state", state)]).await
    }

    pub async fn gets(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("Accept", "text/html,application/xhtml+xml");
        self.sends(request).await
    }

    pub async fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.form(path, fields);
        self.sends(request).await
    }

    /// A form of our own page, not sent yet.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = self.request(Method::POST, path).form(fields);
        request.header("Origin", PUBLIC_URL).header("Sec-Fetch-Site", "same-origin")
    }

    /// With this phone's cookies, headers and client; sent by [`Phone::sends`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.server)).header("User-Agent", USER_AGENT);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }

    pub async fn sends(&mut self, request: RequestBuilder) -> Answer {
        self.tries(request).await.expect("an answer")
    }

    /// For a server that may be gone.
    pub async fn tries(&mut self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let answer = Answer::read(request.send().await?).await?;
        for cookie in answer.all("set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

impl Answer {
    async fn read(response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?;
        Ok(Self { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// A header that came once, or "".
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain text"))
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("plain text")).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The `type` word.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for field in ["title", "detail", "hint"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
        problem["type"].as_str().expect("a type").to_owned()
    }

    /// The page's `_config`.
    pub fn config(&self) -> Value {
        let (_, rest) = self.body.split_once("var _config = ").unwrap_or_else(|| panic!("no _config: {}", self.body));
        let (json, _) = rest.split_once(";</script>").expect("the end of the script");
        serde_json::from_str(json).expect("JSON")
    }

    pub fn state(&self) -> String {
        self.config()["state"].as_str().expect("a state").to_owned()
    }

    pub fn request_id(&self) -> &str {
        self.header("x-request-id")
    }
}
