//! One try to sign in, and the limits that it is under: those of a sender with a state of ours, who does not wait for
//! strangers at the same address, or those of a stranger.

use super::{
    limits::{Limits, Sender},
    refusal::SignInRefusal,
};
use crate::web::client_ip::ClientIp;

/// Whose limits count.
pub struct Tries<'a> {
    limits: &'a Limits,
    address: ClientIp,
    sender: Option<Sender<'a>>,
}

impl<'a> Tries<'a> {
    /// Those of a sender, or of a stranger at an address (`None`).
    pub fn new(limits: &'a Limits, address: ClientIp, sender: Option<Sender<'a>>) -> Self {
        Self { limits, address, sender }
    }

    /// Whether there may be a try at all.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn check(&self) -> Result<(), SignInRefusal> {
        let wait = match &self.sender {
            Some(sender) => self.limits.sender_waits(sender),
            None => self.limits.stranger_waits(self.address),
        };
        wait.map_or(Ok(()), |seconds| Err(SignInRefusal::RateLimited { seconds }))
    }

    /// Counts a try that failed, and hands its result on.
    ///
    /// # Errors
    /// Those of the result.
    pub fn count<T>(&self, result: Result<T, SignInRefusal>) -> Result<T, SignInRefusal> {
        if let Err(refusal) = &result {
            match &self.sender {
                Some(sender) if refusal.is_rejected_code() => self.limits.code_failed(sender),
                None if refusal.is_failed_try() => self.limits.stranger_failed(self.address),
                _ => {}
            }
        }
        result
    }
}
