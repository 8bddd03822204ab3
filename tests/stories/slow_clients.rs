//! A connection of no use is cut off, one in use is not. The connections' own clock is moved; the server looks at them
//! every two seconds of real time.

use std::{net::SocketAddr, time::Duration};

use rocket::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::harness::App;

/// Longer than any story takes.
const NEVER: Duration = Duration::from_secs(60);

/// The only trusted proxy, where the connections are to be strangers'.
const ELSEWHERE: &str = "10.0.0.1/32";
const HERE: &str = "127.0.0.1/32";

async fn connect(app: &App, says: &str) -> TcpStream {
    let address = app.url("").replace("http://", "");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(says.as_bytes()).await.unwrap();
    connection
}

async fn connect_from(ours: SocketAddr, app: &App, says: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(ours).unwrap();
    let mut connection = socket.connect(app.url("").replace("http://", "").parse().unwrap()).await.unwrap();
    connection.write_all(says.as_bytes()).await.unwrap();
    connection
}

async fn reads_answer(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(timeout(NEVER, connection.read_u8()).await.expect("an answer").expect("a byte"));
    }
    String::from_utf8(answer).unwrap()
}

/// Whatever was answered before.
async fn is_cut(connection: &mut TcpStream) -> bool {
    let mut answer = Vec::new();
    match timeout(NEVER, connection.read_to_end(&mut answer)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionReset,
        Err(_) => false,
    }
}

/// Not cut, and not answered yet.
async fn is_open(connection: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(100), connection.read_u8()).await.is_err()
}

async fn is_used(connection: &mut TcpStream) {
    connection.write_all(WHOLE.as_bytes()).await.unwrap();
    assert!(reads_answer(connection).await.starts_with("HTTP/1.1 200"));
}

/// A connection that is used now and never again: when it is cut off, 75 seconds later, the server has looked at all
/// that came before. It was accepted last, and is never a trusted proxy's.
async fn hourglass(app: &App) -> TcpStream {
    let mut used = connect_from(([127, 0, 0, 3], 0).into(), app, "").await;
    is_used(&mut used).await;
    used
}

const HALF_A_HEADER: &str = "GET /healthz HTTP/1.1\r\nHost: app.example.com\r\nX-Slow: a";
const HALF_A_BODY: &str = "POST /userinfo HTTP/1.1\r\nHost: app.example.com\r\n\
                           Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncode=0123456789abcdef";
/// Rocket takes in 14 bytes of a body before it shows a request to anything.
const NO_BODY: &str = "POST /userinfo HTTP/1.1\r\nHost: app.example.com\r\n\
                       Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncode=";
const WHOLE: &str = "HEAD /healthz HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

#[tokio::test]
async fn silence_half_a_header_and_half_a_body_are_cut_off() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut look = hourglass(&app).await;
    clock.advance(74);
    let mut silent = connect(&app, "").await;
    let mut half_a_header = connect(&app, HALF_A_HEADER).await;
    let mut half_a_body = connect(&app, HALF_A_BODY).await;
    let mut no_body = connect(&app, NO_BODY).await;
    drop(hourglass(&app).await);
    clock.advance(1);
    assert!(is_cut(&mut look).await);
    clock.advance(20);
    assert!(is_cut(&mut silent).await && is_cut(&mut half_a_header).await && is_cut(&mut no_body).await);
    assert!(is_open(&mut half_a_body).await, "it has more time");
    clock.advance(55);
    assert!(is_cut(&mut half_a_body).await);
}

