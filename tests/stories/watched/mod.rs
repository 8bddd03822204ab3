//! What the operator's machine sees of the server: systemd, Prometheus, signals.

mod deployment;
mod metrics;
mod reload;
pub mod systemd;
