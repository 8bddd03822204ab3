//! `users sync`: the user table follows DingTalk's directory.
//!
//! The simulator has a thread of its own, because a story waits for the command.

mod guards;
mod limits;
mod schedule;

use std::process::Output;

use miandeng::simulator::{Company, Department, Employee, MicroApp};
use serde_json::{Value, json};

use crate::harness::{CORP, Server, Site, ends, postgres, program, text, until};

pub const LIST: &str = "/topapi/v2/user/list";
pub const SUB: &str = "/topapi/v2/department/listsub";

/// Runs a sync that must not be refused; answers its JSON.
#[track_caller]
pub fn syncs(site: &Site, more: &[&str]) -> Value {
    let output = tries(site, more);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Runs a sync, whatever comes of it.
pub fn tries(site: &Site, more: &[&str]) -> Output {
    ends(program(site.path(), &[&["users", "sync", "--json"], more].concat()))
}

/// The words of a plan that are not 0.
pub fn words(report: &Value) -> String {
    let counts = report["plan"].as_object().expect("a plan");
    let order = ["new", "changed", "left", "returned", "kept", "unchanged"];
    assert_eq!(counts.len(), order.len(), "{counts:?}");
    let said = order.iter().filter(|word| counts[**word] != 0).map(|word| format!("{} {word}", counts[*word]));
    said.collect::<Vec<_>>().join(", ")
}

/// Everybody in the table, by userid: status, why, departments.
pub fn table(site: &Site) -> Vec<String> {
    let rows: Value = serde_json::from_str(&site.runs(&["users", "list", "--json"])).expect("JSON");
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        ["userid", "status", "disabled_because", "department"].map(text).join(" ")
    };
    rows.as_array().expect("rows").iter().map(row).collect()
}

pub fn trail(site: &Site, event: &str) -> Vec<Value> {
    let rows = site.runs(&["audit", "list", "--event", event, "--json"]);
    serde_json::from_str::<Value>(&rows).expect("JSON").as_array().expect("rows").clone()
}

