//! What an act asks before it is done (pure).

use super::Act;
use crate::{
    admin::{Shell, confirm::ConfirmPage},
    i18n::Texts,
    users::User,
    web::page::Frame,
};

/// What an act would do to somebody.
pub struct Question<'a> {
    pub act: Act,
    pub person: &'a User,
    /// How many sessions the person has.
    pub sessions: usize,
    pub is_self: bool,
    /// Whether the person is the corp's only active administrator.
    pub is_last: bool,
}

/// An act in words: the question about somebody, the button, what becomes of the person.
type Words = (fn(&str) -> String, &'static str, &'static str);

impl Question<'_> {
    /// `address` is the person's page.
    pub fn page<'a>(&self, frame: Frame<'a>, shell: Shell<'a>, address: String) -> ConfirmPage<'a> {
        let t = &frame.t.admin.confirm;
        let (title, button, what) = self.act.words(frame.t);
        let ends = matches!(self.act, Act::Disable | Act::EndSessions | Act::Remove);
        let ended = ends.then(|| (t.sessions_end)(self.sessions));
        let is_refused = self.is_last && self.act.takes_admin_away(self.person);
        ConfirmPage {
            title: title(&self.person.name),
            refused: is_refused.then_some(t.last_admin),
            consequences: ended.into_iter().chain([what.to_owned()]).collect(),
            warning: self.is_self.then_some(t.yourself),
            action: format!("{address}/{}", self.act.word()),
            hidden: Vec::new(),
            button,
            is_harsh: self.act.is_harsh(),
            back: address,
            frame,
            shell,
        }
    }
}

impl Act {
    fn words(self, t: &Texts) -> Words {
        let (ask, button) = (&t.admin.confirm, &t.admin.person);
        match self {
            Self::Disable => (ask.disable, button.disable, ask.disable_what),
            Self::Enable => (ask.enable, button.enable, ask.enable_what),
            Self::Promote => (ask.promote, button.promote, ask.promote_what),
            Self::Demote => (ask.demote, button.demote, ask.demote_what),
            Self::EndSessions => (ask.end_sessions, button.end_sessions, ask.end_sessions_what),
            Self::Remove => (ask.remove, button.remove, ask.remove_what),
        }
    }
}
