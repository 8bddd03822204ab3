//! What is made of the settings, at the start and again at each reload; and what outlives a reload.

use std::{sync::Arc, time::Duration};

use super::jobs::jobs as jobs_of;
use crate::{
    audit::Refusals,
    cas::{self, CasServer},
    clients::backchannel::{BackChannel, Caller, Words},
    clock::Clock,
    config::Config,
    credentials::CredentialTable,
    db::Pools,
    dingtalk::{ClientError, Dingtalk, events::BadKey},
    directory::{AskedSyncs, Directory},
    forward_auth::signed_identity::{self, SignedIdentity},
    jobs::Jobs,
    jsapi::script::Script,
    metrics::Metrics,
    oidc::{self, Provider},
    sessions::{self, Policy, SessionCache},
    signing_keys::{KeyError, SigningKeys},
    web::in_force::Settled,
};

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// The operator's copy of DingTalk's script is gone since the settings were checked.
    #[error("miandeng.dingtalk.jsapi_file cannot be read: {0}")]
    Script(#[source] std::io::Error),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("event_aes_key {0}")]
    EventKey(#[from] BadKey),
}

/// What a server has from its start to its end, whatever its settings.
pub(super) struct Kept {
    pub pools: Pools,
    pub clock: Clock,
    pub activity: sessions::Activity,
    pub writer: Arc<sessions::Writer>,
    pub refusals: Arc<Refusals>,
    pub asked: Arc<AskedSyncs>,
    pub metrics: Arc<Metrics>,
    pub oidc: Arc<oidc::Kept>,
    pub cas: Arc<cas::Kept>,
}

impl Kept {
    /// `server_key` is this deployment's own.
    pub fn new(pools: Pools, clock: Clock, server_key: &[u8; 32]) -> Self {
        let (activity, writer) = sessions::activity(pools.clone());
        let refusals = Arc::new(Refusals::new(clock.clone()));
        let asked = AskedSyncs::new(pools.clone(), clock.clone());
        let oidc = Arc::new(oidc::Kept::new(server_key, pools.clone(), clock.clone(), Arc::clone(&refusals)));
        let cas = Arc::new(cas::Kept::new(server_key, pools.clone(), clock.clone(), Arc::clone(&refusals)));
        Self { pools, clock, activity, writer, refusals, asked, metrics: Arc::default(), oidc, cas }
    }

    /// Syncs that administrators ask for go by the apps that are in force.
    pub fn follow(&self, settled: &Settled) {
        if let Some(dingtalk) = settled.part::<Dingtalk>() {
            self.asked.follow(dingtalk.clone());
        }
    }
}

/// Makes everything that follows from the settings, and starts nothing yet. What is remembered of sessions is not taken
/// along: it was judged by other settings.
pub(super) async fn settle(kept: &Kept, config: Config) -> Result<Settled, BuildError> {
    let Kept { pools, clock, .. } = kept;
    let sessions = SessionCache::new(pools.clone(), Policy::of(&config), kept.activity.clone()).await?;
    let algorithms = config.signed_identity.then_some(signed_identity::ALGORITHM);
    let algorithms = algorithms.into_iter().chain(Provider::algorithms(&config.clients));
    let keys = SigningKeys::open(pools, clock, algorithms).await?;
    let signed_identity = config.signed_identity.then(|| SignedIdentity::new(&config, keys.clone(), clock));
    let store = Arc::new(CredentialTable(pools.clone()));
    let dingtalk = Dingtalk::new(&config, store, clock, &kept.metrics.calls)?;
    let directory = Directory::new(&config, pools.clone(), dingtalk.clone(), clock.clone())?;
    let provider = Provider::new(&config, Arc::clone(&kept.oidc), keys.clone());
    let jobs = jobs_of(kept, &config, &dingtalk, &directory);
    let caller = Caller::new().map_err(ClientError::Http)?;
    let cas = CasServer::new(&config, Arc::clone(&kept.cas));
    let jobs = provider.back_channels(&caller).into_iter().fold(jobs, told_each_second);
    let jobs = Arc::new(cas.back_channels(&caller).into_iter().fold(jobs, told_each_second));
    let script = config.dingtalk.jsapi_file.as_deref().map(Script::read).transpose().map_err(BuildError::Script)?;
    let settled = Settled::new(config)
        .with(sessions)
        .with(dingtalk)
        .with(directory)
        .with(keys)
        .with(provider)
        .with(cas)
        .with(jobs);
    let settled = match signed_identity {
        Some(signed_identity) => settled.with(signed_identity),
        None => settled,
    };
    Ok(match script {
        Some(script) => settled.with(script),
        None => settled,
    })
}

fn told_each_second<W: Words>(jobs: Jobs, app: Arc<BackChannel<W>>) -> Jobs {
    jobs.every(Duration::from_secs(1), app.name(), move || Arc::clone(&app).run())
}
