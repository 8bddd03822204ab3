use super::*;

#[rocket::async_test]
async fn a_code_names_its_person_once() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("zhangsan"));
    let first = world.exchange(&token, &code).await;
    assert_eq!(first["result"]["userid"], "zhangsan");
    assert_eq!(first["result"]["name"], "张三");
    assert_eq!(first["result"]["sys_level"], 1);
    assert!(first["request_id"].is_string());
    let second = world.exchange(&token, &code).await;
    assert_eq!((errcode(&second), text(&second, "errmsg")), (40078, "不存在的临时授权码".into()));
    assert!(second["request_id"].is_string());
}

#[rocket::async_test]
async fn fifty_exchanges_of_one_code_at_once_succeed_once() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("lisi"));
    let answers = futures::future::join_all((0..50).map(|_| world.exchange(&token, &code))).await;
    assert_eq!(answers.iter().filter(|answer| errcode(answer) == 0).count(), 1);
}

#[rocket::async_test]
async fn a_code_dies_after_five_minutes() {
    let world = World::new().await;
    let token = world.token().await;
    let (in_time, too_late) = (world.code_for("lisi"), world.code_for("lisi"));
    world.clock.advance(298);
    assert_eq!(errcode(&world.exchange(&token, &in_time).await), 0);
    world.clock.advance(2);
    assert_eq!(errcode(&world.exchange(&token, &too_late).await), 40078);
}

#[rocket::async_test]
async fn a_code_is_of_no_use_to_another_app() {
    let mut company = Company::sample();
    let mut other = company.corps[0].apps[0].clone();
    other.client_id = "dingother".into();
    company.corps[0].apps.push(other);
    let world = World::with(company).await;
    let token = text(&world.get(&format!("/gettoken?appkey=dingother&appsecret={SECRET}")).await, "access_token");
    assert_eq!(errcode(&world.exchange(&token, &world.code_for("lisi")).await), 40078);
}

#[rocket::async_test]
async fn a_code_may_come_as_form_query_or_json_and_by_the_old_call() {
    let world = World::new().await;
    let token = world.token().await;
    let path = world.url(&format!("/topapi/v2/user/getuserinfo?access_token={token}"));
    let form = world.http.post(&path).form(&[("code", world.code_for("lisi"))]).send().await;
    assert_eq!(json_of(form.expect("an answer")).await["result"]["userid"], "lisi");
    let query = world.http.post(format!("{path}&code={}", world.code_for("lisi"))).send().await;
    assert_eq!(json_of(query.expect("an answer")).await["result"]["userid"], "lisi");
    let old = world.get(&format!("/user/getuserinfo?access_token={token}&code={}", world.code_for("lisi"))).await;
    assert_eq!((text(&old, "userid"), errcode(&old)), ("lisi".into(), 0));
    let empty = world.post(&format!("/topapi/v2/user/getuserinfo?access_token={token}"), json!({})).await;
    assert_eq!(errcode(&empty), 40035);
}

#[rocket::async_test]
async fn nobody_outside_the_organisation_gets_a_code() {
    let world = World::new().await;
    let refused = world.simulator.auth_code(CORP, Some(APP), "union-qianjiu").expect_err("an external contact");
    assert_eq!(refused.error_message, "1002,err msg uid is not in employee for orgid");
    assert_eq!(world.simulator.auth_code("$CORPID$", None, "lisi").expect_err("a literal").error_code, "3");
}
