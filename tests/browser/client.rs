//! Pretend DingTalk clients: what a container puts into a page, and the native side behind it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Ios,
    Android,
    Harmony,
    /// Windows.
    Pc,
    Mac,
}

/// What the native side does when a page asks for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Answers,
    Silent,
    /// It answers when the story calls [`Window::release`](super::window::Window::release).
    Late,
    NoBridge,
    /// errorCode and errorMessage.
    Refuses(&'static str, &'static str),
    /// The first call for a code is refused so, and the next ones are answered.
    RefusesOnce(&'static str, &'static str),
    /// The first call for a code gets no answer, and the next ones do.
    SilentOnce,
    /// It does not know the newer call.
    OldCallOnly,
    /// A desktop client that says where it listens, as older ones do.
    Announces,
}

#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub platform: Platform,
    pub version: &'static str,
    /// A userid; for a service window a follower's openid.
    pub holder: &'static str,
    pub manner: Manner,
    /// The scheme in the address bar, if a proxy makes it another than the server's.
    pub scheme: &'static str,
}

impl Client {
    pub fn of(platform: Platform) -> Self {
        Self { platform, version: "7.8.10", holder: "zhangsan", manner: Manner::Answers, scheme: "http" }
    }

    pub fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub fn held_by(self, holder: &'static str) -> Self {
        Self { holder, ..self }
    }

    pub fn that(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    pub fn behind_https(self) -> Self {
        Self { scheme: "https", ..self }
    }

    pub fn user_agent(&self) -> String {
        let version = self.version;
        match self.platform {
            Platform::Ios => format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Mobile/23E246 AliApp(DingTalk/{version}) com.laiwang.DingTalk/46766536 Channel/201200 \
                 language/zh-Hans-CN UT4Aplus/0.0.6 WK"
            ),
            Platform::Android => format!(
                "Mozilla/5.0 (Linux; U; Android 9; zh-CN; MI 6 Build/PKQ1.190118.001) AppleWebKit/537.36 (KHTML, like \
                 Gecko) Version/4.0 Chrome/69.0.3497.100 UWS/3.22.1.161 Mobile Safari/537.36 \
                 AliApp(DingTalk/{version}) com.alibaba.android.rimet/15213560 Channel/700159 language/zh-CN"
            ),
            Platform::Harmony => format!(
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 \
                 Safari/537.36 ArkWeb/4.1.6.1 Mobile AliApp(DingTalk/{version}) language/zh-CN"
            ),
            Platform::Pc => format!(
                "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.125 \
                 Safari/537.36 dingtalk-win/1.0.0 nw(0.14.7) DingTalk({version}-Release.250724002) Mojo/1.0.0 Native \
                 AppType(release) Channel/201200 Architecture/x86_64"
            ),
            Platform::Mac => format!(
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 13_2_1) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/96.0.4664.110 Safari/537.36 DingTalk({version}-macOS-macOS-MAS-38513772) nw Channel/201200 \
                 Architecture/x86_64"
            ),
        }
    }

    /// What the container runs in every page before the page's own scripts.
    pub fn bridge(&self) -> String {
        let bridge = match self.platform {
            _ if self.manner == Manner::NoBridge => return String::new(),
            Platform::Ios => include_str!("bridges/ios.js"),
            Platform::Android => include_str!("bridges/android.js"),
            Platform::Harmony => include_str!("bridges/harmony.js"),
            Platform::Pc | Platform::Mac => include_str!("bridges/pc.js"),
        };
        let bridge = bridge.replace("{{version}}", &format!("{}-Release.250724002", self.version));
        let bridge = bridge.replace("{{announces}}", &(self.manner == Manner::Announces).to_string());
        format!("{}{bridge}", include_str!("bridges/wire.js"))
    }
}

#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub params: Value,
}

#[derive(Clone)]
pub struct Native {
    pub client: Client,
    pub dingtalk: String,
    pub calls: Arc<Mutex<Vec<Call>>>,
    pub released: Arc<tokio::sync::Semaphore>,
    /// As the story typed it: Android's container keeps showing that address.
    pub opened: Arc<Mutex<String>>,
}

impl Native {
    /// Whether the call succeeded, and its body. `None`: no answer at all.
    pub async fn answer(&self, question: &Value) -> Option<(bool, Value)> {
        let text = |name: &str| question[name].as_str().unwrap_or_default().to_owned();
        let (method, page, params) = (text("method"), text("page"), question["params"].clone());
        let call = Call { method: method.clone(), params: params.clone() };
        self.calls.lock().expect("nobody panicked with it").push(call);
        match method.as_str() {
            "runtime.permission.requestAuthCode" => self.code("employee", params, &page).await,
            "runtime.permission.requestAuthCodeV2" if self.client.manner == Manner::OldCallOnly => {
                Some((false, json!({ "errorCode": "1", "errorMessage": "no such api" })))
            }
            "runtime.permission.requestAuthCodeV2" => self.code("employee", params, &page).await,
            "channel.permission.requestAuthCode" => self.code("channel", params, &page).await,
            "runtime.permission.requestJsApis" | "config" => Some(self.config(params, &page).await),
            _ => Some((false, json!({ "errorCode": "1", "errorMessage": "no such api" }))),
        }
    }

    async fn code(&self, kind: &str, params: Value, page: &str) -> Option<(bool, Value)> {
        match self.client.manner {
            Manner::Silent => return None,
            Manner::Refuses(code, message) => {
                return Some((false, json!({ "errorCode": code, "errorMessage": message })));
            }
            Manner::RefusesOnce(code, message) if self.is_first() => {
                return Some((false, json!({ "errorCode": code, "errorMessage": message })));
            }
            Manner::SilentOnce if self.is_first() => return None,
            Manner::Late => drop(self.released.acquire().await),
            _ => {}
        }
        let question = json!({
            "kind": kind,
            "corpId": params["corpId"],
            "clientId": params["clientId"],
            "url": page,
            "person": self.client.holder,
        });
        let answer = self.ask("/_client/code", &question).await;
        Some((answer["code"].is_string(), answer))
    }

    /// Whether only one call for a code has come so far.
    fn is_first(&self) -> bool {
        let calls = self.calls.lock().expect("nobody panicked with it");
        calls.iter().filter(|call| call.method.contains("requestAuthCode")).count() == 1
    }

    async fn config(&self, params: Value, page: &str) -> (bool, Value) {
        let mut question = params;
        // The desktop's script sends the address; on phones the container knows it.
        let address = match (self.client.platform, question["url"].as_str()) {
            (Platform::Pc | Platform::Mac, Some(url)) => url.to_owned(),
            (Platform::Android, _) => self.opened.lock().expect("nobody panicked with it").clone(),
            _ => page.to_owned(),
        };
        question["url"] = address.replacen("http:", &format!("{}:", self.client.scheme), 1).into();
        let answer = self.ask("/_client/config", &question).await;
        (answer["ok"] == true, answer)
    }

    async fn ask(&self, path: &str, question: &Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let asked = http.post(format!("{}{path}", self.dingtalk)).json(question).send().await;
        let body = asked.expect("the simulator answers").text().await.expect("a body");
        serde_json::from_str(&body).expect("JSON")
    }
}
