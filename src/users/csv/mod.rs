//! People as a CSV file: what `users import` reads and `users export` writes. Pure; no SQL.
//!
//! Reading takes UTF-8 with or without BOM and GB18030, lines that end in LF, CRLF or CR, and the columns of
//! [`Column`] in any order. Writing is such that what was written reads back as the same people.

mod decode;
mod read;
mod rows;
mod write;

pub use self::{
    decode::{Encoding, Undecodable},
    read::{BadRow, ReadError, Sheet, read},
    write::write,
};

/// The columns, in the order of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The corp; may be left out where one is configured.
    CorpId,
    /// Required.
    Userid,
    /// Optional.
    Unionid,
    /// Required.
    Name,
    /// Optional.
    Mobile,
    /// Optional.
    Email,
    /// Optional.
    Department,
    /// Optional.
    Title,
    /// `user` where it is empty and the person is new.
    Role,
    /// `active` where it is empty and the person is new.
    Status,
    /// The server's own; not read.
    Source,
    /// The server's own; not read.
    CreatedAt,
    /// The server's own; not read.
    UpdatedAt,
    /// The server's own; not read.
    LastSignedInAt,
}

impl Column {
    /// All of them, in the order of an export.
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

    /// The name in a file's first line.
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

/// A cell as it stands in the file: a spreadsheet takes what begins with one of these for a formula and runs it, so a
/// quotation mark goes in front. One more goes in front of a value that looks like such a cell already; without that,
/// [`unguard`] would change it.
fn guard(value: &str) -> std::borrow::Cow<'_, str> {
    if looks_guarded_or_dangerous(value) { format!("'{value}").into() } else { value.into() }
}

/// Takes off exactly the mark that [`guard`] put there. A cell that a person typed without one is left as it is.
fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(value) if looks_guarded_or_dangerous(value) => value,
        _ => cell,
    }
}

/// Whether the first character that is no `'` starts a formula. The wide forms count where the sheet's language is an
/// East Asian one.
fn looks_guarded_or_dangerous(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests;
