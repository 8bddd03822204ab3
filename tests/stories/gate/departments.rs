//! Departments in DingTalk whose names might pass for another department, or for a role.

use miandeng::simulator::{Department, Employee, Fault, FaultKind};
use serde_json::json;

use super::{PROXIES, Proxy, rules::encoded};
use crate::harness::{App, CORP, Phone};

/// 总部 and below it 财务, for which all of them want to be taken.
const HEADQUARTERS: i64 = 900;
const FINANCE: i64 = 901;

/// Newcomers get a row.
async fn deployment() -> App {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    app.simulator.edit_corp(CORP, |corp| {
        let department = |dept_id, name: &str, parent_id| Department { dept_id, name: name.into(), parent_id };
        corp.departments.push(department(HEADQUARTERS, "总部", 1));
        corp.departments.push(department(FINANCE, "财务", HEADQUARTERS));
    });
    app
}

/// Signs in, from a new department of that name.
async fn newcomer(app: &App, dept_id: i64, name: &str, parent_id: i64) -> Phone {
    let userid = format!("newcomer{dept_id}");
    app.simulator
        .edit_corp(CORP, |corp| corp.departments.push(Department { dept_id, name: name.to_owned(), parent_id }));
    let (unionid, dept_ids) = (format!("union-{userid}"), vec![dept_id]);
    let employee = Employee { userid: userid.clone(), unionid, name: "新人".into(), dept_ids, ..Employee::default() };
    app.simulator.add_employee(CORP, employee);
    let mut phone = app.phone(&userid);
    phone.is_signed_in().await;
    phone
}

async fn groups(phone: &mut Phone, proxy: Proxy) -> Vec<String> {
    let answer = proxy.asks(phone, "").await;
    assert_eq!(answer.status, 200);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    answer.header("remote-groups").split(',').map(decoded).collect()
}

#[tokio::test]
async fn no_name_makes_its_members_members_of_another_department() {
    let app = deployment().await;
    let long = "财".repeat(5000);
    for (dept_id, (name, parent_id, written)) in (2000..).zip([
        ("x;总部/财务", 1, "x；总部／财务"),
        ("x; 总部/财务 ;y", 1, "x； 总部／财务 ；y"),
        (";总部/财务;", 1, "；总部／财务；"),
        ("总部/财务", 1, "总部／财务"),
        ("/总部/财务", 1, "／总部／财务"),
        ("总部/财务/x", 1, "总部／财务／x"),
        ("x,总部/财务", 1, "x,总部／财务"),
        ("x%2C财务", 1, "x%2C财务"),
        ("x%3B%E8%B4%A2%E5%8A%A1", 1, "x%3B%E8%B4%A2%E5%8A%A1"),
        ("x\r\nRemote-Groups: 财务", 1, "x\u{fffd}\u{fffd}Remote-Groups: 财务"),
        ("x\u{0}财务", 1, "x\u{fffd}财务"),
        ("\u{202e}务财", HEADQUARTERS, "总部/务财"),
        ("财\u{200b}务", HEADQUARTERS, "总部/财\u{fffd}务"),
        ("role:admin", 1, "role：admin"),
        (" \u{200b}role:admin", 1, "id:2014"),
        ("ROLE:admin", 1, "ROLE：admin"),
        ("x;role:admin", 1, "x；role:admin"),
        ("id:901", 1, "id：901"),
        ("财务 ", HEADQUARTERS, "总部/id:2018"),
        ("\u{3000}财务", HEADQUARTERS, "总部/id:2019"),
        ("财务\u{feff}\u{200d}", HEADQUARTERS, "总部/id:2020"),
        ("", 1, "id:2021"),
        (" \t\u{3000}\u{a0}", 1, "id:2022"),
        ("\u{200b}\u{2060}\u{feff}", HEADQUARTERS, "总部/id:2023"),
        (&long, 1, "id:2024"),
    ]) {
        let mut phone = newcomer(&app, dept_id, name, parent_id).await;
        for proxy in PROXIES {
            assert_eq!(groups(&mut phone, proxy).await, [written], "{proxy:?} {name:?}");
            for rule in ["groups=财务", "groups=总部/财务", "groups=总部%2F财务", "groups=role:admin", "groups=id:901"]
            {
                let answer = proxy.asks(&mut phone, &encoded(rule)).await;
                assert_eq!(answer.status, 403, "{proxy:?} {name:?} {rule}");
            }
        }
        let own = percent_encoding::utf8_percent_encode(written, percent_encoding::NON_ALPHANUMERIC);
        assert_eq!(Proxy::Nginx.asks(&mut phone, &format!("groups={own}")).await.status, 200, "{name:?}");
    }
    let mut member = newcomer(&app, 3000, "会计", FINANCE).await;
    for rule in ["groups=财务", "groups=总部/财务", "groups=会计"] {
        assert_eq!(Proxy::Nginx.asks(&mut member, &encoded(rule)).await.status, 200, "{rule}");
    }
}

#[tokio::test]
async fn the_root_has_no_name_in_a_path_and_its_members_are_in_no_department() {
    let app = deployment().await;
    app.simulator.edit_employee(CORP, "lisi", |lisi| lisi.dept_ids = vec![1]);
    app.simulator.edit_employee(CORP, "wangwu", |wangwu| wangwu.dept_ids = vec![1, 110]);
    let (mut of_root, mut of_both) = (app.phone("lisi"), app.phone("wangwu"));
    of_root.is_signed_in().await;
    of_both.is_signed_in().await;
    assert_eq!(app.db_user("lisi").await.unwrap().department, None);
    assert_eq!(groups(&mut of_root, Proxy::Caddy).await, [""]);
    assert_eq!(groups(&mut of_both, Proxy::Caddy).await, ["研发部/后端组"]);
}

/// DingTalk never answers so; but a circle must not move a department.
#[tokio::test]
async fn a_department_that_is_listed_again_further_down_stays_where_it_was() {
    let app = deployment().await;
    for below in [
        json!([{ "dept_id": 100, "name": "研发部" }]),
        json!([
            { "dept_id": 100, "name": "财务" }, { "dept_id": 1, "name": "财务" },
            { "dept_id": 110, "name": "后端组" }, { "dept_id": 110, "name": "财务" },
        ]),
    ] {
        let body = json!({ "errcode": 0, "result": below }).to_string();
        let (path, kind) = ("/topapi/v2/department/listsub".into(), FaultKind::Body(body));
        app.simulator.fault(Fault { path, times: 1, corp_id: None, client_id: None, kind });
    }
    let mut phone = app.phone("lisi");
    phone.is_signed_in().await;
    assert_eq!(groups(&mut phone, Proxy::Traefik).await, ["研发部", "研发部/后端组"]);
}
