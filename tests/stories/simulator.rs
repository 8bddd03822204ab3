//! The simulated DingTalk, asked over real HTTP: it must be right, or every other story proves nothing.

use std::{sync::Once, time::Duration};

use miandeng::{
    clock::Clock,
    simulator::{Company, Employee, Fault, FaultKind, Running, Simulator},
};
use reqwest::{Client, Method, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

const CORP: &str = "dingsamplecorp00000001";
const APP: &str = "dingsampleclientid01";
const SECRET: &str = "sample-client-secret";
const AGENT: &str = "100000001";

/// A simulator on a port of its own, its clock, and a program that talks to it.
struct World {
    simulator: Simulator,
    clock: Clock,
    running: Running,
    http: Client,
}

impl World {
    async fn new() -> Self {
        Self::with(Company::sample()).await
    }

    async fn with(company: Company) -> Self {
        static CRYPTO: Once = Once::new();
        CRYPTO.call_once(|| {
            // Another story of this binary may have been first.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let clock = Clock::system();
        let simulator = Simulator::new(clock.clone(), company);
        let running = simulator.start([127, 0, 0, 1].into(), 0).await.expect("a free port");
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            simulator,
            clock,
            running,
            http,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    async fn get(&self, path: &str) -> Value {
        json_of(self.http.get(self.url(path)).send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        json_of(
            self.http
                .post(self.url(path))
                .json(&body)
                .send()
                .await
                .expect("an answer"),
        )
        .await
    }

    async fn token(&self) -> String {
        text(
            &self.get(&format!("/gettoken?appkey={APP}&appsecret={SECRET}")).await,
            "access_token",
        )
    }

    async fn channel_token(&self) -> String {
        let path = format!("/channel/get_channel_token?corpid={CORP}&channel_secret=sample-channel-secret");
        text(&self.get(&path).await, "access_token")
    }

    async fn ticket(&self) -> String {
        text(
            &self
                .get(&format!("/get_jsapi_ticket?access_token={}", self.token().await))
                .await,
            "ticket",
        )
    }

    /// The v2 exchange of a code.
    async fn exchange(&self, token: &str, code: &str) -> Value {
        self.post(
            &format!("/topapi/v2/user/getuserinfo?access_token={token}"),
            json!({ "code": code }),
        )
        .await
    }

    fn code_for(&self, userid: &str) -> String {
        self.simulator
            .auth_code(CORP, Some(APP), userid)
            .expect("an employee of the sample")
    }

    fn spoil(&self, path: &str, kind: FaultKind) {
        self.simulator.fault(Fault {
            path: path.into(),
            times: 1,
            corp_id: None,
            client_id: None,
            kind,
        });
    }

    async fn with_header(&self, path: &str, method: Method, name: &str, value: &str) -> Response {
        let request = self.http.request(method, self.url(path)).header(name, value);
        let request = request.json(&json!({ "userid": "lisi" }));
        request.send().await.expect("an answer")
    }

    /// What dd.config gets for a page at `url` that signs `signed_url`.
    async fn config(&self, ticket: &str, url: &str, signed_url: &str, change: Value) -> Value {
        let plain = format!("jsapi_ticket={ticket}&noncestr=n0nce&timestamp=1700000000&url={signed_url}");
        let mut config = json!({
            "corpId": CORP, "agentId": AGENT, "timeStamp": 1_700_000_000, "nonceStr": "n0nce", "type": 0,
            "jsApiList": [], "url": url, "signature": hex::encode(Sha256::digest(plain)),
        });
        for (name, value) in change.as_object().expect("changed fields") {
            config[name] = value.clone();
        }
        self.post("/_client/config", config).await
    }
}

async fn json_of(response: Response) -> Value {
    let body = response.text().await.expect("a whole body");
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("not JSON: {body}"))
}

fn text(value: &Value, field: &str) -> String {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}

fn errcode(value: &Value) -> i64 {
    value["errcode"]
        .as_i64()
        .unwrap_or_else(|| panic!("no errcode in {value}"))
}

// ---- Tokens and tickets

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
    assert_eq!(
        errcode(&world.get(&format!("/auth/scopes?access_token={first}")).await),
        42001
    );
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
        (
            format!("/channel/get_channel_token?corpid={CORP}&channel_secret=wrong"),
            40089,
        ),
        ("/get_jsapi_ticket".into(), 41001),
    ] {
        assert_eq!(errcode(&world.get(&path).await), code, "{path}");
    }
}

#[rocket::async_test]
async fn the_old_pair_of_corpid_and_corpsecret_gives_a_token_without_a_lifetime() {
    let world = World::new().await;
    let answer = world
        .get(&format!("/gettoken?corpid={CORP}&corpsecret=sample-corp-secret"))
        .await;
    assert!(answer.get("expires_in").is_none(), "{answer}");
    let token = text(&answer, "access_token");
    assert_eq!(
        world.exchange(&token, &world.code_for("lisi")).await["result"]["userid"],
        "lisi"
    );
}

#[rocket::async_test]
async fn the_keys_of_an_app_that_was_never_published_are_refused() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].published = false);
    assert_eq!(
        errcode(&world.get(&format!("/gettoken?appkey={APP}&appsecret={SECRET}")).await),
        40096
    );
}

