//! Files that administrators have sent and not imported yet. They stay in memory, where nobody else reads them: for ten
//! minutes, a few for each session, and no more than 64 MB of all.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::clock::{Clock, UnixSeconds};

/// How long a file is kept, in seconds.
const KEPT: UnixSeconds = 600;
/// How many files one session has.
const OF_ONE: usize = 3;
/// How many bytes all files have together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The files, by an id that nobody guesses.
pub struct Uploads {
    clock: Clock,
    /// In the order in which they came.
    files: Mutex<BTreeMap<u64, Upload>>,
}

struct Upload {
    id: String,
    session: i64,
    at: UnixSeconds,
    file: Arc<File>,
}

/// A file, and how it is to be read.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Columns that nobody knows are left out.
    pub ignore_unknown: bool,
}

/// Others have filled the memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Uploads {
    pub fn new(clock: Clock) -> Self {
        Self { clock, files: Mutex::default() }
    }

    /// Keeps a file for a session, in place of its oldest one where it has too many.
    ///
    /// # Errors
    /// When there is no room; whatever the others have sent stays.
    pub fn keep(&self, session: i64, file: File) -> Result<String, Full> {
        let mut files = self.current();
        let held = |files: &BTreeMap<u64, Upload>| files.values().map(|upload| upload.file.bytes.len()).sum::<usize>();
        loop {
            let own = files.iter().filter(|(_, upload)| upload.session == session);
            let is_full = held(&files) + file.bytes.len() > MOST_BYTES;
            if own.clone().count() < OF_ONE && !is_full {
                break;
            }
            let Some(oldest) = own.map(|(number, _)| *number).next() else { return Err(Full) };
            files.remove(&oldest);
        }
        let id = crate::random::hex::<16>();
        let next = files.last_key_value().map_or(0, |(number, _)| number + 1);
        files.insert(next, Upload { id: id.clone(), session, at: self.clock.now(), file: Arc::new(file) });
        Ok(id)
    }

    /// A file that this session has sent within the last ten minutes.
    pub fn find(&self, session: i64, id: &str) -> Option<Arc<File>> {
        let files = self.current();
        let found = files.values().find(|upload| upload.session == session && upload.id == id);
        found.map(|upload| Arc::clone(&upload.file))
    }

    /// Forgets a file after it was imported.
    pub fn forget(&self, session: i64, id: &str) {
        self.current().retain(|_, upload| upload.session != session || upload.id != id);
    }

    fn current(&self) -> MutexGuard<'_, BTreeMap<u64, Upload>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        // A clock that was set back must not keep a file for long.
        files.retain(|_, upload| (0..KEPT).contains(&now.saturating_sub(upload.at)));
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: usize) -> File {
        File { name: "a.csv".into(), bytes: vec![0; size], ignore_unknown: false }
    }

    #[test]
    fn a_file_is_its_sessions_alone_for_ten_minutes() {
        let clock = Clock::standing();
        let uploads = Uploads::new(clock.clone());
        let id = uploads.keep(1, file(1)).unwrap();
        assert!(uploads.find(1, &id).is_some() && uploads.find(2, &id).is_none() && uploads.find(1, "x").is_none());
        uploads.forget(2, &id);
        clock.advance(599);
        assert!(uploads.find(1, &id).is_some());
        clock.advance(1);
        assert!(uploads.find(1, &id).is_none());
    }

    #[test]
    fn memory_is_bounded_for_one_session_and_for_all() {
        const HALF: usize = MOST_BYTES / 2;
        let uploads = Uploads::new(Clock::standing());
        let ids: Vec<_> = (0..5).map(|_| uploads.keep(1, file(HALF)).unwrap()).collect();
        let kept = |id: &&String| uploads.find(1, id).is_some();
        assert_eq!(ids.iter().filter(kept).count(), 2);
        assert_eq!(uploads.keep(2, file(1)), Err(Full), "nobody pushes out what is another's");
        assert_eq!(ids.iter().filter(kept).count(), 2);
        let small: Vec<_> = (0..5).map(|_| uploads.keep(1, file(1)).unwrap()).collect();
        assert_eq!(small.iter().filter(kept).count(), 3);
        assert!(uploads.keep(2, file(HALF)).is_ok());
    }
}
