use super::*;

#[rocket::async_test]
async fn a_token_asked_for_again_is_the_same_and_lives_on_from_then() {
    let world = World::new().await;
    let first = world.token().await;
    world.clock.advance(7000);
    assert_eq!(world.token().await, first);
    world.clock.advance(7000);
    let scopes = world.get(&format!("/auth/scopes?access_token={first}")).await;
    assert_eq!(errcode(&scopes), 0, "renewed 7000 seconds ago: {scopes}");
}

#[rocket::async_test]
async fn a_token_dies_after_7200_seconds_and_a_new_one_takes_its_place() {
    let world = World::new().await;
    let first = world.token().await;
    world.clock.advance(7200);
    assert_eq!(errcode(&world.get(&format!("/auth/scopes?access_token={first}")).await), 42001);
    assert_ne!(world.token().await, first);
}

#[rocket::async_test]
async fn a_voided_token_is_refused_as_one_that_never_was() {
    let world = World::new().await;
    let token = world.token().await;
    world.simulator.void_tokens(CORP);
    assert_eq!(errcode(&world.exchange(&token, &world.code_for("lisi")).await), 40014);
    assert_eq!(errcode(&world.exchange("never", "x").await), 40014);
    assert_ne!(world.token().await, token);
}

#[rocket::async_test]
async fn a_ticket_is_renewed_but_never_beyond_a_day() {
    let world = World::new().await;
    let first = world.ticket().await;
    for _ in 0..13 {
        world.clock.advance(6600);
        assert_eq!(world.ticket().await, first);
    }
    let token = world.token().await;
    let answer = world.get(&format!("/get_jsapi_ticket?access_token={token}")).await;
    assert_eq!(answer["expires_in"].as_i64(), Some(24 * 3600 - 13 * 6600));
    world.clock.advance(600);
    assert_ne!(world.ticket().await, first);
}

#[rocket::async_test]
async fn wrong_credentials_get_the_errcode_of_their_kind() {
    let world = World::new().await;
    for (path, code) in [
        ("/gettoken".into(), 40035),
        (format!("/gettoken?appkey={APP}&appsecret=wrong"), 40096),
        (format!("/gettoken?appkey={APP}"), 41004),
        (format!("/gettoken?corpid={CORP}&corpsecret=wrong"), 40089),
        (format!("/channel/get_channel_token?corpid={CORP}&channel_secret=wrong"), 40089),
        ("/get_jsapi_ticket".into(), 41001),
    ] {
        assert_eq!(errcode(&world.get(&path).await), code, "{path}");
    }
}

#[rocket::async_test]
async fn the_old_pair_of_corpid_and_corpsecret_gives_a_token_without_a_lifetime() {
    let world = World::new().await;
    let answer = world.get(&format!("/gettoken?corpid={CORP}&corpsecret=sample-corp-secret")).await;
    assert!(answer.get("expires_in").is_none(), "{answer}");
    let token = text(&answer, "access_token");
    assert_eq!(world.exchange(&token, &world.code_for("lisi")).await["result"]["userid"], "lisi");
}

#[rocket::async_test]
async fn the_keys_of_an_app_that_was_never_published_are_refused() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].published = false);
    assert_eq!(errcode(&world.get(&format!("/gettoken?appkey={APP}&appsecret={SECRET}")).await), 40096);
}

#[rocket::async_test]
async fn an_address_that_is_not_listed_gets_a_token_but_no_further() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].egress_ips = vec!["203.0.113.*".into()]);
    let token = world.token().await;
    let plain = world.get(&format!("/get_jsapi_ticket?access_token={token}")).await;
    assert_eq!(errcode(&plain), 60020);
    assert!(text(&plain, "errmsg").contains("request ip=127.0.0.1 appKey(dingsampleclientid01)"), "{plain}");
    let gateway = world.exchange(&token, "x").await;
    assert_eq!((errcode(&gateway), text(&gateway, "sub_code")), (88, "60020".into()));
}
