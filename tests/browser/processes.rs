//! As in production: server and DingTalk are processes of their own, and the server may die.

use super::{
    harness::{Jsapi, Setup, add_people},
    window::{Look, Window},
};
use crate::harness::{Server, free_port, prepare, program};

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_signed_in_stays_signed_in_when_the_server_is_killed_and_started_again() {
    prepare();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let simulator = Server::spawn(program(folder.path(), &["simulator", "--port", "0"]));
    let line = simulator.says("http://");
    let (_, address) = line.split_once("http://").expect("an address");
    let dingtalk = format!("http://{}", address.split("/ ").next().unwrap_or_default());
    let settings = Setup { jsapi: Jsapi::Simulated, ..Setup::default() }.settings(free_port(), &dingtalk);
    std::fs::write(folder.path().join("Rocket.toml"), settings.text()).expect("a writable folder");
    add_people(folder.path());
    let server = Server::listening(program(folder.path(), &["serve"]));

    let window = Window::beside(&dingtalk, Look::default()).await;
    window.open(&format!("{}/?corpid=dingsamplecorp00000001", server.url())).await;
    window.click("#simulated-dingtalk-chooser [data-person=\"zhangsan\"]").await;
    window.lands_on("/home").await;

    server.kill();
    let server = Server::listening(program(folder.path(), &["serve"]));
    window.open(&format!("{}/", server.url())).await;
    window.lands_on("/home").await;
    assert_eq!(window.text("h1").await, "张三");
    window.close().await;
}
