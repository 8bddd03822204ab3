//! `Rocket.toml` as an operator writes it.

use super::{CLIENT_ID, CLIENT_SECRET, CORP};

/// The lines of each table, for a story to add to or replace.
pub struct Settings {
    pub server: String,
    pub database: String,
    pub miandeng: String,
    pub dingtalk: String,
    pub app: String,
}

impl Settings {
    /// The least, for a server on this port whose people see `public_url`.
    pub fn least(port: u16, public_url: &str, dingtalk: &str) -> Self {
        Self {
            server: format!("port = {port}"),
            database: "data.db".to_owned(),
            miandeng: format!("public_url = {public_url:?}"),
            dingtalk: format!(
                r#"
                oapi_url = "{dingtalk}"
                jsapi_url = "{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"
                timeout = "30s"
                "#
            ),
            app: "agent_id = \"100000001\"".to_owned(),
        }
    }

    pub fn text(&self) -> String {
        let Self { server, database, miandeng, dingtalk, app } = self;
        format!(
            r#"
            [default]
            {server}
            [default.databases.miandeng]
            url = "{database}"
            [default.miandeng]
            {miandeng}
            [default.miandeng.dingtalk]
            {dingtalk}
            [[default.miandeng.apps]]
            name = "oa"
            corp_id = "{CORP}"
            client_id = "{CLIENT_ID}"
            client_secret = "{CLIENT_SECRET}"
            {app}
            "#
        )
    }
}

pub fn least_settings(port: u16, public_url: &str, dingtalk: &str) -> String {
    Settings::least(port, public_url, dingtalk).text()
}
