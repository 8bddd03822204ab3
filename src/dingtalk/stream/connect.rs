//! The way to the gateway: TCP, TLS with the machine's own certificates, as for every call, and the WebSocket.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{client_async_with_config, tungstenite::protocol::WebSocketConfig};
use url::Url;

use super::{Socket, StreamError};
use crate::{config::Proxies, secret::Secret};

pub(super) async fn connect(
    endpoint: &str,
    ticket: &Secret,
    plain_is_allowed: bool,
    config: WebSocketConfig,
) -> Result<Socket, StreamError> {
    let mut url = Url::parse(endpoint).map_err(|_| StreamError::BadEndpoint("it is no address"))?;
    let is_plain = match url.scheme() {
        "wss" => false,
        "ws" if plain_is_allowed => true,
        "ws" => return Err(StreamError::BadEndpoint("it begins with ws://, where api_url begins with https://")),
        _ => return Err(StreamError::BadEndpoint("it does not begin with wss://")),
    };
    let host = url.host_str().ok_or(StreamError::BadEndpoint("it has no host"))?.to_owned();
    let port = url.port_or_known_default().ok_or(StreamError::BadEndpoint("it has no port"))?;
    // Proxies are asked about the same place by its name on the web.
    let as_web = format!("{}://{host}:{port}/", if is_plain { "http" } else { "https" });
    if let Some(proxy) = Proxies::of_environment().before(&as_web) {
        return Err(StreamError::Proxied { proxy, host });
    }
    let ticket = utf8_percent_encode(ticket.expose(), NON_ALPHANUMERIC);
    url.set_query(Some(&format!("ticket={ticket}")));

    let bare_host = host.trim_matches(['[', ']']);
    let tcp = TcpStream::connect((bare_host, port)).await?;
    tcp.set_nodelay(true)?;
    if is_plain {
        let (socket, _) = client_async_with_config(url.as_str(), tcp, Some(config)).await.map_err(Box::new)?;
        return Ok(Socket::Plain(Box::new(socket)));
    }
    let name =
        ServerName::try_from(bare_host.to_owned()).map_err(|_| StreamError::BadEndpoint("its host is no name"))?;
    let tls = TlsConnector::from(Arc::new(ClientConfig::with_platform_verifier()?)).connect(name, tcp).await?;
    let (socket, _) = client_async_with_config(url.as_str(), tls, Some(config)).await.map_err(Box::new)?;
    Ok(Socket::Tls(Box::new(socket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_platform_on_plain_http_may_have_a_plain_gateway() {
        let ticket = Secret::new("ticket");
        for endpoint in ["ws://127.0.0.1:1/connect", "http://127.0.0.1:1", "file:///x", "ticket", ""] {
            let connected = connect(endpoint, &ticket, false, WebSocketConfig::default()).await;
            assert!(matches!(connected.err(), Some(StreamError::BadEndpoint(_))), "{endpoint}");
        }
        let connected = connect("ws://127.0.0.1:1/connect", &ticket, true, WebSocketConfig::default()).await;
        assert!(matches!(connected.err(), Some(StreamError::Io(_))), "nobody listens there");
    }
}
