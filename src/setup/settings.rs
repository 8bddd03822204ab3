//! `Rocket.toml` of a new deployment: the one that is shipped, with the operator's values in it and its comments in one
//! language. So every key is there, and explained once.

use figment::{
    Figment, Profile,
    providers::{Format, Toml},
};

use crate::{
    config::{Config, ConfigError},
    i18n::Locale,
    secret::Secret,
};

const SHIPPED: &str = include_str!("../../Rocket.toml");
/// Its database, and that of the Debian package's (`deploy/debian/build`), which is the same but for this.
const DATABASES: [&str; 2] = ["url = \"miandeng.db\"", "url = \"/var/lib/miandeng/miandeng.db\""];

/// What only the operator knows.
#[derive(Debug, Clone)]
pub struct Answers {
    pub public_url: String,
    pub corp_id: String,
    pub agent_id: String,
    pub client_id: String,
    pub client_secret: Secret,
}

/// What has a good default.
#[derive(Debug, Clone)]
pub struct Place {
    /// The SQLite file.
    pub database: String,
    /// An app shares the host, so that ours is below `/_signin`.
    pub beside_an_app: bool,
    /// In place of DingTalk: the simulator.
    pub dingtalk: Option<String>,
}

/// The name of the file with the Client Secret, beside the settings.
pub const SECRET_FILE: &str = "client_secret";

impl Answers {
    /// Good ones, in whose place a single answer can be checked.
    fn sample() -> Self {
        Self {
            public_url: "https://app.example.com".into(),
            corp_id: "ding".into(),
            agent_id: "1".into(),
            client_id: "ding".into(),
            client_secret: Secret::new("s"),
        }
    }

    /// Whether the server would take what `put` writes.
    pub fn check_one(put: impl FnOnce(&mut Self)) -> Result<(), ConfigError> {
        let mut answers = Self::sample();
        put(&mut answers);
        let place = Place { database: "miandeng.db".into(), beside_an_app: false, dingtalk: None };
        answers.config(&place).map(drop)
    }

    /// The settings, as the server will read them.
    pub fn config(&self, place: &Place) -> Result<Config, ConfigError> {
        let text = self.written(place, Locale::En, &format!("client_secret = {}", quoted(self.client_secret.expose())));
        Config::from_figment(&Figment::from(Toml::string(&text).nested()).select(Profile::Default))
    }

    /// The file, without the secret.
    pub fn rocket_toml(&self, place: &Place, locale: Locale) -> String {
        self.written(place, locale, &format!("client_secret_file = {}", quoted(SECRET_FILE)))
    }

    fn written(&self, place: &Place, locale: Locale, secret: &str) -> String {
        let mut text = match locale {
            Locale::En => {
                "# miandeng's settings, written by \"miandeng init\". Every key is here; a commented-out key shows its \
                           default.\n# See docs/en/settings.md.\n\n"
                    .to_owned()
            }
            Locale::ZhCn => "# miandeng 的配置，由“miandeng init”生成。所有配置项都在这里，注释掉的是默认值。\n\
                             # 详见 docs/zh-CN/settings.md。\n\n"
                .to_owned(),
        };
        let from = SHIPPED.find("[default]").unwrap_or_default();
        for line in SHIPPED[from..].lines().map(Line::of).filter(|line| line.is_for(locale)) {
            let setting = match line.setting {
                Some("client_secret_file") => Some(secret.to_owned()),
                Some(key) => self.value(place, key).map(|value| match key.starts_with('[') {
                    true => value,
                    false => format!("{key} = {value}"),
                }),
                None => None,
            };
            let code = setting.as_deref().unwrap_or(line.code);
            let comment = line.comment.filter(|_| locale == Locale::En);
            match comment {
                // As wide as in the file that is shipped, where there is room.
                Some(comment) => {
                    text.push_str(&format!("{code:<width$} # {comment}\n", width = line.width.saturating_sub(1)));
                }
                None => text.extend([code.trim_end(), "\n"]),
            }
        }
        text
    }

    /// What belongs to a key, quoted; `None` if it stays as it is.
    fn value(&self, place: &Place, key: &str) -> Option<String> {
        let text = match key {
            "public_url" => &self.public_url,
            "corp_id" => &self.corp_id,
            "agent_id" => &self.agent_id,
            "client_id" => &self.client_id,
            "url" => &place.database,
            "base_path" if place.beside_an_app => "/_signin",
            "home" if place.beside_an_app => "/",
            "[default.miandeng.dingtalk]" if place.dingtalk.is_some() => return Some(key.to_owned()),
            "oapi_url" | "api_url" | "login_url" => place.dingtalk.as_ref()?,
            "jsapi_url" => {
                let dingtalk = place.dingtalk.as_ref()?;
                return Some(quoted(&format!("{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js")));
            }
            _ => return None,
        };
        Some(quoted(text))
    }
}

/// Whether nobody has written anything of their own into these settings.
pub fn is_untouched(text: &str) -> bool {
    let [shipped, packaged] = DATABASES;
    text.replacen(packaged, shipped, 1) == SHIPPED
}

