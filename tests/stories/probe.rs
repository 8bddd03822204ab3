//! The session that `doctor --probe` sends through the proxy: good for the probe alone.

use std::sync::{Arc, Mutex};

use miandeng::{
    clock::Clock,
    db::Pools,
    sessions,
    users::{self, Filter, User},
};
use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    gate::{PROXIES, Proxy},
    handover,
    harness::{App, Phone, Server, Settings, Site, ends, program},
    proxies::http,
};

const ECHO: &str = "https://app.example.com/_miandeng/echo";
const COOKIE: &str = "__Host-miandeng";

/// As doctor starts it.
async fn db_starts(pools: &Pools, user: &User, clock: &Clock) -> String {
    let from = sessions::Origin { address: "127.0.0.1".into(), user_agent: "miandeng doctor --probe".into() };
    let mut transaction = pools.write().await.unwrap();
    let token = sessions::start_for(&mut transaction, user, "oa", &from, ECHO, clock.now()).await.unwrap();
    transaction.commit().await.unwrap();
    token.expose().to_owned()
}

/// Holds the probe's cookie.
async fn thief(app: &App) -> Phone {
    let mut thief = app.phone("zhangsan");
    let cookie = db_starts(&app.pools, &app.db_user("zhangsan").await.unwrap(), &app.clock).await;
    thief.cookies.insert(COOKIE.into(), cookie);
    thief
}

async fn asks_about(thief: &mut Phone, proxy: Proxy, url: &str) -> u16 {
    let question = proxy.question(thief, "GET", url, "").header("Accept", "text/html");
    thief.sends(question).await.status
}

async fn deployment() -> App {
    App::with(|settings| {
        settings["allowed_return_hosts"] = json!(["bi.example.com", "app.example.com:8443"]);
        settings["session_idle"] = json!("365d");
        settings["session_lifetime"] = json!("365d");
    })
    .await
}

#[tokio::test]
async fn the_gate_takes_it_for_exactly_the_echos_address() {
    let app = deployment().await;
    let mut thief = thief(&app).await;
    let elsewhere = [
        "https://app.example.com/",
        "https://app.example.com/_miandeng/echo/",
        "https://app.example.com/_miandeng/echo?",
        "https://app.example.com/_miandeng/echo?a=b",
        "https://app.example.com/_miandeng/ech%6f",
        "https://app.example.com/_miandeng/ECHO",
        "https://app.example.com/_miandeng//echo",
        "https://app.example.com:443/_miandeng/echo",
        "https://bi.example.com/_miandeng/echo",
        "https://app.example.com:8443/_miandeng/echo",
    ];
    for proxy in PROXIES {
        // The answer does not depend on earlier questions.
        for _ in 0..2 {
            for url in elsewhere {
                let status = asks_about(&mut thief, proxy, url).await;
                assert!(matches!(status, 302 | 401), "{proxy:?} {url}: {status}");
            }
            assert_eq!(asks_about(&mut thief, proxy, ECHO).await, 200, "{proxy:?}");
        }
    }
    // A path that a proxy and a browser read differently is refused.
    for url in ["https://app.example.com/x%2fy/../_miandeng/echo", "https://app.example.com/x/../_miandeng/echo"] {
        assert_eq!(asks_about(&mut thief, Proxy::Caddy, url).await, 400, "{url}");
    }
    assert_eq!(asks_about(&mut thief, Proxy::Nginx, "http://app.example.com/_miandeng/echo").await, 403);
}

#[tokio::test]
async fn no_page_takes_it() {
    let app = deployment().await;
    let mut owner = app.phone("zhangsan");
    owner.is_signed_in().await;
    let thief = thief(&app).await;
    for known in [false, true] {
        let mut thief = thief.clone();
        if known {
            assert_eq!(asks_about(&mut thief, Proxy::Nginx, ECHO).await, 200);
        }
        assert_eq!(thief.gets("/").await.status, 200, "the sign-in page");
        thief.cookies.retain(|name, _| name == COOKIE);
        let home = thief.gets("/home").await;
        assert_eq!((home.status, home.header("location")), (303, "/"));
        let offer = thief.posts("/home/open-in-browser", &[]).await;
        assert_eq!((offer.status, offer.header("location")), (303, "/"));
        let first = app.db_count("SELECT min(id) FROM sessions").await;
        thief.posts("/home/sign-out-elsewhere", &[]).await;
        thief.posts(&format!("/home/sessions/{first}/sign-out"), &[]).await;
        assert_eq!(owner.gets("/home").await.status, 200);
    }
    assert_eq!(app.db_count("SELECT count(*) FROM handovers").await, 0);
}

