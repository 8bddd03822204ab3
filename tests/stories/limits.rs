//! Hundreds of codes at once: the limits also cover those under way, nobody at another address waits, whoever shares
//! the address waits a moment, and a company behind one address is no flood.

use miandeng::simulator::FaultKind;
use rocket::{
    futures::{
        future::join_all,
        stream::{self, StreamExt},
    },
    tokio::{self, task::JoinHandle},
};
use serde_json::json;
use url::Url;

use crate::{
    faults::fault,
    harness::{Answer, App, Phone, until},
};

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";
const OUTSIDE: &str = "/v1.0/oauth2/userAccessToken";
/// Calls of an app that are under way at once.
const TURNS: usize = 20;
/// Rejected codes from one address at once.
const BURST: usize = 300;
/// More each second.
const FORGIVEN: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Way {
    Client,
    Browser,
}

impl Way {
    /// The call that spends a code.
    fn call(self) -> &'static str {
        match self {
            Self::Client => EXCHANGE,
            Self::Browser => OUTSIDE,
        }
    }
}

/// A browser with a page of ours open, or on its way back from DingTalk's.
struct Ready {
    phone: Phone,
    way: Way,
    state: String,
}

impl Ready {
    async fn of(mut phone: Phone, way: Way) -> Self {
        let state = match way {
            Way::Client => phone.opens_app().await.state(),
            Way::Browser => {
                let there = Url::parse(phone.gets("/login/dingtalk").await.header("location")).unwrap();
                there.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
            }
        };
        Self { phone, way, state }
    }

    async fn sends(mut self, code: &str) -> Answer {
        match self.way {
            Way::Client => self.phone.sends_code(code, &self.state).await,
            Way::Browser => {
                let address = format!("/login/dingtalk/callback?code={code}&state={}", self.state);
                self.phone.gets(&address).await
            }
        }
    }
}

/// Without a time limit for DingTalk, however slow the machine is.
async fn deployment() -> App {
    App::with(|settings| settings["dingtalk"]["timeout"] = json!("20s")).await
}

async fn crowd(app: &App, address: &str, way: Way, size: usize) -> Vec<Ready> {
    let one = || {
        let mut phone = app.phone("zhangsan");
        phone.headers = vec![("X-Forwarded-For", address.into())];
        Ready::of(phone, way)
    };
    stream::iter(0..size).map(|_| one()).buffer_unordered(20).collect().await
}

/// All send a bad code at once.
fn flood(crowd: Vec<Ready>) -> Vec<JoinHandle<u16>> {
    let bad = |(i, one): (usize, Ready)| async move {
        let code = format!("bad{i}{}", &one.state[..20]);
        one.sends(&code).await.status
    };
    crowd.into_iter().enumerate().map(|one| tokio::spawn(bad(one))).collect()
}

async fn statuses(flood: Vec<JoinHandle<u16>>) -> Vec<u16> {
    join_all(flood).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn codes_that_are_sent_all_at_once_are_limited_like_one_after_another() {
    for way in [Way::Client, Way::Browser] {
        let app = deployment().await;
        let (first, second) = (crowd(&app, "203.0.113.7", way, 900).await, crowd(&app, "203.0.113.7", way, 300).await);
        app.simulator.fault(fault(way.call(), usize::MAX, FaultKind::Delay(100)));
        let began = app.clock.now();
        let mut answers = statuses(flood(first)).await;
        let asked = app.simulator.calls(way.call());
        answers.extend(statuses(flood(second)).await);
        let again = app.simulator.calls(way.call()) - asked;

        let seconds = usize::try_from(app.clock.now() - began).unwrap() + 1;
        let most = BURST + 2 * TURNS + FORGIVEN * seconds;
        assert!((BURST..=most).contains(&asked), "{way:?}: {asked} calls of 900, at most {most}");
        let most = 2 * TURNS + FORGIVEN * seconds;
        assert!(again <= most, "{way:?}: {again} calls of 300 more, at most {most}");
        assert!(answers.iter().all(|status| [401, 429].contains(status)), "{way:?}: {answers:?}");
    }
}

#[tokio::test]
async fn nobody_elsewhere_waits_for_the_codes_that_one_address_sends() {
    let app = deployment().await;
    let attackers = crowd(&app, "203.0.113.7", Way::Client, 600).await;
    let employee = Ready::of(app.phone("zhangsan"), Way::Client).await;
    let code = employee.phone.code();
    app.simulator.fault(fault(EXCHANGE, usize::MAX, FaultKind::Delay(2000)));
    let flood = flood(attackers);
    until("all turns are taken", async || app.simulator.calls(EXCHANGE) >= TURNS).await;
    assert_eq!(employee.sends(&code).await.status, 200);
    let asked = app.simulator.calls(EXCHANGE);
    assert!(asked <= 4 * TURNS, "{asked} calls until the employee was in");
    app.simulator.clear_faults();
    statuses(flood).await;
}

/// Made-up browsers look like a colleague's.
#[tokio::test]
async fn who_shares_an_address_with_a_flood_is_told_how_long_to_wait_and_keeps_the_code() {
    let app = deployment().await;
    let attackers = crowd(&app, "203.0.113.7", Way::Client, BURST + 5 * TURNS).await;
    let one = async |address: &str| crowd(&app, address, Way::Client, 1).await.remove(0);
    let (mut colleague, neighbour) = (one("203.0.113.7").await, one("203.0.113.8").await);
    let (code, state) = (colleague.phone.code(), colleague.state.clone());
    statuses(flood(attackers)).await;

    let refused = colleague.phone.sends_code(&code, &state).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "rate-limited"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    // The codes under way come on top of the burst.
    let longest = i64::try_from(2 * TURNS / FORGIVEN).unwrap();
    assert!((1..=longest).contains(&wait), "{wait}");
    assert!(refused.json()["detail"].as_str().unwrap().contains("您所在的网络"), "{}", refused.body);
    let good = neighbour.phone.code();
    assert_eq!(neighbour.sends(&good).await.status, 200, "elsewhere nobody waits");
    app.clock.advance(wait);
    assert_eq!(colleague.phone.sends_code(&code, &state).await.status, 200, "page and code are still good");
}

#[tokio::test]
async fn a_company_behind_one_address_gets_in_all_at_once_whatever_a_few_of_them_do_wrong() {
    let app = deployment().await;
    let company = crowd(&app, "203.0.113.7", Way::Client, 500).await;
    app.simulator.fault(fault(EXCHANGE, usize::MAX, FaultKind::Delay(50)));
    let answers = join_all(company.into_iter().enumerate().map(|(i, one)| async move {
        let is_good = i % 10 != 0;
        let code = if is_good { one.phone.code() } else { format!("bad{i}") };
        (is_good, one.sends(&code).await)
    }));
    for (is_good, answer) in answers.await {
        assert_eq!(answer.status, if is_good { 200 } else { 401 }, "{}", answer.body);
    }
}
