//! Apache with mod_auth_openidc, as Debian has it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};
use rocket::tokio;
use tempfile::TempDir;

use super::Deployment;
use crate::{
    harness::{free_port, until},
    operator::signs_in,
};

/// Killed when dropped.
struct Apache {
    url: String,
    child: Child,
    _folder: TempDir,
}

fn module(name: &str) -> PathBuf {
    let folders = ["/usr/lib/apache2/modules".to_owned(), std::env::var("MIANDENG_APACHE_MODULES").unwrap_or_default()];
    let paths = folders.iter().map(|folder| PathBuf::from(folder).join(name));
    paths.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("Apache has no {name}"))
}

impl Apache {
    fn start(port: u16, issuer: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        // Apache's workers are another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("index.html"), "").unwrap();
        let modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "unixd", "dir", "headers"];
        let mut settings: String = modules
            .iter()
            .filter_map(|name| {
                let path = PathBuf::from(format!("/usr/lib/apache2/modules/mod_{name}.so"));
                path.exists().then(|| format!("LoadModule {name}_module {}\n", path.display()))
            })
            .collect();
        settings.push_str(&format!(
            "LoadModule auth_openidc_module {}\nServerName 127.0.0.1\nUser www-data\nGroup www-data\nListen 127.0.0.1:{port}\nPidFile {root}/pid\n\
             ErrorLog {root}/error.log\nDocumentRoot {root}\nDefaultRuntimeDir {root}\n\
             OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\nOIDCClientID apache\n\
             OIDCClientSecret apache-secret\nOIDCRedirectURI http://127.0.0.1:{port}/callback\nOIDCCryptoPassphrase x\n\
             OIDCScope \"openid profile groups\"\nOIDCPKCEMethod S256\nOIDCRemoteUserClaim preferred_username\n\
             OIDCUserInfoRefreshInterval 1\nOIDCSSLValidateServer Off\n\
             <Location />\nAuthType openid-connect\nRequire valid-user\n\
             Header always set X-Who expr=%{{REMOTE_USER}}\n</Location>\n",
            module("mod_auth_openidc.so").display()
        ));
        let file = folder.path().join("httpd.conf");
        fs::write(&file, settings).unwrap();
        let mut command = Command::new("/usr/sbin/apache2");
        command.arg("-f").arg(&file).arg("-DFOREGROUND").stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("Apache runs");
        Self { url: format!("http://127.0.0.1:{port}"), child, _folder: folder }
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs Apache with mod_auth_openidc; CI runs it"]
async fn apache_lets_in_whom_we_vouch_for() {
    let port = free_port();
    let clients = format!(
        "[[default.miandeng.clients]]\nname = \"Apache\"\nclient_id = \"apache\"\nclient_secret = \"apache-secret\"\n\
         redirect_uris = [\"http://127.0.0.1:{port}/callback\"]\n\
         backchannel_logout_uri = \"http://127.0.0.1:{port}/callback?logout=backchannel\"\n"
    );
    let deployment = Deployment::start(&clients).await;
    let apache = Apache::start(port, &deployment.url);
    until("Apache listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let browser = Client::builder().redirect(Policy::none()).cookie_store(true).no_proxy().build().unwrap();
    let (status, person) = signs_in(&browser, &deployment.url, &deployment.dingtalk).await;
    assert_eq!(status, 200, "{person}");
    let mut there = format!("{}/", apache.url);
    for _ in 0..8 {
        let answer = browser.get(&there).send().await.unwrap();
        let Some(location) = answer.headers().get("location") else {
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["x-who"], "zhangsan");
            break;
        };
        there = location.to_str().unwrap().to_owned();
    }
    deployment.disables("zhangsan");
    until("Apache has heard that the session is over", async || {
        browser.get(format!("{}/", apache.url)).send().await.unwrap().status() != 200
    })
    .await;
}
