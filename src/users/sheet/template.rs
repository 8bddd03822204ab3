//! A file to fill in.

use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

use super::Column;
use crate::i18n::Locale;

/// How far the drop-down lists reach.
const ROWS: u32 = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("its name must end in .xlsx or .csv")]
    Name,
    #[error(transparent)]
    Workbook(#[from] XlsxError),
}

/// An empty file with the columns' names: a workbook or CSV, by the ending of `name` (`.xlsx`, `.csv`). The columns are
/// text, so that a spreadsheet neither rounds a mobile number nor turns a userid into a date.
pub fn template(name: &str, locale: Locale, several_corps: bool) -> Result<Vec<u8>, TemplateError> {
    let columns = columns(several_corps);
    let names: Vec<_> = columns.iter().map(|&column| column.heading(locale)).collect();
    let name = name.to_ascii_lowercase();
    if name.ends_with(".csv") {
        // The BOM tells Excel that it is UTF-8.
        return Ok(format!("\u{feff}{}\r\n", names.join(",")).into_bytes());
    }
    if !name.ends_with(".xlsx") {
        return Err(TemplateError::Name);
    }
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(match locale {
        Locale::ZhCn => "人员",
        Locale::En => "people",
    })?;
    sheet.set_freeze_panes(1, 0)?;
    for ((at, column), name) in (0..).zip(columns).zip(names) {
        sheet.set_column_format(at, &Format::new().set_num_format("@"))?;
        sheet.set_column_width(at, 20)?;
        sheet.write_string_with_format(0, at, name, &Format::new().set_bold())?;
        if let Some(words) = words(column, locale) {
            sheet.add_data_validation(1, at, ROWS, at, &DataValidation::new().allow_list_strings(&words)?)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

fn columns(several_corps: bool) -> Vec<Column> {
    use Column::{CorpId, Department, Email, Mobile, Name, Role, Title, Userid};
    let mut columns = vec![Userid, Name, Mobile, Email, Department, Title, Role];
    if several_corps {
        columns.insert(0, CorpId);
    }
    columns
}

fn words(column: Column, locale: Locale) -> Option<[&'static str; 2]> {
    match (column, locale) {
        (Column::Role, Locale::ZhCn) => Some(["普通成员", "管理员"]),
        (Column::Role, Locale::En) => Some(["user", "admin"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::CorpId,
        users::sheet::{Options, read},
    };

    #[test]
    fn a_template_is_read_as_nobody_and_names_its_form() {
        for locale in [Locale::ZhCn, Locale::En] {
            for name in ["a.csv", "人员.XLSX"] {
                for corps in [&["dinga"][..], &["dinga", "dingb"]] {
                    let corps: Vec<_> = corps.iter().map(|id| CorpId::new(*id).unwrap()).collect();
                    let file = template(name, locale, corps.len() > 1).unwrap();
                    assert_eq!(read(&file, &corps, Options::default()).unwrap().people, [], "{name}");
                }
            }
            for name in ["a", "a.xls", "csv"] {
                assert!(matches!(template(name, locale, false), Err(TemplateError::Name)), "{name}");
            }
        }
    }
}
