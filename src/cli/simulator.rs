//! `miandeng simulator`: the simulated DingTalk alone.

use std::{net::IpAddr, path::PathBuf};

use anyhow::Context;
use clap::Args;
use rocket::tokio::signal;

use crate::{
    clock::Clock,
    simulator::{Company, Simulator},
};

const HELP: &str = "\
A DingTalk to develop against, in any language, without an account and without a network. It answers at one
address for oapi.dingtalk.com, api.dingtalk.com, login.dingtalk.com and the JSAPI script, on this machine only.
Open that address in a browser for the sample credentials, and to say who holds the simulated phone.

THE SERVER SIDE OF YOUR APP: replace https://oapi.dingtalk.com and https://api.dingtalk.com by the address.

  S=http://127.0.0.1:8008
  curl \"$S/gettoken?appkey=dingsampleclientid01&appsecret=sample-client-secret\"
  curl -H 'Content-Type: application/json' $S/_simulator/auth-code \\
       -d '{\"corp_id\":\"dingsamplecorp00000001\",\"userid\":\"zhangsan\"}'
  curl \"$S/topapi/v2/user/getuserinfo?access_token=TOKEN\" -d code=CODE

YOUR PAGES: replace the DingTalk script, which defines dd, by

  <script src=\"http://127.0.0.1:8008/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js\"></script>

and let a Content-Security-Policy name the address in script-src and connect-src. A desktop browser passes for
the desktop client; with a phone's user agent for the phone's. dd.config is judged against the page's address.

BROWSER SIGN-IN: replace https://login.dingtalk.com by the address.

CONTROLS (JSON; those with a body want Content-Type: application/json)

  GET    /_simulator/state           time, holder, calls, faults, judged dd.config calls
  GET    /_simulator/company         organisations, people, apps and their secrets
  POST   /_simulator/hold            {\"userid\":\"lisi\"}, or null: a page shows the chooser
  POST   /_simulator/auth-code       {\"corp_id\":…,\"client_id\":…,\"userid\":…} gives {\"code\":…}; client_id optional
  POST   /_simulator/channel-code    {\"corp_id\":…,\"openid\":…} gives {\"code\":…}
  POST   /_simulator/void-tokens     {\"corp_id\":…}
  POST   /_simulator/void-tickets    {\"corp_id\":…}
  POST   /_simulator/clock           {\"advance_s\":7200}: tokens live 7200 s, codes 300 s
  POST   /_simulator/employees       {\"corp_id\":…,\"employee\":{\"userid\":…,\"unionid\":…,\"name\":…}}
  DELETE /_simulator/employees/CORP_ID/USERID
  GET    /_simulator/calls           how often each path was called; DELETE begins anew
  GET    /_simulator/config-checks   each dd.config: the address the client saw, and the verdict
  GET    /_simulator/faults          misbehaviour that waits; DELETE clears it
  POST   /_simulator/faults          {\"path\":\"/gettoken\",\"times\":2,\"kind\":KIND}; corp_id, client_id restrict it;
                                     a path may end in *

KIND is one of \"html\", \"banned\", \"hang\", \"reset\", \"garbage\", \"endless\", {\"errcode\":{\"code\":90018,\"text\":\"…\"}},
{\"sub_code\":{\"sub_code\":\"60011\",\"sub_msg\":\"…\"}}, {\"status\":502}, {\"delay\":1500}, {\"random_delay\":{\"up_to_ms\":900}},
{\"redirect\":\"http://…\"}, {\"body\":\"{}\"}, {\"drip\":{\"every_ms\":200}}.";

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

/// Runs until Ctrl-C.
///
/// # Errors
/// When the company file cannot be read, or the address cannot be listened on.
pub async fn run(args: SimulatorArgs) -> anyhow::Result<()> {
    if args.print_company {
        println!("{}", serde_json::to_string_pretty(&Company::sample())?);
        return Ok(());
    }
    let company = match &args.company {
        None => Company::sample(),
        Some(file) => {
            let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            serde_json::from_slice(&text).with_context(|| format!("{} is no company file", file.display()))?
        }
    };
    let running = Simulator::new(Clock::system(), company)
        .start(args.address, args.port)
        .await?;
    let url = running.url();
    println!("Simulated DingTalk: {url}/ (open it in a browser; Ctrl-C stops it)");
    println!("  oapi_url, api_url, login_url: {url}");
    println!("  jsapi_url: {url}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js");
    signal::ctrl_c().await.context("cannot wait for Ctrl-C")?;
    running.stop().await;
    Ok(())
}
