//! From a file to people, or to everything that is wrong with it.

use std::collections::HashMap;

use super::{
    Column, Format,
    header::{self, Header, Place},
    table::{Row, Table, is_blank},
    unguard, words,
};
use crate::{
    i18n::{BadFile, BadValue, Locale},
    ids::{CorpId, DingUserId},
    users::{Change, NewUser, check},
};

#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Leave out unknown columns instead of refusing the file.
    pub ignore_unknown: bool,
    /// Of a workbook; `None`: the first that holds anything.
    pub sheet: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Nobody twice.
    pub people: Vec<NewUser>,
    pub format: Format,
    /// The columns that were left out.
    pub ignored: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    File(BadFile),
    /// Every row that is refused.
    Rows(Vec<BadRow>),
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BadRow {
    /// The row's first line, counted from 1; in a workbook, the row's number.
    pub line: usize,
    /// `None`: the whole row.
    pub column: Option<&'static str>,
    /// The column as the file names it.
    #[serde(skip)]
    pub heading: Option<String>,
    /// Cut off if it is long.
    pub value: Option<String>,
    pub problem: BadValue,
}

impl BadRow {
    /// In one line. The value's debug form cannot steer a terminal or begin a line of its own.
    pub fn text(&self, locale: Locale) -> String {
        let value = self.value.as_ref().map(|value| format!(" {value:?}")).unwrap_or_default();
        let problem = self.problem.text(locale);
        (locale.texts().bad_row)(self.line, self.heading.as_deref(), &value, &problem)
    }
}

/// Reads people of `corps`. An empty cell clears its column in the table, except role and status of a known person; a
/// column that the file lacks is left alone. Whatever is wrong is listed, row by row.
pub fn read(bytes: &[u8], corps: &[CorpId], options: Options<'_>) -> Result<Sheet, ReadError> {
    let Table { format, rows } = Table::read(bytes, options.sheet).map_err(ReadError::File)?;
    let header = header::read(&rows, &format, corps, options.ignore_unknown).map_err(ReadError::File)?;

    let mut people = Vec::new();
    let mut bad = Vec::new();
    let mut seen: HashMap<(CorpId, DingUserId), usize> = HashMap::new();
    for row in &rows[header.at + 1..] {
        if let Err(problem) = shape(row, header.places.len(), &format) {
            bad.push(BadRow { line: row.line, column: None, heading: None, value: None, problem });
            continue;
        }
        let Some(person) = person(row, &header, corps, &mut bad) else {
            continue;
        };
        if let Some(first) = seen.get(&(person.corp_id.clone(), person.userid.clone())) {
            let at = header.places.iter().position(|place| *place == Place::Column(Column::Userid));
            let problem = BadValue::AlreadyOnLine(*first);
            bad.push(header.bad_row(row.line, at.unwrap_or_default(), person.userid.as_str(), problem));
            continue;
        }
        seen.insert((person.corp_id.clone(), person.userid.clone()), row.line);
        people.push(person);
    }
    if bad.is_empty() { Ok(Sheet { people, format, ignored: header.ignored }) } else { Err(ReadError::Rows(bad)) }
}

/// Refuses a row of the wrong length: an empty cell clears its column, so a missing one must not count as empty. A
/// workbook leaves out empty cells and says where the others stand.
fn shape(row: &Row, columns: usize, format: &Format) -> Result<(), BadValue> {
    if let Some(problem) = &row.problem {
        return Err(problem.clone());
    }
    let has = row.cells.len();
    let is_csv = matches!(format, Format::Csv(_));
    if has < columns && is_csv {
        return Err(BadValue::TooFewCells { has, columns });
    }
    if row.cells.iter().skip(columns).any(|cell| !is_blank(cell)) {
        return Err(BadValue::TooManyCells { has, columns, is_csv });
    }
    Ok(())
}

/// Adds an entry to `bad` for each thing that is wrong.
fn person(row: &Row, header: &Header, corps: &[CorpId], bad: &mut Vec<BadRow>) -> Option<NewUser> {
    let mut corp_id = None;
    let mut userid = None;
    let mut change = Change::default();
    let before = bad.len();
    let cells = row.cells.iter().map(Some).chain(std::iter::repeat(None));
    for ((at, place), cell) in header.places.iter().enumerate().zip(cells) {
        let column = match place {
            Place::Ignored => continue,
            Place::Column(column) if !column.is_read() => continue,
            Place::Column(column) => Some(*column),
            Place::Nameless => None,
        };
        let cell = match cell {
            None => "",
            Some(Ok(text)) => text.trim(),
            Some(Err(cell)) => {
                bad.push(header.bad_row(row.line, at, &cell.shown, cell.problem.clone()));
                continue;
            }
        };
        let value = unguard(cell);
        let value = value.as_ref();
        let checked = match column {
            None if value.is_empty() => Ok(()),
            None => Err(BadValue::NamelessColumn),
            Some(Column::CorpId) => corp(value, corps).map(|id| corp_id = Some(id)),
            Some(Column::Userid) => check::userid(value).map(|id| userid = Some(id)),
            Some(Column::Name) => check::name(value).map(|text| change.name = Some(text)),
            Some(Column::Unionid) => check::unionid(value).map(|text| change.unionid = Some(text)),
            Some(Column::Mobile) => check::mobile(value).map(|text| change.mobile = Some(text)),
            Some(Column::Email) => check::email(value).map(|text| change.email = Some(text)),
            Some(Column::Department) => check::department(value).map(|text| change.department = Some(text)),
            Some(Column::Title) => check::title(value).map(|text| change.title = Some(text)),
            Some(Column::Role) => words::role(value).map(|role| change.role = role),
            Some(Column::Status) => words::status(value).map(|status| change.status = status),
            Some(Column::Source | Column::CreatedAt | Column::UpdatedAt | Column::LastSignedInAt) => Ok(()),
        };
        if let Err(problem) = checked {
            bad.push(header.bad_row(row.line, at, value, problem));
        }
    }
    if bad.len() > before {
        return None;
    }
    let corp_id = corp_id.or_else(|| corps.first().cloned())?;
    Some(NewUser { corp_id, userid: userid?, change })
}

/// A configured corp; the only one may be left out.
fn corp(value: &str, corps: &[CorpId]) -> Result<CorpId, BadValue> {
    let known = corps.iter().find(|corp| corp.as_str() == value);
    match (known, corps) {
        (Some(corp), _) => Ok(corp.clone()),
        (None, [only]) if value.is_empty() => Ok(only.clone()),
        _ => Err(BadValue::NoSuchCorp(corps.iter().map(CorpId::to_string).collect())),
    }
}

pub(super) fn shorten(value: &str) -> String {
    const LONGEST: usize = 40;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
