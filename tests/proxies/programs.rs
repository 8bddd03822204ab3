//! Real programs behind the gate, which read a request in ways that our echo does not: an HTTP/2 server (Hypercorn with
//! its defaults), PHP's own server, and a CGI program (lighttpd).

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{
    http::{Header, Reply, ask},
    identity::forged,
    recipe::{ORIGIN, Proxy, Recipe, Running, own_address},
    site::{Visitor, address_of, miandeng},
    through_each_proxy,
};
use crate::harness::{App, until};

through_each_proxy! {
    no_connection_to_an_app_that_speaks_http2_becomes_a_tunnel,
    php_reads_no_identity_but_ours,
    a_cgi_program_reads_no_identity_but_ours,
}

/// Killed when dropped.
pub struct Program {
    pub address: String,
    child: Child,
    _folder: TempDir,
}

impl Program {
    async fn hypercorn() -> Self {
        const APP: &str = r#"
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
"#;
        Self::start(&[("app.py", APP)], |command, address, _| {
            command.args(["hypercorn", "--bind", address, "app:app"]);
        })
        .await
    }

    async fn php() -> Self {
        const ROUTER: &str =
            r#"<?php foreach ($_SERVER as $name => $value) if (is_string($value)) echo "$name=$value\n";"#;
        Self::start(&[("router.php", ROUTER)], |command, address, _| {
            command.args(["php", "-S", address, "router.php"]);
        })
        .await
    }

    async fn cgi() -> Self {
        const ENV: &str = "printf 'Content-Type: text/plain\\r\\n\\r\\n'\nenv\n";
        Self::start(&[("env.sh", ENV)], |command, address, folder| {
            let (host, port) = address.split_once(':').expect("a port");
            let settings = format!(
                "server.modules = (\"mod_cgi\")\nserver.bind = \"{host}\"\nserver.port = {port}\n\
                 server.document-root = \"{}\"\nindex-file.names = (\"env.sh\")\ncgi.assign = (\".sh\" => \"/bin/sh\")\n",
                folder.display()
            );
            fs::write(folder.join("lighttpd.conf"), settings).expect("its settings");
            command.args(["lighttpd", "-D", "-f", "lighttpd.conf"]);
        })
        .await
    }

    pub async fn start(files: &[(&str, &str)], arguments: impl Fn(&mut Command, &str, &Path)) -> Self {
        let address = own_address().replace(":8080", ":3000");
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        // On Debian only root's path leads to servers.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("/usr/bin/env");
        command.current_dir(&folder).env("PATH", path).env("PYTHONPATH", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        arguments(&mut command, &address, folder.path());
        let mut child = command.spawn().expect("/usr/bin/env");
        let listens = async || {
            if let Some(status) = child.try_wait().expect("its state") {
                panic!("{command:?} ended with {status}: is it installed? .ci/run says what is needed");
            }
            TcpStream::connect(&address).await.is_ok()
        };
        until("the program listens", listens).await;
        Self { address, child, _folder: folder }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Site {
    program: Program,
    visitor: Visitor,
    _proxy: Running,
    _miandeng: App,
}

impl Site {
    async fn of(proxy: Proxy, program: Program) -> Self {
        let miandeng = miandeng().await;
        let proxy = Recipe::of(proxy).start(&address_of(&miandeng), &program.address).await;
        let mut visitor = Visitor::of(&proxy.address);
        visitor.signs_in(&miandeng.simulator, "zhangsan").await;
        Self { program, visitor, _proxy: proxy, _miandeng: miandeng }
    }
}

/// Whether the connection now speaks HTTP/2, of which the gate hears nothing.
fn is_tunnel(reply: &Reply) -> bool {
    reply.status == 101 && reply.all("upgrade").any(|to| to.to_ascii_lowercase().contains("h2c"))
}

async fn no_connection_to_an_app_that_speaks_http2_becomes_a_tunnel(proxy: Proxy) {
    const SETTINGS: Header<'_> = ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA");
    let site = Site::of(proxy, Program::hypercorn().await).await;
    let host = ("Host", ORIGIN.trim_start_matches("http://"));
    let h2c = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), SETTINGS];
    let direct = ask(&site.program.address, "GET", "/", &[&[host][..], &h2c].concat(), b"").await;
    assert!(is_tunnel(&direct), "the app itself takes the offer: {direct:?}");

    for offer in [
        &h2c[..],
        &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "H2C"), SETTINGS],
        &[("connection", "upgrade"), ("upgrade", "h2c"), SETTINGS],
        &[("Connection", "HTTP2-Settings,UPGRADE"), ("Upgrade", "h2c"), SETTINGS],
        &[("Connection", "keep-alive"), ("Connection", "Upgrade"), ("Upgrade", "h2c"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "websocket, h2c"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "h2c, websocket"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "h2c,websocket"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "h2c"), ("Upgrade", "websocket"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Upgrade", "h2c"), SETTINGS],
        &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c-14"), SETTINGS],
        &[("Connection", "Upgrade"), ("Upgrade", "TLS/1.0, h2c"), SETTINGS],
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let reply = site.visitor.sends(method, "/", offer, b"").await;
            assert!(!is_tunnel(&reply), "{method} {offer:?}: {reply:?}");
        }
    }
    let plain = site.visitor.sends("GET", "/a", &h2c, b"").await;
    assert_eq!((plain.status, plain.text().as_str()), (200, "/a"), "the offer is not taken, the request is");
}

async fn php_reads_no_identity_but_ours(proxy: Proxy) {
    reads_no_identity_but_ours(Site::of(proxy, Program::php().await).await, &["Remote.User", "Remote_User"]).await;
}

async fn a_cgi_program_reads_no_identity_but_ours(proxy: Proxy) {
    let disguises = ["Remote.User", "Remote~User", "Remote!User", "Remote`User", "Remote*User", "Remote_User"];
    reads_no_identity_but_ours(Site::of(proxy, Program::cgi().await).await, &disguises).await;
}

/// `disguises`: names that this program takes for `Remote-User`.
async fn reads_no_identity_but_ours(site: Site, disguises: &[&str]) {
    let variable = |reply: &Reply, name: &str| {
        let text = reply.text();
        text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    };
    for disguise in disguises {
        let host = ("Host", ORIGIN.trim_start_matches("http://"));
        let direct = ask(&site.program.address, "GET", "/", &[host, (disguise, "forged")], b"").await;
        assert_eq!(variable(&direct, "HTTP_REMOTE_USER").as_deref(), Some("forged"), "{disguise}: {}", direct.text());
    }
    for portion in forged().chunks(50) {
        let headers: Vec<Header<'_>> = portion.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = site.visitor.sends("GET", "/", &headers, b"").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(variable(&reply, "HTTP_REMOTE_USER").as_deref(), Some("zhangsan"), "{}", reply.text());
        assert_eq!(variable(&reply, "HTTP_X_AUTH_REQUEST_USER").as_deref(), Some("zhangsan"));
        assert!(!reply.text().contains("forged"), "{}", reply.text());
    }
}
