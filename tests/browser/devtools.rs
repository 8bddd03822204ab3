//! Chromium over its DevTools Protocol (<https://chromedevtools.github.io/devtools-protocol/>): commands and events as JSON. The
//! crates that have a type for each of them take longer to compile than all the stories.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

const PATIENCE: Duration = Duration::from_secs(30);
/// Chromium reads commands from the third descriptor and writes to the fourth.
const ON_PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// Ended when dropped.
pub struct Browser {
    child: Child,
    pipe: Arc<Pipe>,
}

impl Browser {
    /// `profile`: where it keeps what it keeps. `flags`: without dashes.
    pub fn start(profile: &Path, flags: &[&str]) -> Self {
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
        let mut child = Command::new("sh")
            .args(["-c", ON_PIPES, &program, "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(flags.iter().map(|flag| format!("--{flag}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (commands, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let pipe = Arc::new(Pipe { commands: Mutex::new(commands), open: Mutex::default() });
        let reader = Arc::clone(&pipe);
        std::thread::spawn(move || reader.read(answers));
        Self { child, pipe }
    }

    pub async fn new_page(&self) -> Page {
        let call = async |method, params| self.pipe.call(None, method, params).await.expect("Chromium answers");
        let target = call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = call("Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().expect("a session").into();
        let page = Page { session, pipe: Arc::clone(&self.pipe) };
        for domain in ["Page", "Runtime", "Log"] {
            page.must(&format!("{domain}.enable"), json!({})).await;
        }
        page
    }

    /// It writes its profile to the end.
    pub async fn close(mut self) {
        // It may be gone already, or not go by itself.
        let _ = self.pipe.call(None, "Browser.close", json!({})).await;
        let ended = async {
            while matches!(self.child.try_wait(), Ok(None)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, ended).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A clone is the same page.
#[derive(Clone)]
pub struct Page {
    session: Arc<str>,
    pipe: Arc<Pipe>,
}

impl Page {
    /// What Chromium says to a command: its result, or why there is none, such as a page that went away meanwhile.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, String> {
        self.pipe.call(Some(&self.session), method, params).await
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
        self.pipe.open().listeners.entry(kind).or_default().push(sender);
        receiver
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
