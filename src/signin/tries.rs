//! The limits of one try to sign in: a sender's who has a state of ours, and who does not wait for strangers at the
//! same address, or a stranger's.

use super::{
    limits::{Limits, Sender},
    refusal::SignInRefusal,
};
use crate::web::client_ip::ClientIp;

pub struct Tries<'a> {
    limits: &'a Limits,
    address: ClientIp,
    sender: Option<Sender<'a>>,
}

impl<'a> Tries<'a> {
    /// `None`: a stranger.
    pub fn new(limits: &'a Limits, address: ClientIp, sender: Option<Sender<'a>>) -> Self {
        Self { limits, address, sender }
    }

    pub fn check(&self) -> Result<(), SignInRefusal> {
        let wait = match &self.sender {
            Some(sender) => self.limits.sender_waits(sender),
            None => self.limits.stranger_waits(self.address),
        };
        wait.map_or(Ok(()), |seconds| Err(SignInRefusal::RateLimited { seconds }))
    }

    /// Counts a try that failed, and hands its result on.
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
