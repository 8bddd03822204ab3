//! What single parts cost, without a network: `cargo bench`, or `cargo bench -- gate` for some of them. The whole
//! server is measured by `benches/compare/run`.
//!
//! Requests go through Rocket in this process; "an empty answer" is Rocket's own share. No log is written.

use std::{hint::black_box, net::Ipv4Addr, sync::Arc};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use figment::{Figment, providers::Serialized};
use miandeng::{
    app,
    audit::Actor,
    clock::Clock,
    config::{Config, Signature},
    db::Pools,
    dingtalk::{
        events::{Push, Subscription},
        jsapi,
    },
    ids::{CorpId, DingUserId},
    people::{self, By, LastAdmin, Reason},
    secret::Secret,
    sessions::{self, Origin, Policy, SessionCache, Token, activity, cookie},
    signin::return_to,
    simulator::{Company, Running, Simulator},
    users::{
        Change, NewUser,
        sheet::{self, Options},
    },
};
use rocket::{
    config::LogLevel,
    get,
    http::{Header, Status},
    local::asynchronous::Client,
    routes,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const CORP: &str = "dingsamplecorp00000001";
/// More than the server remembers (`sessions::cache`): when they take turns, none is remembered as its turn comes.
const SESSIONS: usize = 60_000;
const PEOPLE: usize = 10_000;

criterion_group!(benches, signature, return_address, event, import, requests, look_ups);
criterion_main!(benches);

fn signature(c: &mut Criterion) {
    let mut group = c.benchmark_group("signature");
    for (name, hash) in [("sha1", Signature::Sha1), ("sha256", Signature::Sha256)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let url = "https://app.example.com/?corpid=dingsamplecorp00000001&return_to=%2Freports%3Fpage%3D2";
                jsapi::sign(
                    hash,
                    black_box("ticket-of-about-the-length-that-dingtalk-hands-out-0123456789abcdef"),
                    "0123456789abcdef",
                    1_700_000_000,
                    black_box(url),
                )
            });
        });
    }
}

fn return_address(c: &mut Criterion) {
    let config = config("http://127.0.0.1:1");
    let mut group = c.benchmark_group("return_to");
    for (name, wanted) in [
        ("a path", "/reports/2026?page=2&sort=name"),
        ("a listed host", "https://bi.corp.example.com/dashboards/7?from=2026-01-01"),
        ("another host", "https://example.org/"),
        ("a disguise", "https://app.example.com\\@example.org/"),
    ] {
        group.bench_function(name, |b| b.iter(|| return_to::resolve(Some(black_box(wanted)), &config)));
    }
}

fn event(c: &mut Criterion) {
    let key = Secret::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
    let subscription = Subscription::new(Secret::new("miandengToken"), &key, "dingappkeyexample001").expect("a key");
    let encrypted = "Q3stYC6hdFzMh9T8HCvyDLV8JeomtQuxZLosYEI28mjzSD5UpK2hp0QUc4H6M/N53avNPZGLlAuH0whWkGZViw8zlgiW9e++\
                     oA9npCSyiSL2CkQEDVBudSPtqvYG4Y6P";
    let body = json!({ "encrypt": encrypted }).to_string();
    let push = Push {
        signature: "ceeadb6149c9cc6c397011b7ab498b81ed3624e1",
        timestamp: "1700000000000",
        nonce: "nOnCe123",
        body: body.as_bytes(),
    };
    c.bench_function("event/verify and decrypt", |b| {
        b.iter(|| subscription.open(black_box(push)).expect("a good push"));
    });
}

/// A file of people: read, and put into an empty table (and taken back).
fn import(c: &mut Criterion) {
    let runtime = runtime();
    let mut file = String::from("userid,name,mobile,email,department,title\n");
    for i in 0..PEOPLE {
        file += &format!("p{i:06},员工{i},139{i:08},p{i:06}@example.com,研发部/后端组,工程师\n");
    }
    let corps = [corp()];
    let mut group = c.benchmark_group("import");
    group.throughput(Throughput::Elements(PEOPLE as u64)).sample_size(20);
    group.bench_function(BenchmarkId::new("read CSV", PEOPLE), |b| {
        b.iter(|| sheet::read(black_box(file.as_bytes()), &corps, Options::default()).expect("a good file"));
    });
    let gb18030 = encoding_rs::GB18030.encode(&file).0;
    group.bench_function(BenchmarkId::new("read CSV in GB18030", PEOPLE), |b| {
        b.iter(|| sheet::read(black_box(&gb18030), &corps, Options::default()).expect("a good file"));
    });

    let (_folder, pools) = runtime.block_on(database());
    let people = sheet::read(file.as_bytes(), &corps, Options::default()).expect("a good file").people;
    group.bench_function(BenchmarkId::new("write to the table", PEOPLE), |b| {
        b.to_async(&runtime).iter_batched(
            || people.clone(),
            async |people| {
                let mut transaction = pools.write().await.expect("the writer");
                let by = By::new(Actor::System, Reason::Import, &Clock::standing());
                people::import(&mut transaction, &by, people, LastAdmin::MayGo, |_| {}).await.expect("an import");
                transaction.rollback().await.expect("an end");
            },
            BatchSize::LargeInput,
        );
    });
}

