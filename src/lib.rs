//! Password-free sign-in (免登) from inside the DingTalk client, as one server.

pub mod cli;
pub mod clock;
pub mod simulator;
