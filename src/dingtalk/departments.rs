//! How departments are written (pure): a path has `/` between its levels, and several paths have `;` between them.
//!
//! A department in DingTalk may have any name: `x;总部/财务`, `role:admin`, or one that nobody can see, so names are not
//! joined as they came. In a [`DepartmentName`] nothing marks a level, another department, a role or a number, and
//! trimming changes nothing. The user table holds such names only, and [`in_column`] returns nothing else.
//!
//! | in DingTalk | written |
//! | --- | --- |
//! | `/`, `;` | `／`, `；` |
//! | blanks and invisible characters at the ends | left out |
//! | control and invisible characters inside | `�` each |
//! | `role:` or `id:` at the beginning, in any case | `role：`, `id：` |
//! | a name of which nothing is left, or of more than 128 characters | `id:` and the department's number |
//! | a name that would be written as another one beside it | the same |

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use crate::invisible::{is_blank, is_shaper};

/// The longest name, in characters. DingTalk takes 64.
pub const LONGEST_NAME: usize = 128;
pub const LONGEST_COLUMN: usize = 4000;

const NUMBER: &str = "id:";
/// No name begins with these: `role:admin` is a role wherever groups are named.
const KEPT: [&str; 2] = ["role:", NUMBER];

/// A department's own name, without those above it, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DepartmentName(String);

impl DepartmentName {
    /// The names of departments with one parent, from their numbers and DingTalk's names.
    ///
    /// Two are written alike only if their names in DingTalk are identical. Otherwise the department that really has
    /// the name keeps it, whatever the others hide in theirs.
    pub fn of_siblings(departments: &[(i64, &str)]) -> Vec<Self> {
        let written: Vec<_> = departments.iter().map(|(_, name)| written(name)).collect();
        // `None` for a name that several departments have.
        let mut owners: HashMap<&str, Option<i64>> = HashMap::new();
        for ((id, _), name) in departments.iter().zip(&written) {
            if let Some(name) = name {
                owners.entry(name).and_modify(|owner| *owner = owner.filter(|owner| owner == id)).or_insert(Some(*id));
            }
        }
        let each = departments.iter().zip(&written);
        each.map(|((id, in_dingtalk), written)| match written {
            Some(name) if name == in_dingtalk || owners.get(name.as_str()) == Some(&Some(*id)) => Self(name.clone()),
            _ => Self(format!("{NUMBER}{id}")),
        })
        .collect()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A department by the names of its levels below the root, such as `研发部/后端组`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DepartmentPath(String);

impl DepartmentPath {
    /// The root's own name is in no path.
    pub fn below(parent: Option<&Self>, name: &DepartmentName) -> Self {
        match parent {
            Some(parent) => Self(format!("{}/{}", parent.0, name.0)),
            None => Self(name.0.clone()),
        }
    }

    /// The path as a person writes it: blanks around its names are left out.
    fn parse(text: &str) -> Result<Self, BadDepartment> {
        let levels: Vec<_> = text.split('/').map(trimmed).collect();
        levels.iter().try_for_each(|level| check(level))?;
        Ok(Self(levels.join("/")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DepartmentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a department that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadDepartment {
    /// Nothing stands before, after or between two `/`.
    EmptyLevel,
    /// A name begins with this: `role:admin` is a role.
    Kept(String),
    Invisible(char),
    /// A name has more than [`LONGEST_NAME`] characters.
    TooLong,
}

/// The column for these departments, each once, and how many were left out because it would be too long: membership of
/// fewer departments grants nothing.
pub fn to_column(paths: &[DepartmentPath]) -> (String, usize) {
    let (mut column, mut length, mut left_out) = (String::new(), 0, 0);
    let mut seen = HashSet::new();
    for path in paths.iter().filter(|path| seen.insert(*path)) {
        let more = path.0.chars().count() + usize::from(!column.is_empty());
        if length + more > LONGEST_COLUMN {
            left_out += 1;
            continue;
        }
        if !column.is_empty() {
            column.push(';');
        }
        column.push_str(&path.0);
        length += more;
    }
    (column, left_out)
}

/// Reads a column that a person wrote: blanks around names, and nothing between two `;`, are left out.
pub fn parse_column(text: &str) -> Result<Vec<DepartmentPath>, BadDepartment> {
    text.split(';').map(trimmed).filter(|path| !path.is_empty()).map(DepartmentPath::parse).collect()
}

/// The paths in a column, without anything that cannot be one, however it got there.
pub fn in_column(column: &str) -> impl Iterator<Item = &str> {
    column
        .split(';')
        .map(str::trim)
        .filter(|path| path.split('/').all(|level| trimmed(level) == level && check(level).is_ok()))
}

/// `None` if nothing is left of the name, or it is too long.
fn written(name: &str) -> Option<String> {
    let name = trimmed(name);
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return None;
    }
    let seen = |c| match c {
        '/' => '／',
        ';' => '；',
        c if is_misleading(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let mut name: String = name.chars().map(seen).collect();
    if let Some(kept) = kept(&name) {
        name.replace_range(kept.len() - 1..kept.len(), "：");
    }
    Some(name)
}

/// Checks a trimmed text without `/` and `;`.
fn check(name: &str) -> Result<(), BadDepartment> {
    if name.is_empty() {
        return Err(BadDepartment::EmptyLevel);
    }
    if let Some(c) = name.chars().find(|c| is_misleading(*c)) {
        return Err(BadDepartment::Invisible(c));
    }
    // Bytes first: they cost nothing to count, and are never fewer than characters.
    if name.len() > LONGEST_NAME && name.chars().count() > LONGEST_NAME {
        return Err(BadDepartment::TooLong);
    }
    match kept(name) {
        Some(kept) if !is_number(name) => Err(BadDepartment::Kept(kept.to_owned())),
        _ => Ok(()),
    }
}

/// The reserved beginning of a name, spelt as it is there.
fn kept(name: &str) -> Option<&str> {
    let begins = |word: &str| name.get(..word.len()).filter(|begin| begin.eq_ignore_ascii_case(word));
    KEPT.into_iter().find_map(begins)
}

fn is_number(name: &str) -> bool {
    let digits = name.strip_prefix(NUMBER).map(|number| number.strip_prefix('-').unwrap_or(number));
    digits.is_some_and(|digits| (1..20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn trimmed(name: &str) -> &str {
    // A character that shapes the one before it may end a name.
    let name = name.trim_start_matches(|c| is_blank(c) || is_shaper(c));
    name.trim_end_matches(|c| is_blank(c) || matches!(c, '\u{200c}' | '\u{200d}'))
}

/// Whether a character inside a name makes it look like another one, or moves to another line.
fn is_misleading(c: char) -> bool {
    is_blank(c) && (!c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests;
