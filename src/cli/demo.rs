//! `miandeng demo`: the server against a simulated DingTalk, with sample employees. It reads no settings, and its
//! database is in a temporary folder, so nothing is left behind and no earlier run can break this one.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use anyhow::Context;
use clap::Args;
use figment::{Figment, providers::Serialized};
use rocket::fairing::AdHoc;
use serde_json::json;

use super::{
    logging,
    sample_app::{self, SampleApp},
    serve,
    terminal::text,
};
use crate::{
    audit::Actor,
    clock::Clock,
    config::Config,
    db::Pools,
    ids::{CorpId, DingUserId},
    people::{self, By, Reason},
    random,
    simulator::{Company, Corp, Employee, Simulator},
    users::{Change, NewUser, Role},
};

/// In the table as an administrator, and holds the simulated phone at first: the admin pages are one click away.
const LISTED: &str = "zhangsan";
/// Not in the table.
const UNLISTED: &str = "lisi";
const SIMULATOR_PORT: u16 = 8008;
const APP_PORT: u16 = 8009;
/// Of the app that the demo pretends to be.
const LOGO: &str = include_str!("demo_logo.svg");

/// Where the demo listens.
#[derive(Args)]
pub struct DemoArgs {
    /// The port of the server; a free one is taken if this one is in use
    #[arg(long, default_value_t = 8000)]
    port: u16,
}

pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let _log = logging::start();
    let clock = Clock::system();
    let company = Company::sample();
    let corp = company
        .corps
        .first()
        .with_context(|| text!("the sample company has no organisation", "示例中没有企业"))?
        .clone();

    let simulator = Simulator::new(clock.clone(), company);
    simulator.hold(Some(LISTED));
    let dingtalk = simulator.start(Ipv4Addr::LOCALHOST.into(), free_port(SIMULATOR_PORT)?).await?;

    let folder = tempfile::Builder::new()
        .prefix("miandeng-demo-")
        .tempdir()
        .with_context(|| text!("no temporary folder can be made", "无法建立临时目录"))?;
    let pools = Pools::open(&folder.path().join("demo.db").to_string_lossy()).await?;
    let employee = add_sample_employee(&pools, &corp, &clock).await?;

    let port = free_port(args.port)?;
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, LOGO).with_context(|| text!("the logo cannot be written", "无法写入徽标"))?;
    let app = sample_app(port)?;
    let figment = figment(port, dingtalk.url(), &corp, &logo, &app)?;
    let config = Config::from_figment(&figment)?;
    let [chinese, english] = note(port, &corp, &employee);
    simulator.note(chinese, english);
    app.app.start(app.port).await?;
    let (dingtalk_url, app_url) = (dingtalk.url().to_owned(), app.url);
    let welcome = AdHoc::on_liftoff("welcome", move |_| {
        print_welcome(port, &dingtalk_url, &corp, &employee, &app_url);
        Box::pin(std::future::ready(()))
    });
    let server = serve::ignite(figment, config, pools.clone(), clock, |server| server.attach(welcome)).await?;
    let stopped = server.launch().await;
    dingtalk.stop().await;
    pools.close().await;
    stopped.map(drop).map_err(|error| serve::explained(&error))
}

/// An app that signs people in by OpenID Connect.
struct App {
    app: SampleApp,
    port: u16,
    url: String,
    secret: String,
}

fn sample_app(port: u16) -> anyhow::Result<App> {
    let (issuer, app_port) = (format!("http://127.0.0.1:{port}"), free_port(APP_PORT)?);
    let (url, secret) = (format!("http://127.0.0.1:{app_port}"), random::hex::<16>());
    Ok(App { app: SampleApp::new(&url, &issuer, &secret)?, port: app_port, url, secret })
}

fn free_port(wanted: u16) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .with_context(|| text!("no port is free", "没有空闲的端口"))?;
    Ok(listener.local_addr()?.port())
}

async fn add_sample_employee(pools: &Pools, corp: &Corp, clock: &Clock) -> anyhow::Result<Employee> {
    let employee = corp
        .employees
        .iter()
        .find(|employee| employee.userid == LISTED)
        .with_context(|| text!("no such sample employee", "示例中没有这位员工"))?;
    let user = NewUser {
        corp_id: CorpId::new(&corp.corp_id)?,
        userid: DingUserId::new(&employee.userid)?,
        change: Change {
            name: Some(employee.name.clone()),
            unionid: Some(employee.unionid.clone()),
            title: Some(employee.title.clone()),
            role: Some(Role::Admin),
            ..Change::default()
        },
    };
    let mut transaction = pools.write().await?;
    let by = By::new(Actor::System, Reason::Demo, clock);
    people::add(&mut transaction, &by, user).await?;
    transaction.commit().await?;
    Ok(employee.clone())
}

