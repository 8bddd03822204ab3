//! An app's logout: one button, and from there to the app, wherever that leads on to.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    client::{Client, Platform},
    harness::{App, Setup},
    window::Window,
};

/// An app at this machine's addresses, whose page after a logout leads on to its other name.
async fn app_side() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let by_its_other_address = TcpListener::bind(("::1", port)).await.expect("IPv6");
    for listener in [listener, by_its_other_address] {
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap_or_default();
                let answer = match request[..read].starts_with(b"GET /bye") {
                    true => format!("302 Found\r\nLocation: http://localhost:{port}/start"),
                    false => "200 OK\r\nContent-Type: text/html".to_owned(),
                };
                let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
    }
    port
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_button_signs_out_and_leads_to_the_app_wherever_it_leads_on_to() {
    let port = app_side().await;
    let there = [format!("http://127.0.0.1:{port}/bye"), format!("http://[::1]:{port}/bye")];
    let settings = format!(
        "agent_id = \"100000001\"\n[[default.miandeng.clients]]\nname = \"Wiki\"\nclient_id = \"wiki\"\n\
         client_secret = \"s\"\nredirect_uris = [\"https://wiki.example.com/cb\"]\npost_logout_redirect_uris = {there:?}"
    );
    let app = App::with(Setup { app: settings.leak(), ..Setup::default() }).await;
    for there in there {
        let window = Window::in_dingtalk(&app, Client::of(Platform::Pc)).await;
        window.open(&app.url("/")).await;
        window.lands_on("/home").await;
        let state = "a b\"<&";
        let fields = [("client_id", "wiki"), ("post_logout_redirect_uri", &there), ("state", state)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        window.open(&app.url(&format!("/oauth2/logout?{query}"))).await;
        window.until("document.querySelector('form[action=\"/oauth2/logout\"] button')").await;
        window.click("form[action='/oauth2/logout'] button").await;
        window.until(&format!("location.href === 'http://localhost:{port}/start'")).await;
        window.close().await;
    }
}
