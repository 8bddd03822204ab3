//! The command line in Chinese. English is in the code itself: clap reads doc comments, and errors say themselves.

mod database;
mod errors;
mod help;
mod setup;
mod simulator;
mod usage;

pub use self::{
    errors::{error, sqlite},
    usage::usage,
};

use clap::{Arg, Command, builder::Resettable};
use unicode_width::UnicodeWidthChar;

/// clap's own, with the one word of it that is fixed.
const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";
/// Columns of a paragraph, and of what an argument is.
const WIDE: usize = 96;
const NARROW: usize = 68;

/// Every text of a command's help, and of those below it.
pub fn translated(mut command: Command) -> Command {
    // Now, because clap adds its own arguments and the command `help` only as it builds.
    command.build();
    translate(command, "")
}

fn translate(command: Command, path: &str) -> Command {
    let is_help = command.get_name() == "help";
    let command = command.help_template(TEMPLATE).subcommand_help_heading("命令");
    let command = command.mut_args(|argument| translate_argument(argument, path)).mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        translate(below, path.trim_start())
    });
    match help::COMMANDS.iter().find(|help| help.path == path) {
        Some(help) => {
            let long = [help.about, help.more].join("\n\n");
            let command = command.about(help.about).long_about(wrapped(long.trim_end(), WIDE));
            command.after_help(wrapped(help.after, WIDE)).after_long_help(wrapped(help.after, WIDE))
        }
        None if is_help => command.about(help::HELP).long_about(Resettable::Reset),
        None => command,
    }
}

fn translate_argument(argument: Arg, path: &str) -> Arg {
    let argument = argument.clone().help_heading(if argument.is_positional() { "参数" } else { "选项" });
    let Some(help) = help_of(path, argument.get_id().as_str()) else { return argument };
    let mut help = help.to_owned();
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !values.is_empty() {
        let values: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        help.push_str(&format!("（可选：{}）", values.join("、")));
    }
    if argument.get_action().takes_values()
        && let [default] = argument.get_default_values()
    {
        help.push_str(&format!("（默认：{}）", default.to_string_lossy()));
    }
    let argument = argument.help(wrapped(&help, NARROW)).long_help(Resettable::Reset);
    argument.hide_possible_values(true).hide_default_value(true)
}

fn help_of(path: &str, id: &str) -> Option<&'static str> {
    let own = help::COMMANDS.iter().find(|help| help.path == path).map_or(&[][..], |help| help.arguments);
    own.iter().chain(help::SHARED).find(|(name, _)| *name == id).map(|(_, help)| *help)
}

/// Chinese has no blanks at which clap could break a line. No line begins or ends with a mark that does not belong there.
fn wrapped(text: &str, columns: usize) -> String {
    const NOT_FIRST: &str = "，。；：、）”？！…";
    const NOT_LAST: &str = "（“";
    let mut wrapped = String::with_capacity(text.len());
    // The columns of this line, and of the piece that must not be broken.
    let (mut line, mut piece, mut piece_columns) = (0, String::new(), 0);
    let mut end = |wrapped: &mut String, piece: &mut String, piece_columns: &mut usize| {
        if line > 0 && line + *piece_columns > columns {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            line = 0;
        }
        wrapped.push_str(piece);
        line = if piece.ends_with('\n') { 0 } else { line + *piece_columns };
        (*piece, *piece_columns) = (String::new(), 0);
    };
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        piece.push(c);
        piece_columns += c.width().unwrap_or_default();
        let may_break = match characters.peek() {
            None => true,
            Some(next) if NOT_FIRST.contains(*next) || NOT_LAST.contains(c) => false,
            Some(next) => c == '\n' || c == ' ' && *next != ' ' || is_wide(c) || is_wide(*next),
        };
        if may_break {
            end(&mut wrapped, &mut piece, &mut piece_columns);
        }
    }
    wrapped
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Arguments;

    /// Every command's path and arguments.
    fn all(command: &Command, path: &str) -> Vec<(String, Vec<String>)> {
        let arguments = command.get_arguments().map(|argument| argument.get_id().to_string()).collect();
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below = below.flat_map(|below| all(below, format!("{path} {}", below.get_name()).trim_start()));
        std::iter::once((path.to_owned(), arguments)).chain(below).collect()
    }

    #[test]
    fn every_command_and_argument_is_said_in_chinese_and_no_other() {
        let all = all(&Arguments::command(), "");
        for (path, arguments) in &all {
            assert!(help::COMMANDS.iter().any(|help| help.path == path), "miandeng {path}");
            for id in arguments {
                assert!(help_of(path, id).is_some(), "miandeng {path}: {id}");
            }
        }
        for help in help::COMMANDS {
            let (_, arguments) = all.iter().find(|(path, _)| path == help.path).expect(help.path);
            for (id, _) in help.arguments {
                assert!(arguments.iter().any(|known| known == id), "miandeng {} has no {id}", help.path);
            }
        }
        for (id, _) in help::SHARED.iter().filter(|(id, _)| !["help", "version"].contains(id)) {
            assert!(all.iter().any(|(_, arguments)| arguments.iter().any(|known| known == id)), "nothing has {id}");
        }
    }

    #[test]
    fn lines_break_between_characters_but_not_inside_words_or_before_marks() {
        assert_eq!(wrapped("一二三四五，六", 10), "一二三四\n五，六");
        assert_eq!(wrapped("用 --ignore-unknown 忽略", 12), "用\n--ignore-unknown\n忽略");
        assert_eq!(wrapped("一二\n\n  miandeng  users\n", 40), "一二\n\n  miandeng  users\n");
        assert_eq!(wrapped("一二三（四", 8), "一二三\n（四");
    }

    #[test]
    fn the_translated_program_takes_what_the_english_one_takes() {
        let parse = |line: &str| translated(Arguments::command()).try_get_matches_from(line.split(' '));
        for line in ["miandeng", "miandeng users list --json", "miandeng users set u1 --role admin"] {
            assert!(parse(line).is_ok(), "{line}");
        }
        let help = parse("miandeng help users").expect_err("help").to_string();
        assert!(help.contains("用法：miandeng users <COMMAND>") && help.contains("列出人员"), "{help}");
        let help = parse("miandeng users set --help").expect_err("help").to_string();
        assert!(help.contains("角色：普通成员 user 或管理员 admin（可选：user、admin）"), "{help}");
        assert!(!help.contains("Print") && !help.contains("possible"), "{help}");
    }
}
