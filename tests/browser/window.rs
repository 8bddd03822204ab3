//! A window of Chromium, as a person and a pretend client see it.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use chromiumoxide::{
    Browser, BrowserConfig, Page,
    cdp::{
        browser_protocol::{
            log::EventEntryAdded, network::SetUserAgentOverrideParams, page::AddScriptToEvaluateOnNewDocumentParams,
        },
        js_protocol::runtime::{
            AddBindingParams, EvaluateParams, EventBindingCalled, EventConsoleApiCalled, EventExceptionThrown,
        },
    },
};
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    client::{Call, Client, Native},
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
    // Dropping it ends the browser.
    browser: Browser,
    _profile: TempDir,
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
        let profile = tempfile::tempdir().expect("a temporary folder");
        let (browser, mut handler) = Browser::launch(settings(&profile)).await.expect("Chromium starts");
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.expect("a page");

        let complaints = Arc::default();
        listen_for_complaints(&page, &complaints).await;
        let plain_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/126.0.0.0 Safari/537.36";
        let agent = look.client.map_or_else(|| plain_agent.to_owned(), |client| client.user_agent());
        let agent = SetUserAgentOverrideParams::builder().user_agent(agent).accept_language(look.languages);
        page.execute(agent.build().expect("all is given")).await.expect("an override");
        let pauses = if look.hurry { include_str!("bridges/hurry.js") } else { include_str!("bridges/patience.js") };
        run_first(&page, pauses).await;
        let native = look.client.map(|client| Native {
            client,
            dingtalk: dingtalk.to_owned(),
            calls: Arc::default(),
            released: Arc::new(Semaphore::new(0)),
            opened: Arc::default(),
        });
        if let Some(native) = &native {
            serve_bridge(&page, native.clone()).await;
            run_first(&page, &native.client.bridge()).await;
        }
        Self { page, native, complaints, browser, _profile: profile, _turn: turn }
    }

    pub async fn open(&self, url: &str) {
        if let Some(native) = &self.native {
            *native.opened.lock().expect("nobody panicked with it") = url.to_owned();
        }
        let going = format!("location.href = {}", Value::from(url));
        self.run(&going).await;
    }

    /// Evaluates an expression; `null` if the page goes away meanwhile.
    pub async fn run(&self, expression: &str) -> Value {
        let params = EvaluateParams::builder()
            .expression(expression)
            .await_promise(true)
            .return_by_value(true)
            .build()
            .expect("all is given");
        match self.page.execute(params).await {
            Ok(done) => {
                if let Some(thrown) = &done.result.exception_details {
                    panic!("{expression}: {thrown:?}");
                }
                done.result.result.value.clone().unwrap_or_default()
            }
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
        let text = self.run(&format!("document.querySelector({}).innerText", Value::from(selector))).await;
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

    pub async fn shut(mut self) {
        // The browser may be gone already, or not go by itself.
        let _ = self.browser.close().await;
        if tokio::time::timeout(PATIENCE, self.browser.wait()).await.is_err() {
            let _ = self.browser.kill().await;
        }
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

fn settings(profile: &TempDir) -> BrowserConfig {
    BrowserConfig::builder()
        .chrome_executable(std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into()))
        .new_headless_mode()
        .no_sandbox()
        .user_data_dir(profile.path())
        .viewport(None)
        .window_size(390, 844)
        .disable_default_args()
        .args([
            "disable-gpu",
            "disable-quic",
            "no-first-run",
            "no-proxy-server",
            "disable-background-networking",
            "disable-component-update",
            "disable-sync",
            "disable-breakpad",
            "disable-dev-shm-usage",
            "disable-default-apps",
        ])
        .arg(("password-store", "basic"))
        // A page of a pretend public site frames ours, which is on this machine.
        .arg(("disable-features", "LocalNetworkAccessChecks"))
        .build()
        .expect("a browser")
}

async fn run_first(page: &Page, script: &str) {
    let script = AddScriptToEvaluateOnNewDocumentParams::new(script);
    page.execute(script).await.expect("a script for every page");
}

async fn serve_bridge(page: &Page, native: Native) {
    let mut questions = page.event_listener::<EventBindingCalled>().await.expect("a listener");
    let binding = AddBindingParams::new("askPretendedClient");
    page.execute(binding).await.expect("a binding");
    let page = page.clone();
    tokio::spawn(async move {
        while let Some(event) = questions.next().await {
            let (native, page) = (native.clone(), page.clone());
            tokio::spawn(async move {
                let question: Value = serde_json::from_str(&event.payload).expect("JSON from the bridge");
                let Some((succeeded, body)) = native.answer(&question).await else {
                    return;
                };
                let answer = format!("pretendedClient.answer({}, {succeeded}, {body})", question["id"]);
                let params = EvaluateParams::builder().expression(answer).context_id(event.execution_context_id);
                // The page may be gone, which a container ignores too.
                let _ = page.execute(params.build().expect("all is given")).await;
            });
        }
    });
}

async fn listen_for_complaints(page: &Page, complaints: &Arc<Mutex<Vec<String>>>) {
    page.enable_log().await.expect("the log");
    let mut log = page.event_listener::<EventEntryAdded>().await.expect("a listener");
    let mut console = page.event_listener::<EventConsoleApiCalled>().await.expect("a listener");
    let mut thrown = page.event_listener::<EventExceptionThrown>().await.expect("a listener");
    let note = {
        let complaints = complaints.clone();
        move |text: String| complaints.lock().expect("nobody panicked with it").push(text)
    };
    let (note_log, note_console) = (note.clone(), note.clone());
    tokio::spawn(async move {
        while let Some(event) = log.next().await {
            note_log(format!("{:?}: {} {:?}", event.entry.level, event.entry.text, event.entry.url));
        }
    });
    tokio::spawn(async move {
        while let Some(event) = console.next().await {
            note_console(format!("console.{:?}: {:?}", event.r#type, event.args));
        }
    });
    tokio::spawn(async move {
        while let Some(event) = thrown.next().await {
            note(format!("{:?}", event.exception_details));
        }
    });
}
