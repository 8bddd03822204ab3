use super::*;

#[rocket::async_test]
async fn a_service_window_code_names_a_follower_and_little_of_one_who_left() {
    let world = World::new().await;
    let token = world.channel_token().await;
    let by_code = |openid: &str| {
        let code = world.simulator.channel_code(CORP, openid).expect("known to the service window");
        let path = format!("/channel/user/get_by_code?access_token={token}&code={code}");
        let world = &world;
        async move { (world.get(&path).await, world.get(&path).await) }
    };
    let (first, again) = by_code("open-wangwu").await;
    assert_eq!((text(&first, "unionid"), first["subscribe"].as_i64()), ("union-wangwu".into(), Some(1)));
    assert_eq!(errcode(&again), 40078);
    let (gone, _) = by_code("open-wushi").await;
    assert_eq!((text(&gone, "unionid"), gone["subscribe"].as_i64()), (String::new(), Some(0)));
    let path = format!("/channel/user/get_by_openid?access_token={token}&openid=open-qianjiu");
    assert_eq!(text(&world.get(&path).await, "nickname"), "钱九");
}

#[rocket::async_test]
async fn tokens_and_codes_of_a_service_window_and_of_an_app_do_not_mix() {
    let world = World::new().await;
    let (app, channel) = (world.token().await, world.channel_token().await);
    let unionid = json!({ "unionid": "union-wangwu" });
    let wrong = world.post(&format!("/topapi/user/getbyunionid?access_token={channel}"), unionid).await;
    assert_eq!(errcode(&wrong), 40014);
    assert_eq!(errcode(&world.get(&format!("/get_jsapi_ticket?access_token={channel}")).await), 40014);
    assert_eq!(errcode(&world.get(&format!("/channel/get_channel_jsapi_ticket?access_token={app}")).await), 40014);
    let code = world.simulator.channel_code(CORP, "open-wangwu").expect("a follower");
    assert_eq!(errcode(&world.exchange(&app, &code).await), 40078);
    let path = format!("/channel/user/get_by_code?access_token={channel}&code={}", world.code_for("wangwu"));
    assert_eq!(errcode(&world.get(&path).await), 40078);
}