/// A site where everybody of the sample corp is in the table and zhangsan, an administrator, was there before.
async fn synced() -> Site {
    let site = Site::fresh().await;
    site.runs(&["users", "add", "zhangsan", "--name", "老张", "--role", "admin"]);
    let report = syncs(&site, &[]);
    assert_eq!(words(&report), "5 new, 1 changed");
    site
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_sync_brings_everybody_in_and_the_second_finds_nothing_to_do() {
    let site = Site::fresh().await;
    site.runs(&["users", "add", "zhangsan", "--name", "老张", "--role", "admin", "--title", "老板"]);
    site.runs(&["users", "add", "guest", "--name", "访客"]);
    let report = syncs(&site, &["--dry-run"]);
    let plan = json!({ "new": 5, "changed": 1, "left": 0, "returned": 0, "kept": 1, "unchanged": 0 });
    let expected = json!({
        "corp_id": CORP, "departments": 6, "people": 6, "plan": plan, "applied": false, "refused": null,
    });
    assert_eq!(report, expected);
    assert_eq!(table(&site), ["guest active - -", "zhangsan active - -"], "a dry run writes nothing");
    assert!(trail(&site, "synced").is_empty());

    let report = syncs(&site, &[]);
    assert_eq!((&report["plan"], &report["applied"]), (&plan, &json!(true)));
    let everybody = [
        "guest active - -",
        "lisi active - 研发部;研发部/后端组",
        "sunqi active - 市场部",
        "wangwu active - 研发部/后端组",
        "zhangsan active - -",
        "zhaoliu active - 研发部/前端组",
        "zhouba active - 人事行政部;市场部",
    ];
    assert_eq!(table(&site), everybody);
    let rows: Value = serde_json::from_str(&site.runs(&["users", "list", "--json"])).unwrap();
    let zhangsan = rows.as_array().unwrap().iter().find(|row| row["userid"] == "zhangsan").unwrap();
    assert_eq!((&zhangsan["name"], &zhangsan["title"]), (&json!("张三"), &json!("总经理")));
    assert_eq!((&zhangsan["role"], &zhangsan["source"]), (&json!("admin"), &json!("cli")));
    assert_eq!((&zhangsan["mobile"], &zhangsan["unionid"]), (&json!("13800000001"), &json!("union-zhangsan")));

    let again = syncs(&site, &[]);
    assert_eq!((words(&again).as_str(), &again["applied"]), ("1 kept, 6 unchanged", &json!(false)));
    assert_eq!(table(&site), everybody);
    let trail = trail(&site, "synced");
    assert_eq!(trail.len(), 2);
    let detail = &trail[1]["detail"];
    assert_eq!((&detail["new"], &detail["changed"], &detail["kept"]), (&json!(5), &json!(1), &json!(1)), "{trail:?}");
    assert!(trail[1]["actor"].as_str().unwrap().starts_with("cli:") && trail[1]["corp_id"] == CORP);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_out_at_once_and_in_again_after_a_return() {
    let site = synced().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "lisi");
    phone.is_signed_in().await;
    let lisi = site.simulator.employee(CORP, "lisi").expect("李四");
    site.simulator.remove_employee(CORP, "lisi");
    assert_eq!(words(&syncs(&site, &["--force"])), "1 left, 5 unchanged");
    assert_eq!(phone.gets("/home").await.status, 303, "signed out when the command returns");
    assert_eq!(table(&site)[0], "lisi disabled left 研发部;研发部/后端组");
    let disabled = trail(&site, "user-disabled");
    let row = [&disabled[0]["actor"], &disabled[0]["userid"], &disabled[0]["detail"]["because"]];
    assert_eq!(row, [&json!("dingtalk"), &json!("lisi"), &json!("left")]);
    assert_eq!(words(&syncs(&site, &[])), "6 unchanged", "still gone");

    site.simulator.add_employee(CORP, Employee { dept_ids: vec![200], title: String::new(), ..lisi });
    assert_eq!(words(&syncs(&site, &[])), "1 returned, 5 unchanged");
    assert_eq!(table(&site)[0], "lisi active - 市场部");
    let rows: Value = serde_json::from_str(&site.runs(&["users", "list", "--json"])).unwrap();
    assert_eq!(rows[0]["title"], "研发主管", "what DingTalk leaves out is kept");
    phone.is_signed_in().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_disabled_by_hand_stays_so_whatever_the_directory_says() {
    let site = synced().await;
    site.runs(&["users", "disable", "lisi"]);
    assert_eq!(words(&syncs(&site, &[])), "6 unchanged");
    site.simulator.edit_employee(CORP, "lisi", |lisi| lisi.title = "顾问".into());
    assert_eq!(words(&syncs(&site, &[])), "1 changed, 5 unchanged");
    let lisi = site.simulator.employee(CORP, "lisi").expect("李四");
    site.simulator.remove_employee(CORP, "lisi");
    assert_eq!(words(&syncs(&site, &[])), "6 unchanged");
    site.simulator.add_employee(CORP, lisi);
    assert_eq!(words(&syncs(&site, &[])), "6 unchanged");
    assert_eq!(table(&site)[0], "lisi disabled cli 研发部;研发部/后端组");
    // A row by hand is never disabled, even if it is the only one that is gone.
    site.simulator.remove_employee(CORP, "zhangsan");
    assert_eq!(words(&syncs(&site, &["--force"])), "1 kept, 5 unchanged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_department_moves_its_people_and_the_gate_follows() {
    let site = synced().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "wangwu");
    phone.is_signed_in().await;
    async fn may_enter(phone: &mut crate::harness::Phone, group: &str) -> bool {
        let path = format!("/auth/nginx?groups={group}");
        let asked = phone.request(reqwest::Method::GET, &path).header("X-Original-URL", "https://app.example.com/x");
        let asked = asked.header("X-Original-Method", "GET");
        phone.sends(asked).await.status == 200
    }
    assert!(may_enter(&mut phone, "研发部").await && !may_enter(&mut phone, "产研部").await);
    site.simulator.edit_corp(CORP, |corp| {
        let department = corp.departments.iter_mut().find(|department| department.dept_id == 100).unwrap();
        department.name = "产研部".into();
    });
    assert_eq!(words(&syncs(&site, &[])), "3 changed, 3 unchanged");
    assert_eq!(table(&site)[0], "lisi active - 产研部;产研部/后端组");
    assert!(may_enter(&mut phone, "产研部").await && !may_enter(&mut phone, "研发部").await);
    let paths = match postgres::wanted() {
        false => "SELECT group_concat(dept_id || ' ' || path, ', ') FROM departments",
        true => "SELECT string_agg(dept_id || ' ' || path, ', ' ORDER BY dept_id) FROM departments",
    };
    let pools = miandeng::db::Pools::open(&site.db_url()).await.unwrap();
    let paths: String = miandeng::db::query_scalar(paths).fetch_one(&mut pools.read().await.unwrap()).await.unwrap();
    assert_eq!(paths, "100 产研部, 110 产研部/后端组, 120 产研部/前端组, 200 市场部, 300 人事行政部");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_paths_lists_or_blanks_stay_one_department_and_hidden_fields_are_kept() {
    let site = synced().await;
    site.runs(&["users", "set", "zhouba", "--email", "zhouba@example.com"]);
    site.simulator.edit_corp(CORP, |corp| {
        corp.departments.push(Department { dept_id: 310, name: " a/b;c ".into(), parent_id: 300 });
        corp.apps[0].user_fields.clear();
    });
    site.simulator.edit_employee(CORP, "zhouba", |zhouba| zhouba.dept_ids = vec![310, 1]);
    assert_eq!(words(&syncs(&site, &[])), "1 changed, 5 unchanged");
    let rows: Value = serde_json::from_str(&site.runs(&["users", "list", "--json"])).unwrap();
    let zhouba = rows.as_array().unwrap().iter().find(|row| row["userid"] == "zhouba").unwrap();
    assert_eq!(zhouba["department"], "人事行政部/a／b；c");
    assert_eq!((&zhouba["email"], &zhouba["mobile"]), (&json!("zhouba@example.com"), &json!("13800000006")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_corps_are_synced_each_for_itself() {
    let mut company = Company::sample();
    let mut other = company.corps[0].clone();
    other.corp_id = "dingother".into();
    other.employees.truncate(2);
    other.channel = None;
    other.apps = vec![MicroApp {
        agent_id: "9".into(),
        client_id: "other-key".into(),
        client_secret: "other-secret".into(),
        ..MicroApp::default()
    }];
    company.corps.push(other);
    let site = Site::of(company, |dingtalk| {
        let mut settings = crate::harness::Settings::least(0, crate::harness::PUBLIC_URL, dingtalk);
        settings.app.push_str(
            "\nsync_disable_at_most = \"20%\"\n[[default.miandeng.apps]]\nname = \"other\"\ncorp_id = \"dingother\"\n\
             agent_id = 9\nclient_id = \"other-key\"\nclient_secret = \"other-secret\"",
        );
        settings
    })
    .await;
    let reports = syncs(&site, &[]);
    let [first, second] = &reports.as_array().expect("an array")[..] else { panic!("{reports}") };
    assert_eq!((&first["corp_id"], words(first).as_str()), (&json!(CORP), "6 new"));
    assert_eq!((&second["corp_id"], words(second).as_str()), (&json!("dingother"), "2 new"));

    // The other corp's leaver has a namesake here who stays; and one of six is not more than 20 %.
    site.simulator.remove_employee("dingother", "lisi");
    site.simulator.remove_employee(CORP, "sunqi");
    let one = syncs(&site, &["--app", "oa"]);
    assert_eq!(words(&one), "1 left, 5 unchanged", "one corp is one object");
    let output = tries(&site, &[]);
    assert_eq!(output.status.code(), Some(1), "half of the other's people");
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&reports[0]["refused"], words(&reports[0]).as_str()), (&json!(null), "6 unchanged"));
    assert!(reports[1]["refused"].as_str().unwrap().starts_with("1 of 2 active people would be disabled"), "{reports}");
    assert_eq!(words(&syncs(&site, &["--app", "other", "--force"])), "1 left, 1 unchanged");
    let disabled: Vec<_> = table(&site).into_iter().filter(|row| row.contains("disabled")).collect();
    assert_eq!(disabled, ["lisi disabled left 研发部;研发部/后端组", "sunqi disabled left 市场部"]);
    let unknown = tries(&site, &["--app", "nobody"]);
    assert!(text(&unknown.stderr).contains("no app is called \"nobody\"; the settings have oa, other"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_is_shown_in_words_of_the_terminals_language() {
    let site = Site::fresh().await;
    site.runs(&["users", "add", "guest", "--name", "访客"]);
    let says = |language: &str| {
        let mut command = program(site.path(), &["users", "sync", "--dry-run"]);
        command.env("LC_ALL", language);
        text(&ends(command).stdout)
    };
    reads_as(
        &says("C"),
        &[
            "corp dingsamplecorp00000001 (app \"oa\"): 6 departments, 6 people in DingTalk",
            "  new             6  李四, 孙七, 王五, 张三, 赵六 and 1 more",
            "  changed         0",
            "  left            0",
            "  returned        0",
            "  kept            1",
            "  unchanged       0",
            "dry run, nothing was changed",
        ],
    );
    reads_as(
        &says("zh_CN.UTF-8"),
        &[
            "企业 dingsamplecorp00000001（应用 oa）：钉钉里有 6 个部门，6 人",
            "  新增       6  李四、孙七、王五、张三、赵六，还有 1 人",
            "  变更       0",
            "  离职       0",
            "  返回       0",
            "  保留       1",
            "  不变       0",
            "试运行，没有改动",
        ],
    );
}

#[track_caller]
fn reads_as(said: &str, lines: &[&str]) {
    assert_eq!(said.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_a_sync_leaves_the_table_whole() {
    let site = synced().await;
    let before = table(&site);
    site.simulator.remove_employee(CORP, "lisi");
    site.simulator.edit_employee(CORP, "wangwu", |wangwu| wangwu.title = "主管".into());
    let hang = miandeng::simulator::FaultKind::Hang;
    site.simulator.fault(crate::faults::fault("/topapi/v2/user/get", 1, hang));
    site.simulator.reset_calls();
    let sync = Server::spawn(program(site.path(), &["users", "sync", "--force"]));
    until("the person is read", async || site.simulator.calls("/topapi/v2/user/get") > 0).await;
    sync.kill();
    assert_eq!(table(&site), before);
    crate::faults::assert_sound(&site.db_url()).await;
}
