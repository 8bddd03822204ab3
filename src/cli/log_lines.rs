//! Where log lines go: to standard error, those of ordinary requests several at a time.
//!
//! A proxy asks at every request, and a system call for each line was the gate's largest cost of our own making. So
//! lines wait for each other, a tenth of a second at the longest. What matters is written at once, together with what
//! waited before it: warnings and errors, and everything that a person reads along on a terminal.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

const WAIT: Duration = Duration::from_millis(100);
/// So many bytes wait at the most; a rush of lines is written before its tenth of a second is over.
const ENOUGH: usize = 64 * 1024;

/// The lines that wait to be written.
#[derive(Clone)]
pub(super) struct LogLines {
    waiting: Arc<Mutex<Vec<u8>>>,
    somebody_reads_along: bool,
}

/// One line on its way.
pub(super) struct Line<'a> {
    lines: &'a LogLines,
    at_once: bool,
}

impl LogLines {
    /// No lines yet.
    pub(super) fn new() -> Self {
        Self { waiting: Arc::default(), somebody_reads_along: io::stderr().is_terminal() }
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

    /// Writes what waits.
    pub(super) fn write_out(&self) {
        write_all(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn write_all(waiting: &mut Vec<u8>) {
    if !waiting.is_empty() {
        // Nobody could be told that standard error cannot be written to.
        let _ = io::stderr().write_all(waiting);
        waiting.clear();
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
        waiting.extend_from_slice(text);
        if self.at_once || waiting.len() >= ENOUGH {
            write_all(&mut waiting);
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
