//! The app behind the gate: it answers with what reached it, and speaks back on a WebSocket.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::http;

/// Ends when dropped.
pub struct EchoApp {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub length: usize,
    pub digest: String,
}

impl Seen {
    /// All values of a header, with names read as programs behind WSGI, CGI or Rack do.
    pub fn folded(&self, name: &str) -> Vec<&str> {
        let fold = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        let named = self.headers.iter().filter(|(known, _)| fold(known) == fold(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    fn json(&self) -> Value {
        json!({"method": self.method, "target": self.target, "length": self.length, "digest": self.digest})
    }
}

impl EchoApp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let all = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&all)));
            }
        });
        Self { address, seen, task }
    }

    /// In the order in which they ended.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The only request since the last look.
    pub fn takes_one(&self) -> Seen {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(seen.len(), 1, "the app was asked once: {seen:?}");
        seen.remove(0)
    }
}

impl Drop for EchoApp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, all: Arc<Mutex<Vec<Seen>>>) {
    let mut received = Vec::new();
    let (first, headers, start) = loop {
        if let Some(head) = http::head(&received) {
            break head;
        }
        if !matches!(stream.read_buf(&mut received).await, Ok(1..)) {
            return;
        }
    };
    let has = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let has_body = has("content-length") || has("transfer-encoding");
    let body = loop {
        match http::body(&headers, &received[start..], !has_body) {
            Some(body) => break body,
            None if matches!(stream.read_buf(&mut received).await, Ok(1..)) => {}
            None => return,
        }
    };
    let mut words = first.split(' ');
    let upgrades = has("upgrade");
    let seen = Seen {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        headers,
        length: body.len(),
        digest: hex::encode(Sha256::digest(&body)),
    };
    let answer = seen.json().to_string();
    let is_head = seen.method == "HEAD";
    all.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    // The proxy may have gone.
    let _ = if upgrades { speak_back(stream).await } else { reply(stream, &answer, is_head).await };
}

async fn reply(mut stream: TcpStream, answer: &str, is_head: bool) -> std::io::Result<()> {
    let length = answer.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
    let body = if is_head { "" } else { answer };
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await?;
    stream.shutdown().await
}

async fn speak_back(mut stream: TcpStream) -> std::io::Result<()> {
    // To the key that `http::upgrade` sends (RFC 6455, 1.3). HAProxy looks at it.
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let (mut reading, mut writing) = stream.split();
    tokio::io::copy(&mut reading, &mut writing).await.map(drop)
}
