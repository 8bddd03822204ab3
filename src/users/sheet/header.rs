//! Which column each cell of a row belongs to.

use super::{
    Column, Format,
    read::{BadRow, shorten},
    table::{Row, is_blank},
};
use crate::{
    i18n::{BadFile, BadHeader, BadValue},
    ids::CorpId,
};

/// Rows of titles and instructions that may stand above the one that names the columns.
const MOST_TITLES: usize = 10;

#[derive(Debug)]
pub struct Header {
    /// Its index among the rows.
    pub at: usize,
    pub places: Vec<Place>,
    /// What the file calls each of them.
    names: Vec<String>,
    pub ignored: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Column(Column),
    Ignored,
    /// A column without a name, as spreadsheets leave behind; it must be empty.
    Nameless,
}

pub fn read(rows: &[Row], format: &Format, corps: &[CorpId], ignore_unknown: bool) -> Result<Header, BadFile> {
    let at = position(rows);
    let wrong = |problem| BadFile::Header {
        sheet: match format {
            Format::Csv(_) => None,
            Format::Workbook { sheet } => Some(shorten(sheet)),
        },
        line: rows.get(at).filter(|_| at > 0).map(|row| row.line),
        problem,
    };
    let row = rows.get(at).ok_or(BadHeader::Missing).map_err(wrong)?;
    let (places, unknown) = places(row).map_err(wrong)?;
    if !unknown.is_empty() && !ignore_unknown {
        return Err(wrong(unknown_columns(&unknown)));
    }
    check(&places, corps).map_err(wrong)?;
    let names = row.cells.iter().map(|cell| cell.as_deref().map(|name| shorten(name.trim())).unwrap_or_default());
    Ok(Header { at, places, names: names.collect(), ignored: unknown.into_iter().map(shorten).collect() })
}

impl Header {
    /// Something that is wrong in the column at a place.
    pub fn bad_row(&self, line: usize, at: usize, value: &str, problem: BadValue) -> BadRow {
        let column = match self.places.get(at) {
            Some(Place::Column(column)) => Some(column.name()),
            _ => None,
        };
        let heading = self.names.get(at).filter(|name| !name.is_empty()).cloned();
        BadRow { line, column, heading, value: Some(shorten(value)), problem }
    }
}

/// The first row, or below titles of one cell each the row that names `userid`.
fn position(rows: &[Row]) -> usize {
    let titles = rows.iter().take(MOST_TITLES).take_while(|row| row.is_title()).count();
    let names_userid = |row: &Row| row.cells.iter().flatten().any(|name| named(name) == Some(Column::Userid));
    if rows.get(titles).is_some_and(names_userid) { titles } else { 0 }
}

type Unknown<'a> = Vec<&'a str>;

fn places(row: &Row) -> Result<(Vec<Place>, Unknown<'_>), BadHeader> {
    if let Some(problem) = &row.problem {
        return Err(BadHeader::Unreadable(problem.clone()));
    }
    let mut places = Vec::with_capacity(row.cells.len());
    let mut unknown = Unknown::new();
    for cell in &row.cells {
        let name = match cell {
            Ok(text) => text.trim(),
            Err(cell) => {
                return Err(BadHeader::BadCell { shown: shorten(&cell.shown), problem: cell.problem.clone() });
            }
        };
        let place = match named(name) {
            None if is_blank(cell) => Place::Nameless,
            None => {
                unknown.push(name);
                Place::Ignored
            }
            Some(column) if places.contains(&Place::Column(column)) => {
                return Err(BadHeader::Twice(column.name()));
            }
            Some(column) => Place::Column(column),
        };
        places.push(place);
    }
    Ok((places, unknown))
}

fn check(places: &[Place], corps: &[CorpId]) -> Result<(), BadHeader> {
    for needed in [Column::Userid, Column::Name] {
        if !places.contains(&Place::Column(needed)) {
            return Err(BadHeader::Lacks(needed.name()));
        }
    }
    if corps.len() != 1 && !places.contains(&Place::Column(Column::CorpId)) {
        return Err(BadHeader::LacksCorp(corps.iter().map(CorpId::to_string).collect()));
    }
    Ok(())
}

/// Our own name of a column, in any case, or the one in DingTalk's export.
fn named(name: &str) -> Option<Column> {
    let name = name.trim();
    Column::ALL.into_iter().find(|column| {
        column.name().eq_ignore_ascii_case(name)
            || column.chinese().iter().any(|known| known.eq_ignore_ascii_case(name))
    })
}

fn unknown_columns(names: &[&str]) -> BadHeader {
    let known = Column::ALL.map(Column::name);
    let [name] = names else { return unknown(names, &known) };
    if name.contains([';', '\t']) {
        return BadHeader::NoCommas(shorten(name));
    }
    let lower = name.to_ascii_lowercase();
    let distances = known.into_iter().map(|known| (strsim::levenshtein(&lower, known), known));
    match distances.min().filter(|(distance, _)| *distance <= 2) {
        Some((_, known)) => BadHeader::Misspelt { name: shorten(name), known },
        None => unknown(names, &known),
    }
}

fn unknown(names: &[&str], known: &[&'static str]) -> BadHeader {
    BadHeader::Unknown { names: names.iter().take(20).map(|name| shorten(name)).collect(), known: known.to_vec() }
}
