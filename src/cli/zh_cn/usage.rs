//! Wrong usage.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// What is wrong with the arguments; `None` where only clap knows.
pub fn usage(error: &Error) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join("、")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    let meant = |kind| text(kind).map(|meant| format!("；是不是 {meant}？")).unwrap_or_default();
    let problem = match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数 {}{}", argument?, meant(ContextKind::SuggestedArg)),
        ErrorKind::InvalidSubcommand => {
            let command = text(ContextKind::InvalidSubcommand)?;
            format!("没有命令 {command:?}{}", meant(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("缺少 {}", argument?),
        ErrorKind::InvalidValue => {
            let values = text(ContextKind::ValidValue).map(|values| format!("；可选：{values}")).unwrap_or_default();
            match text(ContextKind::InvalidValue).filter(|value| !value.is_empty()) {
                Some(value) => format!("{} 不能是 {value:?}{values}", argument?),
                None => format!("{} 需要一个值{values}", argument?),
            }
        }
        ErrorKind::ValueValidation => {
            let value = text(ContextKind::InvalidValue)?;
            // Ours are Chinese by now. Those of Rust's own types say no more than that it is none.
            let why = error.source().map(ToString::to_string).filter(|why| !why.is_ascii());
            match why {
                Some(why) => format!("{} {value:?}：{why}", argument?),
                None => format!("{} 不能是 {value:?}", argument?),
            }
        }
        ErrorKind::ArgumentConflict => match (argument?, text(ContextKind::PriorArg)) {
            (argument, Some(other)) if other != argument => format!("{argument} 不能与 {other} 同时使用"),
            (argument, _) => format!("{argument} 只能写一次"),
        },
        _ => return None,
    };
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string().replacen("Usage: ", "用法：", 1),
        _ => String::new(),
    };
    Some(format!("错误：{problem}\n\n{}\n\n详细说明请用 --help\n", usage.trim_end()).replace("\n\n\n\n", "\n\n"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{super::translated, *};
    use crate::cli::Arguments;

    #[test]
    fn wrong_usage_is_said_with_what_was_wrong() {
        let check = |line: &str, says: &str| {
            let error = translated(Arguments::command()).try_get_matches_from(line.split(' ')).expect_err(line);
            let said = usage(&error).unwrap_or_else(|| panic!("{line}: {error}"));
            let rest = said.strip_prefix(&format!("错误：{says}\n\n")).unwrap_or_else(|| panic!("{line}: {said}"));
            // Of a wrong value clap shows no usage.
            let is_about_a_value = matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation);
            assert_eq!(rest.starts_with("用法：miandeng"), !is_about_a_value, "{line}: {said}");
            assert!(rest.ends_with("详细说明请用 --help\n") && !rest.contains("\n\n\n"), "{said}");
        };
        check("miandeng users list --jsno", "没有参数 --jsno；是不是 --json？");
        check("miandeng simulatr", "没有命令 \"simulatr\"；是不是 simulator？");
        check("miandeng users add", "缺少 --name <NAME>、<USERID>");
        check("miandeng users list --role boss", "--role <ROLE> 不能是 \"boss\"；可选：user、admin");
        check("miandeng users list --role", "--role <ROLE> 需要一个值；可选：user、admin");
        check("miandeng demo --port x", "--port <PORT> 不能是 \"x\"");
        check("miandeng audit export --csv --json", "--csv 不能与 --json 同时使用");
        check("miandeng users list --json --json", "--json 只能写一次");
    }
}
