//! Whole sites in Python, opened in Chromium as from the workbench: JupyterHub with oauthenticator, Django with
//! django-allauth.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rocket::tokio::{self, net::TcpStream};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Deployment;
use crate::{
    browser::{Client, Look, Platform, Window},
    harness::{free_port, until},
};

/// Killed when dropped.
struct Site {
    url: String,
    child: Child,
    _folder: TempDir,
}

impl Site {
    async fn start(port: u16, issuer: &str, arguments: impl Fn(&mut Command, &Path)) -> Self {
        let url = format!("http://127.0.0.1:{port}");
        let folder = tempfile::tempdir().unwrap();
        let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python");
        let mut command = Command::new("python3");
        command.current_dir(&folder).env("PYTHONPATH", packages).env("ISSUER", issuer).env("HERE", &url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        arguments(&mut command, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients"));
        let mut child = command.spawn().expect("python3");
        until("the site listens", async || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("{command:?} ended with {status}: is it installed? .ci/run says what is needed");
            }
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Self { url, child, _folder: folder }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(id: &str, callback: &str) -> String {
    format!(
        "[[default.miandeng.clients]]\nname = {id:?}\nclient_id = {id:?}\nclient_secret = \"{id}-secret\"\n\
         redirect_uris = [{callback:?}]\n"
    )
}

async fn opens(deployment: &Deployment, url: &str) -> Window {
    let look = Look { client: Some(Client::of(Platform::Pc)), ..Look::default() };
    let window = Window::beside(&deployment.dingtalk, look).await;
    window.open(url).await;
    window
}

/// Opens the site again until it leads to our page, which lets nobody in who is disabled.
async fn is_out(window: Window, deployment: &Deployment, url: &str) {
    until("the site lets nobody in any more", async || {
        window.open(url).await;
        window.until("document.readyState === 'complete'").await;
        window.run("location.origin").await == json!(deployment.url)
    })
    .await;
    window.until("document.body.innerText.includes('您的账号已停用')").await;
    window.shut().await;
}

#[tokio::test]
#[ignore = "needs Chromium, Python, JupyterHub and oauthenticator; CI runs it"]
async fn jupyterhub_lets_an_employee_in_without_a_tap_and_loses_whoever_is_disabled() {
    let port = free_port();
    let client = client("jupyterhub", &format!("http://127.0.0.1:{port}/hub/oauth_callback"));
    let deployment = Deployment::start(&client).await;
    let hub = Site::start(port, &deployment.url, |command, files| {
        let settings: PathBuf = files.join("jupyterhub_config.py");
        command.env("JUPYTERHUB_CRYPT_KEY", "0".repeat(64)).args(["-m", "jupyterhub", "-f"]).arg(settings);
    })
    .await;
    let window = opens(&deployment, &format!("{}/hub/home", hub.url)).await;
    window.until("location.pathname === '/hub/home' && document.querySelector('#start, #logout')").await;
    let person =
        reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}/hub/api/users/zhangsan", hub.url));
    let person = person.header("Authorization", "token story-token").send().await.unwrap();
    let person: Value = person.json().await.unwrap();
    assert_eq!(person["groups"], json!(["研发部/后端组"]), "{person}");
    deployment.disables("zhangsan");
    is_out(window, &deployment, &format!("{}/hub/home", hub.url)).await;
}

#[tokio::test]
#[ignore = "needs Chromium, Python and django-allauth; CI runs it"]
async fn django_allauth_lets_an_employee_in_without_a_tap_and_loses_whoever_is_disabled() {
    let port = free_port();
    let client = client("allauth", &format!("http://127.0.0.1:{port}/accounts/oidc/miandeng/login/callback/"));
    let deployment = Deployment::start(&client).await;
    let site = Site::start(port, &deployment.url, |command, files| {
        command.arg(files.join("allauth_app.py")).arg(format!("127.0.0.1:{port}"));
    })
    .await;
    let window = opens(&deployment, &format!("{}/", site.url)).await;
    window.until("document.body.innerText === 'zhangsan 张三: 研发部/后端组'").await;
    deployment.disables("zhangsan");
    is_out(window, &deployment, &format!("{}/", site.url)).await;
}