/// Whole requests: the gate's decision, the sign-in page, and Rocket's own share.
fn requests(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(Server::start());
    let mut group = c.benchmark_group("request");

    let empty = runtime.block_on(async {
        let rocket = rocket::custom(quiet()).mount("/", routes![an_empty_answer]);
        Client::untracked(rocket).await.expect("an empty Rocket")
    });
    // As a header: what a local client calls a cookie never was one.
    let name = cookie::name(&server.config);
    let known = format!("{name}={}", server.tokens[0].expose());
    let unknown = format!("{name}={}", "0".repeat(64));
    for (name, client, cookie, status) in [
        ("an empty answer", &empty, &known, Status::Ok),
        ("gate, signed in", &server.client, &known, Status::Ok),
        ("gate, a cookie of no session", &server.client, &unknown, Status::Unauthorized),
    ] {
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(async || {
                let mut request = client.get("/auth/nginx").remote((Ipv4Addr::LOCALHOST, 40_000).into());
                for (name, value) in QUESTION {
                    request.add_header(Header::new(name, value));
                }
                request.add_header(Header::new("Cookie", cookie.clone()));
                assert_eq!(request.dispatch().await.status(), status);
            });
        });
    }
    // As browsers ask, and as few programs do.
    for (name, encoding) in [("sign-in page", "gzip, deflate, br"), ("sign-in page, not compressed", "identity")] {
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(async || {
                let mut request = server.client.get(format!("/?corpid={CORP}"));
                request = request.remote((Ipv4Addr::LOCALHOST, 40_000).into());
                request.add_header(Header::new("Accept-Encoding", encoding));
                let answer = request.dispatch().await;
                assert_eq!(answer.status(), Status::Ok);
                answer.into_bytes().await
            });
        });
    }
}

/// A session by its cookie: from the cache, and from the file.
fn look_ups(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(Server::start());
    let now = server.clock.now();
    let live = runtime.block_on(async {
        let (activity, _) = activity(server.pools.clone());
        SessionCache::new(server.pools.clone(), Policy::of(&server.config), activity).await.expect("the database")
    });
    let mut group = c.benchmark_group("session");
    for (name, tokens) in [("remembered", &server.tokens[..1]), ("from the file", &server.tokens[..])] {
        let mut turns = tokens.iter().cycle();
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter_batched(
                || turns.next().expect("a cycle"),
                async |token| assert!(live.find(token, now).await.expect("an answer").is_some()),
                BatchSize::SmallInput,
            );
        });
    }
}

/// What nginx asks (deploy/nginx/miandeng/gate.conf).
const QUESTION: [(&str, &str); 7] = [
    ("Host", "miandeng"),
    ("X-Original-URL", "https://app.example.com/reports/2026?page=2"),
    ("X-Original-Method", "GET"),
    ("X-Forwarded-For", "203.0.113.7"),
    ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("Accept-Language", "zh-CN,zh;q=0.9"),
    ("Sec-Fetch-Mode", "navigate"),
];

#[get("/auth/nginx")]
fn an_empty_answer() {}

/// The server in this process, with one person who is signed in very often.
struct Server {
    client: Client,
    config: Config,
    clock: Clock,
    pools: Pools,
    tokens: Vec<Token>,
    _dingtalk: Arc<Running>,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        // Fails if it was done before.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let clock = Clock::system();
        let dingtalk = Simulator::new(clock.clone(), Company::sample()).start(Ipv4Addr::LOCALHOST.into(), 0).await;
        let dingtalk = dingtalk.expect("the simulator");
        let config = config(dingtalk.url());
        let (folder, pools) = database().await;
        let tokens = signed_in(&pools, &clock).await;
        let figment = Figment::from(quiet());
        let server = app::build(figment, config.clone(), pools.clone(), clock.clone()).await.expect("a server");
        let client = Client::untracked(server).await.expect("a server that ignites");
        Self { client, config, clock, pools, tokens, _dingtalk: Arc::new(dingtalk), _folder: folder }
    }
}

async fn signed_in(pools: &Pools, clock: &Clock) -> Vec<Token> {
    let now = clock.now();
    let change =
        Change { name: Some("张三".into()), department: Some("研发部/后端组".into()), ..Change::default() };
    let mut transaction = pools.write().await.expect("the writer");
    let from = Origin { address: "203.0.113.7".into(), user_agent: "iPhone DingTalk/7.8.1".into() };
    let mut tokens = Vec::with_capacity(SESSIONS);
    // A person has fifty at the most.
    for i in 0..SESSIONS.div_ceil(50) {
        let userid = DingUserId::new(format!("zhangsan{i}")).expect("a userid");
        let person = NewUser { corp_id: corp(), userid: userid.clone(), change: change.clone() };
        let by = By::new(Actor::System, Reason::Command, &Clock::standing());
        let user = people::add(&mut transaction, &by, person).await.expect("a row");
        for _ in 0..50 {
            tokens.push(sessions::start(&mut transaction, &user, "oa", &from, now).await.expect("a session"));
        }
    }
    transaction.commit().await.expect("a commit");
    tokens
}

async fn database() -> (TempDir, Pools) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pools = Pools::open(&folder.path().join("bench.db").to_string_lossy()).await.expect("a fresh database");
    (folder, pools)
}

fn config(dingtalk: &str) -> Config {
    let settings = json!({
        "public_url": "https://app.example.com",
        "allowed_return_hosts": [".corp.example.com"],
        "dingtalk": {
            "oapi_url": dingtalk, "api_url": dingtalk, "login_url": dingtalk,
            "jsapi_url": format!("{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"),
        },
        "apps": [{
            "name": "oa", "corp_id": CORP, "agent_id": "100000001",
            "client_id": "dingsampleclientid01", "client_secret": "sample-client-secret",
        }],
    });
    Config::from_figment(&Figment::from(Serialized::default("miandeng", &settings))).expect("good settings")
}

fn quiet() -> rocket::Config {
    rocket::Config { log_level: LogLevel::Off, ..rocket::Config::release_default() }
}

fn corp() -> CorpId {
    CorpId::new(CORP).expect("a corp id")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}
