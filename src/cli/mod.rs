//! The command line: a file per command.

mod audit;
mod backup;
mod completions;
mod demo;
mod deployment;
mod doctor;
mod explain;
mod init;
mod log_lines;
pub mod logging;
mod migrate_database;
#[cfg(unix)]
mod open_files;
#[cfg(unix)]
mod reload;
mod restore;
mod sample_app;
mod serve;
mod sessions;
mod simulator;
#[cfg(target_os = "linux")]
mod systemd;
mod terminal;
mod users;
mod zh_cn;

pub use self::deployment::figment;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::{deployment::Deployment, terminal::locale};
use crate::i18n::Locale;

/// Password-free sign-in (免登) from inside the DingTalk client.
///
/// An employee taps the app's icon in DingTalk and is signed in. Settings come from Rocket.toml in the working folder, or
/// else in /etc/miandeng (or from the file that ROCKET_CONFIG names), and from ROCKET_… variables; see docs/en/settings.md.
///
/// New here? "miandeng demo" runs everything against a simulated DingTalk, with nothing to configure. "miandeng init" writes
/// the settings of a deployment.
#[derive(Parser)]
#[command(name = "miandeng", version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.\n\
                          Logging: MIANDENG_LOG=debug logs more, MIANDENG_LOG_FORMAT=json writes JSON lines.";

#[derive(Subcommand)]
enum Command {
    Init(init::InitArgs),
    /// Run the server (the default)
    Serve,
    /// Run the server against a simulated DingTalk, with sample employees: nothing to configure
    Demo(demo::DemoArgs),
    /// Run the simulated DingTalk alone, for developing any DingTalk app offline
    Simulator(simulator::SimulatorArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Users(users::UsersCommand),
    Sessions(sessions::SessionsCommand),
    Audit(audit::AuditCommand),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    MigrateDatabase(migrate_database::MigrateDatabaseArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

impl Arguments {
    /// Reads the program's arguments. Help and wrong usage end here, the latter with exit code 2.
    pub fn read() -> Self {
        let mut command = in_the_terminals_language(Self::command());
        let read = command.try_get_matches_from_mut(std::env::args_os());
        let read = read.and_then(|found| Self::from_arg_matches(&found).map_err(|error| error.format(&mut command)));
        read.unwrap_or_else(|error| match (locale(), zh_cn::usage(&error)) {
            (Locale::ZhCn, Some(said)) => {
                eprint!("{said}");
                std::process::exit(error.exit_code())
            }
            _ => error.exit(),
        })
    }

    pub async fn run(self) -> anyhow::Result<()> {
        match self.command.unwrap_or(Command::Serve) {
            Command::Init(args) => init::run(args),
            Command::Serve => serve::run().await,
            Command::Demo(args) => demo::run(args).await,
            Command::Simulator(args) => simulator::run(args).await,
            Command::Doctor(args) => doctor::run(args).await,
            Command::Explain(args) => args.run(),
            Command::Users(command) => command.run().await,
            Command::Sessions(command) => command.run().await,
            Command::Audit(command) => command.run().await,
            Command::Backup(args) => backup::run(args).await,
            Command::Restore(args) => restore::run(args).await,
            Command::MigrateDatabase(args) => migrate_database::run(args).await,
            Command::Completions(args) => completions::completions(&args),
            Command::Man(args) => completions::man(&args),
        }
    }
}

fn in_the_terminals_language(english: clap::Command) -> clap::Command {
    match locale() {
        Locale::En => english,
        Locale::ZhCn => zh_cn::translated(english),
    }
}

/// An error with its causes in one line, each said once: sqlx quotes its cause already.
pub fn in_one_line(error: &anyhow::Error) -> String {
    in_words(error, locale())
}

fn in_words(error: &anyhow::Error, locale: Locale) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let chinese = match locale {
            Locale::En => None,
            Locale::ZhCn => zh_cn::error(cause),
        };
        // It names its causes itself.
        let is_all = chinese.is_some();
        let text = chinese.unwrap_or_else(|| cause.to_string());
        if !said.contains(&text) {
            let between = match (said.is_empty(), locale) {
                (true, _) => "",
                (false, Locale::En) => ": ",
                (false, Locale::ZhCn) => "：",
            };
            said.extend([between, &text]);
        }
        if is_all {
            break;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unexplained(command: &clap::Command) -> Vec<String> {
        let name = command.get_name();
        let options = command.get_opts().filter(|option| option.get_help().is_none());
        let options = options.map(|option| format!("{name} --{}", option.get_id()));
        options.chain(command.get_subcommands().flat_map(unexplained)).collect()
    }

    #[test]
    fn help_explains_every_command_and_option() {
        let command = Arguments::command();
        assert_eq!(unexplained(&command), [""; 0]);
        assert!(command.get_subcommands().all(|command| command.get_about().is_some()));
    }
}
