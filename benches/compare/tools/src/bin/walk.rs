//! `walk SERVER COOKIES AT_ONCE`: asks the gate about every session of a file once, and prints how many were let in and
//! how many in a second. COOKIES has a cookie's value a line.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::ensure;
use miandeng_compare::{Connection, argument};

/// A cookie's value and the end of its line.
const LINE: usize = 65;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (server, at_once) = (argument(1)?, argument(3)?.parse()?);
    let cookies: Arc<str> = std::fs::read_to_string(argument(2)?)?.into();
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..at_once {
        let (mut connection, cookies, next) = (Connection::to(&server).await?, Arc::clone(&cookies), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed) * LINE;
                let Some(cookie) = cookies.get(at..at + LINE - 1) else { return anyhow::Ok(()) };
                let request = format!(
                    "GET /auth/nginx HTTP/1.1\r\nHost: miandeng\r\nX-Original-URL: https://app.example.com/\r\n\
                     X-Original-Method: GET\r\nX-Forwarded-For: 203.0.113.7\r\nCookie: __Host-miandeng={cookie}\r\n\r\n"
                );
                let answer = connection.ask(request.as_bytes()).await?;
                ensure!(answer.status == 200, "a live session was answered {}", answer.status);
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    let sessions = cookies.len() / LINE;
    println!(r#"{{"sessions": {sessions}, "per_second": {:.1}}}"#, sessions as f64 / started.elapsed().as_secs_f64());
    Ok(())
}
