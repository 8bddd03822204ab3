//! What an administrator is refused.

use crate::{
    people::NotChanged,
    web::problem::{Kind, Problem},
};

const LAST_ADMIN: Kind = Kind::new("last-admin", 409).lasting();

/// Why nothing was done with a person.
pub enum PersonRefusal {
    /// Of this corp, there is no such person; or it is another corp.
    NotFound,
    /// The corp would have no active administrator any more.
    LastAdmin,
    /// The database does not answer.
    Database(sqlx::Error),
}

impl From<PersonRefusal> for Problem {
    fn from(refusal: PersonRefusal) -> Self {
        match refusal {
            PersonRefusal::NotFound => Self::not_found(),
            PersonRefusal::LastAdmin => Self::new(LAST_ADMIN, |t| t.admin.person.last_admin),
            PersonRefusal::Database(error) => error.into(),
        }
    }
}

impl From<NotChanged> for PersonRefusal {
    fn from(error: NotChanged) -> Self {
        match error {
            NotChanged::LastAdmin { .. } => Self::LastAdmin,
            NotChanged::Database(error) => Self::Database(error),
        }
    }
}

impl From<sqlx::Error> for PersonRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
