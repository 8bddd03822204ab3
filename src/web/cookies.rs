//! Reading a cookie as it was sent.

use rocket::Request;

/// The value of the cookie `name`, if it was sent exactly once.
///
/// A cookie that arrives twice was set by two parties: one of them may be an attacker on a neighbouring host. Rocket's
/// jar would pick one of the two; here neither counts.
pub fn only_value<'r>(request: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let pairs = request.headers().get("Cookie").flat_map(|line| line.split(';'));
    let mut values = pairs.filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
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

    proptest! {
        /// Among whatever else there is, ours counts if it is there once; a second one, wherever it stands, ends that.
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
