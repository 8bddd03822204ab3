use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    dingtalk::{
        EmployeeDetails, ROOT,
        departments::{DepartmentName, DepartmentPath},
    },
    users::Role,
};

const CORP: &str = "dinga";

fn corp() -> CorpId {
    CorpId::new(CORP).unwrap()
}

fn userid(text: &str) -> DingUserId {
    DingUserId::new(text).unwrap()
}

fn row(id: &str, source: &str) -> User {
    User {
        id: 1,
        corp_id: corp(),
        userid: userid(id),
        unionid: None,
        name: "张三".into(),
        mobile: Some("138".into()),
        email: None,
        department: Some("研发部".into()),
        title: None,
        role: Role::User,
        status: Status::Active,
        disabled_because: None,
        source: source.into(),
        created_at: 0,
        updated_at: 0,
        last_signed_in_at: None,
    }
}

fn employee(departments: &[i64]) -> EmployeeDetails {
    EmployeeDetails {
        name: Some("张三".into()),
        mobile: Some("138".into()),
        departments: departments.to_vec(),
        ..EmployeeDetails::default()
    }
}

/// Departments 10 and 20, the root, and these people.
fn snapshot(people: impl IntoIterator<Item = (DingUserId, EmployeeDetails)>) -> Snapshot {
    let names = DepartmentName::of_siblings(&[(10, "研发部"), (20, "市场部")]);
    let path = |i: usize| Some(DepartmentPath::below(None, &names[i]));
    Snapshot {
        departments: BTreeMap::from([(ROOT, None), (10, path(0)), (20, path(1))]),
        people: people.into_iter().collect(),
        ..Snapshot::default()
    }
}

/// What a plan says of one row and perhaps one employee of the same userid.
#[track_caller]
fn says(row: User, employee: Option<EmployeeDetails>, expected: &str) -> Option<Planned> {
    let directory = snapshot(employee.map(|employee| (row.userid.clone(), employee)));
    let plan = Plan::of(&corp(), &[row], &directory);
    let words = serde_json::to_value(plan.counts()).unwrap();
    let said: Vec<_> = words.as_object().unwrap().iter().filter(|(_, count)| **count != 0).collect();
    assert_eq!(said.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>(), [expected]);
    plan.into_written().pop()
}

#[test]
fn each_row_is_what_the_contract_calls_it() {
    let active = |source| row("u1", source);
    let disabled = |source, because| User { status: Status::Disabled, disabled_because: because, ..row("u1", source) };
    let there = || Some(employee(&[10]));
    let moved = || Some(employee(&[20, 10]));
    for source in ["dingtalk", "csv", "cli", "admin"] {
        assert_eq!(says(active(source), there(), "unchanged"), None);
        let changed = says(active(source), moved(), "changed").unwrap();
        assert_eq!(changed.after().differences_to(&active(source)), ["department=市场部;研发部"]);
    }
    for source in ["csv", "cli", "admin", "demo"] {
        assert_eq!(says(active(source), None, "kept"), None);
        assert_eq!(says(disabled(source, Some(DisabledBecause::Cli)), None, "kept"), None);
        assert_eq!(says(disabled(source, Some(DisabledBecause::Left)), there(), "unchanged"), None, "not DingTalk's");
    }
    let left = says(active("dingtalk"), None, "left").unwrap();
    assert_eq!(left.after().differences_to(&active("dingtalk")), ["status=disabled"]);
    assert_eq!(left.after().disabled_because(), Some(DisabledBecause::Left));
    for because in [None, Some(DisabledBecause::Admin), Some(DisabledBecause::Left)] {
        assert_eq!(says(disabled("dingtalk", because), None, "unchanged"), None, "{because:?}");
    }
    for because in [None, Some(DisabledBecause::Admin), Some(DisabledBecause::Import), Some(DisabledBecause::Cli)] {
        assert_eq!(says(disabled("dingtalk", because), there(), "unchanged"), None, "{because:?}");
        let changed = says(disabled("dingtalk", because), moved(), "changed").unwrap();
        assert_eq!((changed.after().status, changed.after().disabled_because()), (Status::Disabled, because));
    }
    let gone = || disabled("dingtalk", Some(DisabledBecause::Left));
    let back = says(gone(), there(), "returned").unwrap();
    assert_eq!(back.after().differences_to(&gone()), ["status=active"]);
    let back = says(gone(), moved(), "returned").unwrap();
    assert_eq!(back.after().differences_to(&gone()), ["department=市场部;研发部", "status=active"]);
}

