//! DingTalk's event pushes over HTTP: verified, decrypted, and answered (pure).
//!
//! "配置事件订阅" and "回调事件消息体加解密" (open.dingtalk.com, read 2026-08-22). DingTalk posts `{"encrypt":"…"}` with
//! signature, timestamp and nonce in the query. The signature is checked before anything is decrypted, and nothing is
//! guessed: a push that does not fit exactly is refused.
//!
//! A replayed push verifies like the first: an event is a hint to look something up at DingTalk, never the truth, and
//! `eventId` reveals repetitions.

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

/// The two secrets from the console's page, and whom pushes are for.
pub struct Subscription {
    token: Secret,
    key: [u8; 32],
    owner: String,
}

#[derive(Clone, Copy)]
pub struct Push<'a> {
    /// `msg_signature`, or `signature`, which is all that older pushes have.
    pub signature: &'a str,
    /// `timestamp`: milliseconds, as text.
    pub timestamp: &'a str,
    pub nonce: &'a str,
    pub body: &'a [u8],
}

/// DingTalk wants it within 1.5 seconds, as JSON with exactly these names.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    msg_signature: String,
    #[serde(rename = "timeStamp")]
    time_stamp: String,
    nonce: String,
    encrypt: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no key: 43 letters, digits, \"+\" and \"/\" are; copy the aes_key again")]
pub struct BadKey;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the push is too long")]
    TooLong,
    #[error("the body is no JSON with \"encrypt\" in it")]
    NotEncrypted,
    /// Forged, or the console's token is not ours.
    #[error("the signature is wrong: compare event_token with the console's")]
    BadSignature,
    /// The signature holds, but what it signs is no base64.
    #[error("the encrypted text is no base64")]
    BadBase64,
    #[error("the encrypted text is no whole number of blocks")]
    BadLength,
    #[error("the padding is wrong: compare event_aes_key with the console's")]
    BadPadding,
    #[error("the text inside is shorter than it says")]
    BadFrame,
    /// Signed and encrypted with our secrets, but meant for somebody else.
    #[error("the push is for {found:?}, which is neither the app's client_id nor its corp's id")]
    OtherOwner { found: String },
    #[error("the text inside is no event")]
    NoEvent,
}

impl Subscription {
    /// `aes_key` is the console's, of 43 characters. `owner` is the app's `client_id`, or the corp's id if a call
    /// registered the address instead of the console.
    pub fn new(token: Secret, aes_key: &Secret, owner: impl Into<String>) -> Result<Self, BadKey> {
        let key = seal::key(aes_key.expose()).ok_or(BadKey)?;
        Ok(Self { token, key, owner: owner.into() })
    }

    pub fn open(&self, push: Push<'_>) -> Result<Event, EventError> {
        Event::read(&self.message(push)?)
    }

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

    /// Acknowledges a push. `random` and `nonce` must be fresh each time; `now_ms` counts from 1970.
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

/// By hand: the signature and the signed text would allow a replay.
impl fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { timestamp, body, .. } = self;
        f.debug_struct("Push").field("timestamp", timestamp).field("bytes", &body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
