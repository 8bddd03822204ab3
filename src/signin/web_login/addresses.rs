//! The addresses on the way through DingTalk's page (pure).

use crate::config::{App, Config};

/// Where a sign-in in an ordinary browser begins: a path without `base_path`. `None` without a client id, by which
/// alone DingTalk's page knows an app.
pub fn start(app: &App, return_to: Option<&str>) -> Option<String> {
    app.client_id()?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("corpid", app.corp_id.as_str()).append_pair("agentid", &app.agent_id);
    if let Some(return_to) = return_to.filter(|text| !text.is_empty()) {
        query.append_pair("return_to", return_to);
    }
    Some(format!("/login/dingtalk?{}", query.finish()))
}

/// Where DingTalk's page sends the browser back. Exactly this must be registered at DingTalk (重定向URL).
pub fn callback(config: &Config) -> String {
    format!("{}{}", config.public_url.origin(), config.path("/login/dingtalk/callback"))
}