#[rocket::async_test]
async fn an_address_that_is_not_listed_gets_a_token_but_no_further() {
    let world = World::new().await;
    world
        .simulator
        .edit_corp(CORP, |corp| corp.apps[0].egress_ips = vec!["203.0.113.*".into()]);
    let token = world.token().await;
    let plain = world.get(&format!("/get_jsapi_ticket?access_token={token}")).await;
    assert_eq!(errcode(&plain), 60020);
    assert!(
        text(&plain, "errmsg").contains("request ip=127.0.0.1 appKey(dingsampleclientid01)"),
        "{plain}"
    );
    let gateway = world.exchange(&token, "x").await;
    assert_eq!((errcode(&gateway), text(&gateway, "sub_code")), (88, "60020".into()));
}

// ---- Codes

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
    assert_eq!(
        (errcode(&second), text(&second, "errmsg")),
        (40078, "不存在的临时授权码".into())
    );
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
    let token = text(
        &world
            .get(&format!("/gettoken?appkey=dingother&appsecret={SECRET}"))
            .await,
        "access_token",
    );
    assert_eq!(errcode(&world.exchange(&token, &world.code_for("lisi")).await), 40078);
}

#[rocket::async_test]
async fn a_code_may_come_as_form_query_or_json_and_by_the_old_call() {
    let world = World::new().await;
    let token = world.token().await;
    let path = world.url(&format!("/topapi/v2/user/getuserinfo?access_token={token}"));
    let form = world
        .http
        .post(&path)
        .form(&[("code", world.code_for("lisi"))])
        .send()
        .await;
    assert_eq!(json_of(form.expect("an answer")).await["result"]["userid"], "lisi");
    let query = world
        .http
        .post(format!("{path}&code={}", world.code_for("lisi")))
        .send()
        .await;
    assert_eq!(json_of(query.expect("an answer")).await["result"]["userid"], "lisi");
    let old = world
        .get(&format!(
            "/user/getuserinfo?access_token={token}&code={}",
            world.code_for("lisi")
        ))
        .await;
    assert_eq!((text(&old, "userid"), errcode(&old)), ("lisi".into(), 0));
    let empty = world
        .post(&format!("/topapi/v2/user/getuserinfo?access_token={token}"), json!({}))
        .await;
    assert_eq!(errcode(&empty), 40035);
}

#[rocket::async_test]
async fn nobody_outside_the_organisation_gets_a_code() {
    let world = World::new().await;
    let refused = world
        .simulator
        .auth_code(CORP, Some(APP), "union-qianjiu")
        .expect_err("an external contact");
    assert_eq!(refused.error_message, "1002,err msg uid is not in employee for orgid");
    assert_eq!(
        world
            .simulator
            .auth_code("$CORPID$", None, "lisi")
            .expect_err("a literal")
            .error_code,
        "3"
    );
}

// ---- Shapes and paths

#[rocket::async_test]
async fn unknown_paths_and_wrong_methods_are_refused_in_the_words_of_their_host() {
    let world = World::new().await;
    assert_eq!(errcode(&world.get("/no/such/path").await), 404);
    assert_eq!(errcode(&world.post("/topapi/none", json!({})).await), 22);
    assert_eq!(errcode(&world.get("/topapi/v2/user/getuserinfo?code=x").await), 43002);
    assert_eq!(errcode(&world.post("/get_jsapi_ticket", json!({})).await), 43001);
    let without_token = world.post("/topapi/v2/user/get", json!({ "userid": "lisi" })).await;
    assert_eq!(
        (errcode(&without_token), text(&without_token, "sub_code")),
        (88, "40000".into())
    );
}

