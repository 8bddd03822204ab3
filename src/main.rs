//! The `miandeng` program: parse the arguments, run one command, print what went wrong.

use std::process::ExitCode;

use clap::Parser;
use miandeng::cli::{sessions::SessionsCommand, users::UsersCommand};

/// Password-free sign-in (免登) from inside the DingTalk client, as one server.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Users(UsersCommand),
    Sessions(SessionsCommand),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Users(command) => command.run().await,
        Command::Sessions(command) => command.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("miandeng: {error:#}");
            ExitCode::FAILURE
        }
    }
}
