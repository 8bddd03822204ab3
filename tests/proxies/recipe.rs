//! The files of `deploy/` with this machine's addresses, and the proxies that read them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

/// What browsers show. Each proxy has a loopback address of its own for this port, so that stories do not collide.
pub const ORIGIN: &str = "http://app.example.com:8080";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    Nginx,
    Caddy,
}

/// Killed when dropped.
pub struct Running {
    pub address: String,
    child: Child,
    folder: TempDir,
}

pub struct Recipe {
    proxy: Proxy,
    pub address: String,
    origin: String,
    /// Key and certificate. Without them nginx listens in the clear.
    tls: Option<[String; 2]>,
    files: Vec<(PathBuf, String)>,
}

impl Recipe {
    pub fn of(proxy: Proxy) -> Self {
        let names: &[&str] = match proxy {
            Proxy::Nginx => &[
                "nginx/miandeng/http.conf",
                "nginx/miandeng/server.conf",
                "nginx/miandeng/gate.conf",
                "nginx/miandeng/identity.conf",
                "nginx/app.example.com.conf",
            ],
            Proxy::Caddy => &["caddy/Caddyfile"],
        };
        let file = |name: &&str| (PathBuf::from(name).components().skip(1).collect(), text_of(name));
        let origin = ORIGIN.to_owned();
        Self { proxy, address: own_address(), origin, tls: None, files: names.iter().map(file).collect() }
    }

    /// Under the bare address, for a program that cannot resolve app.example.com.
    #[must_use]
    pub fn under_its_address(self) -> Self {
        Self { origin: format!("http://{}", self.address), ..self }
    }

    /// As the recipe has it.
    #[must_use]
    pub fn with_tls(self, key_and_certificate: [String; 2]) -> Self {
        Self { tls: Some(key_and_certificate), ..self }
    }

    /// Replaces a text, which must be there.
    #[must_use]
    pub fn with(mut self, from: &str, to: &str) -> Self {
        let mut found = false;
        for (_, text) in &mut self.files {
            found |= text.contains(from);
            *text = text.replace(from, to);
        }
        assert!(found, "the recipe for {:?} has no {from:?}", self.proxy);
        self
    }

    pub async fn start(self, gate: &str, app: &str) -> Running {
        let (address, origin) = (self.address.clone(), self.origin.clone());
        let placed = self.with("127.0.0.1:8000", gate).with("127.0.0.1:3000", app);
        let placed = match (placed.proxy, placed.tls.clone()) {
            (Proxy::Nginx, Some([key, certificate])) => placed
                .with("listen 443 ", &format!("listen {address} "))
                .with("/etc/ssl/app.example.com.pem", &certificate)
                .with("/etc/ssl/app.example.com.key", &key)
                .with("$miandeng_origin https://app.example.com;", &format!("$miandeng_origin {origin};")),
            (Proxy::Nginx, None) => placed
                .with("listen 443 ssl http2 default_server;", &format!("listen {address} default_server;"))
                .with("    ssl_reject_handshake on;\n", "")
                .with("listen 443 ssl http2;", &format!("listen {address};"))
                .with(
                    "server_name app.example.com;",
                    &format!("server_name {};", host(origin.trim_start_matches("http://"))),
                )
                .with("    ssl_certificate     /etc/ssl/app.example.com.pem;", "")
                .with("    ssl_certificate_key /etc/ssl/app.example.com.key;", "")
                .with("$miandeng_origin https://app.example.com;", &format!("$miandeng_origin {origin};")),
            (Proxy::Caddy, _) => {
                placed.with("\napp.example.com {", &format!("\n{origin} {{\n\tbind {}", host(&address)))
            }
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        placed.write(folder.path());
        let log = fs::File::create(folder.path().join("log")).expect("a log");
        let mut command = placed.command(folder.path());
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{:?} does not start: {error}", placed.proxy));
        let mut running = Running { address, child, folder };
        running.is_up().await;
        running
    }

    fn write(&self, folder: &Path) {
        for (name, text) in &self.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        match self.proxy {
            Proxy::Nginx => fs::write(folder.join("nginx.conf"), NGINX_CONF),
            Proxy::Caddy => fs::write(folder.join("main"), CADDY_MAIN),
        }
        .expect("a file");
    }

    fn command(&self, folder: &Path) -> Command {
        let in_folder = |name: &str| folder.join(name).display().to_string();
        let mut command = Command::new(program(self.proxy));
        match self.proxy {
            Proxy::Nginx => command.args(["-e", "stderr", "-p", &in_folder(""), "-c", &in_folder("nginx.conf")]),
            Proxy::Caddy => command
                .args(["run", "--adapter", "caddyfile", "--config", &in_folder("main")])
                .env("HOME", folder)
                .env("XDG_DATA_HOME", folder)
                .env("XDG_CONFIG_HOME", folder),
        };
        command
    }
}

impl Running {
    async fn is_up(&mut self) {
        for _ in 0..1000 {
            if let Some(status) = self.child.try_wait().expect("its state") {
                panic!("the proxy ended with {status}: {}", self.log());
            }
            if TcpStream::connect(&self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the proxy does not listen: {}", self.log());
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn text_of(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// On Debian only root's path leads to servers.
fn program(proxy: Proxy) -> &'static str {
    match proxy {
        Proxy::Nginx if Path::new("/usr/sbin/nginx").exists() => "/usr/sbin/nginx",
        Proxy::Nginx => "nginx",
        Proxy::Caddy => "caddy",
    }
}

pub fn own_address() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id();
    let (high, low) = (1 + process / 250 % 250, process % 250);
    format!("127.{high}.{low}.{}:8080", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn host(address: &str) -> &str {
    address.split(':').next().unwrap_or_default()
}

/// What Debian's nginx.conf has around the sites, for one process without root.
const NGINX_CONF: &str = "\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include miandeng/http.conf;
    include app.example.com.conf;
}
";

const CADDY_MAIN: &str = "\
{
	admin off
	auto_https off
}
import Caddyfile
";
