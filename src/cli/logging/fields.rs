//! The fields of a log line: as the default writes them, but whatever somebody else put into them stays on the line.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput},
    fmt::format::{DefaultVisitor, FormatFields, Writer},
};

/// Differs from the default in what it writes only here: it escapes every control character of a message, where the
/// default leaves line feeds; the same of a value written by its `Display`, where the default leaves all; and it says no
/// sources of an error recorded as such, because nothing here records one.
///
/// Where there are no colours, it costs a third: the default thinks of them at each name all the same.
pub(super) struct OneLine;

impl<'w> FormatFields<'w> for OneLine {
    fn format_fields<R: RecordFields>(&self, line: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { line, is_first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct Visitor<'w> {
    line: Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl Visitor<'_> {
    fn add(&mut self, field: &Field, value: &dyn Debug) {
        // What lines of the `log` crate say of themselves: target and level stand in front, the rest is left out.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let is_first = std::mem::replace(&mut self.is_first, false);
        self.result = match self.line.has_ansi_escapes() {
            true => {
                let mut coloured = DefaultVisitor::new(self.line.by_ref(), is_first);
                coloured.record_debug(field, value);
                coloured.finish()
            }
            false => self.add_plain(field.name(), value, is_first),
        };
    }

    fn add_plain(&mut self, name: &str, value: &dyn Debug, is_first: bool) -> fmt::Result {
        if !is_first {
            self.line.write_char(' ')?;
        }
        if name != "message" {
            self.line.write_str(name.strip_prefix("r#").unwrap_or(name))?;
            self.line.write_char('=')?;
        }
        write!(self.line, "{value:?}")
    }
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.add(field, &Inert(&format_args!("{value}"))),
            // Written quoted, and by that escaped.
            _ => self.add(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, &Inert(value));
    }
}

/// A value without anything that ends a line or commands a terminal.
struct Inert<'a>(&'a dyn Debug);

impl Debug for Inert<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:?}", self.0)
    }
}

struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Told byte by byte, which is faster: 0xC2 begins the control characters beyond ASCII, and a few letters.
        if !text.bytes().any(|byte| byte.is_ascii_control() || byte == 0xC2) {
            return self.0.write_str(text);
        }
        for c in text.chars() {
            match c {
                '\n' | '\r' | '\t' => write!(self.0, "{}", c.escape_default())?,
                c if c.is_ascii_control() => write!(self.0, "\\x{:02x}", u32::from(c))?,
                c if c.is_control() => write!(self.0, "{}", c.escape_unicode())?,
                c => self.0.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder, format::DefaultFields};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn written<F>(fields: F, colours: bool, log: impl FnOnce()) -> String
    where
        F: for<'w> FormatFields<'w> + Send + Sync + 'static,
    {
        let written = Written::default();
        let subscriber = SubscriberBuilder::default().without_time().with_ansi(colours).with_writer(written.clone());
        with_default(subscriber.fmt_fields(fields).finish(), log);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[track_caller]
    fn is_as_the_default(log: impl Fn()) {
        for colours in [false, true] {
            let ours = written(OneLine, colours, &log);
            assert_eq!(ours, written(DefaultFields::new(), colours, &log));
            assert!(!ours.is_empty() && (colours || !ours.contains('\u{1b}')), "{ours:?}");
        }
    }

    #[test]
    fn lines_are_those_of_the_default() {
        is_as_the_default(|| tracing::warn!("plain"));
        is_as_the_default(|| tracing::info!(status = 404_u16, "with \"quotes\", \\ and {}", "组织"));
        is_as_the_default(
            || tracing::info!(text = "a \"b\"\n\u{1b}[2J\u{9b}", chars = ?"\r\n\u{7f}", none = None::<u8>),
        );
        is_as_the_default(|| tracing::info!(minus = -1, half = 0.5, whole = 1.0, yes = true, some = ?Some("x")));
        is_as_the_default(|| tracing::info!("r#type" = "a", r#as = 1, plain = %"b c", wide = u128::MAX, "a keyword"));
        is_as_the_default(|| tracing::info!(message = "as a field \u{1b}[2J", after = 1));
        is_as_the_default(|| tracing::warn!("\u{1b}[31m\u{7}\u{8}\u{c}\u{7f}\u{9b}31m \u{80}\u{9f} é"));
        // As a line of the `log` crate arrives.
        is_as_the_default(|| {
            tracing::warn!(log.target = "rocket::x", log.module_path = "rocket::x", log.line = 7, "bridged")
        });
        is_as_the_default(|| tracing::warn!(log.file = "x.rs", after = 1));
    }

    #[test]
    fn nothing_in_a_line_ends_it_or_commands_a_terminal() {
        let foreign = "a\r\n\t\0\u{1}\u{1b}[2J\u{85}\u{9b}é\u{a0}b";
        let inert = r"a\r\n\t\x00\x01\x1b[2J\u{85}\u{9b}é".to_owned() + "\u{a0}b";
        for colours in [false, true] {
            let line = |log: &dyn Fn()| written(OneLine, colours, log);
            for line in [
                line(&|| tracing::warn!("{foreign}")),
                line(&|| tracing::warn!(message = foreign)),
                line(&|| tracing::warn!(message = %foreign)),
                line(&|| tracing::warn!(error = %foreign)),
                line(&|| tracing::warn!(error = ?format_args!("{foreign}"))),
            ] {
                assert!(line.contains(&inert) && line.lines().count() == 1, "{line:?}");
            }
        }
    }
}
