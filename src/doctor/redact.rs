//! A report to pass on to somebody who helps: without secrets and without what tells of people (pure).

use super::Finding;
use crate::{
    config::{App, AppKind, Config, Credentials},
    i18n::Locale,
};

const LEFT_OUT: &str = "[…]";
/// Folders whose next level is a person's name.
const HOMES: [&str; 3] = ["/home/", "/Users/", "\\Users\\"];

/// The findings as text, with the version and the kind of machine.
pub fn redacted(findings: &[Finding], config: &Config, locale: Locale) -> String {
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let findings: String = findings.iter().map(|finding| finding.text(locale)).collect();
    format!("miandeng {version} ({os}, {arch})\n{}", redact(&findings, &secrets(config)))
}

/// The secrets of the settings. No finding shows one; this is for the day when one does.
fn secrets(config: &Config) -> Vec<&str> {
    config.apps.iter().flat_map(secrets_of).collect()
}

fn secrets_of(app: &App) -> Vec<&str> {
    let mut secrets = match &app.credentials {
        Credentials::App { client_secret, .. } => vec![client_secret.expose()],
        Credentials::Corp { corp_secret } => vec![corp_secret.expose()],
    };
    if let AppKind::Channel { secret } = &app.kind {
        secrets.push(secret.expose());
    }
    secrets
}

fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, LEFT_OUT);
    }
    for home in HOMES {
        text = without_names(&text, home);
    }
    let mut redacted = String::with_capacity(text.len());
    for word in
        text.split_inclusive(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | ',' | ';'))
    {
        let end = word.char_indices().last().filter(|(_, c)| c.is_ascii_punctuation() || c.is_ascii_whitespace());
        let (inside, end) = word.split_at(end.map_or(word.len(), |(at, _)| at));
        redacted.push_str(&without_numbers(&without_address(inside)));
        redacted.push_str(end);
    }
    redacted
}

/// The level behind a folder of homes.
fn without_names(text: &str, home: &str) -> String {
    let mut parts = text.split(home);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '\\', ' ', '\n', '"', '\'']).unwrap_or(part.len());
        redacted.extend([home, LEFT_OUT, &part[end..]]);
    }
    redacted
}

/// A mail address as a whole; of a URL the name and password before its host.
fn without_address(word: &str) -> String {
    match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => [&word[..scheme + 3], LEFT_OUT, &word[at..]].concat(),
        (_, Some(at)) if at > 0 && at + 1 < word.len() => LEFT_OUT.to_owned(),
        _ => word.to_owned(),
    }
}

/// Numbers of as many digits as a mobile number has; an AgentId has fewer.
fn without_numbers(word: &str) -> String {
    let mut redacted = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = &rest[start..];
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        redacted.push_str(&rest[..start]);
        redacted.push_str(if (11..=13).contains(&length) { LEFT_OUT } else { &digits[..length] });
        rest = &digits[length..];
    }
    redacted + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_tells_of_people_is_left_out_and_what_helps_stays() {
        let check = |text: &str, expected: &str| assert_eq!(redact(text, &["s3cret", ""]), expected);
        check("/home/zhangsan/data.db opens", "/home/[…]/data.db opens");
        check("at /srv/miandeng.db, \"/Users/a b\"", "at /srv/miandeng.db, \"/Users/[…] b\"");
        check("ask zhang@corp.example (or 13800000000)", "ask […] (or […])");
        check("mobile=+8613800000000.", "mobile=+[…].");
        check("through http://me:pw@proxy:3128", "through http://[…]@proxy:3128");
        check("secret=s3cret", "secret=[…]");
        for kept in [
            "https://app.example.com/healthz answers 502",
            "agent_id 100000001: 60020 \"访问ip不在白名单之中,request ip=203.0.113.7\" (request_id \"15rq2d6e9qxpq\")",
            "/topapi/v2/user/get: no answer",
        ] {
            check(kept, kept);
        }
    }

    proptest! {
        /// Nothing of it passes, whatever stands around it.
        #[test]
        fn neither_secrets_nor_numbers_nor_mail_addresses_pass(
            before in "[^0-9]{0,12}", after in "[^0-9]{0,12}", number in "1[3-9][0-9]{9}",
        ) {
            let text = redact(&format!("{before} {number} s3cret a.b@corp.example {after}"), &["s3cret"]);
            for private in [&*number, "s3cret", "a.b@", "corp.example"] {
                prop_assert!(!text.contains(private) || before.contains(private) || after.contains(private), "{}", text);
            }
        }
    }
}
