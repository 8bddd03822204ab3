//! A file to fill in.

use super::Column;
use crate::i18n::Locale;

#[derive(Debug, thiserror::Error)]
#[error("its name must end in .xlsx or .csv")]
pub struct TemplateError;

/// Made by the build script, `build/people_template.rs`.
macro_rules! workbook {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/people-", $name, ".xlsx"))
    };
}

/// An empty file with the columns' names: a workbook or CSV, by the ending of `name` (`.xlsx`, `.csv`).
pub fn template(name: &str, locale: Locale, several_corps: bool) -> Result<Vec<u8>, TemplateError> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".csv") {
        let names: Vec<_> = columns(several_corps).map(|column| column.heading(locale)).collect();
        // The BOM tells Excel that it is UTF-8.
        return Ok(format!("\u{feff}{}\r\n", names.join(",")).into_bytes());
    }
    if !name.ends_with(".xlsx") {
        return Err(TemplateError);
    }
    let workbook: &[u8] = match (locale, several_corps) {
        (Locale::En, false) => workbook!("en"),
        (Locale::En, true) => workbook!("en-corps"),
        (Locale::ZhCn, false) => workbook!("zh_cn"),
        (Locale::ZhCn, true) => workbook!("zh_cn-corps"),
    };
    Ok(workbook.to_vec())
}

fn columns(several_corps: bool) -> impl Iterator<Item = Column> {
    use Column::{CorpId, Department, Email, Mobile, Name, Role, Title, Userid};
    let corp = several_corps.then_some(CorpId);
    corp.into_iter().chain([Userid, Name, Mobile, Email, Department, Title, Role])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::CorpId,
        users::sheet::{Options, read, table::Table},
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
                assert!(matches!(template(name, locale, false), Err(TemplateError)), "{name}");
            }
        }
    }

    #[test]
    fn the_workbooks_have_the_columns_of_the_csv() {
        for locale in [Locale::En, Locale::ZhCn] {
            for several_corps in [false, true] {
                let cells = |name| {
                    let file = template(name, locale, several_corps).unwrap();
                    let rows = Table::read(&file, None).unwrap().rows;
                    rows.into_iter().map(|row| row.cells.into_iter().flatten().collect()).collect::<Vec<Vec<_>>>()
                };
                assert_eq!(cells("a.xlsx"), cells("a.csv"));
                assert_eq!(cells("a.csv")[0].len(), columns(several_corps).count());
            }
        }
    }
}
