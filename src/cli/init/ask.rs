//! Questions on the terminal. An answer that the server would not take is asked for again.

use std::io::{self, BufRead, Write};

use anyhow::{Context, anyhow, bail};

use crate::{
    cli::terminal::{can_ask, locale, text},
    config::ConfigError,
    secret::Secret,
    setup::settings::Answers,
};

/// Puts an answer among others.
pub type Answer = fn(&mut Answers, String);

/// The given answer, which must be right, or one from the terminal.
pub fn ask(given: Option<&String>, option: &str, question: &str, put: Answer) -> anyhow::Result<String> {
    if let Some(given) = given {
        return check(given, put).map(|()| given.clone()).map_err(Into::into);
    }
    must_be_able_to_ask(option)?;
    loop {
        eprint!("{question}: ");
        let answer = line()?;
        match check(answer.trim(), put) {
            Ok(()) => return Ok(answer.trim().to_owned()),
            Err(error) => eprintln!("  {}", error.text(locale())),
        }
    }
}

/// The Client Secret, of which the terminal shows nothing.
pub fn secret() -> anyhow::Result<Secret> {
    must_be_able_to_ask("--client-secret-file")?;
    loop {
        let answer = {
            // Before the question, since what is typed until then is dropped.
            let _hidden = Hidden::start()?;
            eprint!("{}", text!("Client Secret (AppSecret; not shown): ", "Client Secret（AppSecret，不显示）："));
            line()
        };
        eprintln!();
        match checked_secret(answer?.trim()) {
            Ok(secret) => return Ok(secret),
            Err(error) => eprintln!("  {}", error.text(locale())),
        }
    }
}

pub fn checked_secret(text: &str) -> Result<Secret, ConfigError> {
    let secret = Secret::new(text);
    Answers::check_one(|answers| answers.client_secret = secret.clone())?;
    Ok(secret)
}

fn check(answer: &str, put: Answer) -> Result<(), ConfigError> {
    Answers::check_one(|answers| put(answers, answer.to_owned()))
}

fn must_be_able_to_ask(option: &str) -> anyhow::Result<()> {
    if can_ask() {
        return Ok(());
    }
    bail!(text!("{option} is missing, and there is no terminal to ask at", "缺少 {option}，而这里没有可以询问的终端"))
}

fn line() -> anyhow::Result<String> {
    io::stderr().flush()?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read.with_context(|| text!("the terminal cannot be read", "无法读取终端"))? {
        0 => Err(anyhow!(text!(
            "nothing was written: the questions were not answered",
            "没有写任何内容：问题没有回答完"
        ))),
        _ => Ok(answer),
    }
}

/// While it lives, the terminal does not show what is typed.
#[cfg(unix)]
struct Hidden(nix::sys::termios::Termios);

#[cfg(unix)]
impl Hidden {
    fn start() -> anyhow::Result<Self> {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

        let failed = || text!("the terminal would show the secret", "终端会显示密钥");
        let shown = tcgetattr(io::stdin()).with_context(failed)?;
        let mut hidden = shown.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        // What was typed ahead was shown already, and is dropped.
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &hidden).with_context(failed)?;
        Ok(Self(shown))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};

        // The terminal has gone: nobody is there to type.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.0);
    }
}

#[cfg(not(unix))]
struct Hidden;

#[cfg(not(unix))]
impl Hidden {
    fn start() -> anyhow::Result<Self> {
        bail!(text!(
            "the secret can be read from a file only: --client-secret-file",
            "只能从文件读取密钥：--client-secret-file"
        ))
    }
}
