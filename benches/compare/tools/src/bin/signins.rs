//! `signins SERVER SIMULATOR HOW_MANY AT_ONCE EMPLOYEES`: whole sign-ins (page, state, code, session); one line of
//! JSON. The codes are fetched beforehand, as phones do not get them from our server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, ensure};
use miandeng_compare::{Connection, argument, between};

const CORP: &str = "dingsamplecorp00000001";
const CLIENT_ID: &str = "dingsampleclientid01";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Mobile/15E148 AliApp(DingTalk/7.8.1) com.laiwang.DingTalk/46766536 language/zh-Hans-CN";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (server, simulator) = (argument(1)?, argument(2)?);
    let (how_many, at_once, employees) = (argument(3)?.parse()?, argument(4)?.parse()?, argument(5)?.parse()?);
    let codes = Arc::new(codes(&simulator, how_many, employees).await?);

    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::new();
    for _ in 0..at_once {
        connections.push(Connection::to(&server).await?);
    }
    let started = Instant::now();
    let tasks = connections.into_iter().map(|mut connection| {
        let (next, codes) = (Arc::clone(&next), Arc::clone(&codes));
        tokio::spawn(async move {
            let mut took = Vec::new();
            while let Some(code) = codes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                sign_in(&mut connection, code).await?;
                took.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(took)
        })
    });
    let mut took = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        took.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();

    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        r#"{{"sign_ins": {}, "per_second": {:.1}, "p50_ms": {:.2}, "p99_ms": {:.2}, "max_ms": {:.2}}}"#,
        took.len(),
        took.len() as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

/// A phone that was never here: the page's cookie is the first it gets.
async fn sign_in(connection: &mut Connection, code: &str) -> anyhow::Result<()> {
    let open = format!(
        "GET /?corpid={CORP} HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 203.0.113.7\r\n\
         User-Agent: {PHONE}\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: zh-CN\r\n\r\n"
    );
    let page = connection.ask(open.as_bytes()).await?;
    ensure!(page.status == 200, "the page: {}", page.status);
    let state = between(std::str::from_utf8(page.body)?, r#""state":""#, "\"").context("a page without a state")?;
    let cookie = page.header("set-cookie").and_then(|cookie| cookie.split(';').next()).context("a page's cookie")?;

    let form = format!("code={code}&corpid={CORP}&state={state}");
    let send = format!(
        "POST /userinfo HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 203.0.113.7\r\nUser-Agent: {PHONE}\r\n\
         Cookie: {cookie}\r\nOrigin: https://app.example.com\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let welcome = connection.ask(send.as_bytes()).await?;
    let said = String::from_utf8_lossy(welcome.body);
    ensure!(welcome.status == 200, "the sign-in: {} {said}", welcome.status);
    ensure!(welcome.head.contains("__Host-miandeng="), "a sign-in without a session");
    Ok(())
}

/// Codes of as many people, in turn.
async fn codes(simulator: &str, how_many: usize, employees: usize) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::to(simulator).await?;
    let mut codes = Vec::with_capacity(how_many);
    for i in 0..how_many {
        let userid = format!("u{:06}", i % employees);
        let body = format!(r#"{{"corp_id":"{CORP}","client_id":"{CLIENT_ID}","userid":"{userid}"}}"#);
        let request = format!(
            "POST /_simulator/auth-code HTTP/1.1\r\nHost: {simulator}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = connection.ask(request.as_bytes()).await?;
        let said = std::str::from_utf8(answer.body)?;
        ensure!(answer.status == 200, "a code: {} {said}", answer.status);
        codes.push(between(said, r#""code":""#, "\"").context("an answer without a code")?.to_owned());
    }
    Ok(codes)
}
