//! The server's log, with the program's own filter and format.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use miandeng::cli::logging;
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

pub fn log_line(request_id: &str) -> String {
    let log = whole_log();
    let mut lines = log.lines().filter(|line| line.contains(request_id));
    let line = lines.next().unwrap_or_else(|| panic!("no log line for {request_id}")).to_owned();
    assert_eq!(lines.next(), None, "each request gets one line");
    line
}

/// Of all tests, since the process began.
pub fn whole_log() -> String {
    String::from_utf8_lossy(&lock()).into_owned()
}

pub fn start() {
    let log = tracing_subscriber::fmt().with_env_filter(logging::filter()).with_ansi(false).with_writer(Collect);
    log.finish().with(logging::no_asides()).try_init().expect("the first subscriber");
}

struct Collect;

impl<'a> MakeWriter<'a> for Collect {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Collect {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}
