//! The recipes of `deploy/`, as an operator installs them: the real nginx and the real Caddy with those very files, in
//! front of miandeng and of an app that says what reached it. Only addresses are put in their places.
//!
//! Traefik and Envoy are not packaged for Debian. What their documentation says that they send is sent to their
//! endpoints instead (`replay`); these stories need nothing installed. The others:
//!
//! ```sh
//! apt-get install nginx caddy python3-hypercorn php-cli lighttpd
//! cargo test --test stories proxies -- --ignored
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

/// Each story through each proxy that can be run here.
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
