//! What is not certain disables nobody.

use miandeng::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::{LIST, SUB, synced, syncs, table, trail, tries, words};
use crate::{
    faults::fault,
    harness::{CORP, Site, ends, program, text},
};

/// Runs a sync that must be refused, even by force, and disable nobody.
#[track_caller]
fn is_refused(site: &Site, reason: &str) {
    let before = table(site);
    let rows = trail(site, "sync-refused").len();
    let output = tries(site, &["--force"]);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(
        said.starts_with(&format!("miandeng: the sync of organisation {CORP} was refused, nobody was disabled: ")),
        "{said}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let refused = report["refused"].as_str().expect("a reason");
    assert!(refused.contains(reason) && said.contains(refused), "{reason}: {said}");
    assert_eq!((&report["applied"], words(&report).as_str()), (&json!(false), ""));
    assert_eq!(table(site), before);
    let trail = trail(site, "sync-refused");
    assert_eq!((trail.len(), &trail[0]["detail"]["reason"]), (rows + 1, &json!(refused)));
}

fn body(text: Value) -> FaultKind {
    FaultKind::Body(text.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_or_a_gap_on_any_page_disables_nobody() {
    let site = synced().await;
    site.simulator.remove_employee(CORP, "lisi");
    let page = |result: Value| body(json!({ "errcode": 0, "errmsg": "ok", "result": result }));
    let hidden = |code: i64| FaultKind::Errcode { code, text: "不在授权范围".into() };
    let always = usize::MAX;
    let cases: [(Fault, &str); 13] = [
        (fault(LIST, 1, hidden(50002)), "50002"),
        (fault(SUB, 1, hidden(50004)), "50004"),
        (fault(SUB, 1, FaultKind::SubCode { sub_code: "60011".into(), sub_msg: "没有权限".into() }), "60011"),
        (fault(LIST, always, FaultKind::Errcode { code: -1, text: "busy".into() }), "busy"),
        (fault(LIST, 1, FaultKind::Html), "DingTalk bars this address"),
        (fault(SUB, 1, FaultKind::Garbage), "that are no JSON"),
        (fault(LIST, always, FaultKind::Status(502)), "502"),
        (fault(LIST, 1, page(json!({ "list": [] }))), "has_more is missing"),
        (fault(LIST, 1, page(json!({ "has_more": true, "list": [] }))), "next_cursor"),
        (fault(LIST, 1, page(json!({ "has_more": true, "next_cursor": 0, "list": [] }))), "next_cursor"),
        (fault(LIST, 1, page(json!({ "has_more": false, "list": [{ "name": "无名" }] }))), "userid is missing"),
        (fault(SUB, 1, page(json!([{ "name": "无号" }]))), "without dept_id"),
        (fault(SUB, 1, page(json!([]))), "which DingTalk does not show"),
    ];
    for (fault, reason) in cases {
        site.simulator.fault(fault);
        is_refused(&site, reason);
        site.simulator.clear_faults();
    }
    assert_eq!(words(&syncs(&site, &["--force"])), "1 left, 5 unchanged", "a good answer is believed again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_directory_and_a_narrower_range_disable_nobody() {
    let site = synced().await;
    let (mut people, mut departments) = (Vec::new(), Vec::new());
    site.simulator.edit_corp(CORP, |corp| {
        people = std::mem::take(&mut corp.employees);
        departments = std::mem::take(&mut corp.departments);
    });
    is_refused(&site, "the directory is empty");
    site.simulator.edit_corp(CORP, |corp| (corp.employees, corp.departments) = (people, departments));

    site.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![100, 200]);
    is_refused(&site, "has shrunk since the last run (departments now: 100, 200)");
    is_refused(&site, "cannot see the whole organisation (departments: 100, 200)");
    let mut command = program(site.path(), &["users", "sync"]);
    command.env("LANG", "zh_CN.UTF-8").env_remove("LC_ALL");
    let said = text(&ends(command).stderr);
    assert_eq!(
        said,
        format!(
            "miandeng: 企业 {CORP} 的同步被拒绝，没有停用任何人：应用看不到整个企业（可见部门：100, 200）；请在钉钉开发者后台把通讯录权限范围设为全部员工\n"
        )
    );
    site.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![1]);
    assert_eq!(words(&syncs(&site, &[])), "6 unchanged");

    // The range shrinks while the directory is read.
    let narrow = json!({ "errcode": 0, "auth_org_scopes": { "authed_dept": [100], "authed_user": [] } });
    let whole = json!({ "errcode": 0, "auth_org_scopes": { "authed_dept": [1], "authed_user": [] } });
    site.simulator.fault(fault("/auth/scopes", 1, body(whole)));
    site.simulator.fault(fault("/auth/scopes", 1, body(narrow)));
    is_refused(&site, "has shrunk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_leavers_stay_until_somebody_insists_and_the_rest_is_done() {
    let site = synced().await;
    site.simulator.remove_employee(CORP, "lisi");
    site.simulator.edit_employee(CORP, "wangwu", |wangwu| wangwu.title = "主管".into());
    for dry_run in [true, false] {
        let arguments: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let output = tries(&site, arguments);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &report["applied"]), (Some(1), &json!(!dry_run)));
        assert_eq!(words(&report), "1 changed, 1 left, 4 unchanged");
        let reason = "1 of 6 active people would be disabled, more than sync_disable_at_most (10%); if they have really left, \
                      add --force";
        assert_eq!(report["refused"], reason);
        assert_eq!(trail(&site, "sync-refused").len(), usize::from(!dry_run));
    }
    assert!(table(&site).iter().all(|row| !row.contains("disabled")));
    assert_eq!(words(&syncs(&site, &["--dry-run", "--force"])), "1 left, 5 unchanged", "the change is done");
    assert_eq!(words(&syncs(&site, &["--force"])), "1 left, 5 unchanged");
}

/// Pages are counted from the first person: when that one goes while they are read, another is on none of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_on_no_page_is_asked_for_by_name_before_anybody_calls_them_gone() {
    let site = synced().await;
    site.runs(&["users", "disable", "zhangsan", "--force"]);
    let nobody = body(json!({ "errcode": 0, "result": { "has_more": false, "list": [] } }));
    site.simulator.edit_employee(CORP, "lisi", |lisi| lisi.dept_ids = vec![1]);
    assert_eq!(words(&syncs(&site, &[])), "1 changed, 5 unchanged");
    site.simulator.fault(fault(LIST, 1, nobody));
    site.simulator.reset_calls();
    assert_eq!(words(&syncs(&site, &["--force"])), "1 kept, 5 unchanged");
    assert_eq!(site.simulator.calls("/topapi/v2/user/get"), 1, "for 李四 alone");
}
