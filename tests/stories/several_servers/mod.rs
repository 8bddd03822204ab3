//! Several servers on one PostgreSQL database: once is once everywhere. Real processes, wherever PostgreSQL is installed.

mod codes;
mod jobs;
mod keys;
mod stream;
mod tokens;

use miandeng::simulator::{Fault, FaultKind};

use crate::{
    harness::{PUBLIC_URL, Phone, Server, Settings, Site, postgres::Database, program},
    postgres::is_missing,
};

/// What DingTalk is asked with a code.
const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";

/// Servers with the same settings on one database.
struct Servers<const N: usize> {
    site: Site,
    all: [Server; N],
    database: Database,
}

impl<const N: usize> Servers<N> {
    /// `None` where PostgreSQL is not installed.
    async fn start() -> Option<Self> {
        Self::with(|_| {}).await
    }

    /// With other settings, and 张三 in the table.
    async fn with(change: impl FnOnce(&mut Settings)) -> Option<Self> {
        if is_missing() {
            return None;
        }
        let database = Database::new();
        let site = Site::with(|dingtalk| {
            let mut settings = Settings { database: database.url(), ..Settings::least(0, PUBLIC_URL, dingtalk) };
            settings.dingtalk.push_str(&format!("\napi_url = \"{dingtalk}\""));
            change(&mut settings);
            settings
        });
        let site = site.await;
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        let all = started(&site);
        Some(Self { site, all, database })
    }

    /// A phone of 张三 at each server, with the same cookies.
    async fn phones(&self) -> [Phone; N] {
        let mut first = self.site.phone(&self.all[0], "zhangsan");
        first.opens_app().await;
        self.all.each_ref().map(|server| {
            let mut phone = self.site.phone(server, "zhangsan");
            phone.cookies.clone_from(&first.cookies);
            phone
        })
    }
}

/// All at once.
fn started<const N: usize>(site: &Site) -> [Server; N] {
    let starting = [(); N].map(|()| Server::spawn(program(site.path(), &["serve"])));
    starting.map(Server::listens)
}

fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}
