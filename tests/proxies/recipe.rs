//! The files of `deploy/` with this machine's addresses, and the proxies that read them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

/// What browsers show. Each proxy has a loopback address of its own for this port, so that stories do not collide.
pub const ORIGIN: &str = "http://app.example.com:8080";

const CERTIFICATE: &str = "/etc/ssl/app.example.com.pem";
const KEY: &str = "/etc/ssl/app.example.com.key";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    Nginx,
    Caddy,
    Haproxy,
    Apache,
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
    /// Key and certificate. Without them the proxy listens in the clear.
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
            Proxy::Haproxy => &["haproxy/haproxy.cfg", "haproxy/miandeng.lua"],
            Proxy::Apache => &["apache/app.example.com.conf", "apache/miandeng.lua"],
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
        let folder = tempfile::tempdir().expect("a temporary folder");
        let placed = self.with("127.0.0.1:8000", gate).with("127.0.0.1:3000", app);
        let script = folder.path().join("miandeng.lua").display().to_string();
        let site = host(origin.trim_start_matches("http://")).to_owned();
        let placed = match (placed.proxy, placed.tls.clone()) {
            (Proxy::Nginx, Some([key, certificate])) => placed
                .with("listen 443 ", &format!("listen {address} "))
                .with(CERTIFICATE, &certificate)
                .with(KEY, &key)
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
            (Proxy::Haproxy, tls) => match tls {
                Some([key, certificate]) => {
                    fs::copy(key, format!("{certificate}.key")).expect("where HAProxy looks for it");
                    placed.with("bind :443 ", &format!("bind {address} ")).with(CERTIFICATE, &certificate)
                }
                None => placed
                    .with(&format!("bind :443 ssl crt {CERTIFICATE} alpn h2,http/1.1"), &format!("bind {address}")),
            }
            .with(OF_HAPROXYS_SERVICE, "")
            .with("/etc/haproxy/miandeng.lua", &script)
            .with("-i app.example.com app.example.com:443", &format!("-i {site} {site}:8080"))
            .with("\"https://app.example.com\"", &format!("{origin:?}"))
            .with("X-Forwarded-Proto https", "X-Forwarded-Proto http"),
            (Proxy::Apache, tls) => match tls {
                Some([key, certificate]) => placed.with(CERTIFICATE, &certificate).with(KEY, &key),
                None => placed
                    .with("    SSLEngine on\n", "")
                    .with(&format!("    SSLCertificateFile    {CERTIFICATE}\n"), "")
                    .with(&format!("    SSLCertificateKeyFile {KEY}\n"), ""),
            }
            .with("<VirtualHost *:443>", "<VirtualHost *:8080>")
            .with("/etc/apache2/miandeng.lua", &script)
            .with("ServerName app.example.com", &format!("ServerName {site}"))
            .with("MIANDENG_ORIGIN=https://app.example.com", &format!("MIANDENG_ORIGIN={origin}")),
        };
        // Apache's workers are somebody else.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("it is ours");
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
            Proxy::Haproxy => Ok(()),
            Proxy::Apache => fs::write(folder.join("apache2.conf"), APACHE2_CONF.replace("ADDRESS", &self.address)),
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
            Proxy::Haproxy => command.args(["-db", "-f", &in_folder("haproxy.cfg")]),
            // One process: what it starts would outlive it.
            Proxy::Apache => command.args(["-X", "-d", &in_folder(""), "-f", &in_folder("apache2.conf")]),
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
        Proxy::Nginx => "/usr/sbin/nginx",
        Proxy::Caddy => "caddy",
        Proxy::Haproxy => "/usr/sbin/haproxy",
        Proxy::Apache => "/usr/sbin/apache2",
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

/// What only Debian's service of HAProxy has.
const OF_HAPROXYS_SERVICE: &str = "\
    log /dev/log local0
    user haproxy                                # leave out these five lines where HAProxy runs without root
    group haproxy
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
";

/// What Debian's apache2.conf has around the sites. As root, Apache serves as somebody else.
const APACHE2_CONF: &str = "\
DefaultRuntimeDir .
PidFile apache2.pid
ErrorLog /dev/stderr
Listen ADDRESS
ServerName apache.invalid
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so
LoadModule reqtimeout_module /usr/lib/apache2/modules/mod_reqtimeout.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule lua_module /usr/lib/apache2/modules/mod_lua.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
ThreadsPerChild 25
<Directory />
    AllowOverride None
    Require all denied
</Directory>
Include app.example.com.conf
";

const CADDY_MAIN: &str = "\
{
	admin off
	auto_https off
}
import Caddyfile
";
