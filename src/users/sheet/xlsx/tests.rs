use std::io::Write;

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook, Worksheet};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{
    i18n::{Locale, Reader},
    ids::CorpId,
    users::sheet::{self, Options, ReadError, Sheet},
};

fn corps() -> Vec<CorpId> {
    vec![CorpId::new("dinga").unwrap()]
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

fn texts(sheet: &mut Worksheet, from: u32, rows: &[&[&str]]) {
    for (line, row) in (from..).zip(rows) {
        for (column, text) in (0..).zip(*row).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string(line, column, *text).unwrap();
        }
    }
}

fn import(file: &[u8]) -> Result<Sheet, ReadError> {
    sheet::read(file, &corps(), Options::default())
}

#[track_caller]
fn people(file: &[u8]) -> Vec<(String, String, String)> {
    let text = |text: Option<String>| text.unwrap_or_default();
    let people = import(file).expect("a good file").people.into_iter();
    people.map(|p| (p.userid.to_string(), text(p.change.name), text(p.change.mobile))).collect()
}

#[track_caller]
fn bad(file: &[u8]) -> Vec<String> {
    match import(file) {
        Err(ReadError::Rows(rows)) => rows.iter().map(|row| row.text(Locale::En)).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn reason(read: Result<Sheet, ReadError>) -> String {
    match read {
        Err(ReadError::File(error)) => error.text(Locale::En, Reader::Terminal),
        other => panic!("{other:?}"),
    }
}

fn with_parts(file: &[u8], mut change: impl FnMut(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..parts.len() {
        let mut part = parts.by_index(i).unwrap();
        let name = part.name().unwrap().to_string();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut bytes).unwrap();
        to.start_file(&*name, SimpleFileOptions::default()).unwrap();
        to.write_all(&change(&name, bytes)).unwrap();
    }
    to.finish().unwrap().into_inner()
}

fn two_people() -> Vec<u8> {
    workbook(|sheet| texts(sheet, 0, &[&["员工UserID", "姓名", "手机号"], &["u1", "张三", "138"], &["u2", "李四", ""]]))
}

#[test]
fn numbers_are_read_as_they_were_typed() {
    let file = workbook(|sheet| {
        texts(sheet, 0, &[&["userid", "name", "mobile"]]);
        for (line, (userid, mobile)) in (1..).zip([(7.0, 13_800_138_000.0), (0.5, 8.613_800_138_000e12), (-3.0, 1e14)])
        {
            sheet.write_number(line, 0, userid).unwrap();
            sheet.write_boolean(line, 1, true).unwrap();
            sheet.write_number(line, 2, mobile).unwrap();
        }
    });
    let expected = [("7", "13800138000"), ("0.5", "8613800138000"), ("-3", "100000000000000")];
    assert_eq!(people(&file), expected.map(|(id, mobile)| (id.to_owned(), "TRUE".to_owned(), mobile.to_owned())));
    let rounded = workbook(|sheet| {
        texts(sheet, 0, &[&["userid", "name"], &["", "A"]]);
        sheet.write_number(1, 0, 1_380_013_800_013_801_000.0).unwrap();
    });
    let said = bad(&rounded);
    assert!(said[0].starts_with("line 2, userid \"1.3800138000138") && said[0].contains("cell A2"), "{said:?}");
}

#[test]
fn dates_errors_and_formulas_without_a_value_are_named_with_their_cell() {
    let file = workbook(|sheet| {
        texts(sheet, 0, &[&["userid", "name", "mobile", "created_at"], &["u1"], &["u2", "B"], &["u3"], &["u4"]]);
        let date = CellFormat::new().set_num_format("yyyy-mm-dd");
        let day = ExcelDateTime::from_ymd(2024, 3, 1).unwrap();
        sheet.write_datetime_with_format(1, 1, &day, &date).unwrap();
        sheet.write_datetime_with_format(1, 3, &day, &date).unwrap();
        sheet.write_formula(3, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_formula(4, 1, Formula::new("=\"D\"").set_result("D")).unwrap();
    });
    let never = with_parts(&file, |name, bytes| match name {
        "xl/worksheets/sheet1.xml" => {
            let text = String::from_utf8(bytes).unwrap();
            text.replace("#DIV/0!", "#N/A").replace(" t=\"str\"><f>\"D\"</f><v>D</v>", "><f>\"D\"</f>").into()
        }
        _ => bytes,
    });
    let of = |column: &str, value: &str, rest: &str| format!("{column} \"{value}\": cell {rest}");
    let said = bad(&never);
    assert_eq!(
        said,
        [
            of(
                "line 2, name",
                "2024-03-01",
                "B2 holds a date; format the column as text in the spreadsheet and enter the value again"
            ),
            of("line 4, name", "#N/A", "B4 holds an error; correct its formula, or write the value"),
            of("line 5, name", "", "B5 holds a formula that was never calculated; open the file in Excel and save it"),
        ]
    );
    let good = workbook(|sheet| {
        texts(sheet, 0, &[&["userid", "name"], &["u1"]]);
        sheet.write_formula(1, 1, Formula::new("=A2&\"x\"").set_result("u1x")).unwrap();
    });
    assert_eq!(people(&good)[0].1, "u1x", "a formula is what it came to");
}

#[test]
fn empty_rows_columns_and_sheets_are_passed_over() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("空").unwrap();
    let hidden = book.add_worksheet();
    texts(hidden, 0, &[&["userid", "name"], &["hidden", "H"]]);
    hidden.set_hidden(true);
    let sheet = book.add_worksheet().set_name("员工").unwrap();
    texts(sheet, 3, &[&["", "userid", "name"], &[], &["", "u1", "A"], &[" "], &["", "", "", " "], &["", "u2", "B"]]);
    texts(book.add_worksheet().set_name("more").unwrap(), 0, &[&["userid", "name"], &["u3", "C"]]);
    let file = book.save_to_buffer().unwrap();
    let read = import(&file).unwrap();
    assert_eq!(read.format, Format::Workbook { sheet: "员工".to_owned() });
    assert_eq!(read.people.len(), 2);
    let named = |sheet| sheet::read(&file, &corps(), Options { sheet: Some(sheet), ignore_unknown: false });
    assert_eq!(named("more").unwrap().people[0].userid.as_str(), "u3");
    let said = reason(named("hidden"));
    assert_eq!(said, "has no sheet \"hidden\" with people; it has \"空\", \"员工\", \"more\"");
    assert_eq!(import(&Workbook::new().save_to_buffer().unwrap()), Err(ReadError::File(BadFile::NothingShown)));
}

#[test]
fn a_row_is_its_number_in_the_sheet() {
    let file = workbook(|sheet| {
        texts(sheet, 1, &[&["名单"], &["userid", "name"], &[], &["u1"], &["u1", "A"], &["u1", "B", "C"]])
    });
    let said = bad(&file);
    assert_eq!(said[0], "line 5, name \"\": is empty; write the person's name");
    assert_eq!(said[1], "line 7: has 3 cells where the first line names 2; name the others too");
}

#[test]
fn merged_cells_below_each_other_are_alike_and_beside_each_other_refused() {
    let plain = CellFormat::new();
    let file = workbook(|sheet| {
        sheet.merge_range(0, 0, 0, 2, "名单", &plain).unwrap();
        texts(sheet, 1, &[&["userid", "name", "mobile"], &["u1", "A"], &["u2", "B"], &["u3", "C"]]);
        sheet.merge_range(2, 2, 3, 2, "138", &plain).unwrap();
    });
    let mobiles: Vec<_> = people(&file).into_iter().map(|(_, _, mobile)| mobile).collect();
    assert_eq!(mobiles, ["138", "138", ""]);
    let file = workbook(|sheet| {
        texts(sheet, 0, &[&["userid", "name", "mobile"], &["u1"], &["u2", "B"]]);
        sheet.merge_range(1, 1, 2, 2, "X", &plain).unwrap();
    });
    let said = bad(&file);
    assert_eq!(said.len(), 2);
    assert!(
        said[0].contains("line 2, mobile") && said[0].contains("the cells B2:C3 are merged across columns"),
        "{said:?}"
    );
}

#[test]
fn what_is_no_workbook_says_what_to_do() {
    let said = |bytes: &[u8]| reason(import(bytes));
    assert!(said(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest").starts_with("is an old workbook (.xls)"));
    let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let encrypted = [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 600], &mark, &[0; 600]].concat();
    assert!(said(&encrypted).starts_with("is protected with a password"));
    let mut document = ZipWriter::new(Cursor::new(Vec::new()));
    document.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    assert!(said(&document.finish().unwrap().into_inner()).starts_with("is a ZIP file, but no workbook"));
    let file = two_people();
    assert!(said(&file[..file.len() / 2]).starts_with("is a workbook that cannot be read"));
}

#[test]
fn a_file_that_would_fill_the_memory_is_refused() {
    let said = |file: &[u8]| reason(import(file));
    let part = |wanted: &'static str, from: &'static str, to: &str| {
        let to = to.to_owned();
        with_parts(&two_people(), move |name, bytes| match name {
            name if name == wanted => {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.contains(from), "{text}");
                text.replacen(from, &to, 1).into()
            }
            _ => bytes,
        })
    };
    let bomb = part("docProps/app.xml", "</Properties>", &format!("{}</Properties>", " ".repeat(129 << 20)));
    assert!(bomb.len() < 1 << 20 && said(&bomb).starts_with("unpacks to more than 128 MB"), "{}", said(&bomb));
    for count in ["99999999999999", "18446744073709551615", "999999999999999999999999999"] {
        for spelling in [format!("uniqueCount=\"{count}\""), format!("uniqueCount = '+{count}'")] {
            let greedy = part("xl/sharedStrings.xml", "uniqueCount=\"8\"", &spelling);
            assert!(said(&greedy).starts_with("has more than 5000000 cells"), "{}", said(&greedy));
        }
    }
    let wide = part("xl/worksheets/sheet1.xml", "r=\"C2\"", "r=\"XFD2\"");
    assert!(said(&wide).starts_with("has something in cell XFD2"), "{}", said(&wide));
    let sizes = part("xl/worksheets/sheet1.xml", "ref=\"A1:C3\"", "ref=\"A1:XFD1048576\"");
    assert_eq!(people(&sizes).len(), 2);
    let many: String =
        (2..=20_000).map(|line| format!("<row r=\"{line}\"><c r=\"IV{line}\"><v>1</v></c></row>")).collect();
    let many = part("xl/worksheets/sheet1.xml", "</sheetData>", &format!("{many}</sheetData>"));
    assert!(said(&many).starts_with("has more than 5000000 cells"), "{}", said(&many));
    assert_eq!(import(&vec![b'a'; sheet::LARGEST_FILE + 1]), Err(ReadError::File(BadFile::TooLarge(32))));
}

#[test]
fn a_cell_is_called_as_in_a_spreadsheet() {
    for (line, column, name) in
        [(0, 0, "A1"), (6, 1, "B7"), (9, 25, "Z10"), (0, 26, "AA1"), (0, 255, "IV1"), (0, 16_383, "XFD1")]
    {
        assert_eq!(address(line, column), name);
    }
}

/// Any file gives people, or a reason that cannot steer a terminal.
fn check_any(file: &[u8]) -> Result<(), TestCaseError> {
    for locale in [Locale::En, Locale::ZhCn] {
        let said = match import(file) {
            Ok(_) => Vec::new(),
            Err(ReadError::File(error)) => vec![error.text(locale, Reader::Page)],
            Err(ReadError::Rows(rows)) => rows.iter().map(|row| row.text(locale)).collect(),
        };
        for said in said {
            prop_assert!(!said.contains(|c: char| c.is_control()), "{said:?}");
        }
    }
    Ok(())
}

fn changed(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (at, byte) in changes.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_people_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check_any(&[b"PK\x03\x04", &bytes[..]].concat())?;
        check_any(&[COMPOUND_FILE, &bytes[..]].concat())?;
    }

    #[test]
    fn a_damaged_workbook_is_people_or_a_reason(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()) {
        let file = two_people();
        check_any(&file[..cut.index(file.len())])?;
        check_any(&changed(file, &changes))?;
    }

    /// The same of the parts inside a ZIP file whose checksums are right.
    #[test]
    fn a_workbook_of_any_xml_is_people_or_a_reason(
        part in prop::sample::select(&["xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"][..]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(&b"<>/\"'=&;0919AZr "[..])]), 1..6),
        put in "(|<c r=\"[A-Z]{1,4}[0-9]{1,9}\" t=\"(n|s|b|e|d|str|inlineStr|x)\"><f t=\"shared\" si=\"[0-9]{1,20}\"/><v>[-0-9.eE]{0,9}</v></c>|<mergeCell ref=\"[A-D][0-9]:[A-D][0-9]\"/>|&[a-z#0-9]{0,6};)",
        at in any::<prop::sample::Index>(),
    ) {
        let file = with_parts(&two_people(), |name, bytes| {
            if name != part {
                return bytes;
            }
            let mut bytes = changed(bytes, &changes);
            let at = at.index(bytes.len());
            bytes.splice(at..at, put.bytes());
            bytes
        });
        check_any(&file)?;
    }
}