#[test]
fn what_dingtalk_leaves_out_is_kept_and_a_member_of_the_root_alone_has_no_department() {
    let hidden = EmployeeDetails { departments: vec![10], ..EmployeeDetails::default() };
    assert_eq!(says(row("u1", "dingtalk"), Some(hidden.clone()), "unchanged"), None);
    let nowhere = EmployeeDetails { departments: Vec::new(), ..hidden.clone() };
    assert_eq!(says(row("u1", "dingtalk"), Some(nowhere), "unchanged"), None, "everybody is in a department");
    let at_the_root = EmployeeDetails { departments: vec![ROOT], ..hidden.clone() };
    let changed = says(row("u1", "csv"), Some(at_the_root), "changed").unwrap();
    assert_eq!(changed.after().differences_to(&row("u1", "csv")), ["department="]);
    let plan = Plan::of(&corp(), &[], &snapshot([(userid("u2"), hidden)]));
    assert_eq!(plan.new[0].name(), "u2", "a newcomer without a name is called by the userid");
}

#[test]
fn the_percentage_is_of_active_rows_of_any_source_of_this_corp() {
    let other = User { corp_id: CorpId::new("dingb").unwrap(), ..row("u1", "dingtalk") };
    let disabled = User { status: Status::Disabled, ..row("u2", "dingtalk") };
    let table = [row("u1", "dingtalk"), disabled, row("u3", "csv"), other];
    let plan = Plan::of(&corp(), &table, &snapshot([]));
    assert_eq!((plan.active, plan.left.len(), plan.kept, plan.unchanged), (2, 1, 1, 1));
    let spared = plan.with_left(|_| false);
    assert_eq!((spared.left.len(), spared.unchanged), (0, 2));
}

impl Columns {
    /// The columns that are different, with their new values.
    fn differences_to(&self, before: &User) -> Vec<String> {
        let differences = Columns::differences(Some(&Columns::of(before)), self).into_iter();
        differences
            .map(|difference| format!("{}={}", difference.column, difference.after.unwrap_or_default()))
            .collect()
    }
}

/// Some table with people of two corps and every source.
fn tables() -> impl Strategy<Value = Vec<User>> {
    let because = prop_oneof![
        Just(None),
        Just(Some(DisabledBecause::Left)),
        Just(Some(DisabledBecause::Admin)),
        Just(Some(DisabledBecause::Cli)),
    ];
    let sources = prop_oneof![Just("dingtalk"), Just("dingtalk"), Just("csv"), Just("cli"), Just("admin")];
    let text = || proptest::option::of("[a-c]{1,2}");
    let rows = (0..8_u8, any::<bool>(), sources, proptest::option::of(because), any::<bool>(), text(), text());
    let user = |(number, ours, source, disabled, is_admin, mobile, title): (_, bool, &str, Option<_>, _, _, _)| User {
        corp_id: CorpId::new(if ours { CORP } else { "dingb" }).unwrap(),
        role: if is_admin { Role::Admin } else { Role::User },
        status: if disabled.is_some() { Status::Disabled } else { Status::Active },
        disabled_because: disabled.flatten(),
        mobile,
        title,
        ..row(&format!("u{number}"), source)
    };
    let key = |user: &User| (user.corp_id.clone(), user.userid.clone());
    proptest::collection::vec(rows.prop_map(user), 0..14).prop_map(move |users| {
        users.into_iter().map(|user| (key(&user), user)).collect::<BTreeMap<_, _>>().into_values().collect()
    })
}

