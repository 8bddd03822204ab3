//! Stream mode: DingTalk's events over a WebSocket that we open, so that no address of ours needs to be public.
//!
//! "Stream 模式" (open.dingtalk.com, read 2026-08-22). A call opens the gateway and answers an endpoint and a ticket, which is
//! good for one connection within 90 seconds.
//!
//! # Incomplete support
//! Events alone; no callbacks of robots or cards. A connection goes past no HTTP proxy.

mod connect;
pub mod frame;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use self::frame::Frame;
use super::{
    DingtalkApp, DingtalkError,
    access_token::credential,
    client::{Repeat, object},
    events::Event,
};
use crate::config::Credentials;

const OPEN: &str = "/v1.0/gateway/connections/open";
/// Far above any frame: the longest events hold a few hundred userids.
const MAX_FRAME: usize = 256 * 1024;
/// After so long a silence we send a ping, and after as long again the connection is dead. DingTalk itself pings each minute
/// or more often.
const SILENCE: Duration = Duration::from_secs(45);

/// An open connection.
pub struct Stream {
    socket: Socket,
}

enum Socket {
    Plain(Box<WebSocketStream<TcpStream>>),
    Tls(Box<WebSocketStream<TlsStream<TcpStream>>>),
}

/// What a stream delivers.
#[derive(Debug)]
pub enum Received {
    /// To be acknowledged once it is safe. `None` for an event that cannot be read.
    Event { message_id: String, event: Option<Event> },
    /// A sign that DingTalk is still there.
    Alive,
    /// DingTalk is about to close the connection: open another one.
    Disconnect,
}

#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(transparent)]
    Refused(#[from] DingtalkError),
    /// An HTTP proxy stands between us and DingTalk.
    #[error(
        "the proxy {proxy} stands before {host}, and streams go past no proxy: name the host in NO_PROXY, or write events = \"callback\""
    )]
    Proxied { proxy: String, host: String },
    #[error("the gateway's endpoint cannot be used: {0}")]
    BadEndpoint(&'static str),
    #[error("no connection to the gateway: {0}")]
    Io(#[from] std::io::Error),
    #[error("the machine's certificates cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the connection failed: {0}")]
    WebSocket(#[from] Box<tungstenite::Error>),
    #[error("nothing was heard for {} s", 2 * SILENCE.as_secs())]
    Silent,
    #[error("the connection was closed")]
    Closed,
}

impl DingtalkApp {
    /// Opens a connection over which events of this app arrive.
    ///
    /// # Errors
    /// When DingTalk refuses, or does not answer.
    pub async fn open_stream(&self) -> Result<Stream, StreamError> {
        let (id, secret) = match &self.config.credentials {
            Credentials::App { client_id, client_secret } => (client_id, client_secret),
            Credentials::Corp { .. } => return Err(StreamError::BadEndpoint("the app has no client_id")),
        };
        let body = object([
            ("clientId", json!(id)),
            ("clientSecret", json!(secret.expose())),
            ("subscriptions", json!([{ "type": "EVENT", "topic": "*" }])),
            ("ua", json!(concat!("miandeng/", env!("CARGO_PKG_VERSION")))),
        ]);
        let answer = self.client.call_new(OPEN, None, body, Repeat::Reads).await?;
        let ticket = credential(&answer, "ticket")?;
        let plain_is_allowed = self.client.new_host_is_plain();
        let socket = connect::connect(answer.text("endpoint")?, &ticket, plain_is_allowed, config());
        match timeout(self.client.timeout().saturating_mul(3), socket).await {
            Ok(socket) => Ok(Stream { socket: socket? }),
            Err(_) => Err(StreamError::Silent),
        }
    }
}

impl Stream {
    /// Waits for the next thing to be heard. Pings are answered.
    ///
    /// # Errors
    /// When the connection is at its end; so is this stream.
    pub async fn next(&mut self) -> Result<Received, StreamError> {
        let message = match timeout(SILENCE, self.socket.receive()).await {
            Ok(Some(message)) => message.map_err(Box::new)?,
            Ok(None) => return Err(StreamError::Closed),
            Err(_) => self.after_ping().await?,
        };
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Err(StreamError::Closed),
            _ => return Ok(Received::Alive),
        };
        match Frame::read(&text) {
            Frame::Event { message_id, event } => return Ok(Received::Event { message_id, event }),
            Frame::Disconnect => return Ok(Received::Disconnect),
            Frame::Ping { message_id, data } => self.say(frame::pong(&message_id, &data)).await?,
            Frame::Other => {}
        }
        Ok(Received::Alive)
    }

    async fn after_ping(&mut self) -> Result<Message, StreamError> {
        self.socket.send(Message::Ping(Vec::new().into())).await?;
        match timeout(SILENCE, self.socket.receive()).await {
            Ok(Some(message)) => Ok(message.map_err(Box::new)?),
            Ok(None) => Err(StreamError::Closed),
            Err(_) => Err(StreamError::Silent),
        }
    }

    /// Says whether an event is safe with us, or asks to have it again.
    ///
    /// # Errors
    /// When the connection is at its end.
    pub async fn acknowledge(&mut self, message_id: &str, is_safe: bool) -> Result<(), StreamError> {
        let answer = if is_safe { frame::acknowledgement(message_id) } else { frame::again_later(message_id) };
        self.say(answer).await
    }

    async fn say(&mut self, text: String) -> Result<(), StreamError> {
        self.socket.send(Message::text(text)).await
    }
}

impl Socket {
    async fn receive(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        match self {
            Self::Plain(socket) => socket.next().await,
            Self::Tls(socket) => socket.next().await,
        }
    }

    /// A gateway that reads nothing is as good as gone.
    async fn send(&mut self, message: Message) -> Result<(), StreamError> {
        let sent = async {
            match self {
                Self::Plain(socket) => socket.send(message).await,
                Self::Tls(socket) => socket.send(message).await,
            }
        };
        match timeout(SILENCE, sent).await {
            Ok(sent) => Ok(sent.map_err(Box::new)?),
            Err(_) => Err(StreamError::Silent),
        }
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_frame_size(Some(MAX_FRAME)).max_message_size(Some(MAX_FRAME))
}
