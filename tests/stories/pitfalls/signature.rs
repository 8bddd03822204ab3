//! dd.config refused. It keeps nobody from signing in, so the employee sees nothing of it; an administrator does, and if
//! the sign-in fails as well, the page has it in their part.

use miandeng::simulator::Corp;
use serde_json::{Value, json};

use super::{Deployment, log_says, page_explains, reports, shown};
use crate::harness::{Answer, CORP, PUBLIC_URL};

impl Deployment {
    /// DingTalk judges the page's dd.config at the address that the client shows, and the page reports the error. `opened`
    /// is the path that reached the server.
    async fn dd_config_fails(&self, opened: &str, shown: &str) -> Answer {
        let mut phone = self.app.phone("zhangsan");
        let page = phone.gets(opened).await;
        let mut call = page.config();
        call["url"] = json!(shown);
        let address = self.app.dingtalk_url("/_client/config");
        let verdict = reqwest::Client::new().post(address).json(&call).send().await.unwrap();
        let verdict: Value = verdict.json().await.unwrap();
        let message = verdict["errorMessage"].as_str().unwrap_or_else(|| panic!("accepted: {verdict}")).to_owned();
        let report = reports(&mut phone, &page, "dd.error", &message).await;
        let code = phone.code();
        assert_eq!(phone.sends_code(&code, &page.state()).await.status, 200, "it does not block the sign-in");
        report
    }
}

fn opened() -> String {
    format!("/?corpid={CORP}")
}

#[tokio::test]
async fn pitfall_1_another_address_was_signed_than_the_client_shows() {
    let mut deployment = Deployment::start().await;
    for (shown, says) in [
        (
            shown().replace("https://", "http://"),
            "DingTalk saw http://, but https:// was signed: public_url must begin",
        ),
        (shown().replace(".com", ".com:8443"), "DingTalk saw port 8443, but no port was signed"),
        (shown().replace("app.", "oa."), "DingTalk saw the host oa.example.com, but app.example.com was signed"),
        (shown().replace("/?", "/app/index?"), "Android keeps the address that was loaded first"),
        (shown().replace("/?", "?"), "DingTalk saw no slash at the end of the path, but one was signed"),
        (format!("{PUBLIC_URL}/?dd_nav=1&corpid={CORP}"), "The parameters differ (DingTalk saw dd_nav, not signed)"),
    ] {
        let report = deployment.dd_config_fails(&opened(), &shown).await;
        page_explains(&report, "52013 · The page's signature does not match", says);
        log_says(&report, &["errcode=52013", "client-report", "The page's signature does not match", says]);
    }
    let end = ["DingTalk saw http://, but https:// was signed: public_url must begin with http://."];
    deployment
        .doctor_says(&[&["sign-ins oa", "signature does not match (52013): once"], &end[..]].concat(), "52013")
        .await;
}

#[tokio::test]
async fn pitfall_1_a_query_in_another_order_and_a_hash_route() {
    let deployment = Deployment::start().await;
    let shown = format!("{PUBLIC_URL}/?a=1&corpid={CORP}");
    let report = deployment.dd_config_fails(&format!("/?corpid={CORP}&a=1"), &shown).await;
    page_explains(
        &report,
        "52013 · The page's signature does not match",
        "The parameters were signed in another order",
    );
    log_says(&report, &["errcode=52013", "The parameters were signed in another order"]);
    // A page of your own that signs its whole address, as a report of it reads.
    let message =
        format!("权限校验失败 Code:52013 - Message: 签名校验失败,url:[{}],ticketList:[aC7X***]", super::shown());
    let mut phone = deployment.app.phone("zhangsan");
    let page = phone.opens_app().await;
    let signed = format!("{}#/home", super::shown());
    let fields = [("kind", "dd.error"), ("message", &*message), ("signed", &*signed), ("state", &*page.state())];
    let report = phone.posts("/signin/report", &fields).await;
    log_says(&report, &["split('#')[0]"]);
}

