//! A year of a company, by chance: people come, leave, return and move, events come twice, late or never, DingTalk is down. In
//! the end the table is the one that a single sync of the directory makes.

use std::collections::BTreeMap;

use miandeng::simulator::{Company, Corp, Department, DirectoryEvent, Employee, FaultKind, Pushed};
use rocket::tokio;
use serde_json::{Value, json};

use super::{called_back_with, open_events, works};
use crate::{
    faults::fault,
    harness::{App, CLIENT_ID, CORP},
};

const DAYS: usize = 150;
const DAY: i64 = 86_400;

/// What happens in one day: joins, a silent join, leaves, a silent leave, a return, moves, a title, a renamed department, a new
/// one, events of long ago and twice, DingTalk's refusal.
const ANYTHING: [u8; 13] = [0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// The same without what no event, or no event alone, can bring into the table.
const TOLD: [u8; 8] = [0, 2, 4, 5, 5, 6, 8, 9];

/// A row without what is only of its time.
type Row = (String, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, String, String);

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, many: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % many as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.below(of.len())) }
    }
}

/// What the script knows of the company.
#[derive(Default)]
struct Staff {
    here: Vec<String>,
    left: Vec<String>,
    joined: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_events_and_syncs_ends_in_the_table_of_one_sync() {
    for seed in [1, 20_261_126, 0xDEAD_BEEF] {
        let followed = called_back_with(settings).await;
        followed.db_add("guest", "访客").await;
        looks(&followed).await;
        passes(&followed, &mut Dice(seed), &ANYTHING).await;

        let mut corp = None;
        followed.simulator.edit_corp(CORP, |now| corp = Some(now.clone()));
        let company = Company { corps: vec![Corp { apps: company_apps(), ..corp.unwrap() }] };
        let synced = App::of(company, settings).await;
        synced.db_add("zhangsan", "张三").await;
        synced.db_add("guest", "访客").await;
        looks(&synced).await;

        let (mut followed, synced) = (rows(&followed).await, rows(&synced).await);
        followed.retain(|userid, row| {
            let is_left = (row.5.as_deref(), row.6.as_str()) == (Some("left"), "disabled");
            synced.contains_key(userid) || !is_left
        });
        assert_eq!(followed, synced, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_events_alone_leaves_a_sync_nothing_to_do() {
    let app = called_back_with(settings).await;
    looks(&app).await;
    passes(&app, &mut Dice(7), &TOLD).await;
    let last = "SELECT plan FROM sync_runs ORDER BY id DESC LIMIT 1";
    let mut reader = app.pools.read().await.unwrap();
    let last: String = miandeng::db::query_scalar(last).fetch_one(&mut reader).await.unwrap();
    let plan: Value = serde_json::from_str(&last).unwrap();
    let written = ["new", "changed", "left", "returned"].map(|word| &plan[word]);
    assert_eq!(written, [&json!(0); 4], "{plan}");
    assert!(plan["unchanged"].as_u64() > Some(10), "{plan}");
}

fn settings(settings: &mut Value) {
    settings["apps"][0]["sync_disable_at_most"] = json!("100%");
    settings["apps"][0]["sync_every"] = json!("2000h");
}

fn company_apps() -> Vec<miandeng::simulator::MicroApp> {
    Company::sample().corps.remove(0).apps
}

async fn looks(app: &App) {
    app.jobs.run("directory-sync").await.expect("the job");
}

async fn passes(app: &App, dice: &mut Dice, what: &[u8]) {
    let mut staff = Staff::default();
    app.simulator.edit_corp(CORP, |corp| {
        staff.here = corp.employees.iter().map(|employee| employee.userid.clone()).collect();
    });
    // Whose row was made by hand: what DingTalk once said of them stays when they have left.
    staff.here.retain(|userid| userid != "zhangsan");
    for day in 0..DAYS {
        app.clock.advance(DAY);
        let what = *dice.one_of(what).expect("something");
        happens(app, &mut staff, dice, what).await;
        if dice.below(3) > 0 {
            works(app).await;
        }
        if day % 25 == 24 {
            looks(app).await;
        }
    }
    app.simulator.clear_faults();
    app.clock.advance(DAY);
    works(app).await;
    assert_eq!(open_events(app).await, 0);
    tell(app, &DirectoryEvent::of_departments("org_dept_modify", CORP, &[1])).await;
    // A sync that ran beside the days seems to have taken some of them; if it was refused, the next waits ten times as long.
    for _ in 0..3 {
        app.clock.advance(100 * DAY);
        looks(app).await;
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_due").await, 0);
}

async fn happens(app: &App, staff: &mut Staff, dice: &mut Dice, what: u8) {
    let simulator = &app.simulator;
    let mut departments = Vec::new();
    simulator.edit_corp(CORP, |corp| departments = corp.departments.iter().map(|found| found.dept_id).collect());
    let department = *dice.one_of(&departments).expect("a department");
    let somebody = dice.one_of(&staff.here).cloned();
    match (what, somebody) {
        (0, _) => {
            simulator.joins(CORP, newcomer(staff, department)).await;
        }
        (1, _) => simulator.add_employee(CORP, newcomer(staff, department)),
        (2, Some(userid)) => {
            simulator.leaves(CORP, &userid).await;
            staff.goes(userid);
        }
        (3, Some(userid)) => {
            // Nobody hears of it, and nobody is told when they return.
            simulator.remove_employee(CORP, &userid);
            staff.here.retain(|known| *known != userid);
        }
        (4, _) => {
            if let Some(userid) = dice.one_of(&staff.left).cloned() {
                simulator.returns(CORP, &userid).await;
                staff.left.retain(|known| *known != userid);
                staff.here.push(userid);
            }
        }
        (5, Some(userid)) => {
            let more = *dice.one_of(&departments).expect("a department");
            let to = if more == department { vec![department] } else { vec![department, more] };
            simulator.changes(CORP, &userid, |employee| employee.dept_ids = to).await;
        }
        (6, Some(userid)) => {
            let name = format!("改名{}", dice.below(100));
            simulator.changes(CORP, &userid, |employee| employee.title = name).await;
        }
        (7, _) => {
            let name = format!("部门{}", dice.below(100));
            simulator.edit_corp(CORP, |corp| {
                corp.departments.iter_mut().filter(|found| found.dept_id == department).for_each(|found| {
                    found.name = name.clone();
                });
            });
            tell(app, &DirectoryEvent::of_departments("org_dept_modify", CORP, &[department])).await;
        }
        (8, Some(userid)) => {
            let dept_id = 1_000 + i64::try_from(departments.len()).unwrap();
            let new = Department { dept_id, name: format!("新部门{dept_id}"), parent_id: department };
            simulator.edit_corp(CORP, |corp| corp.departments.push(new));
            tell(app, &DirectoryEvent::of_departments("org_dept_create", CORP, &[dept_id])).await;
            simulator.changes(CORP, &userid, |employee| employee.dept_ids = vec![dept_id]).await;
        }
        (9, Some(userid)) => {
            // Of long ago, of somebody else, and twice.
            let kinds = ["user_leave_org", "user_add_org", "user_modify_org", "user_active_org"];
            let about = dice.one_of(&staff.left).cloned().unwrap_or(userid);
            let event = DirectoryEvent::of_people(kinds[dice.below(4)], CORP, &[&about, "nobody"]);
            tell(app, &event).await;
            tell(app, &event).await;
        }
        (10, _) => simulator.fault(fault("/topapi/v2/user/get", 1 + dice.below(9), throttled())),
        _ => {}
    }
}

fn throttled() -> FaultKind {
    FaultKind::Errcode { code: 90018, text: "慢一点".into() }
}

fn newcomer(staff: &mut Staff, department: i64) -> Employee {
    staff.joined += 1;
    let userid = format!("e{:03}", staff.joined);
    staff.here.push(userid.clone());
    let (unionid, name) = (format!("union-{userid}"), format!("员工{}", staff.joined));
    Employee { userid, unionid, name, title: "新人".into(), dept_ids: vec![department], ..Employee::default() }
}

impl Staff {
    fn goes(&mut self, userid: String) {
        self.here.retain(|known| *known != userid);
        self.left.push(userid);
    }
}

async fn tell(app: &App, event: &DirectoryEvent) {
    assert_eq!(app.simulator.push(CLIENT_ID, event).await, Pushed::Acknowledged);
}

async fn rows(app: &App) -> BTreeMap<String, Row> {
    let sql =
        "SELECT userid, name, unionid, mobile, email, department, disabled_because, status, source, title FROM users";
    type Read = (
        String,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        String,
        String,
        Option<String>,
    );
    let mut reader = app.pools.read().await.unwrap();
    let read: Vec<Read> = miandeng::db::query_as(sql).fetch_all(&mut reader).await.unwrap();
    let row = |(userid, name, unionid, mobile, email, department, because, status, source, title): Read| {
        let because = because.filter(|because| !because.is_empty());
        let name = format!("{name} {}", title.unwrap_or_default());
        (userid, (name, unionid, mobile, email, department, because, status, source))
    };
    read.into_iter().map(row).collect()
}
