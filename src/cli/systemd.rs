//! What systemd hears of the server (sd_notify(3)): that it is ready, that it still answers, that it reads
//! its settings again, and that it stops.
//!
//! Without systemd nobody listens, and nothing is sent.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use rocket::{
    Orbit, Rocket, tokio,
    tokio::time::{MissedTickBehavior, interval, timeout},
};
use sd_notify::NotifyState;

use crate::{config::Config, db::Pools, health::WATCHDOG, web::in_force::Current};

/// Says that requests are answered from now on, and follows the server to its end.
pub fn follow(rocket: &Rocket<Orbit>, pools: Pools) {
    tell(&[NotifyState::Ready]);
    let stopping = rocket.shutdown();
    tokio::spawn(async move {
        stopping.await;
        tell(&[NotifyState::Stopping]);
    });
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let settled = rocket.state::<Current>().map(Current::now);
    let base = settled.as_ref().and_then(|settled| settled.part()).map_or("", |config: &Config| &config.base_path);
    let config = rocket.config();
    let scheme = if config.tls_enabled() { "https" } else { "http" };
    let address = SocketAddr::new(within_reach(config.address), config.port);
    let watch = Watch { url: format!("{scheme}://{address}{base}/healthz"), pools, every: patience / 3 };
    tokio::spawn(watch.run());
}

/// Says that the settings are read again (`Type=notify-reload` wants the time).
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Says that this is done, and why the settings were refused if they were: `systemctl status` shows it.
pub fn reloaded(refused: Option<&str>) {
    let status = refused.map_or_else(String::new, |why| format!("The settings were refused: {why}"));
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told how the server is");
    }
}

/// Where this machine reaches a server that listens on every address.
fn within_reach(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    }
}

/// Tells the watchdog again and again that the server is well, for as long as it is. systemd starts a server anew that
/// has been silent for too long.
struct Watch {
    url: String,
    pools: Pools,
    every: Duration,
}

impl Watch {
    async fn run(self) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match timeout(self.every, self.check()).await {
                Ok(Ok(())) => tell(&[NotifyState::Watchdog]),
                Ok(Err(error)) => tracing::warn!(%error, "the server is not well; the watchdog is not told anything"),
                Err(_) => tracing::warn!("the server does not answer in time; the watchdog is not told anything"),
            }
        }
    }

    /// Asks as a client asks, by the network, and reads the database. A file that cannot be written is no reason to start
    /// anew: a full disk stays full, and whoever holds the lock goes on holding it.
    async fn check(&self) -> anyhow::Result<()> {
        // Our own certificate is made out to another name than this address.
        let client =
            reqwest::Client::builder().no_proxy().user_agent(WATCHDOG).tls_danger_accept_invalid_certs(true).build()?;
        client.get(&self.url).send().await?.error_for_status()?;
        self.pools.check_read().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::db::open_temporary;

    /// A server that gives one answer to everybody.
    async fn answering(status: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
            }
        });
        format!("http://{address}/healthz")
    }

    #[tokio::test]
    async fn a_server_is_well_that_answers_and_reads_its_database() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (_folder, pools) = open_temporary().await;
        let watch = async |url: String| Watch { url, pools: pools.clone(), every: Duration::MAX }.check().await.is_ok();
        let good = answering("200 OK").await;
        assert!(watch(good.clone()).await);
        assert!(!watch(answering("503 Service Unavailable").await).await);
        assert!(!watch("http://127.0.0.1:1/healthz".into()).await, "nobody listens");
        pools.close().await;
        assert!(!watch(good).await, "without a database");
    }
}
