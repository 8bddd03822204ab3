//! Changes to `users`. Each function takes the connection of the caller's transaction.

use super::{Role, Status, User, check};
use crate::{
    clock::UnixSeconds,
    db::Conn,
    dingtalk::{
        Employee,
        departments::{self, DepartmentPath},
        ids::{CorpId, DingUserId},
    },
};

/// A person to be added or changed. Of a person who is there already, a field that is `None` keeps its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The corp.
    pub corp_id: CorpId,
    /// The person's id in that corp.
    pub userid: DingUserId,
    /// The other columns.
    pub change: Change,
}

/// New values for a row's columns. `None` keeps the column, an empty text clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Name; required for a new row, and never empty.
    pub name: Option<String>,
    /// Unionid.
    pub unionid: Option<String>,
    /// Mobile number.
    pub mobile: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Departments, as `dingtalk::departments` writes them.
    pub department: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Status. A person who is disabled loses all sessions: the caller sees to that, with `sessions::end_all_of`.
    pub status: Option<Status>,
}

/// Adds a person, or changes the columns that are given of one who is there. Answers the row's number.
///
/// # Errors
/// When a new row has no name (a NOT NULL constraint), or the database fails.
pub async fn save(db: &mut Conn, user: &NewUser, source: &str, now: UnixSeconds) -> sqlx::Result<i64> {
    // NULLIF clears a column that was given as an empty text; COALESCE keeps one that was not given. The name is looked
    // up before: NOT NULL is checked on the row that would be inserted, even where it then conflicts.
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO users (corp_id, userid, name, unionid, mobile, email, department, title, role, status, source, \
                            created_at, updated_at) \
         VALUES ($1, $2, COALESCE($3, (SELECT name FROM users WHERE corp_id = $1 AND userid = $2)), \
                 NULLIF($4, ''), NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), NULLIF($8, ''), \
                 COALESCE($9, 'user'), COALESCE($10, 'active'), $11, $12, $12) \
         ON CONFLICT (corp_id, userid) DO UPDATE SET \
             name = excluded.name, \
             unionid = NULLIF(COALESCE($4, users.unionid), ''), \
             mobile = NULLIF(COALESCE($5, users.mobile), ''), \
             email = NULLIF(COALESCE($6, users.email), ''), \
             department = NULLIF(COALESCE($7, users.department), ''), \
             title = NULLIF(COALESCE($8, users.title), ''), \
             role = COALESCE($9, users.role), \
             status = COALESCE($10, users.status), \
             updated_at = $12 \
         RETURNING id",
    )
    .bind(user.corp_id.as_str())
    .bind(user.userid.as_str())
    .bind(&user.change.name)
    .bind(&user.change.unionid)
    .bind(&user.change.mobile)
    .bind(&user.change.email)
    .bind(&user.change.department)
    .bind(&user.change.title)
    .bind(user.change.role.map(Role::as_str))
    .bind(user.change.status.map(Status::as_str))
    .bind(source)
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(id)
}

/// Adds an employee at first sign-in. A row that came into being meanwhile is left as it is.
///
/// # Errors
/// When the database fails.
pub async fn insert_from_dingtalk(
    db: &mut Conn,
    corp_id: &CorpId,
    userid: &DingUserId,
    employee: &Employee,
    departments: &[DepartmentPath],
    now: UnixSeconds,
) -> sqlx::Result<()> {
    let (department, left_out) = departments::to_column(departments);
    if left_out > 0 {
        tracing::warn!(userid = userid.as_str(), left_out, "a newcomer has more departments than the table takes");
    }
    sqlx::query(
        "INSERT INTO users (corp_id, userid, name, unionid, mobile, email, department, title, source, created_at, \
                            updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'dingtalk', $9, $9) ON CONFLICT (corp_id, userid) DO NOTHING",
    )
    .bind(corp_id.as_str())
    .bind(userid.as_str())
    // What an import of an export would refuse is left out.
    .bind(checked(&employee.name, check::name).as_deref().unwrap_or(userid.as_str()))
    .bind(employee.unionid.as_ref().map(|id| id.as_str()))
    .bind(checked(&employee.mobile, check::mobile))
    .bind(checked(&employee.email, check::email))
    .bind(Some(department).filter(|text| !text.is_empty()))
    .bind(checked(&employee.title, check::title))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Sets a person's status. Whoever disables somebody also ends the sessions, in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn set_status(db: &mut Conn, user: &User, status: Status, now: UnixSeconds) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET status = $2, updated_at = $3 WHERE id = $1")
        .bind(user.id)
        .bind(status.as_str())
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a person, and with the row all sessions.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &mut Conn, user: &User) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users WHERE id = $1").bind(user.id).execute(db).await?;
    Ok(())
}

/// Notes a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn signed_in(db: &mut Conn, id: i64, now: UnixSeconds) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET last_signed_in_at = $2 WHERE id = $1").bind(id).bind(now).execute(db).await?;
    Ok(())
}

fn checked(value: &Option<String>, check: fn(&str) -> Result<String, check::BadValue>) -> Option<String> {
    value.as_deref().and_then(|text| check(text).ok()).filter(|text| !text.is_empty())
}
