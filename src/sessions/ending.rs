//! Ending sessions on purpose, each with its row in the trail. What ends by itself (its time is over, a fifty-first begins,
//! its person is disabled) has none, or has that of the act behind it.

use super::Token;
use crate::{
    audit::{Author, Event},
    db::Conn,
    users::{self, User},
};

/// Signs out whoever has this cookie; `author` makes the row's author of that person.
pub async fn sign_out(db: &mut Conn, token: &Token, author: impl FnOnce(&User) -> Author) -> sqlx::Result<()> {
    let Some((user_id, app)) = super::end(db, token).await? else { return Ok(()) };
    let Some(user) = users::get(db, user_id).await? else { return Ok(()) };
    author(&user).entry(Event::SignedOut).about(&user.corp_id, &user.userid).with("app", app).write(db).await
}

/// Ends one session of a person by its number; somebody else's number ends nothing. Answers whether one was ended.
pub async fn revoke_one(db: &mut Conn, of: &User, id: i64, author: &Author) -> sqlx::Result<bool> {
    let ended = super::end_one_of(db, of.id, id).await?;
    if ended {
        note(db, of, 1, author).await?;
    }
    Ok(ended)
}

/// Ends all sessions of a person, or all but one. Answers how many.
pub async fn revoke_all_of(db: &mut Conn, of: &User, but: Option<i64>, author: &Author) -> sqlx::Result<u64> {
    let ended = super::end_all_of(db, of.id, but).await?;
    if ended > 0 {
        note(db, of, ended, author).await?;
    }
    Ok(ended)
}

/// Ends a session by its number, whoever's it is. Answers whether there was one.
pub async fn revoke_by_id(db: &mut Conn, id: i64, author: &Author) -> sqlx::Result<bool> {
    let Some(owner) = super::owner_of(db, id).await? else { return Ok(false) };
    match users::get(db, owner).await? {
        Some(user) => revoke_one(db, &user, id, author).await,
        None => Ok(false),
    }
}

/// Ends everybody's sessions. Answers how many.
pub async fn revoke_everybodys(db: &mut Conn, author: &Author) -> sqlx::Result<u64> {
    let ended = super::end_all(db).await?;
    let entry = author.entry(Event::SessionRevoked).with("everybody", true).with("sessions_ended", ended);
    entry.write(db).await?;
    Ok(ended)
}

async fn note(db: &mut Conn, of: &User, ended: u64, author: &Author) -> sqlx::Result<()> {
    let entry = author.entry(Event::SessionRevoked).about(&of.corp_id, &of.userid);
    entry.with("sessions_ended", ended).write(db).await
}
