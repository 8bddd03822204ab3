use proptest::prelude::*;

use super::*;
use crate::{
    i18n::{BadFile, BadValue, Reader},
    ids::CorpId,
    users::{Role, Status, User, check},
};

const LOCALES: [Locale; 2] = [Locale::En, Locale::ZhCn];

fn corps() -> Vec<CorpId> {
    vec![CorpId::new("dinga").unwrap(), CorpId::new("=dingb").unwrap()]
}

/// Characters that hurt a reader or a spreadsheet.
fn cell() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "(=|\\+|-|@|＝|＋|－|＠|'|''|\"|\"\"|,|;|\t|\r|\n|\r\n| |\u{3000}|\u{feff}|=cmd\\|' /C calc'!A0|1E\\+5|张三|𠮷|u1|\u{1b}\\[2J|\u{85}|\0|@x)",
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn value(check: fn(&str) -> Result<String, BadValue>) -> impl Strategy<Value = String> {
    cell().prop_filter_map("no such value", move |text| check(&text).ok())
}

fn optional(check: fn(&str) -> Result<String, BadValue>) -> impl Strategy<Value = Option<String>> {
    value(check).prop_map(|text| Some(text).filter(|text| !text.is_empty()))
}

fn user() -> impl Strategy<Value = User> {
    let email =
        "[=+@'\"a-z张]{0,3}@[a-z'\"]{0,3}".prop_map(|text| check::email(&text).ok().filter(|text| !text.is_empty()));
    let texts = (
        value(check::name),
        optional(check::unionid),
        optional(check::mobile),
        email,
        optional(check::department),
        optional(check::title),
    );
    let userid = cell().prop_filter_map("no userid", |text| check::userid(&text).ok());
    (userid, texts, any::<bool>(), 0..2_usize).prop_map(|(userid, texts, is_admin, corp)| {
        let (name, unionid, mobile, email, department, title) = texts;
        User {
            id: 0,
            corp_id: corps()[corp].clone(),
            userid,
            unionid,
            name,
            mobile,
            email,
            department,
            title,
            role: if is_admin { Role::Admin } else { Role::User },
            status: if is_admin { Status::Active } else { Status::Disabled },
            disabled_because: None,
            source: "csv".to_owned(),
            created_at: 0,
            updated_at: 1_700_000_000,
            last_signed_in_at: is_admin.then_some(1),
        }
    })
}

fn users() -> impl Strategy<Value = Vec<User>> {
    proptest::collection::vec(user(), 0..4).prop_map(|mut users| {
        let mut seen = std::collections::HashSet::new();
        users.retain(|user| seen.insert((user.corp_id.clone(), user.userid.clone())));
        users
    })
}

fn exported(users: &[User]) -> Vec<u8> {
    let mut file = Vec::new();
    write(&mut file, users).unwrap();
    file
}

/// At most, whatever ends a line.
fn lines(bytes: &[u8]) -> usize {
    1 + bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count()
}

