//! What the app behind the gate learns about a person.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::ErrorKind};
use miandeng::users::Change;
use serde_json::{Value, json};

use super::{PROXIES, Proxy, WANTED};
use crate::harness::{App, CORP, Phone};

const DAY: i64 = 86_400;

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn every_value_is_plain_ascii_and_decodes_to_what_the_table_holds() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for (name, email, department, expected) in [
        ("张三", "zhang@example.com", "研发部/后端组; 财务", &["研发部/后端组", "财务"][..]),
        ("a\r\nSet-Cookie: x=1", "a\r\nb@x", "a\u{a0}b/\u{e9};研发部\r\nX: y", &["a\u{a0}b/\u{e9}"]),
        ("=cmd|' /C calc'!A0", "张@例子.中国", "a,b; c=d;100%", &["a,b", "c=d", "100%"]),
        ("👩‍💻 <b>\"%41\"</b>", "x y@example.com", "👩‍💻/a b", &["👩‍💻/a b"]),
        // Departments in a form that no command and no sign-in writes count for nothing.
        ("\u{1}\u{7f}\u{2028}", "%00@x", "role:admin;/财务;财务/;a//b;财务\u{200b}", &[""]),
    ] {
        let change = Change {
            name: Some(name.into()),
            email: Some(email.into()),
            department: Some(department.into()),
            ..Change::default()
        };
        app.db_change("zhangsan", change).await;
        for proxy in PROXIES {
            let answer = proxy.asks(&mut phone, "").await;
            assert_eq!(answer.status, 200, "{proxy:?}");
            for (header, value) in &answer.headers {
                assert!(value.as_bytes().iter().all(|b| (b' '..=b'~').contains(b)), "{header}: {value:?}");
            }
            assert_eq!(answer.header("set-cookie"), "");
            assert_eq!(decoded(answer.header("remote-name")), name);
            assert_eq!(decoded(answer.header("remote-email")), email);
            let groups: Vec<_> = answer.header("remote-groups").split(',').map(decoded).collect();
            assert_eq!(groups, expected);
        }
    }
}

