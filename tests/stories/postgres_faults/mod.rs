//! PostgreSQL fails two servers: it stops, hangs, cuts its connections, takes no writes, has no room, or stands behind a
//! pooler. What was answered stays true, nobody gets in who may not, and all goes on by itself.

mod full;
mod gone;
mod pooler;
mod read_only;

use miandeng::clock::Clock;
use rocket::{futures::future::join_all, tokio};

use crate::{
    faults::{asks_to_come_back, assert_sound, gate},
    harness::{Answer, LONGEST, PUBLIC_URL, Phone, PostgresServer, Server, Settings, Site, program},
    postgres::is_missing,
};

const SERVERS: usize = 2;

/// Two servers on a PostgreSQL of their own, and what they are asked about.
struct Deployment {
    postgres: PostgresServer,
    site: Site,
    servers: [Server; SERVERS],
    /// One person's browser, at each server.
    signed_in: Vec<Phone>,
    /// Who was signed out while all was well, and a cookie that nobody was given; at each server.
    outsiders: Vec<Phone>,
}

impl Deployment {
    /// `None` where PostgreSQL is not installed.
    async fn of_two_servers() -> Option<Self> {
        if is_missing() {
            return None;
        }
        let postgres = PostgresServer::new();
        let url = postgres.url();
        let site = Site::with(|dingtalk| Settings { database: url, ..Settings::least(0, PUBLIC_URL, dingtalk) }).await;
        let servers = [(); SERVERS].map(|()| Server::spawn(program(site.path(), &["serve"]))).map(Server::listens);
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        let [mut signed_in, mut signed_out] = [(); 2].map(|()| site.phone(&servers[0], "zhangsan"));
        signed_in.is_signed_in().await;
        signed_out.is_signed_in().await;
        let mut unknown = signed_in.clone();
        for value in unknown.cookies.values_mut() {
            *value = value.chars().rev().collect();
        }
        let was_signed_in = signed_out.clone();
        assert_eq!(signed_out.posts("/logout", &[]).await.status, 303);
        let at_each = |phone: &Phone| {
            servers.each_ref().map(|server| {
                let mut there = site.phone(server, "zhangsan");
                there.cookies.clone_from(&phone.cookies);
                there
            })
        };
        let outsiders = [at_each(&was_signed_in), at_each(&unknown)].concat();
        let signed_in = at_each(&signed_in).to_vec();
        let mut deployment = Self { postgres, site, servers, signed_in, outsiders };
        deployment.all_goes_on().await;
        Some(deployment)
    }

    fn newcomer(&self, server: usize) -> Phone {
        self.site.phone(&self.servers[server], "zhangsan")
    }

    /// What the gate of each server says of who is signed in. It opens to nobody else, and the servers live.
    async fn gates(&mut self) -> Vec<u16> {
        let outsiders = join_all(self.outsiders.iter_mut().map(gate));
        let alive =
            self.signed_in.clone().into_iter().map(|mut phone| async move { phone.gets("/healthz").await.status });
        let (statuses, refusals, alive) =
            tokio::join!(join_all(self.signed_in.iter_mut().map(gate)), outsiders, join_all(alive));
        assert!(refusals.iter().all(|status| [401, 503].contains(status)), "{refusals:?}");
        assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
        assert_eq!(alive, [200; SERVERS]);
        statuses
    }

    async fn until_gates_say(&mut self, status: u16) {
        until("the gates say it", async || self.gates().await == [status; SERVERS]).await;
    }

    /// Whoever signs in at each server; asked for before anything is wrong, to be answered meanwhile.
    async fn opened_pages(&self) -> Vec<(Phone, String)> {
        join_all((0..SERVERS).map(|server| async move {
            let mut phone = self.newcomer(server);
            let state = phone.opens_app().await.state();
            (phone, state)
        }))
        .await
    }

    async fn nobody_signs_in(pages: Vec<(Phone, String)>) {
        let answers = pages.into_iter().map(|(mut phone, state)| async move {
            let code = phone.code();
            let answer = phone.sends_code(&code, &state).await;
            asks_to_come_back(&answer, "unavailable");
        });
        join_all(answers).await;
    }

    /// And why.
    async fn says_that_it_is_not_ready(&self) -> Vec<String> {
        let asked = (0..SERVERS).map(|server| async move { self.newcomer(server).gets("/readyz").await });
        let answers = join_all(asked).await;
        let why = |answer: &Answer| {
            assert!(answer.status == 503 && answer.body.contains("database"), "{} {}", answer.status, answer.body);
            assert!(!answer.body.contains("locked"), "{}", answer.body);
            answer.body.clone()
        };
        answers.iter().map(why).collect()
    }

    /// By itself: everything as if nothing had been.
    async fn all_goes_on(&mut self) {
        self.until_gates_say(200).await;
        for server in 0..SERVERS {
            until("sign-ins go on", async || {
                let mut phone = self.newcomer(server);
                let answer = phone.signs_in().await;
                answer.status == 200 && gate(&mut phone).await == 200
            })
            .await;
            until("it is ready", async || self.newcomer(server).gets("/readyz").await.status == 200).await;
        }
        let has_lease =
            "SELECT count(*) FROM servers WHERE renewal <> 0 AND seen = (SELECT MAX(id) FROM session_changes)";
        until("each server has a lease", async || self.postgres.psql(has_lease) == SERVERS.to_string()).await;
        // And a sign-out at the one is known to the other, which answers from memory.
        let mut leaver = self.newcomer(0);
        leaver.is_signed_in().await;
        let mut elsewhere = self.newcomer(1);
        elsewhere.cookies.clone_from(&leaver.cookies);
        assert_eq!(gate(&mut elsewhere).await, 200);
        assert_eq!(leaver.posts("/logout", &[]).await.status, 303);
        assert_eq!(gate(&mut elsewhere).await, 401);
        assert_eq!(join_all(self.outsiders.iter_mut().map(gate)).await, [401; 2 * SERVERS]);
        // With what the next fault finds in memory.
        self.until_gates_say(200).await;
        assert_sound(&self.postgres.url()).await;
    }
}

/// As the harness has it, but a server that asks a hung PostgreSQL may take half a minute for one answer.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let since = Clock::system().stopwatch();
    while !is_so().await {
        assert!(since.elapsed() < 4 * LONGEST, "never: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
