//! How the platform judges a page's dd.config: its signature against the page's real address and the live
//! tickets of the very app that the page names.
//!
//! Which hash the platform takes is not documented without contradiction, so both are taken here, told apart
//! by length: SHA-1 has 40 hexadecimal digits, SHA-256 has 64.

use percent_encoding::percent_decode;
use serde::Serialize;
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::{
    company::{Channel, Company, Corp},
    credentials::{Holder, IssuedCredentials},
};

/// One dd.config that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigCheck {
    pub corp_id: String,
    pub agent_id: String,
    /// The page's address as the client saw it, without fragment.
    pub url: String,
    /// What of it is hashed: the query with its escapes resolved.
    pub signed_url: String,
    /// The platform's error code; `None` when the configuration was accepted.
    pub code: Option<i64>,
    pub text: String,
}

impl ConfigCheck {
    pub fn accepted(&self) -> bool {
        self.code.is_none()
    }
}

#[derive(Clone, Debug, Default)]
pub struct ConfigCall {
    pub corp_id: String,
    pub agent_id: String,
    pub time_stamp: String,
    pub nonce: String,
    pub signature: String,
    /// 0 micro-app, 1 service window; left out it is 0.
    pub kind: String,
    /// `None` when it is not a list.
    pub js_api_list: Option<Vec<Value>>,
    pub url: String,
}

pub fn judge(company: &Company, credentials: &IssuedCredentials, now: i64, config: &ConfigCall) -> ConfigCheck {
    let url = without_fragment(&config.url).to_owned();
    let signed_url = signed_form(&url);
    let corp = company.corp(&config.corp_id);
    let refusal = examine(corp, config, &signed_url)
        .and_then(|holder| check_signature(credentials, now, config, &signed_url, (&holder, corp)))
        .err();
    ConfigCheck {
        corp_id: config.corp_id.clone(),
        agent_id: config.agent_id.clone(),
        url,
        signed_url,
        code: refusal.as_ref().map(|(code, _)| *code),
        text: refusal.map(|(code, text)| format!("权限校验失败 Code:{code} - Message: {text}")).unwrap_or_default(),
    }
}

type Refusal = (i64, String);

/// The order is the simulator's own: malformed fields, then who asks, then the signature. The texts are too, except
/// that of 52013, the only one on record.
fn examine(corp: Option<&Corp>, config: &ConfigCall, signed_url: &str) -> Result<Holder, Refusal> {
    let refuse = |code, text: &str| Err((code, text.to_owned()));
    if !signed_url.starts_with("http://") && !signed_url.starts_with("https://") {
        return refuse(52014, "无效的url参数");
    }
    if config.nonce.is_empty() {
        return refuse(52015, "无效的随机字符串参数");
    }
    if config.signature.is_empty() {
        return refuse(52016, "无效的签名参数");
    }
    if config.js_api_list.is_none() {
        return refuse(52017, "无效的jsapi列表参数");
    }
    if config.time_stamp.parse::<i64>().is_err() {
        return refuse(52018, "无效的时间戳");
    }
    let Some(corp) = corp else {
        return Err((52010, "无效的corpid".to_owned()));
    };
    match config.kind.as_str() {
        "" | "0" => micro_app(corp, &config.agent_id),
        "1" => service_window(corp.channel.as_ref(), corp, &config.agent_id),
        _ => Err((52022, "无效的jsapi类型".to_owned())),
    }
}

fn micro_app(corp: &Corp, agent_id: &str) -> Result<Holder, Refusal> {
    if corp.apps.is_empty() {
        return Err((52021, "没有微应用的授权".into()));
    }
    let app = corp.apps.iter().find(|app| app.agent_id == agent_id);
    let app = app.ok_or_else(|| (52019, "无效的agentid".to_owned()))?;
    Ok(Holder::App { corp_id: corp.corp_id.clone(), client_id: app.client_id.clone() })
}

