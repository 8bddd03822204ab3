//! A window of Chromium, as a person and a pretend client see it.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    client::{Call, Client, Native},
    devtools::{Page, new_page},
    harness::App,
};

/// Each browser is several processes, and more at once slow all of them down.
static BROWSERS: Semaphore = Semaphore::const_new(2);

thread_local! {
    /// A story has a thread of its own, and one turn for all of its windows: two stories that each held one and waited for
    /// another would wait for ever.
    static TURN: RefCell<Weak<SemaphorePermit<'static>>> = const { RefCell::new(Weak::new()) };
}
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Window {
    pub page: Page,
    native: Option<Native>,
    complaints: Arc<Mutex<Vec<String>>>,
    _turn: Arc<SemaphorePermit<'static>>,
}

pub struct Look {
    /// `None`: an ordinary browser.
    pub client: Option<Client>,
    pub languages: &'static str,
    /// Cuts long pauses in the page short.
    pub hurry: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { client: None, languages: "zh-CN,zh;q=0.9", hurry: false }
    }
}

impl Window {
    pub async fn in_dingtalk(app: &App, client: Client) -> Self {
        let look = Look { client: Some(client), ..Look::default() };
        Self::with(app, look).await
    }

    /// Nobody holds a client: they would scan the QR code of the sign-in page at once, and the page would be gone.
    pub async fn ordinary(app: &App) -> Self {
        app.simulator.hold(None);
        Self::with(app, Look::default()).await
    }

    pub async fn with(app: &App, look: Look) -> Self {
        Self::beside(app.dingtalk(), look).await
    }

    /// `dingtalk`: the address of the client's DingTalk.
    pub async fn beside(dingtalk: &str, look: Look) -> Self {
        let turn = turn().await;
        let page = new_page().await;
        let complaints = Arc::default();
        listen_for_complaints(&page, &complaints);
        let plain_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/126.0.0.0 Safari/537.36";
        let agent = look.client.map_or_else(|| plain_agent.to_owned(), |client| client.user_agent());
        let agent = json!({ "userAgent": agent, "acceptLanguage": look.languages });
        page.must("Emulation.setUserAgentOverride", agent).await;
        let pauses = if look.hurry { include_str!("bridges/hurry.js") } else { include_str!("bridges/patience.js") };
        page.run_first(pauses).await;
        let native = look.client.map(|client| Native {
            client,
            dingtalk: dingtalk.to_owned(),
            calls: Arc::default(),
            released: Arc::new(Semaphore::new(0)),
            opened: Arc::default(),
        });
        if let Some(native) = &native {
            serve_bridge(&page, native.clone()).await;
            page.run_first(&native.client.bridge()).await;
        }
        Self { page, native, complaints, _turn: turn }
    }

    pub async fn open(&self, url: &str) {
        if let Some(native) = &self.native {
            *native.opened.lock().expect("nobody panicked with it") = url.to_owned();
        }
        let going = format!("window.isLeft = true; location.href = {}", Value::from(url));
        self.run(&going).await;
        // What is read next is not of the page before, which may have the same address.
        self.until("!window.isLeft").await;
    }

    /// Evaluates an expression; `null` if the page goes away meanwhile.
    pub async fn run(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        match self.page.call("Runtime.evaluate", params).await {
            Ok(done) if done["exceptionDetails"].is_null() => done["result"]["value"].clone(),
            Ok(thrown) => panic!("{expression}: {thrown}"),
            Err(_) => Value::Null,
        }
    }

