//! Which column each cell of a row belongs to.

use super::{
    Column, Format,
    read::shorten,
    table::{Row, is_blank},
};
use crate::ids::CorpId;

/// Rows of titles and instructions that may stand above the one that names the columns.
const MOST_TITLES: usize = 10;

#[derive(Debug)]
pub struct Header {
    /// Its index among the rows.
    pub at: usize,
    pub places: Vec<Place>,
    pub ignored: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Column(Column),
    Ignored,
    /// A column without a name, as spreadsheets leave behind; it must be empty.
    Nameless,
}

pub fn read(rows: &[Row], format: &Format, corps: &[CorpId], ignore_unknown: bool) -> Result<Header, String> {
    let at = position(rows);
    let sheet = match format {
        Format::Csv(_) => String::new(),
        Format::Workbook { sheet } => format!("sheet {:?}: ", shorten(sheet)),
    };
    let line = match rows.get(at) {
        Some(row) if at > 0 => format!("line {}", row.line),
        _ => "the first line".to_owned(),
    };
    let said = |why: String| format!("{sheet}{line} {why}");
    let Some(row) = rows.get(at) else {
        return Err(said("is missing; it names the columns, e.g. userid,name,department".to_owned()));
    };
    let (places, unknown) = places(row).map_err(said)?;
    if !unknown.is_empty() && !ignore_unknown {
        return Err(said(unknown_columns(&unknown)));
    }
    check(&places, corps).map_err(said)?;
    Ok(Header { at, places, ignored: unknown.into_iter().map(shorten).collect() })
}

/// The first row, or below titles of one cell each the row that names `userid`.
fn position(rows: &[Row]) -> usize {
    let titles = rows.iter().take(MOST_TITLES).take_while(|row| row.is_title()).count();
    let names_userid = |row: &Row| row.cells.iter().flatten().any(|name| named(name) == Some(Column::Userid));
    if rows.get(titles).is_some_and(names_userid) { titles } else { 0 }
}

type Unknown<'a> = Vec<&'a str>;

fn places(row: &Row) -> Result<(Vec<Place>, Unknown<'_>), String> {
    if let Some(problem) = &row.problem {
        return Err(format!("cannot be read: {problem}"));
    }
    let mut places = Vec::with_capacity(row.cells.len());
    let mut unknown = Unknown::new();
    for cell in &row.cells {
        let name = match cell {
            Ok(text) => text.trim(),
            Err(cell) => return Err(format!("names no column {:?}: {}", shorten(&cell.shown), cell.problem)),
        };
        let place = match named(name) {
            None if is_blank(cell) => Place::Nameless,
            None => {
                unknown.push(name);
                Place::Ignored
            }
            Some(column) if places.contains(&Place::Column(column)) => {
                return Err(format!("names the column {:?} twice; keep one of the two", column.name()));
            }
            Some(column) => Place::Column(column),
        };
        places.push(place);
    }
    Ok((places, unknown))
}

fn check(places: &[Place], corps: &[CorpId]) -> Result<(), String> {
    for needed in [Column::Userid, Column::Name] {
        if !places.contains(&Place::Column(needed)) {
            return Err(format!("names no column {:?}; userid and name are needed", needed.name()));
        }
    }
    if corps.len() != 1 && !places.contains(&Place::Column(Column::CorpId)) {
        let corps: Vec<_> = corps.iter().map(CorpId::as_str).collect();
        return Err(format!(
            "names no column \"corp_id\", which is needed because several corps are configured: {}",
            corps.join(", ")
        ));
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

fn unknown_columns(names: &[&str]) -> String {
    let all = Column::ALL.map(Column::name);
    let known = format!("known are {}", all.join(", "));
    let [name] = names else {
        let names: Vec<_> = names.iter().take(20).map(|name| format!("{:?}", shorten(name))).collect();
        return format!("names unknown columns {}; {known}; --ignore-unknown leaves them out", names.join(", "));
    };
    let shown = shorten(name);
    if name.contains([';', '\t']) {
        return format!("reads {shown:?}; put commas between the columns (in Excel: \"CSV UTF-8 (comma delimited)\")");
    }
    let lower = name.to_ascii_lowercase();
    let closest = all
        .into_iter()
        .map(|known| (strsim::levenshtein(&lower, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match closest {
        Some((_, known)) => format!("names an unknown column {shown:?}; did you mean {known:?}?"),
        None => format!("names an unknown column {shown:?}; {known}; --ignore-unknown leaves it out"),
    }
}
