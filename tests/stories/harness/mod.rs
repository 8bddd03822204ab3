//! The real server on its own port, with its own database, simulated DingTalk and clock, and the people who use it. The
//! names are verbs; what starts with `db_` looks behind the surface.

mod home;
mod log;
mod phone;
pub mod postgres;
mod postgres_server;
mod program;
mod server;
mod session_ends;
mod settings;
mod watchdog;

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

pub use self::{
    home::Home,
    log::{log_line, whole_log},
    phone::{Answer, Phone},
    postgres::on_postgres,
    postgres_server::PostgresServer,
    program::{LONGEST, Site, ends, free_port, one_line, program, program_after, program_at, text},
    server::Server,
    session_ends::{SESSION_ENDS, session_ends},
    settings::{Settings, least_settings},
};
use figment::{Figment, providers::Serialized};
use miandeng::{
    app::{self, Reload},
    audit::Actor,
    clock::Clock,
    config::Config,
    db::Pools,
    dingtalk::Dingtalk,
    directory::Directory,
    ids::{CorpId, DingUserId},
    jobs::Jobs,
    people::{self, By, LastAdmin, Reason},
    sessions,
    simulator::{Company, Running, Simulator},
    users::{self, Change, NewUser, User},
    web::{in_force::Current, slow_clients::SlowClients},
};
use rocket::{Build, Rocket, Shutdown, fairing::AdHoc, tokio};
use serde_json::{Value, json};

pub const CORP: &str = "dingsamplecorp00000001";
pub const CLIENT_ID: &str = "dingsampleclientid01";
pub const CLIENT_SECRET: &str = "sample-client-secret";
/// Https by a proxy, as in production. Requests go to the server's own port.
pub const PUBLIC_URL: &str = "https://app.example.com";

pub struct App {
    pub simulator: Simulator,
    pub clock: Clock,
    pub pools: Pools,
    /// Run by hand.
    pub jobs: Arc<Jobs>,
    pub directory: Arc<Directory>,
    /// How the server calls DingTalk for its apps.
    pub apps: Dingtalk,
    /// Path and method of every mounted route.
    pub routes: Vec<(String, String)>,
    settings: Value,
    http: reqwest::Client,
    url: String,
    dingtalk: Arc<Running>,
    home: Arc<Home>,
    reload: Reload,
    shutdown: Shutdown,
    stopped: Option<tokio::task::JoinHandle<()>>,
}

