//! A story that hangs fails the run and is named, instead of keeping it from ending.

use std::{
    cell::RefCell,
    process, thread,
    time::{Duration, Instant},
};

use miandeng::clock::Clock;

use super::lock;

/// The longest story takes a quarter of it on a busy machine.
const LONGEST_STORY: Duration = Duration::from_secs(600);

static RUNNING: std::sync::Mutex<Vec<(String, Instant)>> = std::sync::Mutex::new(Vec::new());

thread_local! {
    /// Each story has a thread of its own, which ends with it.
    static STORY: RefCell<Option<Story>> = const { RefCell::new(None) };
}

struct Story(String);

impl Drop for Story {
    fn drop(&mut self) {
        lock(&RUNNING).retain(|(name, _)| *name != self.0);
    }
}

/// Watches the story of this thread, if it has a name and is not watched yet.
pub fn watch() {
    let Some(name) = thread::current().name().map(str::to_owned) else { return };
    STORY.with_borrow_mut(|story| {
        story.get_or_insert_with(|| {
            lock(&RUNNING).push((name.clone(), Clock::system().stopwatch()));
            Story(name)
        });
    });
}

/// Once for the process.
pub fn start() {
    thread::spawn(|| {
        loop {
            thread::park_timeout(Duration::from_secs(5));
            let hanging = lock(&RUNNING).iter().find(|(_, since)| since.elapsed() > LONGEST_STORY).cloned();
            if let Some((name, _)) = hanging {
                eprintln!("\n{name} hangs: it has run for {LONGEST_STORY:?}. Its processes:\n{}", children());
                process::abort();
            }
        }
    });
}

/// What this process has started and what those have, a line each.
fn children() -> String {
    let listed = process::Command::new("ps").args(["-eo", "pid,ppid,stat,etimes,args", "--forest"]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let own = format!(" {} ", process::id());
    let from_own = listed.lines().skip_while(|line| !format!(" {line}").contains(&own)).take(40);
    from_own.map(|line| line.chars().take(160).collect::<String>() + "\n").collect()
}
