//! The blocks that `miandeng init` writes are taken by the proxies that they are for.

use std::{
    fs,
    io::{Seek, Write},
    path::Path,
    process::{Command, Stdio},
};

use crate::harness::{CLIENT_SECRET, ends, program, text};

fn init(folder: &Path, more: &[&str]) {
    let answers = [
        "init",
        "--dir=.",
        "--public-url=https://oa.example.net:8443",
        "--corp-id=dinga",
        "--agent-id=1",
        "--client-id=dingb",
        "--client-secret-file=-",
    ];
    let mut secret = tempfile::tempfile().unwrap();
    secret.write_all(CLIENT_SECRET.as_bytes()).unwrap();
    secret.rewind().unwrap();
    let mut command = program(folder, &[&answers, more].concat());
    command.stdin(Stdio::from(secret));
    let output = ends(command);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// For sign-in alone, and for an app on the same host.
const USES: [&[&str]; 2] = [&[], &["--app=127.0.0.1:3000"]];

#[test]
#[ignore = "needs nginx and openssl; CI runs it"]
fn nginx_takes_the_block_that_init_writes() {
    for more in USES {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &[&["--proxy=nginx"], more].concat());
        let in_folder = |name: &str| folder.path().join(name).display().to_string();
        let (key, certificate) = (in_folder("key.pem"), in_folder("certificate.pem"));
        let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a"];
        succeeds(Command::new("openssl").args(new).args(["-keyout", &key, "-out", &certificate]));
        let block = fs::read_to_string(folder.path().join("miandeng.conf")).unwrap();
        let block =
            block.replace("/etc/ssl/oa.example.net.pem", &certificate).replace("/etc/ssl/oa.example.net.key", &key);
        fs::write(folder.path().join("miandeng.conf"), block).unwrap();
        let shared = if more.is_empty() { "" } else { "include miandeng/http.conf;" };
        let main = format!("pid nginx.pid; events {{}} http {{ access_log off; {shared} include miandeng.conf; }}");
        fs::write(folder.path().join("nginx.conf"), main).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut check = Command::new("nginx");
        let folder = in_folder("");
        check.env("PATH", path).args(["-t", "-e", "stderr", "-p", &folder, "-c", &in_folder("nginx.conf")]);
        succeeds(&mut check);
    }
}

#[test]
#[ignore = "needs Caddy; CI runs it"]
fn caddy_takes_the_block_that_init_writes() {
    for more in USES {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &[&["--proxy=caddy"], more].concat());
        let file = folder.path().join("Caddyfile").display().to_string();
        let mut check = Command::new("caddy");
        check.env("HOME", folder.path()).args(["adapt", "--adapter", "caddyfile", "--config", &file]);
        succeeds(&mut check);
    }
}
