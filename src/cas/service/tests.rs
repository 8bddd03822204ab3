use proptest::prelude::*;

use super::*;
use crate::rules::{Person, Rules};

fn client(name: &str, urls: &[&str]) -> CasClient {
    let service_urls = urls.iter().map(|url| ServiceUrl::parse(url).unwrap()).collect();
    CasClient { name: name.to_owned(), service_urls, rules: Rules::default() }
}

fn clients() -> Vec<CasClient> {
    vec![
        client("wiki", &["https://wiki.example.com/", "https://wiki.example.com:8443/app/"]),
        client("board", &["https://wiki.example.com/board/"]),
        client("one", &["https://one.example.com/cas?tenant=1", "https://one.example.com"]),
        client("here", &["http://127.0.0.1:8080/"]),
    ]
}

#[test]
fn a_prefix_covers_what_is_below_it_and_any_other_entry_itself() {
    let clients = clients();
    let is = |text: &str, name: &str| {
        let found = Service::find(text, &clients).map(|service| service.client.name.clone());
        assert_eq!(found.as_deref(), Some(name), "{text}");
    };
    for text in [
        "https://wiki.example.com/",
        "https://wiki.example.com",
        "https://wiki.example.com?x",
        "https://wiki.example.com/a/b;jsessionid=1?x=/../y&z#part",
        "https://WIKI.example.com:443/页面?q=钉 钉",
        "https://wiki.example.com/board",
        "https://wiki.example.com/Board/",
        "https://wiki.example.com:8443/app/x",
        "https://wiki.example.com/..a/b..;x/c...",
        "https://wiki.example.com//evil.example/",
    ] {
        is(text, "wiki");
    }
    is("https://wiki.example.com/board/x", "board");
    is("https://one.example.com/cas?tenant=1", "one");
    is("https://one.example.com/", "one");
    is("http://127.0.0.1:8080/x", "here");
}

/// The rules of both hold: servers differ in which of them such an address leads to.
#[test]
fn an_address_that_could_lead_to_an_app_within_is_also_for_that_ones_people() {
    let clients = clients();
    let check = |text: &str, expected: &[&str]| {
        let found = Service::find(text, &clients).expect("it is listed");
        let within: Vec<_> = found.within.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(within, expected, "{text}");
    };
    for path in
        ["board", "board?x", "%62oard/x", "%2562oard/x", "/board/x", "board;a/x", "Board/x", "board%2fx", ";x/board"]
    {
        check(&format!("https://wiki.example.com/{path}"), &["board"]);
    }
    for path in ["", "boards", "x/board/", "board/x", "board-/"] {
        check(&format!("https://wiki.example.com/{path}"), &[]);
    }
    struct Zhangsan;
    impl Person for Zhangsan {
        fn corp_id(&self) -> &str {
            "corp"
        }
        fn userid(&self) -> &str {
            "zhangsan"
        }
        fn role(&self) -> &str {
            "user"
        }
        fn departments(&self) -> impl Iterator<Item = &str> {
            ["研发部"].into_iter()
        }
    }
    let user = Zhangsan;
    let mut clients = clients;
    clients[1].rules = Rules::of_settings("财务部", "", "").unwrap();
    assert!(Service::find("https://wiki.example.com/x", &clients).unwrap().lets_in(&user));
    for path in ["board", "board/x", "%62oard/x"] {
        assert!(
            !Service::find(&format!("https://wiki.example.com/{path}"), &clients).unwrap().lets_in(&user),
            "{path}"
        );
    }
}

#[test]
fn what_only_looks_like_a_listed_address_is_nobodys() {
    let clients = clients();
    for text in [
        "",
        "/",
        "//wiki.example.com/",
        "https:wiki.example.com/",
        "https:///wiki.example.com/",
        "https:\\\\wiki.example.com\\",
        "HTTPS://wiki.example.com/",
        " https://wiki.example.com/",
        "https://wiki.example.com /",
        "https://wiki.example.com/\n",
        "https://wiki.example.com/\u{fffd}",
        "ht\ttps://wiki.example.com/",
        "http://wiki.example.com/",
        "https://wiki.example.com:8443/",
        "https://wiki.example.com:8443/app",
        "https://wiki.example.com:8443/app/../x",
        "https://wiki.example.com:8443/app/%2e%2E/x",
        "https://wiki.example.com:8443/app/..%2fx",
        "https://wiki.example.com:8443/app/%252e%252e/x",
        "https://wiki.example.com:8443/app/..;/x",
        "https://wiki.example.com:8443/app/.%2e;a/x",
        "https://wiki.example.com:8443/app/..%5cx",
        "https://wiki.example.com:8443/app\\..\\x",
        "https://wiki.example.com/%0d%0aSet-Cookie:x",
        "https://wiki.example.com/%00",
        "https://wiki.example.com.evil.example/",
        "https://wiki.example.com./",
        "https://wiki.example.comevil.example/",
        "https://evil.example/https://wiki.example.com/",
        "https://evil.example/?https://wiki.example.com/",
        "https://evil.example#https://wiki.example.com/",
        "https://wiki.example.com@evil.example/",
        "https://wiki.example.com:x@evil.example/",
        "https://user@wiki.example.com/",
        "https://evil.example\\@wiki.example.com/",
        "https://wiki.example.com\\@evil.example/",
        "https://wiki%2eexample.com/",
        "https://wiki。example。com/",
        "https://ｗiki.example.com/",
        "https://wiki.example.com:99999/",
        "https://wiki.example.com:8444/app/",
        "javascript:alert(1)//https://wiki.example.com/",
        "data:text/html,https://wiki.example.com/",
        "https://one.example.com/cas",
        "https://one.example.com/cas?tenant=1&x",
        "https://one.example.com/cas?tenant=2",
        "https://one.example.com/cas?tenant=1#x",
        "https://one.example.com/cas/?tenant=1",
        "https://one.example.com/x",
        "https://one.example.com/?",
    ] {
        assert!(Service::find(text, &clients).is_none(), "{text}");
    }
    let long = format!("https://wiki.example.com/{}", "a".repeat(LONGEST));
    assert!(Service::find(&long, &clients).is_none());
}

