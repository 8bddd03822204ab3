//! The fields of a log line.

use std::fmt::{self, Debug};

use tracing::field::Field;
use tracing_subscriber::{
    field::RecordFields,
    fmt::format::{FormatFields, Writer},
};

use crate::inert::Inert;

/// As the default writes them, but no field ends the line or commands a terminal: the default escapes neither all of a
/// message nor anything of a `Display`. It is also a third slower, for colours that are not there.
pub(super) struct OneLine;

impl<'w> FormatFields<'w> for OneLine {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'w>, fields: R) -> fmt::Result {
        let (mut gap, mut result) = ("", Ok(()));
        fields.record(&mut |field: &Field, value: &dyn Debug| {
            let (name, value) = (field.name(), Inert(value));
            // Lines of the `log` crate say their target and level in such fields; they stand in front already.
            if !name.starts_with("log.") {
                result = result.and_then(|()| match name {
                    "message" => write!(line, "{gap}{value:?}"),
                    _ => write!(line, "{gap}{name}={value:?}"),
                });
                gap = " ";
            }
        });
        result
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Seek};

    use tracing::subscriber::with_default;
    use tracing_subscriber::fmt::{SubscriberBuilder, format::DefaultFields};

    use super::*;

    fn written<F>(fields: F, log: impl FnOnce()) -> String
    where
        F: for<'w> FormatFields<'w> + Send + Sync + 'static,
    {
        let mut file = tempfile::tempfile().unwrap();
        let subscriber = SubscriberBuilder::default().without_time().with_ansi(false).with_level(false);
        let writer = std::sync::Mutex::new(fs::File::try_clone(&file).unwrap());
        with_default(subscriber.with_writer(writer).fmt_fields(fields).finish(), log);
        file.rewind().unwrap();
        std::io::read_to_string(file).unwrap()
    }

    #[test]
    fn lines_are_those_of_the_default() {
        let check = |log: &dyn Fn()| assert_eq!(written(OneLine, log), written(DefaultFields::new(), log));
        check(&|| tracing::warn!("plain"));
        check(&|| tracing::info!(status = 404_u16, "with \"quotes\", \\ and {}", "组织"));
        check(&|| tracing::info!(text = "a \"b\"\n\u{1b}[2J\u{9b}", chars = ?"\r\n\u{7f}", none = None::<u8>));
        check(&|| tracing::info!(minus = -1, half = 0.5, yes = true, some = ?Some("x"), plain = %"b c"));
        check(&|| tracing::warn!(log.target = "rocket::x", log.line = 7, "bridged"));
        check(&|| tracing::warn!(log.file = "x.rs", after = 1));
    }

    #[test]
    fn nothing_in_a_line_ends_it_or_commands_a_terminal() {
        let foreign = "a\r\n\t\0\u{1b}[2J\u{85}\u{9b}\u{202e}é\u{a0}b";
        let inert = Inert(foreign).to_string();
        for log in [
            &|| tracing::warn!("{foreign}"),
            &|| tracing::warn!(message = %foreign),
            &|| tracing::warn!(error = %foreign),
            &|| tracing::warn!(error = ?format_args!("{foreign}")),
        ] as [&dyn Fn(); 4]
        {
            let line = written(OneLine, log);
            assert!(line.contains(&inert) && line.lines().count() == 1, "{line:?}");
        }
    }
}
