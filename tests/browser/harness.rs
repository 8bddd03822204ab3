//! A deployment for the browser's stories: the real program with a page that loads DingTalk's own script.

use std::path::Path;

use miandeng::simulator::Simulator;

use crate::harness::{Server, Settings, Site, ends, free_port, program};

pub enum Jsapi {
    /// The published package, from the server itself.
    Package,
    /// The package from another host, at this address.
    Elsewhere(String),
    Simulated,
    /// Nothing listens there.
    Missing,
    /// What a network's own sign-in page answers for every script.
    SomethingElse,
}

pub struct App {
    pub simulator: Simulator,
    pub server: Server,
    site: Site,
}

pub struct Setup {
    pub jsapi: Jsapi,
    /// More lines of the whole, and of the app.
    pub miandeng: &'static str,
    pub app: &'static str,
    pub origins: Vec<String>,
    /// The setting: whether the page asks the client by itself.
    pub bootstrap: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        let app = "agent_id = \"100000001\"";
        Self { jsapi: Jsapi::Package, miandeng: "", app, origins: Vec::new(), bootstrap: "own" }
    }
}

impl Setup {
    pub fn settings(&self, port: u16, dingtalk: &str) -> Settings {
        let mut settings = Settings::least(port, &format!("http://127.0.0.1:{port}"), dingtalk);
        let (origins, bootstrap) = (&self.origins, self.bootstrap);
        let more = format!("\njsapi_origins = {origins:?}\nbootstrap = {bootstrap:?}\n{}", self.miandeng);
        settings.miandeng.push_str(&more);
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
    /// 张三 and 王五 may sign in, 李四 is disabled, the other employees are not listed.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// The page does everything by DingTalk's script.
    pub async fn official() -> Self {
        Self::with(Setup { bootstrap: "official", ..Setup::default() }).await
    }

    pub async fn with(setup: Setup) -> Self {
        let site = Site::with(|dingtalk| setup.settings(free_port(), dingtalk)).await;
        add_people(site.path());
        Self { simulator: site.simulator.clone(), server: site.serves(), site }
    }

    pub fn dingtalk(&self) -> &str {
        self.site.dingtalk_url()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    pub fn runs(&self, arguments: &[&str]) {
        self.site.runs(arguments);
    }

    pub fn imports(&self, csv: &str) {
        std::fs::write(self.site.path().join("more.csv"), csv).expect("a file");
        self.runs(&["users", "import", "more.csv"]);
    }

    /// The folder that the server runs in.
    pub fn folder(&self) -> &Path {
        self.site.path()
    }

    pub fn add(&self, userid: &str, name: &str) {
        add(self.site.path(), &[(userid, name, "active")]);
    }
}

pub fn add_people(folder: &Path) {
    add(folder, &[("zhangsan", "张三", "active"), ("lisi", "李四", "disabled"), ("wangwu", "王五", "active")]);
}

fn add(folder: &Path, people: &[(&str, &str, &str)]) {
    let mut file = "userid,name,unionid,department,status\n".to_owned();
    for (userid, name, status) in people {
        file.push_str(&format!("{userid},{name},union-{userid},研发部/后端组;市场部,{status}\n"));
    }
    std::fs::write(folder.join("people.csv"), file).expect("a file");
    let output = ends(program(folder, &["users", "import", "people.csv"]));
    assert!(output.status.success(), "{output:?}");
}
