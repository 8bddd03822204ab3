//! Where log lines go: to standard error. Lines of ordinary requests wait up to a tenth of a second for each other,
//! because a system call for each was the gate's largest cost of our own. Warnings, errors and whatever a person reads
//! on a terminal are written at once.
//!
//! A thread with a queue (tracing-appender) was tried: it is woken for each line and takes twice the processor's time.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

const WAIT: Duration = Duration::from_millis(100);
/// Bytes that wait at most; a rush of lines is written before its tenth of a second is over.
const ENOUGH: usize = 64 * 1024;

#[derive(Clone)]
pub(super) struct LogLines {
    waiting: Arc<Mutex<Waiting>>,
    somebody_reads_along: bool,
}

struct Waiting {
    lines: Vec<u8>,
    to: Box<dyn Write + Send>,
}

pub(super) struct Line<'a> {
    lines: &'a LogLines,
    at_once: bool,
}

impl LogLines {
    pub(super) fn new() -> Self {
        Self::to(Box::new(io::stderr()), io::stderr().is_terminal())
    }

    fn to(to: Box<dyn Write + Send>, somebody_reads_along: bool) -> Self {
        Self { waiting: Arc::new(Mutex::new(Waiting { lines: Vec::new(), to })), somebody_reads_along }
    }

    /// Writes what waits, again and again, as long as the process runs.
    pub(super) fn keep_writing(&self) {
        let lines = self.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(WAIT);
            loop {
                ticks.tick().await;
                lines.write_out();
            }
        });
    }

    pub(super) fn write_out(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).write_out();
    }
}

impl Waiting {
    fn write_out(&mut self) {
        if !self.lines.is_empty() {
            // Nobody could be told that standard error cannot be written to.
            let _ = self.to.write_all(&self.lines);
            self.lines.clear();
        }
    }
}

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, at_once: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        let is_ordinary = about.target() == "miandeng::access" && *about.level() >= Level::INFO;
        Line { lines: self, at_once: !is_ordinary || self.somebody_reads_along }
    }
}

impl Write for Line<'_> {
    /// The subscriber hands over whole lines.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lines.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.lines.extend_from_slice(text);
        if self.at_once || waiting.lines.len() >= ENOUGH {
            waiting.write_out();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        time::timeout,
    };
    use tracing::{info, warn};

    use super::*;

    /// Longer than lines wait for each other, by far.
    const NEVER: Duration = Duration::from_secs(60);

    /// Each write arrives as it was made.
    struct Written(UnboundedSender<String>);

    impl Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(text).into_owned()).expect("somebody reads");
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A log of this thread's lines, and what is written of it.
    fn log(somebody_reads_along: bool) -> (LogLines, UnboundedReceiver<String>, tracing::subscriber::DefaultGuard) {
        let (sender, written) = unbounded_channel();
        let lines = LogLines::to(Box::new(Written(sender)), somebody_reads_along);
        let log = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).with_level(false);
        let log = log.with_target(false).without_time().finish();
        (lines, written, tracing::subscriber::set_default(log))
    }

    fn request(what: &str) {
        info!(target: "miandeng::access", "{what}");
    }

    #[tokio::test]
    async fn lines_of_ordinary_requests_wait_and_come_out_together_in_their_order() {
        let (lines, mut written, _log) = log(false);
        for round in 0..2 {
            for i in 0..3 {
                request(&format!("{round}.{i}"));
            }
            assert!(written.is_empty(), "nothing is written for one line");
            if round == 0 {
                lines.keep_writing();
            }
            let together = timeout(NEVER, written.recv()).await.expect("they wait no longer");
            assert_eq!(together.unwrap(), format!("{round}.0\n{round}.1\n{round}.2\n"));
        }
    }

    #[test]
    fn a_warning_and_whatever_is_no_request_are_written_at_once_after_what_waited() {
        let (lines, mut written, _log) = log(false);
        request("a");
        warn!(target: "miandeng::access", "b");
        assert_eq!(written.try_recv().unwrap(), "a\nb\n");
        request("c");
        info!("d");
        assert_eq!(written.try_recv().unwrap(), "c\nd\n");
        lines.write_out();
        assert!(written.is_empty(), "each line once, and no empty write");
    }

    #[test]
    fn a_rush_of_lines_is_written_before_its_time() {
        let (_lines, mut written, _log) = log(false);
        let line = "a".repeat(1023);
        for _ in 0..63 {
            request(&line);
        }
        assert!(written.is_empty(), "63 KiB wait");
        request(&line);
        assert_eq!(written.try_recv().unwrap().len(), 64 * 1024);
        request(&line);
        assert!(written.is_empty(), "they are counted anew");
    }

    #[test]
    fn on_a_terminal_no_line_waits() {
        let (_lines, mut written, _log) = log(true);
        request("a");
        assert_eq!(written.try_recv().unwrap(), "a\n");
    }
}
