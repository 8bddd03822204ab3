//! `SIGHUP`: the settings are read again while requests go on.
//!
//! Wrong settings change nothing: the server goes on with the old ones, and says why. What takes a restart is named in the
//! log and stays as it is.

use figment::Figment;
use rocket::{
    Orbit, Rocket, Shutdown, tokio,
    tokio::signal::unix::{SignalKind, signal},
};

#[cfg(target_os = "linux")]
use super::systemd;
use crate::{
    app::Reload,
    config::{self, Config, ConfigError},
};

/// Follows the server to its end. `started`: the settings that it was started with.
pub fn on_hangup(rocket: &Rocket<Orbit>, started: Figment) {
    let Some(reload) = rocket.state::<Reload>().cloned() else { return };
    let shutdown = rocket.shutdown();
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => return tracing::warn!(%error, "the settings cannot be read again by SIGHUP"),
    };
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            #[cfg(target_os = "linux")]
            systemd::reloading();
            let refused = once(&reload, &started, shutdown.clone()).await.err();
            if let Some(error) = &refused {
                tracing::error!("the settings were refused, and the old ones stay in force: {error}");
                reload.refused(&error.to_string()).await;
            }
            #[cfg(target_os = "linux")]
            systemd::reloaded(refused.map(|error| error.to_string()).as_deref());
        }
    });
}

async fn once(reload: &Reload, started: &Figment, shutdown: Shutdown) -> anyhow::Result<()> {
    let figment = super::figment()?;
    let config = read(&figment)?;
    let (config, kept) = match reload.config() {
        Some(running) => keeping(config, &running),
        None => (config, Vec::new()),
    };
    let takes_restart = config::takes_restart(started, &figment).into_iter().chain(kept);
    reload.put(config, shutdown).await?;
    for key in takes_restart {
        tracing::warn!(key, "a setting has changed that takes a restart");
    }
    tracing::info!("the settings were read again and are in force");
    Ok(())
}

/// As a start reads them.
fn read(figment: &Figment) -> Result<Config, ConfigError> {
    config::database_url(figment)?;
    figment.extract::<rocket::Config>().map_err(|error| ConfigError::parsing("", error))?;
    Config::from_figment(figment)
}

fn keeping(mut config: Config, running: &Config) -> (Config, Vec<&'static str>) {
    let kept = config.keep_mounts(running);
    (config, kept)
}
