//! Who holds a connection and does nothing with it is cut off; who uses it is not. The connections' own clock is moved:
//! the server looks at them every two seconds of real time.

use std::time::Duration;

use miandeng::clock::Clock;
use rocket::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::App;

/// Longer than any story takes; a connection that is not cut by then never will be.
const NEVER: Duration = Duration::from_secs(60);

/// The only trusted proxy, where connections are strangers' and where they are the proxy's.
const ELSEWHERE: &str = "10.0.0.1/32";
const HERE: &str = "127.0.0.1/32";

async fn connect(app: &App, says: &str) -> TcpStream {
    let address = app.url("").replace("http://", "");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(says.as_bytes()).await.unwrap();
    connection
}

/// One answer without a body.
async fn reads_answer(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(timeout(NEVER, connection.read_u8()).await.expect("an answer").expect("a byte"));
    }
    String::from_utf8(answer).unwrap()
}

/// Whether the server has ended the connection, whatever it answered before.
async fn is_cut(connection: &mut TcpStream) -> bool {
    let mut answer = Vec::new();
    match timeout(NEVER, connection.read_to_end(&mut answer)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionReset,
        Err(_) => false,
    }
}

/// Whether the server keeps the connection, and has not answered yet.
async fn is_open(connection: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(100), connection.read_u8()).await.is_err()
}

/// So many seconds pass while the server looks at its connections.
const A_LOOK: i64 = 45;

/// The server has looked at its connections after all that was done before, and 45 seconds have passed meanwhile: one
/// that says nothing was noticed, and cut off when its time was over.
async fn the_server_looks(app: &App, clock: &Clock) {
    let mut silent = connect(app, "").await;
    let mut moved = 0;
    while is_open(&mut silent).await {
        // Little by little: it may not have been noticed yet.
        if moved < A_LOOK {
            clock.advance(1);
            moved += 1;
        }
    }
    clock.advance(A_LOOK - moved);
}

const HALF_A_HEADER: &str = "GET /healthz HTTP/1.1\r\nHost: app.example.com\r\nX-Slow: a";
const HALF_A_BODY: &str = "POST /userinfo HTTP/1.1\r\nHost: app.example.com\r\n\
                           Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n\
                           code=0123456789abcdef";
/// Too little of its body: Rocket takes 14 bytes in before it shows the request to anything.
const NO_BODY: &str = "POST /userinfo HTTP/1.1\r\nHost: app.example.com\r\n\
                       Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncode=";
const WHOLE: &str = "HEAD /healthz HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

#[tokio::test]
async fn silence_half_a_header_and_half_a_body_are_cut_off() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut silent = connect(&app, "").await;
    let mut half_a_header = connect(&app, HALF_A_HEADER).await;
    let mut half_a_body = connect(&app, HALF_A_BODY).await;
    let mut no_body = connect(&app, NO_BODY).await;
    the_server_looks(&app, &clock).await;
    assert!(is_cut(&mut silent).await && is_cut(&mut half_a_header).await && is_cut(&mut no_body).await);
    assert!(is_open(&mut half_a_body).await, "it has more time");
    clock.advance(80);
    assert!(is_cut(&mut half_a_body).await);
}

#[tokio::test]
async fn a_header_that_drips_is_cut_off_however_steadily() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut drips = connect(&app, HALF_A_HEADER).await;
    let mut others_are_served = 0;
    while drips.write_all(b"a").await.is_ok() {
        clock.advance(1);
        let mut other = connect(&app, WHOLE).await;
        assert!(reads_answer(&mut other).await.starts_with("HTTP/1.1 200"));
        others_are_served += 1;
        assert!(others_are_served < 2_000, "it drips for ever");
        let _ = timeout(Duration::from_millis(100), drips.read_u8()).await;
    }
    assert!(is_cut(&mut drips).await);
}

#[tokio::test]
async fn a_connection_that_is_used_every_minute_stays_open_and_no_longer() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut kept = connect(&app, WHOLE).await;
    assert!(reads_answer(&mut kept).await.starts_with("HTTP/1.1 200"));
    for _ in 0..3 {
        the_server_looks(&app, &clock).await;
        kept.write_all(WHOLE.as_bytes()).await.unwrap();
        assert!(reads_answer(&mut kept).await.starts_with("HTTP/1.1 200"));
    }
    clock.advance(80);
    assert!(is_cut(&mut kept).await);
}

#[tokio::test]
async fn a_proxys_idle_connection_outlives_the_proxys_own_patience_and_no_request() {
    let (app, clock) = App::with_deadlines(HERE).await;
    let mut kept = connect(&app, WHOLE).await;
    assert!(reads_answer(&mut kept).await.starts_with("HTTP/1.1 200"));
    // nginx or Traefik; Caddy; Envoy.
    for seconds in [90, 600, 3600] {
        clock.advance(seconds - A_LOOK);
        the_server_looks(&app, &clock).await;
        kept.write_all(WHOLE.as_bytes()).await.unwrap();
        assert!(reads_answer(&mut kept).await.starts_with("HTTP/1.1 200"), "after {seconds} s");
    }
    let mut stalls = connect(&app, WHOLE).await;
    assert!(reads_answer(&mut stalls).await.starts_with("HTTP/1.1 200"));
    stalls.write_all(HALF_A_BODY.as_bytes()).await.unwrap();
    the_server_looks(&app, &clock).await;
    assert!(is_open(&mut stalls).await, "its body may yet come");
    clock.advance(80);
    assert!(is_cut(&mut stalls).await);
    assert!(is_open(&mut kept).await, "it does nothing wrong");
    clock.advance(3900);
    assert!(is_cut(&mut kept).await);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut lazy = connect(&app, "").await;
    // More answers than the buffers of both ends hold. Long questions: few of them wait to be read.
    let page = format!("GET /?corpid=dingsamplecorp00000001 HTTP/1.1\r\nX-Long: {}\r\n\r\n", "a".repeat(8192));
    while timeout(Duration::from_secs(1), lazy.write_all(page.as_bytes())).await.is_ok() {}
    for _ in 0..2 {
        clock.advance(80);
        the_server_looks(&app, &clock).await;
    }
    let mut unread = vec![0; 1 << 20];
    let ended = async { while lazy.read(&mut unread).await.is_ok_and(|n| n > 0) {} };
    assert!(timeout(NEVER, ended).await.is_ok(), "every answer was still sent, and more could be asked for");
}
