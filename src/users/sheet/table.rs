//! What a file of people is before anybody knows what its columns mean: rows of cells, each with its line. CSV and
//! workbooks read to the same; whatever is checked afterwards is checked alike.

use super::{csv, csv::Undecodable, xlsx, xlsx::NoWorkbook};
use crate::users::check::BadValue;

/// A larger file holds something else than people: a hundred thousand of them take ten.
pub const LARGEST_FILE: usize = 32 * 1024 * 1024;

/// Cells of a file, empty ones between others included: a hundred thousand people in fifty columns.
pub const MOST_CELLS: usize = 5_000_000;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// CSV.
    Csv(csv::Encoding),
    /// An Excel workbook.
    Workbook {
        /// The name of the sheet that was read: the first that holds anything.
        sheet: String,
    },
}

/// A file's rows, those without anything left out.
#[derive(Debug)]
pub struct Table {
    pub format: Format,
    pub rows: Vec<Row>,
}

/// A row of a file.
#[derive(Debug)]
pub struct Row {
    /// The line on which it begins, the first being 1; in a workbook, the row's number.
    pub line: usize,
    pub cells: Vec<Cell>,
    /// Why the cells are not certain.
    pub problem: Option<BadValue>,
}

/// What stands in a cell, or why nothing can be read there.
pub type Cell = Result<String, BadCell>;

/// A cell that holds no text.
#[derive(Debug)]
pub struct BadCell {
    /// What a spreadsheet shows there.
    pub shown: String,
    pub problem: BadValue,
}

/// Why there are no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file is too large.
    #[error(
        "is larger than {} MB; is it the right file? if so, import it in parts",
        LARGEST_FILE / 1024 / 1024
    )]
    TooLarge,
    /// The bytes are neither a workbook nor text.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// The workbook cannot be read.
    #[error(transparent)]
    Workbook(#[from] NoWorkbook),
}

impl Table {
    /// Reads a file. What it is, its bytes tell, whatever its name.
    pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Self, Unreadable> {
        if bytes.len() > LARGEST_FILE {
            return Err(Unreadable::TooLarge);
        }
        Ok(if xlsx::is_one(bytes) { xlsx::read(bytes, sheet)? } else { csv::read(bytes)? })
    }
}

impl Row {
    /// A row of nothing, which spreadsheets leave behind.
    pub fn is_empty(&self) -> bool {
        self.problem.is_none() && self.cells.iter().all(is_blank)
    }

    /// The only cell that holds anything, in a row that has just one.
    pub fn is_title(&self) -> bool {
        self.problem.is_none() && self.cells.iter().filter(|cell| !is_blank(cell)).count() == 1
    }
}

/// Whether nothing stands in a cell.
pub fn is_blank(cell: &Cell) -> bool {
    cell.as_ref().is_ok_and(|text| text.trim().is_empty())
}
