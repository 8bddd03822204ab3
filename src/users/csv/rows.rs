//! A text to rows of cells, each with its line.

use crate::users::check::BadValue;

pub struct CsvRow {
    /// As they stand in the file, without the quotation marks around them.
    pub cells: csv::StringRecord,
    quotes_match: bool,
}

impl CsvRow {
    /// A line of nothing but commas, which spreadsheets leave behind.
    pub fn is_empty(&self) -> bool {
        self.quotes_match && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// A row whose cells are not certain is refused before they are looked at: an empty cell clears its column, so
    /// a missing one must not be taken for one.
    pub fn check_shape(&self, columns: usize) -> Result<(), BadValue> {
        if !self.quotes_match {
            let cure = "to use one inside a value, write it twice and put the value in quotation marks";
            return Err(BadValue::new(format!("a quotation mark is left open; {cure}")));
        }
        let has = self.cells.len();
        if has < columns {
            return Err(BadValue::new(format!(
                "has {has} of {columns} cells; write the missing commas (in Excel: make a column that is never empty \
                 the last one)"
            )));
        }
        if self.cells.iter().skip(columns).any(|cell| !cell.trim().is_empty()) {
            return Err(BadValue::new(format!(
                "has {has} cells where the first line names {columns}; put a value that contains a comma in quotation marks"
            )));
        }
        Ok(())
    }
}

/// The rows that hold anything, each with the line it begins on. The line is counted here: the `csv` crate's own
/// number is that of the blank lines before the row, and does not know lines that end in CR.
pub struct Rows<'a> {
    text: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    /// How far `line` has been counted.
    at: usize,
    line: usize,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self {
            text,
            reader: csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text),
            at: 0,
            line: 1,
        }
    }

    fn line_at(&mut self, offset: usize) -> usize {
        while self.at < offset {
            let ends_line = match self.text[self.at] {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(ends_line);
            self.at += 1;
        }
        self.line
    }

    fn offset(&self) -> usize {
        let offset = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        offset.min(self.text.len())
    }
}

impl Iterator for Rows<'_> {
    type Item = (usize, CsvRow);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.offset();
        let mut cells = csv::StringRecord::new();
        // It cannot fail: the text is UTF-8, in memory, and rows may be of any length.
        if !self.reader.read_record(&mut cells).unwrap_or(false) {
            return None;
        }
        let raw = &self.text[start..self.offset()];
        let blank = raw.iter().take_while(|&&b| matches!(b, b'\r' | b'\n')).count();
        let quotes_match = raw.iter().filter(|&&b| b == b'"').count() % 2 == 0;
        Some((self.line_at(start + blank), CsvRow { cells, quotes_match }))
    }
}
