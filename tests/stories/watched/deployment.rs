//! What `doctor` says of the deployment itself: where settings come from, who may read their files, and what visitors meet
//! at `public_url`.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::Arc,
};

use rocket::tokio::{
    self,
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::Value;
use tokio_rustls::TlsAcceptor;

use crate::harness::{CLIENT_SECRET, Settings, Site, ends, on_postgres, program};

/// Doctor's report with variables of the environment.
async fn doctor(site: &Site, variables: &[(&str, &str)]) -> Vec<Value> {
    let mut command = program(site.path(), &["doctor", "--json"]);
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || ends(command)).await.unwrap();
    assert!(!format!("{output:?}").contains(CLIENT_SECRET), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    report["findings"].as_array().unwrap().clone()
}

/// State and text of each finding of a check.
fn of<'a>(findings: &'a [Value], check: &str) -> Vec<(&'a str, &'a str)> {
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| (finding["state"].as_str().unwrap(), finding["says"].as_str().unwrap())).collect()
}

#[track_caller]
fn says(findings: &[Value], check: &str, state: &str, text: &str) {
    let all = of(findings, check);
    assert!(all.iter().any(|(is, says)| *is == state && says.contains(text)), "{check} {state} {text}: {all:?}");
}

#[tokio::test]
async fn doctor_says_where_each_setting_comes_from() {
    if on_postgres("the database's setting is a file's name") {
        return;
    }
    let site = Site::new().await;
    let findings = doctor(&site, &[("ROCKET_PORT", "8123")]).await;
    says(&findings, "settings", "ok", "from ROCKET_… variables: port = 8123");
    let file = site.path().join("Rocket.toml");
    says(&findings, "settings", "ok", &format!("from {}: databases.miandeng.url = \"data.db\"", file.display()));
    let from_file = of(&findings, "settings").into_iter().find(|(_, says)| says.contains("data.db")).unwrap().1;
    for key in
        ["miandeng.public_url = \"https://app.example.com\"", "miandeng.apps", "miandeng.dingtalk.timeout = \"30s\""]
    {
        assert!(from_file.contains(key), "{key} in {from_file}");
    }
    says(&findings, "settings", "ok", "not set, so the default counts: address");
    says(&findings, "settings", "ok", "miandeng.session_idle");
}

#[tokio::test]
async fn files_with_secrets_are_for_the_server_alone() {
    let site = Site::new().await;
    let file = site.path().join("Rocket.toml");
    let secret = site.path().join("secret");
    let text = fs::read_to_string(&file).unwrap();
    let in_a_file = text.replace(&format!("client_secret = \"{CLIENT_SECRET}\""), "client_secret_file = \"secret\"");
    fs::write(&secret, CLIENT_SECRET).unwrap();
    let sets = |file: &Path, mode| fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();

    sets(&file, 0o644);
    says(&doctor(&site, &[]).await, "files", "warning", "Rocket.toml (mode 0644), which holds a secret");
    sets(&file, 0o640);
    says(&doctor(&site, &[]).await, "files", "ok", "cannot read the file with secrets");
    fs::write(&file, in_a_file).unwrap();
    sets(&file, 0o644);
    sets(&secret, 0o644);
    let findings = doctor(&site, &[]).await;
    assert_eq!(of(&findings, "files").len(), 1, "there is no secret in the settings: {findings:?}");
    says(&findings, "files", "warning", "secret (mode 0644)");
    sets(&file, 0o646);
    sets(&secret, 0o600);
    says(&doctor(&site, &[]).await, "files", "failed", "can change");
}

