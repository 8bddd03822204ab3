//! Which pushes are refused.

use crate::{
    catalogue::Trouble,
    dingtalk::events::EventError,
    dingtalk_problems::UNKNOWN_APP,
    i18n::Texts,
    web::problem::{INVALID_REQUEST, Kind, Problem},
};

/// A push that does not come from the app's subscription.
const EVENT_REFUSED: Kind = Kind::new("event-refused", 403).lasting();
const TOO_LONG: Kind = Kind::new("too-long", 413).lasting();

#[derive(Debug, thiserror::Error)]
pub(super) enum EventRefusal {
    #[error("no app of this name takes pushes")]
    UnknownApp,
    #[error(transparent)]
    Event(#[from] EventError),
    #[error("the event is of another corp")]
    OtherCorp,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl EventRefusal {
    /// What whoever set up the subscription must look at.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Event(EventError::BadPadding | EventError::OtherOwner { .. }) => Some(Trouble::CallbackCrypto),
            Self::Event(EventError::BadSignature) | Self::OtherCorp => Some(Trouble::EventRefused),
            _ => None,
        }
    }

    /// Whether only somebody who knows the subscription's token can have sent it.
    pub fn is_signed(&self) -> bool {
        self.trouble() == Some(Trouble::CallbackCrypto)
    }
}

impl From<EventRefusal> for Problem {
    fn from(refusal: EventRefusal) -> Self {
        let problem = match &refusal {
            EventRefusal::UnknownApp => Self::new(UNKNOWN_APP, |t| t.dingtalk.unknown_app),
            EventRefusal::Event(EventError::TooLong) => Self::new(TOO_LONG, |t| t.directory.too_long),
            EventRefusal::Event(EventError::BadSignature | EventError::BadPadding | EventError::OtherOwner { .. })
            | EventRefusal::OtherCorp => Self::new(EVENT_REFUSED, |t| t.directory.event_refused),
            EventRefusal::Event(_) => Self::new(INVALID_REQUEST, |t| t.problems.invalid_request),
            EventRefusal::Database(_) => Self::unavailable(),
        };
        let trouble = refusal.trouble();
        let hint = move |t: &Texts| trouble.map(|trouble| t.advice(trouble, None).into_owned());
        problem.because(refusal).noting(move |notes, t| notes.hint = hint(t))
    }
}
