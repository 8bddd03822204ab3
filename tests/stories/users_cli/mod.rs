//! An operator keeps the user table and the sessions from the command line.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails there and then")]

mod files;
mod lists;
mod rows;
mod workbooks;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use miandeng::{
    clock::Clock,
    db::Pools,
    ids::{CorpId, DingUserId},
    sessions, users,
};
use serde_json::Value;

use crate::harness::Home;

struct Operator {
    home: Home,
}

#[derive(Debug)]
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Operator {
    fn of_corps(corps: &[&str]) -> Self {
        let home = Home::new("test.db");
        let mut settings = format!(
            "[default.databases.miandeng]\nurl = {:?}\n[default.miandeng]\npublic_url = \"https://app.example.com\"\n",
            home.url()
        );
        for corp in corps {
            settings.push_str(&format!(
                "[[default.miandeng.apps]]\nname = \"app-{corp}\"\ncorp_id = \"{corp}\"\nagent_id = \"1\"\n\
                 client_id = \"key\"\nclient_secret = \"s3cr3t-value\"\n"
            ));
        }
        fs::write(home.path().join("Rocket.toml"), settings).unwrap();
        Self { home }
    }

    fn new() -> Self {
        Self::of_corps(&["dinga"])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miandeng"));
        command
            .env_clear()
            .env("ROCKET_CONFIG", self.path("Rocket.toml"))
            .current_dir(self.home.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn runs(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments))
    }

    /// It must succeed and write nothing to standard error.
    #[track_caller]
    fn does(&self, arguments: &[&str]) -> String {
        let answer = self.runs(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments:?}: {answer:?}");
        answer.out
    }

    #[track_caller]
    fn reads(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.does(arguments)).unwrap()
    }

    /// It must fail with one line that names the reason.
    #[track_caller]
    fn fails(&self, arguments: &[&str], reason: &str) {
        let answer = self.runs(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{arguments:?}: {answer:?}");
        assert!(answer.err.starts_with("miandeng: ") && answer.err.lines().count() == 1, "{answer:?}");
        assert!(answer.err.contains(reason) && !answer.err.contains("s3cr3t"), "{answer:?}");
    }

    #[track_caller]
    fn imports(&self, file: impl AsRef<[u8]>) -> Value {
        fs::write(self.path("staff.csv"), file).unwrap();
        self.reads(&["users", "import", "staff.csv", "--json"])
    }

    /// Returns what was said. Nobody may have been changed.
    #[track_caller]
    fn is_refused(&self, file: impl AsRef<[u8]>) -> String {
        let before = self.everybody();
        fs::write(self.path("staff.csv"), file).unwrap();
        let answer = self.runs(&["users", "import", "staff.csv"]);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{answer:?}");
        assert_eq!(self.everybody(), before);
        answer.err
    }

    fn everybody(&self) -> Value {
        self.reads(&["users", "list", "--json"])
    }

    #[track_caller]
    fn sees(&self, userid: &str) -> Value {
        let everybody = self.everybody();
        let mut people = everybody.as_array().unwrap().iter().filter(|person| person["userid"] == userid);
        let person = people.next().unwrap_or_else(|| panic!("no {userid}")).clone();
        assert!(people.next().is_none());
        person
    }

    fn names(&self) -> Vec<String> {
        let everybody = self.everybody();
        let name = |person: &Value| person["name"].as_str().unwrap().to_owned();
        everybody.as_array().unwrap().iter().map(name).collect()
    }

    async fn db(&self) -> Pools {
        Pools::open(&self.home.url()).await.unwrap()
    }

    /// Without DingTalk. Returns the last session's cookie.
    fn db_signs_in(&self, corp: &str, userids: &[&str]) -> String {
        runtime().block_on(async {
            let pools = self.db().await;
            let mut tx = pools.write().await.unwrap();
            let mut cookie = String::new();
            for userid in userids {
                let (corp, userid) = (CorpId::new(corp).unwrap(), DingUserId::new(*userid).unwrap());
                let user = users::find(&mut tx, &corp, &userid).await.unwrap().unwrap();
                let from =
                    sessions::Origin { address: "192.0.2.1".to_owned(), user_agent: "DingTalk\u{1b}[2J".to_owned() };
                let token = sessions::start(&mut tx, &user, "oa", &from, Clock::system().now()).await.unwrap();
                cookie = token.expose().to_owned();
            }
            tx.commit().await.unwrap();
            pools.close().await;
            cookie
        })
    }

    /// Userids with a live session.
    fn signed_in(&self) -> Vec<String> {
        let live = self.reads(&["sessions", "list", "--json"]);
        let mut userids: Vec<String> =
            live.as_array().unwrap().iter().map(|session| session["userid"].as_str().unwrap().to_owned()).collect();
        userids.sort();
        userids
    }
}

impl Answer {
    fn of(command: Command) -> Self {
        let output = crate::harness::ends(command);
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
