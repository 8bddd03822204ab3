//! Every text that a person sees, in every language, from one place.
//!
//! A text that one language lacks does not compile.

mod locale;

pub use self::locale::Locale;