#[rocket::async_test]
async fn the_new_host_speaks_in_statuses_and_shares_tokens_with_the_old() {
    let world = World::new().await;
    let answer = world
        .post(
            "/v1.0/oauth2/accessToken",
            json!({ "appKey": APP, "appSecret": SECRET }),
        )
        .await;
    let token = text(&answer, "accessToken");
    assert_eq!(
        (answer["expireIn"].as_i64(), token.clone()),
        (Some(7200), world.token().await)
    );
    let corp_path = format!("/v1.0/oauth2/{CORP}/token");
    let grant = json!({ "client_id": APP, "client_secret": SECRET, "grant_type": "client_credentials" });
    assert_eq!(
        text(&world.post(&corp_path, grant.clone()).await, "access_token"),
        token
    );

    let tickets = world.http.post(world.url("/v1.0/oauth2/jsapiTickets"));
    let answer = tickets
        .header("x-acs-dingtalk-access-token", &token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(text(&json_of(answer).await, "jsapiTicket"), world.ticket().await);

    for (path, header, body, status, code) in [
        (
            "/v1.0/oauth2/accessToken",
            "",
            json!({ "appKey": APP, "appSecret": "x" }),
            400,
            "invalidClientIdOrSecret",
        ),
        (
            "/v1.0/oauth2/jsapiTickets",
            "wrong",
            json!({}),
            400,
            "InvalidAuthentication",
        ),
        (
            "/v1.0/oauth2/jsapiTickets",
            "",
            json!({}),
            400,
            "AuthenticationFailed.MissingParameter",
        ),
        ("/v1.0/oauth2/dingnone/token", "", grant, 500, "unknownError"),
        (
            &corp_path,
            "",
            json!({ "grant_type": "password" }),
            400,
            "unsupported.grant.type",
        ),
        (
            &corp_path,
            "",
            json!({ "grant_type": "client_credentials" }),
            400,
            "invalid.client",
        ),
    ] {
        let request = world
            .http
            .post(world.url(path))
            .header("x-acs-dingtalk-access-token", header)
            .json(&body);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(text(&json_of(answer).await, "code"), code, "{path}");
    }
}

// ---- People and departments

#[rocket::async_test]
async fn the_directory_can_be_walked_from_the_root_to_every_employee() {
    let world = World::new().await;
    let token = world.token().await;
    let (mut waiting, mut found) = (vec![1], std::collections::BTreeSet::new());
    while let Some(dept_id) = waiting.pop() {
        let below = format!("/topapi/v2/department/listsub?access_token={token}");
        let below = world.post(&below, json!({ "dept_id": dept_id })).await;
        waiting.extend(
            below["result"]
                .as_array()
                .expect("departments")
                .iter()
                .filter_map(|d| d["dept_id"].as_i64()),
        );
        let mut cursor = json!(0);
        loop {
            let page = format!("/topapi/v2/user/list?access_token={token}");
            let page = world
                .post(&page, json!({ "dept_id": dept_id, "cursor": cursor, "size": 1 }))
                .await;
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
    let root = world
        .post(
            &format!("/topapi/v2/department/listsub?access_token={token}"),
            json!({}),
        )
        .await;
    assert_eq!(errcode(&root), 50004);
    let ids = world
        .post(
            &format!("/topapi/user/listid?access_token={token}"),
            json!({ "dept_id": 110 }),
        )
        .await;
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
    assert_eq!(
        errcode(&world.post(&path, json!({ "unionid": "union-wushi" })).await),
        60121
    );
    let old = world
        .get(&format!(
            "/user/getUseridByUnionid?access_token={token}&unionid=union-wangwu"
        ))
        .await;
    assert_eq!(
        (old["contactType"].as_i64(), text(&old, "userid")),
        (Some(0), "wangwu".into())
    );
}

#[rocket::async_test]
async fn somebody_who_was_let_go_is_gone_at_once_also_for_a_code_in_flight() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("lisi"));
    world.simulator.remove_employee(CORP, "lisi");
    assert_eq!(errcode(&world.exchange(&token, &code).await), 40078);
    let new = Employee {
        userid: "new".into(),
        unionid: "union-new".into(),
        name: "新人".into(),
        ..Employee::default()
    };
    world.simulator.add_employee(CORP, new);
    world
        .simulator
        .edit_employee(CORP, "new", |employee| employee.title = "实习".into());
    let found = world
        .post(
            &format!("/topapi/v2/user/get?access_token={token}"),
            json!({ "userid": "new" }),
        )
        .await;
    assert_eq!(
        (found["result"]["title"].as_str(), &found["result"]["dept_id_list"]),
        (Some("实习"), &json!([1]))
    );
}

// ---- The service window

#[rocket::async_test]
async fn a_service_window_code_names_a_follower_and_little_of_one_who_left() {
    let world = World::new().await;
    let token = world.channel_token().await;
    let by_code = |openid: &str| {
        let code = world
            .simulator
            .channel_code(CORP, openid)
            .expect("known to the service window");
        let path = format!("/channel/user/get_by_code?access_token={token}&code={code}");
        let world = &world;
        async move { (world.get(&path).await, world.get(&path).await) }
    };
    let (first, again) = by_code("open-wangwu").await;
    assert_eq!(
        (text(&first, "unionid"), first["subscribe"].as_i64()),
        ("union-wangwu".into(), Some(1))
    );
    assert_eq!(errcode(&again), 40078);
    let (gone, _) = by_code("open-wushi").await;
    assert_eq!(
        (text(&gone, "unionid"), gone["subscribe"].as_i64()),
        (String::new(), Some(0))
    );
    let path = format!("/channel/user/get_by_openid?access_token={token}&openid=open-qianjiu");
    assert_eq!(text(&world.get(&path).await, "nickname"), "钱九");
}

#[rocket::async_test]
async fn tokens_and_codes_of_a_service_window_and_of_an_app_do_not_mix() {
    let world = World::new().await;
    let (app, channel) = (world.token().await, world.channel_token().await);
    let unionid = json!({ "unionid": "union-wangwu" });
    let wrong = world
        .post(&format!("/topapi/user/getbyunionid?access_token={channel}"), unionid)
        .await;
    assert_eq!(errcode(&wrong), 40014);
    assert_eq!(
        errcode(&world.get(&format!("/get_jsapi_ticket?access_token={channel}")).await),
        40014
    );
    assert_eq!(
        errcode(
            &world
                .get(&format!("/channel/get_channel_jsapi_ticket?access_token={app}"))
                .await
        ),
        40014
    );
    let code = world.simulator.channel_code(CORP, "open-wangwu").expect("a follower");
    assert_eq!(errcode(&world.exchange(&app, &code).await), 40078);
    let path = format!(
        "/channel/user/get_by_code?access_token={channel}&code={}",
        world.code_for("wangwu")
    );
    assert_eq!(errcode(&world.get(&path).await), 40078);
}

// ---- dd.config

#[rocket::async_test]
async fn a_right_signature_is_accepted_in_either_hash() {
    let world = World::new().await;
    let ticket = world.ticket().await;
    let (page, signed) = (
        "https://h.example/p?n=%E5%BC%A0+x%26#part",
        "https://h.example/p?n=张 x&",
    );
    assert_eq!(
        world.config(&ticket, page, signed, json!({})).await,
        json!({ "ok": true })
    );
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
        assert!(
            message.starts_with("权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n0nce]"),
            "{message}"
        );
        let shown = page.replace("%E5%BC%A0", "张");
        assert!(
            message.contains(&format!("timestamp:[1700000000],url:[{shown}],ticketList:[")),
            "{message}"
        );
        assert!(
            !message.contains(&ticket),
            "the ticket is shown only in part: {message}"
        );
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
    let message = text(
        &world.config(&ticket, page, page, json!({ "type": 1 })).await,
        "message",
    );
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
    let answer = world
        .get(&format!("/channel/get_channel_jsapi_ticket?access_token={token}"))
        .await;
    let page = "https://h.example/";
    let change = json!({ "type": 1, "agentId": "200000001" });
    assert_eq!(
        world.config(&text(&answer, "ticket"), page, page, change).await,
        json!({ "ok": true })
    );
}

// ---- The client's side of a page

#[rocket::async_test]
async fn a_page_gets_a_code_for_whoever_holds_the_phone() {
    let world = World::new().await;
    let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
    let people = world.post("/_client/code", question.clone()).await;
    assert_eq!(people["people"][0]["name"], "张三");
    let mut chosen = question.clone();
    chosen["person"] = json!("wangwu");
    assert!(world.post("/_client/code", chosen).await["code"].is_string());
    let code = text(&world.post("/_client/code", question.clone()).await, "code");
    assert_eq!(
        world.exchange(&world.token().await, &code).await["result"]["userid"],
        "wangwu"
    );
    world.simulator.hold(Some("open-qianjiu"));
    let refused = world.post("/_client/code", question).await;
    assert_eq!(refused["errorMessage"], "1002,err msg uid is not in employee for orgid");
    let channel = json!({ "kind": "channel", "corpId": CORP, "url": "https://h.example/" });
    assert!(world.post("/_client/code", channel).await["code"].is_string());
}

#[rocket::async_test]
async fn a_page_on_a_host_that_no_app_has_registered_gets_no_code() {
    let world = World::new().await;
    world.simulator.hold(Some("lisi"));
    world
        .simulator
        .edit_corp(CORP, |corp| corp.apps[0].domains = vec!["oa.example.com".into()]);
    let ask = |corp_id: &str, url: &str| {
        let question = json!({ "kind": "employee", "corpId": corp_id, "url": url });
        let world = &world;
        async move { world.post("/_client/code", question).await }
    };
    let refused = ask(CORP, "https://test.example.com/").await;
    assert_eq!(
        refused,
        json!({ "errorCode": "3", "errorMessage": "对应企业没有test.example.com域名微应用" })
    );
    assert!(ask(CORP, "https://oa.example.com/x").await["code"].is_string());
    assert_eq!(
        ask("", "https://oa.example.com/").await["errorMessage"],
        "1002 , corpId or redirectURI is blank"
    );
    assert_eq!(
        ask("$CORPID$", "https://oa.example.com/").await["errorMessage"],
        "1002,corpId不合法"
    );
}

#[rocket::async_test]
async fn of_several_apps_the_page_gets_a_code_for_the_one_it_names() {
    let mut company = Company::sample();
    let mut other = company.corps[0].apps[0].clone();
    (other.client_id, other.agent_id) = ("dingother".into(), "100000002".into());
    company.corps[0].apps.push(other);
    let world = World::with(company).await;
    world.simulator.hold(Some("lisi"));
    let other = text(
        &world
            .get(&format!("/gettoken?appkey=dingother&appsecret={SECRET}"))
            .await,
        "access_token",
    );
    for (question, for_other) in [
        (
            json!({ "kind": "employee", "corpId": CORP, "url": "https://h/?agentid=100000002" }),
            true,
        ),
        (
            json!({ "kind": "employee", "corpId": CORP, "url": "https://h/", "clientId": "dingother" }),
            true,
        ),
        (
            json!({ "kind": "employee", "corpId": CORP, "url": "https://h/" }),
            false,
        ),
    ] {
        let code = text(&world.post("/_client/code", question.clone()).await, "code");
        let fits = errcode(&world.exchange(&other, &code).await) == 0;
        assert_eq!(fits, for_other, "{question}");
    }
}

#[rocket::async_test]
async fn pages_of_any_origin_may_ask_but_not_on_behalf_of_another_page() {
    let world = World::new().await;
    world.simulator.hold(Some("lisi"));
    let ask = |origin: &str| {
        let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
        world
            .http
            .post(world.url("/_client/code"))
            .header("Origin", origin)
            .json(&question)
            .send()
    };
    let answer = ask("https://h.example").await.expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(json_of(answer).await["code"].is_string());
    assert!(
        json_of(ask("https://evil.example").await.expect("an answer"))
            .await
            .get("code")
            .is_none()
    );
}

#[rocket::async_test]
async fn the_script_knows_where_it_came_from() {
    let world = World::new().await;
    let path = world.url("/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js");
    let script = world.http.get(path).send().await.expect("an answer");
    assert!(
        script.headers()["content-type"]
            .to_str()
            .expect("text")
            .contains("javascript")
    );
    let script = script.text().await.expect("a script");
    assert!(script.contains(&format!("'{}'", world.running.url())));
    assert!(!script.contains("{{"), "nothing is left to fill in");
}

// ---- Sign-in in the browser

#[rocket::async_test]
async fn a_browser_sign_in_leads_back_with_a_code_that_names_the_person() {
    let world = World::new().await;
    let start = |scope: &str| {
        world.url(&format!(
            "/oauth2/auth?client_id={APP}&response_type=code&scope={scope}&state=a%26b&prompt=consent\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1"
        ))
    };
    let page = world.http.get(start("openid%20corpid")).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("a page").contains("simulated_person=wangwu"));

    world.simulator.hold(Some("wangwu"));
    let back = location(
        world
            .http
            .get(start("openid%20corpid"))
            .send()
            .await
            .expect("a redirect"),
    );
    let query: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!((query["x"].as_str(), query["state"].as_str()), ("1", "a&b"));
    assert_eq!(query["code"], query["authCode"]);
    let exchange = json!({
        "clientId": APP, "clientSecret": SECRET, "code": query["authCode"], "grantType": "authorization_code",
    });
    let person = world.post("/v1.0/oauth2/userAccessToken", exchange.clone()).await;
    assert_eq!(
        (text(&person, "corpId"), person["expireIn"].as_i64()),
        (CORP.into(), Some(7200))
    );
    let spent = world.post("/v1.0/oauth2/userAccessToken", exchange).await;
    assert_eq!(text(&spent, "code"), "invalidParameter.authCode.notFound");

    let me = |token: String| {
        world
            .http
            .get(world.url("/v1.0/contact/users/me"))
            .header("x-acs-dingtalk-access-token", token)
            .send()
    };
    let known = json_of(me(text(&person, "accessToken")).await.expect("an answer")).await;
    assert_eq!(
        (text(&known, "unionId"), text(&known, "nick")),
        ("union-wangwu".into(), "王五".into())
    );
    let app = me(world.token().await).await.expect("an answer");
    assert_eq!(app.status(), StatusCode::BAD_REQUEST);
    world.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].denied_permissions = vec!["Contact.User.Read".into()]
    });
    let denied = me(text(&person, "accessToken")).await.expect("an answer");
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let denied = json_of(denied).await;
    assert_eq!(
        denied["accessdenieddetail"]["requiredScopes"],
        json!(["Contact.User.Read"])
    );
}

