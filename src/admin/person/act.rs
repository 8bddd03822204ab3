//! What can be done with a person beside changing fields, and doing it.

use rocket::request::FromParam;

use crate::{
    admin::{Administrator, refusal::PersonRefusal},
    db::Conn,
    people::{self, LastAdmin, Reason},
    sessions::{revoke_all_of, revoke_one},
    users::{self, Change, Role, Status, User},
};

/// An act, by its word in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Disable,
    Enable,
    Promote,
    Demote,
    EndSessions,
    Remove,
}

impl Act {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Disable, "disable", "disabled"),
        (Self::Enable, "enable", "enabled"),
        (Self::Promote, "promote", "promoted"),
        (Self::Demote, "demote", "demoted"),
        (Self::EndSessions, "end-sessions", "sessions-ended"),
        (Self::Remove, "remove", "removed"),
    ];

    /// Its word in the address.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(act, ..)| *act == self).map_or("", |(_, word, _)| word)
    }

    /// The word for having done it.
    pub fn done(self) -> &'static str {
        Self::ALL.into_iter().find(|(act, ..)| *act == self).map_or("", |(.., done)| done)
    }

    /// Whether somebody loses something by it.
    pub fn is_harsh(self) -> bool {
        matches!(self, Self::Disable | Self::Demote | Self::EndSessions | Self::Remove)
    }

    /// Whether an active administrator ceases to be one by it.
    pub fn takes_admin_away(self, user: &User) -> bool {
        let is_admin = (user.role, user.status) == (Role::Admin, Status::Active);
        is_admin && matches!(self, Self::Disable | Self::Demote | Self::Remove)
    }

    /// Does it: row, sessions and trail in one transaction.
    ///
    /// # Errors
    /// When there is no such person any more, or the corp would lose its last administrator.
    pub async fn carry_out(self, who: &Administrator<'_>, userid: &str) -> Result<User, PersonRefusal> {
        let by = who.by(Reason::Page);
        let role = |role| Change { role: Some(role), ..Change::default() };
        let done = async |tx: &mut Conn| {
            let user = who.find(tx, userid).await?;
            match self {
                Self::Disable => drop(people::disable(tx, &by, &user, LastAdmin::Stays).await?),
                Self::Enable => drop(people::enable(tx, &by, &user).await?),
                Self::Promote => drop(people::change(tx, &by, &user, role(Role::Admin), LastAdmin::Stays).await?),
                Self::Demote => drop(people::change(tx, &by, &user, role(Role::User), LastAdmin::Stays).await?),
                Self::Remove => drop(people::remove(tx, &by, &user, LastAdmin::Stays).await?),
                Self::EndSessions => drop(revoke_all_of(tx, &user, None, &who.author()).await?),
            }
            Ok::<_, PersonRefusal>(user)
        };
        who.transaction(done).await
    }
}

/// Ends one session of a person. A number that is somebody else's, or nobody's any more, ends nothing.
pub async fn end_session(who: &Administrator<'_>, userid: &str, session: i64) -> Result<User, PersonRefusal> {
    let done = async |tx: &mut Conn| {
        let user = who.find(tx, userid).await?;
        revoke_one(tx, &user, session, &who.author()).await?;
        Ok::<_, PersonRefusal>(user)
    };
    who.transaction(done).await
}

/// Whether somebody is the only active administrator of the corp.
pub async fn is_last_admin(db: &mut Conn, user: &User) -> sqlx::Result<bool> {
    let is_admin = (user.role, user.status) == (Role::Admin, Status::Active);
    Ok(is_admin && !users::has_active_admin(db, &user.corp_id, user.id).await?)
}

impl<'a> FromParam<'a> for Act {
    type Error = ();

    fn from_param(word: &'a str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == word).map(|(act, ..)| act).ok_or(())
    }
}
