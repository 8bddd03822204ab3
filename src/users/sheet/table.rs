//! A file of people before its columns are known: rows of cells, the same for CSV and workbooks.

use super::{csv, xlsx};
use crate::i18n::{BadFile, BadValue};

/// Bytes. A hundred thousand people take ten MB.
pub const LARGEST_FILE: usize = 32 * 1024 * 1024;

/// Empty ones included: a hundred thousand people in fifty columns.
pub const MOST_CELLS: usize = 5_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    Csv(csv::Encoding),
    Workbook {
        /// The sheet that was read.
        sheet: String,
    },
}

/// Without empty rows.
#[derive(Debug)]
pub struct Table {
    pub format: Format,
    pub rows: Vec<Row>,
}

#[derive(Debug)]
pub struct Row {
    /// The first line of the row, counted from 1; in a workbook, the row's number.
    pub line: usize,
    pub cells: Vec<Cell>,
    /// Why the cells are uncertain.
    pub problem: Option<BadValue>,
}

pub type Cell = Result<String, BadCell>;

#[derive(Debug)]
pub struct BadCell {
    /// What a spreadsheet shows there.
    pub shown: String,
    pub problem: BadValue,
}

impl Table {
    /// The bytes say what a file is, not its name.
    pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Self, BadFile> {
        if bytes.len() > LARGEST_FILE {
            return Err(BadFile::TooLarge(LARGEST_FILE / 1024 / 1024));
        }
        if xlsx::is_one(bytes) { xlsx::read(bytes, sheet) } else { csv::read(bytes) }
    }
}

impl Row {
    /// Spreadsheets leave such rows behind.
    pub fn is_empty(&self) -> bool {
        self.problem.is_none() && self.cells.iter().all(is_blank)
    }

    /// The only cell that holds anything.
    pub fn is_title(&self) -> bool {
        self.problem.is_none() && self.cells.iter().filter(|cell| !is_blank(cell)).count() == 1
    }
}

pub fn is_blank(cell: &Cell) -> bool {
    cell.as_ref().is_ok_and(|text| text.trim().is_empty())
}
