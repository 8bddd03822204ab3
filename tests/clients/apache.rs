//! Apache with mod_auth_openidc and with mod_auth_cas, as Debian has them.

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
    /// `login`: a module, and its directives; `at`: those for the location that it guards. `{root}` is a folder that Apache may write to.
    fn start(port: u16, login: &str, directives: &str, at: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        // Apache's workers are another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("index.html"), "").unwrap();
        fs::create_dir(folder.path().join("sessions")).unwrap();
        fs::set_permissions(folder.path().join("sessions"), fs::Permissions::from_mode(0o777)).unwrap();
        let modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "unixd", "dir", "headers"];
        let mut settings: String = modules
            .iter()
            .filter_map(|name| {
                let path = PathBuf::from(format!("/usr/lib/apache2/modules/mod_{name}.so"));
                path.exists().then(|| format!("LoadModule {name}_module {}\n", path.display()))
            })
            .collect();
        settings.push_str(&format!(
            "LoadModule {login}_module {}\nServerName 127.0.0.1\nUser www-data\nGroup www-data\nListen 127.0.0.1:{port}\nPidFile {root}/pid\n\
             ErrorLog {root}/error.log\nDocumentRoot {root}\nDefaultRuntimeDir {root}\n\
             {directives}\n<Location />\n{at}\nHeader always set X-Who expr=%{{REMOTE_USER}}\n</Location>\n",
            module(&format!("mod_{login}.so")).display(),
            directives = directives.replace("{root}", &root),
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
    let directives = format!(
        "OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\nOIDCClientID apache\n\
         OIDCClientSecret apache-secret\nOIDCRedirectURI http://127.0.0.1:{port}/callback\nOIDCCryptoPassphrase x\n\
         OIDCScope \"openid profile groups\"\nOIDCPKCEMethod S256\nOIDCRemoteUserClaim preferred_username\n\
         OIDCUserInfoRefreshInterval 1\nOIDCSSLValidateServer Off",
        issuer = deployment.url,
    );
    let apache = Apache::start(port, "auth_openidc", &directives, "AuthType openid-connect\nRequire valid-user");
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

/// The next address, or none where there is a page.
async fn opens(browser: &Client, address: &str) -> (u16, Option<String>, reqwest::header::HeaderMap) {
    let answer = browser.get(address).send().await.unwrap();
    let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    (answer.status().as_u16(), location, answer.headers().clone())
}

#[tokio::test]
#[ignore = "needs Apache with mod_auth_cas; CI runs it"]
async fn apache_lets_in_whom_we_vouch_for_by_cas() {
    let port = free_port();
    let clients = format!(
        "[[default.miandeng.clients]]\nname = \"Apache\"\nprotocol = \"cas\"\n\
         service_urls = [\"http://127.0.0.1:{port}/\"]\n"
    );
    let deployment = Deployment::start(&clients).await;
    let directives = format!(
        "CASVersion 2\nCASLoginURL {server}/cas/login\nCASValidateURL {server}/cas/p3/serviceValidate\n\
         CASCookiePath {{root}}/sessions/\nCASSSOEnabled On",
        server = deployment.url,
    );
    let at = "AuthType CAS\nCASAuthNHeader CAS-User\nCASScrubRequestHeaders On\nRequire cas-attribute department:研发部/后端组\n\
              Header always set X-Departments expr=%{req:CAS-department}\nHeader always set X-Name expr=%{req:CAS-name}";
    let apache = Apache::start(port, "auth_cas", &directives, at);
    until("Apache listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let browser = Client::builder().redirect(Policy::none()).cookie_store(true).no_proxy().build().unwrap();
    let page = format!("{}/?q=%E9%92%89&x=a%20b", apache.url);
    let login = opens(&browser, &page).await.1.unwrap();
    assert!(login.starts_with(&format!("{}/cas/login?service=", deployment.url)), "{login}");
    let sign_in = opens(&browser, &login).await.1.unwrap();
    let sign_in = url::Url::parse(&format!("{}{sign_in}", deployment.url)).unwrap();
    let return_to = sign_in.query_pairs().find(|(name, _)| name == "return_to").unwrap().1.into_owned();
    let (status, person) = signs_in(&browser, &deployment.url, &deployment.dingtalk).await;
    assert_eq!(status, 200, "{person}");
    let (_, with_ticket, _) = opens(&browser, &format!("{}{return_to}", deployment.url)).await;
    let (_, without, _) = opens(&browser, &with_ticket.unwrap()).await;
    assert_eq!(without.as_ref(), Some(&page), "mod_auth_cas hides the ticket");
    let (status, _, headers) = opens(&browser, &page).await;
    assert_eq!((status, &headers["x-who"]), (200, &"zhangsan".parse().unwrap()));
    assert_eq!(headers["x-departments"].as_bytes(), "研发部/后端组".as_bytes());
    assert_eq!(headers["x-name"].as_bytes(), "张三".as_bytes());
    deployment.disables("zhangsan");
    until("Apache has heard that the session is over", async || opens(&browser, &page).await.0 != 200).await;
    let login = opens(&browser, &page).await.1.unwrap();
    let (_, sign_in, _) = opens(&browser, &login).await;
    assert!(!sign_in.unwrap().contains("ticket="), "nor is there another ticket");
}