/// For programs that decode nothing: only what a header cannot hold, or what would change its meaning, is encoded.
#[tokio::test]
async fn in_utf_8_values_are_as_they_are_but_for_what_a_header_cannot_hold() {
    let app = App::with(|settings| {
        settings["identity_encoding"] = json!("utf-8");
        settings["identity_headers"] = json!(["remote", "x-auth-request"]);
    })
    .await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for (name, department, says, groups) in [
        ("张三", "研发部/后端组; 财务", "张三", "研发部/后端组,财务"),
        ("O'Neil, \"Jo\" 👩‍💻", "市场 & 品牌", "O'Neil, \"Jo\" 👩‍💻", "市场 & 品牌"),
        ("100%张", "a,b; 100%", "100%25张", "a%2Cb,100%25"),
        ("a\r\nSet-Cookie: x=1\u{7f}\u{85}", "研发部\r\nX: y;财务", "a%0D%0ASet-Cookie: x=1%7F%C2%85", "财务"),
    ] {
        let change = Change { name: Some(name.into()), department: Some(department.into()), ..Change::default() };
        app.db_change("zhangsan", change).await;
        for proxy in PROXIES {
            let answer = proxy.asks(&mut phone, "").await;
            assert_eq!(answer.status, 200, "{proxy:?}");
            let header = |name: &str| String::from_utf8(answer.headers[name].as_bytes().to_vec()).unwrap();
            assert_eq!((header("remote-name"), header("remote-groups")), (says.into(), groups.into()), "{proxy:?}");
            assert_eq!(header("x-auth-request-groups"), groups);
            assert_eq!((answer.header("remote-user"), answer.header("set-cookie")), ("zhangsan", ""));
            assert_eq!(decoded(&header("remote-name")), name);
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_sent_empty_so_that_nothing_of_the_clients_stays() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for proxy in PROXIES {
        let question = proxy.question(&phone, "GET", WANTED, "");
        let question = question.header("Remote-Email", "root@example.com").header("Remote-Groups", "admins");
        let answer = phone.sends(question.header("Remote-User", "root")).await;
        assert_eq!((answer.all("remote-email"), answer.all("remote-groups")), (vec![""], vec![""]), "{proxy:?}");
        assert_eq!(answer.all("remote-user"), ["zhangsan"]);
    }
}

#[tokio::test]
async fn an_address_that_administrators_set_goes_before_one_that_the_person_chose() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    app.simulator.edit_employee(CORP, "lisi", |lisi| {
        lisi.email = "ceo@example.com".into();
        lisi.org_email = "lisi@corp.example.com".into();
    });
    for (userid, address) in [("lisi", "lisi@corp.example.com"), ("wangwu", "wangwu@example.com"), ("zhouba", "")] {
        let mut phone = app.phone(userid);
        phone.is_signed_in().await;
        for proxy in PROXIES {
            assert_eq!(proxy.asks(&mut phone, "").await.header("remote-email"), address, "{proxy:?} {userid}");
        }
    }
}

#[tokio::test]
async fn a_userid_that_is_not_ascii_is_escaped() {
    let app = App::start().await;
    app.simulator.edit_corp(CORP, |corp| {
        let mut employee = corp.employees[0].clone();
        employee.userid = "张三%41".into();
        corp.employees.push(employee);
    });
    app.db_add("张三%41", "张三").await;
    let mut phone = app.phone("张三%41");
    phone.is_signed_in().await;
    let answer = Proxy::Caddy.asks(&mut phone, "").await;
    assert_eq!(answer.header("remote-user"), "%E5%BC%A0%E4%B8%89%2541");
    assert_eq!(Proxy::Caddy.asks(&mut phone, "users=%E5%BC%A0%E4%B8%89%2541").await.status, 200);
}

#[tokio::test]
async fn the_settings_choose_the_names_of_the_headers() {
    for (sets, remote, other) in [
        (json!(["remote"]), "zhangsan", ""),
        (json!(["x-auth-request"]), "", "zhangsan"),
        (json!(["remote", "x-auth-request"]), "zhangsan", "zhangsan"),
    ] {
        let app = App::with(|settings| settings["identity_headers"] = sets).await;
        let change =
            Change { email: Some("z@example.com".into()), department: Some("财务".into()), ..Change::default() };
        app.db_change("zhangsan", change).await;
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        let answer = Proxy::Nginx.asks(&mut phone, "").await;
        let header = |name: &str| answer.header(name).to_owned();
        assert_eq!(header("x-corp-id"), CORP);
        assert_eq!((header("remote-user").as_str(), header("x-auth-request-user").as_str()), (remote, other));
        if !other.is_empty() {
            assert_eq!(header("x-auth-request-preferred-username"), "zhangsan");
            assert_eq!(header("x-auth-request-email"), "z@example.com");
            assert_eq!(decoded(&header("x-auth-request-groups")), "财务");
        }
        assert_eq!(header("x-miandeng-identity"), "");
    }
}

/// Verifies as an app does: by the published key that the token names, with a JWT library.
async fn verified(phone: &mut Phone, token: &str, audience: &str, now: i64) -> Result<Value, &'static str> {
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let header = json(token.split('.').next().unwrap());
    assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": header["kid"]}));
    let set = phone.gets("/.well-known/jwks.json").await;
    assert_eq!((set.status, set.header("content-type")), (200, "application/json"));
    let set = set.json();
    let key = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).ok_or("no such key")?;
    let (kid, x, y) = (&key["kid"], &key["x"], &key["y"]);
    let published = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y});
    assert_eq!(key, &published, "a public key and nothing else");
    let key = DecodingKey::from_jwk(&serde_json::from_value(key.clone()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[audience]);
    // It would read the running clock.
    validation.validate_exp = false;
    match decode::<Value>(token, &key, &validation) {
        Ok(token) if token.claims["exp"].as_i64().unwrap() <= now => Err("expired"),
        Ok(token) => Ok(token.claims),
        Err(error) => match error.into_kind() {
            ErrorKind::InvalidSignature => Err("forged"),
            ErrorKind::InvalidAudience => Err("for another"),
            other => panic!("{other:?}"),
        },
    }
}

