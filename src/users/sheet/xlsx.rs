//! From an Excel workbook to rows of cells.
//!
//! The workbook is a stranger's: it may unpack to a thousand times its size, and `calamine` reserves as much memory as
//! a file asks for. Its parts are therefore unpacked and checked first, cells are counted one by one, and a panic of
//! the library counts as a file that cannot be read.

mod cell;
mod merged;
mod package;

use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use self::cell::address;
use super::table::{Cell, Format, MOST_CELLS, Row, Table};

const MOST_COLUMNS: usize = 256;
/// The first bytes of an old workbook (.xls), and of one with a password.
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkbook {
    /// It has a password.
    #[error("is protected with a password; in Excel choose \"File\", \"Info\", \"Protect Workbook\", and take it off")]
    Encrypted,
    /// Excel 97 to 2003, or another old document.
    #[error("is an old workbook (.xls); in Excel choose \"Save as\", \"Excel Workbook (.xlsx)\"")]
    Old,
    /// A ZIP file of something else.
    #[error("is a ZIP file, but no workbook (.xlsx); in Excel choose \"Save as\", \"Excel Workbook (.xlsx)\"")]
    Other,
    #[error("is a workbook that cannot be read ({0}); open it in Excel, save it again, or save it as CSV UTF-8")]
    Broken(String),
    #[error(
        "unpacks to more than {} MB; is it the right file? if so, save it as CSV UTF-8, or import it in parts",
        package::LARGEST_UNPACKED / 1024 / 1024
    )]
    Bomb,
    #[error("has more than {MOST_CELLS} cells on a sheet; is it the right file? if so, import it in parts")]
    TooManyCells,
    #[error(
        "has something in cell {0}; only the first {MOST_COLUMNS} columns are read, delete what stands behind them"
    )]
    TooWide(String),
    #[error("holds nothing on any sheet that is not hidden")]
    Empty,
    #[error("has no sheet {wanted:?} with people; it has {}", quoted(has))]
    NoSheet { wanted: String, has: Vec<String> },
}

/// Whether a file claims to be a workbook, whatever its name.
pub fn is_one(bytes: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK\x05\x06", COMPOUND_FILE].iter().any(|start| bytes.starts_with(start))
}

/// `None`: the first sheet that holds anything.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, NoWorkbook> {
    if bytes.starts_with(COMPOUND_FILE) {
        let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(mark.len()).any(|window| window == mark);
        return Err(if encrypted { NoWorkbook::Encrypted } else { NoWorkbook::Old });
    }
    package::check(bytes)?;
    catch_unwind(AssertUnwindSafe(|| read_checked(bytes, sheet)))
        .unwrap_or_else(|_| Err(NoWorkbook::Broken("it is not as Excel writes it".to_owned())))
}

fn read_checked(bytes: &[u8], wanted: Option<&str>) -> Result<Table, NoWorkbook> {
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    let sheets = workbook.sheets_metadata().iter();
    let shown = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = shown.map(|sheet| sheet.name.clone()).collect();
    for name in names.iter().filter(|name| wanted.is_none_or(|wanted| wanted == name.as_str())) {
        let rows = rows(&mut workbook, name)?;
        if !rows.is_empty() {
            return Ok(Table { format: Format::Workbook { sheet: name.clone() }, rows });
        }
    }
    Err(match wanted {
        None => NoWorkbook::Empty,
        Some(wanted) => NoWorkbook::NoSheet { wanted: wanted.to_owned(), has: names },
    })
}

/// Rows and columns are counted from 0. Trailing empty cells are left out.
type Grid = BTreeMap<u32, Vec<Cell>>;

fn rows(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, NoWorkbook> {
    let merged = workbook.merge_cells_by_sheet_name(name)?;
    let mut grid = Grid::new();
    let mut count = 0;
    let mut cells = workbook.worksheet_cells_reader(name)?;
    while let Some(record) = cells.next_cell_with_formula_metadata()? {
        let (line, column) = record.pos;
        let Some(cell) = cell::read(record.value, record.formula.is_some(), || address(line, column)) else { continue };
        let at = column as usize;
        if at >= MOST_COLUMNS {
            return Err(NoWorkbook::TooWide(address(line, column)));
        }
        let row = grid.entry(line).or_default();
        if row.len() <= at {
            count += at + 1 - row.len();
            row.resize_with(at + 1, || Ok(String::new()));
        }
        row[at] = cell;
        if count > MOST_CELLS {
            return Err(NoWorkbook::TooManyCells);
        }
    }
    merged::spread(&mut grid, &merged)?;
    let row = |(line, cells)| Row { line: line as usize + 1, cells, problem: None };
    Ok(grid.into_iter().map(row).filter(|row| !row.is_empty()).collect())
}

impl From<XlsxError> for NoWorkbook {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::Password => Self::Encrypted,
            XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => Self::Other,
            // It may quote the file.
            error => Self::Broken(error.to_string().chars().take(100).flat_map(char::escape_debug).collect()),
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().take(20).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