#[tokio::test]
async fn who_sends_a_header_in_ten_seconds_is_served() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut look = hourglass(&app).await;
    clock.advance(9);
    let mut another_look = hourglass(&app).await;
    clock.advance(65);
    let mut slow = connect(&app, HALF_A_HEADER).await;
    drop(hourglass(&app).await);
    clock.advance(1);
    assert!(is_cut(&mut look).await);
    clock.advance(10);
    assert!(is_cut(&mut another_look).await);
    slow.write_all(b"\r\n\r\n").await.unwrap();
    assert!(reads_answer(&mut slow).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whose_address_another_connection_had_is_given_time_anew() {
    for earlier in [HALF_A_HEADER, WHOLE] {
        let (app, clock) = App::with_deadlines(ELSEWHERE).await;
        let mut look = hourglass(&app).await;
        clock.advance(74);
        // No other story connects from there, so the port stays free.
        let gone = connect_from(([127, 0, 0, 2], 0).into(), &app, earlier).await;
        drop(hourglass(&app).await);
        clock.advance(1);
        assert!(is_cut(&mut look).await, "it was seen");
        let address = gone.local_addr().unwrap();
        // Otherwise the system would keep the address for a minute.
        gone.set_zero_linger().unwrap();
        drop(gone);
        let mut look = hourglass(&app).await;
        clock.advance(75);
        assert!(is_cut(&mut look).await, "it was missed");

        let mut look = hourglass(&app).await;
        clock.advance(74);
        let mut next = connect_from(address, &app, HALF_A_HEADER).await;
        drop(hourglass(&app).await);
        clock.advance(1);
        assert!(is_cut(&mut look).await);
        next.write_all(b"\r\n\r\n").await.unwrap();
        assert!(reads_answer(&mut next).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_header_that_drips_is_cut_off_however_steadily() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut looks = Vec::new();
    for _ in 0..3 {
        looks.push(hourglass(&app).await);
        clock.advance(10);
    }
    clock.advance(44);
    let mut drips = connect(&app, HALF_A_HEADER).await;
    drop(hourglass(&app).await);
    clock.advance(1);
    for look in &mut looks {
        assert!(is_cut(look).await);
        for _ in 0..10 {
            clock.advance(1);
            let _ = drips.write_all(b"a").await;
            drop(hourglass(&app).await);
        }
    }
    assert!(is_cut(&mut drips).await);
}

#[tokio::test]
async fn a_connection_that_is_used_every_minute_stays_open_and_no_longer() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut kept = connect(&app, "").await;
    for _ in 0..3 {
        let mut look = hourglass(&app).await;
        clock.advance(75 - 62);
        is_used(&mut kept).await;
        clock.advance(62);
        assert!(is_cut(&mut look).await);
        is_used(&mut kept).await;
    }
    clock.advance(80);
    assert!(is_cut(&mut kept).await);
}

#[tokio::test]
async fn a_proxys_idle_connection_outlives_the_proxys_own_patience_and_no_request() {
    let (app, clock) = App::with_deadlines(HERE).await;
    let mut kept = connect(&app, "").await;
    is_used(&mut kept).await;
    // nginx or Traefik; Caddy; Envoy.
    for seconds in [90, 600, 3600] {
        let mut look = hourglass(&app).await;
        clock.advance(seconds);
        assert!(is_cut(&mut look).await);
        is_used(&mut kept).await;
    }
    let mut stalls = connect(&app, "").await;
    is_used(&mut stalls).await;
    let mut look = hourglass(&app).await;
    clock.advance(14);
    stalls.write_all(HALF_A_BODY.as_bytes()).await.unwrap();
    drop(hourglass(&app).await);
    clock.advance(61);
    assert!(is_cut(&mut look).await);
    assert!(is_open(&mut stalls).await, "its body may yet come");
    clock.advance(14);
    assert!(is_cut(&mut stalls).await);
    assert!(is_open(&mut kept).await, "it does nothing wrong");
    clock.advance(3900);
    assert!(is_cut(&mut kept).await);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let (app, clock) = App::with_deadlines(ELSEWHERE).await;
    let mut lazy = connect(&app, "").await;
    // More answers than the buffers of both ends hold. The questions are long, so that few of them wait to be read.
    let page = format!("GET /?corpid=dingsamplecorp00000001 HTTP/1.1\r\nX-Long: {}\r\n\r\n", "a".repeat(8192));
    // A busy server may take a second over one page; a full buffer takes nothing more.
    while let Ok(written) = timeout(Duration::from_secs(5), lazy.write_all(page.as_bytes())).await {
        written.expect("the connection is open");
    }
    for _ in 0..2 {
        let mut look = hourglass(&app).await;
        clock.advance(80);
        assert!(is_cut(&mut look).await);
    }
    let mut unread = vec![0; 1 << 20];
    let ended = async { while lazy.read(&mut unread).await.is_ok_and(|n| n > 0) {} };
    assert!(timeout(NEVER, ended).await.is_ok(), "every answer was still sent, and more could be asked for");
}
