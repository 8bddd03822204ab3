//! `miandeng completions` and `miandeng man`: what shells and `man` know of the commands.

use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    Arguments, in_the_terminals_language,
    terminal::{print, text},
};

/// Print a script that completes commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  miandeng completions bash > /etc/bash_completion.d/miandeng")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write a manual page for each command into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  miandeng man /usr/local/share/man/man1")]
pub struct ManArgs {
    /// The folder, which is created if need be
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub fn completions(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut in_the_terminals_language(Arguments::command()), "miandeng", &mut script);
    print(script)
}

pub fn man(args: &ManArgs) -> anyhow::Result<()> {
    let dir = args.dir.display();
    let failed = || text!("{dir} cannot be written", "无法写入 {dir}");
    std::fs::create_dir_all(&args.dir).with_context(failed)?;
    let program = in_the_terminals_language(Arguments::command().disable_help_subcommand(true));
    clap_mangen::generate_to(program, &args.dir).with_context(failed)
}
