//! What commands write to the terminal, and ask there.

use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::{
    i18n::Locale,
    inert::{Inert, steers},
};

/// A text in the terminal's language. Both name the same values.
macro_rules! text {
    ($english:literal, $chinese:literal) => {
        match $crate::cli::terminal::locale() {
            $crate::i18n::Locale::En => ::std::fmt::format(format_args!($english)),
            $crate::i18n::Locale::ZhCn => ::std::fmt::format(format_args!($chinese)),
        }
    };
}
pub(crate) use text;

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
pub fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context(text!("standard output cannot be written", "无法写入标准输出")))
        }
        _ => Ok(()),
    }
}

pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_string_pretty(value)?;
    json.push('\n');
    // JSON escapes most of what steers a terminal; the rest can occur only inside strings.
    let mut inert = String::with_capacity(json.len());
    let mut utf16 = [0; 2];
    for c in json.chars() {
        if c != '\n' && steers(c) {
            for unit in c.encode_utf16(&mut utf16) {
                inert.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            inert.push(c);
        }
    }
    print(inert)
}

/// Columns below their headings, as wide as their widest cell; a Chinese character is two wide.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Makes each cell inert.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        self.rows.push(cells.into_iter().map(|cell| Inert(cell).to_string()).collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows[0].len();
        let widest = |column: usize| self.rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Whether somebody sits there who can answer [`confirm`].
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; anything but `y` or `yes` is no.
pub fn confirm(question: &str) -> anyhow::Result<bool> {
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// The terminal's language: of LC_ALL, LC_MESSAGES and LANG, the first that is set.
pub fn locale() -> Locale {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default();
    if locale.to_ascii_lowercase().starts_with("zh") { Locale::ZhCn } else { Locale::En }
}

pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_below_chinese_names_and_hostile_ones_stay_on_their_line() {
        let mut table = Table::new(&["USERID", "NAME", "ROLE"]);
        table.row(["u1", "欧阳娜娜", "user"]);
        table.row(["u2", "a\u{1b}[2J\nb", "admin"]);
        table.row(["u3", "", ""]);
        let expected = "USERID  NAME           ROLE\n\
                        u1      欧阳娜娜       user\n\
                        u2      a\\u{1b}[2J\\nb  admin\n\
                        u3\n";
        assert_eq!(table.to_string(), expected);
    }
}
