//! JSON that stands inside a `<script>` element.

use std::io;

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

/// JSON without spaces, whose texts hold no character that means anything to HTML.
struct InScript;

/// Serialises a value so that it cannot end the script element, a line or a comment. U+2028 and U+2029 are line ends to
/// web views of 2018, even inside a string.
pub fn script_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut json = Vec::with_capacity(512);
    value.serialize(&mut Serializer::with_formatter(&mut json, InScript))?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

impl Formatter for InScript {
    /// Gets the parts of a text that JSON does not escape; nowhere else in JSON can such a character occur.
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, json: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, escape, length)) = first_odd(rest) {
            json.write_all(&rest.as_bytes()[..at])?;
            json.write_all(escape)?;
            rest = &rest[at + length..];
        }
        json.write_all(rest.as_bytes())
    }
}

/// The first character that needs an escape: its place, the escape, and its length in bytes.
fn first_odd(text: &str) -> Option<(usize, &'static [u8], usize)> {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().find_map(|(at, byte)| {
        let (escape, length): (&[u8], usize) = match byte {
            b'<' => (b"\\u003c", 1),
            b'>' => (b"\\u003e", 1),
            b'&' => (b"\\u0026", 1),
            0xe2 if bytes[at..].starts_with("\u{2028}".as_bytes()) => (b"\\u2028", 3),
            0xe2 if bytes[at..].starts_with("\u{2029}".as_bytes()) => (b"\\u2029", 3),
            _ => return None,
        };
        Some((at, escape, length))
    })
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