#[tokio::test]
async fn it_is_handed_over_to_no_browser_even_if_a_link_were_there() {
    let app = deployment().await;
    let mut owner = app.phone("zhangsan");
    owner.is_signed_in().await;
    let (path, token) = handover::makes_a_link(&mut owner).await;
    thief(&app).await;
    let mut transaction = app.pools.write().await.unwrap();
    let moved = "UPDATE handovers SET session_id = (SELECT max(id) FROM sessions)";
    miandeng::db::query(moved).execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(app.phone("x").gets(&path).await.status, 410);
    let page = app.phone("x").posts("/handover", &[("token", &token)]).await;
    assert_eq!((page.status, page.all("set-cookie").len()), (410, 0));
}

#[tokio::test]
async fn it_ends_after_five_minutes_whatever_the_settings_say_and_takes_nobodys_place() {
    let app = deployment().await;
    let mut phones = Vec::new();
    for _ in 0..50 {
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        phones.push(phone);
    }
    let mut thief = thief(&app).await;
    for _ in 0..5 {
        assert_eq!(asks_about(&mut thief, Proxy::Nginx, ECHO).await, 200);
        app.clock.advance(59);
    }
    assert_eq!(asks_about(&mut thief, Proxy::Nginx, ECHO).await, 200);
    app.clock.advance(5);
    assert_eq!(asks_about(&mut thief, Proxy::Nginx, ECHO).await, 401);
    assert_eq!(phones[0].gets("/home").await.status, 200);
    // A clock that is set back does not lengthen it.
    app.clock.advance(-3600);
    assert_eq!(asks_about(&mut thief, Proxy::Nginx, ECHO).await, 401);
    app.clock.advance(3600);
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    assert_eq!(phones[0].gets("/home").await.status, 303, "the next sign-in still ends the oldest");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions WHERE only_for IS NOT NULL").await, 1);
}

#[tokio::test]
async fn it_ends_with_its_person_and_when_it_is_revoked() {
    let app = deployment().await;
    let mut one = thief(&app).await;
    assert_eq!(asks_about(&mut one, Proxy::Caddy, ECHO).await, 200);
    app.db_disable("zhangsan").await;
    assert_eq!(asks_about(&mut one, Proxy::Caddy, ECHO).await, 302);
    app.db_add("lisi", "李四").await;
    let cookie = db_starts(&app.pools, &app.db_user("lisi").await.unwrap(), &app.clock).await;
    one.cookies.insert(COOKIE.into(), cookie);
    assert_eq!(asks_about(&mut one, Proxy::Caddy, ECHO).await, 200);
    app.db_revoke_all().await;
    assert_eq!(asks_about(&mut one, Proxy::Caddy, ECHO).await, 302);
}

#[tokio::test]
async fn the_operator_and_its_person_see_what_it_is() {
    let site = Site::new().await;
    let pools = Pools::open(&site.db_url()).await.unwrap();
    let everybody = users::list(&mut pools.read().await.unwrap(), &Filter::default()).await.unwrap();
    db_starts(&pools, &everybody[0], &Clock::standing()).await;
    let table = site.runs(&["sessions", "list"]);
    assert!(table.contains(&format!("miandeng doctor --probe, only for {ECHO}")), "{table}");
    let list: Value = serde_json::from_str(&site.runs(&["sessions", "list", "--json"])).unwrap();
    assert_eq!(list[0]["only_for"], ECHO);
    pools.close().await;

    let app = deployment().await;
    thief(&app).await;
    let mut owner = app.phone("zhangsan");
    owner.is_signed_in().await;
    assert!(owner.gets("/home").await.body.contains("<strong>miandeng doctor</strong>"));
}

/// A listed host in foreign hands: it asks the gate as our recipes do, and does what it likes with answer and cookie.
#[derive(Clone)]
struct Host {
    /// Where its recipe leads the echo's address.
    echo: &'static str,
    address: String,
    server: String,
    http: Client,
    /// Whether it removes what was forged from the echo's answer.
    hides: bool,
    /// What it could do with the cookies.
    loot: Arc<Mutex<Vec<String>>>,
}

