use miandeng::users::{Change, Role};
use rocket::{futures::future::join_all, tokio};

use super::app_side::{
    BOARD, P3, VAULT, WIKI, deployment, deployment_with, is_given_a_ticket, login, outcome, said, validates,
};
use crate::harness::{App, Phone, log_line, whole_log};

const TICKETS: &str = "SELECT COUNT(*) FROM cas_tickets";
const UNSPENT: &str = "SELECT COUNT(*) FROM cas_tickets WHERE ticket IS NULL";

async fn signed_in(app: &App) -> Phone {
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    phone
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_ten_seconds() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    app.clock.advance(9);
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "zhangsan");
    for path in [P3, "/cas/serviceValidate"] {
        assert_eq!(said(&validates(&app, path, WIKI, &ticket, &[]).await), "INVALID_TICKET", "spent");
    }
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    app.clock.advance(10);
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "INVALID_TICKET", "late");
    app.clock.advance(-5);
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "INVALID_TICKET", "the late try has spent it");
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    app.clock.advance(-60);
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "INVALID_TICKET", "a clock that was set back prolongs nothing");
    assert_eq!(app.db_count(UNSPENT).await, 0);
}

#[tokio::test]
async fn a_ticket_is_for_the_very_bytes_of_its_service_and_a_wrong_one_spends_it() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    for other in [
        BOARD,
        "https://wiki.example.com/",
        "https://wiki.example.com/start?x=1&y",
        "https://wiki.example.com/start?x=%31",
        "https://wiki.example.com/start?X=1",
        "https://wiki.example.com:443/start?x=1",
        "https://WIKI.example.com/start?x=1",
        "https://wiki.example.com/start?x=1#",
        "https://wiki.example.com/start?x=1 ",
        "https://evil.example/",
        "x",
    ] {
        let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
        assert_eq!(outcome(&app, other, &ticket, &[]).await, "INVALID_SERVICE", "{other}");
        assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "INVALID_TICKET", "{other}");
    }
    assert_eq!(app.db_count(TICKETS).await, 0);
}

#[tokio::test]
async fn of_many_who_redeem_one_ticket_at_two_servers_one_gets_an_answer() {
    let app = deployment().await;
    let other = app.second().await;
    let mut phone = signed_in(&app).await;
    for _ in 0..3 {
        let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
        let tries = (0..20).map(|i| outcome(if i % 2 == 0 { &app } else { &other }, WIKI, &ticket, &[]));
        let said = join_all(tries).await;
        assert_eq!(said.iter().filter(|said| *said == "zhangsan").count(), 1, "{said:?}");
        assert!(said.iter().all(|said| said == "zhangsan" || said == "INVALID_TICKET"), "{said:?}");
    }
}

#[tokio::test]
async fn a_ticket_dies_with_its_session_its_person_and_the_apps_rules() {
    let app = deployment().await;
    for end in ["logout", "revoked", "disabled", "role"] {
        app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
        let mut phone = signed_in(&app).await;
        let ticket = is_given_a_ticket(&mut phone, VAULT, &[]).await;
        match end {
            "logout" => drop(phone.posts("/logout", &[]).await),
            "revoked" => app.db_revoke_all().await,
            "role" => app.db_change("zhangsan", Change { role: Some(Role::User), ..Change::default() }).await,
            _ => app.db_disable("zhangsan").await,
        }
        assert_eq!(outcome(&app, VAULT, &ticket, &[]).await, "INVALID_TICKET", "{end}");
        let active = Change { status: Some(miandeng::users::Status::Active), ..Change::default() };
        app.db_change("zhangsan", active).await;
    }
    // The settings have changed while the ticket was under way.
    let mut phone = signed_in(&app).await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let app =
        app.restart_with(|settings| settings["clients"][0]["service_urls"][0] = "https://other.example/".into()).await;
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "INVALID_SERVICE");
}

#[tokio::test]
async fn what_is_no_request_for_a_ticket_spends_none() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    for more in [&[("ticket", "ST-x")][..], &[("service", WIKI)], &[("format", "XML"), ("format", "JSON")]] {
        assert_eq!(outcome(&app, WIKI, &ticket, more).await, "INVALID_REQUEST", "{more:?}");
    }
    assert_eq!(outcome(&app, "", &ticket, &[]).await, "INVALID_REQUEST");
    assert_eq!(outcome(&app, WIKI, "", &[]).await, "INVALID_REQUEST");
    assert_eq!(outcome(&app, WIKI, "PT-1", &[]).await, "INVALID_TICKET_SPEC");
    for unknown in ["ST-", "ST-1", "x", "<cas:user>admin</cas:user>", "ST-\0", &ticket[..50], &format!("{ticket}0")] {
        let answer = validates(&app, P3, WIKI, unknown, &[]).await;
        assert_eq!(said(&answer), "INVALID_TICKET", "{unknown}");
        assert!(!answer.body.contains("admin"), "{}", answer.body);
    }
    let mut server = app.phone("nobody");
    let path = format!(
        "{P3}?service={}&ticket={ticket}",
        form_urlencoded::byte_serialize(WIKI.as_bytes()).collect::<String>()
    );
    let head = server.request(reqwest::Method::HEAD, &path);
    assert_eq!(server.sends(head).await.status, 404, "HEAD spends nothing");
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "zhangsan");
}