fn service_window(channel: Option<&Channel>, corp: &Corp, agent_id: &str) -> Result<Holder, Refusal> {
    let channel = channel.ok_or_else(|| (52020, "没有服务窗的授权".to_owned()))?;
    if channel.agent_id != agent_id {
        return Err((52023, "无效的服务窗agentid".into()));
    }
    Ok(Holder::Channel { corp_id: corp.corp_id.clone() })
}

fn check_signature(
    credentials: &IssuedCredentials,
    now: i64,
    config: &ConfigCall,
    signed_url: &str,
    (asked, corp): (&Holder, Option<&Corp>),
) -> Result<(), Refusal> {
    let hash = if config.signature.len() == 64 { "sha256" } else { "sha1" };
    let only_hash = corp.and_then(|corp| corp.only_hash.as_deref());
    let hash_counts = only_hash.is_none_or(|only| only == hash);
    let counts_for = |holder: &Holder| match (holder, asked) {
        // A ticket from the old corpid + corpsecret serves every micro-app of that organisation.
        (Holder::Corp { corp_id }, Holder::App { corp_id: of_app, .. }) => corp_id == of_app,
        _ => holder == asked,
    };
    let signs = |ticket: &str| hash_counts && signature_fits(config, ticket, signed_url);
    let mine: Vec<_> = credentials.tickets(now).filter(|(_, holder, live)| *live && counts_for(holder)).collect();
    if mine.iter().any(|(ticket, ..)| signs(ticket)) {
        return Ok(());
    }
    // Made with a ticket that is somebody else's or dead? The platform tells that from a wrong signature.
    if let Some((_, holder, live)) = credentials.tickets(now).find(|(ticket, ..)| signs(ticket)) {
        return Err(if live && holder.corp_id() == asked.corp_id() {
            (52019, "无效的agentid".into())
        } else {
            (52011, "jsticket读取失败".into())
        });
    }
    if mine.is_empty() {
        return Err((52011, "jsticket读取失败".into()));
    }
    let hints: Vec<_> = mine.iter().map(|(ticket, ..)| format!("{}***", ticket.get(..4).unwrap_or(ticket))).collect();
    Err((
        52013,
        format!(
            "签名校验失败,nonce:[{}],timestamp:[{}],url:[{signed_url}],ticketList:[{}]",
            config.nonce,
            config.time_stamp,
            hints.join(",")
        ),
    ))
}

fn signature_fits(config: &ConfigCall, ticket: &str, signed_url: &str) -> bool {
    let plain = plain_text(ticket, &config.nonce, &config.time_stamp, signed_url);
    match config.signature.len() {
        40 => hex::encode(Sha1::digest(plain)) == config.signature,
        64 => hex::encode(Sha256::digest(plain)) == config.signature,
        _ => false,
    }
}

