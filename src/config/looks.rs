//! How the pages look, and whom they tell people to ask.

use std::{fmt, fs::File, io::Read, sync::Arc};

use figment::value::magic::RelativePathBuf;
use sha2::{Digest, Sha256};
use url::Url;

use super::ConfigError;
use crate::i18n::setting::BadSetting;

/// Bytes.
const LOGO_AT_MOST: u64 = 64 * 1024;
/// A picture that is wider or higher is no logo, and costs a phone its memory.
const PIXELS_AT_MOST: u32 = 4096;
/// Characters.
const TEXT_AT_MOST: usize = 100;
/// What a link may lead to. `dingtalk:` opens a chat in the client.
const LINKS: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "dingtalk://"];

#[derive(Debug, Clone)]
pub struct Looks {
    /// On every page and in its tab.
    pub title: String,
    pub logo: Option<Logo>,
    pub admin_contact: Option<Contact>,
}

/// A picture of the organisation's own. It is shown as an image only, so that an SVG runs no script.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    pub kind: LogoKind,
    pub bytes: Arc<[u8]>,
    /// A piece of its digest.
    pub version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoKind {
    Svg,
    Png,
}

/// Whom people ask who are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    Text(String),
    Link {
        address: String,
        /// A mail address or a number; "" where only the address itself could be shown.
        shown: String,
    },
}

impl Looks {
    /// `first_app`: the title of a deployment that gives none.
    pub(super) fn check(
        title: &str,
        logo_file: Option<&RelativePathBuf>,
        admin_contact: &str,
        first_app: &str,
    ) -> Result<Self, ConfigError> {
        let title = match short_text("miandeng.title", title)? {
            Some(title) => title,
            None => first_app.to_owned(),
        };
        let contact = short_text("miandeng.admin_contact", admin_contact)?;
        Ok(Self {
            title,
            logo: logo_file.map(Logo::read).transpose()?,
            admin_contact: contact.map(Contact::parse).transpose()?,
        })
    }

    /// The first letter or character of the title, in place of a logo.
    pub fn initial(&self) -> String {
        let first = self.title.chars().find(|c| c.is_alphanumeric());
        first.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
    }
}

/// One line that people read, or nothing.
pub(super) fn short_text(key: &str, text: &str) -> Result<Option<String>, ConfigError> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > TEXT_AT_MOST {
        return Err(ConfigError::wrong(key, text, BadSetting::ShortText(TEXT_AT_MOST)));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

impl Contact {
    /// Where a link to it leads.
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Link { address, .. } => Some(address),
        }
    }

    /// What people read of it, or "".
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(shown) | Self::Link { shown, .. } => shown,
        }
    }

    fn parse(text: String) -> Result<Self, ConfigError> {
        if is_mail_address(&text) {
            return Ok(Self::Link { address: format!("mailto:{text}"), shown: text });
        }
        let lower = text.to_ascii_lowercase();
        let Some(scheme) = LINKS.into_iter().find(|scheme| lower.starts_with(scheme)) else {
            return match text.contains("://") {
                true => Err(ConfigError::wrong("miandeng.admin_contact", text, BadSetting::Contact)),
                false => Ok(Self::Text(text)),
            };
        };
        let address = Url::parse(&text).map_err(|error| {
            let problem = BadSetting::ContactAddress(error.to_string());
            ConfigError::wrong("miandeng.admin_contact", &text, problem)
        })?;
        let shown = match scheme {
            "mailto:" | "tel:" => text[scheme.len()..].split('?').next().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        Ok(Self::Link { address: address.into(), shown })
    }
}

fn is_mail_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains([' ', '@', ':', '/', '<', '>', '"', ',', ';', '?', '&']);
    text.is_ascii() && text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host) && host.contains('.'))
}

impl Logo {
    fn read(path: &RelativePathBuf) -> Result<Self, ConfigError> {
        let path = path.relative();
        let wrong = |problem| ConfigError::wrong("miandeng.logo_file", path.to_string_lossy(), problem);
        let mut bytes = Vec::new();
        // One byte more than allowed tells a file that is too large, however large it is.
        let read = File::open(&path).and_then(|file| file.take(LOGO_AT_MOST + 1).read_to_end(&mut bytes));
        read.map_err(|error| wrong(BadSetting::LogoFile((&error).into())))?;
        if bytes.len() as u64 > LOGO_AT_MOST {
            return Err(wrong(BadSetting::LogoTooLarge));
        }
        let kind = LogoKind::of(&bytes).map_err(wrong)?;
        let version = Sha256::digest(&bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { kind, bytes: bytes.into(), version })
    }
}

