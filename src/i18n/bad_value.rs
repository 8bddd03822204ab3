//! What is wrong with something that a person wrote about people: a value, by form, file or command, or a whole file.
//! Each text also says what to write instead.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Locale;
use crate::ids::InvalidId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadValue {
    CorpId(InvalidId),
    Userid(InvalidId),
    Unionid(InvalidId),
    NoName,
    Email,
    /// Of a department; the same for the next three.
    LevelWithoutName,
    /// With this, as it is spelt there.
    BeginsLikeRole(String),
    Invisible(char),
    /// The most characters.
    LongDepartment(usize),
    LineBreak,
    ControlCharacter,
    /// The most characters.
    TooLong(usize),
    /// A spreadsheet has rounded it.
    Rounded,
    /// The words of the language in which the wrong one was written.
    Role {
        in_chinese: bool,
    },
    Status {
        in_chinese: bool,
    },
    /// The configured ones.
    NoSuchCorp(Vec<String>),
    /// The person is on this line already.
    AlreadyOnLine(usize),
    NamelessColumn,
    TooFewCells {
        has: usize,
        columns: usize,
    },
    TooManyCells {
        has: usize,
        columns: usize,
        is_csv: bool,
    },
    OpenQuotationMark,
    /// The cell's name, as for the next three.
    NeverCalculated(String),
    RoundedNumber(String),
    Date(String),
    FormulaError(String),
    /// The first cell and the last.
    MergedAcross(String),
}

/// Why nothing of a file can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadFile {
    /// The most megabytes.
    TooLarge(usize),
    Utf16,
    NeitherEncoding {
        line: usize,
    },
    /// The most cells.
    TooManyCells(usize),
    /// A workbook with a password.
    Encrypted,
    /// Excel 97 to 2003, or another old document.
    OldWorkbook,
    /// A ZIP file of something else.
    NoWorkbook,
    Damaged(Damage),
    /// The most megabytes.
    UnpacksToMore(u64),
    TooWide {
        cell: String,
        most: usize,
    },
    NothingShown,
    NoSheet {
        wanted: String,
        has: Vec<String>,
    },
    Header {
        /// Of a workbook.
        sheet: Option<String>,
        /// `None`: the first.
        line: Option<usize>,
        problem: BadHeader,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    NotAsExcel,
    Part,
    NotUtf8,
    /// What the reader of ZIP or XML says.
    Said(String),
}

/// What is wrong with the line that names the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadHeader {
    Missing,
    Unreadable(BadValue),
    BadCell {
        shown: String,
        problem: BadValue,
    },
    Twice(&'static str),
    Lacks(&'static str),
    /// The configured ones.
    LacksCorp(Vec<String>),
    Unknown {
        names: Vec<String>,
        known: Vec<&'static str>,
    },
    /// Of a name that is misspelt.
    Misspelt {
        name: String,
        known: &'static str,
    },
    /// The whole line in one cell.
    NoCommas(String),
}

/// Who reads, because the way to leave out columns is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Page,
    Terminal,
}

impl BadValue {
    pub fn text(&self, locale: Locale) -> String {
        (locale.texts().bad_value)(self)
    }
}

impl BadFile {
    pub fn text(&self, locale: Locale, reader: Reader) -> String {
        (locale.texts().bad_file)(self, reader)
    }
}

/// For logs and programs.
impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Locale::En))
    }
}

impl std::error::Error for BadValue {}

impl Serialize for BadValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
