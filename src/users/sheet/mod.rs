//! People as a file: what `users import` reads and `users export` writes. Pure; no SQL.
//!
//! CSV (`csv`) and workbooks (`xlsx`) become rows of cells (`table`); then the columns (`header`) and their values
//! (`read`) are checked alike. CSV is UTF-8, with or without BOM, or GB18030; lines end in LF, CRLF or CR; the columns
//! of [`Column`] come in any order. What is written reads back as the same people, and no spreadsheet runs any of it,
//! even one that splits at other characters or ignores quotation marks.

mod csv;
mod header;
mod read;
mod table;
mod template;
mod words;
mod write;
mod xlsx;

use std::borrow::Cow;

pub use self::{
    csv::Encoding,
    read::{BadRow, Options, ReadError, Sheet, read},
    table::{Format, LARGEST_FILE},
    template::{TemplateError, template},
    write::write,
};
use crate::{
    i18n::Locale,
    invisible::{is_blank, is_shaper},
};

/// In the order of an export. `userid` and `name` are required; the last four are written, not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// May be left out where one corp is configured.
    CorpId,
    Userid,
    Unionid,
    Name,
    Mobile,
    Email,
    Department,
    Title,
    /// Empty for a new person: `user`.
    Role,
    /// Empty for a new person: `active`.
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

    /// Names in DingTalk's export and other usual ones; the first is written.
    fn chinese(self) -> &'static [&'static str] {
        match self {
            Self::CorpId => &["企业ID"],
            Self::Userid => &["员工UserID"],
            Self::Name => &["姓名"],
            Self::Mobile => &["手机号", "手机", "手机号码"],
            Self::Email => &["邮箱", "电子邮箱"],
            Self::Department => &["部门"],
            Self::Title => &["职位"],
            Self::Role => &["角色"],
            Self::Status => &["状态"],
            Self::Unionid | Self::Source | Self::CreatedAt | Self::UpdatedAt | Self::LastSignedInAt => &[],
        }
    }

    /// What it is called in a file to fill in.
    pub fn heading(self, locale: Locale) -> &'static str {
        match (locale, self.chinese().first()) {
            (Locale::ZhCn, Some(name)) => name,
            _ => self.name(),
        }
    }

    fn is_read(self) -> bool {
        !matches!(self, Self::Source | Self::CreatedAt | Self::UpdatedAt | Self::LastSignedInAt)
    }
}

/// A value in the form of the file. A spreadsheet runs a cell that begins like a formula, so a `'` goes in front; and
/// one more in front of what looks guarded already, so that `unguard` gives it back.
///
/// A cell begins wherever the spreadsheet splits: one that splits at `;` takes quotation marks for letters. So a value
/// is guarded after each separator inside it too.
pub fn guard(value: &str) -> Cow<'_, str> {
    if !parts(value).any(looks_guarded_or_dangerous) {
        return value.into();
    }
    let guarded = |part| if looks_guarded_or_dangerous(part) { ["'", part] } else { ["", part] };
    parts(value).flat_map(guarded).collect::<String>().into()
}

/// Removes exactly the marks of [`guard`]. Other cells stay as they were typed.
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

/// Whether a formula begins here, apart from quotation marks and what a spreadsheet skips. Full-width signs count in
/// sheets of East Asian languages.
fn looks_guarded_or_dangerous(text: &str) -> bool {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let skipped = |c: char| matches!(c, '\'' | '"') || is_blank(c) || is_shaper(c);
    text.trim_start_matches(|c| skipped(c) && !FORMULA.contains(&c)).starts_with(FORMULA)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod samples {
    use super::BadRow;
    use crate::i18n::BadValue;

    /// A row that is wrong in every way.
    pub fn bad_row(text: &str) -> BadRow {
        let problem = BadValue::NoSuchCorp(vec![text.to_owned()]);
        let text = || Some(text.to_owned());
        BadRow { line: 2, column: Some("name"), heading: text(), value: text(), problem }
    }
}
