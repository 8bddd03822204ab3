use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    dingtalk::{Contact, Follower, Identity, access_token::credential},
    ids::DingUserId,
};

fn refused(body: &str) -> DingtalkError {
    read("/call", 200, body.as_bytes(), &["topsecretcode"]).unwrap_err()
}

#[test]
fn numbers_may_be_quoted() {
    let response = read("/call", 200, br#"{"errcode":"0","expires_in":"7200","n":5}"#, &[]).unwrap();
    assert_eq!(
        (response.number("expires_in"), response.number("n"), response.number("none")),
        (Some(7200), Some(5), None)
    );
}

#[test]
fn a_quoted_number_is_spelt_as_json_spells_it() {
    for odd in ["+0", "00", "0x0", "\u{2000}0", "0\u{a0}", "０", "", " "] {
        let body = serde_json::json!({ "errcode": odd }).to_string();
        assert!(read("/call", 200, body.as_bytes(), &[]).is_err(), "{odd:?} grants nothing");
    }
}

#[test]
fn a_userid_of_another_type_is_none() {
    for odd in ["null", "7", "[\"a\"]", "{}", "true", "\"\""] {
        let body = format!(r#"{{"errcode":0,"userid":{odd}}}"#);
        let response = read("/call", 200, body.as_bytes(), &[]).unwrap();
        assert!(matches!(response.text("userid"), Err(DingtalkError::Unexpected { .. })), "{odd}");
    }
}

#[test]
fn gateway_error_88_is_unwrapped() {
    let by_field = refused(r#"{"errcode":88,"sub_code":"60011","sub_msg":"no permission","request_id":"r1"}"#);
    let by_text = refused(r#"{"errcode":88,"errmsg":"ding talk error[subcode=60020,submsg=ip]"}"#);
    let neither = refused(r#"{"errcode":88,"errmsg":"busy"}"#);
    assert_eq!(
        by_field.refusal().map(|r| (r.code.meaning(), r.request_id.as_deref())),
        Some((Trouble::NoPermission, Some("r1")))
    );
    assert_eq!(by_text.refusal().map(|r| r.code.meaning()), Some(Trouble::IpNotAllowed));
    assert!(matches!(neither, DingtalkError::Busy(_)));
}

#[test]
fn what_was_sent_does_not_come_back_in_an_error() {
    for body in [
        r#"{"errcode":40078,"errmsg":"bad code topsecretcode"}"#,
        r#"{"errcode":40078,"errmsg":"bad code","request_id":"of topsecretcode"}"#,
    ] {
        let error = refused(body);
        assert!(matches!(error, DingtalkError::CodeInvalid(_)));
        assert!(!format!("{error} {error:?}").contains("topsecretcode"));
    }
}

#[test]
fn answers_that_are_none_of_dingtalks_are_named() {
    let kind = |status, body: &str| match read("/call", status, body.as_bytes(), &[]) {
        Err(DingtalkError::Banned { .. }) => "banned",
        Err(DingtalkError::Unreachable { .. }) => "unreachable",
        Err(DingtalkError::Unexpected { .. }) => "unexpected",
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(200, r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#), "banned");
    assert_eq!(kind(200, "\n<!DOCTYPE html><h1>x</h1>"), "banned");
    assert_eq!(kind(302, ""), "unexpected");
    assert_eq!(kind(200, "[]"), "unexpected");
    assert_eq!(kind(200, "{}"), "unexpected");
    assert_eq!(kind(502, "<html>Bad Gateway</html>"), "unreachable");
    assert_eq!(kind(200, &"[".repeat(100_000)), "unexpected");
}

#[test]
fn the_new_host_refuses_by_status_and_word() {
    let refused = |status, body: &str| read_new("/v1.0/call", status, body.as_bytes(), &["topsecretcode"]).unwrap_err();
    let spent =
        refused(400, r#"{"code":"invalidParameter.authCode.notFound","message":"topsecretcode","requestid":"r"}"#);
    assert!(matches!(&spent, DingtalkError::CodeInvalid(refusal) if refusal.request_id.as_deref() == Some("r")));
    assert!(!format!("{spent} {spent:?}").contains("topsecretcode"));
    let denied = refused(
        403,
        r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"no",
            "accessdenieddetail":{"requiredScopes":["Contact.User.Read"]}}"#,
    );
    assert_eq!(denied.refusal().map(|r| (r.code.number(), r.code.meaning())), Some((None, Trouble::NoPermission)));
    assert!(denied.to_string().contains("Contact.User.Read"), "{denied}");
    assert!(matches!(refused(500, r#"{"code":"systemBusy"}"#), DingtalkError::Busy(_)));
    assert!(matches!(refused(500, r#"{"code":"unknownError"}"#), DingtalkError::Failed(_)));
    assert!(matches!(refused(403, r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi"}"#), DingtalkError::Throttled(_)));
    assert!(matches!(refused(400, r#"{"code":"90018"}"#), DingtalkError::Throttled(_)));
    assert!(matches!(refused(400, r#"{"code":7}"#), DingtalkError::Unexpected { .. }));
    assert!(matches!(refused(302, ""), DingtalkError::Unexpected { .. }));
}

/// Any JSON, a few levels deep, with the names and values that DingTalk's answers have.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        prop::sample::select(&[0, 1, 88, 1111, 40078, -1][..]).prop_map(|n| json!(n)),
        "( ?-?[0-9]{1,20} ?|zhangsan|a,b|\\PC{0,9}|topsecretcode|subcode=[0-9é]{0,20})".prop_map(|s| json!(s)),
        Just(json!("x".repeat(10_000))),
    ];
    let name = "(errcode|errmsg|sub_code|sub_msg|request_id|requestid|result|status|code|message|userid|unionid|subscribe|\
                contact_type|access_token|expires_in|accessdenieddetail|requiredScopes|dept_id_list|name)";
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            4 => proptest::collection::btree_map(name, inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Such JSON that says "granted" as often as not.
fn responses() -> impl Strategy<Value = Value> {
    let with = |mut value: Value, errcode: Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.insert("errcode".to_owned(), errcode);
        }
        value
    };
    let people = "(zhangsan|0|a,b| x|\\PC{0,4})";
    prop_oneof![
        any_json(),
        any_json().prop_map(move |value| with(value, json!(0))),
        (any_json(), prop_oneof![any_json(), (-1..9).prop_map(|n| json!(n)), "[0-9 -]{1,3}".prop_map(|s| json!(s))])
            .prop_map(move |(value, errcode)| with(json!({ "result": value, "access_token": "t" }), errcode)),
        any_json().prop_map(|value| json!({ "errcode": "0", "result": value })),
        (people, -1..3).prop_map(
            |(id, kind)| json!({ "errcode": 0, "result": { "userid": id, "contact_type": kind }, "unionid": id })
        ),
    ]
}

/// A refusal that quotes what it was sent, in any of its fields.
fn quoting() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 10] = [
        "errmsg",
        "sub_msg",
        "sub_code",
        "request_id",
        "code",
        "message",
        "requestid",
        "status",
        "result",
        "requiredScopes",
    ];
    let text = "(subcode=|[0-9 ]{0,4}|é|\"){0,2}topsecretcode(topsecretcode|\\PC){0,3}";
    let fields = proptest::collection::btree_map(prop::sample::select(&NAMES[..]), text, 0..7);
    (fields, prop::sample::select(&[0, -1, 88, 40078, 60020][..])).prop_map(|(fields, errcode)| {
        let mut value = json!(fields);
        value["errcode"] = json!(errcode);
        value["accessdenieddetail"] = json!({ "requiredScopes": fields.get("requiredScopes") });
        value
    })
}

proptest! {
    // Each case is large.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), status in 0..=999_u16) {
        prop_assert!(read("/call", status, &bytes, &[]).is_err() && read_new("/call", status, &bytes, &[]).is_err());
    }

    /// Nothing but errcode 0 grants on the old host, nothing but a 2xx on the new one; and nobody is somebody without
    /// a userid that is a text and can be one.
    #[test]
    fn any_json_grants_only_what_it_says(value in responses(), status in prop::sample::select(&[200, 201, 204, 302, 400, 403, 500, 503][..])) {
        let body = value.to_string();
        let granted = |value: &Value| value["errcode"] == 0 || value["errcode"].as_str().is_some_and(|text| text.trim_matches(' ') == "0");
        if let Ok(response) = read("/call", status, body.as_bytes(), &[]) {
            prop_assert!(granted(&value), "{body}");
            let _ = (response.number("expires_in"), response.numbers("dept_id_list"), response.object("result").is_some());
            if let Ok(token) = credential(&response, "access_token") {
                prop_assert_eq!(value["access_token"].as_str(), Some(token.expose()));
                prop_assert!(!token.is_empty() && token.expose().len() <= 1024);
            }
            if let Ok(Follower::Known(unionid)) = Follower::read(&response) {
                prop_assert_eq!(value["unionid"].as_str(), Some(unionid.as_str()));
            }
            if let Ok(result) = response.result() {
                let userid = value["result"]["userid"].as_str().filter(|text| DingUserId::new(*text).is_ok());
                let who = Identity::read(&result).ok().map(|who| who.userid.to_string());
                prop_assert_eq!(who.as_deref(), userid);
                if let Ok(Contact::Employee(employee)) = Contact::read(&result) {
                    prop_assert_eq!(Some(employee.as_str()), userid);
                    prop_assert_eq!(result.number("contact_type"), Some(0));
                }
            }
        }
        if read_new("/call", status, body.as_bytes(), &[]).is_ok() {
            prop_assert!((200..300).contains(&status) && value.is_object());
        }
    }

    /// Wherever DingTalk quotes what it was sent, it does not get into an error; and an error is short.
    #[test]
    fn no_answer_brings_a_secret_into_an_error(value in prop_oneof![any_json(), quoting()], status in prop::sample::select(&[200, 400, 403, 500][..])) {
        let body = value.to_string();
        for read in [read, read_new] {
            if let Err(error) = read("/call", status, body.as_bytes(), &["topsecretcode", "secret"]) {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains("topsecretcode"), "{shown}");
                prop_assert!(shown.chars().count() < 6000, "{}", shown.len());
            }
        }
    }
}
