//! Signing in outside the DingTalk client, through DingTalk's own page with its QR code.

pub mod addresses;
pub mod routes;
mod set_out;

pub use self::set_out::{QrFrame, qr_frame};
use super::{
    Admitted, ReceivedCode, Requester, Services, Way,
    attempt::VerifiedAttempt,
    exchange::{by_code, take_state},
    input::CallbackInput,
    limits::Sender,
    refusal::SignInRefusal,
    trail,
    tries::Tries,
};
use crate::{
    dingtalk::DingtalkApp,
    web::{params::ParamError, problem::Problem},
};

pub struct Returned {
    pub admitted: Admitted,
    /// "" is home.
    pub return_to: String,
}

pub struct NotAdmitted {
    refusal: SignInRefusal,
    /// Where to begin again, if the address that they came back to is of no more use.
    retry_at: Option<String>,
}

/// DingTalk's page sends a browser back, with a code or with the reason why there is none.
pub async fn come_back(
    services: Services<'_>,
    requester: &Requester<'_>,
    input: CallbackInput<'_>,
) -> Result<Returned, NotAdmitted> {
    let attempt = attempt_behind(services, requester, input.state);
    let sender = attempt.as_ref().ok().map(|(app, attempt)| Sender::new(app, &attempt.state, requester.address));
    let tries = Tries::new(services.limits, requester.address, sender);
    trail::refused(services, requester, tries.check()).await?;

    let taken = async {
        let (app, VerifiedAttempt { state, return_to, .. }) = attempt?;
        Ok((app, take_state(services, requester, app, state).await?, return_to))
    };
    let begin_again = |refusal| NotAdmitted { refusal, retry_at: Some("/".to_owned()) };
    let taken = trail::refused(services, requester, tries.count(taken.await)).await;
    let (app, state, return_to) = taken.map_err(begin_again)?;

    let admitted = async {
        let secret = input.code?;
        by_code(services, requester, &tries, &state, ReceivedCode { secret, app, way: Way::Browser }).await
    };
    let set_out_again = |refusal| NotAdmitted { refusal, retry_at: addresses::start(&app.config, Some(&return_to)) };
    let admitted = trail::refused(services, requester, tries.count(admitted.await)).await;
    let admitted = admitted.map_err(set_out_again)?;
    Ok(Returned { admitted, return_to })
}

fn attempt_behind<'a>(
    services: Services<'a>,
    requester: &Requester<'a>,
    state: Result<&'a str, ParamError>,
) -> Result<(&'a DingtalkApp, VerifiedAttempt<'a>), SignInRefusal> {
    let attempt = services.states.verify_attempt(state?, requester.browser).map_err(SignInRefusal::StateMismatch)?;
    let app = services.dingtalk.apps().iter().find(|app| app.config.name == attempt.app);
    let app = app.ok_or(SignInRefusal::StateMismatch("the app is in the settings no more"))?;
    Ok((app, attempt))
}

impl From<SignInRefusal> for NotAdmitted {
    fn from(refusal: SignInRefusal) -> Self {
        Self { refusal, retry_at: None }
    }
}

impl From<NotAdmitted> for Problem {
    fn from(end: NotAdmitted) -> Self {
        let problem = Self::from(end.refusal);
        match end.retry_at {
            Some(path) => problem.retry_at(path),
            None => problem,
        }
    }
}