#[test]
fn a_ticket_is_added_to_the_address_and_changes_nothing_of_it() {
    let clients = clients();
    let check = |text: &str, expected: &str, logout_url: &str| {
        let service = Service::find(text, &clients).unwrap();
        assert_eq!(service.with_ticket("ST-1"), expected);
        assert_eq!(service.logout_url(), logout_url);
    };
    let root = "https://wiki.example.com/";
    check("https://wiki.example.com", "https://wiki.example.com/?ticket=ST-1", root);
    check("https://wiki.example.com/?", "https://wiki.example.com/?ticket=ST-1", "https://wiki.example.com/?");
    check(
        "https://wiki.example.com/a?x=%20&y#z?w",
        "https://wiki.example.com/a?x=%20&y&ticket=ST-1#z?w",
        "https://wiki.example.com/a?x=%20&y",
    );
    check(
        "https://wiki.example.com/?q=\"<钉>|",
        "https://wiki.example.com/?q=%22%3C%E9%92%89%3E|&ticket=ST-1",
        "https://wiki.example.com/?q=%22%3C%E9%92%89%3E|",
    );
}

const PIECES: [&str; 44] = [
    "/",
    "//",
    "\\",
    "https://",
    "http://",
    "https:",
    "HTTPS://",
    "javascript:",
    "wiki.example.com",
    "wiki.example.com",
    "one.example.com",
    "evil.example",
    "127.0.0.1",
    ".",
    "..",
    "/..",
    "../",
    "..;",
    ";",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%00",
    "%0d%0a",
    "%25",
    "%",
    "\t",
    "\n",
    "\u{85}",
    " ",
    "\u{3000}",
    "@",
    "user:pass@",
    ":",
    ":443",
    ":8443",
    ":99999",
    "?",
    "#",
    "&",
    "app/",
    "张",
    "。",
];

fn hostile() -> impl Strategy<Value = String> {
    let pieces = || proptest::collection::vec(prop::sample::select(&PIECES[..]), 0..9).prop_map(|all| all.concat());
    prop_oneof![
        pieces(),
        pieces().prop_map(|rest| format!("https://wiki.example.com{rest}")),
        pieces().prop_map(|rest| format!("https://wiki.example.com:8443/app/{rest}")),
        pieces().prop_map(|rest| format!("https://wiki.example.com/{rest}")),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn whatever_is_wanted_a_ticket_goes_to_a_listed_host_and_path(text in hostile()) {
        let clients = clients();
        let Some(service) = Service::find(&text, &clients) else { return Ok(()) };
        for there in [service.with_ticket("ST-1"), service.without_ticket(), service.logout_url()] {
            prop_assert!(there.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'), "{there}");
            // Also to a reader that stops at the next slash.
            let (_, rest) = there.split_once("://").unwrap();
            let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap());
            match host {
                "wiki.example.com" | "one.example.com" | "127.0.0.1:8080" => {}
                "wiki.example.com:8443" => prop_assert!(rest.starts_with("/app/"), "{there}"),
                _ => prop_assert!(false, "{there}"),
            }
            // A browser goes where we mean.
            let url = Url::parse(&there).unwrap();
            prop_assert_eq!(url.as_str(), &there);
            let up = |segment: &str| segment == "..";
            prop_assert!(!url.path().split('/').any(up), "{there}");
        }
        let with = service.with_ticket("ST-1");
        let url = Url::parse(&with).unwrap();
        prop_assert_eq!(url.query_pairs().last().unwrap(), ("ticket".into(), "ST-1".into()));
    }
}
