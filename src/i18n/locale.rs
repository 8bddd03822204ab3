//! Which language a person reads.

/// OWS of RFC 9110, 5.6.3.
const BLANKS: [char; 2] = [' ', '\t'];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    ZhCn,
    En,
}

impl Locale {
    /// For `lang` attributes and settings (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::ZhCn, Self::En].into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }

    /// The first of the most wanted languages in an `Accept-Language` header (RFC 9110, 12.5.4) that is one of ours.
    /// Any Chinese is Simplified Chinese here, any English is English.
    pub fn negotiate(accept_language: Option<&str>, fallback: Self) -> Self {
        let mut best = (0, fallback);
        for range in accept_language.unwrap_or_default().split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, "q=1"));
            if let Some(locale) = Self::of_range(tag.trim_matches(BLANKS))
                && let Some(weight) = weight(parameters)
                && weight > best.0
            {
                best = (weight, locale);
            }
        }
        best.1
    }

    /// The first of these tags that is one of ours.
    pub fn first_of<'a>(mut tags: impl Iterator<Item = &'a str>) -> Option<Self> {
        tags.find_map(Self::of_range)
    }

    fn of_range(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::ZhCn),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// `q=0.25` as 250: 0 to 1, with at most three decimals. A float could be "NaN", and would not compare.
fn weight(parameters: &str) -> Option<u16> {
    let text = parameters.trim_matches(BLANKS).strip_prefix(['q', 'Q'])?;
    let text = text.trim_start_matches(BLANKS).strip_prefix('=')?.trim_start_matches(BLANKS);
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy;

    use super::*;

    #[test]
    fn the_header_chooses_and_the_setting_stands_behind_it() {
        let check = |header, expected| assert_eq!(Locale::negotiate(header, Locale::ZhCn), expected, "{header:?}");
        check(None, Locale::ZhCn);
        check(Some("en-US,en;q=0.9"), Locale::En);
        check(Some("fr, zh-Hant-HK;q=0.5, en;q=0.4"), Locale::ZhCn);
        check(Some("zh;q=0.2, en;q=0.8"), Locale::En);
        check(Some("*;q=x,,;"), Locale::ZhCn);
        check(Some("en;q=0, zh;q=0"), Locale::ZhCn);
        check(Some("en;q=0"), Locale::ZhCn);
        check(Some("EN ; q = 0.001 , zh;q=2, zh;q=1.5, zh;q=NaN, zh;q=-1, zh;q=0.0001"), Locale::En);
        check(Some("en, zh"), Locale::En);
        check(Some("\ten\t;\tq\t=\t1"), Locale::En);
        check(Some("\u{2000}en, \u{3000}en;q=1, en;\u{a0}q=1, en;q=\u{2000}1, en;q=+1, en;q=１"), Locale::ZhCn);
    }

    /// "NaN" made the sort of a former parser panic.
    #[test]
    fn weights_that_are_no_numbers_do_not_confuse_an_order() {
        let header: Vec<String> = (0..60).map(|i| format!("l{i};q={}", ["NaN", "0.5", "inf"][i % 3])).collect();
        assert_eq!(Locale::negotiate(Some(&format!("{},en;q=0.1", header.join(","))), Locale::ZhCn), Locale::En);
    }

    proptest::proptest! {
        #[test]
        fn any_header_names_a_language_that_it_holds_or_the_settings(
            header in proptest::prop_oneof![
                "\\PC{0,60}",
                proptest::collection::vec("(zh|en|fr|\\*|)(-[A-Za-z]{1,3})?(;q=(NaN|-?inf|-?[0-9]{0,2}(\\.[0-9]{0,4})?))?", 0..70)
                    .prop_map(|ranges| ranges.join(",")),
            ],
        ) {
            let lower = header.to_ascii_lowercase();
            for fallback in [Locale::ZhCn, Locale::En] {
                let chosen = Locale::negotiate(Some(&header), fallback);
                let held = lower.contains(&chosen.tag()[..2]);
                proptest::prop_assert!(held || chosen == fallback, "{header:?} {chosen:?}");
            }
        }
    }
}
