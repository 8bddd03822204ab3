//! Names that look like ours to a careless reader. Only our own host, by https, can set a name that begins with
//! `__Host-`; a neighbouring host can set a name with anything in front of that.

use reqwest::Method;

use crate::{
    gate::PROXIES,
    harness::{App, CORP},
};

const SESSION: &str = "__Host-miandeng";
const PAGE: &str = "__Host-miandeng-signin";

/// Characters that some library takes for a blank, for nothing, or for the same letter.
fn twins(name: &str) -> Vec<String> {
    const BLANKS: [char; 26] = [
        '\u{85}', '\u{a0}', '\u{ad}', '\u{1680}', '\u{180e}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}',
        '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{200b}', '\u{200c}',
        '\u{200d}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{2060}', '\u{3000}', '\u{feff}',
    ];
    let (front, back) = name.split_at("__Host-".len());
    let with = |blank| {
        [
            format!("{blank}{name}"),
            format!("{name}{blank}"),
            format!("{front}{blank}{back}"),
            format!(" {blank} {name}"),
        ]
    };
    let mut twins: Vec<String> = BLANKS.into_iter().flat_map(with).collect();
    twins.extend([
        name.to_lowercase(),
        name.to_uppercase(),
        name.replace('_', "\u{ff3f}"),
        name.replace("Host", "Ho\u{17f}t"),
        name.replace('_', "%5F"),
        name.replace("__", "_\\_"),
        format!("\"{name}\""),
        format!("\"{name}"),
        format!("{name} "),
        format!("$Version=1,{name}"),
        format!("x,{name}"),
        format!("x={name}"),
    ]);
    twins
}

#[tokio::test]
async fn a_session_under_a_name_that_a_neighbour_may_set_is_nobodys() {
    let app = App::start().await;
    let mut attacker = app.phone("zhangsan");
    attacker.is_signed_in().await;
    let session = attacker.cookies[SESSION].clone();
    let victim = app.phone("lisi");
    for twin in twins(SESSION) {
        for cookies in [format!("{twin}={session}"), format!("a=b; {twin}={session}; c=d")] {
            let home = victim.request(Method::GET, "/home").header("Accept", "text/html");
            let home = victim.clone().sends(home.header("Cookie", cookies.as_bytes())).await;
            assert_eq!(home.status, 303, "{cookies:?}: {}", home.body);
            for proxy in PROXIES {
                let question = proxy.question(&victim, "GET", "https://app.example.com/x", "");
                let answer = victim.clone().sends(question.header("Cookie", cookies.as_bytes())).await;
                assert!(matches!(answer.status, 401 | 302), "{proxy:?} {cookies:?}: {}", answer.status);
                assert_eq!(answer.all("remote-user"), Vec::<&str>::new(), "{cookies:?}");
            }
            // Nor does it replace the victim's own session.
            let both = format!("{cookies}; {SESSION}={session}");
            let home = victim.request(Method::GET, "/home").header("Cookie", both.as_bytes());
            assert_eq!(victim.clone().sends(home).await.status, 200, "{both:?}");
        }
    }
    // HTTP's own blanks are no part of a name.
    let home = victim.request(Method::GET, "/home").header("Cookie", format!("a=b;\t {SESSION}={session} \t; c=d"));
    assert_eq!(victim.clone().sends(home).await.status, 200);
}

/// The attacker's page and code in the victim's browser, which would then be signed in as the attacker.
#[tokio::test]
async fn a_page_under_a_name_that_a_neighbour_may_set_signs_nobody_in() {
    let app = App::start().await;
    let mut attacker = app.phone("zhangsan");
    let page = attacker.opens_app().await;
    let (code, state, browser) = (attacker.code(), page.state(), attacker.cookies[PAGE].clone());
    let fields = [("code", code.as_str()), ("corpid", CORP), ("state", &state)];
    let clock = app.clock.clone();
    for twin in twins(PAGE) {
        // Tries without a state of ours are limited.
        clock.advance(1);
        let victim = app.phone("lisi");
        let sent = victim.form("/userinfo", &fields).header("Cookie", format!("{twin}={browser}").as_bytes());
        let answer = victim.clone().sends(sent).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "state-mismatch"), "{twin:?}");
        assert!(answer.all("set-cookie").is_empty(), "{twin:?}");
    }
    assert_eq!(attacker.sends_code(&code, &state).await.status, 200, "and the code is not spent");
}
