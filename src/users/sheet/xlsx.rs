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
use crate::i18n::{BadFile, Damage};

const MOST_COLUMNS: usize = 256;
/// The first bytes of an old workbook (.xls), and of one with a password.
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Whether a file claims to be a workbook, whatever its name.
pub fn is_one(bytes: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK\x05\x06", COMPOUND_FILE].iter().any(|start| bytes.starts_with(start))
}

/// `None`: the first sheet that holds anything.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, BadFile> {
    if bytes.starts_with(COMPOUND_FILE) {
        let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(mark.len()).any(|window| window == mark);
        return Err(if encrypted { BadFile::Encrypted } else { BadFile::OldWorkbook });
    }
    package::check(bytes)?;
    catch_unwind(AssertUnwindSafe(|| read_checked(bytes, sheet))).unwrap_or(Err(BadFile::Damaged(Damage::NotAsExcel)))
}

fn read_checked(bytes: &[u8], wanted: Option<&str>) -> Result<Table, BadFile> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
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
        None => BadFile::NothingShown,
        Some(wanted) => BadFile::NoSheet { wanted: wanted.to_owned(), has: names.into_iter().take(20).collect() },
    })
}

/// Rows and columns are counted from 0. Trailing empty cells are left out.
type Grid = BTreeMap<u32, Vec<Cell>>;

fn rows(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, BadFile> {
    let merged = workbook.merge_cells_by_sheet_name(name).map_err(unreadable)?;
    let mut grid = Grid::new();
    let mut count = 0;
    let mut cells = workbook.worksheet_cells_reader(name).map_err(unreadable)?;
    while let Some(record) = cells.next_cell_with_formula_metadata().map_err(unreadable)? {
        let (line, column) = record.pos;
        let Some(cell) = cell::read(record.value, record.formula.is_some(), || address(line, column)) else { continue };
        let at = column as usize;
        if at >= MOST_COLUMNS {
            return Err(BadFile::TooWide { cell: address(line, column), most: MOST_COLUMNS });
        }
        let row = grid.entry(line).or_default();
        if row.len() <= at {
            count += at + 1 - row.len();
            row.resize_with(at + 1, || Ok(String::new()));
        }
        row[at] = cell;
        if count > MOST_CELLS {
            return Err(BadFile::TooManyCells(MOST_CELLS));
        }
    }
    merged::spread(&mut grid, &merged)?;
    let row = |(line, cells)| Row { line: line as usize + 1, cells, problem: None };
    Ok(grid.into_iter().map(row).filter(|row| !row.is_empty()).collect())
}

fn unreadable(error: XlsxError) -> BadFile {
    match error {
        XlsxError::Password => BadFile::Encrypted,
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => BadFile::NoWorkbook,
        error => package::said_by_reader(&error.to_string()),
    }
}

#[cfg(test)]
mod tests;
