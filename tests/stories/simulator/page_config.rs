use super::*;

#[rocket::async_test]
async fn a_right_signature_is_accepted_in_either_hash() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let (page, signed) = ("https://h.example/p?n=%E5%BC%A0+x%26#part", "https://h.example/p?n=张 x&");
    assert_eq!(world.config(&ticket, page, signed, json!({})).await, json!({ "ok": true }));
    let plain = format!("jsapi_ticket={ticket}&noncestr=n0nce&timestamp=1700000000&url={signed}");
    let sha1 = json!({ "signature": hex::encode(Sha1::digest(plain)) });
    assert_eq!(world.config(&ticket, page, signed, sha1).await, json!({ "ok": true }));
    let check = world.simulator.config_checks().remove(0);
    assert!(check.accepted());
    assert_eq!(check.url, "https://h.example/p?n=%E5%BC%A0+x%26");
}

#[rocket::async_test]
async fn a_signature_over_another_address_is_refused_with_the_address_that_counts() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    for (page, signed) in [
        ("http://h.example/", "http://h.example"),
        ("http://h.example/", "https://h.example/"),
        ("http://h.example:8080/", "http://h.example/"),
        ("http://h.example/?a=%E5%BC%A0", "http://h.example/?a=%E5%BC%A0"),
        ("http://h.example/?a=1", "http://h.example/"),
    ] {
        let refused = world.config(&ticket, page, signed, json!({})).await;
        let message = text(&refused, "message");
        assert!(message.starts_with("权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n0nce]"), "{message}");
        let shown = page.replace("%E5%BC%A0", "张");
        assert!(message.contains(&format!("timestamp:[1700000000],url:[{shown}],ticketList:[")), "{message}");
        assert!(!message.contains(&ticket), "the ticket is shown only in part: {message}");
        assert_eq!(refused["errorCode"], 3);
    }
    assert_eq!(world.simulator.config_checks().len(), 5);
    assert_eq!(world.simulator.config_checks()[0].code, Some(52013));
}

#[rocket::async_test]
async fn each_wrong_field_of_dd_config_has_a_code_of_its_own() {
    let mut company = Company::sample();
    let mut other = company.corps[0].apps[0].clone();
    (other.client_id, other.agent_id) = ("dingother".into(), "100000002".into());
    company.corps[0].apps.push(other);
    let world = World::with(company).await;
    let ticket = world.ticket().await;
    let page = "https://h.example/";
    for (change, code) in [
        (json!({ "corpId": "dingnone" }), 52010),
        (json!({ "agentId": "100000002" }), 52019),
        (json!({ "agentId": "" }), 52019),
        (json!({ "agentId": "200000001" }), 52019),
        (json!({ "type": 1 }), 52023),
        (json!({ "type": 1, "agentId": "200000001" }), 52019),
        (json!({ "type": 7 }), 52022),
        (json!({ "nonceStr": "" }), 52015),
        (json!({ "signature": "" }), 52016),
        (json!({ "jsApiList": "all" }), 52017),
        (json!({ "timeStamp": "now" }), 52018),
        (json!({ "url": "about:blank" }), 52014),
    ] {
        let message = text(&world.config(&ticket, page, page, change.clone()).await, "message");
        assert!(message.contains(&format!("Code:{code} ")), "{change}: {message}");
    }
    world.simulator.edit_corp(CORP, |corp| corp.channel = None);
    let message = text(&world.config(&ticket, page, page, json!({ "type": 1 })).await, "message");
    assert!(message.contains("Code:52020 "), "{message}");
}

#[rocket::async_test]
async fn a_ticket_that_died_signs_nothing_any_more() {
    let world = World::new().await;
    let page = "https://h.example/";
    let ticket = world.ticket().await;
    world.simulator.void_tickets(CORP);
    let message = text(&world.config(&ticket, page, page, json!({})).await, "message");
    assert!(message.contains("Code:52011 "), "{message}");
    let expired = world.ticket().await;
    world.clock.advance(7200);
    assert!(text(&world.config(&expired, page, page, json!({})).await, "message").contains("Code:52011 "));
}

#[rocket::async_test]
async fn a_service_window_page_is_judged_by_the_service_windows_ticket() {
    let world = World::new().await;
    let token = world.channel_token().await;
    let answer = world.get(&format!("/channel/get_channel_jsapi_ticket?access_token={token}")).await;
    let page = "https://h.example/";
    let change = json!({ "type": 1, "agentId": "200000001" });
    assert_eq!(world.config(&text(&answer, "ticket"), page, page, change).await, json!({ "ok": true }));
}
