//! Reading a cookie as it was sent.

use rocket::Request;

use super::ows;

/// The value of the cookie `name`, if it was sent exactly once. Two were set by two parties, one perhaps an attacker on
/// a neighbouring host; Rocket's jar would pick one. Names are compared byte by byte.
pub fn only_value<'r>(request: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let pairs = request.headers().get("Cookie").flat_map(|line| line.split(';'));
    let mut values = pairs.filter_map(|pair| {
        let (key, value) = ows::trim(pair).split_once('=')?;
        (key == name).then_some(value)
    });
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::web::testing::{PROXY, read};

    const NAME: &str = "__Host-miandeng";

    fn sent(lines: &[String]) -> Option<String> {
        let lines: Vec<(&str, &str)> = lines.iter().map(|line| ("Cookie", line.as_str())).collect();
        read("/", &lines, PROXY, |request| only_value(request, NAME).map(str::to_owned))
    }

    /// Other cookies: any text without our name, and names that resemble it.
    fn other() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,20}".prop_filter("ours", |text| !text.contains(NAME)),
            "(__Host-miandeng-signin|__host-miandeng|miandeng|_Host-miandeng|\"__Host-miandeng\")=[0-9a-f]{0,4}",
            Just("=;;=; ;".to_owned()),
        ]
    }

    /// Characters that some library takes for a blank, for nothing or for the end of something; and any others.
    fn odd() -> impl Strategy<Value = char> {
        let blank = |c: &char| (c.is_whitespace() || c.is_control()) && !matches!(c, ' ' | '\t');
        let blanks: Vec<char> = ('\0'..=char::MAX).filter(blank).collect();
        const UNSEEN: [char; 8] =
            ['\u{ad}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{2060}', '\u{feff}'];
        let other = any::<char>().prop_filter("a blank or a separator", |c| !matches!(c, ' ' | '\t' | ';'));
        prop_oneof![prop::sample::select(blanks), prop::sample::select(&UNSEEN[..]), other]
    }

    /// Our name in other letter cases.
    fn in_other_case() -> impl Strategy<Value = String> {
        proptest::collection::vec(any::<bool>(), NAME.len()).prop_map(|upper| {
            let cased = |(c, upper): (char, bool)| if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            NAME.chars().zip(upper).map(cased).collect()
        })
    }

    /// None of these is ours, and none takes ours away, except where ours is sent a second time.
    #[test]
    fn what_was_tried_before_is_tried_again() {
        for line in crate::corpus::lines::<String>("cookies.jsonl") {
            assert_eq!(sent(std::slice::from_ref(&line)), None, "{line:?}");
            let has_ours = line.split(';').any(|pair| pair.trim_matches([' ', '\t']).starts_with(&format!("{NAME}=")));
            let expected = (!has_ours).then(|| "ours".to_owned());
            assert_eq!(sent(&[line.clone(), format!("{NAME}=ours")]), expected, "{line:?}");
        }
    }

    proptest! {
        /// To a browser it is another name, which a neighbouring host may set.
        #[test]
        fn a_name_with_anything_in_it_or_around_it_is_another_name(
            odd in proptest::collection::vec(odd(), 1..3), at in 0..=NAME.len(), blank in "[ \t]{0,2}", cased in in_other_case(),
        ) {
            let (front, back) = NAME.split_at(at);
            let odd: String = odd.into_iter().collect();
            for name in [format!("{front}{odd}{back}"), format!("{odd}{blank}{NAME}"), format!("{NAME}{blank}{odd}"), cased] {
                prop_assume!(name != NAME && !name.starts_with(&format!("{NAME}=")));
                let twin = format!("{blank}{name}=attacker");
                prop_assert_eq!(sent(&[format!("a=b;{twin}; c=d")]), None, "{:?}", &name);
                for lines in [vec![format!("{twin}; {NAME}=ours")], vec![format!("{NAME}=ours;{twin}")], vec![twin, format!("{NAME}=ours")]] {
                    prop_assert_eq!(sent(&lines), Some("ours".to_owned()), "{:?}", &lines);
                }
            }
        }

        /// Among any others, ours counts if it is there once, and not if there is a second one anywhere.
        #[test]
        fn a_cookie_counts_if_it_came_once(
            before in proptest::collection::vec(other(), 0..4), after in proptest::collection::vec(other(), 0..4),
            value in "[0-9a-f]{0,64}", second in "[0-9a-f]{0,64}", space in "[ \t]{0,2}", split in any::<bool>(), first in any::<bool>(),
        ) {
            let ours = format!("{space}{NAME}={value}");
            let line = [&before[..], &[ours], &after[..]].concat().join(";");
            prop_assert_eq!(sent(std::slice::from_ref(&line)), Some(value));
            let second = format!("{NAME}={second}");
            let both = match (split, first) {
                (true, true) => vec![second, line],
                (true, false) => vec![line, second],
                (false, true) => vec![format!("{second}; {line}")],
                (false, false) => vec![format!("{line}; {second}")],
            };
            prop_assert_eq!(sent(&both), None);
            prop_assert_eq!(sent(&[before.join(";"), after.join("; ")]), None);
        }

        /// Whatever bytes come: no panic, and nothing that did not stand behind our name.
        #[test]
        fn any_text_is_a_cookie_or_none(lines in proptest::collection::vec(any::<String>(), 0..3)) {
            if let Some(value) = sent(&lines) {
                prop_assert!(lines.concat().contains(&format!("{NAME}={value}")), "{value}");
            }
        }
    }
}
