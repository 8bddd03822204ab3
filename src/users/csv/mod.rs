//! People as a CSV file: what `users import` reads and `users export` writes. Pure; no SQL.
//!
//! Reading takes UTF-8 with or without BOM and GB18030, lines that end in LF, CRLF or CR, and the columns of
//! [`Column`] in any order. Writing is such that what was written reads back as the same people, and that a spreadsheet
//! runs none of it, even one that splits at other characters or knows no quotation marks.

mod decode;
mod read;
mod rows;
mod write;

use std::borrow::Cow;

pub use self::{
    decode::{Encoding, Undecodable},
    read::{BadRow, ReadError, Sheet, read},
    write::write,
};
use crate::invisible::{is_blank, is_shaper};

/// The columns, in the order of an export. `userid` and `name` are required; the last four are written, not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The corp; may be left out where one is configured.
    CorpId,
    Userid,
    Unionid,
    Name,
    Mobile,
    Email,
    Department,
    Title,
    /// `user` where it is empty and the person is new.
    Role,
    /// `active` where it is empty and the person is new.
    Status,
    Source,
    CreatedAt,
    UpdatedAt,
    LastSignedInAt,
}

impl Column {
    pub const ALL: [Self; 14] = [
        Self::CorpId,
        Self::Userid,
        Self::Unionid,
        Self::Name,
        Self::Mobile,
        Self::Email,
        Self::Department,
        Self::Title,
        Self::Role,
        Self::Status,
        Self::Source,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::LastSignedInAt,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::CorpId => "corp_id",
            Self::Userid => "userid",
            Self::Unionid => "unionid",
            Self::Name => "name",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Department => "department",
            Self::Title => "title",
            Self::Role => "role",
            Self::Status => "status",
            Self::Source => "source",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::LastSignedInAt => "last_signed_in_at",
        }
    }

    /// The column of that name, whatever its case.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
    }
}

/// A value as it stands in the file: a spreadsheet takes a cell that begins like a formula for one and runs it, so a `'`
/// goes in front. One more goes in front of what looks guarded already; without that, [`unguard`] would change it.
///
/// A cell begins wherever the spreadsheet splits. One that splits at `;` takes the quotation marks around ours for
/// letters, so what follows a separator inside a value is guarded too.
pub fn guard(value: &str) -> Cow<'_, str> {
    if !parts(value).any(looks_guarded_or_dangerous) {
        return value.into();
    }
    let guarded = |part| if looks_guarded_or_dangerous(part) { ["'", part] } else { ["", part] };
    parts(value).flat_map(guarded).collect::<String>().into()
}

/// Takes off exactly the marks that [`guard`] put there. A cell that a person typed without one is left as it is.
fn unguard(cell: &str) -> Cow<'_, str> {
    let value = |part| match str::strip_prefix(part, '\'') {
        Some(value) if looks_guarded_or_dangerous(value) => value,
        _ => part,
    };
    if parts(cell).all(|part| value(part).len() == part.len()) {
        return cell.into();
    }
    parts(cell).map(value).collect::<String>().into()
}

/// The parts that may become cells, each with the separator that ends it.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([',', ';'])
}

/// Whether the first character starts a formula, quotation marks and what a spreadsheet may skip aside. The wide forms
/// count where the sheet's language is an East Asian one.
fn looks_guarded_or_dangerous(text: &str) -> bool {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let skipped = |c: char| matches!(c, '\'' | '"') || is_blank(c) || is_shaper(c);
    text.trim_start_matches(|c| skipped(c) && !FORMULA.contains(&c)).starts_with(FORMULA)
}

#[cfg(test)]
mod tests;
