//! CSV, as spreadsheets save it.

mod decode;
mod rows;

pub use self::decode::{Encoding, Undecodable};
use super::table::{Format, MOST_CELLS, Table};

pub fn read(bytes: &[u8]) -> Result<Table, Undecodable> {
    let (text, encoding) = decode::decode(bytes)?;
    let (mut rows, mut cells) = (Vec::new(), 0);
    for row in rows::Rows::new(&text) {
        let row = row.ok_or(Undecodable::TooManyCells)?;
        cells += row.cells.len();
        if cells > MOST_CELLS {
            return Err(Undecodable::TooManyCells);
        }
        if !row.is_empty() {
            rows.push(row);
        }
    }
    Ok(Table { format: Format::Csv(encoding), rows })
}
