//! The signature that dd.config checks (pure).
//!
//! Follows DingTalk's "JSAPI 鉴权" (open.dingtalk.com, read 2026-08-22): the plain text is
//! `jsapi_ticket=T&noncestr=N&timestamp=TS&url=U`, in exactly this order and without escaping.
//!
//! # Incomplete support
//! Whether DingTalk looks at the timestamp's age is not documented. Seconds are sent, as its samples do.

use std::borrow::Cow;

use serde::Serialize;
use sha1::Digest as _;

use crate::{
    clock::UnixSeconds,
    config::{App, AppKind, Signature},
    hex_digits::hex_digits,
    secret::Secret,
};

/// Old desktop clients refuse a call that is not listed.
const MICRO_APP_APIS: [&str; 2] = ["runtime.permission.requestAuthCode", "runtime.permission.requestOperateAuthCode"];
const CHANNEL_APIS: [&str; 1] = ["channel.permission.requestAuthCode"];

/// The argument of dd.config, with its names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageConfig<'a> {
    agent_id: &'a str,
    corp_id: &'a str,
    time_stamp: UnixSeconds,
    nonce_str: String,
    signature: String,
    /// The address as signed, to compare with the one in DingTalk's error text.
    url: String,
    /// 0 for a micro-app, 1 for a service window.
    #[serde(rename = "type")]
    kind: u8,
    js_api_list: &'static [&'static str],
}

impl<'a> PageConfig<'a> {
    /// Signs the page at `url` for an app. `nonce` is fresh for each page.
    pub fn new(app: &'a App, ticket: &Secret, url: &str, nonce: String, now: UnixSeconds) -> Self {
        let (kind, js_api_list): (u8, &[&str]) = match app.kind {
            AppKind::MicroApp => (0, &MICRO_APP_APIS),
            AppKind::Channel { .. } => (1, &CHANNEL_APIS),
        };
        Self {
            agent_id: &app.agent_id,
            corp_id: app.corp_id.as_str(),
            time_stamp: now,
            signature: sign(app.signature, ticket.expose(), &nonce, now, url),
            nonce_str: nonce,
            url: signed_form(url).into_owned(),
            kind,
            js_api_list,
        }
    }
}

/// Signs a page for dd.config; lowercase hex, 40 digits for SHA-1 and 64 for SHA-256.
///
/// `url` is the address that the browser shows.
pub fn sign(hash: Signature, ticket: &str, nonce: &str, timestamp: UnixSeconds, url: &str) -> String {
    let url = signed_form(url);
    let plain = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
    match hash {
        Signature::Sha1 => hex_digits(sha1::Sha1::digest(plain)),
        Signature::Sha256 => hex_digits(sha2::Sha256::digest(plain)),
    }
}

/// An address as DingTalk signs it: without its fragment, its query percent-decoded once (`+` is a space), scheme,
/// host, port and path untouched.
///
/// iOS reports an encoded address and Android a raw one; DingTalk's own sample (`decodeUrl`) evens that out like this.
pub fn signed_form(url: &str) -> Cow<'_, str> {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let Some((front, query)) = url.split_once('?') else {
        return Cow::Borrowed(url);
    };
    if !query.contains(['%', '+']) {
        return Cow::Borrowed(url);
    }
    let spaced = query.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
    Cow::Owned(format!("{front}?{decoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that are fixed for this project: ticket, nonce, timestamp, URL, SHA-1, SHA-256.
    const TICKET: &str = "miandengTicket0123456789ABCDEFabcdef";
    const D16_TICKET: &str =
        "mS5k98fdkdgDKxkXGEs8LORVREiweeWETE40P37wkidkfksDSKDJFD5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcKIDU8l";

    #[track_caller]
    fn check(ticket: &str, nonce: &str, timestamp: i64, url: &str, sha1: &str, sha256: &str) {
        assert_eq!(sign(Signature::Sha1, ticket, nonce, timestamp, url), sha1);
        assert_eq!(sign(Signature::Sha256, ticket, nonce, timestamp, url), sha256);
    }

    #[test]
    fn vector_1_a_bare_address() {
        check(
            TICKET,
            "abcdefg",
            1700000000,
            "https://sign.example.com/",
            "0507380ca2d4bdc18711b1d0f31011f5d1111c04",
            "d493abba54e1851cc34d76d8ab41913e580af81cd35d12004daeb804b9f59779",
        );
    }

    #[test]
    fn vector_2_a_port_a_query_and_a_fragment_that_is_dropped() {
        check(
            TICKET,
            "Zn4zmLFKD0wzilzM",
            1414588745,
            "http://192.168.31.134:8080/test.do?a=b&c=d#top",
            "d05a72c89971ca0e47ceb4797a0a9657b8d43816",
            "01e8c74ee239873dda65ebd20d00b0e96e741608f558772b7f4f82861996da16",
        );
    }

    #[test]
    fn vector_3_a_chinese_query_is_signed_decoded() {
        let url = "https://sign.example.com/index?corpid=dingb4ff1079f84f8d54&name=%E5%BC%A0%E4%B8%89";
        check(
            TICKET,
            "n0nce3",
            1525254205,
            url,
            "e625f48110397840f5abf3b002bd33b179690881",
            "e1f086da49841c76699038506136c22fd79266ce3880477f2d433a4cc43ca9b6",
        );
    }

    #[test]
    fn vector_4_plus_and_escaped_separators() {
        check(
            TICKET,
            "n0nce4",
            1700000000,
            "https://sign.example.com/p?q=a+b%2Bc%26d",
            "f3b272618c9aec7bfeb66ff9a2a31c88fbfb1d38",
            "16df846acd6af59a11432a8ded664bd88c5c0107b9e6a0200a457a22b038b369",
        );
    }

    #[test]
    fn vector_5_the_inputs_that_dingtalk_published_in_2016() {
        check(
            D16_TICKET,
            "Zn4zmLFKD0wzilzM",
            1414588745,
            "http://open.dingtalk.com",
            "10de2b0a6763ec3685a50272b5b0eb2848098dc2",
            "6d6e0580d57aac61e427c1e82e7545cca4eed5c59ae6bb468c6bf6f89753cdb2",
        );
    }

    #[test]
    fn the_path_is_never_decoded_and_the_query_only_once() {
        assert_eq!(signed_form("https://h/%E5%BC%A0/?q=%2525"), "https://h/%E5%BC%A0/?q=%25");
        assert_eq!(signed_form("https://h/?"), "https://h/?");
        assert_eq!(signed_form("https://h/?a=%zz&b=%ff"), "https://h/?a=%zz&b=\u{fffd}");
    }
}