/// All people or none; an error names a line that exists.
fn check_reading(bytes: &[u8]) -> Result<(), TestCaseError> {
    match read(bytes, &corps(), Options::default()) {
        Ok(sheet) => {
            let mut seen = std::collections::HashSet::new();
            for person in &sheet.people {
                prop_assert!(seen.insert((&person.corp_id, &person.userid)), "twice: {person:?}");
                prop_assert!(corps().contains(&person.corp_id));
                prop_assert!(check::name(person.change.name.as_deref().unwrap_or_default()).is_ok());
            }
            prop_assert!(sheet.people.len() < lines(bytes));
        }
        Err(ReadError::Rows(bad)) => {
            prop_assert!(!bad.is_empty());
            for row in bad {
                prop_assert!((2..=lines(bytes)).contains(&row.line), "{row:?}");
                for shown in LOCALES.map(|locale| row.text(locale)) {
                    prop_assert!(!shown.contains(|c: char| c.is_control()) && shown.chars().count() < 600, "{shown:?}");
                }
            }
        }
        Err(ReadError::File(BadFile::NeitherEncoding { line })) => {
            prop_assert!((1..=lines(bytes)).contains(&line));
        }
        Err(ReadError::File(error)) => {
            for shown in LOCALES.map(|locale| error.text(locale, Reader::Terminal)) {
                prop_assert!(!shown.contains(|c: char| c.is_control()), "{shown:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    // Each case is large.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_people_or_what_is_wrong_with_them(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_reading(&bytes)?;
        check_reading(&[b"userid,name,corp_id\n", &bytes[..]].concat())?;
        check_reading(&[b"userid,name,corp_id\n\xD5\xC5\xC8\xFD,A,dinga\n", &bytes[..]].concat())?;
    }

    #[test]
    fn any_cells_are_people_or_what_is_wrong_with_them(
        columns in Just(Column::ALL.map(Column::name).to_vec()).prop_shuffle(), rows in proptest::collection::vec(proptest::collection::vec(cell(), 10..16), 0..4),
        end in prop::sample::select(&["\n", "\r\n", "\r"][..]), quoted in any::<bool>(), bom in any::<bool>(), gb in any::<bool>(),
    ) {
        let row = |cells: &Vec<String>| {
            let quote = |cell: &String| if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() };
            cells.iter().map(quote).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = std::iter::once(columns.join(",")).chain(rows.iter().map(row)).collect();
        let text = format!("{}{}", if bom { "\u{feff}" } else { "" }, rows.join(end));
        let bytes = if gb { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
        check_reading(&bytes)?;
    }

    #[test]
    fn an_export_is_read_back_as_it_was(users in users(), bom in any::<bool>()) {
        let file = exported(&users);
        let text = String::from_utf8(file.clone()).unwrap();
        let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
        let mut files = vec![if bom { [b"\xEF\xBB\xBF", &file[..]].concat() } else { file }];
        // GB18030 that happens to be UTF-8 is read as UTF-8.
        if !lossy && std::str::from_utf8(&gb).is_err() {
            files.push(gb.into_owned());
        }
        for file in files {
            let people = read(&file, &corps(), Options::default()).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?.people;
            prop_assert_eq!(people.len(), users.len());
            for (person, user) in people.into_iter().zip(&users) {
                let said = |text: &Option<String>| Some(text.clone().unwrap_or_default());
                prop_assert_eq!((&person.corp_id, &person.userid), (&user.corp_id, &user.userid));
                prop_assert_eq!(person.change.name.as_ref(), Some(&user.name));
                prop_assert_eq!(person.change.unionid, said(&user.unionid));
                prop_assert_eq!(person.change.mobile, said(&user.mobile));
                prop_assert_eq!(person.change.email, said(&user.email));
                prop_assert_eq!(person.change.department, said(&user.department));
                prop_assert_eq!(person.change.title, said(&user.title));
                prop_assert_eq!((person.change.role, person.change.status), (Some(user.role), Some(user.status)));
            }
        }
    }

    /// No spreadsheet runs a cell of an export or ends its line there, wherever it splits and whatever it makes of
    /// quotation marks.
    #[test]
    fn no_cell_of_an_export_is_a_formula(user in user(), name in cell(), title in cell()) {
        let file = exported(&[User { name, title: Some(title), ..user }]);
        prop_assert_eq!(lines(&file), 3);
        let text = String::from_utf8(file).unwrap();
        for cell in cells_of_any_spreadsheet(&text) {
            prop_assert!(!is_run(&cell), "{cell:?} of {text:?}");
        }
    }

    #[test]
    fn a_guarded_value_comes_back_as_it_was(value in cell(), more in any::<String>()) {
        for value in [&value, &more, &format!("{more}{value}")] {
            let cell = guard(value);
            prop_assert_eq!(&unguard(&cell), value);
        }
    }
}

/// Some spreadsheets skip blanks and characters without width before a formula.
fn is_run(cell: &str) -> bool {
    let shown =
        cell.trim_start_matches(|c: char| c.is_whitespace() || ['\u{feff}', '\u{200b}', '\u{2060}'].contains(&c));
    [cell, shown].iter().any(|text| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']))
}

/// The cells for a spreadsheet that splits at a comma, a semicolon or a tab: with quotation marks as in RFC 4180, as
/// letters inside a cell (Excel), or not known at all.
fn cells_of_any_spreadsheet(text: &str) -> Vec<String> {
    let mut cells = Vec::new();
    for separator in [',', ';', '\t'] {
        for quoting in [true, false] {
            let byte = u8::try_from(separator).unwrap();
            let mut reader = ::csv::ReaderBuilder::new();
            let reader = reader.has_headers(false).flexible(true).delimiter(byte).quoting(quoting);
            let rows = reader.from_reader(text.as_bytes()).into_records().map(Result::unwrap);
            cells.extend(rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()));
        }
        for line in text.lines() {
            let mut rest = Some(line);
            while let Some(cell) = rest {
                let closed = cell.strip_prefix('"').and_then(|inner| inner.split_once('"'));
                let (quoted, plain) = closed.unwrap_or(("", cell));
                let (end, after) = plain.split_once(separator).map_or((plain, None), |(end, after)| (end, Some(after)));
                cells.push(format!("{quoted}{end}"));
                rest = after;
            }
        }
    }
    cells
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_guarded_and_comes_back_as_it_was() {
    for (value, cell) in [
        ("", ""),
        ("张三", "张三"),
        ("O'Neil", "O'Neil"),
        ("'", "'"),
        ("''", "''"),
        ("'n Boer", "'n Boer"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+86 138", "'+86 138"),
        ("-", "'-"),
        ("@SUM(1)", "'@SUM(1)"),
        ("＝1+1", "'＝1+1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'-", "''-"),
        ("1=1", "1=1"),
        ("\u{feff}=1", "'\u{feff}=1"),
        (" \u{200b}\u{3000}+1", "' \u{200b}\u{3000}+1"),
        ("\"=1\"", "'\"=1\""),
        ("研发部;财务", "研发部;财务"),
        ("研发部;=1", "研发部;'=1"),
        ("研发部; \"=1;-2,@3", "研发部;' \"=1;'-2,'@3"),
        ("研发部;'=1", "研发部;''=1"),
        ("=1;2", "'=1;2"),
        ("研发 - 后端;x=1", "研发 - 后端;x=1"),
    ] {
        assert_eq!(guard(value), cell, "{value:?}");
        assert_eq!(unguard(cell), value, "{cell:?}");
    }
}

#[test]
fn a_cell_that_a_person_typed_is_left_as_it_is() {
    for cell in ["=1", "+86 138", "-1", "@x", "'x"] {
        assert_eq!(unguard(cell), cell);
    }
}

/// Older exports did not put every value in quotation marks.
#[test]
fn an_export_of_an_older_version_is_still_read() {
    let file = "corp_id,userid,unionid,name,mobile,email,department,title,role,status,source,created_at,updated_at,\
                last_signed_in_at\n\
                dinga,u1,,'=cmd|' /C calc'!A0,'+86 138,,\"a,b\",''=1,admin,active,csv,x,x,\n\
                dinga,'-u2,,O'Neil,,,研发部/后端组;财务,',user,disabled,cli,x,x,x\n";
    let people = read(file.as_bytes(), &corps(), Options::default()).unwrap().people;
    let told: Vec<_> = people
        .iter()
        .map(|person| {
            let text = |text: &Option<String>| text.clone().unwrap();
            let change = &person.change;
            (
                person.userid.as_str(),
                text(&change.name),
                text(&change.mobile),
                text(&change.department),
                text(&change.title),
            )
        })
        .collect();
    let expected =
        [("u1", "=cmd|' /C calc'!A0", "+86 138", "a,b", "'=1"), ("-u2", "O'Neil", "", "研发部/后端组;财务", "'")];
    assert_eq!(told, expected.map(|(id, a, b, c, d)| (id, a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())));
}
