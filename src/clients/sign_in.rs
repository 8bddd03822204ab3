//! The way of a browser through the sign-in page and back to the request that an app has sent it with.

use crate::{
    config::{App, AppKind, Config},
    ids::CorpId,
    rules::Rules,
};

/// A request that leaves for the sign-in page.
pub struct Leaves<'a> {
    /// The corp of the person who is already signed in.
    pub corp_id: Option<CorpId>,
    /// Whom the app is for.
    pub rules: &'a Rules,
    pub ui_locales: Option<&'a str>,
    /// The request's own address, to which the page leads back.
    pub here: String,
}

/// The sign-in page's address. In the client nobody has to tap.
pub fn address(config: &Config, leaves: &Leaves<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if leaves.corp_id.is_some() {
        query.append_pair("again", "1");
    }
    let corp_id = leaves.corp_id.as_ref().map(CorpId::as_str).or(leaves.rules.corp_id());
    match app_of(config, corp_id) {
        Some(app) => {
            query.append_pair("corpid", app.corp_id.as_str()).append_pair("agentid", &app.agent_id);
        }
        None => {
            query.extend_pairs(corp_id.map(|corp_id| ("corpid", corp_id)));
        }
    }
    query.extend_pairs(leaves.ui_locales.map(|locales| ("ui_locales", locales)));
    query.append_pair("return_to", &leaves.here);
    format!("{}?{}", config.path("/"), query.finish())
}

/// Where several apps are configured, the one whose sign-in page leads to an app of another protocol: the first of the
/// organisation, and rather no service window.
fn app_of<'c>(config: &'c Config, corp_id: Option<&str>) -> Option<&'c App> {
    let fits = |app: &&App| corp_id.is_none_or(|id| app.corp_id.as_str() == id);
    let mut fitting: Vec<_> = config.apps.iter().filter(fits).collect();
    fitting.sort_by_key(|app| !matches!(app.kind, AppKind::MicroApp));
    fitting.first().copied().filter(|_| config.apps.len() > 1)
}
