//! `miandeng serve`: the server.

use anyhow::Context;
use figment::Figment;
use rocket::{Build, Ignite, Orbit, Rocket, fairing::AdHoc};

#[cfg(target_os = "linux")]
use super::systemd;
use super::{Deployment, logging, terminal::text};
use crate::{
    app,
    audit::{Actor, Entry, Event},
    clock::Clock,
    config::{self, Config, ConfigError, Proxies},
    db::{self, Pools},
    i18n::{Locale, io::IoFailure},
    setup::console,
};
#[cfg(unix)]
use crate::{cli::open_files, web::slow_clients::SlowClients};

pub async fn run() -> anyhow::Result<()> {
    let _log = logging::start();
    let Deployment { config, pools, clock } = match Deployment::open().await {
        Ok(deployment) => deployment,
        Err(error) => {
            note_refused(&error).await;
            return Err(error);
        }
    };
    let proxies = Proxies::of_environment();
    let behind = |(key, address): (_, &str)| Some((key, address.to_owned(), proxies.before(address)?));
    let proxied: Vec<_> = config.dingtalk.called().into_iter().filter_map(behind).collect();
    let addresses = console::addresses(&config);
    let figment = super::figment()?;
    let started = figment.clone();
    let server = ignite(figment, config, pools.clone(), clock, |server| reloading(server, started)).await?;
    for (key, address, proxy) in proxied {
        tracing::info!("{key} {address} goes through the proxy {proxy}, which the environment names");
    }
    for console::Addresses { app, home_page, redirect_url } in addresses {
        tracing::info!(app, home_page, redirect_url, "DingTalk's console must have these addresses");
    }
    let stopped = server.launch().await;
    // After the last request was answered, whatever made the server stop.
    pools.close().await;
    stopped.map(drop).map_err(|error| explained(&error))
}

/// A start that wrong settings stop has a row in the trail, if there is a database to write to. Whatever goes wrong with
/// that is not worth a word beside the reason of the stop.
async fn note_refused(error: &anyhow::Error) {
    let Some(reason) = error.downcast_ref::<ConfigError>() else { return };
    let url = super::figment().ok().and_then(|figment| config::database_url(&figment).ok());
    let Some(url) = url else { return };
    let entry = Entry::new(Event::SettingsRefused, Actor::System, &Clock::system()).with("error", reason.to_string());
    let opened = match (db::is_server(&url), db::file_of(&url)) {
        (true, _) => db::connect_to_server(&url).await,
        (false, Ok(file)) => db::connect_to(&file).await,
        (false, Err(_)) => return,
    };
    let Ok(mut db) = opened else { return };
    let _ = entry.write_if_there(&mut db).await;
    let _ = db.close().await;
}

#[cfg(unix)]
fn reloading(server: Rocket<Build>, started: Figment) -> Rocket<Build> {
    server.attach(AdHoc::on_liftoff("reload", |rocket| {
        super::reload::on_hangup(rocket, started);
        Box::pin(std::future::ready(()))
    }))
}

#[cfg(not(unix))]
fn reloading(server: Rocket<Build>, _: Figment) -> Rocket<Build> {
    server
}

/// Builds and checks a server without starting it; `further` attaches what only this one has.
pub(super) async fn ignite(
    figment: Figment,
    config: Config,
    pools: Pools,
    clock: Clock,
    further: impl FnOnce(Rocket<Build>) -> Rocket<Build>,
) -> anyhow::Result<Rocket<Ignite>> {
    figment.extract::<rocket::Config>().map_err(|error| ConfigError::parsing("", error))?;
    let server = app::build(figment, config, pools.clone(), clock.clone()).await?;
    // Before the server says that it listens: from then on SIGHUP ends nothing.
    let server = further(server).attach(AdHoc::on_liftoff("listening", |rocket| {
        Box::pin(async move {
            listening(rocket);
            #[cfg(target_os = "linux")]
            systemd::follow(rocket, pools);
        })
    }));
    #[cfg(unix)]
    let server = {
        open_files::allow_many();
        server.attach(SlowClients::new(clock))
    };
    server
        .ignite()
        .await
        .map_err(|error| explained(&error))
        .with_context(|| text!("the server cannot start", "服务器无法启动"))
}

/// Says so once requests are answered; with port 0, the port is known only now.
fn listening(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        address = %std::net::SocketAddr::new(config.address, config.port),
        tls = config.tls_enabled(),
        "miandeng is listening"
    );
}

/// Rocket's reasons in one line. Looking at the error also keeps Rocket from panicking when it is dropped.
pub(super) fn explained(error: &rocket::Error) -> anyhow::Error {
    use rocket::error::ErrorKind;

    match error.kind() {
        ErrorKind::Bind(error) => {
            let chinese = IoFailure::from(error).text(Locale::ZhCn);
            anyhow::anyhow!(text!(
                "cannot listen on the address: {error}; is another server running there?",
                "无法监听这个地址：{chinese}；那里是否已有另一个服务器在运行？"
            ))
        }
        other => anyhow::anyhow!("{other}"),
    }
}