#[rocket::async_test]
async fn a_browser_sign_in_that_is_refused_says_so() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].redirect_urls = vec!["https://app.example/back".into()]
    });
    let go = |client: &str, uri: &str, rest: &str| {
        let path = format!("/oauth2/auth?client_id={client}&redirect_uri={uri}&state=s&{rest}");
        world.http.get(world.url(&path)).send()
    };
    let sound = "response_type=code&scope=openid";
    for (client, uri) in [("nobody", "https://app.example/back"), (APP, "https://evil.example/")] {
        assert_eq!(
            go(client, uri, sound).await.expect("an answer").status(),
            StatusCode::BAD_REQUEST
        );
    }
    world.simulator.hold(Some("open-qianjiu"));
    for (rest, error) in [
        (sound, "access_denied"),
        ("response_type=token&scope=openid", "unsupported_response_type"),
        ("response_type=code&scope=email", "invalid_scope"),
    ] {
        let back = location(go(APP, "https://app.example/back", rest).await.expect("an answer"));
        assert_eq!(back.as_str(), format!("https://app.example/back?error={error}&state=s"));
    }
}

fn location(response: Response) -> url::Url {
    assert_eq!(response.status(), StatusCode::FOUND);
    let text = response.headers()["location"].to_str().expect("text");
    url::Url::parse(text).expect("an address")
}

