//! CSV, as spreadsheets save it.

mod decode;
mod rows;

pub use self::decode::Encoding;
use super::table::{Format, MOST_CELLS, Table};
use crate::i18n::BadFile;

pub fn read(bytes: &[u8]) -> Result<Table, BadFile> {
    let (text, encoding) = decode::decode(bytes)?;
    let (mut rows, mut cells) = (Vec::new(), 0);
    for row in rows::Rows::new(&text) {
        let row = row.ok_or(BadFile::TooManyCells(MOST_CELLS))?;
        cells += row.cells.len();
        if cells > MOST_CELLS {
            return Err(BadFile::TooManyCells(MOST_CELLS));
        }
        if !row.is_empty() {
            rows.push(row);
        }
    }
    Ok(Table { format: Format::Csv(encoding), rows })
}
