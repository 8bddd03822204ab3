//! What people read when an app signs them in by CAS.

use super::Message;

pub struct Cas {
    /// The app's address is in no app's settings.
    pub unlisted: Message,
    /// The app is for other people.
    pub not_allowed: Message,
    /// One browser asks for tickets all the time.
    pub too_many: Message,
}
