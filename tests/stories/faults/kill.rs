//! `kill -9`, again and again, while people sign in and out.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::Method;
use rocket::{
    futures::stream::{self, StreamExt},
    tokio::{sync::Semaphore, task::JoinHandle},
};

use super::{assert_sound, gate};
use crate::harness::{CORP, Phone, Server, Site, ends, program, text};

const ROUNDS: usize = 50;
const PEOPLE: usize = 64;
/// New people come after so many rounds: a person's oldest session ends when there are fifty.
const SHIFT: usize = 10;

/// A session whose sign-in was answered.
struct Session {
    userid: String,
    cookies: BTreeMap<String, String>,
    /// `None`: its end was asked for and not answered.
    lives: Option<bool>,
}

/// What was asked for and not answered when the server died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Died {
    Page,
    Code,
    SignOut,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_under_load_a_server_has_lost_no_sign_in_and_no_sign_out() {
    let site = hired().await;
    let mut everybody: Vec<Session> = Vec::new();
    let mut died: BTreeMap<Died, usize> = BTreeMap::new();
    let mut server = site.serves();
    for round in 0..ROUNDS {
        let answered = Arc::new(Semaphore::new(0));
        let people: Vec<_> = (0..PEOPLE)
            .map(|i| {
                let phone = site.phone(&server, &worker(round / SHIFT * PEOPLE + i));
                tokio::spawn(comes_and_goes(phone, i, Arc::clone(&answered)))
            })
            .collect();
        let revoked = if round % 5 == 0 { Some(revocation(&site, &server).await) } else { None };

        // Somewhere between the first sign-in and the ninetieth, with sixty others under way.
        answered.acquire_many(1 + (round as u32 * 37) % 90).await.unwrap().forget();
        for _ in 0..(round * 13) % 40 {
            tokio::task::yield_now().await;
        }
        server.kill();

        let mut sessions = Vec::new();
        for person in people {
            let (theirs, end) = person.await.unwrap();
            sessions.extend(theirs);
            *died.entry(end).or_default() += 1;
        }
        if let Some(revoked) = revoked {
            sessions.push(revoked.await.unwrap());
        }

        if round % 7 == 0 {
            // It dies again while it starts.
            Server::spawn(program(site.path(), &["serve"])).kill();
        }
        server = site.serves();
        everybody.extend(as_answered(&site, &server, sessions).await);
        assert_sound(&site.db_url()).await;
    }
    // Later rounds neither bring back nor take away what an earlier one left.
    let everybody = as_answered(&site, &server, everybody).await;
    assert!(everybody.iter().filter(|session| session.lives == Some(false)).count() > ROUNDS);
    assert!(died.len() == 3, "it was killed at every stage: {died:?}");
    assert_eq!(site.simulator.calls("/gettoken"), 1, "no restart asked for another token");
}

fn worker(i: usize) -> String {
    format!("worker{i}")
}

/// Sixty-four people for each shift, whom DingTalk knows too.
async fn hired() -> Site {
    let site = Site::new().await;
    let mut csv = String::from("userid,name\n");
    for i in 0..PEOPLE * ROUNDS.div_ceil(SHIFT) {
        let userid = worker(i);
        csv.push_str(&format!("{userid},员工{i}\n"));
        let employee = miandeng::simulator::Employee {
            unionid: format!("union-{userid}"),
            name: format!("员工{i}"),
            userid,
            ..Default::default()
        };
        site.simulator.add_employee(CORP, employee);
    }
    std::fs::write(site.path().join("people.csv"), csv).unwrap();
    site.runs(&["users", "import", "people.csv"]);
    site
}

/// Signs in with fresh browsers, and every third time out again, until the server is dead.
async fn comes_and_goes(mut phone: Phone, person: usize, answered: Arc<Semaphore>) -> (Vec<Session>, Died) {
    let mut sessions = Vec::new();
    for turn in person.. {
        phone.cookies.clear();
        let page = phone.request(Method::GET, &format!("/?corpid={CORP}"));
        let Ok(page) = phone.tries(page).await else { return (sessions, Died::Page) };
        let (code, state) = (phone.code(), page.state());
        let form = phone.form("/userinfo", &[("code", &code), ("corpid", CORP), ("state", &state)]);
        let Ok(answer) = phone.tries(form).await else { return (sessions, Died::Code) };
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut session = Session { userid: phone.userid.clone(), cookies: phone.cookies.clone(), lives: Some(true) };
        answered.add_permits(1);
        if turn % 3 == 0 {
            let form = phone.form("/logout", &[]);
            let Ok(answer) = phone.tries(form).await else {
                session.lives = None;
                sessions.push(session);
                return (sessions, Died::SignOut);
            };
            assert_eq!(answer.status, 303, "{}", answer.body);
            session.lives = Some(false);
        }
        sessions.push(session);
    }
    unreachable!("it is killed")
}

/// 张三 signs in, and another process ends 张三's sessions, whatever becomes of the server.
async fn revocation(site: &Site, server: &Server) -> JoinHandle<Session> {
    let mut phone = site.phone(server, "zhangsan");
    phone.is_signed_in().await;
    let command = program(site.path(), &["sessions", "revoke", "--user", "zhangsan"]);
    tokio::task::spawn_blocking(move || {
        let output = ends(command);
        assert!(output.status.success(), "{}", text(&output.stderr));
        Session { userid: phone.userid, cookies: phone.cookies, lives: Some(false) }
    })
}

/// The gate must say of each session what was answered. What was not answered is known from now on.
async fn as_answered(site: &Site, server: &Server, sessions: Vec<Session>) -> Vec<Session> {
    let asked = sessions.into_iter().map(|mut session| async move {
        let mut phone = site.phone(server, &session.userid);
        phone.cookies.clone_from(&session.cookies);
        let lives = gate(&mut phone).await == 200;
        assert_eq!(*session.lives.get_or_insert(lives), lives, "{}", session.userid);
        session
    });
    // No more at once than came: in the end there are thousands, and the last would wait until they are given up.
    stream::iter(asked).buffered(PEOPLE).collect().await
}
