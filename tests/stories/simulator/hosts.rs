use super::*;

#[rocket::async_test]
async fn unknown_paths_and_wrong_methods_are_refused_in_the_words_of_their_host() {
    let world = World::new().await;
    assert_eq!(errcode(&world.get("/no/such/path").await), 404);
    assert_eq!(errcode(&world.post("/topapi/none", json!({})).await), 22);
    assert_eq!(errcode(&world.get("/topapi/v2/user/getuserinfo?code=x").await), 43002);
    assert_eq!(errcode(&world.post("/get_jsapi_ticket", json!({})).await), 43001);
    let without_token = world.post("/topapi/v2/user/get", json!({ "userid": "lisi" })).await;
    assert_eq!((errcode(&without_token), text(&without_token, "sub_code")), (88, "40000".into()));
}

#[rocket::async_test]
async fn the_new_host_speaks_in_statuses_and_shares_tokens_with_the_old() {
    let world = World::new().await;
    let answer = world.post("/v1.0/oauth2/accessToken", json!({ "appKey": APP, "appSecret": SECRET })).await;
    let token = text(&answer, "accessToken");
    assert_eq!((answer["expireIn"].as_i64(), token.clone()), (Some(7200), world.token().await));
    let corp_path = format!("/v1.0/oauth2/{CORP}/token");
    let grant = json!({ "client_id": APP, "client_secret": SECRET, "grant_type": "client_credentials" });
    assert_eq!(text(&world.post(&corp_path, grant.clone()).await, "access_token"), token);

    let tickets = world.http.post(world.url("/v1.0/oauth2/jsapiTickets"));
    let answer = tickets.header("x-acs-dingtalk-access-token", &token).send().await.expect("an answer");
    assert_eq!(text(&json_of(answer).await, "jsapiTicket"), world.ticket().await);

    for (path, header, body, status, code) in [
        ("/v1.0/oauth2/accessToken", "", json!({ "appKey": APP, "appSecret": "x" }), 400, "invalidClientIdOrSecret"),
        ("/v1.0/oauth2/jsapiTickets", "wrong", json!({}), 400, "InvalidAuthentication"),
        ("/v1.0/oauth2/jsapiTickets", "", json!({}), 400, "AuthenticationFailed.MissingParameter"),
        ("/v1.0/oauth2/dingnone/token", "", grant, 500, "unknownError"),
        (&corp_path, "", json!({ "grant_type": "password" }), 400, "unsupported.grant.type"),
        (&corp_path, "", json!({ "grant_type": "client_credentials" }), 400, "invalid.client"),
    ] {
        let request = world.http.post(world.url(path)).header("x-acs-dingtalk-access-token", header).json(&body);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(text(&json_of(answer).await, "code"), code, "{path}");
    }
}
