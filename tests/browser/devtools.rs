//! Chromium over its DevTools Protocol (<https://chromedevtools.github.io/devtools-protocol/>): commands and events as JSON. The
//! crates that have a type for each of them take longer to compile than all the stories.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::harness::lock;

const PATIENCE: Duration = Duration::from_secs(30);
/// Chromium reads commands from the third descriptor and writes to the fourth. It ends when nobody holds their other ends any more,
/// and what it kept goes with it.
const RUNS: &str = r#"
    trap '' INT TERM
    "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1
    rm -rf "$PROFILE"
"#;
const FLAGS: [&str; 21] = [
    "remote-debugging-pipe",
    "headless=new",
    "hide-scrollbars",
    "mute-audio",
    "no-sandbox",
    "disable-setuid-sandbox",
    "disable-extensions",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "no-proxy-server",
    "disable-background-networking",
    "disable-backgrounding-occluded-windows",
    "disable-renderer-backgrounding",
    "disable-component-update",
    "disable-sync",
    "disable-breakpad",
    "disable-dev-shm-usage",
    "disable-default-apps",
    "password-store=basic",
    // A page of a pretend public site frames ours, which is on this machine.
    "disable-features=LocalNetworkAccessChecks",
];

/// What `CHROMIUM` names, or Debian's. The one without an interface has the same engine, and uses half of the processor time.
pub fn chromium() -> String {
    let debians = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
    let installed = || debians.into_iter().find(|program| Path::new(program).exists()).map(str::to_owned);
    std::env::var("CHROMIUM")
        .ok()
        .or_else(installed)
        .expect("Chromium is not installed: apt-get install chromium-headless-shell")
}

/// A window without a past: no other has its cookies and its cache.
pub async fn new_page() -> Page {
    let pipe = Pipe::to_chromium();
    let call = async |method, params| pipe.call(None, method, params).await.expect("Chromium answers");
    let context = call("Target.createBrowserContext", json!({})).await["browserContextId"].take();
    let window = json!({
        "url": "about:blank", "browserContextId": context, "newWindow": true, "width": 390, "height": 844,
    });
    let target = call("Target.createTarget", window).await;
    let attach = json!({ "targetId": target["targetId"], "flatten": true });
    let attached = call("Target.attachToTarget", attach).await;
    let page = Page { session: attached["sessionId"].as_str().expect("a session").into(), context };
    for domain in ["Page", "Runtime", "Log"] {
        page.must(&format!("{domain}.enable"), json!({})).await;
    }
    page.must("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
    page
}

/// A clone is the same page.
#[derive(Clone)]
pub struct Page {
    session: Arc<str>,
    /// It is in a browser context of its own.
    context: Value,
}

impl Page {
    /// What Chromium says to a command: its result, or why there is none, such as a page that went away meanwhile.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, String> {
        Pipe::to_chromium().call(Some(&self.session), method, params).await
    }

    /// Where only a mistake in the story could fail.
    pub async fn must(&self, method: &str, params: Value) -> Value {
        self.call(method, params).await.unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    /// In every document from now on, before its own scripts.
    pub async fn run_first(&self, script: &str) {
        self.must("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// The parameters of each event of this kind from now on.
    pub fn events(&self, method: &str) -> mpsc::UnboundedReceiver<Value> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let kind = (self.session.to_string(), method.to_owned());
        Pipe::to_chromium().open().listeners.entry(kind).or_default().push(sender);
        receiver
    }

    pub async fn close(&self) {
        let pipe = Pipe::to_chromium();
        pipe.open().listeners.retain(|(session, _), _| **session != *self.session);
        // It may be gone already.
        let _ = pipe.call(None, "Target.disposeBrowserContext", json!({ "browserContextId": self.context })).await;
    }
}

/// Messages end with a zero byte.
struct Pipe {
    commands: Mutex<ChildStdin>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last_id: u64,
    answers: HashMap<u64, oneshot::Sender<Value>>,
    /// By session and method.
    listeners: HashMap<(String, String), Vec<mpsc::UnboundedSender<Value>>>,
}

impl Pipe {
    /// One Chromium for all stories: to start it takes longer than most of them.
    fn to_chromium() -> &'static Self {
        static CHROMIUM: OnceLock<&Pipe> = OnceLock::new();
        CHROMIUM.get_or_init(Self::start)
    }

    fn start() -> &'static Self {
        let program = chromium();
        let profile = tempfile::tempdir().expect("a temporary folder").keep();
        let mut child = Command::new("sh")
            .args(["-c", RUNS, &program])
            .args(FLAGS.map(|flag| format!("--{flag}")))
            .arg(format!("--user-data-dir={}", profile.display()))
            .env("PROFILE", &profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (commands, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let pipe: &Self = Box::leak(Box::new(Self { commands: Mutex::new(commands), open: Mutex::default() }));
        std::thread::spawn(move || {
            pipe.read(answers);
            let _ = child.wait();
        });
        pipe
    }

    async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let (sender, answer) = oneshot::channel();
        let id = {
            let mut open = self.open();
            open.last_id += 1;
            let id = open.last_id;
            open.answers.insert(id, sender);
            id
        };
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let written = lock(&self.commands).write_all(format!("{command}\0").as_bytes());
        written.map_err(|error| error.to_string())?;
        let answer = tokio::time::timeout(PATIENCE, answer).await.map_err(|_| "no answer".to_owned())?;
        let mut answer = answer.map_err(|_| "the browser is gone".to_owned())?;
        match answer["error"]["message"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(answer["result"].take()),
        }
    }

    fn read(&self, answers: ChildStdout) {
        for message in BufReader::new(answers).split(0).map_while(Result::ok) {
            let mut message: Value = serde_json::from_slice(&message).expect("JSON from Chromium");
            let mut open = self.open();
            if let Some(id) = message["id"].as_u64() {
                if let Some(answer) = open.answers.remove(&id) {
                    let _ = answer.send(message);
                }
                continue;
            }
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            let kind = (text("sessionId"), text("method"));
            if let Some(listeners) = open.listeners.get_mut(&kind) {
                let params = message["params"].take();
                listeners.retain(|listener| listener.send(params.clone()).is_ok());
            }
        }
        // Nobody waits for a browser that is gone.
        *self.open() = Open::default();
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }
}
