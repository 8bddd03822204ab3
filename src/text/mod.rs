//! Every text that a person sees, in every language, from one place.
//!
//! A text that one language lacks does not compile.

mod locale;
mod time;

pub use self::{locale::Locale, time::utc};
