//! The ceiling: Rocket that answers an empty 200, with the server's allocator and Rocket's default settings, its log
//! off as in miandeng.

use rocket::{Config, config::LogLevel, get, routes};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[get("/auth/nginx")]
fn gate() {}

#[get("/")]
fn page() {}

#[rocket::main]
async fn main() -> anyhow::Result<()> {
    let port = miandeng_compare::argument(1)?.parse()?;
    let config = Config { port, log_level: LogLevel::Off, ..Config::release_default() };
    let server = rocket::custom(config).mount("/", routes![gate, page]).launch().await;
    server.map(drop).map_err(|error| anyhow::anyhow!("{error}"))
}