// ---- Misbehaviour

#[rocket::async_test]
async fn a_fault_spoils_as_many_calls_as_asked_and_then_all_is_well() {
    let world = World::new().await;
    let kind = FaultKind::Errcode {
        code: 90018,
        text: "慢一点".into(),
    };
    world.simulator.fault(Fault {
        path: "/gettoken".into(),
        times: 2,
        corp_id: None,
        client_id: Some(APP.into()),
        kind,
    });
    let path = format!("/gettoken?appkey={APP}&appsecret={SECRET}");
    assert_eq!(
        errcode(&world.get("/gettoken?appkey=other&appsecret=x").await),
        40096,
        "the fault is not for others"
    );
    assert_eq!(errcode(&world.get(&path).await), 90018);
    assert_eq!(errcode(&world.get(&path).await), 90018);
    assert_eq!(errcode(&world.get(&path).await), 0);
    assert_eq!(
        (
            world.simulator.calls("/gettoken"),
            world.simulator.calls_of("/gettoken", APP)
        ),
        (4, 3)
    );
    world.simulator.reset_calls();
    assert_eq!(world.simulator.calls("/gettoken"), 0);
}

#[rocket::async_test]
async fn a_code_that_met_a_fault_is_not_spent() {
    let world = World::new().await;
    let (token, code) = (world.token().await, world.code_for("lisi"));
    world.spoil(
        "/topapi/*",
        FaultKind::SubCode {
            sub_code: "60011".into(),
            sub_msg: "没有权限".into(),
        },
    );
    let refused = world.exchange(&token, &code).await;
    assert_eq!((errcode(&refused), text(&refused, "sub_code")), (88, "60011".into()));
    assert_eq!(
        text(&refused, "errmsg"),
        "ding talk error[subcode=60011,submsg=没有权限]"
    );
    assert_eq!(errcode(&world.exchange(&token, &code).await), 0);
}

