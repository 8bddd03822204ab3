use super::*;

#[rocket::async_test]
async fn the_directory_can_be_walked_from_the_root_to_every_employee() {
    let world = World::new().await;
    let token = world.token().await;
    let (mut waiting, mut found) = (vec![1], std::collections::BTreeSet::new());
    while let Some(dept_id) = waiting.pop() {
        let below = format!("/topapi/v2/department/listsub?access_token={token}");
        let below = world.post(&below, json!({ "dept_id": dept_id })).await;
        waiting.extend(below["result"].as_array().expect("departments").iter().filter_map(|d| d["dept_id"].as_i64()));
        let mut cursor = json!(0);
        loop {
            let page = format!("/topapi/v2/user/list?access_token={token}");
            let page = world.post(&page, json!({ "dept_id": dept_id, "cursor": cursor, "size": 1 })).await;
            let list = page["result"]["list"].as_array().expect("people").clone();
            found.extend(list.iter().map(|person| text(person, "userid")));
            if page["result"]["has_more"] == false {
                break;
            }
            cursor = page["result"]["next_cursor"].clone();
        }
    }
    let all = ["lisi", "sunqi", "wangwu", "zhangsan", "zhaoliu", "zhouba"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

#[rocket::async_test]
async fn what_is_out_of_scope_or_not_permitted_is_refused_or_left_out() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].authed_depts = vec![110];
        corp.apps[0].user_fields.clear();
        corp.apps[0].denied_permissions = vec!["qyapi_get_member".into()];
    });
    let token = world.token().await;
    let get = |userid: &str| {
        let body = json!({ "userid": userid });
        let path = format!("/topapi/v2/user/get?access_token={token}");
        let world = &world;
        async move { world.post(&path, body).await }
    };
    assert_eq!(errcode(&get("zhangsan").await), 50002);
    assert_eq!(errcode(&get("nobody").await), 60121);
    let wangwu = get("wangwu").await;
    assert_eq!(wangwu["result"]["unionid"], "union-wangwu");
    assert!(wangwu["result"].get("mobile").is_none(), "{wangwu}");
    let root = world.post(&format!("/topapi/v2/department/listsub?access_token={token}"), json!({})).await;
    assert_eq!(errcode(&root), 50004);
    let ids = world.post(&format!("/topapi/user/listid?access_token={token}"), json!({ "dept_id": 110 })).await;
    assert_eq!(text(&ids, "sub_code"), "60011");
    let scopes = world.get(&format!("/auth/scopes?access_token={token}")).await;
    assert_eq!(scopes["auth_org_scopes"]["authed_dept"], json!([110]));
}

#[rocket::async_test]
async fn a_unionid_says_whether_its_person_works_here_is_outside_or_unknown() {
    let world = World::new().await;
    let token = world.token().await;
    let path = format!("/topapi/user/getbyunionid?access_token={token}");
    let inside = world.post(&path, json!({ "unionid": "union-wangwu" })).await;
    assert_eq!(inside["result"], json!({ "contact_type": 0, "userid": "wangwu" }));
    let outside = world.post(&path, json!({ "unionid": "union-qianjiu" })).await;
    assert_eq!(outside["result"]["contact_type"], 1);
    assert_eq!(errcode(&world.post(&path, json!({ "unionid": "union-wushi" })).await), 60121);
    let old = world.get(&format!("/user/getUseridByUnionid?access_token={token}&unionid=union-wangwu")).await;
    assert_eq!((old["contactType"].as_i64(), text(&old, "userid")), (Some(0), "wangwu".into()));
}

#[rocket::async_test]
async fn somebody_who_was_let_go_is_gone_at_once_also_for_a_code_in_flight() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("lisi"));
    world.simulator.remove_employee(CORP, "lisi");
    assert_eq!(errcode(&world.exchange(&token, &code).await), 40078);
    let new =
        Employee { userid: "new".into(), unionid: "union-new".into(), name: "新人".into(), ..Employee::default() };
    world.simulator.add_employee(CORP, new);
    world.simulator.edit_employee(CORP, "new", |employee| employee.title = "实习".into());
    let found = world.post(&format!("/topapi/v2/user/get?access_token={token}"), json!({ "userid": "new" })).await;
    assert_eq!((found["result"]["title"].as_str(), &found["result"]["dept_id_list"]), (Some("实习"), &json!([1])));
}