#[tokio::test]
async fn rows_that_nobody_can_sign_in_with_are_named() {
    let site = Site::new().await;
    assert_eq!(of(&doctor(&site, &[]).await, "people").len(), 1);
    site.runs(&["users", "add", "ZhangSan", "--name", "张三"]);
    says(&doctor(&site, &[]).await, "people", "warning", "only in upper and lower case: ZhangSan");
    let file = site.path().join("Rocket.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("dingsamplecorp00000001", "dingother")).unwrap();
    says(&doctor(&site, &[]).await, "people", "warning", "no app in the settings: 2");
}

/// What a certificate's file and its key are called, valid between two times.
fn certified(folder: &Path, from: &str, until: &str) -> Option<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let config = "[ca]\ndefault_ca = d\n[d]\ndatabase = index\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n\
                  policy = p\nx509_extensions = x\nunique_subject = no\n[p]\ncommonName = supplied\n\
                  [x]\nsubjectAltName = DNS:localhost\nbasicConstraints = critical,CA:FALSE\n";
    fs::write(folder.join("ca.conf"), config).unwrap();
    fs::write(folder.join("index"), "").unwrap();
    fs::write(folder.join("serial"), "01").unwrap();
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().ok()?;
        assert!(output.status.success(), "openssl {arguments}: {output:?}");
        Some(())
    };
    let new =
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out request.pem";
    openssl(new)?;
    let sign = "ca -selfsign -batch -notext -config ca.conf -keyfile key.pem -in request.pem -out certificate.pem";
    openssl(&format!("{sign} -startdate {from} -enddate {until}"))?;
    let certificate = CertificateDer::from_pem_file(folder.join("certificate.pem")).unwrap();
    Some((certificate, PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap()))
}

/// Shows a certificate to whoever comes, and hangs up.
async fn shows((certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>)) -> u16 {
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

#[tokio::test]
async fn the_certificate_that_visitors_are_shown_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    crate::harness::prepare();
    for (from, until, is_known, state, text) in [
        ("20200101000000Z", "20200201000000Z", true, "failed", "expired at 2020-02-01"),
        ("20200101000000Z", "20991231000000Z", false, "failed", "does not accept"),
        ("20200101000000Z", "20991231000000Z", true, "ok", "more days, until 2099-12-31"),
    ] {
        let Some(certified) = certified(folder.path(), from, until) else {
            return eprintln!("openssl is not installed, so no certificate is made");
        };
        let port = shows(certified).await;
        let site = Site::with(|dingtalk| Settings::least(0, &format!("https://localhost:{port}"), dingtalk)).await;
        let own = folder.path().join("certificate.pem").display().to_string();
        let known: &[(&str, &str)] =
            if is_known { &[("SSL_CERT_FILE", &own), ("TZ", "UTC")] } else { &[("TZ", "UTC")] };
        says(&doctor(&site, known).await, "certificate", state, text);
    }
    let site = Site::with(|dingtalk| Settings::least(0, "https://localhost:9", dingtalk)).await;
    says(&doctor(&site, &[]).await, "certificate", "unknown", "shows none");
}

/// What a proxy does with a visitor's own words about the address.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Names,
    PassesOn,
    SaysNothing,
}

/// A proxy in front of a server, as doctor's `HTTP_PROXY` too: so `public_url` need not be in DNS.
async fn proxies(server: String, manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = server.strip_prefix("http://").unwrap().to_owned();
            let _ = passes(stream, &server, manner).await;
        }
    });
    address
}

async fn passes(stream: TcpStream, server: &str, manner: Manner) -> std::io::Result<()> {
    let (mut stream, mut head) = (BufReader::new(stream), Vec::new());
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim_end().is_empty() {
            break;
        }
        let is_a_claim = line.to_ascii_lowercase().starts_with("x-");
        if !is_a_claim || matches!(manner, Manner::PassesOn) {
            head.push(line.replacen("http://app.example.com", "", 1));
        }
    }
    if let Manner::Names = manner {
        head.push("X-Forwarded-For: 203.0.113.9\r\n".into());
    }
    head.retain(|line| !line.to_ascii_lowercase().starts_with("connection"));
    let mut upstream = TcpStream::connect(server).await?;
    upstream.write_all(format!("{}Connection: close\r\n\r\n", head.concat()).as_bytes()).await?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await?;
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_must_say_for_whom_it_asks_and_believe_nobody() {
    let site = Site::with(|dingtalk| {
        let mut settings = Settings::least(0, "http://app.example.com", dingtalk);
        settings.dingtalk += &format!("\napi_url = {dingtalk:?}");
        settings
    })
    .await;
    let server = site.serves();
    for (manner, state, text) in [
        (Manner::Names, "ok", "names the visitor (203.0.113.9)"),
        (Manner::PassesOn, "failed", "as a visitor has written it"),
        (Manner::SaysNothing, "warning", "does not say for whom it asks"),
    ] {
        let proxy = proxies(server.url().to_owned(), manner).await;
        says(&doctor(&site, &[("HTTP_PROXY", &proxy)]).await, "forwarded", state, text);
    }
}