impl App {
    /// The least settings, and 张三 in the table.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// `change` gets the table `[default.miandeng]`.
    pub async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let app = Self::of(Company::sample(), change).await;
        app.db_add("zhangsan", "张三").await;
        app
    }

    /// Other organisations, and nobody in the table.
    pub async fn of(company: Company, change: impl FnOnce(&mut Value)) -> Self {
        prepare();
        let clock = Clock::standing();
        let simulator = Simulator::new(clock.clone(), company);
        let dingtalk = simulator.start(Ipv4Addr::LOCALHOST.into(), 0).await.expect("the simulator starts");
        let mut settings = settings(dingtalk.url());
        change(&mut settings);
        let home = Arc::new(Home::new("test.db"));
        Self::launch(settings, simulator, Arc::new(dingtalk), clock, home, |server| server).await
    }

    /// Connections have deadlines, as in the program, by the second clock. All of them come from 127.0.0.1, which is a
    /// trusted proxy or not.
    pub async fn with_deadlines(trusted_proxy: &str) -> (Self, Clock) {
        let deadlines = Clock::standing();
        let slow_clients = SlowClients::new(deadlines.clone());
        let app = Self::with(|settings| settings["trusted_proxies"] = json!([trusted_proxy])).await;
        (app.second_with(|server| server.attach(slow_clients)).await, deadlines)
    }

    /// A second server on the same file, with the same DingTalk and clock.
    pub async fn second(&self) -> Self {
        self.second_with(|server| server).await
    }

    /// With further routes or fairings.
    pub async fn second_with(&self, change: impl FnOnce(Rocket<Build>) -> Rocket<Build>) -> Self {
        let (settings, simulator, clock) = (self.settings.clone(), self.simulator.clone(), self.clock.clone());
        Self::launch(settings, simulator, Arc::clone(&self.dingtalk), clock, Arc::clone(&self.home), change).await
    }

    /// A second server on the same file, of another version of the settings.
    pub async fn second_of(&self, change: impl FnOnce(&mut Value)) -> Self {
        let mut settings = self.settings.clone();
        change(&mut settings);
        let (simulator, clock) = (self.simulator.clone(), self.clock.clone());
        Self::launch(settings, simulator, Arc::clone(&self.dingtalk), clock, Arc::clone(&self.home), |it| it).await
    }

    /// The settings were edited, and the server reads them again.
    pub async fn reloads(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.settings);
        let figment = Figment::from(Serialized::default("miandeng", &self.settings));
        let config = Config::from_figment(&figment).expect("good settings");
        self.reload.put(config, self.shutdown.clone()).await.expect("settings that can be used");
    }

    /// Stops the server and starts it again on the same file.
    pub async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The settings were edited meanwhile.
    pub async fn restart_with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.settings);
        self.stops().await;
        self.second().await
    }

    pub async fn stops(&mut self) {
        self.shutdown.clone().notify();
        if let Some(stopped) = self.stopped.take() {
            stopped.await.expect("the server stops");
        }
        self.pools.close().await;
    }

    async fn launch(
        settings: Value,
        simulator: Simulator,
        dingtalk: Arc<Running>,
        clock: Clock,
        home: Arc<Home>,
        change: impl FnOnce(Rocket<Build>) -> Rocket<Build>,
    ) -> Self {
        let rocket = rocket::Config {
            port: 0,
            address: Ipv4Addr::LOCALHOST.into(),
            shutdown: rocket::config::Shutdown { ctrlc: false, signals: Default::default(), ..Default::default() },
            ..rocket::Config::release_default()
        };
        let figment = Figment::from(rocket).merge(Serialized::default("miandeng", &settings));
        let config = Config::from_figment(&figment).expect("good settings");
        let pools = Pools::open(&home.url()).await.expect("a database");
        let server = app::build(figment, config, pools.clone(), clock.clone()).await.expect("a server");
        let settled = server.state::<Current>().expect("what is in force").now();
        let jobs = settled.part::<Arc<Jobs>>().cloned().expect("the jobs");
        let directory = settled.part::<Arc<Directory>>().cloned().expect("who takes events");
        let apps = settled.part::<Dingtalk>().cloned().expect("the apps");
        let (port, listening) = tokio::sync::oneshot::channel();
        let server = change(server).attach(AdHoc::on_liftoff("port", |rocket| {
            let _ = port.send(rocket.config().port);
            Box::pin(async {})
        }));
        let server = server.ignite().await.expect("the server ignites");
        let routes = server.routes().map(|route| (route.uri.path().to_owned(), route.method.to_string())).collect();
        let (shutdown, reload) = (server.shutdown(), server.state::<Reload>().cloned().expect("a way to reload"));
        let stopped = tokio::spawn(async move { drop(server.launch().await) });
        let url = format!("http://127.0.0.1:{}", listening.await.expect("the server listens"));
        Self {
            simulator,
            clock,
            pools,
            jobs,
            directory,
            apps,
            routes,
            settings,
            http: phone::http(),
            url,
            dingtalk,
            home,
            reload,
            shutdown,
            stopped: Some(stopped),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn dingtalk_url(&self, path: &str) -> String {
        format!("{}{path}", self.dingtalk.url())
    }

    /// A browser without cookies, in DingTalk's client, held by this employee.
    pub fn phone(&self, userid: &str) -> Phone {
        Phone::new(self.url.clone(), self.simulator.clone(), self.http.clone(), userid)
    }

    pub async fn db_add(&self, userid: &str, name: &str) {
        self.db_add_to(CORP, userid, name).await;
    }

    pub async fn db_add_to(&self, corp_id: &str, userid: &str, name: &str) {
        let user = NewUser {
            corp_id: CorpId::new(corp_id).expect("a corp id"),
            userid: DingUserId::new(userid).expect("a userid"),
            change: Change { name: Some(name.into()), ..Change::default() },
        };
        let mut transaction = self.pools.write().await.expect("a transaction");
        people::add(&mut transaction, &self.by(), user).await.expect("a row");
        transaction.commit().await.expect("a commit");
    }

    fn by(&self) -> By {
        By::new(Actor::Cli("tests".into()), Reason::Command, &self.clock)
    }

    pub async fn db_user(&self, userid: &str) -> Option<User> {
        let (corp_id, userid) = (CorpId::new(CORP).expect("a corp id"), DingUserId::new(userid).expect("a userid"));
        let mut reader = self.pools.read().await.expect("a connection");
        users::find(&mut reader, &corp_id, &userid).await.expect("an answer")
    }

    /// Changes the row alone, as SQLite's own shell does.
    pub async fn db_disable(&self, userid: &str) {
        let user = self.db_user(userid).await.expect("such a person");
        let mut transaction = self.pools.write().await.expect("a transaction");
        let disable = miandeng::db::query("UPDATE users SET status = 'disabled' WHERE id = $1").bind(user.id);
        disable.execute(&mut transaction).await.expect("a change");
        transaction.commit().await.expect("a commit");
    }

    /// Starts a session for one address, as doctor's probe does, and returns the cookie's value.
    pub async fn db_probe(&self, userid: &str, address: &str) -> String {
        let user = self.db_user(userid).await.expect("such a person");
        let from = sessions::Origin { address: "127.0.0.1".into(), user_agent: "miandeng doctor --probe".into() };
        let mut transaction = self.pools.write().await.expect("a transaction");
        let started = sessions::start_for(&mut transaction, &user, "oa", &from, address, self.clock.now()).await;
        transaction.commit().await.expect("a commit");
        started.expect("a session").expose().to_owned()
    }

    /// As another process does.
    pub async fn db_revoke_all(&self) {
        let mut transaction = self.pools.write().await.expect("a transaction");
        sessions::end_all(&mut transaction).await.expect("no session");
        transaction.commit().await.expect("a commit");
    }

    pub async fn db_change(&self, userid: &str, change: Change) {
        let user = self.db_user(userid).await.expect("such a person");
        let mut transaction = self.pools.write().await.expect("a transaction");
        people::change(&mut transaction, &self.by(), &user, change, LastAdmin::MayGo).await.expect("a row");
        transaction.commit().await.expect("a commit");
    }

    pub async fn db_set_unionid(&self, userid: &str, unionid: &str) {
        self.db_change(userid, Change { unionid: Some(unionid.into()), ..Change::default() }).await;
    }

    /// Where an older version may have left a key.
    pub async fn db_add_server_key(&self, name: &str, value: &[u8]) {
        let mut transaction = self.pools.write().await.expect("a transaction");
        let insert = miandeng::db::query("INSERT INTO server_keys (name, value, created_at) VALUES ($1, $2, $3)");
        let insert = insert.bind(name).bind(value).bind(self.clock.now());
        insert.execute(&mut transaction).await.expect("a row");
        transaction.commit().await.expect("a commit");
    }

    /// `count`: a statement that counts rows.
    pub async fn db_count(&self, count: &'static str) -> i64 {
        let mut reader = self.pools.read().await.expect("a connection");
        miandeng::db::query_scalar(count).fetch_one(&mut reader).await.expect("a number")
    }

    /// Of every table, as text.
    pub async fn db_rows(&self) -> String {
        // Otherwise it is written at any time within the next second.
        let _ = self.jobs.run("session-activity").await;
        let mut reader = self.pools.read().await.expect("a connection");
        if postgres::wanted() {
            return postgres::rows(&mut reader).await;
        }
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let tables: Vec<String> = miandeng::db::query_scalar(tables).fetch_all(&mut reader).await.expect("names");
        let mut rows = String::new();
        for table in tables {
            let columns = format!(
                "SELECT group_concat('quote(\"' || name || '\")', ' || '','' || ') FROM pragma_table_info('{table}')"
            );
            let columns: String =
                miandeng::db::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_one(&mut reader).await.expect("names");
            let all = format!("SELECT COALESCE(group_concat({columns}, '\n'), '') FROM {table}");
            let all: String =
                miandeng::db::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(&mut reader).await.expect("rows");
            rows.push_str(&format!("{table}\n{all}\n"));
        }
        rows
    }

    /// What `databases.miandeng.url` would say.
    pub fn db_url(&self) -> String {
        self.home.url()
    }

    #[track_caller]
    pub fn db_file(&self) -> std::path::PathBuf {
        self.home.file()
    }

    /// Without the lock file, which only SQLite may open and close.
    pub async fn db_bytes(&self) -> Vec<u8> {
        if postgres::wanted() {
            return self.db_rows().await.into_bytes();
        }
        let files = std::fs::read_dir(self.home.path()).expect("the folder").map(|file| file.expect("a file").path());
        let files = files.filter(|path| path.extension().is_none_or(|end| end != "db-shm"));
        files.flat_map(|path| std::fs::read(path).expect("its bytes")).collect()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
    }
}

fn settings(dingtalk: &str) -> Value {
    json!({
        "public_url": PUBLIC_URL,
        "dingtalk": {
            "oapi_url": dingtalk, "api_url": dingtalk, "login_url": dingtalk,
            "jsapi_url": format!("{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"),
            "timeout": "30s",
        },
        "apps": [{
            "name": "oa", "corp_id": CORP, "agent_id": "100000001",
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        }],
    })
}

/// What a process needs once, whichever story is first: a crypto library, and the stories' log before a server brings
/// its own logger.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        log::start();
        // A thousand people have a thousand connections, both ends in this process.
        let _ = rlimit::increase_nofile_limit(32_768);
        watchdog::start();
    });
    watchdog::watch();
}

/// Returns when something beside us has come about. A story in which it does not fails instead of hanging.
pub async fn until(what: &str, mut has_come: impl AsyncFnMut() -> bool) {
    let come = async {
        while !has_come().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(program::LONGEST, come).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
