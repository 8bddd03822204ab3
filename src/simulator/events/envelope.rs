//! How a push is signed and encrypted, and how its acknowledgement is read ("回调事件消息体加解密", open.dingtalk.com).

use aes::{
    Aes256, Block,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit},
};
use base64::{
    Engine, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::super::{company::MicroApp, random};

/// A push as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPush {
    /// `signature`, `msg_signature`, `timestamp`, `nonce`.
    pub query: Vec<(String, String)>,
    pub body: String,
}

pub(super) struct Envelope<'a> {
    token: &'a str,
    key: [u8; 32],
    owner: &'a str,
}

impl<'a> Envelope<'a> {
    pub fn of(app: &'a MicroApp) -> Option<Self> {
        let lenient = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
        let key = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(format!("{}=", app.event_aes_key)).ok()?;
        Some(Self { token: &app.event_token, key: key.try_into().ok()?, owner: &app.client_id })
    }

    pub fn owned_by(self, owner: &'a str) -> Self {
        Self { owner, ..self }
    }

    pub fn seal(&self, message: &str, timestamp_ms: i64) -> SealedPush {
        let (timestamp, nonce) = (timestamp_ms.to_string(), random::letters(10));
        let encrypt = self.encrypt(message);
        let signature = self.signature(&timestamp, &nonce, &encrypt);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = vec![
            pair("signature", &signature),
            pair("msg_signature", &signature),
            pair("timestamp", &timestamp),
            pair("nonce", &nonce),
        ];
        SealedPush { query, body: json!({ "encrypt": encrypt }).to_string() }
    }

    /// Whether an answer acknowledges a push: JSON with exactly these names, whose text is `success`.
    pub fn is_acknowledged_by(&self, answer: &str) -> bool {
        let Ok(Value::Object(fields)) = serde_json::from_str(answer) else { return false };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let (Some(signature), Some(timestamp), Some(nonce), Some(encrypt)) =
            (text("msg_signature"), text("timeStamp"), text("nonce"), text("encrypt"))
        else {
            return false;
        };
        signature == self.signature(timestamp, nonce, encrypt) && self.decrypt(encrypt).as_deref() == Some("success")
    }

    fn signature(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        let mut four = [self.token, timestamp, nonce, encrypt];
        four.sort_unstable();
        hex::encode(Sha1::digest(four.concat()))
    }

    fn encrypt(&self, message: &str) -> String {
        let mut plain = random::letters(16).into_bytes();
        plain.extend((message.len() as u32).to_be_bytes());
        plain.extend(message.bytes());
        plain.extend(self.owner.bytes());
        let padding = 32 - plain.len() % 32;
        plain.resize(plain.len() + padding, padding as u8);
        let (blocks, _) = Block::slice_as_chunks_mut(&mut plain);
        cbc::Encryptor::<Aes256>::new((&self.key).into(), &self.vector()).encrypt_blocks(blocks);
        STANDARD.encode(plain)
    }

    fn decrypt(&self, encrypt: &str) -> Option<String> {
        let mut bytes = STANDARD.decode(encrypt).ok()?;
        let (blocks, rest) = Block::slice_as_chunks_mut(&mut bytes);
        if !rest.is_empty() {
            return None;
        }
        cbc::Decryptor::<Aes256>::new((&self.key).into(), &self.vector()).decrypt_blocks(blocks);
        let padding = usize::from(*bytes.last()?);
        bytes.truncate(bytes.len().checked_sub(padding)?);
        let length = u32::from_be_bytes(bytes.get(16..20)?.try_into().ok()?) as usize;
        let (message, owner) = bytes.get(20..)?.split_at_checked(length)?;
        (owner == self.owner.as_bytes()).then(|| String::from_utf8_lossy(message).into_owned())
    }

    fn vector(&self) -> Block {
        let mut vector = Block::default();
        vector.copy_from_slice(&self.key[..16]);
        vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> MicroApp {
        MicroApp {
            client_id: "dingappkeyexample001".into(),
            event_token: "miandengToken".into(),
            event_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into(),
            ..MicroApp::default()
        }
    }

    /// The second vector of the facts that this and `dingtalk::events` were written from.
    #[test]
    fn the_known_answer_acknowledges() {
        let answer = json!({
            "msg_signature": "2da74d5678dbbd682d475eea35e3cae1c0befa10", "timeStamp": "1700000000000", "nonce": "nOnCe123",
            "encrypt": "DpQeJfnf/MGZ/+GTIspwVDPodrl+l+35PT3ArKrLkox9Kdp8dIM8b2tBgiXlwRbah8YQ/r/KFeRikys7/KEYqQ==",
        });
        let app = app();
        let envelope = Envelope::of(&app).unwrap();
        assert!(envelope.is_acknowledged_by(&answer.to_string()));
        assert!(!envelope.is_acknowledged_by(&answer.to_string().replace("timeStamp", "timestamp")));
        assert!(!envelope.is_acknowledged_by("success"));
    }

    #[test]
    fn what_is_sealed_is_signed_and_opens_again() {
        let app = app();
        let envelope = Envelope::of(&app).unwrap();
        let SealedPush { query, body } = envelope.seal("{}", 1);
        let body: Value = serde_json::from_str(&body).unwrap();
        let encrypt = body["encrypt"].as_str().unwrap();
        assert_eq!(envelope.decrypt(encrypt).as_deref(), Some("{}"));
        assert_eq!(query[0].1, envelope.signature("1", &query[3].1, encrypt));
    }
}