/// The demo's settings. Neither Rocket.toml nor the environment is read: what is set there is meant for a real server.
fn figment(port: u16, dingtalk_url: &str, corp: &Corp, logo: &Path, sample: &App) -> anyhow::Result<Figment> {
    let app = corp.apps.first().with_context(|| text!("the sample organisation has no app", "示例企业没有应用"))?;
    let settings = json!({
        "public_url": format!("http://127.0.0.1:{port}"),
        "title": text!("Leave Requests", "请假审批"),
        "logo_file": logo,
        "admin_contact": name_of(corp, LISTED),
        "dingtalk": {
            "oapi_url": dingtalk_url,
            "api_url": dingtalk_url,
            "login_url": dingtalk_url,
            "jsapi_url": format!("{dingtalk_url}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"),
        },
        "apps": [{
            "name": "demo",
            "corp_id": corp.corp_id,
            "corp_name": corp.name,
            "agent_id": app.agent_id,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "events": "stream",
        }],
        "clients": [{
            "name": text!("Sample app", "示例应用"),
            "client_id": sample_app::CLIENT_ID,
            "client_secret": sample.secret,
            "redirect_uris": [SampleApp::callback(&sample.url)],
            "post_logout_redirect_uris": [format!("{}/", sample.url)],
            "home_url": format!("{}/login", sample.url),
        }],
    });
    let rocket = rocket::Config { port, address: Ipv4Addr::LOCALHOST.into(), ..rocket::Config::release_default() };
    Ok(Figment::from(rocket).merge(Serialized::default("miandeng", settings)))
}

fn print_welcome(port: u16, dingtalk_url: &str, corp: &Corp, employee: &Employee, sample: &str) {
    let app = format!("http://127.0.0.1:{port}/?corpid={}", corp.corp_id);
    let refused = format!("http://127.0.0.1:{port}/admin/refused");
    let listed = &employee.name;
    let unlisted = name_of(corp, UNLISTED);
    let welcome = text!(
        "\n\
         Open this address in a browser: you hold the phone of {listed}, and are signed in.\n\n  {app}\n\n\
         To hold another phone, choose a person at the address below, then sign out and in again. {unlisted}, like all\n\
         others, is not in the user table and is refused.\n\n  {dingtalk_url}/\n\n\
         {listed} is an administrator: after {unlisted} was refused, one click at the address below lets {unlisted} in.\n\n  \
         {refused}\n\n\
         A sample app on its own port signs in by OpenID Connect, without another tap.\n\n  {sample}/\n\n\
         Ctrl-C stops it; nothing is left behind.\n",
        "\n\
         在浏览器打开下面的地址：您拿着{listed}的手机，会直接登录。\n\n  {app}\n\n\
         想换一个人：在下面的地址选人，再退出并重新登录。{unlisted}和其他人都不在用户表里，会被拒绝。\n\n  {dingtalk_url}/\n\n\
         {listed}是管理员：{unlisted}被拒之后，在下面的地址点一下“添加”，{unlisted}再试一次就能登录。\n\n  {refused}\n\n\
         另一个端口上有一个示例应用，通过 OpenID Connect 登录，不用再点一次。\n\n  {sample}/\n\n\
         按 Ctrl-C 停止，不留下任何文件。\n"
    );
    println!("{welcome}");
}

/// The same on the simulator's own page.
fn note(port: u16, corp: &Corp, employee: &Employee) -> [String; 2] {
    let (listed, unlisted) = (&employee.name, name_of(corp, UNLISTED));
    let refused = format!("http://127.0.0.1:{port}/admin/refused");
    [
        format!(
            "演示：{listed}是管理员，其他人都不在用户表里，会被拒绝。先拿{unlisted}的手机登录一次，看到被拒；再换回{listed}，\
             打开 {refused} 点“添加”，{unlisted}再试一次就能登录。"
        ),
        format!(
            "The demo: {listed} is an administrator; all others are not in the user table and are refused. Sign in once \
             with {unlisted}’s phone and be refused, go back to {listed}, click Add at {refused}, and {unlisted} gets in at \
             the next try."
        ),
    ]
}

fn name_of<'a>(corp: &'a Corp, userid: &'a str) -> &'a str {
    let employee = corp.employees.iter().find(|employee| employee.userid == userid);
    employee.map_or(userid, |employee| employee.name.as_str())
}