/// A line of the file that is shipped.
struct Line<'a> {
    code: &'a str,
    /// Where the comment behind it begins.
    width: usize,
    /// English; the Chinese one is on a line of its own, before it.
    comment: Option<&'a str>,
    /// The key, commented out or not; or the heading of a table that is commented out.
    setting: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let starts_code = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
        // A line of an example, which stays as it is in every language.
        if let Some(example) = line.strip_prefix('#').filter(starts_code) {
            let at = comment_in(example);
            let code = at.map_or(line, |at| line[..=at].trim_end());
            let comment = at.map(|at| example[at + 1..].trim_start());
            return Self { code, width: at.map_or(0, |at| at + 1), comment, setting: None };
        }
        let inside = line.strip_prefix("# ").unwrap_or(line);
        let offset = line.len() - inside.len();
        let (key, is_heading) = match inside.split_once(" = ") {
            Some((key, _)) => (key, false),
            None => (inside.split(']').next().unwrap_or_default(), inside.starts_with('[')),
        };
        let is_key = inside.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !is_heading && !is_key {
            return Self { code: line, width: 0, comment: None, setting: None };
        }
        let (code, comment) = match comment_in(inside) {
            Some(at) => (line[..offset + at].trim_end(), Some(inside[at + 1..].trim_start().trim_start_matches("<- "))),
            None => (line, None),
        };
        let setting = if is_heading { code.strip_prefix("# ") } else { Some(key) };
        Self { code, width: comment_in(inside).map_or(0, |at| offset + at), comment, setting }
    }

    /// Comments on lines of their own are in one language each.
    fn is_for(&self, locale: Locale) -> bool {
        let is_comment = self.setting.is_none() && (self.code == "#" || self.code.starts_with("# "));
        let is_chinese = self.code.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        !is_comment || is_chinese == (locale == Locale::ZhCn)
    }
}

/// Where a comment begins that is not inside a text.
fn comment_in(code: &str) -> Option<usize> {
    let mut in_text = false;
    code.char_indices().find_map(|(at, c)| {
        in_text ^= c == '"';
        (c == '#' && !in_text).then_some(at)
    })
}

/// As a text of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { database: "/var/lib/miandeng/miandeng.db".into(), beside_an_app: false, dingtalk: None }
    }

    fn keys(text: &str) -> Vec<&str> {
        text.lines().filter_map(|line| Line::of(line).setting).filter(|key| !key.starts_with('[')).collect()
    }

    #[test]
    fn every_key_is_there_with_its_comment_in_one_language() {
        for locale in [Locale::En, Locale::ZhCn] {
            let text = Answers::sample().rocket_toml(&place(), locale);
            assert_eq!(keys(&text), keys(SHIPPED), "{text}");
            assert!(!text.contains("<-") && text.contains("\nurl = \"/var/lib/miandeng/miandeng.db\""), "{text}");
            assert_eq!(text.contains("# the address that employees' clients show"), locale == Locale::En, "{text}");
            assert_eq!(text.contains("# 员工在钉钉里打开的地址"), locale == Locale::ZhCn, "{text}");
            assert!(!text.contains("= \"s\""), "no secret");
            assert!(text.contains("\n#client_id = \"grafana\"\n"), "an example stays one: {text}");
            assert_eq!(text.contains("# told when a session ends"), locale == Locale::En, "{text}");
        }
        let english = Answers::sample().rocket_toml(&place(), Locale::En);
        let chinese = |line: &&str| line.starts_with('#') && line.contains("设置");
        assert_eq!(english.lines().find(chinese), None);
    }

    #[test]
    fn what_was_answered_is_what_the_server_reads() {
        let answers = Answers { client_id: "a\"\\#b".into(), client_secret: Secret::new("#\\\""), ..Answers::sample() };
        let place = Place { beside_an_app: true, dingtalk: Some("http://127.0.0.1:8008".into()), ..place() };
        let config = answers.config(&place).unwrap();
        assert_eq!(config.apps[0].client_id(), Some("a\"\\#b"));
        assert_eq!((config.base_path.as_str(), config.home.as_str()), ("/_signin", "/"));
        assert_eq!(config.dingtalk.api_url, "http://127.0.0.1:8008");
        assert!(config.dingtalk.jsapi_url.as_str().starts_with("http://127.0.0.1:8008/dingding/"));
        let plain = answers.config(&super::tests::place()).unwrap();
        assert_eq!((plain.base_path.as_str(), plain.dingtalk.api_url.as_str()), ("", "https://api.dingtalk.com"));
    }

    #[test]
    fn a_wrong_answer_is_named_as_the_server_would() {
        let wrong = |put: fn(&mut Answers)| Answers::check_one(put).unwrap_err().text(Locale::En);
        assert!(wrong(|answers| answers.public_url = "app.example.com".into()).starts_with("miandeng.public_url"));
        assert!(wrong(|answers| answers.corp_id = "a b".into()).contains("corp_id"));
        assert!(wrong(|answers| answers.agent_id = "x".into()).contains("agent_id"));
        assert!(wrong(|answers| answers.client_id = String::new()).contains("client_id"));
        let secret = wrong(|answers| answers.client_secret = Secret::new("hun ter2"));
        assert!(secret.contains("client_secret") && !secret.contains("hun"), "{secret}");
        assert_eq!(Answers::check_one(|answers| answers.corp_id = "dingA".into()), Ok(()));
    }

    #[test]
    fn settings_are_untouched_until_somebody_changes_more_than_the_package_does() {
        let packaged = SHIPPED.replacen(DATABASES[0], DATABASES[1], 1);
        assert_ne!(packaged, SHIPPED);
        assert!(is_untouched(&packaged) && is_untouched(SHIPPED));
        assert!(!is_untouched("") && !is_untouched(&packaged.replacen("123456789", "123456780", 1)));
    }
}