#[rocket::async_test]
async fn every_answer_that_can_be_spoilt_is() {
    let world = World::new().await;
    let get = || {
        world
            .http
            .get(world.url("/gettoken"))
            .timeout(Duration::from_millis(300))
            .send()
    };
    world.spoil("/gettoken", FaultKind::Banned);
    assert_eq!(world.get("/gettoken").await["status"], 1111);
    world.spoil("/gettoken", FaultKind::Html);
    assert!(
        get()
            .await
            .expect("a page")
            .text()
            .await
            .expect("a page")
            .contains("<html>")
    );
    world.spoil("/gettoken", FaultKind::Status(502));
    assert_eq!(get().await.expect("an answer").status(), StatusCode::BAD_GATEWAY);
    world.spoil("/gettoken", FaultKind::Garbage);
    let garbage = get().await.expect("an answer").text().await.expect("text");
    assert!(serde_json::from_str::<Value>(&garbage).is_err());
    world.spoil("/gettoken", FaultKind::Body("[1]".into()));
    assert_eq!(world.get("/gettoken").await, json!([1]));
    world.spoil("/gettoken", FaultKind::Redirect("http://127.0.0.1:9/".into()));
    assert_eq!(
        get().await.expect("an answer").headers()["location"],
        "http://127.0.0.1:9/"
    );
    world.spoil("/gettoken", FaultKind::Hang);
    assert!(get().await.expect_err("silence").is_timeout());
    world.spoil("/gettoken", FaultKind::Delay(2000));
    assert!(get().await.expect_err("too late").is_timeout());
    world.spoil("/gettoken", FaultKind::Reset);
    let reset = get().await.expect_err("no answer");
    assert!(!reset.is_timeout() && reset.is_request(), "{reset:?}");
    world.spoil("/gettoken", FaultKind::Endless);
    assert!(
        get()
            .await
            .expect("headers")
            .bytes()
            .await
            .expect_err("no end")
            .is_timeout()
    );
    world.spoil("/gettoken", FaultKind::Drip { every_ms: 20 });
    assert!(
        get()
            .await
            .expect("headers")
            .bytes()
            .await
            .expect_err("no end")
            .is_timeout()
    );
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

// ---- Who may talk to it

#[rocket::async_test]
async fn it_refuses_to_listen_where_others_could_reach_it() {
    let simulator = Simulator::new(Clock::system(), Company::sample());
    let refused = simulator
        .start([0, 0, 0, 0].into(), 0)
        .await
        .expect_err("every address of the machine");
    assert!(refused.to_string().contains("loopback only"), "{refused}");
}

#[rocket::async_test]
async fn a_taken_port_is_an_error_not_a_crash() {
    let world = World::new().await;
    let port = world
        .running
        .url()
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let refused = world
        .simulator
        .start([127, 0, 0, 1].into(), port)
        .await
        .expect_err("taken");
    assert!(format!("{refused:#}").contains(&format!("port {port}")), "{refused:#}");
}

#[rocket::async_test]
async fn a_stopped_simulator_frees_its_port_though_an_answer_hangs() {
    let world = World::new().await;
    world.spoil("/gettoken", FaultKind::Hang);
    let hanging = tokio::spawn(world.http.get(world.url("/gettoken")).send());
    while world.simulator.calls("/gettoken") == 0 {
        tokio::task::yield_now().await;
    }
    let address = world.running.url().trim_start_matches("http://").to_owned();
    tokio::time::timeout(Duration::from_secs(5), world.running.stop())
        .await
        .expect("it stops");
    assert!(hanging.await.expect("a task").is_err());
    assert!(tokio::net::TcpListener::bind(address).await.is_ok());
}

#[rocket::async_test]
async fn a_foreign_host_name_that_points_here_is_refused_everywhere() {
    let world = World::new().await;
    let paths = [
        "/",
        "/gettoken",
        "/_simulator/state",
        "/_client/code",
        "/_simulator/page/style.css",
    ];
    for path in paths {
        let answer = world.with_header(path, Method::GET, "Host", "evil.example").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let answer = world
        .with_header("/gettoken", Method::GET, "Host", "localhost:8008")
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[rocket::async_test]
async fn no_page_of_another_origin_reaches_the_controls() {
    let world = World::new().await;
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = world.with_header("/_simulator/hold", Method::POST, name, value).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
    assert!(
        world.post("/_client/code", question.clone()).await["people"].is_array(),
        "nobody holds the phone"
    );
    let own = world
        .with_header("/_simulator/hold", Method::POST, "Origin", world.running.url())
        .await;
    assert_eq!(own.status(), StatusCode::NO_CONTENT);
    assert!(world.post("/_client/code", question).await["code"].is_string());
}

// ---- Controls and the page, for any language

#[rocket::async_test]
async fn everything_can_be_steered_over_http() {
    let world = World::new().await;
    let control = |method: Method, path: &str, body: Value| {
        let request = world
            .http
            .request(method, world.url(&format!("/_simulator/{path}")))
            .json(&body);
        async move { request.send().await.expect("an answer") }
    };
    let ask = json!({ "corp_id": CORP, "client_id": APP, "userid": "lisi" });
    let code = text(
        &json_of(control(Method::POST, "auth-code", ask.clone()).await).await,
        "code",
    );
    let token = world.token().await;
    assert_eq!(world.exchange(&token, &code).await["result"]["userid"], "lisi");
    let code = text(&json_of(control(Method::POST, "auth-code", ask).await).await, "code");
    control(Method::POST, "clock", json!({ "advance_s": 300 })).await;
    assert_eq!(errcode(&world.exchange(&token, &code).await), 40078);

    let fault = json!({ "path": "/gettoken", "kind": "banned" });
    assert_eq!(
        control(Method::POST, "faults", fault.clone()).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(world.get("/gettoken").await["status"], 1111);
    control(Method::POST, "faults", fault).await;
    control(Method::DELETE, "faults", json!({})).await;
    assert_eq!(errcode(&world.get("/gettoken").await), 40035);
    assert_eq!(world.get("/_simulator/calls").await["/gettoken"], 3);
    control(Method::DELETE, "calls", json!({})).await;
    assert_eq!(world.get("/_simulator/calls").await, json!({}));

    control(Method::POST, "void-tokens", json!({ "corp_id": CORP })).await;
    assert_eq!(errcode(&world.exchange(&token, "x").await), 40014);
    let new = json!({ "corp_id": CORP, "employee": { "userid": "new", "name": "新人" } });
    control(Method::POST, "employees", new).await;
    let company = world.get("/_simulator/company").await;
    assert!(company.to_string().contains("新人"));
    control(Method::DELETE, &format!("employees/{CORP}/new"), json!({})).await;
    assert!(!world.get("/_simulator/company").await.to_string().contains("新人"));
    let refused = control(
        Method::POST,
        "channel-code",
        json!({ "corp_id": CORP, "openid": "nobody" }),
    )
    .await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[rocket::async_test]
async fn the_page_shows_what_to_paste_and_hands_over_the_phone() {
    let world = World::new().await;
    let page = |language: &str| {
        let request = world.http.get(world.url("/")).header("Accept-Language", language);
        async move { request.send().await.expect("a page").text().await.expect("a page") }
    };
    let chinese = page("zh-CN,zh;q=0.9").await;
    assert!(chinese.contains("模拟钉钉"));
    assert!(
        chinese.contains(&format!("oapi_url  = \"{}\"", world.running.url())),
        "{chinese}"
    );
    assert!(chinese.contains("client_secret = \"sample-client-secret\""));
    assert!(page("en").await.contains("Who holds the phone"));
    let hold = world
        .http
        .post(world.url("/_simulator/page/hold"))
        .form(&[("person", "lisi")])
        .send()
        .await;
    assert_eq!(hold.expect("an answer").status(), StatusCode::SEE_OTHER);
    assert_eq!(world.get("/_simulator/state").await["holder"], "lisi");
    let evil = world
        .http
        .post(world.url("/_simulator/page/hold"))
        .header("Origin", "https://evil.example");
    let evil = evil.form(&[("person", "zhangsan")]).send().await.expect("an answer");
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
}

#[test]
fn a_company_file_needs_only_what_matters_and_a_typing_error_in_it_is_noticed() {
    let text = r#"{"corps":[{"corp_id":"dingx","apps":[{"client_id":"a","client_secret":"b","agent_id":"1"}],
                   "employees":[{"userid":"u","name":"N"}]}]}"#;
    let company: Company = serde_json::from_str(text).expect("a company");
    assert!(company.corps[0].apps[0].published && company.corps[0].employees[0].active);
    assert!(serde_json::from_str::<Company>(&text.replace("client_secret", "clientsecret")).is_err());
    let sample = serde_json::to_string(&Company::sample()).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Company>(&sample).expect("a company"),
        Company::sample()
    );
}
