//! Ten thousand connections that send nothing, or very slowly; and their descriptors.

use std::time::Duration;

use rlimit::Resource;
use rocket::{
    futures::{
        future::join_all,
        stream::{self, StreamExt},
    },
    tokio::{io::AsyncWriteExt, net::TcpStream},
};

use super::gate;
use crate::harness::{Server, Site, program_after};

const IDLE: u64 = 10_000;
const DRIPPING: usize = 300;
/// Descriptors for everything else in this process.
const SPARE: u64 = 3_000;
/// The story fails instead of hanging if nobody reaches the server.
const LONGEST: Duration = Duration::from_secs(240);
const REQUEST: &[u8] = b"GET /auth/nginx HTTP/1.1\r\nHost: app.example.com\r\nX-Filler: ";

#[tokio::test]
async fn ten_thousand_idle_connections_and_slow_headers_keep_nobody_from_the_gate() {
    tokio::time::timeout(LONGEST, the_gate_in_a_crowd()).await.expect("the server is reached");
}

async fn the_gate_in_a_crowd() {
    let site = Site::new().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;

    let allowed = rlimit::increase_nofile_limit(32_768).unwrap();
    let idle = IDLE.min(allowed.saturating_sub(SPARE));
    if idle < IDLE {
        eprintln!("{idle} connections instead of {IDLE}: this process may open {allowed} files");
    }
    let address = server.url().trim_start_matches("http://").to_owned();
    let connect = || TcpStream::connect(address.clone());
    let silent: Vec<_> = stream::iter(0..idle).map(|_| connect()).buffer_unordered(200).collect().await;
    assert!(silent.iter().all(Result::is_ok), "every connection comes about");
    let mut dripping: Vec<_> =
        join_all((0..DRIPPING).map(|_| connect())).await.into_iter().map(Result::unwrap).collect();

    for turn in 0..40 {
        // One more byte of each slow header. Some connections are cut off already, rightly.
        for slow in &mut dripping {
            let byte = REQUEST.get(turn).copied().unwrap_or(b'x');
            let _ = slow.write_all(&[byte]).await;
        }
        let answers = join_all((0..10).map(|i| {
            let (signed_in, mut phone) = (i % 2 == 0, phone.clone());
            if !signed_in {
                phone.cookies.clear();
            }
            async move { (signed_in, gate(&mut phone).await) }
        }));
        for (signed_in, status) in answers.await {
            assert_eq!(status, if signed_in { 200 } else { 401 }, "{turn}");
        }
    }
    site.phone(&server, "zhangsan").is_signed_in().await;
    assert_eq!(phone.gets("/home").await.status, 200);
    drop((silent, dripping));
    assert_eq!(gate(&mut phone).await, 200);
}

#[tokio::test]
async fn a_server_that_is_allowed_few_files_allows_itself_more() {
    let site = Site::new().await;
    let server = Server::listening(program_after("ulimit -S -n 256", site.path(), &["serve"]));
    let (mut soft, mut hard) = (0, 0);
    rlimit::prlimit(server.pid().cast_signed(), Resource::NOFILE, None, Some((&mut soft, &mut hard))).unwrap();
    assert_eq!(soft, hard.min(65_536));
    assert!(hard > 256, "this machine allows nobody more");
}
