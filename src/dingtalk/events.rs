//! DingTalk's event pushes over HTTP: verified, decrypted, and answered (pure).
//!
//! "配置事件订阅" and "回调事件消息体加解密" (open.dingtalk.com, read 2026-08-22). DingTalk posts `{"encrypt":"…"}` with
//! signature, timestamp and nonce in the query. The signature is checked before anything is decrypted, and whatever
//! does not fit exactly is refused: nothing of it is guessed.
//!
//! # Incomplete support
//! No route receives pushes yet, and every setting of `events` but `"off"` stops the start. What is left to whoever
//! wires this: a replayed push verifies as well as the first, so an event is a hint to be looked up at DingTalk, never
//! the truth; `eventId` tells repetitions apart. Stream mode, which needs no address, is not here.

mod body;
mod seal;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::body::{Event, EventKind};
use self::seal::{open, seal};
use crate::secret::Secret;

/// Far above any push: the longest hold a few hundred userids.
pub const MAX_BODY: usize = 256 * 1024;
/// DingTalk's are 13 digits and 8 to 16 characters.
const MAX_PARAMETER: usize = 128;

/// One app's subscription: the two secrets of the console's page, and whom its pushes are for.
pub struct Subscription {
    token: Secret,
    key: [u8; 32],
    owner: String,
}

/// A push as it came.
#[derive(Clone, Copy)]
pub struct Push<'a> {
    /// `msg_signature`, or `signature`, which is all that older pushes have.
    pub signature: &'a str,
    /// `timestamp`: milliseconds, as text.
    pub timestamp: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// The request's body.
    pub body: &'a [u8],
}

/// What DingTalk must be answered within 1.5 seconds, as JSON with exactly these names.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    msg_signature: String,
    #[serde(rename = "timeStamp")]
    time_stamp: String,
    nonce: String,
    encrypt: String,
}

/// `event_aes_key` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no key: 43 letters, digits, \"+\" and \"/\" are; copy the aes_key again")]
pub struct BadKey;

/// Why a push is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Longer than any push of DingTalk's.
    #[error("the push is too long")]
    TooLong,
    /// The body is no JSON with a text `encrypt` in it.
    #[error("the body is no JSON with \"encrypt\" in it")]
    NotEncrypted,
    /// Forged, or the console's token is not ours.
    #[error("the signature is wrong: compare event_token with the console's")]
    BadSignature,
    /// The signature holds, but what it signs is no base64.
    #[error("the encrypted text is no base64")]
    BadBase64,
    /// No whole number of cipher blocks.
    #[error("the encrypted text is no whole number of blocks")]
    BadLength,
    /// Decrypted to nonsense, as with a wrong key.
    #[error("the padding is wrong: compare event_aes_key with the console's")]
    BadPadding,
    /// The inner length does not fit what is there.
    #[error("the text inside is shorter than it says")]
    BadFrame,
    /// Signed and encrypted with our secrets, but meant for somebody else.
    #[error("the push is for {found:?}: it should be the app's client_id, or the corp's id if registered by call")]
    OtherOwner {
        /// Whom it names, cut off if it is long.
        found: String,
    },
    /// The text inside is no JSON object with an `EventType`.
    #[error("the text inside is no event")]
    NoEvent,
}

impl Subscription {
    /// `aes_key` is the console's, of 43 characters. `owner` is the app's `client_id`; or the corp's id, where the
    /// address was registered by a call instead of in the console.
    ///
    /// # Errors
    /// When the key is none.
    pub fn new(token: Secret, aes_key: &Secret, owner: impl Into<String>) -> Result<Self, BadKey> {
        let key = seal::key(aes_key.expose()).ok_or(BadKey)?;
        Ok(Self { token, key, owner: owner.into() })
    }

    /// Verifies and decrypts a push.
    ///
    /// # Errors
    /// Why it is not taken, by case.
    pub fn open(&self, push: Push<'_>) -> Result<Event, EventError> {
        Event::read(&self.message(push)?)
    }

    /// The text inside a push.
    fn message(&self, push: Push<'_>) -> Result<String, EventError> {
        if push.body.len() > MAX_BODY || push.timestamp.len().max(push.nonce.len()) > MAX_PARAMETER {
            return Err(EventError::TooLong);
        }
        #[derive(Deserialize)]
        struct EncryptedPush {
            encrypt: String,
        }
        let EncryptedPush { encrypt } = serde_json::from_slice(push.body).map_err(|_| EventError::NotEncrypted)?;
        let expected = seal::signature(&self.token, push.timestamp, push.nonce, &encrypt);
        if !seal::are_equal(&expected, push.signature) {
            return Err(EventError::BadSignature);
        }
        let (message, owner) = open(&self.key, &encrypt)?;
        if owner != self.owner {
            return Err(EventError::OtherOwner { found: owner.chars().take(64).collect() });
        }
        Ok(message)
    }

    /// The answer that tells DingTalk that a push has arrived. `random` and `nonce` are fresh for each; `now_ms` is in
    /// milliseconds since 1970.
    pub fn reply(&self, now_ms: i64, nonce: &str, random: [u8; 16]) -> Reply {
        let (time_stamp, encrypt) = (now_ms.to_string(), seal(&self.key, "success", &self.owner, random));
        let msg_signature = seal::signature(&self.token, &time_stamp, nonce, &encrypt);
        Reply { msg_signature, time_stamp, nonce: nonce.to_owned(), encrypt }
    }
}

/// By hand: the key must not be shown.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// By hand: DingTalk's signature and the text that it signs are good for a replay.
impl fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { timestamp, body, .. } = self;
        f.debug_struct("Push").field("timestamp", timestamp).field("bytes", &body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
