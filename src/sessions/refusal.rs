//! What signed-in people are refused.

use crate::web::problem::{Kind, Problem};

const NOT_ALLOWED: Kind = Kind::new("not-allowed", 403).until_fixed();

/// The page is for administrators.
pub struct AdminsOnly;

impl From<AdminsOnly> for Problem {
    fn from(_: AdminsOnly) -> Self {
        Self::new(NOT_ALLOWED, |t| t.home.admins_only)
    }
}
