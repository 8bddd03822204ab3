//! An app's own server, which hears of ended sessions.

use std::sync::{Arc, Mutex};

use rocket::tokio::{
    self,
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Keeps what it is sent, and answers as it is told.
pub struct Ear {
    pub url: String,
    calls: watch::Sender<usize>,
    heard: Arc<Mutex<Vec<String>>>,
    status: Arc<Mutex<u16>>,
    /// How many calls must have come before the first is answered.
    patience: Arc<Mutex<usize>>,
}

impl Ear {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/backchannel", listener.local_addr().unwrap());
        let (heard, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(200)));
        let (calls, patience) = (watch::Sender::new(0), Arc::new(Mutex::new(0)));
        let ear = Self { url, calls, heard, status, patience };
        let (calls, hears) = (ear.calls.clone(), Arc::clone(&ear.heard));
        let (says, patience) = (Arc::clone(&ear.status), Arc::clone(&ear.patience));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (calls, hears) = (calls.clone(), Arc::clone(&hears));
                let (says, patience) = (Arc::clone(&says), Arc::clone(&patience));
                tokio::spawn(async move {
                    let request = listens(&mut stream).await;
                    hears.lock().unwrap().push(request);
                    let mut number = 0;
                    calls.send_modify(|calls| {
                        *calls += 1;
                        number = *calls;
                    });
                    if number == 1 {
                        let most = *patience.lock().unwrap();
                        let _ = calls.subscribe().wait_for(|calls| *calls >= most).await;
                    }
                    let status = *says.lock().unwrap();
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        ear
    }

    /// What it has heard since the last time.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    pub fn says(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// Answers the first call only when so many have come.
    pub fn keeps_the_first_waiting_for(&self, calls: usize) {
        *self.patience.lock().unwrap() = calls;
    }
}

async fn listens(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if length.and_then(|length| length.parse().ok()) == Some(body.len()) {
            break;
        }
    }
    String::from_utf8(request).unwrap()
}
