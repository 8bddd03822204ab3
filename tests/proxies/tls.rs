//! What recipes say of TLS, HTTP/2 and compression, as a browser meets it. Needs curl and openssl.

use std::{fs, path::Path};

use tokio::process::Command;

use super::{
    recipe::{Proxy, Recipe},
    site::Site,
};
use crate::harness::CORP;

async fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().await;
    let output = output.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn certify(folder: &Path) -> [String; 2] {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.join(name).display().to_string());
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let about = ["-subj", "/CN=app.example.com", "-keyout", &key, "-out", &certificate];
    output("openssl", &[&new[..], &about].concat()).await;
    [key, certificate]
}

#[tokio::test]
#[ignore = "needs nginx, curl and openssl; CI runs it"]
async fn nginx_speaks_http2_takes_up_earlier_tls_sessions_and_passes_compressed_pages_on() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with(Recipe::of(Proxy::Nginx).with_tls(certify(folder.path()).await)).await;
    let address = &site.proxy.address;
    let (host, port) = address.split_once(':').unwrap();

    let body = folder.path().join("body").display().to_string();
    let page = async |path: &str, headers: &[&str]| {
        let resolve = format!("app.example.com:{port}:{host}");
        let url = format!("https://app.example.com:{port}{path}");
        let asked = ["-sk", "--http2", "--resolve", &resolve, "-D", "-", "-o", &body, &url];
        output("curl", &[&asked[..], headers].concat()).await
    };
    let sign_in = page(&format!("/_signin/?corpid={CORP}"), &["-H", "Accept-Encoding: gzip"]).await;
    assert!(sign_in.starts_with("HTTP/2 200") && sign_in.contains("content-encoding: gzip"), "{sign_in}");
    assert_eq!(fs::read(&body).unwrap()[..2], [0x1f, 0x8b]);
    // Nobody is let in who is not signed in, whatever the headers' names are like.
    for forged in ["Remote-User: boss", "remote_user: boss", "Remote.User: boss", "Upgrade: h2c"] {
        let refused = page("/", &["-H", forged]).await;
        assert!(refused.starts_with("HTTP/2 401"), "{forged}: {refused}");
    }

    for version in ["-tls1_2", "-tls1_3"] {
        let kept = folder.path().join("session").display().to_string();
        let to = ["s_client", "-connect", address, "-servername", "app.example.com", "-ign_eof", version];
        let first = hangs_up(&[&to[..], &["-sess_out", &kept]].concat()).await;
        assert!(first.contains("New, TLSv1"), "{first}");
        let again = hangs_up(&[&to[..], &["-sess_in", &kept]].concat()).await;
        assert!(again.contains("Reused, TLSv1"), "{version}: {again}");
    }
}

/// HTTP/2 and TLS as in the recipe; Caddy would fetch a certificate.
#[tokio::test]
#[ignore = "needs HAProxy, Apache, curl and openssl; CI runs it"]
async fn haproxy_and_apache_speak_http2() {
    for proxy in [Proxy::Haproxy, Proxy::Apache] {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::with(Recipe::of(proxy).with_tls(certify(folder.path()).await)).await;
        let (host, port) = site.proxy.address.split_once(':').unwrap();
        let head = async |path: &str, header: &str| {
            let resolve = format!("app.example.com:{port}:{host}");
            let url = format!("https://app.example.com:{port}{path}");
            output("curl", &["-sk", "--http2", "--resolve", &resolve, "-D", "-", "-o", "/dev/null", &url, "-H", header])
                .await
        };
        let sign_in = head(&format!("/_signin/?corpid={CORP}"), "Accept: text/html").await;
        assert!(sign_in.starts_with("HTTP/2 200"), "{proxy:?}: {sign_in}");
        for forged in ["Remote-User: boss", "remote_user: boss", "Remote.User: boss", "Cookie: miandeng=boss"] {
            let refused = head("/", forged).await;
            assert!(refused.starts_with("HTTP/2 401"), "{proxy:?} {forged}: {refused}");
        }
        assert!(site.app.seen().is_empty());
    }
}

/// A session of TLS 1.3 comes after the handshake, so a request is made and answered.
async fn hangs_up(arguments: &[&str]) -> String {
    use std::process::Stdio;
    use tokio::io::AsyncWriteExt;

    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().expect("openssl runs");
    let mut input = child.stdin.take().expect("it is piped");
    let request = b"GET /_signin/healthz HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n";
    input.write_all(request).await.expect("it reads");
    let output = child.wait_with_output().await.expect("its end");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
