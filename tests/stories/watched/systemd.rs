//! What systemd is told (sd_notify(3)), by the program itself.

use std::{
    io::{self, ErrorKind},
    os::unix::net::UnixDatagram,
    time::Duration,
};

use nix::{sys::signal, unistd::Pid};

use crate::harness::{Server, Site, program};

/// systemd's end of the socket.
struct Systemd(UnixDatagram);

impl Systemd {
    fn listening(site: &Site) -> Self {
        let socket = UnixDatagram::bind(site.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(socket)
    }

    /// Skips the watchdog's.
    fn hears(&self) -> String {
        loop {
            let message = self.next().unwrap();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }

    fn next(&self) -> io::Result<String> {
        let mut bytes = [0; 4096];
        loop {
            match self.0.recv(&mut bytes) {
                Ok(length) => return Ok(String::from_utf8_lossy(&bytes[..length]).trim_end().to_owned()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

pub fn sends(server: &Server, signal: signal::Signal) {
    signal::kill(Pid::from_raw(server.pid().try_into().unwrap()), signal).unwrap();
}

#[tokio::test]
async fn systemd_hears_when_the_server_is_ready_and_when_it_stops() {
    let site = Site::new().await;
    let systemd = Systemd::listening(&site);
    let mut serve = program(site.path(), &["serve"]);
    serve.env("NOTIFY_SOCKET", site.path().join("notify"));
    let server = Server::spawn(serve).listens();
    assert_eq!(systemd.hears(), "READY=1");
    assert_eq!(reqwest::get(format!("{}/healthz", server.url())).await.unwrap().status(), 200, "it was not too early");
    sends(&server, signal::Signal::SIGTERM);
    assert_eq!(systemd.hears(), "STOPPING=1");
}

#[tokio::test]
async fn systemd_hears_when_the_settings_are_read_again_and_why_they_were_refused() {
    let site = Site::new().await;
    let systemd = Systemd::listening(&site);
    let mut serve = program(site.path(), &["serve"]);
    serve.env("NOTIFY_SOCKET", site.path().join("notify"));
    let server = Server::spawn(serve).listens();
    assert_eq!(systemd.hears(), "READY=1");
    let file = site.path().join("Rocket.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let wrong = good.replace("[default.miandeng]", "[default.miandeng]\nsession_idle = \"never\"");
    for (settings, status) in [(&good, "STATUS="), (&wrong, "STATUS=The settings were refused: miandeng.session_idle")]
    {
        std::fs::write(&file, settings).unwrap();
        sends(&server, signal::Signal::SIGHUP);
        let reloading = systemd.hears();
        let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("the time");
        assert!(time.parse::<u64>().is_ok(), "{reloading}");
        let ready = systemd.hears();
        assert!(ready.starts_with("READY=1") && ready.contains(status), "{ready}");
    }
}

#[tokio::test]
async fn the_watchdog_is_told_while_the_server_answers() {
    let site = Site::new().await;
    let systemd = Systemd::listening(&site);
    let mut serve = program(site.path(), &["serve"]);
    serve.env("NOTIFY_SOCKET", site.path().join("notify")).env("WATCHDOG_USEC", "1500000");
    let server = Server::spawn(serve).listens();
    assert_eq!(systemd.hears(), "READY=1");
    for _ in 0..2 {
        assert_eq!(systemd.next().unwrap(), "WATCHDOG=1");
    }
    let log = server.log();
    assert!(!log.iter().any(|line| line.contains("/healthz")), "{log:?}");
}
