//! A file of people: sent, shown, and then imported exactly as it was shown.
//!
//! A file of 32 MB cannot travel in a hidden field, and reading it again from the browser would not prove that it is the
//! same. So it stays in the server's memory, with its session, for ten minutes (`uploads`): nothing of it touches the disk, and
//! after a restart the administrator chooses it again. What is applied is computed anew in the transaction that writes;
//! if that is not what the page showed, nothing is written and the new plan is shown.

mod plan;
mod preview;
pub mod routes;
mod upload;
mod uploads;

pub use self::uploads::Uploads;