impl LogoKind {
    /// By the content, since that is what browsers will read.
    fn of(bytes: &[u8]) -> Result<Self, BadSetting> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
        if let Some(rest) = bytes.strip_prefix(PNG) {
            let side =
                |at: usize| rest.get(at..at + 4).map(|four| four.iter().fold(0, |n, b| (n << 8) | u32::from(*b)));
            return match (rest.get(4..8), side(8), side(12)) {
                (Some(b"IHDR"), Some(1..=PIXELS_AT_MOST), Some(1..=PIXELS_AT_MOST)) => Ok(Self::Png),
                (Some(b"IHDR"), Some(_), Some(_)) => Err(BadSetting::LogoPixels),
                _ => Err(BadSetting::LogoDamaged),
            };
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if begins_with_svg(text) => match text.contains("http://www.w3.org/2000/svg") {
                true => Ok(Self::Svg),
                false => Err(BadSetting::LogoNamespace),
            },
            _ => Err(BadSetting::LogoKind),
        }
    }
}

/// After what may stand before the root of an XML document.
fn begins_with_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    for (start, end) in [("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">"), ("<!--", "-->")] {
        while let Some(after) = rest.strip_prefix(start) {
            let Some((_, after)) = after.split_once(end) else { return false };
            rest = after.trim_start();
        }
    }
    rest.strip_prefix("<svg").is_some_and(|after| after.starts_with([' ', '\t', '\r', '\n', '>', '/']))
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06"].concat()
    }

    #[test]
    fn a_logo_is_known_by_its_content() {
        let check = |bytes: &[u8], expected: Result<LogoKind, BadSetting>| {
            assert_eq!(LogoKind::of(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        };
        check(SVG.as_bytes(), Ok(LogoKind::Svg));
        let dressed = format!("\u{feff}<?xml version=\"1.0\"?>\n<!-- ours -->\n<!DOCTYPE svg>\n<!-- x -->{SVG}");
        check(dressed.as_bytes(), Ok(LogoKind::Svg));
        check(b"<svg></svg>", Err(BadSetting::LogoNamespace));
        check(format!("<html>{SVG}").as_bytes(), Err(BadSetting::LogoKind));
        check(b"<svgx xmlns='http://www.w3.org/2000/svg'>", Err(BadSetting::LogoKind));
        check(b"<!-- never closed", Err(BadSetting::LogoKind));
        check(b"", Err(BadSetting::LogoKind));
        check(b"\xff\xd8\xff\xe0", Err(BadSetting::LogoKind));
        check(&png(1, 4096), Ok(LogoKind::Png));
        check(&png(4097, 1), Err(BadSetting::LogoPixels));
        check(&png(0, 1), Err(BadSetting::LogoPixels));
        check(&png(1, 1)[..20], Err(BadSetting::LogoDamaged));
    }

    #[test]
    fn a_contact_is_a_text_or_leads_somewhere_and_never_runs() {
        let check = |text: &str, address: &str, shown: &str| {
            let expected = match address {
                "" => Contact::Text(shown.to_owned()),
                address => Contact::Link { address: address.to_owned(), shown: shown.to_owned() },
            };
            assert_eq!(Contact::parse(text.to_owned()), Ok(expected));
        };
        check("it@example.com", "mailto:it@example.com", "it@example.com");
        check("mailto:it@example.com?subject=x", "mailto:it@example.com?subject=x", "it@example.com");
        check("tel:+86-10-8008", "tel:+86-10-8008", "+86-10-8008");
        check("HTTPS://help.example.com", "https://help.example.com/", "");
        check("dingtalk://dingtalkclient/action/x?id=1", "dingtalk://dingtalkclient/action/x?id=1", "");
        check("IT 服务台，分机 8008", "", "IT 服务台，分机 8008");
        check("IT: 8008", "", "IT: 8008");
        check("问 a@b", "", "问 a@b");
        check("javascript:alert(1)", "", "javascript:alert(1)");
        for wrong in ["ftp://example.com", "javascript://%0aalert(1)", "https://"] {
            assert!(Contact::parse(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(short_text("k", "  审批  "), Ok(Some("审批".to_owned())));
        assert_eq!(short_text("k", " "), Ok(None));
        assert!(short_text("k", "a\nb").is_err() && short_text("k", &"长".repeat(101)).is_err());
        let looks = |title: &str| Looks::check(title, None, "", "oa").unwrap();
        assert_eq!((looks("").title.as_str(), looks("").initial().as_str()), ("oa", "O"));
        assert_eq!((looks("「审批」").initial().as_str(), looks("…").initial().as_str()), ("审", ""));
    }
}
