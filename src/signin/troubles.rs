//! What `doctor` is told of refusals that somebody must do something about.

use super::{Requester, Services, refusal::SignInRefusal};
use crate::{
    catalogue::{Evidence, Trouble},
    dingtalk::DingtalkError,
};

/// Notes and counts a refusal, and hands the result on. A HEAD request changes nothing.
pub(super) async fn noted<T>(
    services: Services<'_>,
    requester: &Requester<'_>,
    result: Result<T, SignInRefusal>,
) -> Result<T, SignInRefusal> {
    if let Err(refusal) = &result {
        let (app, _) = requester.log.app();
        services.metrics.sign_ins.refused(&app.unwrap_or_default(), refusal.word());
    }
    if let Err(refusal) = &result
        && let Some(trouble) = refusal.trouble()
        && !requester.log.is_head()
    {
        let (app, _) = requester.log.app();
        let app = app.unwrap_or_default();
        services.troubles.note(services.db, &app, trouble, refusal.evidence().as_ref()).await;
    }
    result
}

impl SignInRefusal {
    /// Nothing, where everything works as it was meant: somebody came late or is not listed.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        Some(match self {
            Self::CorpidPlaceholder => Trouble::CorpidPlaceholder,
            Self::NoApp(..) => Trouble::UnknownApp,
            Self::CookieNotKept | Self::SentBack { .. } => Trouble::RedirectLoop,
            Self::CodeUsed => Trouble::CodeInvalid,
            Self::ExternalContact => Trouble::ExternalContact,
            Self::Stranger => Trouble::Stranger,
            Self::Dingtalk(error) => match error.refusal() {
                Some(refusal) => refusal.code.meaning(),
                None => of_silence(error),
            },
            _ => return None,
        })
    }

    pub(super) fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Dingtalk(error) => error.refusal()?.evidence(),
            Self::NoApp(_, asked) => asked.as_deref().cloned(),
            _ => None,
        }
    }
}

fn of_silence(error: &DingtalkError) -> Trouble {
    match error {
        DingtalkError::Banned { .. } => Trouble::AddressBarred,
        _ => Trouble::DingtalkUnreachable,
    }
}
