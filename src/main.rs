//! The `miandeng` program: parse the arguments, run one command, print what went wrong.

use std::process::ExitCode;

use clap::Parser;
use miandeng::cli::Arguments;

fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let arguments = Arguments::parse();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("miandeng: another TLS library was installed first");
        return ExitCode::FAILURE;
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("miandeng: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Rocket's own `workers` setting; where the settings cannot be read, the command says so with the cure.
    if let Ok(workers @ 1..) = rocket::Config::figment().extract_inner::<usize>("workers") {
        runtime.worker_threads(workers);
    }
    runtime.enable_all().thread_name("miandeng").build()?.block_on(arguments.run())
}
