use super::*;

#[rocket::async_test]
async fn it_refuses_to_listen_where_others_could_reach_it() {
    let simulator = Simulator::new(Clock::standing(), Company::sample());
    let refused = simulator.start([0, 0, 0, 0].into(), 0).await.expect_err("every address of the machine");
    assert!(refused.to_string().contains("loopback only"), "{refused}");
}

#[rocket::async_test]
async fn a_taken_port_is_an_error_not_a_crash() {
    let world = World::new().await;
    let port = world.running.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let refused = world.simulator.start([127, 0, 0, 1].into(), port).await.expect_err("taken");
    assert!(format!("{refused:#}").contains(&format!("port {port}")), "{refused:#}");
}

#[rocket::async_test]
async fn a_stopped_simulator_frees_its_port_though_an_answer_hangs() {
    let world = World::new().await;
    world.spoil("/gettoken", FaultKind::Hang);
    let hanging = tokio::spawn(world.http.get(world.url("/gettoken")).send());
    crate::harness::until("the call arrives", async || world.simulator.calls("/gettoken") > 0).await;
    let address = world.running.url().trim_start_matches("http://").to_owned();
    tokio::time::timeout(Duration::from_secs(5), world.running.stop()).await.expect("it stops");
    assert!(hanging.await.expect("a task").is_err());
    assert!(tokio::net::TcpListener::bind(address).await.is_ok());
}

#[rocket::async_test]
async fn a_foreign_host_name_that_points_here_is_refused_everywhere() {
    let world = World::new().await;
    let paths = ["/", "/gettoken", "/_simulator/state", "/_client/code", "/_simulator/page/style.css"];
    for path in paths {
        let answer = world.with_header(path, Method::GET, "Host", "evil.example").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let answer = world.with_header("/gettoken", Method::GET, "Host", "localhost:8008").await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[rocket::async_test]
async fn no_page_of_another_origin_reaches_the_controls() {
    let world = World::new().await;
    for (name, value) in
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site")]
    {
        let answer = world.with_header("/_simulator/hold", Method::POST, name, value).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
    assert!(world.post("/_client/code", question.clone()).await["people"].is_array(), "nobody holds the phone");
    let own = world.with_header("/_simulator/hold", Method::POST, "Origin", world.running.url()).await;
    assert_eq!(own.status(), StatusCode::NO_CONTENT);
    assert!(world.post("/_client/code", question).await["code"].is_string());
}
