//! The simulator's own Rocket, beside whatever other Rocket the process runs.

use std::{io, net::IpAddr};

use rocket::{
    Config, Shutdown,
    config::{Ident, LogLevel, Shutdown as ShutdownConfig},
    fairing::AdHoc,
    shield::{Frame, Shield},
    tokio::{sync::oneshot, task::JoinHandle},
};

use super::{Simulator, control, events, home, platform::Platform};

/// A simulator that listens. Dropping it asks it to stop, without waiting.
#[derive(Debug)]
pub struct Running {
    url: String,
    shutdown: Shutdown,
    task: Option<JoinHandle<()>>,
    gateway: JoinHandle<()>,
}

impl Running {
    /// `http://127.0.0.1:PORT`: what every DingTalk address is to be set to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it, and returns when its port is free again.
    pub async fn stop(mut self) {
        self.shutdown.clone().notify();
        if let Some(task) = self.task.take() {
            // It panicked or was cancelled: stopped all the same.
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        self.gateway.abort();
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    #[error("the simulator hands out codes for anybody, so it listens on loopback only, not on {0}")]
    NotLoopback(IpAddr),
    #[error("cannot assemble the simulator: {0}")]
    NotAssembled(String),
    #[error("cannot listen on {address}, port {port}: {why}")]
    NotListening { address: IpAddr, port: u16, kind: io::ErrorKind, why: String },
}

pub async fn start(simulator: Simulator, address: IpAddr, port: u16) -> Result<Running, NotStarted> {
    if !address.is_loopback() {
        return Err(NotStarted::NotLoopback(address));
    }
    let gateway = events::listen(simulator.clone(), address).await.map_err(|error| NotStarted::NotListening {
        address,
        port: 0,
        kind: error.kind(),
        why: error.to_string(),
    })?;
    let (bound, listening) = oneshot::channel();
    let rocket = rocket::custom(config(address, port))
        .manage(simulator.clone())
        .mount("/", home::routes())
        .mount("/", control::routes())
        .mount("/", events::routes())
        .mount("/", Platform::routes(simulator))
        // The pages say themselves who may frame them: DingTalk's sign-in page is framed by others.
        .attach(Shield::default().disable::<Frame>())
        .attach(AdHoc::on_liftoff("the simulator's port", move |rocket| {
            Box::pin(async move {
                // The caller of `start` may have given up; nothing is lost then.
                let _ = bound.send(rocket.config().port);
            })
        }))
        .ignite()
        .await
        .map_err(|error| NotStarted::NotAssembled(error.to_string()))?;
    let shutdown = rocket.shutdown();
    let (failed, failure) = oneshot::channel();
    let task = rocket::tokio::spawn(async move {
        if let Err(error) = rocket.launch().await {
            // Rocket's errors panic when dropped unread.
            let kind = match error.kind() {
                rocket::error::ErrorKind::Bind(error) => error.kind(),
                _ => io::ErrorKind::Other,
            };
            let _ = failed.send((kind, error.to_string()));
        }
    });
    let Ok(port) = listening.await else {
        let (kind, why) = failure.await.unwrap_or_else(|_| (io::ErrorKind::Other, "it ended at once".into()));
        return Err(NotStarted::NotListening { address, port, kind, why });
    };
    let url = if address.is_ipv6() { format!("http://[{address}]:{port}") } else { format!("http://{address}:{port}") };
    Ok(Running { url, shutdown, task: Some(task), gateway })
}

/// Built by hand: Rocket.toml and the ROCKET_ variables are the real server's.
fn config(address: IpAddr, port: u16) -> Config {
    // It holds nothing worth finishing, and a simulated hang never would.
    let shutdown =
        ShutdownConfig { ctrlc: false, signals: Default::default(), grace: 0, mercy: 0, ..ShutdownConfig::default() };
    Config {
        address,
        port,
        shutdown,
        ident: Ident::none(),
        log_level: LogLevel::Off,
        cli_colors: false,
        ..Config::release_default()
    }
}
