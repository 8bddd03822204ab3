//! Real libraries and programs that sign people in by OpenID Connect and CAS, against the real program and the simulator. They share
//! no code with us, so where we misread a standard, they fail.
//!
//! ```sh
//! npm ci --prefix tests/clients
//! pip install --target target/tools/python authlib requests 'django-allauth[socialaccount]' jupyterhub oauthenticator
//! apt-get install apache2 libapache2-mod-auth-openidc libapache2-mod-auth-cas
//! cargo test --test stories clients -- --ignored
//! ```

mod apache;
mod in_browser;

use std::{path::Path, process::Command};

use rocket::tokio;

use crate::harness::{Server, Settings, free_port, prepare, program, text};

/// A server with these apps, and a DingTalk whose phone 张三 holds.
pub struct Deployment {
    pub url: String,
    pub dingtalk: String,
    folder: tempfile::TempDir,
    _server: Server,
    _simulator: Server,
}

impl Deployment {
    /// `clients`: sections of the settings.
    pub async fn start(clients: &str) -> Self {
        prepare();
        let folder = tempfile::tempdir().unwrap();
        let (port, dingtalk_port) = (free_port(), free_port());
        let (url, dingtalk) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{dingtalk_port}"));
        let mut settings = Settings::least(port, &url, &dingtalk);
        settings.app.push_str(&format!("\nevents = \"off\"\n{clients}"));
        std::fs::write(folder.path().join("Rocket.toml"), settings.text()).unwrap();
        let command = ["simulator", "--port", &dingtalk_port.to_string()];
        let simulator = Server::spawn(program(folder.path(), &command));
        simulator.says("oapi_url");
        let add = ["users", "add", "zhangsan", "--name", "张三", "--department", "研发部/后端组"];
        let added = program(folder.path(), &add).output().unwrap();
        assert!(added.status.success(), "{}", text(&added.stderr));
        let hold = reqwest::Client::builder().no_proxy().build().unwrap().post(format!("{dingtalk}/_simulator/hold"));
        hold.json(&serde_json::json!({"userid": "zhangsan"})).send().await.unwrap().error_for_status().unwrap();
        let server = Server::spawn(program(folder.path(), &["serve"]));
        server.says("miandeng is listening");
        Self { url, dingtalk, folder, _server: server, _simulator: simulator }
    }

    pub fn disables(&self, userid: &str) {
        let done = program(self.folder.path(), &["users", "disable", userid]).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
}

const CLIENTS: &str = r#"
[[default.miandeng.clients]]
name = "Node"
client_id = "node"
client_secret = "node-secret-%+:x"
redirect_uris = ["https://node.example.com/callback"]
post_logout_redirect_uris = ["https://node.example.com/bye"]
signing_alg = "ES256"
[[default.miandeng.clients]]
name = "Node without a secret"
client_id = "node-public"
redirect_uris = ["https://node.example.com/callback"]
post_logout_redirect_uris = ["https://node.example.com/bye"]
signing_alg = "EdDSA"
[[default.miandeng.clients]]
name = "Python"
client_id = "python"
client_secret = "python-secret"
redirect_uris = ["https://python.example.com/callback"]
"#;

async fn runs(program: &str, script: &str, says: &str) {
    let deployment = Deployment::start(CLIENTS).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut command = Command::new(program);
    command.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python"));
    command.arg(folder.join(script)).args([&deployment.url, &deployment.dingtalk]).current_dir(folder);
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), says);
}

#[tokio::test]
#[ignore = "needs Node.js and openid-client; CI runs it"]
async fn openid_client_of_node_signs_an_employee_in() {
    runs("node", "openid_client.mjs", "openid-client: ok").await;
}

#[tokio::test]
#[ignore = "needs Python and Authlib; CI runs it"]
async fn authlib_of_python_signs_an_employee_in() {
    runs("python3", "authlib_client.py", "Authlib: ok").await;
}
