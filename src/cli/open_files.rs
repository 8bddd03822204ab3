//! The limit of open files: each connection is one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// This many idle connections take a gigabyte and a half; more would not be served well anyway.
const MANY: u64 = 65_536;

/// Raises the soft limit, which is 1,024 in most places for the sake of old programs, as far as the hard limit lets us.
pub(super) fn allow_many() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| match hard.min(MANY) {
        wanted if wanted > soft => setrlimit(Resource::RLIMIT_NOFILE, wanted, hard),
        _ => Ok(()),
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}