async fn token(phone: &mut Phone, url: &str) -> String {
    let answer = phone.sends(Proxy::Traefik.question(phone, "GET", url, "")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.header("x-miandeng-identity").to_owned()
}

async fn signing_app() -> (App, Phone) {
    let app = App::with(|settings| {
        settings["signed_identity"] = json!(true);
        settings["allowed_return_hosts"] = json!(["bi.example.com:8443"]);
        settings["session_idle"] = json!("400d");
        settings["session_lifetime"] = json!("400d");
    })
    .await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    (app, phone)
}

#[tokio::test]
async fn a_signed_identity_is_verified_with_the_published_keys_alone() {
    let (app, mut phone) = signing_app().await;
    let change = Change {
        email: Some("z@example.com".into()),
        department: Some("研发部/后端组;财务".into()),
        ..Change::default()
    };
    app.db_change("zhangsan", change).await;
    let now = app.clock.now();
    let signed = token(&mut phone, WANTED).await;
    let claims = verified(&mut phone, &signed, "app.example.com", now).await.unwrap();
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=60).contains(&lifetime) && (now..=now + 5).contains(&claims["iat"].as_i64().unwrap()));
    for (claim, value) in [
        ("iss", json!("https://app.example.com")),
        ("sub", json!("zhangsan")),
        ("corp_id", json!(CORP)),
        ("name", json!("张三")),
        ("email", json!("z@example.com")),
        ("groups", json!(["研发部/后端组", "财务"])),
    ] {
        assert_eq!(claims[claim], value);
    }
    let forged = signed.replacen(signed.split('.').nth(1).unwrap(), &URL_SAFE_NO_PAD.encode("{}"), 1);
    assert_eq!(verified(&mut phone, &forged, "app.example.com", now).await, Err("forged"));

    let other = token(&mut phone, "https://bi.example.com:8443/x").await;
    assert_eq!(verified(&mut phone, &other, "app.example.com", now).await, Err("for another"));
    assert!(verified(&mut phone, &other, "bi.example.com:8443", now).await.is_ok());
}

/// Anyone who reaches the gate chooses the rules of the question.
#[tokio::test]
async fn a_signed_identity_names_the_rules_under_which_it_was_given() {
    let (app, mut phone) = signing_app().await;
    app.db_change("zhangsan", Change { department: Some("研发部".into()), ..Change::default() }).await;
    for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy, Proxy::Envoy] {
        for rules in ["", "groups=%E7%A0%94%E5%8F%91%E9%83%A8&users=boss", "users=zhangsan"] {
            let answer = proxy.asks(&mut phone, rules).await;
            let now = app.clock.now();
            let claims =
                verified(&mut phone, answer.header("x-miandeng-identity"), "app.example.com", now).await.unwrap();
            assert_eq!(claims["rules"], rules, "{proxy:?}");
        }
        let refused = proxy.asks(&mut phone, "users=boss").await;
        assert_eq!((refused.status, refused.header("x-miandeng-identity")), (403, ""));
    }
}

#[tokio::test]
async fn a_signed_identity_expires_and_a_fresh_one_comes_in_time() {
    let (app, mut phone) = signing_app().await;
    let first = token(&mut phone, WANTED).await;
    app.clock.advance(20);
    assert_eq!(token(&mut phone, WANTED).await, first, "not signed anew for each request");
    app.clock.advance(20);
    let second = token(&mut phone, WANTED).await;
    assert_ne!(second, first);
    app.clock.advance(25);
    let now = app.clock.now();
    assert_eq!(verified(&mut phone, &first, "app.example.com", now).await, Err("expired"));
    assert!(verified(&mut phone, &second, "app.example.com", now).await.is_ok());
}

#[tokio::test]
async fn a_signed_identity_tells_a_change_at_once() {
    let (app, mut phone) = signing_app().await;
    token(&mut phone, WANTED).await;
    app.db_change("zhangsan", Change { name: Some("张三丰".into()), ..Change::default() }).await;
    let signed = token(&mut phone, WANTED).await;
    let claims = verified(&mut phone, &signed, "app.example.com", app.clock.now()).await.unwrap();
    assert_eq!(claims["name"], "张三丰");
}

