//! JSON that stands inside a `<script>` element.

use serde::Serialize;

/// Serialises a value so that it cannot end the script element, open a comment in it, or end a line in it.
///
/// `<`, `>` and `&` never stand bare, and neither do U+2028 and U+2029, which web views of 2018 take for line ends
/// inside a string.
///
/// # Errors
/// When the value has no JSON form.
pub fn script_json(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_and_nothing_is_lost() {
        let hostile = "</script><!--\u{2028}&\"'张三";
        let json = script_json(&hostile).unwrap();
        assert!(!json.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_out_and_none_is_lost(
            text in proptest::collection::vec(
                proptest::prop_oneof![
                    "(</script|<!--|<script|]]>|&lt;|\\\\u003c|\u{2028}|\u{2029}|\u{feff}|\0|\"|\\\\)",
                    proptest::prelude::any::<String>(),
                ],
                0..6,
            ),
        ) {
            let json = script_json(&text).unwrap();
            proptest::prop_assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n', '\r']), "{json}");
            proptest::prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), text);
        }
    }
}