    pub async fn until(&self, expression: &str) {
        let guarded = format!("(() => {{ try {{ return !!({expression}) }} catch (e) {{ return false }} }})()");
        let waiting = async {
            while self.run(&guarded).await != true {
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let page = self.run("location.href + '\\n' + document.body.innerText").await;
            panic!("never came true: {expression}; complaints {:?}; the page: {page}", self.complaints());
        }
    }

    pub async fn lands_on(&self, path_and_query: &str) {
        let path = Value::from(path_and_query);
        self.until(&format!("location.pathname + location.search === {path} && document.readyState === 'complete'"))
            .await;
    }

    /// Waits until the sign-in page shows this message and no other.
    pub async fn shows(&self, message: &str) {
        let visible =
            "[...document.querySelectorAll('[data-message]')].filter(m => m.offsetParent).map(m => m.dataset.message)";
        self.until(&format!("String({visible}) === {}", Value::from(message))).await;
    }

    pub async fn text(&self, selector: &str) -> String {
        let selector = Value::from(selector);
        self.until(&format!("document.querySelector({selector})")).await;
        let text = self.run(&format!("document.querySelector({selector}).innerText")).await;
        text.as_str().unwrap_or_default().trim().to_owned()
    }

    pub async fn click(&self, selector: &str) {
        let selector = Value::from(selector);
        self.until(&format!("document.querySelector({selector})")).await;
        self.run(&format!("document.querySelector({selector}).click()")).await;
    }

    pub fn calls(&self) -> Vec<Call> {
        let native = self.native.as_ref().expect("a client");
        native.calls.lock().expect("nobody panicked with it").clone()
    }

    pub fn code_calls(&self) -> Vec<String> {
        let calls = self.calls().into_iter().map(|call| call.method);
        calls.filter(|method| method.contains("requestAuthCode")).collect()
    }

    /// What the page asked a code by, and with what.
    pub fn code_questions(&self) -> Vec<(String, Value)> {
        let calls = self.calls().into_iter().filter(|call| call.method.contains("requestAuthCode"));
        calls.map(|call| (call.method, call.params)).collect()
    }

    pub fn release(&self) {
        self.native.as_ref().expect("a client").released.add_permits(1);
    }

    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().expect("nobody panicked with it").clone()
    }

    /// The console must have stayed empty.
    pub async fn close(self) {
        let complaints = self.complaints();
        self.shut().await;
        assert!(complaints.is_empty(), "in the console: {complaints:#?}");
    }

    /// As [`Window::close`], where the browser itself notes an unsuccessful answer.
    pub async fn close_after_refusal(self) {
        let mut complaints = self.complaints();
        complaints.retain(|complaint| !complaint.contains("Failed to load resource"));
        self.shut().await;
        assert!(complaints.is_empty(), "in the console: {complaints:#?}");
    }

    pub async fn shut(self) {
        self.page.close().await;
    }
}

async fn turn() -> Arc<SemaphorePermit<'static>> {
    if let Some(turn) = TURN.with_borrow(Weak::upgrade) {
        return turn;
    }
    let turn = Arc::new(BROWSERS.acquire().await.expect("it is never closed"));
    TURN.set(Arc::downgrade(&turn));
    turn
}

async fn serve_bridge(page: &Page, native: Native) {
    let mut questions = page.events("Runtime.bindingCalled");
    page.must("Runtime.addBinding", json!({ "name": "askPretendedClient" })).await;
    let page = page.clone();
    tokio::spawn(async move {
        while let Some(event) = questions.recv().await {
            let (native, page) = (native.clone(), page.clone());
            tokio::spawn(async move {
                let payload = event["payload"].as_str().unwrap_or_default();
                let question: Value = serde_json::from_str(payload).expect("JSON from the bridge");
                let Some((succeeded, body)) = native.answer(&question).await else {
                    return;
                };
                let answer = format!("pretendedClient.answer({}, {succeeded}, {body})", question["id"]);
                let params = json!({ "expression": answer, "contextId": event["executionContextId"] });
                // The page may be gone, which a container ignores too.
                let _ = page.call("Runtime.evaluate", params).await;
            });
        }
    });
}

fn listen_for_complaints(page: &Page, complaints: &Arc<Mutex<Vec<String>>>) {
    for kind in ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
        let (mut events, complaints) = (page.events(kind), Arc::clone(complaints));
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                complaints.lock().expect("nobody panicked with it").push(format!("{kind}: {event}"));
            }
        });
    }
}
