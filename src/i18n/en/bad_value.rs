//! What is wrong with a value or a file of people.

use crate::{
    i18n::bad_value::{BadFile, BadHeader, BadValue, Damage, Reader},
    ids::InvalidId,
};

pub(super) fn value(bad: &BadValue) -> String {
    match bad {
        BadValue::CorpId(why) => format!("{}; copy the CorpId from DingTalk's console", id(*why)),
        BadValue::Userid(why) => format!("{}; write the userid as DingTalk's console shows it", id(*why)),
        BadValue::Unionid(why) => format!("{}; write the unionid as DingTalk shows it", id(*why)),
        BadValue::NoName => "is empty; write the person's name".into(),
        BadValue::Email => "is not a mail address; write one such as \"li@example.com\", or nothing".into(),
        BadValue::LevelWithoutName => {
            "has a level without a name; write one / between two levels, none at the ends, and ／ \
                                       for a slash in a name"
                .into()
        }
        BadValue::BeginsLikeRole(begin) => format!(
            "begins a department's name with {begin:?}, which stands for something else; write the full-width colon ： there"
        ),
        BadValue::Invisible(c) => {
            format!("holds the invisible character U+{:04X}; type the department's name again", u32::from(*c))
        }
        BadValue::LongDepartment(most) => {
            format!("has a department's name of more than {most} characters; write a shorter one")
        }
        BadValue::LineBreak => "contains a line break; write it on one line".into(),
        BadValue::ControlCharacter => "contains a control character; type it again".into(),
        BadValue::TooLong(most) => format!("is too long; write at most {most} characters"),
        BadValue::Rounded => format!("is {ROUNDED}"),
        BadValue::Role { in_chinese: false } => "write \"user\" or \"admin\"".into(),
        BadValue::Role { in_chinese: true } => "write 普通成员 or 管理员".into(),
        BadValue::Status { in_chinese: false } => "write \"active\" or \"disabled\"".into(),
        BadValue::Status { in_chinese: true } => "write 启用 or 停用".into(),
        BadValue::NoSuchCorp(known) => format!("no such organisation is configured; write {}", known.join(" or ")),
        BadValue::AlreadyOnLine(line) => format!("is already on line {line}; keep one of the two"),
        BadValue::NamelessColumn => "is in a column without a name; name the column on the first line".into(),
        BadValue::TooFewCells { has, columns } => format!(
            "has {has} of {columns} cells; write the missing commas (in Excel: make a column that is never empty the last one)"
        ),
        BadValue::TooManyCells { has, columns, is_csv } => {
            let cure =
                if *is_csv { "put a value that holds a comma in quotation marks" } else { "name the others too" };
            format!("has {has} cells where the first line names {columns}; {cure}")
        }
        BadValue::OpenQuotationMark => {
            "a quotation mark is left open; a quotation mark inside a value is written twice, in \
                                        a value that stands in quotation marks"
                .into()
        }
        BadValue::NeverCalculated(cell) => {
            format!("cell {cell} holds a formula that was never calculated; open the file in Excel and save it")
        }
        BadValue::RoundedNumber(cell) => format!("cell {cell} holds {ROUNDED}"),
        BadValue::Date(cell) => {
            format!("cell {cell} holds a date; format the column as text in the spreadsheet and enter the value again")
        }
        BadValue::FormulaError(cell) => {
            format!("cell {cell} holds an error; correct its formula, or write the value")
        }
        BadValue::MergedAcross(cells) => {
            format!("the cells {cells} are merged across columns; unmerge them in the spreadsheet")
        }
    }
}

const ROUNDED: &str = "a number that a spreadsheet has rounded; format the column as text in the spreadsheet and enter the \
                       number again";

pub(super) fn id(why: InvalidId) -> &'static str {
    match why {
        InvalidId::Empty => "is empty",
        InvalidId::TooLong => "is longer than 128 bytes",
        InvalidId::Character => "holds a space, a comma or a control character",
    }
}

pub(super) fn row(line: usize, column: Option<&str>, value: &str, problem: &str) -> String {
    let column = column.map(|column| format!(", {column}")).unwrap_or_default();
    format!("line {line}{column}{value}: {problem}")
}

