//! What tests and controls do with streams.

use std::sync::Arc;

use rocket::tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

use super::{
    super::{Simulator, random},
    DirectoryEvent, PATIENCE, Pushed,
    gateway::{Order, frame, system_frame},
};

impl Simulator {
    /// Returns when so many streams were opened since the start, and an app listens over one.
    pub async fn listened_to(&self, client_id: &str, opened: u64) {
        let changed = Arc::clone(&self.state().events.stream_changed);
        loop {
            let heard = changed.notified();
            tokio::pin!(heard);
            heard.as_mut().enable();
            if self.state().events.streams.is_open(client_id, opened) {
                return;
            }
            heard.await;
        }
    }

    /// How many streams of an app are open.
    pub fn streams(&self, client_id: &str) -> usize {
        self.state().events.streams.open(client_id)
    }

    /// Asks for a new connection in place of the newest, as the platform does before it closes one.
    pub fn ask_to_reconnect(&self, client_id: &str) {
        let text = system_frame("disconnect", &random::letters(16));
        self.order(client_id, Order::Send { message_id: String::new(), text, answered: oneshot::channel().0 });
    }

    /// Ends the newest stream of an app without a word.
    pub fn cut_stream(&self, client_id: &str) {
        self.order(client_id, Order::Cut);
    }

    /// Pings the newest stream of an app. Answers whether the right answer came.
    pub async fn ping_stream(&self, client_id: &str) -> bool {
        let message_id = random::letters(16);
        self.send(client_id, system_frame("ping", &message_id), message_id).await == Pushed::Acknowledged
    }

    /// Sends a text over the newest stream of an app, whatever is in it.
    pub fn send_anything(&self, client_id: &str, text: &str) {
        let text = text.to_owned();
        self.order(client_id, Order::Send { message_id: String::new(), text, answered: oneshot::channel().0 });
    }

    pub(super) async fn push_over_stream(&self, client_id: &str, event: &DirectoryEvent) -> Pushed {
        let message_id = random::letters(24);
        self.send(client_id, frame(event, &message_id), message_id).await
    }

    pub(super) fn stream_changed(&self) {
        self.state().events.stream_changed.notify_waiters();
    }

    async fn send(&self, client_id: &str, text: String, message_id: String) -> Pushed {
        let (answered, answer) = oneshot::channel();
        if !self.order(client_id, Order::Send { message_id, text, answered }) {
            return Pushed::NotAcknowledged("no stream is open".into());
        }
        match timeout(PATIENCE, answer).await {
            Ok(Ok(true)) => Pushed::Acknowledged,
            Ok(Ok(false)) => Pushed::NotAcknowledged("the app asks to have it later".into()),
            Ok(Err(_)) => Pushed::NotAcknowledged("the stream ended".into()),
            Err(_) => Pushed::NotAcknowledged("no answer".into()),
        }
    }

    fn order(&self, client_id: &str, order: Order) -> bool {
        let newest = self.state().events.streams.newest(client_id);
        newest.is_some_and(|orders| orders.send(order).is_ok())
    }
}

/// Told whenever a stream was opened or closed.
pub(super) type StreamChanged = Arc<Notify>;
