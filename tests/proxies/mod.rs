//! The recipes of `deploy/` as an operator installs them: the real nginx, Caddy, HAProxy and Apache with those very
//! files, but for addresses, between miandeng and an app that says what reached it.
//!
//! Debian has no Traefik and no Envoy. Requests as their documentation describes them go to their endpoints instead
//! (`replay`), which needs nothing installed. The others:
//!
//! ```sh
//! apt-get install nginx caddy haproxy apache2 lua-socket python3-hypercorn php-cli python3-django lighttpd curl openssl
//! apt-get install postgresql
//! cargo proxies
//! ```

mod echo;
pub mod http;
mod identity;
mod recipe;
mod site;

mod attacks;
mod examples;
mod gate_down;
mod init;
mod passing;
mod probe;
mod programs;
mod replay;
mod several_servers;
mod tls;

macro_rules! through_each_proxy {
    ($($story:ident,)*) => {
        $crate::proxies::through_each_proxy! { @of nginx Nginx $($story)* }
        $crate::proxies::through_each_proxy! { @of caddy Caddy $($story)* }
        $crate::proxies::through_each_proxy! { @of haproxy Haproxy $($story)* }
        $crate::proxies::through_each_proxy! { @of apache Apache $($story)* }
    };
    (@of $name:ident $proxy:ident $($story:ident)*) => {
        mod $name {
            $(
                #[tokio::test]
                #[ignore = "needs the proxies and the programs behind them; CI runs it"]
                async fn $story() {
                    super::$story($crate::proxies::recipe::Proxy::$proxy).await;
                }
            )*
        }
    };
}
use through_each_proxy;
