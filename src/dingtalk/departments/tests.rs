use proptest::prelude::*;

use super::*;

/// What names are made of that want to be taken for others.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "(/|;|；|／|role:|Role:|id:|：|[0-9]| |\u{3000}|\u{a0}|\t|\r\n|\0|\u{85}|\u{200b}|\u{200d}|\u{202e}|\u{2028}|\u{feff}|\u{fe0f}|\u{e0061}|�|,|%2C|总部|财务|x)",
        1 => any::<String>(),
    ];
    let short = proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    prop_oneof![20 => short, 1 => (120..140_usize).prop_map(|n| "财".repeat(n))]
}

fn written_alone(name: &str) -> DepartmentName {
    DepartmentName::of_siblings(&[(7, name)]).remove(0)
}

fn path_of(names: &[String]) -> DepartmentPath {
    let below =
        |path: Option<DepartmentPath>, name: &String| Some(DepartmentPath::below(path.as_ref(), &written_alone(name)));
    names.iter().fold(None, below).expect("a level")
}

/// A directory: of each department (its number is its place and 2), the parent and the name.
fn directory() -> impl Strategy<Value = Vec<(Option<usize>, String)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), name()), 1..12).prop_map(|departments| {
        let parent = |i: usize, index: prop::sample::Index| Some(index.index(i + 1)).filter(|parent| *parent < i);
        departments.into_iter().enumerate().map(|(i, (index, name))| (parent(i, index), name)).collect()
    })
}

/// The departments' paths, built as the walk builds them: siblings together.
fn paths(directory: &[(Option<usize>, String)]) -> Vec<DepartmentPath> {
    let mut paths: Vec<Option<DepartmentPath>> = vec![None; directory.len()];
    for parent in std::iter::once(None).chain((0..directory.len()).map(Some)) {
        let siblings: Vec<_> = (0..directory.len()).filter(|i| directory[*i].0 == parent).collect();
        let named: Vec<_> = siblings.iter().map(|i| (*i as i64 + 2, directory[*i].1.as_str())).collect();
        for (i, name) in siblings.iter().zip(DepartmentName::of_siblings(&named)) {
            let parent = parent.and_then(|parent| paths[parent].as_ref());
            paths[*i] = Some(DepartmentPath::below(parent, &name));
        }
    }
    paths.into_iter().map(|path| path.expect("parents come first")).collect()
}

/// The names from the top down, as DingTalk has them.
fn names_of(directory: &[(Option<usize>, String)], of: usize) -> Vec<&str> {
    let up = std::iter::successors(Some(of), |i| directory[*i].0);
    let mut names: Vec<_> = up.map(|i| directory[i].1.as_str()).collect();
    names.reverse();
    names
}

/// A path lies at or below another one only where DingTalk has it so, or has the very same names.
fn each_path_is_its_own(directory: &[(Option<usize>, String)]) -> Result<(), TestCaseError> {
    let paths = paths(directory);
    for (i, path) in paths.iter().enumerate() {
        for (j, other) in paths.iter().enumerate() {
            let below = path.as_str() == other.as_str() || path.as_str().starts_with(&format!("{other}/"));
            let (own, others) = (names_of(directory, i), names_of(directory, j));
            prop_assert!(!below || own.starts_with(&others), "{path} {other} {directory:?}");
        }
    }
    Ok(())
}

#[test]
fn what_was_tried_before_is_tried_again() {
    for directory in crate::corpus::lines::<Vec<(Option<usize>, String)>>("departments.jsonl") {
        each_path_is_its_own(&directory).unwrap_or_else(|error| panic!("{error}"));
        let column = to_column(&paths(&directory)).0;
        assert!(in_column(&column).all(|path| !path.starts_with("role:")), "{column}");
    }
}

proptest! {
    #[test]
    fn a_path_has_as_many_levels_as_there_are_names(names in proptest::collection::vec(name(), 1..6)) {
        let path = path_of(&names);
        let levels: Vec<_> = path.as_str().split('/').collect();
        prop_assert_eq!(levels.len(), names.len());
        for (level, name) in levels.iter().zip(&names) {
            prop_assert_eq!(&written_alone(name).0, *level);
            prop_assert!(level.trim() == *level && !level.is_empty() && !level.contains([';', '/']), "{level:?}");
            prop_assert!(!level.to_lowercase().starts_with("role:"), "{level:?}");
            prop_assert!(!level.contains(char::is_control) && level.chars().count() <= LONGEST_NAME);
            prop_assert!(!level.starts_with("id:") || *level == "id:7", "{level:?}");
        }
    }

    #[test]
    fn no_path_is_another_departments_or_lies_below_it(directory in directory()) {
        each_path_is_its_own(&directory)?;
    }

    #[test]
    fn what_was_written_reads_as_the_same_departments(list in proptest::collection::vec(proptest::collection::vec(name(), 1..4), 0..6)) {
        let mut expected: Vec<DepartmentPath> = Vec::new();
        for path in list.iter().map(|names| path_of(names)) {
            if !expected.contains(&path) {
                expected.push(path);
            }
        }
        let (column, left_out) = to_column(&list.iter().map(|names| path_of(names)).collect::<Vec<_>>());
        prop_assert_eq!(left_out, 0);
        prop_assert_eq!(in_column(&column).collect::<Vec<_>>(), expected.iter().map(DepartmentPath::as_str).collect::<Vec<_>>());
        prop_assert_eq!(parse_column(&column), Ok(expected));
    }

    /// What a person writes is taken as what it will be read as, or not at all.
    #[test]
    fn what_a_person_writes_is_read_as_it_was_taken(text in name(), more in name(), between in "[;/ ]{0,3}") {
        let text = format!("{text}{between}{more}");
        let Ok(paths) = parse_column(&text) else { return Ok(()) };
        let (column, _) = to_column(&paths);
        prop_assert!(in_column(&column).all(|path| paths.iter().any(|taken| taken.as_str() == path)), "{text:?}");
        let mut taken = paths.clone();
        taken.dedup();
        prop_assert_eq!(to_column(&parse_column(&column).expect(&column)).0, column);
    }

    #[test]
    fn a_column_of_any_origin_holds_only_paths_as_they_are_written(column in any::<String>(), name in name()) {
        for column in [&column, &name, &format!("{name};{column}/{name}")] {
            for path in in_column(column) {
                prop_assert_eq!(parse_column(path), Ok(vec![DepartmentPath(path.to_owned())]));
            }
        }
    }
}

