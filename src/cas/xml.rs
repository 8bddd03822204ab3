//! Text inside XML 1.0. Whatever people and DingTalk put into names stays text.

/// Text as it stands between tags. What XML cannot hold at all (2.2) becomes U+FFFD, and what a reader would change (2.11) is
/// written as a reference.
pub fn text(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            // Some parsers take these for line ends.
            '\u{85}' => escaped.push_str("&#133;"),
            '\u{2028}' => escaped.push_str("&#8232;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// One element. `name` is ours.
pub fn element(name: &str, plain: &str) -> String {
    format!("<{name}>{}</{name}>", text(plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

    use super::*;

    /// As another program reads it: each element's name and text.
    fn read(xml: &str) -> Vec<(String, String)> {
        let (mut reader, mut open, mut found) = (Reader::from_str(xml), Vec::new(), Vec::new());
        loop {
            let last: Option<&mut (String, String)> = open.last_mut();
            match (reader.read_event().unwrap(), last) {
                (Event::Start(start), _) => open.push((start.name().as_ref().to_owned(), String::new())),
                (Event::Text(part), Some((_, text))) => text.push_str(&part),
                (Event::GeneralRef(reference), Some((_, text))) => match reference.resolve_char_ref().unwrap() {
                    Some(c) => text.push(c),
                    None => text.push_str(resolve_predefined_entity(&reference).unwrap()),
                },
                (Event::End(_), _) => found.push(open.pop().unwrap()),
                (Event::Eof, None) => return found,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn markup_in_a_name_is_text() {
        assert_eq!(element("cas:name", "</cas:name>&\"'"), "<cas:name>&lt;/cas:name&gt;&amp;&quot;&apos;</cas:name>");
        assert_eq!(text("a\r\nb\0\u{1b}"), "a&#13;&#10;b\u{fffd}\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(plain in any::<String>()) {
            let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
            let expected: String = plain.chars().map(|c| if is_char(c) { c } else { '\u{fffd}' }).collect();
            prop_assert_eq!(read(&element("cas:name", &plain)), vec![("cas:name".to_owned(), expected)]);
        }
    }
}
