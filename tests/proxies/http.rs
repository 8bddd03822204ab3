//! HTTP/1.1 by hand: stories choose every byte of a request, and see every byte of the answer.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Sent with this spelling and in this order.
pub type Header<'a> = (&'a str, &'a str);

/// First line, headers, and where the body begins.
pub type Head = (String, Vec<(String, String)>, usize);

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header that came once, or "".
    pub fn header<'a>(&'a self, name: &'a str) -> &'a str {
        let mut values = self.all(name);
        let value = values.next().unwrap_or_default();
        assert_eq!(values.next(), None, "{name} came twice");
        value
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

/// Reads the whole answer. The caller sends `Host`.
pub async fn ask(address: &str, method: &str, target: &str, headers: &[Header<'_>], body: &[u8]) -> Reply {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        head.push_str("Connection: close\r\n");
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let stream = TcpStream::connect(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    let (mut reading, mut writing) = stream.into_split();
    // A server that refuses may stop reading, so a failure to send the rest is none.
    let send = async {
        let _ = writing.write_all(head.as_bytes()).await;
        let _ = writing.write_all(body).await;
        writing
    };
    let receive = async {
        let mut received = Vec::new();
        loop {
            if let Some(reply) = parse(&received, method == "HEAD", false) {
                return reply;
            }
            let read = reading.read_buf(&mut received).await;
            if !matches!(read, Ok(1..)) {
                return parse(&received, method == "HEAD", true)
                    .unwrap_or_else(|| panic!("{method} {target}: no answer: {received:?} {read:?}"));
            }
        }
    };
    let both = async {
        let (reply, _writing) = tokio::join!(receive, send);
        reply
    };
    tokio::time::timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("{method} {target}: no answer in time"))
}

/// Asks for a WebSocket: returns the answer and, after a 101, the open connection.
pub async fn upgrade(address: &str, target: &str, headers: &[Header<'_>]) -> io::Result<(Reply, TcpStream)> {
    let mut head = format!("GET {target} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
    head.push_str("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    let mut received = Vec::new();
    let whole = async {
        while parse(&received, true, false).is_none() && stream.read_buf(&mut received).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(PATIENCE, whole).await??;
    Ok((parse(&received, true, true).expect("an answer"), stream))
}

/// `None` until all of it is there.
pub fn head(bytes: &[u8]) -> Option<Head> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = text.split("\r\n");
    let first = lines.next()?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_owned(), value.trim().to_owned())
    };
    Some((first, lines.map(header).collect(), end + 4))
}

/// `None` until all of it is there; `ended`: no more will come.
pub fn body(headers: &[(String, String)], bytes: &[u8], ended: bool) -> Option<Vec<u8>> {
    let value = |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| v);
    if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return chunks(bytes);
    }
    match value("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => bytes.get(..length).map(<[u8]>::to_vec),
        None => ended.then(|| bytes.to_vec()),
    }
}

fn chunks(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).ok()?.trim(), 16).ok()?;
        bytes = &bytes[line + 2..];
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..length)?);
        bytes = bytes.get(length + 2..)?;
    }
}

fn parse(bytes: &[u8], bodiless: bool, ended: bool) -> Option<Reply> {
    let (first, headers, start) = head(bytes)?;
    let status: u16 = first.split(' ').nth(1)?.parse().ok()?;
    if status == 100 {
        return parse(&bytes[start..], bodiless, ended);
    }
    let bodiless = bodiless || matches!(status, 101 | 204 | 304);
    let body = if bodiless { Vec::new() } else { body(&headers, &bytes[start..], ended)? };
    Some(Reply { status, headers, body })
}
