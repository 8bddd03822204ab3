//! A running process of the program, and what it says.

use std::{
    cell::Cell,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use miandeng::clock::Clock;

use super::program::LONGEST;

/// Of a server's log that are shown when a story fails.
const MOST_LINES: usize = 200;

/// Killed when dropped.
pub struct Server {
    child: Child,
    said: Arc<Said>,
    /// How many lines [`Server::says`] has passed.
    read: Cell<usize>,
    url: String,
}

/// Standard error and output, line by line.
#[derive(Default)]
struct Said {
    lines: Mutex<Lines>,
    more: Condvar,
}

#[derive(Default)]
struct Lines {
    all: Vec<String>,
    ended: usize,
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.lock());
        self.more.notify_all();
    }
}

impl Server {
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
        let said = Arc::<Said>::default();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stderr.take().unwrap()), Box::new(child.stdout.take().unwrap())];
        for stream in streams {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    said.change(|lines| lines.all.push(line));
                }
                said.change(|lines| lines.ended += 1);
            });
        }
        Self { child, said, read: Cell::new(0), url: String::new() }
    }

    pub fn listening(command: Command) -> Self {
        Self::spawn(command).listens()
    }

    pub fn listens(mut self) -> Self {
        let line = self.says("miandeng is listening");
        let (_, address) = line.split_once("address=").expect("an address");
        self.url = format!("http://{}", address.split(' ').next().unwrap_or_default());
        self
    }

    /// The next line that holds a text.
    pub fn says(&self, wanted: &str) -> String {
        let since = Clock::system().stopwatch();
        loop {
            let at = self.read.get();
            let nothing_new = |lines: &mut Lines| lines.all.len() == at && lines.ended < 2;
            let waited = self.said.more.wait_timeout_while(self.said.lock(), LONGEST, nothing_new);
            let (lines, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let in_time = since.elapsed() < 2 * LONGEST;
            let Some(line) = lines.all.get(at).filter(|_| in_time) else {
                panic!("{wanted:?} was never said: {:#?}", lines.all)
            };
            self.read.set(at + 1);
            if line.contains(wanted) {
                return line.clone();
            }
        }
    }

    pub fn log(&self) -> Vec<String> {
        self.said.lock().all.clone()
    }

    /// The first of all lines that holds every word. Other work on this thread goes on meanwhile.
    pub async fn logs(&self, words: &[&str]) -> String {
        let found = async {
            loop {
                let line = self.log().into_iter().find(|line| words.iter().all(|word| line.contains(word)));
                match line {
                    Some(line) => break line,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let found = tokio::time::timeout(LONGEST, found).await;
        found.unwrap_or_else(|_| panic!("no line with {words:?} in {:#?}", self.log()))
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`; returns when it is dead.
    pub fn kill(mut self) {
        self.stop();
    }

    /// As [`Server::kill`], if its log is still to be read.
    pub fn stop(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is dead");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let lines = self.log();
            let newest = lines.iter().skip(lines.len().saturating_sub(MOST_LINES));
            newest.for_each(|line| eprintln!("{}: {line}", self.url));
        }
    }
}
