//! A `User-Agent` in a few words (pure). A hint for the session's owner, never a proof of anything.

/// What a `User-Agent` says of itself. Each part may be "".
#[derive(Debug, PartialEq, Eq)]
pub struct Device<'a> {
    /// `DingTalk`, or a browser.
    pub client: &'static str,
    /// DingTalk's.
    pub version: &'a str,
    pub system: &'static str,
}

pub fn read(user_agent: &str) -> Device<'_> {
    let has = |word: &str| user_agent.contains(word);
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("OpenHarmony", "HarmonyOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ];
    let browser = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let known = |list: &[(&str, &'static str)]| list.iter().find(|(word, _)| has(word)).map_or("", |(_, name)| *name);

    let (client, version) = match dingtalk_version(user_agent) {
        Some(version) => ("DingTalk", version),
        None => (known(&browser), ""),
    };
    Device { client, version, system: known(&system) }
}

/// `DingTalk 7.8.1 · iPhone`, `Chrome · Windows`; nothing where neither client nor system is known.
pub fn name(user_agent: &str) -> Option<String> {
    let Device { client, version, system } = read(user_agent);
    let client = format!("{client} {version}");
    let parts: Vec<&str> = [client.trim_end(), system].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// The version in `DingTalk/7.8.1` or `DingTalk(7.8.10-Release…)`, "" where there is none.
fn dingtalk_version(user_agent: &str) -> Option<&str> {
    let (_, rest) = user_agent.split_once("DingTalk")?;
    let rest = rest.strip_prefix(['/', '(']).unwrap_or_default();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_apart() {
        let check = |user_agent, expected| assert_eq!(name(user_agent).as_deref(), expected, "{user_agent}");
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 AliApp(DingTalk/7.8.1) WK",
            Some("DingTalk 7.8.1 · iPhone"),
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0) Chrome/108.0 Safari/537.36 DingTalk(7.8.10-Release.250724002)",
            Some("DingTalk 7.8.10 · Windows"),
        );
        check("Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36", Some("Chrome · Linux"));
        check("DingTalk", Some("DingTalk"));
        check("curl/8.0", None);
    }

    proptest::proptest! {
        #[test]
        fn any_user_agent_is_a_few_plain_words_or_none(text in "(DingTalk|[/(]|[0-9.]{0,9}|iPhone|Chrome/|é|\\PC){0,20}") {
            let name = name(&text).unwrap_or_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || " .·".contains(c);
            proptest::prop_assert!(name.chars().all(plain), "{name}");
        }
    }
}
