//! Which language a person reads.

/// A language that miandeng speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// Simplified Chinese.
    ZhCn,
    /// English.
    En,
}

impl Locale {
    /// The tag in `lang` attributes and settings (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// Reads a tag of the settings.
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::ZhCn, Self::En].into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }

    /// The first language of an `Accept-Language` header (RFC 9110, 12.5.4) that is one of ours.
    ///
    /// Any Chinese is Simplified Chinese here, any English is English.
    pub fn negotiate(accept_language: Option<&str>, fallback: Self) -> Self {
        let wanted = accept_language.map(accept_language::parse).unwrap_or_default();
        let ours = |tag: &String| match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::ZhCn),
            "en" => Some(Self::En),
            _ => None,
        };
        wanted.iter().find_map(ours).unwrap_or(fallback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_chooses_and_the_setting_stands_behind_it() {
        let check = |header, expected| assert_eq!(Locale::negotiate(header, Locale::ZhCn), expected, "{header:?}");
        check(None, Locale::ZhCn);
        check(Some("en-US,en;q=0.9"), Locale::En);
        check(Some("fr, zh-Hant-HK;q=0.5, en;q=0.4"), Locale::ZhCn);
        check(Some("zh;q=0.2, en;q=0.8"), Locale::En);
        check(Some("*;q=x,,;"), Locale::ZhCn);
    }
}
