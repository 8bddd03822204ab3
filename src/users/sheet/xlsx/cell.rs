//! A cell's text.

use calamine::{DataRef, ExcelDateTime};

use crate::{
    i18n::BadValue,
    users::sheet::table::{BadCell, Cell},
};

/// Excel keeps fifteen digits of a number; a longer one is no longer what was typed.
const ALL_DIGITS: f64 = 1e15;

/// `None`: an empty cell.
pub fn read(value: DataRef<'_>, is_formula: bool, address: impl Fn() -> String) -> Option<Cell> {
    let bad = |shown: String, problem: fn(String) -> BadValue| Err(BadCell { shown, problem: problem(address()) });
    Some(match value {
        DataRef::Empty if is_formula => bad(String::new(), BadValue::NeverCalculated),
        DataRef::Empty => return None,
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) if number.is_finite() && number.abs() < ALL_DIGITS => Ok(digits(number)),
        DataRef::Float(number) => bad(format!("{number:E}"), BadValue::RoundedNumber),
        DataRef::String(text) => Ok(text),
        DataRef::SharedString(text) => Ok(text.to_owned()),
        DataRef::Bool(is_true) => Ok(if is_true { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTime(at) => bad(shown(&at), BadValue::Date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => bad(text, BadValue::Date),
        DataRef::Error(error) => bad(error.to_string(), BadValue::FormulaError),
    })
}

/// Such as `B7`; both are counted from 0.
pub fn address(line: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column as usize + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    format!("{}{}", letters.into_iter().collect::<String>(), u64::from(line) + 1)
}

/// As typed: 13800138000, not 1.38E+10.
fn digits(number: f64) -> String {
    // -0 loses its sign.
    if number == 0.0 { "0".to_owned() } else { format!("{number}") }
}

fn shown(at: &ExcelDateTime) -> String {
    // 1900 to 9999.
    if !at.is_datetime() || !(0.0..2_958_466.0).contains(&at.as_f64()) {
        return digits(at.as_f64());
    }
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}
