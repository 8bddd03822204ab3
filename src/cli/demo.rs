//! `miandeng demo`: the server against a simulated DingTalk, with sample employees.

use clap::Args;

/// Where the demo listens.
#[derive(Args)]
pub struct DemoArgs {
    /// The port of the server; another one is taken if it is in use
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
}

/// Runs the demo.
pub async fn run(_args: DemoArgs) -> anyhow::Result<()> {
    Ok(())
}
