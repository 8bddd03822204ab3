//! A file to people, or to everything that is wrong with it.

use std::collections::HashMap;

use super::{
    Column, Encoding, Undecodable,
    decode::decode,
    rows::{CsvRow, Rows},
    unguard,
};
use crate::{
    ids::{CorpId, DingUserId},
    users::{
        Change, NewUser, Role, Status,
        check::{self, BadValue},
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Nobody twice.
    pub people: Vec<NewUser>,
    pub encoding: Encoding,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    #[error("the first line {0}")]
    Header(String),
    /// Every row that cannot be taken.
    #[error("{} of its rows are wrong", .0.len())]
    Rows(Vec<BadRow>),
}

/// Something that is wrong with a row. A row may have several.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BadRow {
    /// The line of the file, the first being 1, on which the row begins.
    pub line: usize,
    /// The column, unless the whole row is meant.
    pub column: Option<&'static str>,
    /// What stands there, cut off if it is long.
    pub value: Option<String>,
    pub problem: BadValue,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        // The debug form: nothing in it can steer a terminal or begin a line of its own.
        if let Some(value) = &self.value {
            write!(f, " {value:?}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Reads people of `corps`. An empty cell clears its column in the table, save that a person who is there keeps role
/// and status; a column that the file does not have is left alone.
///
/// # Errors
/// When the bytes are no text, the first line names no usable columns, or any row cannot be taken: then all such rows
/// are named.
pub fn read(bytes: &[u8], corps: &[CorpId]) -> Result<Sheet, ReadError> {
    let (text, encoding) = decode(bytes)?;
    let mut rows = Rows::new(&text);
    let Some((_, header)) = rows.next() else {
        let header = "is missing; it names the columns, e.g. userid,name,department";
        return Err(ReadError::Header(header.to_owned()));
    };
    let columns = columns(&header.cells, corps).map_err(ReadError::Header)?;

    let mut people = Vec::new();
    let mut bad = Vec::new();
    let mut seen: HashMap<(CorpId, DingUserId), usize> = HashMap::new();
    for (line, row) in rows {
        if row.is_empty() {
            continue;
        }
        let Some(person) = person(line, &row, &columns, corps, &mut bad) else {
            continue;
        };
        if let Some(first) = seen.get(&(person.corp_id.clone(), person.userid.clone())) {
            bad.push(BadRow {
                line,
                column: Some(Column::Userid.name()),
                value: Some(person.userid.as_str().to_owned()),
                problem: BadValue::new(format!("is already on line {first}; keep one of the two")),
            });
            continue;
        }
        seen.insert((person.corp_id.clone(), person.userid.clone()), line);
        people.push(person);
    }
    if bad.is_empty() { Ok(Sheet { people, encoding }) } else { Err(ReadError::Rows(bad)) }
}

/// Which column each place of a row is. A place without a name, which spreadsheets leave behind, is `None`.
fn columns(header: &csv::StringRecord, corps: &[CorpId]) -> Result<Vec<Option<Column>>, String> {
    let mut columns = Vec::with_capacity(header.len());
    for name in header.iter().map(str::trim) {
        let column = match Column::named(name) {
            None if name.is_empty() => None,
            None => return Err(unknown_column(name)),
            Some(column) if columns.contains(&Some(column)) => {
                return Err(format!("names the column {:?} twice; keep one of the two", column.name()));
            }
            known => known,
        };
        columns.push(column);
    }
    for needed in [Column::Userid, Column::Name] {
        if !columns.contains(&Some(needed)) {
            return Err(format!("names no column {:?}; userid and name are needed", needed.name()));
        }
    }
    if corps.len() != 1 && !columns.contains(&Some(Column::CorpId)) {
        let corps: Vec<_> = corps.iter().map(CorpId::as_str).collect();
        return Err(format!(
            "names no column \"corp_id\", which is needed because several corps are configured: {}",
            corps.join(", ")
        ));
    }
    Ok(columns)
}

fn unknown_column(name: &str) -> String {
    let all = Column::ALL.map(Column::name);
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
        None => format!("names an unknown column {shown:?}; known are {}", all.join(", ")),
    }
}

/// The person of a row, or an entry in `bad` for each thing that is wrong.
fn person(
    line: usize,
    row: &CsvRow,
    columns: &[Option<Column>],
    corps: &[CorpId],
    bad: &mut Vec<BadRow>,
) -> Option<NewUser> {
    if let Err(problem) = row.check_shape(columns.len()) {
        bad.push(BadRow { line, column: None, value: None, problem });
        return None;
    }
    let mut corp_id = None;
    let mut userid = None;
    let mut change = Change::default();
    let before = bad.len();
    for (column, cell) in columns.iter().zip(&row.cells) {
        let value = unguard(cell.trim());
        let value = value.as_ref();
        let checked = match column {
            None if value.is_empty() => Ok(()),
            None => Err(BadValue::new("is in a column without a name; name the column on the first line")),
            Some(Column::CorpId) => corp(value, corps).map(|id| corp_id = Some(id)),
            Some(Column::Userid) => check::userid(value).map(|id| userid = Some(id)),
            Some(Column::Name) => check::name(value).map(|text| change.name = Some(text)),
            Some(Column::Unionid) => check::unionid(value).map(|text| change.unionid = Some(text)),
            Some(Column::Mobile) => check::mobile(value).map(|text| change.mobile = Some(text)),
            Some(Column::Email) => check::email(value).map(|text| change.email = Some(text)),
            Some(Column::Department) => check::department(value).map(|text| change.department = Some(text)),
            Some(Column::Title) => check::title(value).map(|text| change.title = Some(text)),
            Some(Column::Role) => {
                word(value, Role::parse, "write \"user\" or \"admin\"").map(|role| change.role = role)
            }
            Some(Column::Status) => {
                word(value, Status::parse, "write \"active\" or \"disabled\"").map(|status| change.status = status)
            }
            Some(Column::Source | Column::CreatedAt | Column::UpdatedAt | Column::LastSignedInAt) => Ok(()),
        };
        if let Err(problem) = checked {
            bad.push(BadRow { line, column: column.map(Column::name), value: Some(shorten(value)), problem });
        }
    }
    if bad.len() > before {
        return None;
    }
    let corp_id = corp_id.or_else(|| corps.first().cloned())?;
    Some(NewUser { corp_id, userid: userid?, change })
}

/// A configured corp; nothing stands for the only one.
fn corp(value: &str, corps: &[CorpId]) -> Result<CorpId, BadValue> {
    let known = corps.iter().find(|corp| corp.as_str() == value);
    match (known, corps) {
        (Some(corp), _) => Ok(corp.clone()),
        (None, [only]) if value.is_empty() => Ok(only.clone()),
        _ => {
            let known: Vec<_> = corps.iter().map(CorpId::as_str).collect();
            Err(BadValue::new(format!("no such corp is configured; write {}", known.join(" or "))))
        }
    }
}

/// One of a column's words, in any case.
fn word<T>(value: &str, parse: impl Fn(&str) -> Option<T>, cure: &str) -> Result<Option<T>, BadValue> {
    if value.is_empty() {
        return Ok(None);
    }
    match parse(&value.to_ascii_lowercase()) {
        Some(word) => Ok(Some(word)),
        None => Err(BadValue::new(cure)),
    }
}

/// Enough of a value to find it again.
fn shorten(value: &str) -> String {
    const LONGEST: usize = 40;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corps(ids: &[&str]) -> Vec<CorpId> {
        ids.iter().map(|id| CorpId::new(*id).unwrap()).collect()
    }

    fn read_one(text: &str) -> Result<Sheet, ReadError> {
        read(text.as_bytes(), &corps(&["dinga"]))
    }

    #[track_caller]
    fn people(text: &str) -> Vec<NewUser> {
        read_one(text).expect(text).people
    }

    #[track_caller]
    fn header_error(text: &str) -> String {
        match read_one(text) {
            Err(error @ ReadError::Header(_)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn bad(text: &str) -> Vec<String> {
        match read_one(text) {
            Err(ReadError::Rows(rows)) => rows.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_come_in_any_order_and_case_and_the_servers_own_are_not_read() {
        let text = " Name ,created_at,USERID,Title,source,,\n张三,yesterday, u1 ,,boss,,\n";
        let change = Change { name: Some("张三".to_owned()), title: Some(String::new()), ..Change::default() };
        let expected =
            NewUser { corp_id: CorpId::new("dinga").unwrap(), userid: DingUserId::new("u1").unwrap(), change };
        assert_eq!(people(text), [expected]);
    }

    #[test]
    fn all_ways_to_end_a_line_read_the_same() {
        let lf = "userid,name\nu1,A\n\nu2,B";
        assert_eq!(people(lf).len(), 2);
        for end in ["\r\n", "\r"] {
            assert_eq!(people(&lf.replace('\n', end)), people(lf), "{end:?}");
        }
        assert!(people("userid,name\n").is_empty());
        assert!(people("userid,name\n,\n , \n").is_empty());
    }

    #[test]
    fn a_first_line_that_names_no_usable_columns_says_what_to_write() {
        assert!(header_error("").contains("is missing"));
        assert!(header_error("userid,title").contains("names no column \"name\""));
        assert!(header_error("name").contains("names no column \"userid\""));
        assert!(header_error("userid,name,Name").contains("\"name\" twice"));
        assert!(header_error("userid,name,emial").contains("\"emial\"; did you mean \"email\"?"));
        assert!(header_error("userid,name,工号").contains("\"工号\"; known are corp_id, userid, unionid"));
        assert!(header_error("userid;name").contains("put commas between"));
        let two = read(b"userid,name\nu1,A", &corps(&["dinga", "dingb"]));
        assert!(two.unwrap_err().to_string().contains("corp_id\", which is needed"));
    }

    #[test]
    fn every_bad_row_is_named_with_its_line_column_and_value() {
        let text = "userid,name,role,status,email,corp_id\n\
                    u 1,,boss,gone,li,dingx\n\
                    u2,B,ADMIN,Disabled,b@x.cn,\n";
        assert_eq!(
            bad(text),
            [
                "line 2, userid \"u 1\": holds a space, a comma or a control character; write the userid as DingTalk's console shows it",
                "line 2, name \"\": is empty; write the person's name",
                "line 2, role \"boss\": write \"user\" or \"admin\"",
                "line 2, status \"gone\": write \"active\" or \"disabled\"",
                "line 2, email \"li\": is not a mail address; write one such as \"li@example.com\", or nothing",
                "line 2, corp_id \"dingx\": no such corp is configured; write dinga",
            ]
        );
    }

    #[test]
    fn a_line_is_the_files_own_whatever_quoted_line_breaks_and_blank_lines_came_before() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "userid,name,source\n\n\nu1,A,\"one\ntwo\n\"\nu2,,\n\nu3,\"C\nc\",\nu4,,\n".replace('\n', end);
            let lines: Vec<_> = bad(&text).into_iter().map(|row| row[..6].to_owned()).collect();
            assert_eq!(lines, ["line 7", "line 9", "line 1"], "{end:?}");
            assert!(bad(&text)[2].starts_with("line 11, name"), "{end:?}");
        }
    }

    #[test]
    fn the_same_person_twice_is_named_with_the_first_line() {
        let rows = bad("userid,name\nu1,A\nU1,B\n'u1,C\n u1 ,D\nu1,E\n");
        assert_eq!(
            rows,
            [
                "line 5, userid \"u1\": is already on line 2; keep one of the two",
                "line 6, userid \"u1\": is already on line 2; keep one of the two",
            ]
        );
        let text = "userid,name,corp_id\nu1,A,dinga\nu1,B,dingb\n";
        let two = read(text.as_bytes(), &corps(&["dinga", "dingb"])).unwrap();
        assert_eq!(two.people.len(), 2);
    }

    #[test]
    fn a_row_whose_cells_are_not_certain_is_refused() {
        let only = |text: &str, expected: &str| {
            let rows = bad(text);
            assert!(rows.len() == 1 && rows[0].starts_with(expected), "{rows:?}");
        };
        only("userid,name,title\nu1,A\n", "line 2: has 2 of 3 cells");
        only("userid,name\nu1,A,B\n", "line 2: has 3 cells");
        only("userid,name\nu1,A\nu2,\"B\n", "line 3: a quotation mark is left open");
        only("userid,name\n\"\n", "line 2: a quotation mark is left open");
        only("userid,name,\nu1,A,x\n", "line 2 \"x\": is in a column without a name");
        assert_eq!(people("userid,name\nu1,\"A \"\"B\"\", C\",,\n").len(), 1);
    }

    #[test]
    fn what_would_steer_a_terminal_is_escaped_in_an_error() {
        let rows = bad("userid,name\nu1,\"A\u{1b}[2J\nline 9: x\"\n");
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].contains(['\u{1b}', '\n']), "{rows:?}");
    }
}
