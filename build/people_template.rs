//! The workbooks that an operator fills in, one for each language. Their only author is here, so that the program does not
//! carry the crate that writes them.

use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// How far the drop-down lists reach.
const ROWS: u32 = 10_000;

pub struct Language {
    pub name: &'static str,
    sheet: &'static str,
    /// In front where several corps are configured.
    corp: &'static str,
    columns: [&'static str; 7],
    roles: [&'static str; 2],
}

pub const LANGUAGES: [Language; 2] = [
    Language {
        name: "en",
        sheet: "people",
        corp: "corp_id",
        columns: ["userid", "name", "mobile", "email", "department", "title", "role"],
        roles: ["user", "admin"],
    },
    Language {
        name: "zh_cn",
        sheet: "人员",
        corp: "企业ID",
        columns: ["员工UserID", "姓名", "手机号", "邮箱", "部门", "职位", "角色"],
        roles: ["普通成员", "管理员"],
    },
];

/// An empty sheet with the columns' names. The columns are text, so that a spreadsheet neither rounds a mobile number nor
/// turns a userid into a date; the role, in the last one, is chosen from a list.
pub fn workbook(language: &Language, several_corps: bool) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // Without the moment of the build, which would make every program another one.
    let epoch = ExcelDateTime::from_ymd(2020, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let sheet = workbook.add_worksheet();
    sheet.set_name(language.sheet)?;
    sheet.set_freeze_panes(1, 0)?;
    let corp = several_corps.then_some(language.corp);
    let mut role = 0;
    for (at, name) in (0..).zip(corp.into_iter().chain(language.columns)) {
        sheet.set_column_format(at, &Format::new().set_num_format("@"))?;
        sheet.set_column_width(at, 20)?;
        sheet.write_string_with_format(0, at, name, &Format::new().set_bold())?;
        role = at;
    }
    let roles = DataValidation::new().allow_list_strings(&language.roles)?;
    sheet.add_data_validation(1, role, ROWS, role, &roles)?;
    workbook.save_to_buffer()
}
