//! A text as rows of cells, each with its line.

use crate::{
    i18n::BadValue,
    users::sheet::table::{MOST_CELLS, Row},
};

/// Rows that hold anything, each with its first line. The `csv` crate's own line is that of blank lines before the row,
/// and misses lines that end in CR.
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
    /// `None`: an empty row.
    type Item = Option<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.offset();
        let mut cells = csv::StringRecord::new();
        // Cannot fail: the text is UTF-8, in memory, and rows may have any length.
        if !self.reader.read_record(&mut cells).unwrap_or(false) {
            return None;
        }
        let raw = &self.text[start..self.offset()];
        let blank = raw.iter().take_while(|&&b| matches!(b, b'\r' | b'\n')).count();
        let quotes_match = raw.iter().filter(|&&b| b == b'"').count() % 2 == 0;
        if cells.len() > MOST_CELLS {
            return Some(None);
        }
        Some(Some(Row {
            line: self.line_at(start + blank),
            cells: cells.iter().map(|cell| Ok(cell.to_owned())).collect(),
            problem: (!quotes_match).then_some(BadValue::OpenQuotationMark),
        }))
    }
}