fn plain_text(ticket: &str, nonce: &str, time_stamp: &str, signed_url: &str) -> String {
    format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={time_stamp}&url={signed_url}")
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

/// Scheme, host, port and path stay as they are; the query's escapes are resolved, `+` being a space.
/// A malformed escape stays: nobody wrote down what the platform makes of it.
fn signed_form(url: &str) -> String {
    match url.split_once('?') {
        None => url.to_owned(),
        Some((before, query)) => {
            let spaced = query.replace('+', " ");
            format!("{before}?{}", percent_decode(spaced.as_bytes()).decode_utf8_lossy())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const TICKET: &str = "miandengTicket0123456789ABCDEFabcdef";

    /// The verdict on a page of the sample's app, which holds just this ticket.
    fn verdict(ticket: &str, nonce: &str, time_stamp: &str, url: &str, signature: &str) -> ConfigCheck {
        let (company, mut credentials, now) =
            (Company::sample(), IssuedCredentials::default(), Clock::standing().now());
        let corp = &company.corps[0];
        let (corp_id, app) = (corp.corp_id.clone(), corp.apps[0].clone());
        let holder = Holder::App { corp_id: corp_id.clone(), client_id: app.client_id };
        credentials.put_ticket(ticket, holder, now);
        let config = ConfigCall {
            corp_id,
            agent_id: app.agent_id,
            nonce: nonce.into(),
            time_stamp: time_stamp.into(),
            signature: signature.into(),
            js_api_list: Some(Vec::new()),
            url: url.into(),
            ..ConfigCall::default()
        };
        judge(&company, &credentials, now, &config)
    }

    fn fits(ticket: &str, nonce: &str, time_stamp: &str, url: &str, signature: &str) -> bool {
        verdict(ticket, nonce, time_stamp, url, signature).accepted()
    }

    /// The vectors of dingtalk.md §4: nonce, timestamp, address, SHA-1, SHA-256.
    const VECTORS: [[&str; 5]; 4] = [
        [
            "abcdefg",
            "1700000000",
            "https://sign.example.com/",
            "0507380ca2d4bdc18711b1d0f31011f5d1111c04",
            "d493abba54e1851cc34d76d8ab41913e580af81cd35d12004daeb804b9f59779",
        ],
        [
            "Zn4zmLFKD0wzilzM",
            "1414588745",
            "http://192.168.31.134:8080/test.do?a=b&c=d#top",
            "d05a72c89971ca0e47ceb4797a0a9657b8d43816",
            "01e8c74ee239873dda65ebd20d00b0e96e741608f558772b7f4f82861996da16",
        ],
        [
            "n0nce3",
            "1525254205",
            "https://sign.example.com/index?corpid=dingb4ff1079f84f8d54&name=%E5%BC%A0%E4%B8%89",
            "e625f48110397840f5abf3b002bd33b179690881",
            "e1f086da49841c76699038506136c22fd79266ce3880477f2d433a4cc43ca9b6",
        ],
        [
            "n0nce4",
            "1700000000",
            "https://sign.example.com/p?q=a+b%2Bc%26d",
            "f3b272618c9aec7bfeb66ff9a2a31c88fbfb1d38",
            "16df846acd6af59a11432a8ded664bd88c5c0107b9e6a0200a457a22b038b369",
        ],
    ];

    #[test]
    fn the_documented_vectors_are_accepted_in_both_hashes() {
        for [nonce, time_stamp, url, sha1, sha256] in VECTORS {
            assert!(fits(TICKET, nonce, time_stamp, url, sha1), "SHA-1 of {url}");
            assert!(fits(TICKET, nonce, time_stamp, url, sha256), "SHA-256 of {url}");
        }
        let ticket = "mS5k98fdkdgDKxkXGEs8LORVREiweeWETE40P37wkidkfksDSKDJFD5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcKIDU8l";
        let url = "http://open.dingtalk.com";
        let of_2016 = |signature| fits(ticket, "Zn4zmLFKD0wzilzM", "1414588745", url, signature);
        assert!(of_2016("10de2b0a6763ec3685a50272b5b0eb2848098dc2"));
        assert!(of_2016("6d6e0580d57aac61e427c1e82e7545cca4eed5c59ae6bb468c6bf6f89753cdb2"));
    }

    #[test]
    fn a_signature_over_the_undecoded_query_is_refused_with_the_decoded_address() {
        let [nonce, time_stamp, url, ..] = VECTORS[2];
        for signature in [
            "f37bb6c30cb54eea3e93769a409a0be1c7e92819",
            "bb20ee844c64b800b4db1d12c5b4ade6ef573a6a743b24a514d72bc5d639b8c4",
        ] {
            let check = verdict(TICKET, nonce, time_stamp, url, signature);
            assert_eq!(check.code, Some(52013));
            let text = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n0nce3],timestamp:[1525254205],\
                        url:[https://sign.example.com/index?corpid=dingb4ff1079f84f8d54&name=张三],ticketList:[mian***]";
            assert_eq!(check.text, text);
        }
    }

    #[test]
    fn only_the_query_is_decoded() {
        for (url, signed) in [
            ("http://h", "http://h"),
            ("http://h:80/%20+?%20+", "http://h:80/%20+?  "),
            ("https://h/p?", "https://h/p?"),
            ("https://h/p?a=100%", "https://h/p?a=100%"),
        ] {
            assert_eq!(signed_form(url), signed);
        }
    }
}
