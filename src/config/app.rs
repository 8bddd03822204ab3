//! One DingTalk app: which corp it belongs to and how we prove to DingTalk that we are it.

use std::{fmt, time::Duration};

use figment::value::magic::RelativePathBuf;

use super::{ConfigError, looks, raw::RawApp};
use crate::{i18n::setting::BadSetting, ids::CorpId, secret::Secret};

/// An entry of `[[default.miandeng.apps]]`.
#[derive(Debug, Clone)]
pub struct App {
    /// Unique; in logs, URLs and errors.
    pub name: String,
    pub kind: AppKind,
    pub corp_id: CorpId,
    /// The app's number in that corp; part of `_config`.
    pub agent_id: String,
    /// What people call the corp; its id is shown to no employee.
    pub corp_name: Option<String>,
    pub signature: Signature,
    pub credentials: Credentials,
    /// How often the server brings the user table into line with the directory; `None`: never by itself.
    pub sync_every: Option<Duration>,
    /// Which part of the corp's active people one sync may disable.
    pub sync_disable_at_most: Share,
    pub events: Events,
}

/// A part of a whole, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// Reads `10%` or `2.5%`.
    pub fn parse(text: &str) -> Option<Self> {
        let percent = text.strip_suffix('%')?;
        let (whole, hundredths) = percent.split_once('.').unwrap_or((percent, "0"));
        let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 3) || !digits(hundredths, 2) {
            return None;
        }
        let share = whole.parse::<u32>().ok()? * 100 + format!("{hundredths:0<2}").parse::<u32>().ok()?;
        (share <= 10_000).then_some(Self(share))
    }

    /// Whether a part of a whole is more than this share of it.
    pub fn is_exceeded_by(self, part: usize, whole: usize) -> bool {
        part as u128 * 10_000 > whole as u128 * u128::from(self.0)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}%", self.0 / 100),
            hundredths => {
                let percent = format!("{}.{hundredths:02}", self.0 / 100);
                write!(f, "{}%", percent.trim_end_matches('0'))
            }
        }
    }
}

#[derive(Debug, Clone)]
pub enum AppKind {
    /// 微应用, opened from the workbench.
    MicroApp,
    /// 服务窗, whose followers are known by unionid. Its own token is fetched with this secret.
    Channel {
        /// `channel_secret`, pairs with the corp id.
        secret: Secret,
    },
}

/// The hash of dd.config's signature (DingTalk's pages of 2022 and later show SHA-256, older ones SHA-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    Sha1,
    Sha256,
}

/// How DingTalk tells us what changes in its directory.
#[derive(Debug, Clone)]
pub enum Events {
    Off,
    /// By a WebSocket that we open.
    Stream,
    /// By requests to `/dingtalk/events/<app>`.
    Callback {
        token: Secret,
        aes_key: Secret,
    },
}

/// The same without its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventMode {
    Off,
    Stream,
    Callback,
}

impl Events {
    pub fn mode(&self) -> EventMode {
        match self {
            Self::Off => EventMode::Off,
            Self::Stream => EventMode::Stream,
            Self::Callback { .. } => EventMode::Callback,
        }
    }
}

impl EventMode {
    /// The setting's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Stream => "stream",
            Self::Callback => "callback",
        }
    }
}

/// What proves to DingTalk that a call comes from the app's owner.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// AppKey and AppSecret, now called Client ID and Client Secret.
    App {
        /// AppKey; not a secret.
        client_id: String,
        client_secret: Secret,
    },
    /// CorpSecret, of old corps that have no AppKey; pairs with the corp id.
    Corp { corp_secret: Secret },
}