#[tokio::test]
async fn pitfall_2_a_chinese_query_is_signed_encoded_or_decoded_twice() {
    let mut deployment = Deployment::start().await;
    let shown = format!("{}&name=%E5%BC%A0%E4%B8%89", shown());
    let report = deployment.dd_config_fails(&format!("{}&name=%25E5%25BC%25A0%25E4%25B8%2589", opened()), &shown).await;
    page_explains(&report, "52013 · The page's signature does not match", "The query was signed percent-encoded");
    log_says(&report, &["errcode=52013", "The query was signed percent-encoded"]);
    let shown = format!("{}&rate=100%2525", super::shown());
    let report = deployment.dd_config_fails(&format!("{}&rate=100%25", opened()), &shown).await;
    log_says(&report, &["errcode=52013", "The query was decoded twice"]);
    deployment.doctor_says(&["The query was signed percent-encoded"], "查询参数（如中文）是编码后签名的").await;
}

#[tokio::test]
async fn pitfall_3_the_app_wants_the_other_hash() {
    let mut deployment = Deployment::start().await;
    deployment.app.simulator.edit_corp(CORP, |corp: &mut Corp| corp.only_hash = Some("sha256".into()));
    let report = deployment.dd_config_fails(&opened(), &shown()).await;
    let advice = "which leaves the hash: set signature = \\\"sha256\\\" instead of \\\"sha1\\\"";
    // Whether it is the hash or the ticket, the page may not tell: that would confirm a guessed piece of the ticket.
    page_explains(&report, "52013 · The page's signature does not match", "");
    log_says(&report, &["errcode=52013", "which is what was signed", advice]);
    deployment.doctor_says(&["which leaves the hash"], "剩下的就是哈希算法").await;
}

#[tokio::test]
async fn pitfall_4_another_program_fetches_tickets_with_this_apps_key() {
    let mut deployment = Deployment::start().await;
    let mut phone = deployment.app.phone("zhangsan");
    phone.opens_app().await;
    // Fetched elsewhere: the ticket that this server keeps is dead, and DingTalk lists another one.
    deployment.app.simulator.void_tickets(CORP);
    let report = deployment.dd_config_fails(&opened(), &shown()).await;
    page_explains(
        &report,
        "52011 · DingTalk does not find the ticket that the page was signed with",
        "no other program fetches tickets",
    );
    log_says(&report, &["errcode=52011", "does not find the ticket", "no other program fetches tickets"]);

    let message = format!("权限校验失败 Code:52013 - Message: 签名校验失败,url:[{}],ticketList:[zzzz***]", shown());
    let page = phone.opens_app().await;
    let report = reports(&mut phone, &page, "dd.error", &message).await;
    log_says(&report, &["errcode=52013", "with a ticket that DingTalk does not list"]);
    assert!(!crate::harness::log_line(report.request_id()).contains("zzzz"), "not even the beginning of a ticket");
    deployment.doctor_says(&["(52011)", "with a ticket that DingTalk does not list"], "52011").await;
}

#[tokio::test]
async fn pitfall_8_the_agent_id_of_another_app_or_a_service_window_as_a_micro_app() {
    let mut deployment = Deployment::with(|settings| settings["apps"][0]["agent_id"] = json!("300000001")).await;
    deployment.app.simulator.edit_corp(CORP, |corp| {
        let mut other = corp.apps[0].clone();
        (other.agent_id, other.client_id) = ("300000001".into(), "dingother".into());
        corp.apps.push(other);
    });
    let report = deployment.dd_config_fails(&opened(), &shown()).await;
    let title = "agent_id and client_id do not belong together";
    page_explains(&report, &format!("52019 · {title}"), "The page was made with agent_id 300000001.");
    log_says(&report, &["errcode=52019", title, "The page was made with agent_id 300000001."]);
    deployment.doctor_says(&[title, "(52019)", "The page was made with agent_id 300000001."], "52019").await;

    let deployment = Deployment::with(|settings| settings["apps"][0]["agent_id"] = json!("200000001")).await;
    let report = deployment.dd_config_fails(&opened(), &shown()).await;
    log_says(&report, &["errcode=52019", "kind = \\\"channel\\\""]);
}
