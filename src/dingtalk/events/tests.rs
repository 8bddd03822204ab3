use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Published by DingTalk (open.dingtalk.com, read 2026-08-22).
fn published() -> Subscription {
    let key = Secret::new("1234567890123456789012345678901234567890123");
    Subscription::new(Secret::new("123456"), &key, "dingsnotzck6pm5veliw").unwrap()
}

/// Fixed for this project, with a key whose last character has bits that belong to no byte.
fn ours() -> Subscription {
    Subscription::new(Secret::new("miandengToken"), &Secret::new(KEY), OWNER).unwrap()
}

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OWNER: &str = "dingappkeyexample001";
const CHECK_URL: &str = "Q3stYC6hdFzMh9T8HCvyDLV8JeomtQuxZLosYEI28mjzSD5UpK2hp0QUc4H6M/N53avNPZGLlAuH0whWkGZViw8zlgiW9e++oA9npCSyiSL2CkQEDVBudSPtqvYG4Y6P";
const SUCCESS: &str = "DpQeJfnf/MGZ/+GTIspwVDPodrl+l+35PT3ArKrLkox9Kdp8dIM8b2tBgiXlwRbah8YQ/r/KFeRikys7/KEYqQ==";

/// A push as DingTalk sends it, before it is borrowed.
#[derive(Clone, Debug)]
struct Sent {
    signature: String,
    timestamp: String,
    nonce: String,
    body: Vec<u8>,
}

impl Sent {
    fn of(subscription: &Subscription, encrypt: &str) -> Self {
        let (timestamp, nonce) = ("1700000000000".to_owned(), "nOnCe123".to_owned());
        let signature = seal::signature(&subscription.token, &timestamp, &nonce, encrypt);
        Self { signature, timestamp, nonce, body: json!({ "encrypt": encrypt }).to_string().into_bytes() }
    }

    fn saying(subscription: &Subscription, message: &str, owner: &str) -> Self {
        Self::of(subscription, &seal(&subscription.key, message, owner, [7; 16]))
    }

    fn push(&self) -> Push<'_> {
        Push { signature: &self.signature, timestamp: &self.timestamp, nonce: &self.nonce, body: &self.body }
    }
}

/// Encrypts bytes that are padded, or not, already.
fn encrypted(plain: &[u8]) -> String {
    use aes::cipher::{BlockModeEncrypt, KeyIvInit};
    use base64::{Engine, engine::general_purpose::STANDARD};
    let key = seal::key(KEY).unwrap();
    let mut bytes = plain.to_vec();
    let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut bytes);
    let vector: [u8; 16] = key[..16].try_into().unwrap();
    cbc::Encryptor::<aes::Aes256>::new(&key.into(), &vector.into()).encrypt_blocks(blocks);
    STANDARD.encode(bytes)
}

#[test]
fn vector_a_as_published() {
    let encrypt = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==";
    let body = json!({ "encrypt": encrypt }).to_string();
    let push = Push {
        signature: "9a95a004dd16f5c307e849b994173f76aa26e5eb",
        timestamp: "1614767836",
        nonce: "A7Co0cJLMzIDtMMI",
        body: body.as_bytes(),
    };
    assert_eq!(published().message(push).as_deref(), Ok("success"));
    assert_eq!(seal(&published().key, "success", "dingsnotzck6pm5veliw", *b"dICkEDLj0eb6yAbc"), encrypt);
}

#[test]
fn vector_b_is_opened_and_answered() {
    let sent = Sent::of(&ours(), CHECK_URL);
    assert_eq!(sent.signature, "ceeadb6149c9cc6c397011b7ab498b81ed3624e1");
    assert_eq!(ours().open(sent.push()).map(|event| event.kind), Ok(EventKind::CheckUrl));

    let reply = ours().reply(1_700_000_000_000, "nOnCe123", *b"fedcba9876543210");
    let expected = json!({
        "msg_signature": "2da74d5678dbbd682d475eea35e3cae1c0befa10",
        "timeStamp": "1700000000000",
        "nonce": "nOnCe123",
        "encrypt": SUCCESS,
    });
    assert_eq!(serde_json::to_value(&reply).unwrap(), expected);
}

#[test]
fn both_spellings_of_a_body_mean_the_same() {
    let newer = json!({
        "EventType": "user_leave_org", "EventTime": 1700000000000_i64, "CorpId": "dingcorp", "eventId": "e1",
        "timeStamp": "1700000000001", "userId": ["zhangsan", "李四", 7, "a,b", null],
    });
    let older = json!({
        "EventType": "user_leave_org", "CorpId": "dingcorp", "UserId": ["zhangsan", "李四"], "OptStaffId": "boss",
        "TimeStamp": "1700000000000",
    });
    let newer = Event::read(&newer.to_string()).unwrap();
    let older = Event::read(&older.to_string()).unwrap();
    assert_eq!(newer, Event { id: Some("e1".to_owned()), ..older });
    assert_eq!((newer.kind, newer.time_ms, newer.users.len()), (EventKind::UserLeft, Some(1_700_000_000_000), 2));
    let department = json!({ "EventType": "org_dept_remove", "deptId": [5, "6", "x"] });
    assert_eq!(Event::read(&department.to_string()).unwrap().departments, [5, 6]);
}

