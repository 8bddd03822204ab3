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
    match rocket::async_main(arguments.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("miandeng: {error:#}");
            ExitCode::FAILURE
        }
    }
}
