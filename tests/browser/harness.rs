//! A deployment as the browser's stories need it: the real program with a page that loads DingTalk's own script.

use std::path::Path;

use miandeng::simulator::Simulator;

use crate::harness::{Server, Settings, Site, free_port, program};

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
    site: Site,
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

impl Setup {
    /// The settings of a server at this address.
    pub fn settings(&self, port: u16, dingtalk: &str) -> Settings {
        let mut settings = Settings::least(port, &format!("http://127.0.0.1:{port}"), dingtalk);
        settings.miandeng.push_str(&format!("\njsapi_origins = {:?}", self.origins));
        settings.dingtalk = format!(
            "oapi_url = {dingtalk:?}\napi_url = {dingtalk:?}\nlogin_url = {dingtalk:?}\n{}",
            self.jsapi.setting(dingtalk)
        );
        settings.app = self.app.to_owned();
        settings
    }
}

impl Jsapi {
    fn setting(&self, dingtalk: &str) -> String {
        match self {
            Self::Package => {
                let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/out/dingtalk.js");
                assert!(
                    package.exists(),
                    "{package:?} is missing: npm ci --prefix tests/browser && npm run bundle --prefix tests/browser"
                );
                format!("jsapi_file = {package:?}")
            }
            Self::Elsewhere(address) => format!("jsapi_url = {address:?}"),
            Self::Simulated => format!("jsapi_url = \"{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js\""),
            Self::SomethingElse => format!("jsapi_url = \"{dingtalk}/\""),
            Self::Missing => format!("jsapi_url = \"http://127.0.0.1:{}/gone.js\"", free_port()),
        }
    }
}

impl App {
    /// The usual deployment: of the employees, 张三 and 王五 may sign in, 李四 is disabled, the others are not listed.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let site = Site::with(|dingtalk| setup.settings(free_port(), dingtalk)).await;
        add_people(site.path());
        Self { simulator: site.simulator.clone(), server: site.serves(), site }
    }

    /// The address of the simulated DingTalk.
    pub fn dingtalk(&self) -> &str {
        self.site.dingtalk_url()
    }

    /// An address of the server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// Adds a person to the table of the running server, as an administrator does it.
    pub fn add(&self, userid: &str, name: &str) {
        add(self.site.path(), &[(userid, name, "active")]);
    }
}

/// Those whom the server in this folder knows.
pub fn add_people(folder: &Path) {
    add(folder, &[("zhangsan", "张三", "active"), ("lisi", "李四", "disabled"), ("wangwu", "王五", "active")]);
}

fn add(folder: &Path, people: &[(&str, &str, &str)]) {
    let mut file = "userid,name,unionid,department,status\n".to_owned();
    for (userid, name, status) in people {
        file.push_str(&format!("{userid},{name},union-{userid},研发部/后端组;市场部,{status}\n"));
    }
    std::fs::write(folder.join("people.csv"), file).expect("a file");
    let output = program(folder, &["users", "import", "people.csv"]).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
}
