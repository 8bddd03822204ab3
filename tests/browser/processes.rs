//! As in production: the server and DingTalk are programs of their own, and the server may die.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use super::{
    harness::{Jsapi, Server, Setup, add_people, program},
    window::{Look, Window},
};

/// `miandeng simulator`, running.
struct Simulator {
    url: String,
    child: Child,
}

impl Simulator {
    fn start() -> Self {
        let mut child =
            program().args(["simulator", "--port", "0"]).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("a line").expect("text");
        // The rest is read too, or the program would one day wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let start = first.find("http://").expect("an address");
        let url = first[start..].split("/ ").next().unwrap_or_default().to_owned();
        Self { url, child }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_signed_in_stays_signed_in_when_the_server_is_killed_and_started_again() {
    crate::harness::prepare();
    let simulator = Simulator::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let setup = Setup { jsapi: Jsapi::Simulated, ..Setup::default() };
    let mut server = Server::configured(folder.path(), &simulator.url, &setup);
    server.is_up().await;
    add_people(&server.database).await;

    let window = Window::beside(&simulator.url, Look::default()).await;
    window.open(&format!("{}/?corpid=dingsamplecorp00000001", server.url)).await;
    window.click("#simulated-dingtalk-chooser [data-person=\"zhangsan\"]").await;
    window.lands_on("/home").await;

    server.restart().await;
    window.open(&format!("{}/", server.url)).await;
    window.lands_on("/home").await;
    assert_eq!(window.text("h1").await, "张三");
    window.close().await;
}
