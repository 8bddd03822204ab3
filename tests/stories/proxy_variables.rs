//! A machine whose environment names HTTP proxies.

use std::{
    net::TcpListener,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    harness::{Server, Site, ends, free_port, least_settings, one_line, program, text},
    operator::{browser, signs_in},
};

const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const PASSWORD: &str = "proxy-password";
const ELSEWHERE: &str = "http://dingtalk.corp.example";

/// Counts connections, and closes them.
struct Proxy {
    address: String,
    came: Arc<AtomicUsize>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let came = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&came);
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, came }
    }

    fn url(&self) -> String {
        format!("http://user:{PASSWORD}@{}", self.address)
    }

    fn before(&self, mut command: Command, variables: &[&str]) -> Command {
        command.envs(variables.iter().map(|name| (name, self.url())));
        command
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_simulated_dingtalk_on_this_machine_is_reached_past_every_proxy() {
    let proxy = Proxy::start();
    let site = Site::new().await;
    let server = Server::listening(proxy.before(program(site.path(), &["serve"]), &VARIABLES));
    site.phone(&server, "zhangsan").is_signed_in().await;

    let port = free_port().to_string();
    let demo = Server::spawn(proxy.before(program(site.path(), &["demo", "--port", &port]), &VARIABLES));
    let app = demo.says("/?corpid=").trim().to_owned();
    let dingtalk = demo.says("http://127.0.0.1:").trim().trim_end_matches('/').to_owned();
    let (status, person) = signs_in(&browser(), app.split("/?").next().unwrap(), &dingtalk).await;
    assert_eq!((status, &person["userid"]), (200, &"zhangsan".into()));
    assert_eq!(proxy.came(), 0);
}

#[tokio::test]
async fn an_address_that_would_carry_a_secret_in_the_clear_through_a_proxy_stops_the_start() {
    let proxy = Proxy::start();
    let folder = tempfile::tempdir().unwrap();
    let writes = |settings: String| std::fs::write(folder.path().join("Rocket.toml"), settings).unwrap();
    let here = "http://127.0.0.1:9";
    let least = least_settings(0, "https://app.example.com", here);
    let serve = |variables: &[&str]| proxy.before(program(folder.path(), &["serve"]), variables);
    let refused = |command: Command, key: &str| {
        let message = one_line(&ends(command));
        let says = format!("miandeng.dingtalk.{key} = \"{ELSEWHERE}\": is plain http");
        for part in [says.as_str(), &format!("the proxy http://{},", proxy.address), "https://", "NO_PROXY"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(!message.contains(PASSWORD) && !message.contains("user:"), "{message}");
    };
    let oapi = format!("oapi_url = \"{here}\"");
    for key in ["oapi_url", "api_url"] {
        let api = format!("oapi_url = \"{here}\"\napi_url = \"{ELSEWHERE}\"");
        let other = if key == "api_url" { api } else { format!("oapi_url = \"{ELSEWHERE}\"") };
        writes(least.replace(&oapi, &other));
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            refused(serve(&[name]), key);
        }
    }
    // By another's proxy, by none for this host, or directly, as before.
    let mut excepted = serve(&VARIABLES);
    excepted.env("NO_PROXY", "example.com, .corp.example");
    drop(Server::listening(excepted));
    drop(Server::listening(serve(&["HTTPS_PROXY"])));
    drop(Server::listening(serve(&[])));
    // Only browsers go there, and no secret does.
    writes(least.replace(&oapi, &format!("{oapi}\nlogin_url = \"{ELSEWHERE}\"")));
    drop(Server::listening(serve(&VARIABLES)));
    assert_eq!(proxy.came(), 0);
}

#[tokio::test]
async fn doctor_and_the_log_say_which_address_is_behind_which_proxy() {
    let proxy = Proxy::start();
    let folder = tempfile::tempdir().unwrap();
    let settings = |oapi: &str| {
        std::fs::write(folder.path().join("Rocket.toml"), least_settings(0, "http://127.0.0.1:9", oapi)).unwrap();
    };
    let with = |arguments: &[&str], name: &str, value: &str| {
        let mut command = program(folder.path(), arguments);
        command.env(name, value).env("NO_PROXY", "api.dingtalk.com");
        command
    };
    settings("https://oapi.dingtalk.com");
    let said = text(&ends(with(&["doctor"], "HTTPS_PROXY", &proxy.url())).stdout);
    let way = format!("oapi_url https://oapi.dingtalk.com goes through the proxy http://{}", proxy.address);
    for part in [
        "proxies: set here: HTTPS_PROXY, NO_PROXY=api.dingtalk.com; ",
        &way,
        "api_url https://api.dingtalk.com is reached directly",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains(PASSWORD) && proxy.came() > 0, "{said}");
    let server = Server::spawn(with(&["serve"], "https_proxy", &proxy.url()));
    assert!(!server.says(&way).contains(PASSWORD));
    // An unescaped slash in a password ends the address for some readers.
    let odd = format!("http://user:1/{PASSWORD}@{}", proxy.address);
    let said = text(&ends(with(&["doctor"], "ALL_PROXY", &odd)).stdout);
    assert!(said.contains("percent-encode the password") && !said.contains("user:1"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");

    // Doctor reports what stops the start, and sends nothing.
    settings(ELSEWHERE);
    let before = proxy.came();
    let said = text(&ends(with(&["doctor"], "http_proxy", &proxy.url())).stdout);
    assert!(said.contains("FAILED   dingtalk: miandeng.dingtalk.oapi_url"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert!(proxy.came() <= before + 1, "the clock alone was asked about");

    // Without a proxy there is nothing to say.
    settings("http://127.0.0.1:9");
    let said = text(&ends(with(&["doctor"], "HTTPS_PROXY", "")).stdout);
    assert!(!said.contains("proxies:"), "{said}");
}
