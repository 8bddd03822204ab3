//! What the client itself refuses, or does not answer.

use serde_json::{Value, json};

use super::{Deployment, log_says, page_explains, page_says, shown};
use crate::harness::{CLIENT_ID, CORP};

impl Deployment {
    /// What the simulated client tells a page that asks for a code at this address.
    async fn client_refuses(&self, page: &str, person: &str) -> String {
        let question = json!({
            "kind": "employee", "corpId": CORP, "clientId": CLIENT_ID, "url": page, "person": person,
        });
        let address = self.app.dingtalk_url("/_client/code");
        let answer: Value =
            reqwest::Client::new().post(address).json(&question).send().await.unwrap().json().await.unwrap();
        let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("given a code: {answer}")).to_owned();
        format!("{} {}", text("errorCode"), text("errorMessage"))
    }
}

#[tokio::test]
async fn pitfall_5_the_page_is_on_no_domain_of_the_app() {
    let mut deployment = Deployment::start().await;
    deployment.app.simulator.edit_corp(CORP, |corp| corp.apps[0].domains = vec!["oa.example.com".into()]);
    let said = deployment.client_refuses(&shown(), "zhangsan").await;
    assert!(said.contains("域名微应用"), "{said}");
    let page = deployment.app.phone("zhangsan").opens_app().await;
    page_says(&page, &["data-message=\"client-refused\"", "端内免登地址"]);
    let report = deployment.client_says("client-refused", &format!("{said}, platform ios, version 7.8.10")).await;
    page_explains(&report, "3 · The organisation has no app on this page's domain", "端内免登地址");
    log_says(&report, &["client-report", "no app on this page's domain", "应用首页地址"]);
    deployment.doctor_says(&["no app on this page&#39;s domain", "端内免登地址"], "没有使用这个域名的应用").await;
}

#[tokio::test]
async fn pitfall_9_the_placeholder_arrives_as_it_is_or_another_organisation_does() {
    let mut deployment = Deployment::start().await;
    let page = deployment.app.phone("zhangsan").gets("/?corpid=$CORPID$").await;
    assert_eq!(page.status, 400);
    page_says(&page, &["$CORPID$", "工作台"]);
    log_says(&page, &["invalid-request", "did not replace $CORPID$", "应用首页地址"]);
    let page = deployment.app.phone("zhangsan").gets("/?corpid=dingsomebodyelse").await;
    assert_eq!(page.status, 404);
    page_says(&page, &["corp_id"]);
    log_says(&page, &["unknown-app", "The address has corpid \\\"dingsomebodyelse\\\""]);
    let page = deployment.app.phone("zhangsan").gets(&format!("/?corpid={CORP}&agentid=7")).await;
    log_says(&page, &["unknown-app", "agentid \\\"7\\\""]);
    deployment.doctor_says(&["did not replace $CORPID$", "dingsomebodyelse"], "客户端没有替换 $CORPID$").await;

    let rows = deployment.app.db_rows().await;
    let head = deployment.app.phone("zhangsan").request(reqwest::Method::HEAD, "/?corpid=x");
    deployment.app.phone("zhangsan").sends(head).await;
    assert_eq!(deployment.app.db_rows().await, rows, "HEAD changes no row");
}

#[tokio::test]
async fn pitfall_10_no_callback_comes_at_all() {
    let mut deployment = Deployment::start().await;
    let page = deployment.app.phone("zhangsan").opens_app().await;
    page_says(&page, &["data-message=\"no-bridge\"", "DingTalk is not responding"]);
    let report = deployment.client_says("no-bridge", "no answer in 8000 ms, platform ios, version 7.8.10").await;
    page_explains(&report, "no-bridge · The DingTalk client does not answer", "update DingTalk");
    log_says(&report, &["client-report", "The DingTalk client does not answer"]);
    page_says(&page, &["data-message=\"script-failed\"", "jsapi_file"]);
    let report = deployment.client_says("script-failed", "the script cannot be loaded").await;
    page_explains(&report, "script-failed · DingTalk's script did not load", "jsapi_file");
    log_says(&report, &["script did not load", "jsapi_file"]);
    deployment.doctor_says(&["(no-bridge)", "(script-failed)", "jsapi_file"], "钉钉客户端没有响应").await;
}

#[tokio::test]
async fn pitfall_11_the_script_finds_no_client_inside_the_desktop_client() {
    let mut deployment = Deployment::start().await;
    let report = deployment.client_says("client-refused", "4040 unsupported environment, platform notInDingTalk").await;
    page_explains(&report, "4040 · The script does not find the DingTalk client", "window.name");
    log_says(&report, &["The script does not find the DingTalk client", "window.name"]);
    deployment.doctor_says(&["(4040)", "window.name"], "脚本找不到钉钉客户端").await;
}

#[tokio::test]
async fn pitfall_12_somebody_of_another_organisation_opens_the_app() {
    let mut deployment = Deployment::start().await;
    let said = deployment.client_refuses(&shown(), "union-qianjiu").await;
    assert!(said.contains("uid is not in employee"), "{said}");
    let report = deployment.client_says("client-refused", &said).await;
    page_explains(
        &report,
        "3 · The person is not an employee of this organisation",
        "Switch to the right organisation",
    );
    log_says(&report, &["not an employee of this organisation", "Switch to the right organisation"]);
    let page = deployment.app.phone("zhangsan").opens_app().await;
    page_says(&page, &["Check that you are in the right organisation"]);
    deployment.doctor_says(&["not an employee of this organisation"], "不是该企业的员工").await;
}
