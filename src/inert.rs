//! Text that commands no terminal.

use std::fmt::{self, Debug, Display, Formatter, Write};

/// A value without anything that moves the cursor, colours the line, begins another or turns its direction round.
pub struct Inert<T>(pub T);

impl<T: Display> Display for Inert<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

impl<T: Debug> Debug for Inert<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:?}", self.0)
    }
}

/// Control characters, line separators, invisible and direction marks. Not the joiners of Indic scripts and emoji.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

struct Escaping<'a, 'f>(&'a mut Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Each log line passes here. Told by bytes, which is faster: beyond ASCII, what steers begins with one of these.
        if !text.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, 0xC2 | 0xE2 | 0xEF | 0xF3)) {
            return self.0.write_str(text);
        }
        for c in text.chars() {
            if steers(c) {
                write!(self.0, "{}", c.escape_default())?;
            } else {
                self.0.write_char(c)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_and_joiners_are_left() {
        let check = |text: &str, inert: &str| assert_eq!(Inert(text).to_string(), inert);
        check("a\u{202e}b\u{9b}c\u{feff}\u{e0001}", r"a\u{202e}b\u{9b}c\u{feff}\u{e0001}");
        check("\r\n\t\0\u{1b}[2J\u{85}é\u{a0}", "\\r\\n\\t\\u{0}\\u{1b}[2J\\u{85}é\u{a0}");
        check("👩\u{200d}💻 组织\\", "👩\u{200d}💻 组织\\");
        assert_eq!(format!("{:?}", Inert("a\n")), r#""a\n""#, "once");
    }

    #[test]
    fn every_character_that_steers_is_found_by_its_first_byte() {
        for c in (char::MIN..=char::MAX).filter(|c| steers(*c)) {
            assert!(!Inert(c).to_string().contains(c), "{c:?}");
        }
    }
}
