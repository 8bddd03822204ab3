//! `miandeng explain`: any code that a page, a log or DingTalk's message names.

use std::process::Output;

use serde_json::{Value, json};

use crate::harness::{ends, program, text};

const MISMATCH: &str = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n],timestamp:[1],\
                        url:[http://app.example.com/?corpid=dinga&code=s3cret],ticketList:[aC7X***]";

/// In a folder without settings.
fn explains(language: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let arguments: Vec<_> = ["explain"].iter().chain(arguments).copied().collect();
    let mut command = program(folder.path(), &arguments);
    command.env_remove("LC_MESSAGES").env_remove("LANG").env("LC_ALL", language);
    ends(command)
}

fn says(language: &str, arguments: &[&str]) -> String {
    let output = explains(language, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn json_of(arguments: &[&str]) -> Value {
    let arguments: Vec<_> = arguments.iter().copied().chain(["--json"]).collect();
    let (english, chinese) = (says("C", &arguments), says("zh_CN.UTF-8", &arguments));
    assert_eq!(english, chinese, "JSON is the same in every language");
    serde_json::from_str(&english).unwrap()
}

#[test]
fn a_code_of_each_kind_is_explained_in_the_language_of_the_terminal() {
    for (code, english, chinese) in [
        ("60020", "Fix: Add the address in DingTalk's message under 开发配置 > 安全设置 > 服务器出口IP.", "不在白名单"),
        ("ipnotinwhitelist", "Console: 开发配置 > 安全设置 > 服务器出口IP", "后台位置：开发配置"),
        ("4040", "The script does not find the DingTalk client", "脚本找不到钉钉客户端"),
        ("3 对应企业没有h域名微应用", "no app on this page's domain", "没有使用这个域名的应用"),
        ("NOT-LISTED", "The person is not in the user table", "此人不在用户表中"),
        ("$CORPID$", "Who: the employee", "由谁处理：员工本人"),
    ] {
        assert!(says("en_US.UTF-8", &[code]).contains(english), "{code}: {}", says("C", &[code]));
        assert!(says("zh_CN.UTF-8", &[code]).contains(chinese), "{code}: {}", says("zh_CN.UTF-8", &[code]));
    }
}

#[test]
fn a_number_with_two_meanings_gets_both() {
    let both = says("C", &["-1"]);
    assert!(both.contains("DingTalk is busy") && both.contains("The person cancelled"), "{both}");
    let both = json_of(&["-1"]);
    assert_eq!((&both["source"], &both["also"][0]["source"]), (&json!("errcode"), &json!("client")));
}

#[test]
fn json_has_both_languages_and_who_must_act() {
    let found = json_of(&["60020"]);
    assert_eq!((&found["code"], &found["who"], &found["also"]), (&json!("60020"), &json!("admin"), &json!([])));
    assert_eq!(found["codes"], json!(["60020", "IpNotInWhiteList"]));
    assert_eq!(found["console"], "开发配置 > 安全设置 > 服务器出口IP");
    for texts in [&found, &found["zh-CN"]] {
        for field in ["title", "cause", "fix"] {
            assert!(texts[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
    }
    let all = json_of(&["--list"]);
    assert!(all.as_array().is_some_and(|all| all.len() > 60));
}

#[test]
fn a_message_tells_more_than_its_code_and_none_of_its_secrets() {
    let signed = ["--signed", "https://app.example.com/?corpid=dinga&code=s3cret"];
    let output = says("C", &[&["52013", "--message", MISMATCH], &signed[..]].concat());
    assert!(output.contains("DingTalk saw http://, but https:// was signed"), "{output}");
    assert_eq!(says("C", &[&["--message", MISMATCH], &signed[..]].concat()), output, "the code is in the message");
    let alone = says("C", &["--message", MISMATCH]);
    assert!(alone.contains("DingTalk saw http://app.example.com/?corpid=dinga&code=[…]"), "{alone}");
    for text in [&output, &alone, &json_of(&["--message", MISMATCH]).to_string()] {
        assert!(!text.contains("s3cret") && !text.contains("aC7X"), "{text}");
    }
    let refused =
        r#"{"errcode":88,"sub_code":"60020","sub_msg":"访问ip不在白名单之中,request ip=203.0.113.9 appKey(dinga)"}"#;
    assert!(says("C", &["--message", refused]).contains("The address to add is 203.0.113.9."));
    assert!(says("zh_CN.UTF-8", &["--message", refused]).contains("要添加的 IP 是 203.0.113.9。"));
    assert_eq!(json_of(&["--message", refused])["found"], json!({"kind": "ip", "address": "203.0.113.9"}));
    let denied = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","accessdenieddetail":{"requiredScopes":["Contact.User.Read"]}}"#;
    assert!(says("C", &["--message", denied]).contains("The missing permission is Contact.User.Read."));
}

#[test]
fn an_unknown_code_fails_with_those_that_look_alike_and_no_code_is_wrong_usage() {
    let fails = |arguments: &[&str], code: i32, parts: &[&str]| {
        let output = explains("C", arguments);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(code), ""), "{arguments:?}");
        for part in parts {
            assert!(text(&output.stderr).contains(part), "{arguments:?}: {}", text(&output.stderr));
        }
    };
    fails(&["60021"], 1, &["\"60021\" is not in the catalogue", "did you mean", "60020"]);
    fails(&["not-listet", "--json"], 1, &["did you mean not-listed?"]);
    fails(&["something else"], 1, &["explain --list"]);
    fails(&["--message", "nothing of the kind"], 1, &["no code"]);
    fails(&[], 2, &["Usage"]);
    fails(&["60020", "40078"], 2, &["unexpected"]);
    fails(&["60020", "--list"], 2, &["--list"]);
    fails(&["52013", "--signed", "https://h/"], 2, &["--message"]);
    let output = explains("zh_CN.UTF-8", &["60021"]);
    assert!(text(&output.stderr).contains("没有收录"), "{}", text(&output.stderr));
}
