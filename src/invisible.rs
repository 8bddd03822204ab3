//! Characters that nobody sees. Programs differ in which of them they trim, skip or keep, so they are named here.

/// White space, control characters, and characters without a width: those which only steer the direction of writing,
/// and fillers.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || (!c.is_ascii() && has_no_shape(c))
}

/// Characters which are not seen either, but shape those beside them: emoji, Mongolian, Persian and rare Han
/// characters need them inside a word.
pub fn is_shaper(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Default_Ignorable_Code_Point of Unicode 16 without the shapers, and what is drawn as a blank.
fn has_no_shape(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_known_and_what_people_write_is_seen() {
        let blanks = " \t\r\n\0\u{1b}\u{7f}\u{85}\u{a0}\u{ad}\u{1680}\u{2000}\u{2003}\u{200a}\u{200b}\u{200e}\u{2028}\
                      \u{2029}\u{202e}\u{202f}\u{205f}\u{2060}\u{2066}\u{2069}\u{2800}\u{3000}\u{3164}\u{feff}\u{e0041}";
        for c in blanks.chars() {
            assert!(is_blank(c) && !is_shaper(c), "{c:?}");
        }
        for c in "aZ09 研部𠮷é／；：，-_.()（）·👩💻\u{301}".chars().filter(|c| *c != ' ') {
            assert!(!is_blank(c) && !is_shaper(c), "{c:?}");
        }
        for c in "\u{200c}\u{200d}\u{fe0f}\u{e0100}\u{180b}\u{180e}".chars() {
            assert!(!is_blank(c) && is_shaper(c), "{c:?}");
        }
    }
}