impl App {
    pub fn client_id(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::App { client_id, .. } => Some(client_id),
            Credentials::Corp { .. } => None,
        }
    }

    pub(super) fn check(index: usize, raw: RawApp) -> Result<Self, ConfigError> {
        // An entry is named by its name where it has one: a number is hard to find in a long file.
        let at = |key: &str| match raw.name.as_str() {
            "" => format!("miandeng.apps[{index}].{key}"),
            name => format!("miandeng.apps[{name:?}].{key}"),
        };
        let missing = |key: &str, problem| Err(ConfigError::at(at(key), problem));

        let name = raw.name.clone();
        if name.is_empty() {
            return missing("name", BadSetting::NameMissing);
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') || name.len() > 64 {
            return Err(ConfigError::wrong(at("name"), name, BadSetting::Name));
        }
        if raw.corp_id.is_empty() {
            return missing("corp_id", BadSetting::CorpIdMissing);
        }
        let corp_id = CorpId::new(&raw.corp_id)
            .map_err(|why| ConfigError::wrong(at("corp_id"), &raw.corp_id, BadSetting::CorpId(why)))?;
        if raw.agent_id.is_empty() {
            return missing("agent_id", BadSetting::AgentIdMissing);
        }
        if !raw.agent_id.bytes().all(|b| b.is_ascii_digit()) || raw.agent_id.len() > 20 {
            return Err(ConfigError::wrong(at("agent_id"), &raw.agent_id, BadSetting::AgentId));
        }
        let signature = match raw.signature.as_str() {
            "" | "sha1" => Signature::Sha1,
            "sha256" => Signature::Sha256,
            other => {
                return Err(ConfigError::wrong(at("signature"), other, BadSetting::Signature));
            }
        };
        let corp_name = looks::short_text(&at("corp_name"), &raw.corp_name)?;
        let events = events(at, &raw)?;
        let sync_every = match raw.sync_every.as_str() {
            "" => None,
            text => Some(interval(&at("sync_every"), text)?),
        };
        let sync_disable_at_most = match raw.sync_disable_at_most.as_str() {
            "" => Share(1_000),
            text => Share::parse(text)
                .ok_or_else(|| ConfigError::wrong(at("sync_disable_at_most"), text, BadSetting::SyncDisableAtMost))?,
        };

        let client_secret = secret(&at("client_secret"), raw.client_secret, raw.client_secret_file)?;
        let corp_secret = secret(&at("corp_secret"), raw.corp_secret, raw.corp_secret_file)?;
        let channel_secret = secret(&at("channel_secret"), raw.channel_secret, raw.channel_secret_file)?;
        let credentials = match (raw.client_id.as_str(), client_secret, corp_secret) {
            ("", None, Some(corp_secret)) => Credentials::Corp { corp_secret },
            (_, Some(_), Some(_)) => {
                return Err(ConfigError::at(at("corp_secret"), BadSetting::TwoCredentials));
            }
            ("", _, _) => return missing("client_id", BadSetting::ClientIdMissing),
            (_, None, _) => return missing("client_secret", BadSetting::ClientSecretMissing),
            (client_id, Some(client_secret), None) => {
                Credentials::App { client_id: client_id.to_owned(), client_secret }
            }
        };
        let kind = match (raw.kind.as_str(), channel_secret) {
            ("" | "micro-app", None) => AppKind::MicroApp,
            ("" | "micro-app", Some(_)) => {
                return Err(ConfigError::at(at("channel_secret"), BadSetting::ChannelSecretOfMicroApp));
            }
            ("channel", Some(secret)) => AppKind::Channel { secret },
            ("channel", None) => return missing("channel_secret", BadSetting::ChannelSecretMissing),
            (other, _) => {
                return Err(ConfigError::wrong(at("kind"), other, BadSetting::Kind));
            }
        };
        if matches!((&events, &credentials), (Events::Stream, Credentials::Corp { .. })) {
            return missing("client_id", BadSetting::ClientIdForStream);
        }
        Ok(Self {
            name,
            kind,
            corp_id,
            agent_id: raw.agent_id,
            corp_name,
            signature,
            credentials,
            sync_every,
            sync_disable_at_most,
            events,
        })
    }
}

fn interval(key: &str, text: &str) -> Result<Duration, ConfigError> {
    match humantime::parse_duration(text) {
        Ok(interval) if interval >= Duration::from_secs(1) => Ok(interval),
        _ => Err(ConfigError::wrong(key, text, BadSetting::SyncEvery)),
    }
}

fn events(at: impl Fn(&str) -> String, raw: &RawApp) -> Result<Events, ConfigError> {
    let token = secret(&at("event_token"), raw.event_token.clone(), None)?;
    let aes_key = secret(&at("event_aes_key"), raw.event_aes_key.clone(), raw.event_aes_key_file.clone())?;
    let is_key = |key: &str| key.len() == 43 && key.bytes().all(|b| b.is_ascii_alphanumeric());
    if aes_key.as_ref().is_some_and(|key| !is_key(key.expose())) {
        return Err(ConfigError::at(at("event_aes_key"), BadSetting::EventAesKey));
    }
    let missing = |key: &str| Err(ConfigError::at(at(key), BadSetting::EventSecretMissing));
    match (raw.events.as_str(), token, aes_key) {
        ("" | "off", _, _) => Ok(Events::Off),
        ("stream", _, _) => Ok(Events::Stream),
        ("callback", Some(token), Some(aes_key)) => Ok(Events::Callback { token, aes_key }),
        ("callback", None, _) => missing("event_token"),
        ("callback", _, None) => missing("event_aes_key"),
        (other, _, _) => Err(ConfigError::wrong(at("events"), other, BadSetting::Events)),
    }
}

/// A secret from its setting or from the file that `…_file` names, without the line end that editors leave.
pub(super) fn secret(
    key: &str,
    direct: Option<Secret>,
    file: Option<RelativePathBuf>,
) -> Result<Option<Secret>, ConfigError> {
    let value = match (direct, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(ConfigError::at(key, BadSetting::SetTwice(key.to_owned()))),
        (Some(secret), None) => secret,
        (None, Some(written)) => match std::fs::read_to_string(written.relative()) {
            Ok(text) => Secret::new(text.trim()),
            Err(error) => {
                let problem = BadSetting::SecretFile((&error).into());
                let key = format!("{key}_file");
                // Somebody may have put the secret itself here.
                let is_a_path = written.original().to_string_lossy().contains(['/', '.']);
                return Err(if is_a_path {
                    ConfigError::wrong(key, written.relative().to_string_lossy(), problem)
                } else {
                    ConfigError::at(key, problem)
                });
            }
        },
    };
    if value.is_empty() || value.expose().chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(ConfigError::at(key, BadSetting::Secret));
    }
    Ok(Some(value))
}
