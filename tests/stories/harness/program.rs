//! The program itself, as another process.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The program in a folder of its own, with the settings that stand there and none of this machine's.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miandeng"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    let other = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("rocket_") || name.starts_with("miandeng_") || name.ends_with("_proxy")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| other(name)) {
        command.env_remove(name);
    }
    command
}
