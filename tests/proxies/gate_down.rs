//! A gate that does not answer, or answers nonsense: the app is unreachable, never open.

use std::time::Duration;

use miandeng::clock::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{
    echo::EchoApp,
    http::ask,
    recipe::{Proxy, Recipe, Running},
    site::{Site, address_of},
    through_each_proxy,
};

through_each_proxy! {
    a_gate_that_is_stopped_closes_the_app,
    a_gate_that_hangs_closes_the_app_within_seconds,
    a_gate_that_talks_garbage_closes_the_app,
}

async fn a_gate_that_is_stopped_closes_the_app(kind: Proxy) {
    let site = Site::behind(kind).await;
    let visitor = site.signed_in().await;
    assert_eq!(visitor.fetches("GET", "/").await.status, 200);
    let Site { app, miandeng, proxy } = site;
    let gate = address_of(&miandeng);
    drop(miandeng);
    crate::harness::until("nobody listens at the gate's port", async || TcpStream::connect(&gate).await.is_err()).await;
    for target in ["/", "/static/x.css", "/finance/"] {
        let reply = visitor.fetches("GET", target).await;
        match kind {
            Proxy::Nginx | Proxy::Haproxy | Proxy::Apache => {
                assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{target}: {}", reply.text());
                assert!(reply.text().contains("请稍后再试") && reply.header("cache-control") == "no-store");
            }
            Proxy::Caddy => assert!(matches!(reply.status, 502..=504), "{target}: {}", reply.status),
        }
        assert!(!reply.text().contains("127.0.0.1"), "{}", reply.text());
    }
    assert_eq!(app.seen().len(), 1);
    drop(proxy);
}

/// The gate says the same to everybody, or nothing.
struct Nonsense {
    app: EchoApp,
    proxy: Running,
    gate: JoinHandle<()>,
}

impl Nonsense {
    async fn of(proxy: Proxy, says: Option<&'static [u8]>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        let gate = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(says) = says {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(says).await;
                } else {
                    open.push(stream);
                }
            }
        });
        let app = EchoApp::start().await;
        let proxy = Recipe::of(proxy).start(&address, &app.address).await;
        Self { app, proxy, gate }
    }

    async fn status(&self, target: &str) -> u16 {
        let headers = [("Host", "app.example.com:8080"), ("Accept", "text/html")];
        ask(&self.proxy.address, "GET", target, &headers, b"").await.status
    }
}

impl Drop for Nonsense {
    fn drop(&mut self) {
        self.gate.abort();
    }
}

async fn a_gate_that_hangs_closes_the_app_within_seconds(proxy: Proxy) {
    let site = Nonsense::of(proxy, None).await;
    let started = Clock::system().stopwatch();
    let status = site.status("/").await;
    assert!(matches!(status, 502..=504), "{status}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(site.app.seen().is_empty());
}

async fn a_gate_that_talks_garbage_closes_the_app(proxy: Proxy) {
    for says in [
        &b""[..],
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nRemote-User: x",
        b"200 OK\r\nRemote-User: x\r\n\r\n",
        b"HTTP/1.1 -1 No\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nRemote-User: x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ] {
        let site = Nonsense::of(proxy, Some(says)).await;
        site.status("/").await;
        assert!(site.app.seen().is_empty(), "{:?}", String::from_utf8_lossy(says));
    }
}

/// HAProxy goes on with the next rule after a script that fails, and Apache answers 500.
#[tokio::test]
#[ignore = "needs HAProxy and Apache; CI runs it"]
async fn a_script_that_fails_closes_the_app() {
    for (proxy, good, broken) in [
        (Proxy::Haproxy, "    local request = txn.http", "    error(\"broken\")\n    local request = txn.http"),
        (Proxy::Apache, "function check(r)\n", "function check(r)\n    error(\"broken\")\n"),
        (Proxy::Apache, "require \"socket\"", "require \"what.is.not.installed\""),
    ] {
        let site = Site::with(Recipe::of(proxy).with(good, broken)).await;
        let reply = site.signed_in().await.navigates("GET", "/").await;
        assert!(matches!(reply.status, 500 | 503), "{broken}: {}", reply.status);
        assert!(site.app.seen().is_empty());
    }
}
