//! The blanks of HTTP.

/// A text without the blanks around it: spaces and tabs alone (RFC 9110, 5.6.3; for cookies RFC 6265, 5.2).
///
/// Whatever others have sent is trimmed by this. `str::trim` removes two dozen more characters, with which a
/// neighbouring host may begin the name of a cookie: to browsers it does not begin with `__Host-`.
pub fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_tabs_are_blanks_and_no_other_character_is() {
        for c in '\0'..=char::MAX {
            let inside = format!("a{c}b");
            let around = format!("{c}{inside}{c}");
            let left = if matches!(c, ' ' | '\t') { inside } else { around.clone() };
            assert_eq!(trim(&around), left, "{c:?}");
            assert_eq!(trim(&format!(" \t{around}\t ")), left, "{c:?}");
        }
        assert_eq!(trim(" \t"), "");
    }
}