pub(super) fn file(bad: &BadFile, reader: Reader) -> String {
    match bad {
        BadFile::TooLarge(most) => format!("is larger than {most} MB; {RIGHT_FILE} import it in parts"),
        BadFile::Utf16 => "is UTF-16; in Excel choose \"Save as\", \"CSV UTF-8 (comma delimited)\"".into(),
        BadFile::NeitherEncoding { line } => format!(
            "line {line} is neither UTF-8 nor GB18030; save the file as CSV UTF-8 (with or without BOM) or as GB18030"
        ),
        BadFile::TooManyCells(most) => format!("has more than {most} cells; {RIGHT_FILE} import it in parts"),
        BadFile::Encrypted => {
            "is protected with a password; in Excel choose \"File\", \"Info\", \"Protect Workbook\", and \
                               take it off"
                .into()
        }
        BadFile::OldWorkbook => format!("is an old workbook (.xls); {SAVE_AS}"),
        BadFile::NoWorkbook => format!("is a ZIP file, but no workbook (.xlsx); {SAVE_AS}"),
        BadFile::Damaged(damage) => format!(
            "is a workbook that cannot be read ({}); open it in Excel, save it again, or save it as CSV UTF-8",
            match damage {
                Damage::NotAsExcel => "it is not in the form that Excel writes",
                Damage::Part => "a part of it is damaged",
                Damage::NotUtf8 => "its texts are not in UTF-8",
                Damage::Said(said) => said,
            }
        ),
        BadFile::UnpacksToMore(most) => {
            format!("unpacks to more than {most} MB; {RIGHT_FILE} save it as CSV UTF-8, or import it in parts")
        }
        BadFile::TooWide { cell, most } => format!(
            "has something in cell {cell}; only the first {most} columns are read, so delete what comes after them"
        ),
        BadFile::NothingShown => "holds nothing on any sheet that is not hidden".into(),
        BadFile::NoSheet { wanted, has } => format!("has no sheet {wanted:?} with people; it has {}", quoted(has)),
        BadFile::Header { sheet, line, problem } => {
            let sheet = sheet.as_ref().map(|sheet| format!("sheet {sheet:?}: ")).unwrap_or_default();
            let line = line.map_or("the first line".to_owned(), |line| format!("line {line}"));
            format!("{sheet}{line} {}", header(problem, reader))
        }
    }
}

const RIGHT_FILE: &str = "is it the right file? if so,";
const SAVE_AS: &str = "in Excel choose \"Save as\", \"Excel Workbook (.xlsx)\"";

fn header(bad: &BadHeader, reader: Reader) -> String {
    match bad {
        BadHeader::Missing => "is missing; it names the columns, e.g. userid,name,department".into(),
        BadHeader::Unreadable(problem) => format!("cannot be read: {}", value(problem)),
        BadHeader::BadCell { shown, problem } => format!("names no column {shown:?}: {}", value(problem)),
        BadHeader::Twice(name) => format!("names the column {name:?} twice; keep one of the two"),
        BadHeader::Lacks(name) => format!("names no column {name:?}; userid and name are needed"),
        BadHeader::LacksCorp(corps) => format!(
            "names no column \"corp_id\", which is needed because several organisations are configured: {}",
            corps.join(", ")
        ),
        BadHeader::Unknown { names, known } => {
            let (columns, them) =
                if names.len() == 1 { ("an unknown column", "it") } else { ("unknown columns", "them") };
            let cure = match reader {
                Reader::Terminal => format!("--ignore-unknown leaves {them} out"),
                Reader::Page => format!("tick the box to leave {them} out"),
            };
            format!("names {columns} {}; known are {}; {cure}", quoted(names), known.join(", "))
        }
        BadHeader::Misspelt { name, known } => format!("names an unknown column {name:?}; did you mean {known:?}?"),
        BadHeader::NoCommas(line) => {
            format!("reads {line:?}; put commas between the columns (in Excel: \"CSV UTF-8 (comma delimited)\")")
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
