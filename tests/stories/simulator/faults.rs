use super::*;

#[rocket::async_test]
async fn a_fault_spoils_as_many_calls_as_asked_and_then_all_is_well() {
    let world = World::new().await;
    let kind = FaultKind::Errcode { code: 90018, text: "慢一点".into() };
    world.simulator.fault(Fault {
        path: "/gettoken".into(),
        times: 2,
        corp_id: None,
        client_id: Some(APP.into()),
        kind,
    });
    let path = format!("/gettoken?appkey={APP}&appsecret={SECRET}");
    assert_eq!(errcode(&world.get("/gettoken?appkey=other&appsecret=x").await), 40096, "the fault is not for others");
    assert_eq!(errcode(&world.get(&path).await), 90018);
    assert_eq!(errcode(&world.get(&path).await), 90018);
    assert_eq!(errcode(&world.get(&path).await), 0);
    assert_eq!((world.simulator.calls("/gettoken"), world.simulator.calls_of("/gettoken", APP)), (4, 3));
    world.simulator.reset_calls();
    assert_eq!(world.simulator.calls("/gettoken"), 0);
}

#[rocket::async_test]
async fn a_code_that_met_a_fault_is_not_spent() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("lisi"));
    world.spoil("/topapi/*", FaultKind::SubCode { sub_code: "60011".into(), sub_msg: "没有权限".into() });
    let refused = world.exchange(&token, &code).await;
    assert_eq!((errcode(&refused), text(&refused, "sub_code")), (88, "60011".into()));
    assert_eq!(text(&refused, "errmsg"), "ding talk error[subcode=60011,submsg=没有权限]");
    assert_eq!(errcode(&world.exchange(&token, &code).await), 0);
}

#[rocket::async_test]
async fn every_answer_that_can_be_spoilt_is() {
    let world = World::new().await;
    let get = || world.http.get(world.url("/gettoken")).timeout(Duration::from_millis(300)).send();
    world.spoil("/gettoken", FaultKind::Banned);
    assert_eq!(world.get("/gettoken").await["status"], 1111);
    world.spoil("/gettoken", FaultKind::Html);
    assert!(get().await.expect("a page").text().await.expect("a page").contains("<html>"));
    world.spoil("/gettoken", FaultKind::Status(502));
    assert_eq!(get().await.expect("an answer").status(), StatusCode::BAD_GATEWAY);
    world.spoil("/gettoken", FaultKind::Garbage);
    let garbage = get().await.expect("an answer").text().await.expect("text");
    assert!(serde_json::from_str::<Value>(&garbage).is_err());
    world.spoil("/gettoken", FaultKind::Body("[1]".into()));
    assert_eq!(world.get("/gettoken").await, json!([1]));
    world.spoil("/gettoken", FaultKind::Redirect("http://127.0.0.1:9/".into()));
    assert_eq!(get().await.expect("an answer").headers()["location"], "http://127.0.0.1:9/");
    world.spoil("/gettoken", FaultKind::Hang);
    assert!(get().await.expect_err("silence").is_timeout());
    world.spoil("/gettoken", FaultKind::Delay(2000));
    assert!(get().await.expect_err("too late").is_timeout());
    world.spoil("/gettoken", FaultKind::Reset);
    let reset = get().await.expect_err("no answer");
    assert!(!reset.is_timeout() && reset.is_request(), "{reset:?}");
    world.spoil("/gettoken", FaultKind::Endless);
    assert!(get().await.expect("headers").bytes().await.expect_err("no end").is_timeout());
    world.spoil("/gettoken", FaultKind::Drip { every_ms: 20 });
    assert!(get().await.expect("headers").bytes().await.expect_err("no end").is_timeout());
    world.spoil("/gettoken", FaultKind::RandomDelay { up_to_ms: 5 });
    assert_eq!(errcode(&world.get("/gettoken").await), 40035);
    world.simulator.fault(Fault {
        path: "*".into(),
        times: usize::MAX,
        corp_id: None,
        client_id: None,
        kind: FaultKind::Banned,
    });
    for _ in 0..5 {
        assert_eq!(world.get("/gettoken").await["status"], 1111);
    }
    world.simulator.clear_faults();
    assert_eq!(errcode(&world.get("/gettoken").await), 40035);
}
