//! Two plans are the same if their fingerprints are.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::{hex_digits::hex_digits, people::Plan};

struct Hasher(Sha256);

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// A digest of everything that a plan does. Good within one process, like the file that it is made of.
pub fn fingerprint(plan: &Plan) -> String {
    let mut hasher = Hasher(Sha256::new());
    // A hasher refuses nothing.
    let _ = write!(hasher, "{plan:?}");
    hex_digits(hasher.0.finalize())
}
