//! The `miandeng` program: parse the arguments, run one command, print what went wrong.

use std::process::ExitCode;

use clap::Parser;
use miandeng::cli::{self, Arguments};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let arguments = Arguments::parse();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("miandeng: another TLS library was installed first");
        return ExitCode::FAILURE;
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("miandeng: {}", in_one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Rocket's own `workers` setting. If the settings cannot be read, the command says so with the fix.
    if let Ok(settings) = cli::figment()
        && let Ok(workers @ 1..) = settings.extract_inner::<usize>("workers")
    {
        runtime.worker_threads(workers);
    }
    runtime.enable_all().thread_name("miandeng").build()?.block_on(arguments.run())
}

/// An error with its causes, each said once: sqlx quotes its cause already, and `{:#}` would say it again.
fn in_one_line(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| match cause.to_string() {
        cause if said.is_empty() => cause,
        cause if said.contains(&cause) => said,
        cause => format!("{said}: {cause}"),
    })
}