#[test]
fn each_fault_is_told_apart() {
    let ours = ours();
    let refused = |sent: &Sent| ours.open(sent.push()).unwrap_err();
    let good = Sent::of(&ours, CHECK_URL);
    let with_body = |body: &str| Sent { body: body.as_bytes().to_vec(), ..good.clone() };
    let plain = |pad: &[u8]| [&[7; 16][..], &[0, 0, 0, 2], b"{}", OWNER.as_bytes(), &[b'x'; 6], pad].concat();

    assert_eq!(refused(&with_body("")), EventError::NotEncrypted);
    assert_eq!(refused(&with_body("{\"encrypt\":7}")), EventError::NotEncrypted);
    assert_eq!(refused(&with_body(&"[".repeat(100_000))), EventError::NotEncrypted);
    assert_eq!(refused(&with_body(&" ".repeat(MAX_BODY + 1))), EventError::TooLong);
    assert_eq!(refused(&Sent { nonce: "n".repeat(MAX_PARAMETER + 1), ..good.clone() }), EventError::TooLong);
    assert_eq!(refused(&Sent { nonce: "nOnCe124".to_owned(), ..good.clone() }), EventError::BadSignature);
    assert_eq!(refused(&Sent { timestamp: String::new(), ..good.clone() }), EventError::BadSignature);
    assert_eq!(refused(&Sent { signature: good.signature.to_uppercase(), ..good.clone() }), EventError::BadSignature);
    assert_eq!(refused(&Sent { signature: String::new(), ..good.clone() }), EventError::BadSignature);
    assert_eq!(refused(&Sent::of(&ours, "no base64")), EventError::BadBase64);
    assert_eq!(refused(&Sent::of(&ours, "")), EventError::BadLength);
    assert_eq!(refused(&Sent::of(&ours, "AAAA")), EventError::BadLength);
    for pad in [&[0; 16][..], &[33; 16], &[16; 15], &[255; 16]] {
        let pad = [&[16; 16][..16 - pad.len()], pad].concat();
        let is_whole = pad == [16; 16];
        let opened = ours.open(Sent::of(&ours, &encrypted(&plain(&pad))).push());
        assert_eq!(opened == Err(EventError::BadPadding), !is_whole, "{pad:?}: {opened:?}");
    }
    assert_eq!(refused(&Sent::of(&ours, &encrypted(&[2; 16]))), EventError::BadFrame);
    let boast = [&[7; 16][..], &[255, 255, 255, 255], &[12; 12]].concat();
    assert_eq!(refused(&Sent::of(&ours, &encrypted(&boast))), EventError::BadFrame);
    let owner = "dingcorp".to_owned();
    assert_eq!(refused(&Sent::saying(&ours, "{}", &owner)), EventError::OtherOwner { found: owner });
    for message in ["", "[]", "{}", "{\"EventType\":7}", "{\"EventType\":\"\"}", "null", "{\"EventType\":\"x\"} x"] {
        assert_eq!(refused(&Sent::saying(&ours, message, OWNER)), EventError::NoEvent, "{message}");
    }
    let corp = r#"{"EventType":"user_leave_org","CorpId":"a,b"}"#;
    assert_eq!(refused(&Sent::saying(&ours, corp, OWNER)), EventError::NoEvent);
}

#[test]
fn a_key_is_43_characters_and_its_last_bits_do_not_matter() {
    let new = |key: &str| Subscription::new(Secret::new("t"), &Secret::new(key), "o").map(|of| of.key);
    assert!(new("").is_err() && new(&KEY[1..]).is_err() && new(&format!("{KEY}=")).is_err());
    assert!(new(&KEY.replace('a', "-")).is_err() && new(&KEY.replace('a', "\n")).is_err());
    assert_eq!(new(KEY), new(&KEY.replace('G', "E")), "G and E differ in bits of no byte");
}

/// An event names nobody and nothing that is not in the text, and its word is one that a row can hold.
fn holds_of(text: &str) {
    let Ok(event) = Event::read(text) else { return };
    assert!(!event.kind.as_str().is_empty() && event.kind.as_str().chars().count() <= 64, "{text}");
    assert_eq!(EventKind::of(event.kind.as_str()), event.kind, "{text}");
    assert!(event.id.is_none_or(|id| !id.is_empty() && id.chars().count() <= 64), "{text}");
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let whole = value.to_string();
    assert!(event.users.iter().all(|user| whole.contains(&json!(user.as_str()).to_string())), "{text}");
    assert!(event.corp_id.is_none_or(|corp| whole.contains(corp.as_str())), "{text}");
}

