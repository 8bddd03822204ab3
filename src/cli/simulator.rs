//! `miandeng simulator`: the simulated DingTalk alone.

use std::{net::IpAddr, path::PathBuf};

use anyhow::Context;
use clap::Args;
use rocket::tokio::signal;

use super::terminal::text;
use crate::{
    clock::Clock,
    simulator::{Company, Simulator},
};

/// Lines of at most 96 columns: the help is wrapped at 100.
const HELP: &str = "\
A DingTalk to develop against, in any language, without an account and without a network. One
address stands for oapi.dingtalk.com, api.dingtalk.com, login.dingtalk.com and the JSAPI script; it
answers this machine only. Open it in a browser for the sample credentials, and to say who holds
the simulated phone.

THE SERVER SIDE OF YOUR APP: put the address for https://oapi.dingtalk.com and
https://api.dingtalk.com.

  S=http://127.0.0.1:8008
  curl \"$S/gettoken?appkey=dingsampleclientid01&appsecret=sample-client-secret\"
  curl -H 'Content-Type: application/json' $S/_simulator/auth-code \\
       -d '{\"corp_id\":\"dingsamplecorp00000001\",\"userid\":\"zhangsan\"}'
  curl \"$S/topapi/v2/user/getuserinfo?access_token=TOKEN\" -d code=CODE

YOUR PAGES: put this for the DingTalk script; it defines dd.

  <script src=\"http://127.0.0.1:8008/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js\"></script>

A Content-Security-Policy must name the address in script-src and connect-src. A desktop browser
passes for the desktop client, one with a phone's user agent for the phone's (the service window
works on phones only). dd.config is judged against the page's true address.

BROWSER SIGN-IN: put the address for https://login.dingtalk.com.

CONTROLS below /_simulator/ (JSON; a body wants Content-Type: application/json)

  GET    state           time, holder, calls, faults, judged dd.config calls
  GET    company         organisations, people, apps and their secrets
  POST   hold            {\"userid\":\"lisi\"}; null: the next page shows the list of people
  POST   auth-code       {\"corp_id\":…,\"client_id\":…,\"userid\":…} gives {\"code\":…}; client_id optional
  POST   channel-code    {\"corp_id\":…,\"openid\":…} gives {\"code\":…}
  POST   void-tokens     {\"corp_id\":…}
  POST   void-tickets    {\"corp_id\":…}
  POST   clock           {\"advance_s\":7200}; tokens live 7200 s, codes 300 s
  POST   employees       {\"corp_id\":…,\"employee\":{\"userid\":…,\"unionid\":…,\"name\":…}}
  DELETE employees/CORP_ID/USERID
  POST   leave           {\"corp_id\":…,\"userid\":…}; so do move and return: apps are told
  POST   events          {\"client_id\":…,\"event\":{\"event_type\":…,\"corp_id\":…,\"userids\":[…]},\"times\":1}
  POST   acknowledgements  {\"lost\":3,\"late\":1}: the next get lost (the event is pushed again), then some are late
  POST   streams         {\"client_id\":…,\"order\":\"cut\"}; or \"disconnect\", which asks for another connection
  GET    calls           how often each path was called; DELETE begins anew
  POST   limit           {\"per_second\":20,\"answer\":\"app\"} for each app and API below /topapi/; answer: app (90018),
                         platform (90002), gateway (88); DELETE lets apps call at will again
  GET    config-checks   each dd.config: the address the client saw, and the verdict
  GET    faults          misbehaviour that waits; DELETE clears it
  POST   faults          {\"path\":\"/gettoken\",\"times\":2,\"kind\":KIND}; a path may end in *;
                         corp_id and client_id restrict it

  KIND: \"html\", \"banned\", \"hang\", \"reset\", \"garbage\", \"endless\", {\"status\":502},
  {\"errcode\":{\"code\":90018,\"text\":\"…\"}}, {\"sub_code\":{\"sub_code\":\"60011\",\"sub_msg\":\"…\"}},
  {\"delay\":1500}, {\"random_delay\":{\"up_to_ms\":900}}, {\"redirect\":\"http://…\"}, {\"body\":\"{}\"},
  {\"drip\":{\"every_ms\":200}}";

/// Run a simulated DingTalk, for developing any DingTalk app offline
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub struct SimulatorArgs {
    /// The loopback address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// The port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 8008)]
    pub port: u16,
    /// A JSON file with the organisations, people and apps to simulate, instead of the sample
    #[arg(long, value_name = "FILE.json")]
    pub company: Option<PathBuf>,
    /// Print the sample company as JSON, to start a file of your own from, and exit
    #[arg(long, exclusive = true)]
    pub print_company: bool,
}

pub async fn run(args: SimulatorArgs) -> anyhow::Result<()> {
    if args.print_company {
        println!("{}", serde_json::to_string_pretty(&Company::sample())?);
        return Ok(());
    }
    let company = match &args.company {
        None => Company::sample(),
        Some(file) => {
            let name = file.display();
            let company = std::fs::read(file).with_context(|| text!("cannot read {name}", "无法读取 {name}"))?;
            serde_json::from_slice(&company)
                .with_context(|| text!("{name} is no company file", "{name} 不是企业文件"))?
        }
    };
    let running = Simulator::new(Clock::system(), company).start(args.address, args.port).await?;
    let url = running.url();
    let here = text!(
        "Simulated DingTalk: {url}/ (open it in a browser; Ctrl-C stops it)",
        "模拟钉钉：{url}/ （请在浏览器中打开；按 Ctrl-C 停止）"
    );
    println!("{here}");
    println!("  oapi_url, api_url, login_url: {url}");
    println!("  jsapi_url: {url}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js");
    signal::ctrl_c().await.with_context(|| text!("cannot wait for Ctrl-C", "无法等待 Ctrl-C"))?;
    running.stop().await;
    Ok(())
}