#[tokio::test]
async fn keys_are_rotated_and_no_app_ever_meets_a_key_that_is_not_published() {
    let (app, mut phone) = signing_app().await;
    let kid = |token: &str| {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    let mut kids = Vec::new();
    for _ in 0..(70 * 2) {
        let signed = token(&mut phone, WANTED).await;
        assert!(verified(&mut phone, &signed, "app.example.com", app.clock.now()).await.is_ok());
        if kids.last() != Some(&kid(&signed)) {
            kids.push(kid(&signed));
        }
        app.clock.advance(DAY / 2);
    }
    assert_eq!(kids.len(), 3, "{kids:?}");
    let set = phone.gets("/.well-known/jwks.json").await;
    assert!(set.header("cache-control").contains("max-age=300"));
    assert_eq!(set.json()["keys"].as_array().unwrap().len(), 1, "keys that have had their time are gone");
    assert_eq!(app.db_count("SELECT count(*) FROM server_keys WHERE name LIKE 'identity-%'").await, 1);
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_stays_for_a_day() {
    let (app, mut phone) = signing_app().await;
    let published = async |phone: &mut Phone| {
        let set = phone.gets("/.well-known/jwks.json").await.json();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let old = published(&mut phone).await;
    app.clock.advance(30 * DAY);
    let both = published(&mut phone).await;
    assert_eq!((both.len(), &both[0]), (2, &old[0]));
    let signed = token(&mut phone, WANTED).await;
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(signed.split('.').next().unwrap()).unwrap()).unwrap();
    assert!(header.contains(&old[0]), "apps have not read the new one yet");
    app.clock.advance(DAY);
    assert_eq!(published(&mut phone).await.len(), 2);
    app.clock.advance(DAY);
    assert_eq!(published(&mut phone).await, both[1..]);
}

#[tokio::test]
async fn keys_outlive_a_restart() {
    let (app, mut phone) = signing_app().await;
    let signed = token(&mut phone, WANTED).await;
    let app = app.restart().await;
    let mut again = app.phone("zhangsan");
    assert!(verified(&mut again, &signed, "app.example.com", app.clock.now()).await.is_ok());
    assert_eq!(app.db_count("SELECT count(*) FROM server_keys WHERE name LIKE 'identity-%'").await, 1);
}

/// Written by *ring* 0.17, which made the keys of the versions before aws-lc-rs.
const KEY_OF_RING: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420\
    cc927dbfd89f0a57f201d500a36407b75cb744aa732750f11f41de79becc6296a1440342000489b15021df6f628fd1f697a0250cc91e\
    b59d424f95b77e0c70847bf9f0bba0b8e1585b9edae1f1eff6163ed7dc9e21ec0993f76f58ebea72d13f77110982ad94";

#[tokio::test]
async fn a_key_of_an_older_version_signs_on_after_an_upgrade() {
    let app = App::start().await;
    let key = hex::decode(KEY_OF_RING).unwrap();
    app.db_add_server_key("identity-00112233aabbccdd", &key).await;
    let app = app.restart_with(|settings| settings["signed_identity"] = json!(true)).await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let signed = token(&mut phone, WANTED).await;
    let claims = verified(&mut phone, &signed, "app.example.com", app.clock.now()).await.unwrap();
    assert_eq!(claims["sub"], "zhangsan");
    let expected = json!({"keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "00112233aabbccdd",
        "x": "ibFQId9vYo_R9pegJQzJHrWdQk-Vt34McIR7-fC7oLg", "y": "4Vhbntrh8e_2Fj7X3J4h7AmT929Y6-py0T93EQmCrZQ",
    }]});
    assert_eq!(phone.gets("/.well-known/jwks.json").await.json(), expected);
}

#[tokio::test]
async fn without_the_setting_there_is_no_key_and_no_key_set() {
    let app = App::start().await;
    assert_eq!(app.phone("zhangsan").gets("/.well-known/jwks.json").await.status, 404);
    assert_eq!(app.db_count("SELECT count(*) FROM server_keys WHERE name LIKE 'identity-%'").await, 0);
}