#[test]
fn a_hostile_name_is_written_so_that_it_is_nothing_else() {
    for (name, expected) in [
        ("研发部", "研发部"),
        ("R&D (上海) #1, 100%", "R&D (上海) #1, 100%"),
        ("👩\u{200d}💻 ❤\u{fe0f}", "👩\u{200d}💻 ❤\u{fe0f}"),
        ("x;总部/财务", "x；总部／财务"),
        (";", "；"),
        ("/", "／"),
        (" 财务\u{3000}", "财务"),
        ("\u{200b}\u{feff}财务\u{200d}\u{2060}\u{202e}", "财务"),
        ("财\u{200b}务", "财\u{fffd}务"),
        ("财\t\n务", "财\u{fffd}\u{fffd}务"),
        ("财\u{2028}务", "财\u{fffd}务"),
        ("财 \u{a0}务", "财 \u{a0}务"),
        ("role:admin", "role：admin"),
        ("\u{fe0f} RoLe:", "RoLe："),
        ("a role:admin", "a role:admin"),
        ("id:1", "id：1"),
        ("ID:x", "ID：x"),
        ("", "id:7"),
        (" \u{3164}\u{fe0f}\u{200d}", "id:7"),
        (&"财".repeat(129), "id:7"),
    ] {
        assert_eq!(written_alone(name).as_str(), expected, "{name:?}");
    }
    assert_eq!(written_alone(&"财".repeat(128)).as_str(), "财".repeat(128));
}

#[test]
fn of_siblings_that_would_be_written_alike_the_one_that_is_called_so_keeps_its_name() {
    #[track_caller]
    fn check(departments: &[(i64, &str)], expected: &[&str]) {
        let names = DepartmentName::of_siblings(departments);
        assert_eq!(names.iter().map(DepartmentName::as_str).collect::<Vec<_>>(), expected);
    }
    check(&[(2, "财务"), (3, "财务 ")], &["财务", "id:3"]);
    check(&[(3, "\u{feff}财务"), (2, "财务")], &["id:3", "财务"]);
    check(&[(2, "a/b"), (3, "a／b"), (4, "a;b")], &["id:2", "a／b", "a；b"]);
    check(&[(2, "role:x"), (3, " role:x"), (4, "x")], &["id:2", "id:3", "x"]);
    check(&[(2, ""), (3, " "), (4, "id:2")], &["id:2", "id:3", "id：2"]);
    check(&[(2, "x "), (2, "x ")], &["x", "x"]);
    check(&[(2, "x"), (3, "x")], &["x", "x"]);
}

#[test]
fn a_person_may_write_blanks_around_names_and_is_told_what_else_to_write() {
    #[track_caller]
    fn taken(text: &str, expected: &str) {
        assert_eq!(to_column(&parse_column(text).expect(text)).0, expected);
        assert_eq!(in_column(expected).collect::<Vec<_>>().join(";"), expected);
    }
    taken("", "");
    taken(" ; ", "");
    taken("研发部 / 后端组 ;技术委员会;", "研发部/后端组;技术委员会");
    taken("财务;总部/财务;财务", "财务;总部/财务");
    taken("x；总部／财务;role：admin;id:901;id:-7", "x；总部／财务;role：admin;id:901;id:-7");
    taken("a role:x", "a role:x");

    #[track_caller]
    fn refused(text: &str, is_why: impl Fn(&BadDepartment) -> bool) {
        let why = parse_column(text).expect_err(text);
        assert!(is_why(&why), "{text:?}: {why:?}");
        assert_eq!(in_column(text).filter(|path| *path != "x").count(), 0, "{text:?}");
    }
    for text in ["a//b", "/a", "a/", "/", "a/ /b", "x;a//b", "a/\u{200b}/b"] {
        refused(text, |why| *why == BadDepartment::EmptyLevel);
    }
    for text in ["role:admin", "Role:x", "x;role:admin", "a/role:admin", " role:admin", "id:", "id:x", "ID:7", "id:1a"]
    {
        refused(text, |why| matches!(why, BadDepartment::Kept(begin) if text.contains(begin)));
    }
    refused("财\u{200b}务", |why| *why == BadDepartment::Invisible('\u{200b}'));
    refused("a\u{202e}b/c", |why| *why == BadDepartment::Invisible('\u{202e}'));
    refused("a\tb", |why| *why == BadDepartment::Invisible('\t'));
    refused(&"x".repeat(129), |why| *why == BadDepartment::TooLong);
}

#[test]
fn a_list_that_is_too_long_ends_before_a_path_and_not_inside_it() {
    let long: Vec<_> = (0..40).map(|i| path_of(&[format!("{i}{}", "财".repeat(120)), "x".to_owned()])).collect();
    let (column, left_out) = to_column(&long);
    assert!(column.chars().count() <= LONGEST_COLUMN);
    let held: Vec<_> = in_column(&column).collect();
    assert_eq!((held.len(), held.len() + left_out), (32, 40));
    assert!(held.iter().zip(&long).all(|(held, path)| *held == path.as_str()));
}
