//! The server under test: the real program with its own folder, port and simulated DingTalk.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use miandeng::{
    clock::Clock,
    db::Pools,
    dingtalk::ids::{CorpId, DingUserId},
    people::{self, Actor, By, Reason},
    simulator::{Company, Running, Simulator},
    users::{Change, NewUser, Status},
};
use tempfile::TempDir;

pub const CORP: &str = "dingsamplecorp00000001";
pub const CLIENT_ID: &str = "dingsampleclientid01";

/// Which script the page loads for `dd`.
pub enum Jsapi {
    /// The published package, from the server itself.
    Package,
    /// The same from another host, at this address.
    Elsewhere(String),
    /// The simulator's, for ordinary browsers.
    Simulated,
    /// None: nothing listens there.
    Missing,
    /// What a network's own sign-in page puts in the place of every script.
    SomethingElse,
}

/// A deployment: server, database, DingTalk.
pub struct App {
    pub simulator: Simulator,
    pub server: Server,
    dingtalk: Running,
    _folder: TempDir,
}

/// How a deployment differs from the usual one.
pub struct Setup {
    pub jsapi: Jsapi,
    /// The app's own lines.
    pub app: &'static str,
    /// Other origins whose pages may ask for a signature.
    pub origins: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { jsapi: Jsapi::Package, app: "agent_id = \"100000001\"", origins: Vec::new() }
    }
}

impl App {
    /// The usual deployment: of the employees, 张三 and 王五 may sign in, 李四 is disabled, the others are not listed.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        crate::harness::prepare();
        let simulator = Simulator::new(Clock::standing(), Company::sample());
        let dingtalk = simulator.start([127, 0, 0, 1].into(), 0).await.expect("a free port");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = Server::configured(folder.path(), dingtalk.url(), &setup);
        server.is_up().await;
        add_people(&server.database).await;
        Self { simulator, server, dingtalk, _folder: folder }
    }

    /// The address of the simulated DingTalk.
    pub fn dingtalk(&self) -> &str {
        self.dingtalk.url()
    }

    /// An address of the server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }
}

/// The program, running.
pub struct Server {
    pub url: String,
    pub database: PathBuf,
    settings: PathBuf,
    log: Arc<Mutex<Vec<String>>>,
    child: Child,
}

impl Server {
    /// Writes `Rocket.toml` into a folder and starts the server there.
    pub fn configured(folder: &Path, dingtalk: &str, setup: &Setup) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let database = folder.join("miandeng.db");
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/out/dingtalk.js");
        let jsapi = match &setup.jsapi {
            Jsapi::Package => {
                assert!(
                    package.exists(),
                    "{package:?} is missing: npm ci --prefix tests/browser && npm run bundle --prefix tests/browser"
                );
                format!("jsapi_file = {package:?}")
            }
            Jsapi::Elsewhere(address) => format!("jsapi_url = {address:?}"),
            Jsapi::Simulated => format!("jsapi_url = \"{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js\""),
            Jsapi::SomethingElse => format!("jsapi_url = \"{dingtalk}/\""),
            Jsapi::Missing => format!("jsapi_url = \"http://127.0.0.1:{}/gone.js\"", free_port()),
        };
        let settings = folder.join("Rocket.toml");
        let text = format!(
            r#"
[default]
address = "127.0.0.1"
port = {port}
[default.databases.miandeng]
url = {database:?}
[default.miandeng]
public_url = "{url}"
jsapi_origins = {origins:?}
[default.miandeng.dingtalk]
oapi_url = "{dingtalk}"
api_url = "{dingtalk}"
login_url = "{dingtalk}"
{jsapi}
[[default.miandeng.apps]]
name = "oa"
corp_id = "{CORP}"
client_id = "{CLIENT_ID}"
client_secret = "sample-client-secret"
{app}
"#,
            app = setup.app,
            origins = setup.origins,
        );
        std::fs::write(&settings, text).expect("a writable folder");
        let log = Arc::default();
        let child = launch(&settings, &log);
        Self { url, database, settings, log, child }
    }

    /// Returns when the server answers.
    pub async fn is_up(&self) {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let asked = async {
            while http.get(format!("{}/healthz", self.url)).send().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(30), asked).await;
        assert!(in_time.is_ok(), "the server did not start: {:#?}", self.log());
    }

    /// Ends it and starts it again.
    pub async fn restart(&mut self) {
        self.stop();
        self.child = launch(&self.settings, &self.log);
        self.is_up().await;
    }

    /// What the server wrote to standard error.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("nobody panicked with it").clone()
    }

    /// Returns the first line of the log that holds every one of the words, when it is there.
    pub async fn logs(&self, words: &[&str]) -> String {
        let found = async {
            loop {
                let line = self.log().into_iter().find(|line| words.iter().all(|word| line.contains(word)));
                match line {
                    Some(line) => break line,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(15), found).await;
        found.unwrap_or_else(|_| panic!("no line with {words:?} in {:#?}", self.log()))
    }

    /// Ends the program as a power cut would.
    pub fn stop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The program with a bare environment: nothing of whoever runs the tests leaks in.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miandeng"));
    command.env_clear().stdin(Stdio::null());
    command
}

fn launch(settings: &Path, log: &Arc<Mutex<Vec<String>>>) -> Child {
    let mut child = program()
        .arg("serve")
        .env("ROCKET_CONFIG", settings)
        .current_dir(settings.parent().expect("a folder"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stderr = child.stderr.take().expect("it is piped");
    let log = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            log.lock().expect("nobody panicked with it").push(line);
        }
    });
    child
}

/// Those whom the server knows.
pub async fn add_people(database: &Path) {
    let people =
        [("zhangsan", "张三", Status::Active), ("lisi", "李四", Status::Disabled), ("wangwu", "王五", Status::Active)];
    for (userid, name, status) in people {
        add(database, userid, name, status).await;
    }
}

/// Adds a person to the table of the running server, as the command line does it.
pub async fn add(database: &Path, userid: &str, name: &str, status: Status) {
    let pools = Pools::open(&database.to_string_lossy()).await.expect("the database");
    let mut transaction = pools.write().await.expect("the writer");
    let user = NewUser {
        corp_id: CorpId::new(CORP).expect("a corp id"),
        userid: DingUserId::new(userid).expect("a userid"),
        change: Change {
            name: Some(name.into()),
            unionid: Some(format!("union-{userid}")),
            department: Some("研发部/后端组;市场部".into()),
            status: Some(status),
            ..Change::default()
        },
    };
    let now = Clock::system().now();
    let by = By { actor: Actor::System, reason: Reason::Command, at: now };
    people::add(&mut transaction, &by, user).await.expect("a row");
    transaction.commit().await.expect("a commit");
    pools.close().await;
}
