//! The gateway of stream mode: a WebSocket server on a port of its own, whose address the opening call answers.

use std::{collections::HashMap, net::IpAddr};

use futures_util::{SinkExt, StreamExt};
use rocket::{
    http::Status,
    tokio::{
        net::{TcpListener, TcpStream},
        spawn,
        sync::{mpsc, oneshot},
        task::JoinHandle,
    },
};
use serde_json::{Value, json};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http,
    },
};

use super::{
    super::{Simulator, call::Call, oapi::tokens::known_app, random, response::PlatformResponse, state::PlatformState},
    DirectoryEvent,
};

/// A ticket is good for so many seconds, and once.
const TICKET_S: i64 = 90;

/// What a connection is told to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Sends a frame that wants an answer. The channel hears whether it was one of success.
    Send { message_id: String, text: String, answered: oneshot::Sender<bool> },
    /// Ends the connection without a word.
    Cut,
}

/// Who listens, and who may.
#[derive(Debug, Default)]
pub struct Streams {
    pub(super) address: String,
    tickets: HashMap<String, (String, i64)>,
    /// By client id; the newest last.
    open: Vec<(String, u64, mpsc::UnboundedSender<Order>)>,
    opened: u64,
    subscribed: Vec<String>,
}

impl Streams {
    pub(super) fn newest(&self, client_id: &str) -> Option<mpsc::UnboundedSender<Order>> {
        self.open.iter().rev().find(|(client, ..)| client == client_id).map(|(_, _, orders)| orders.clone())
    }

    pub(super) fn open(&self, client_id: &str) -> usize {
        self.open.iter().filter(|(client, ..)| client == client_id).count()
    }

    pub(super) fn is_open(&self, client_id: &str, opened: u64) -> bool {
        self.opened >= opened && self.newest(client_id).is_some()
    }

    pub(super) fn is_subscribed(&self, client_id: &str) -> bool {
        self.subscribed.iter().any(|client| client == client_id)
    }
}

/// `/v1.0/gateway/connections/open`.
pub fn open(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (id, secret) = (call.body("clientId").unwrap_or_default(), call.body("clientSecret").unwrap_or_default());
    if known_app(state, &id, &secret).is_none() {
        return PlatformResponse::new_api(Status::Unauthorized, "authFailed", "鉴权失败");
    }
    let (ticket, until) = (random::letters(32), state.clock.now() + TICKET_S);
    let streams = &mut state.events.streams;
    if !streams.is_subscribed(&id) {
        streams.subscribed.push(id.to_string());
    }
    streams.tickets.insert(ticket.clone(), (id.into_owned(), until));
    PlatformResponse::json(json!({ "endpoint": streams.address, "ticket": ticket }))
}

/// An event as it goes over a stream.
pub(super) fn frame(event: &DirectoryEvent, message_id: &str) -> String {
    let headers = json!({
        "topic": "*", "messageId": message_id, "contentType": "application/json", "time": event.time_ms.to_string(),
        "eventType": event.event_type, "eventId": event.event_id, "eventCorpId": event.corp_id,
        "eventBornTime": event.time_ms.to_string(), "eventUnifiedAppId": "simulated",
    });
    let data = Value::Object(event.data()).to_string();
    json!({ "specVersion": "1.0", "type": "EVENT", "headers": headers, "data": data }).to_string()
}

/// A frame about the connection itself.
pub(super) fn system_frame(topic: &str, message_id: &str) -> String {
    let headers = json!({ "topic": topic, "messageId": message_id, "contentType": "application/json" });
    let data = json!({ "opaque": message_id }).to_string();
    json!({ "specVersion": "1.0", "type": "SYSTEM", "headers": headers, "data": data }).to_string()
}

/// Listens, until the task is aborted.
pub async fn listen(simulator: Simulator, address: IpAddr) -> std::io::Result<JoinHandle<()>> {
    let listener = TcpListener::bind((address, 0)).await?;
    simulator.state().events.streams.address = format!("ws://{}/connect", listener.local_addr()?);
    Ok(spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            spawn(serve(simulator.clone(), tcp));
        }
    }))
}

async fn serve(simulator: Simulator, tcp: TcpStream) {
    let mut client = None;
    // The error's type is the library's.
    #[expect(clippy::result_large_err)]
    let admit = |request: &Request, response: Response| {
        let mut query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let ticket = query.find(|(name, _)| name == "ticket").map(|(_, ticket)| ticket.into_owned());
        client = ticket.and_then(|ticket| spend(&mut simulator.state(), &ticket));
        if client.is_some() {
            return Ok(response);
        }
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = http::StatusCode::UNAUTHORIZED;
        Err(refused)
    };
    let Ok(mut socket) = accept_hdr_async(tcp, admit).await else { return };
    let Some(client) = client else { return };
    let (orders, mut ordered) = mpsc::unbounded_channel();
    let number = register(&simulator, client, orders);
    let mut waiting: HashMap<String, oneshot::Sender<bool>> = HashMap::new();
    loop {
        rocket::tokio::select! {
            order = ordered.recv() => match order {
                Some(Order::Send { message_id, text, answered }) => {
                    waiting.insert(message_id, answered);
                    if socket.send(Message::text(text)).await.is_err() { break }
                }
                Some(Order::Cut) | None => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let Some((message_id, is_success)) = answer(&text) else { continue };
                    let Some(answered) = waiting.remove(&message_id) else { continue };
                    // Whoever has pushed may have given up.
                    let _ = answered.send(is_success);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    simulator.state().events.streams.open.retain(|(_, other, _)| *other != number);
    simulator.stream_changed();
}

fn spend(state: &mut PlatformState, ticket: &str) -> Option<String> {
    let now = state.clock.now();
    let (client, until) = state.events.streams.tickets.remove(ticket)?;
    (now < until).then_some(client)
}

fn register(simulator: &Simulator, client: String, orders: mpsc::UnboundedSender<Order>) -> u64 {
    let number = {
        let streams = &mut simulator.state().events.streams;
        streams.opened += 1;
        let number = streams.opened;
        streams.open.push((client, number, orders));
        number
    };
    simulator.stream_changed();
    number
}

/// Which frame is answered, and whether by success. A ping's answer repeats its data.
fn answer(text: &str) -> Option<(String, bool)> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let message_id = answer["headers"]["messageId"].as_str()?.to_owned();
    let data: Value = serde_json::from_str(answer["data"].as_str()?).ok()?;
    let is_pong = data["opaque"].as_str() == Some(message_id.as_str());
    Some((message_id, answer["code"] == 200 && (data["status"] == "SUCCESS" || is_pong)))
}
