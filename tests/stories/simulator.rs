//! The simulated DingTalk over real HTTP: it must be right, or every other story proves nothing.

mod access;
mod browser_signin;
mod client;
mod codes;
mod controls;
mod directory;
mod faults;
mod hosts;
mod page_config;
mod script;
mod service_window;
mod tokens;

use std::time::Duration;

use miandeng::{
    clock::Clock,
    simulator::{Company, Employee, Fault, FaultKind, Running, Simulator},
};
use reqwest::{Client, Method, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

const CORP: &str = "dingsamplecorp00000001";
const APP: &str = "dingsampleclientid01";
const SECRET: &str = "sample-client-secret";
const AGENT: &str = "100000001";

struct World {
    simulator: Simulator,
    clock: Clock,
    running: Running,
    http: Client,
}

impl World {
    async fn new() -> Self {
        Self::with(Company::sample()).await
    }

    async fn with(company: Company) -> Self {
        crate::harness::prepare();
        let clock = Clock::standing();
        let simulator = Simulator::new(clock.clone(), company);
        let running = simulator.start([127, 0, 0, 1].into(), 0).await.expect("a free port");
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        Self { simulator, clock, running, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    async fn get(&self, path: &str) -> Value {
        json_of(self.http.get(self.url(path)).send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        json_of(self.http.post(self.url(path)).json(&body).send().await.expect("an answer")).await
    }

    async fn token(&self) -> String {
        text(&self.get(&format!("/gettoken?appkey={APP}&appsecret={SECRET}")).await, "access_token")
    }

    async fn channel_token(&self) -> String {
        let path = format!("/channel/get_channel_token?corpid={CORP}&channel_secret=sample-channel-secret");
        text(&self.get(&path).await, "access_token")
    }

    async fn ticket(&self) -> String {
        text(&self.get(&format!("/get_jsapi_ticket?access_token={}", self.token().await)).await, "ticket")
    }

    async fn exchange(&self, token: &str, code: &str) -> Value {
        self.post(&format!("/topapi/v2/user/getuserinfo?access_token={token}"), json!({ "code": code })).await
    }

    fn code_for(&self, userid: &str) -> String {
        self.simulator.auth_code(CORP, Some(APP), userid).expect("an employee of the sample")
    }

    fn spoil(&self, path: &str, kind: FaultKind) {
        self.simulator.fault(Fault { path: path.into(), times: 1, corp_id: None, client_id: None, kind });
    }

    async fn with_header(&self, path: &str, method: Method, name: &str, value: &str) -> Response {
        let request = self.http.request(method, self.url(path)).header(name, value);
        let request = request.json(&json!({ "userid": "lisi" }));
        request.send().await.expect("an answer")
    }

    /// dd.config at `url`, signed for `signed_url`.
    async fn config(&self, ticket: &str, url: &str, signed_url: &str, change: Value) -> Value {
        let plain = format!("jsapi_ticket={ticket}&noncestr=n0nce&timestamp=1700000000&url={signed_url}");
        let mut config = json!({
            "corpId": CORP, "agentId": AGENT, "timeStamp": 1_700_000_000, "nonceStr": "n0nce", "type": 0,
            "jsApiList": [], "url": url, "signature": hex::encode(Sha256::digest(plain)),
        });
        for (name, value) in change.as_object().expect("changed fields") {
            config[name] = value.clone();
        }
        self.post("/_client/config", config).await
    }
}

async fn json_of(response: Response) -> Value {
    let body = response.text().await.expect("a whole body");
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("not JSON: {body}"))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

fn errcode(value: &Value) -> i64 {
    value["errcode"].as_i64().unwrap_or_else(|| panic!("no errcode in {value}"))
}