fn directories() -> impl Strategy<Value = Snapshot> {
    let text = || proptest::option::of("[a-c]{1,2}");
    let places = proptest::sample::subsequence(vec![ROOT, 10, 20], 1..=3).prop_shuffle();
    let people = (0..8_u8, text(), text(), text(), places);
    let employee = |(number, name, mobile, title, departments)| {
        (
            userid(&format!("u{number}")),
            EmployeeDetails { name, mobile, title, departments, ..EmployeeDetails::default() },
        )
    };
    proptest::collection::vec(people.prop_map(employee), 0..10).prop_map(snapshot)
}

/// The table after a plan.
fn applied(table: &[User], plan: Plan) -> Vec<User> {
    let mut rows: BTreeMap<_, _> =
        table.iter().map(|user| ((user.corp_id.clone(), user.userid.clone()), user.clone())).collect();
    for planned in plan.into_written() {
        let user = rows.entry(planned.key.clone()).or_insert_with(|| row(planned.key.1.as_str(), "dingtalk"));
        planned.after().write_to(user);
    }
    rows.into_values().collect()
}

proptest! {
    #[test]
    fn applying_a_plan_gives_the_directory_and_a_second_plan_is_empty(table in tables(), directory in directories()) {
        let plan = Plan::of(&corp(), &table, &directory);
        let ours = |table: &[User]| table.iter().filter(|user| user.corp_id == corp()).count();
        let counts = plan.counts();
        let known = counts.changed + counts.left + counts.returned + counts.kept + counts.unchanged;
        prop_assert_eq!(known, ours(&table), "everybody is counted once");
        let after = applied(&table, plan);
        prop_assert_eq!(ours(&after), known + counts.new, "and nobody is deleted");

        for (userid, employee) in &directory.people {
            let user = after.iter().find(|user| user.corp_id == corp() && user.userid == *userid).unwrap();
            let given = |said: &Option<String>, has: Option<&str>| said.as_deref().is_none_or(|said| Some(said) == has);
            prop_assert!(given(&employee.name, Some(&user.name)) && given(&employee.mobile, user.mobile.as_deref()));
            prop_assert!(given(&employee.title, user.title.as_deref()));
            let paths: Vec<_> = directory.paths_of(employee).map(|path| path.as_str()).collect();
            prop_assert_eq!(user.department.clone().unwrap_or_default(), paths.join(";"));
            prop_assert!(user.disabled_because != Some(DisabledBecause::Left) || user.source != "dingtalk");
        }
        for user in after.iter().filter(|user| user.corp_id == corp() && user.source == "dingtalk") {
            let is_there = directory.people.contains_key(&user.userid);
            prop_assert!(is_there || user.status == Status::Disabled, "{:?} has left", user.userid);
        }
        let again = Plan::of(&corp(), &after, &directory);
        prop_assert!(again.clone().into_written().is_empty(), "{again:?}");
    }

    #[test]
    fn no_role_changes_and_nobody_elsewhere_or_by_hand_is_disabled(table in tables(), directory in directories()) {
        let after = applied(&table, Plan::of(&corp(), &table, &directory));
        for before in &table {
            let same = |user: &&User| (&user.corp_id, &user.userid) == (&before.corp_id, &before.userid);
            let after = after.iter().find(same).unwrap();
            prop_assert_eq!(after.role, before.role);
            prop_assert_eq!(&after.source, &before.source);
            if before.corp_id != corp() {
                prop_assert_eq!(after, before);
            } else if before.source != "dingtalk" {
                prop_assert_eq!((after.status, after.disabled_because), (before.status, before.disabled_because));
            } else if before.status == Status::Disabled && before.disabled_because != Some(DisabledBecause::Left) {
                prop_assert_eq!(after.status, Status::Disabled, "only a leaver returns");
            }
        }
        prop_assert!(after.len() == table.len() || after.iter().all(|user| user.role == Role::User || table.contains(user)
            || table.iter().any(|before| before.userid == user.userid)), "a newcomer is no administrator");
    }
}