#[tokio::test]
async fn proxy_tickets_are_not_offered_and_nobody_is_called() {
    let ear = crate::oidc::Ear::start().await;
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    for url in [ear.url.as_str(), "https://wiki.example.com/pgt"] {
        let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
        let answer = validates(&app, P3, WIKI, &ticket, &[("pgtUrl", url)]).await;
        assert_eq!(said(&answer), "zhangsan");
        assert!(!answer.body.contains("proxyGrantingTicket"), "{}", answer.body);
    }
    assert!(ear.heard().is_empty());
    for path in ["/cas/proxy", "/cas/proxyValidate", "/cas/p3/proxyValidate", "/cas/samlValidate"] {
        assert_eq!(phone.gets(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn markup_in_names_stays_text_in_xml() {
    let app = deployment().await;
    let evil = "</cas:name><cas:user>admin</cas:user>&lt;]]>\"'\u{2028}";
    let change = Change {
        name: Some(evil.into()),
        email: Some("a&b@example.com".into()),
        department: Some("<研发>&amp;;</cas:department>".into()),
        ..Change::default()
    };
    app.db_change("zhangsan", change).await;
    let mut phone = signed_in(&app).await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let answer = validates(&app, P3, WIKI, &ticket, &[]).await;
    let read = read(&answer.body);
    let all = |name: &str| read.iter().filter(|(n, _)| n == name).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
    assert_eq!(all("cas:user"), ["zhangsan"]);
    assert_eq!((all("cas:name"), all("cas:email")), (vec![evil], vec!["a&b@example.com"]));
    let departments = app.db_user("zhangsan").await.unwrap();
    assert_eq!(all("cas:department"), departments.departments().collect::<Vec<_>>());
}

/// As an app's parser reads it: each element's name and text.
fn read(xml: &str) -> Vec<(String, String)> {
    use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

    let (mut reader, mut open, mut found) = (Reader::from_str(xml), Vec::<(String, String)>::new(), Vec::new());
    loop {
        match (reader.read_event().unwrap(), open.last_mut()) {
            (Event::Start(start), _) => open.push((start.name().as_ref().to_owned(), String::new())),
            (Event::Text(part), Some((_, text))) => text.push_str(&part),
            (Event::GeneralRef(reference), Some((_, text))) => match reference.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text.push_str(resolve_predefined_entity(&reference).unwrap()),
            },
            (Event::End(_), _) => found.push(open.pop().unwrap()),
            (Event::Eof, None) => return found,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn no_ticket_is_in_a_log_or_in_the_file_before_it_is_spent() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    assert!(!app.db_bytes().await.windows(ticket.len()).any(|window| window == ticket.as_bytes()));
    let answer = validates(&app, P3, WIKI, &ticket, &[]).await;
    assert!(log_line(answer.request_id()).contains("userid=\"zhangsan\""), "{}", log_line(answer.request_id()));
    let late = validates(&app, P3, WIKI, &ticket, &[]).await;
    assert!(log_line(late.request_id()).contains("INVALID_TICKET"), "{}", log_line(late.request_id()));
    assert!(!whole_log().contains(&ticket));
}

#[tokio::test]
async fn a_browser_that_asks_all_the_time_must_wait_and_leaves_few_rows() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    let (mut given, mut refused) = (0, 0);
    for _ in 0..70 {
        let answer = phone.gets(&login(WIKI, &[])).await;
        match answer.status {
            303 => given += 1,
            _ => {
                assert_eq!(answer.status, 429, "{}", answer.body);
                assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
                refused += 1;
            }
        }
    }
    assert!(given >= 60 && refused > 0, "{given} {refused}");
    assert!(app.db_count(TICKETS).await <= 20);
    assert_eq!(signed_in(&app).await.gets(&login(WIKI, &[])).await.status, 429, "nor is it another session's turn");
    app.db_add("lisi", "李四").await;
    let mut other = app.phone("lisi");
    other.is_signed_in().await;
    assert_eq!(other.gets(&login(WIKI, &[])).await.status, 303, "nobody else waits");
    app.clock.advance(60);
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    assert_eq!(outcome(&app, WIKI, &ticket, &[]).await, "zhangsan");
    for _ in 0..61 {
        app.clock.advance(60);
        app.jobs.run("sweep").await.unwrap();
    }
    assert_eq!(app.db_count(UNSPENT).await, 0);
}

#[tokio::test]
async fn the_nearer_entry_says_whose_rules_hold() {
    let app = deployment_with(|settings| {
        settings["clients"][2]["service_urls"][0] = "https://wiki.example.com/vault/".into();
    })
    .await;
    let mut phone = signed_in(&app).await;
    assert_eq!(phone.gets(&login("https://wiki.example.com/vault/x", &[])).await.status, 403);
    assert_eq!(phone.gets(&login("https://wiki.example.com/vaul", &[])).await.status, 303);
    for around in ["/vault/../vault/x", "/a/%2e%2e/vault/x", "/%2e/vault/x"] {
        let status = phone.gets(&login(&format!("https://wiki.example.com{around}"), &[])).await.status;
        assert!((400..500).contains(&status), "{around}: {status}");
    }
}
