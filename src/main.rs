//! The `miandeng` program: parse the arguments, run one command, print what went wrong.

use std::process::ExitCode;

use miandeng::cli::{self, Arguments};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("miandeng: another TLS library was installed first");
        return ExitCode::FAILURE;
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("miandeng: {}", cli::in_one_line(&error));
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
