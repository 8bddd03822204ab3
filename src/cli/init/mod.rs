//! `miandeng init`: the settings of a new deployment.

mod ask;
mod files;
mod report;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use url::Url;

use self::{
    ask::{ask, checked_secret},
    files::{Files, Owner},
};
use super::terminal::{locale, text};
use crate::{
    config::Config,
    secret::Secret,
    setup::{
        console,
        recipe::{self, Proxy},
        settings::{self, Answers, Place, SECRET_FILE},
    },
};

/// Where the package has the settings and the data.
const ETC: &str = "/etc/miandeng";
const STATE: &str = "/var/lib/miandeng";

/// Write the settings of a new deployment, and say what to enter in DingTalk's console.
///
/// Asks for what only you know: the address that employees will open, and CorpId, AgentId, Client ID and Client Secret of
/// the app, from DingTalk's developer console. What is given as an option is not asked. Each answer is checked as the
/// server will check it.
///
/// Writes Rocket.toml with every setting and its default, the Client Secret into a file of its own, and the block for the
/// proxy in front. A file that somebody has changed is overwritten only with --force. The comments are in the language of
/// the terminal.
///
/// Run by root where the Debian package is installed, it writes into /etc/miandeng, and the server's user may read it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng init
  miandeng init --public-url https://app.example.com --corp-id dingxxxxxxxxxxxxxxxx \\
      --agent-id 123456789 --client-id dingxxxxxxxxxxxxxxxx --client-secret-file - < secret
  miandeng init --proxy caddy --app 127.0.0.1:3000    # protect an app on the same host")]
pub struct InitArgs {
    /// The address that employees' clients show: https:// and a host
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// CorpId, on the console's home page
    #[arg(long, value_name = "CORP")]
    corp_id: Option<String>,
    /// AgentId of the app
    #[arg(long, value_name = "NUMBER")]
    agent_id: Option<String>,
    /// Client ID (AppKey) of the app
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A file that holds the Client Secret (AppSecret); - reads standard input
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// The proxy in front (default: the one whose folder is in /etc)
    #[arg(long, value_enum)]
    proxy: Option<Proxy>,
    /// Where the app listens that is to be protected, on the same host; left out: sign-in only
    #[arg(long, value_name = "ADDRESS:PORT")]
    app: Option<SocketAddr>,
    /// The folder for the files (default: /etc/miandeng if it is there, or else the working folder)
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The simulator's address, in place of DingTalk's
    #[arg(long, value_name = "URL")]
    simulator: Option<Url>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub fn run(args: InitArgs) -> anyhow::Result<()> {
    let folder = args.dir.clone().unwrap_or_else(|| if Path::new(ETC).is_dir() { ETC.into() } else { PathBuf::new() });
    let owner = Owner::of_the_server();
    let mut files = Files::new(folder.clone(), args.force, owner);
    // Before anything is asked.
    files.may_write("Rocket.toml", settings::is_untouched)?;
    files.may_write(SECRET_FILE, |_| false)?;

    let answers = args.answers()?;
    let place = args.place(&folder);
    let config = answers.config(&place)?;
    let recipe = args.recipe(&config)?;
    for file in recipe.iter().flat_map(|(_, files)| files) {
        files.may_write(&file.path, |_| false)?;
    }
    files.write_secret(SECRET_FILE, answers.client_secret.expose())?;
    files.write("Rocket.toml", &answers.rocket_toml(&place, locale()))?;
    for file in recipe.iter().flat_map(|(_, files)| files) {
        files.write_recipe(&file.path, &file.text)?;
    }
    let done = report::Done {
        recipe: recipe.and_then(|(proxy, files)| Some((proxy, folder.join(&files.first()?.path)))),
        files: files.written(),
        has_user: owner.is_there(),
        addresses: console::addresses(&config),
        egress_ip: console::outward_address(),
    };
    done.say(args.json)
}

impl InitArgs {
    fn answers(&self) -> anyhow::Result<Answers> {
        let what = text!(
            "The address that employees will open (https://app.example.com)",
            "员工打开的地址（https://app.example.com）"
        );
        let public_url =
            ask(self.public_url.as_ref(), "--public-url", &what, |answers, text| answers.public_url = text)?;
        let what = text!("CorpId (on the console's home page)", "CorpId（开发者后台首页）");
        let corp_id = ask(self.corp_id.as_ref(), "--corp-id", &what, |answers, text| answers.corp_id = text)?;
        let what = text!("AgentId (凭证与基础信息)", "AgentId（凭证与基础信息）");
        let agent_id = ask(self.agent_id.as_ref(), "--agent-id", &what, |answers, text| answers.agent_id = text)?;
        let what = text!("Client ID (AppKey; on the same page)", "Client ID（AppKey，同一页）");
        let client_id = ask(self.client_id.as_ref(), "--client-id", &what, |answers, text| answers.client_id = text)?;
        let client_secret = match &self.client_secret_file {
            Some(file) => read_secret(file)?,
            None => ask::secret()?,
        };
        Ok(Answers { public_url, corp_id, agent_id, client_id, client_secret })
    }

    fn place(&self, folder: &Path) -> Place {
        let is_packaged = folder == Path::new(ETC) && Path::new(STATE).is_dir();
        Place {
            database: if is_packaged { format!("{STATE}/miandeng.db") } else { "miandeng.db".into() },
            beside_an_app: self.app.is_some(),
            dingtalk: self.simulator.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        }
    }

    /// The block for the proxy that was named, or for the one that is installed here.
    fn recipe(&self, config: &Config) -> anyhow::Result<Option<(Proxy, Vec<recipe::File>)>> {
        if !config.public_url.is_https() {
            // An address in plain http is for a try on one machine.
            if self.proxy.is_none() {
                return Ok(None);
            }
            bail!(text!("--proxy: the recipes are for an https address", "--proxy：这些配置只用于 https 地址"));
        }
        let known = [(Proxy::Nginx, "nginx"), (Proxy::Caddy, "caddy"), (Proxy::Traefik, "traefik")];
        let installed = || known.into_iter().find(|(_, name)| Path::new("/etc").join(name).is_dir());
        let names = recipe::Names {
            public_url: config.public_url.as_url().clone(),
            server: "127.0.0.1:8000".into(),
            app: self.app.map(|app| app.to_string()),
        };
        let proxy = self.proxy.or_else(|| installed().map(|(proxy, _)| proxy));
        Ok(proxy.map(|proxy| (proxy, recipe::files(proxy, &names))))
    }
}

fn read_secret(file: &Path) -> anyhow::Result<Secret> {
    let name = file.display();
    let read =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let read = read
        .with_context(|| text!("--client-secret-file {name} cannot be read", "无法读取 --client-secret-file {name}"))?;
    Ok(checked_secret(read.trim())?)
}
