//! Two servers behind nginx. One dies or hangs: employees go on, and whoever may not pass does not.

use nix::sys::signal::Signal;

use super::{
    echo::EchoApp,
    recipe::{ORIGIN, Proxy, Recipe, Running, text_of},
    site::Visitor,
};
use crate::{
    harness::{Server, Settings, Site, postgres::Database, program, until},
    watched::systemd::sends,
};

const UPSTREAM: &str = "upstream miandeng {
    server 127.0.0.1:8000;                                      # <- miandeng
    keepalive 16;
}
";
const VISITS: usize = 12;

struct TwoServers {
    servers: [Server; 2],
    app: EchoApp,
    proxy: Running,
    site: Site,
    database: Database,
    employee: Visitor,
    /// Signed in once, disabled since.
    revoked: Visitor,
}

fn address(server: &Server) -> String {
    server.url().trim_start_matches("http://").to_owned()
}

impl TwoServers {
    async fn behind_nginx() -> Self {
        let database = Database::empty();
        let settings = |dingtalk: &str| {
            let mut settings = Settings { database: database.url(), ..Settings::least(0, ORIGIN, dingtalk) };
            settings.miandeng.push_str("\nbase_path = \"/_signin\"\nhome = \"/\"");
            settings
        };
        let site = Site::with(settings).await;
        let servers = [(); 2].map(|()| Server::spawn(program(site.path(), &["serve"]))).map(Server::listens);
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        site.runs(&["users", "add", "lisi", "--name", "李四"]);
        let app = EchoApp::start().await;
        let [one, two] = servers.each_ref().map(address);
        let recipe = Recipe::of(Proxy::Nginx).with(UPSTREAM, &text_of("nginx/several-servers.conf"));
        let recipe = recipe.with("10.0.0.11:8000", "127.0.0.1:8000").with("10.0.0.12:8000", &two);
        let proxy = recipe.start(&one, &app.address).await;
        let [mut employee, mut revoked] = [(); 2].map(|()| Visitor::of(&proxy.address));
        employee.signs_in(&site.simulator, "zhangsan").await;
        revoked.signs_in(&site.simulator, "lisi").await;
        assert_eq!(revoked.fetches("GET", "/").await.status, 200);
        Self { servers, app, proxy, site, database, employee, revoked }
    }

    /// An employee works and does not notice that a server is gone.
    async fn goes_on(&self) {
        let seen = self.app.seen().len();
        for visit in 0..VISITS {
            let reply = self.employee.fetches("GET", "/").await;
            assert_eq!(reply.status, 200, "{visit}: {}\n{}", reply.text(), self.proxy.log());
            self.refuses_who_is_revoked().await;
        }
        assert_eq!(self.app.seen().len(), seen + VISITS, "nobody else reached the app");
    }

    async fn signs_in_another(&self) {
        let mut newcomer = Visitor::of(&self.proxy.address);
        newcomer.signs_in(&self.site.simulator, "zhangsan").await;
        assert_eq!(newcomer.fetches("GET", "/").await.status, 200);
    }

    async fn refuses_who_is_revoked(&self) {
        assert_eq!(self.revoked.fetches("GET", "/").await.status, 401);
    }
}

#[tokio::test]
#[ignore = "needs nginx and PostgreSQL; CI runs it"]
async fn with_a_server_that_hangs_or_is_dead_employees_go_on_and_whoever_is_disabled_is_refused() {
    for victim in 0..2 {
        let two = TwoServers::behind_nginx().await;
        sends(&two.servers[victim], Signal::SIGSTOP);
        two.site.runs(&["users", "disable", "lisi"]);
        two.refuses_who_is_revoked().await;
        two.goes_on().await;
        let waits = two.proxy.log().matches("upstream timed out").count();
        assert!(waits < VISITS / 2, "one that hangs is left out, not waited for {waits} times");
        sends(&two.servers[victim], Signal::SIGCONT);
        two.goes_on().await;
        two.signs_in_another().await;
        let registered = "SELECT count(*) FROM servers WHERE seen = (SELECT MAX(id) FROM session_changes)";
        until("both have a lease", async || two.database.psql(registered) == "2").await;

        sends(&two.servers[victim], Signal::SIGKILL);
        two.goes_on().await;
        two.signs_in_another().await;
        // The other one, too: nobody passes.
        sends(&two.servers[1 - victim], Signal::SIGKILL);
        let closed = async || two.employee.fetches("GET", "/").await.status == 503;
        until("the gate is closed", closed).await;
        assert_ne!(two.revoked.fetches("GET", "/").await.status, 200);
    }
}
