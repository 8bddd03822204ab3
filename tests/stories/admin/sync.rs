//! A sync from the page: what it would do is shown, and done by a second click.

use miandeng::{
    simulator::{Company, DirectoryEvent, FaultKind, Pushed},
    users::{Change, Role, Status},
};
use serde_json::{Value, json};

use super::{posts, signed_in, with};
use crate::{
    faults::fault,
    harness::{Answer, App, CLIENT_ID, CORP, Phone},
    sync::{LIST, SUB},
};

const JOB: &str = "asked-syncs";

/// Everybody of the sample corp has been synced, and 张三 is an administrator.
async fn synced() -> (App, Phone) {
    let app = with(|_| {}).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    let plan = checks(&app, &mut phone).await;
    applies(&app, &mut phone, &plan, "").await;
    (app, phone)
}

/// Asks what a sync would do, and looks at the answer.
async fn checks(app: &App, phone: &mut Phone) -> Answer {
    let sent = posts(phone, "/admin/sync/plan", &[("app", "oa")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/admin/sync"), "{}", sent.body);
    app.jobs.run(JOB).await.unwrap();
    phone.gets("/admin/sync").await
}

/// Sends the form of a plan, and looks at what came of it.
async fn applies(app: &App, phone: &mut Phone, plan: &Answer, insist: &str) -> Answer {
    let sent = posts(phone, "/admin/sync/apply", &[("plan", &id(plan)), ("insist", insist)]).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/admin/sync"), "{}", sent.body);
    app.jobs.run(JOB).await.unwrap();
    phone.gets("/admin/sync").await
}

/// The plan's id, which its form or link holds.
fn id(page: &Answer) -> String {
    let at = page.body.split_once("name=\"plan\" value=\"").or_else(|| page.body.split_once("/insist?plan="));
    let (_, rest) = at.unwrap_or_else(|| panic!("no plan: {}", page.body));
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn shows(page: &Answer, words: &[&str]) {
    assert_eq!(page.status, 200);
    for word in words {
        assert!(page.body.contains(word), "no {word} in {}", page.body);
    }
}

async fn people(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM users").await
}

async fn runs(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM sync_runs").await
}

async fn status(app: &App, userid: &str) -> Status {
    app.db_user(userid).await.expect("a row").status
}

#[tokio::test]
async fn a_plan_is_shown_in_words_and_done_by_a_second_click() {
    let app = with(|_| {}).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    shows(&phone.gets("/admin/sync").await, &["还没有同步过", "查看有哪些变化", "未设置 sync_every"]);
    let plan = checks(&app, &mut phone).await;
    shows(
        &plan,
        &["将有以下变化", "钉钉里有 6 个部门、6 人", "孙七、王五、赵六、周八", "发起人：zhangsan", "立即同步"],
    );
    assert_eq!((people(&app).await, runs(&app).await), (2, 0), "shown, not done");

    let done = applies(&app, &mut phone, &plan, "").await;
    shows(&done, &["已完成", "新增 4 人、变更 2 人", ">zhangsan</td>"]);
    assert_eq!((people(&app).await, runs(&app).await), (6, 1));
    let row = "SELECT COUNT(*) FROM audit WHERE event = 'synced' AND actor = 'zhangsan' AND app = 'oa' \
               AND address = '127.0.0.1' AND length(request_id) = 16 AND corp_id <> ''";
    assert_eq!(app.db_count(row).await, 1);
    let same = "SELECT COUNT(DISTINCT request_id) FROM audit WHERE event IN ('synced', 'user-added') AND app = 'oa'";
    assert_eq!(app.db_count(same).await, 1, "the people's rows lead to the click");
    shows(&checks(&app, &mut phone).await, &["没有需要更改的内容"]);
    assert_eq!(phone.gets("/admin/audit?event=synced").await.status, 200);

    let mut english = phone.clone();
    english.headers.push(("Accept-Language", "en".into()));
    shows(&english.gets("/admin/sync").await, &["There is nothing to change.", "4 new, 2 changed", "Asked for by"]);
}

#[tokio::test]
async fn two_clicks_at_once_make_one_sync() {
    let app = with(|settings| settings["dingtalk"]["timeout"] = json!("2s")).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    let mut again = phone.clone();
    app.simulator.fault(fault(LIST, usize::MAX, FaultKind::Hang));
    for _ in 0..2 {
        assert_eq!(posts(&mut phone, "/admin/sync/plan", &[("app", "oa")]).await.status, 303);
    }
    let under_way = phone.gets("/admin/sync").await;
    shows(&under_way, &["data-progress", "/static/js/sync.js"]);
    let policy = under_way.header("content-security-policy");
    assert!(policy.contains(" 'self'; form-action 'self'; script-src 'self'; connect-src 'self'"), "{policy}");
    assert!(policy.contains("style-src 'sha256-"), "{policy}");
    app.simulator.clear_faults();
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(app.simulator.calls(SUB), 7, "once for the rights, and once for each department");

    let plan = id(&phone.gets("/admin/sync").await);
    let first = posts(&mut phone, "/admin/sync/apply", &[("plan", &plan)]).await;
    let second = posts(&mut again, "/admin/sync/apply", &[("plan", &plan)]).await;
    assert_eq!((first.header("location"), second.header("location")), ("/admin/sync", "/admin/sync?stale=yes"));
    app.jobs.run(JOB).await.unwrap();
    assert_eq!((people(&app).await, runs(&app).await), (6, 1));
    shows(&again.gets("/admin/sync?stale=yes").await, &["这份预览已失效"]);
}

#[tokio::test]
async fn a_plan_is_good_for_ten_minutes() {
    let app = with(|_| {}).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    let plan = id(&checks(&app, &mut phone).await);
    app.clock.advance(600);
    let late = posts(&mut phone, "/admin/sync/apply", &[("plan", &plan)]).await;
    assert_eq!(late.header("location"), "/admin/sync?stale=yes");
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(runs(&app).await, 0);
}

#[tokio::test]
async fn too_many_leavers_are_disabled_only_after_a_second_question_and_nobody_else() {
    let (app, mut phone) = synced().await;
    let mut theirs = signed_in(&app, "wangwu").await;
    app.simulator.remove_employee(CORP, "wangwu");
    app.simulator.edit_employee(CORP, "zhaoliu", |zhaoliu| zhaoliu.title = "主管".into());
    let plan = checks(&app, &mut phone).await;
    shows(&plan, &["在用的 6 人中有 1 人会被停用，超过 sync_disable_at_most（10%）", "王五", "不停用任何人"]);
    assert!(!plan.body.contains("--force"), "{}", plan.body);
    let rest = applies(&app, &mut phone, &plan, "").await;
    shows(&rest, &["没有停用任何人，其余已完成：变更 1 人"]);
    assert_eq!(status(&app, "wangwu").await, Status::Active);

    let plan = checks(&app, &mut phone).await;
    let question = phone.gets(&format!("/admin/sync/insist?plan={}", id(&plan))).await;
    shows(&question, &["停用 1 人？", "1 人会被停用，并立即退出登录"]);
    // Somebody else leaves between the question and the answer.
    app.simulator.remove_employee(CORP, "sunqi");
    let done = applies(&app, &mut phone, &question, "yes").await;
    shows(&done, &["离职 1 人"]);
    assert_eq!((status(&app, "wangwu").await, status(&app, "sunqi").await), (Status::Disabled, Status::Active));
    assert_eq!(theirs.gets("/home").await.status, 303, "signed out");
    let forced =
        "SELECT COUNT(*) FROM audit WHERE event = 'synced' AND actor = 'zhangsan' AND detail LIKE '%\"forced\":true%'";
    assert_eq!(app.db_count(forced).await, 1);
    let stale = phone.gets("/admin/sync/insist?plan=x").await;
    assert_eq!((stale.status, stale.header("location")), (303, "/admin/sync?stale=yes"));
}

/// Whoever left after the preview is not in it, and the next sync is to find them.
#[tokio::test]
async fn a_confirmed_plan_leaves_a_sync_due_that_events_have_asked_for() {
    let (app, mut phone) = synced().await;
    let mut tx = app.pools.write().await.unwrap();
    let due = miandeng::db::query("INSERT INTO sync_due (corp_id, since, reason, reasons) VALUES ($1, $2, 'gap', 1)");
    due.bind(CORP).bind(app.clock.now_ms()).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    app.simulator.remove_employee(CORP, "wangwu");
    let plan = checks(&app, &mut phone).await;
    let question = phone.gets(&format!("/admin/sync/insist?plan={}", id(&plan))).await;
    app.simulator.remove_employee(CORP, "sunqi");
    applies(&app, &mut phone, &question, "yes").await;
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_due").await, 1);
}

#[tokio::test]
async fn what_is_not_certain_is_refused_in_words_and_cannot_be_insisted_on() {
    let (app, mut phone) = synced().await;
    app.simulator.remove_employee(CORP, "wangwu");
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![100]);
    let plan = checks(&app, &mut phone).await;
    shows(&plan, &["通讯录权限范围比上次同步时小了（现在可见部门：100）", "解决之前不会停用任何人"]);
    for part in ["name=\"plan\"", "/sync/insist", "<table class=\"cards\" role=\"table\" aria-labelledby=\"now-title\""]
    {
        assert!(!plan.body.contains(part), "{part}: {}", plan.body);
    }
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![1]);
    let plan = checks(&app, &mut phone).await;
    let hidden = FaultKind::Errcode { code: 50002, text: "不在授权范围".into() };
    app.simulator.fault(fault(LIST, 1, hidden));
    let done = applies(&app, &mut phone, &plan, "yes").await;
    shows(&done, &["通讯录没有读完", "50002"]);
    assert_eq!(status(&app, "wangwu").await, Status::Active);
    let refused = "SELECT COUNT(*) FROM audit WHERE event = 'sync-refused' AND actor = 'zhangsan'";
    assert_eq!(app.db_count(refused).await, 1);
}

#[tokio::test]
async fn a_corp_that_somebody_else_syncs_is_left_to_them() {
    let app = with(|_| {}).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    let mut tx = app.pools.write().await.unwrap();
    let lease = miandeng::db::query("INSERT INTO sync_leases VALUES ($1, 'other', 'cli:root', $2)");
    lease.bind(CORP).bind(app.clock.now_ms() + 30_000).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    shows(&phone.gets("/admin/sync").await, &["命令行（root） 正在同步"]);
    shows(&checks(&app, &mut phone).await, &["命令行（root） 正在同步", "role=\"alert\""]);
    assert_eq!(app.simulator.calls(SUB), 0);
    app.clock.advance(31);
    let plan = checks(&app, &mut phone).await;
    shows(&applies(&app, &mut phone, &plan, "").await, &["已完成"]);
}

/// The sample corp beside another, whose app is in the settings too.
async fn two_corps() -> App {
    let mut company = Company::sample();
    let mut other = company.corps[0].clone();
    other.corp_id = "dingother".into();
    other.channel = None;
    other.apps[0].client_id = "other-key".into();
    other.apps[0].agent_id = "9".into();
    company.corps.push(other);
    let app = App::of(company, |settings| {
        let mut theirs = settings["apps"][0].clone();
        for (key, value) in
            [("name", "theirs"), ("corp_id", "dingother"), ("client_id", "other-key"), ("agent_id", "9")]
        {
            theirs[key] = json!(value);
        }
        settings["apps"].as_array_mut().unwrap().push(theirs);
    })
    .await;
    app.db_add("zhangsan", "张三").await;
    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    app
}

#[tokio::test]
async fn an_administrator_syncs_the_own_corp_alone() {
    let app = two_corps().await;
    let mut phone = signed_in(&app, "zhangsan").await;
    let mut tx = app.pools.write().await.unwrap();
    let run = "INSERT INTO sync_runs (corp_id, app, actor, started_at, finished_at, departments, people, plan, applied) \
               VALUES ('dingother', 'theirs', 'somebody', 1, 2, 3, 4, '{}', TRUE)";
    miandeng::db::query(run).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    for app_name in ["theirs", "nobody's"] {
        assert_eq!(posts(&mut phone, "/admin/sync/plan", &[("app", app_name)]).await.status, 404);
    }
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(app.simulator.calls(SUB), 0);
    let plan = checks(&app, &mut phone).await;
    let done = applies(&app, &mut phone, &plan, "").await;
    for page in [&plan, &done, &phone.gets("/admin").await] {
        assert!(!page.body.contains("theirs") && !page.body.contains("somebody"), "{}", page.body);
    }
    let others = "SELECT COUNT(*) FROM users WHERE corp_id = 'dingother'";
    assert_eq!((app.db_count(others).await, people(&app).await), (0, 6));
}

#[tokio::test]
async fn nobody_syncs_without_a_form_of_the_page() {
    let (app, mut phone) = synced().await;
    app.simulator.edit_employee(CORP, "wangwu", |wangwu| wangwu.title = "主管".into());
    let plan = id(&checks(&app, &mut phone).await);
    let mut user = signed_in(&app, "lisi").await;
    for (path, field) in [("/admin/sync/plan", ("app", "oa")), ("/admin/sync/apply", ("plan", plan.as_str()))] {
        assert_eq!(user.posts(path, &[field]).await.status, 403, "{path}: no administrator");
        assert_eq!(phone.posts(path, &[field]).await.status, 403, "{path}: no token");
        assert_eq!(phone.posts(path, &[field, ("token", "00")]).await.status, 403, "{path}: a wrong token");
    }
    assert_eq!(user.gets("/admin/sync").await.status, 403);
    assert_eq!(app.phone("lisi").gets("/admin/sync").await.status, 303);
    for (fields, answer) in [
        (vec![("plan", "0123456789abcdef0123456789abcdef")], "/admin/sync?stale=yes"),
        (vec![("plan", plan.as_str()), ("insist", "maybe")], ""),
        (vec![("plan", "")], ""),
    ] {
        let sent = posts(&mut phone, "/admin/sync/apply", &fields).await;
        assert_eq!(
            (sent.header("location"), sent.status),
            (answer, if answer.is_empty() { 400 } else { 303 }),
            "{fields:?}"
        );
    }
    app.jobs.run(JOB).await.unwrap();
    assert_eq!(runs(&app).await, 1, "only the first");
}

#[tokio::test]
async fn the_page_and_the_doctor_say_whether_events_arrive() {
    let app = with(|settings| settings["apps"][0]["events"] = json!("stream")).await;
    app.simulator.listened_to(CLIENT_ID, 1).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    shows(&phone.gets("/admin/sync").await, &["Stream 模式", "起已连接", "本服务器启动后还没有收到"]);
    let event = DirectoryEvent::of_people("user_modify_org", CORP, &["lisi"]);
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    shows(&phone.gets("/admin/sync").await, &["最近一次 "]);
    posts(&mut phone, "/admin/doctor", &[]).await;
    shows(&phone.gets("/admin/doctor").await, &["事件 oa", "起已连接，最近一次事件"]);

    app.clock.advance(60);
    let event = DirectoryEvent::of_departments("org_dept_modify", CORP, &[110]);
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    app.clock.advance(5);
    shows(&phone.gets("/admin/sync").await, &["即将开始"]);
}

#[tokio::test]
async fn a_stream_that_does_not_stand_is_named_with_its_reason() {
    let app = with(|settings| {
        settings["apps"][0]["events"] = json!("stream");
        settings["dingtalk"]["api_url"] = json!("http://127.0.0.1:9");
    })
    .await;
    let mut phone = signed_in(&app, "zhangsan").await;
    shows(&phone.gets("/admin/sync").await, &["class=\"error\">Stream 模式，未连接"]);
    posts(&mut phone, "/admin/doctor", &[]).await;
    shows(&phone.gets("/admin/doctor").await, &["Stream 未连接", "离职的人要到下次同步才会退出登录"]);
}

#[tokio::test]
async fn the_overview_says_when_the_last_sync_was_and_how_it_ended() {
    let app = with(|settings: &mut Value| settings["apps"][0]["sync_every"] = json!("6h")).await;
    let mut phone = signed_in(&app, "zhangsan").await;
    shows(&phone.gets("/admin").await, &["还没有同步过", "href=\"/admin/sync\""]);
    shows(&phone.gets("/admin/sync").await, &["每 6h", "即将开始"]);
    app.jobs.run("directory-sync").await.unwrap();
    shows(&phone.gets("/admin").await, &["最近一次同步", "新增 4 人、变更 2 人", "系统"]);
    assert!(!phone.gets("/admin/sync").await.body.contains("即将开始"));
}
