//! Sign-in outside the DingTalk client, through DingTalk's own page: there, back, and every refusal.

mod codes;
mod refusals;
mod there_and_back;

use std::collections::BTreeMap;

use miandeng::simulator::{Fault, FaultKind};
use reqwest::{Client, redirect::Policy};
use url::Url;

use crate::harness::{Answer, PUBLIC_URL, Phone};

const EXCHANGE: &str = "/v1.0/oauth2/userAccessToken";
const ME: &str = "/v1.0/contact/users/me";
const BY_UNIONID: &str = "/topapi/user/getbyunionid";

fn fault(path: &str, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times: 1, corp_id: None, client_id: None, kind }
}

fn answers(path: &str, body: &str) -> Fault {
    fault(path, FaultKind::Body(body.into()))
}

/// Returns DingTalk's address.
async fn sets_out(browser: &mut Phone, path: &str) -> Url {
    let answer = browser.gets(path).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    Url::parse(answer.header("location")).unwrap()
}

/// As somebody, or refuses. Returns the path to which the browser is sent back.
async fn scans(there: &Url, userid: &str) -> String {
    let mut there = there.clone();
    there.query_pairs_mut().append_pair("simulated_person", userid);
    let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let answer = http.get(there).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = answer.headers()["location"].to_str().unwrap();
    back.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{back}")).to_owned()
}

/// Returns the path to which the browser is sent back.
pub async fn is_sent_back(browser: &mut Phone, path: &str) -> String {
    let there = sets_out(browser, path).await;
    scans(&there, &browser.userid.clone()).await
}

async fn signs_in(browser: &mut Phone, path: &str) -> Answer {
    let back = is_sent_back(browser, path).await;
    browser.gets(&back).await
}

fn query(address: &Url) -> BTreeMap<String, String> {
    address.query_pairs().into_owned().collect()
}

/// The page's status and the problem's word.
fn problem(page: &Answer) -> (u16, String) {
    let (_, rest) = page.body.split_once("data-problem=\"").unwrap_or_else(|| panic!("no problem: {}", page.body));
    assert!(page.body.contains(page.request_id()), "the id is on the page");
    (page.status, rest.split('"').next().unwrap().to_owned())
}

#[track_caller]
fn is_refused(page: &Answer, status: u16, word: &str) {
    assert_eq!(problem(page), (status, word.to_owned()), "{}", page.body);
    assert!(page.all("set-cookie").is_empty(), "no cookie");
}
