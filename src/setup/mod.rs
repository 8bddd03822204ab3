//! A new deployment: its settings from a few answers (`settings`), the block for the proxy in front (`recipe`), and what
//! DingTalk's console must be told (`console`). Writes nothing: `miandeng init` does.

pub mod console;
pub mod recipe;
pub mod settings;