impl Host {
    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let host = self.clone();
            tokio::spawn(async move {
                // Doctor may have gone.
                let _ = host.answer(stream).await;
            });
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut received = Vec::new();
        let (first, headers, _) = loop {
            match http::head(&received) {
                Some(head) => break head,
                None if stream.read_buf(&mut received).await? == 0 => return Ok(()),
                None => {}
            }
        };
        let target = first.split(' ').nth(1).unwrap();
        let cookie =
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value.clone());
        let (head, body) = match self.gate(target, cookie.as_deref()).await {
            Err(location) => (format!("302 Found\r\nLocation: {location}"), String::new()),
            Ok(identity) => {
                self.steal(cookie.as_deref().unwrap()).await;
                ("200 OK\r\nContent-Type: application/json".to_owned(), self.echo(&headers, identity).await)
            }
        };
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close", body.len());
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await?;
        stream.shutdown().await
    }

    /// About an address of this host: who it is, or where to sign in.
    async fn gate(&self, target: &str, cookie: Option<&str>) -> Result<HeaderMap, String> {
        let url = format!("http://{}{target}", self.address);
        let question = self.http.get(format!("{}/auth/nginx", self.server)).header("X-Original-Method", "GET");
        let question = question.header("X-Original-URL", url).header("Cookie", cookie.unwrap_or("a=b"));
        let answer = question.send().await.unwrap();
        match answer.status().as_u16() {
            200 => Ok(answer.headers().clone()),
            _ => Err(answer.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned()),
        }
    }

    async fn echo(&self, headers: &[(String, String)], identity: HeaderMap) -> String {
        let mut request = self.http.get(format!("{}{}", self.server, self.echo));
        for (name, value) in headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            request = request.header(name, value);
        }
        for name in ["remote-user", "x-corp-id"] {
            request = request.header(name, identity[name].clone());
        }
        let answer = request.send().await.unwrap().text().await.unwrap();
        if !self.hides {
            return answer;
        }
        let mut reached: Value = serde_json::from_str(&answer).unwrap();
        reached["headers"].as_array_mut().unwrap().retain(|header| !header[1].as_str().unwrap().contains("forged"));
        reached.to_string()
    }

    async fn steal(&self, cookie: &str) {
        let origin = format!("http://{}", self.address);
        let tries = [
            (Method::GET, "/home"),
            (Method::GET, "/"),
            (Method::POST, "/home/open-in-browser"),
            (Method::GET, "/auth/nginx"),
        ];
        for (method, path) in tries {
            let request = self.http.request(method, format!("{}{path}", self.server)).header("Cookie", cookie);
            let request = request.header("Origin", &origin).header("X-Original-Method", "GET");
            let answer = request.header("X-Original-URL", format!("{origin}/payroll")).send().await.unwrap();
            let location = answer.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
            let is_in = match path {
                "/" => answer.status() == 303 && location == "/home",
                _ => answer.status() == 200,
            };
            if is_in {
                self.loot.lock().unwrap().push(path.to_owned());
            }
        }
    }
}

/// Doctor's findings, and what the host could do.
async fn is_probed(hides: bool, echo: &'static str) -> (Value, Vec<String>) {
    let site = Site::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let dingtalk = site.dingtalk_url().to_owned();
    std::fs::write(
        site.path().join("Rocket.toml"),
        Settings { database: site.db_url(), ..Settings::least(0, &format!("http://{address}"), &dingtalk) }.text(),
    )
    .unwrap();
    let server: Server = site.serves();
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let loot = Arc::default();
    let host = Host { echo, address, server: server.url().to_owned(), http, hides, loot: Arc::clone(&loot) };
    let probed = format!("http://{}/", host.address);
    let serving = tokio::spawn(host.serve(listener));
    let doctor = program(site.path(), &["doctor", "--json", "--probe", &probed]);
    let output = tokio::task::spawn_blocking(move || ends(doctor)).await.unwrap();
    serving.abort();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let loot = loot.lock().unwrap().clone();
    (report, loot)
}

fn says(report: &Value, state: &str, text: &str) -> bool {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.any(|finding| finding["state"] == state && finding["says"].as_str().unwrap().contains(text))
}

#[tokio::test]
async fn a_listed_host_in_foreign_hands_gets_nothing_by_it() {
    let (report, loot) = is_probed(false, "/probe/echo/2").await;
    assert!(says(&report, "ok", "Remote-User reaches the app"), "it was signed in there: {report:#}");
    assert!(says(&report, "failed", "remote_user, "), "{report:#}");
    assert_eq!(loot, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_stands_in_between_hides_nothing_of_what_the_echo_saw() {
    let (report, _) = is_probed(true, "/probe/echo/2").await;
    assert!(says(&report, "failed", "does not get the answer of miandeng's echo"), "{report:#}");
    assert!(!says(&report, "ok", "forged"), "{report:#}");
}

#[tokio::test]
async fn a_recipe_of_an_older_version_is_named() {
    let (report, _) = is_probed(false, "/probe/echo/2").await;
    assert!(says(&report, "ok", "the proxy's recipe is version 2"), "{report:#}");
    for (echo, version) in [("/probe/echo", "an older version"), ("/probe/echo/1", "version 1")] {
        let (report, _) = is_probed(false, echo).await;
        assert!(says(&report, "warning", &format!("the proxy's recipe is {version}")), "{report:#}");
    }
}

/// What a recipe says of its version is true when it is installed.
#[test]
fn each_recipe_leads_to_the_echo_of_its_version() {
    let deploy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let mut recipes = 0;
    for folder in std::fs::read_dir(deploy).unwrap().map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let text = std::fs::read_to_string(&file).unwrap();
            for after in text.split("/probe/echo").skip(1) {
                assert!(after.starts_with("/2"), "{}", file.display());
                recipes += 1;
            }
        }
    }
    assert!(recipes >= 5, "{recipes}");
}
