//! What an operator may write into the table, by command or CSV file: no long text, no control character, and no id
//! that a spreadsheet has rounded.

use crate::{
    dingtalk::departments::{self, BadDepartment},
    i18n::BadValue,
    ids::{CorpId, DingUserId, UnionId},
};

pub fn corp_id(text: &str) -> Result<CorpId, BadValue> {
    CorpId::new(text.trim()).map_err(BadValue::CorpId)
}

/// White space around it comes from a spreadsheet and is removed; inside, every byte counts.
pub fn userid(text: &str) -> Result<DingUserId, BadValue> {
    let text = text.trim();
    not_rounded(text)?;
    DingUserId::new(text).map_err(BadValue::Userid)
}

pub fn name(text: &str) -> Result<String, BadValue> {
    let text = plain(text, 128)?;
    if text.is_empty() {
        return Err(BadValue::NoName);
    }
    Ok(text)
}

pub fn unionid(text: &str) -> Result<String, BadValue> {
    let text = text.trim();
    not_rounded(text)?;
    if !text.is_empty() {
        UnionId::new(text).map_err(BadValue::Unionid)?;
    }
    Ok(text.to_owned())
}

/// A mobile number, or nothing. DingTalk also gives out masked and foreign numbers, so the form is not judged.
pub fn mobile(text: &str) -> Result<String, BadValue> {
    let text = plain(text, 32)?;
    not_rounded(&text)?;
    Ok(text)
}

pub fn email(text: &str) -> Result<String, BadValue> {
    let text = plain(text, 254)?;
    if !text.is_empty() && (!text.contains('@') || text.contains(char::is_whitespace)) {
        return Err(BadValue::Email);
    }
    Ok(text)
}

/// Departments with `;` between them and `/` between their levels, or nothing. Blanks around names are removed; no name
/// may read as a role.
pub fn department(text: &str) -> Result<String, BadValue> {
    let text = plain(text, departments::LONGEST_COLUMN)?;
    let paths = departments::parse_column(&text).map_err(of_department)?;
    Ok(departments::to_column(&paths).0)
}

pub fn title(text: &str) -> Result<String, BadValue> {
    plain(text, 200)
}

fn of_department(why: BadDepartment) -> BadValue {
    match why {
        BadDepartment::EmptyLevel => BadValue::LevelWithoutName,
        BadDepartment::Kept(begin) => BadValue::BeginsLikeRole(begin),
        BadDepartment::Invisible(c) => BadValue::Invisible(c),
        BadDepartment::TooLong => BadValue::LongDepartment(departments::LONGEST_NAME),
    }
}

/// One line, without the white space around it.
fn plain(text: &str, longest: usize) -> Result<String, BadValue> {
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        return Err(BadValue::LineBreak);
    }
    if text.chars().any(char::is_control) {
        return Err(BadValue::ControlCharacter);
    }
    // Bytes first: their number is known, and never smaller than that of the characters.
    if text.len() > longest && text.chars().count() > longest {
        return Err(BadValue::TooLong(longest));
    }
    Ok(text.to_owned())
}

/// A spreadsheet saves 138001380001380 as 1.38001E+14: the digits are lost, and the rest names nobody.
fn not_rounded(text: &str) -> Result<(), BadValue> {
    let rounded = text.split_once("E+").is_some_and(|(mantissa, exponent)| {
        mantissa.starts_with(|c: char| c.is_ascii_digit())
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && !exponent.is_empty()
            && exponent.bytes().all(|b| b.is_ascii_digit())
    });
    if rounded { Err(BadValue::Rounded) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_value_is_taken_off_and_inside_a_userid_refused() {
        assert_eq!(userid(" u1\u{3000}").unwrap().as_str(), "u1");
        assert_eq!(name("\t张 三 ").unwrap(), "张 三");
        assert!(userid("u 1").is_err());
    }

    #[test]
    fn control_characters_and_line_breaks_are_refused_everywhere() {
        for bad in ["a\nb", "a\rb", "a\u{1b}[31mb", "a\0b", "a\u{85}b", "a\u{9b}b"] {
            for check in [name, unionid, mobile, email, department, title] {
                assert!(check(bad).is_err(), "{bad:?}");
            }
            assert!(userid(bad).is_err() && corp_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_has_rounded_names_nobody() {
        for bad in ["1.38001E+14", "1E+05"] {
            assert!(userid(bad).is_err() && mobile(bad).is_err() && unionid(bad).is_err(), "{bad}");
        }
        for good in ["1E5", "E+14", "manager1.5", "1E+", "+8613800138000"] {
            assert!(userid(good).is_ok() && mobile(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_length_is_counted_in_characters() {
        assert!(name(&"张".repeat(128)).is_ok());
        assert!(name(&"张".repeat(129)).is_err());
        assert!(name(" ").is_err());
        assert_eq!(email("").unwrap(), "");
        assert!(email("li").is_err() && email("li @example.com").is_err());
    }
}