#[test]
fn what_came_close_is_an_event_or_none() {
    for text in crate::corpus::lines::<String>("events.jsonl") {
        holds_of(&text);
    }
    let one = Event::read(r#"{"EventType":"user_leave_org","userId":"zhangsan","deptId":"110"}"#).unwrap();
    assert_eq!((one.users.len(), &one.departments[..]), (1, &[110][..]), "one that is not in a list");
}

#[test]
fn nothing_of_the_secrets_is_shown() {
    let good = Sent::of(&ours(), CHECK_URL);
    let shown = format!("{:?} {:?}", ours(), good.push());
    for secret in ["miandengToken", KEY, "105, 183", &good.signature, CHECK_URL] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    /// Whatever is posted without the token is refused, and never by a panic.
    #[test]
    fn nobody_else_is_believed(
        signature in ".{0,44}", timestamp in ".{0,20}", nonce in ".{0,20}",
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            any::<String>().prop_map(|text| json!({ "encrypt": text }).to_string().into_bytes()),
            Just(json!({ "encrypt": CHECK_URL }).to_string().into_bytes()),
        ],
    ) {
        let push = Push { signature: &signature, timestamp: &timestamp, nonce: &nonce, body: &body };
        let refused = ours().open(push).unwrap_err();
        prop_assert!(matches!(refused, EventError::NotEncrypted | EventError::BadSignature), "{refused:?}");
    }

    /// Nor by a push of DingTalk's in which one bit is another.
    #[test]
    fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let good = Sent::of(&ours(), CHECK_URL);
        let mut texts = [good.signature.into_bytes(), good.timestamp.into_bytes(), good.nonce.into_bytes()];
        let mut body = good.body;
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut at = at.index(lengths.iter().sum::<usize>() + CHECK_URL.len());
        let part = lengths.iter().position(|length| { let here = at < *length; if !here { at -= length; } here });
        match part {
            Some(part) => texts[part][at] ^= 1 << bit,
            None => body[r#"{"encrypt":""#.len() + at] ^= 1 << bit,
        }
        let [signature, timestamp, nonce] = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
        let push = Push { signature: &signature, timestamp: &timestamp, nonce: &nonce, body: &body };
        let opened = ours().open(push);
        prop_assert!(opened.is_err(), "{opened:?}");
    }

    /// Whoever has the token but not the key gets an error for each text, never a panic.
    #[test]
    fn a_signed_text_of_any_bytes_is_opened_or_refused(
        encrypt in prop_oneof![
            "[A-Za-z0-9+/=]{0,100}",
            proptest::collection::vec(any::<u8>(), 0..12).prop_map(|blocks| encrypted(&blocks.repeat(16))),
            proptest::collection::vec(any::<u8>(), 32).prop_map(|bytes| encrypted(&bytes)),
            (proptest::collection::vec(any::<u8>(), 31), 0..40_u8)
                .prop_map(|(bytes, pad)| encrypted(&[bytes, vec![pad]].concat())),
        ],
    ) {
        let ours = ours();
        let opened = ours.message(Sent::of(&ours, &encrypt).push());
        prop_assert!(opened.is_err(), "{opened:?}");
    }

    /// What DingTalk seals for us is opened, whatever the message; and what is no event is said to be none.
    #[test]
    fn what_is_sealed_is_opened(message in any::<String>(), random in any::<[u8; 16]>()) {
        let ours = ours();
        let sent = Sent::of(&ours, &seal(&ours.key, &message, OWNER, random));
        let encrypted = sent.body.len();
        prop_assert_eq!(ours.message(sent.push()), Ok(message.clone()));
        prop_assert!(encrypted > message.len());
        prop_assert_eq!(ours.open(sent.push()), Event::read(&message));
    }

    /// Whatever is inside a push is an event or none, and never more than its own words.
    #[test]
    fn whatever_is_inside_a_push_is_an_event_or_none(text in "\\PC{0,200}") {
        holds_of(&text);
    }

    /// Any JSON is an event or none; a userid in it is one that the table can hold.
    #[test]
    fn any_json_is_an_event_or_none(
        kind in prop_oneof![Just(json!("user_leave_org")), Just(json!("check_url")), any::<String>().prop_map(|s| json!(s)), Just(json!(null))],
        users in proptest::collection::vec(any::<String>(), 0..4),
        time in prop_oneof![any::<i64>().prop_map(|n| json!(n)), any::<String>().prop_map(|s| json!(s)), Just(json!([]))],
        odd in any::<bool>(),
    ) {
        let (users_name, time_name) = if odd { ("UserId", "TimeStamp") } else { ("userId", "timeStamp") };
        let text = json!({ "EventType": kind, users_name: users, time_name: time, "corpId": "dingcorp" }).to_string();
        if let Ok(event) = Event::read(&text) {
            prop_assert!(kind.as_str().is_some_and(|kind| !kind.is_empty()));
            prop_assert!(event.users.iter().all(|user| users.contains(&user.as_str().to_owned())));
            prop_assert!(event.time_ms.is_none_or(|ms| time.to_string().contains(&ms.unsigned_abs().to_string())));
        }
    }
}
