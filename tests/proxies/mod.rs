//! The recipes of `deploy/` as an operator installs them: the real nginx and Caddy with those very files, but for
//! addresses, between miandeng and an app that says what reached it.
//!
//! Debian has no Traefik and no Envoy. Requests as their documentation describes them go to their endpoints instead
//! (`replay`), which needs nothing installed. The others:
//!
//! ```sh apt-get install nginx caddy python3-hypercorn php-cli lighttpd cargo test --test stories proxies -- --ignored
//! ```

mod echo;
pub mod http;
mod identity;
mod recipe;
mod site;

mod attacks;
mod gate_down;
mod passing;
mod probe;
mod programs;
mod replay;
mod tls;

macro_rules! through_each_proxy {
    ($($story:ident,)*) => {
        mod nginx {
            $(
                #[tokio::test]
                #[ignore = "needs nginx, Caddy and the programs behind them; CI runs it"]
                async fn $story() {
                    super::$story($crate::proxies::recipe::Proxy::Nginx).await;
                }
            )*
        }
        mod caddy {
            $(
                #[tokio::test]
                #[ignore = "needs nginx, Caddy and the programs behind them; CI runs it"]
                async fn $story() {
                    super::$story($crate::proxies::recipe::Proxy::Caddy).await;
                }
            )*
        }
    };
}
use through_each_proxy;
