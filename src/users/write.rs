//! Changes to `users`, in the caller's transaction. `people` calls them, and takes care of the sessions.

use super::{Columns, DisabledBecause, Role, Status, search};
use crate::{
    clock::UnixSeconds,
    db::{self, Conn, QueryBuilder},
    ids::{CorpId, DingUserId},
};

/// Rows in one statement: fewer trips to the connection's thread, and more gain nothing.
const BATCH: usize = 250;

/// For a known person, a field that is `None` keeps its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub corp_id: CorpId,
    pub userid: DingUserId,
    pub change: Change,
}

/// `None` keeps the column, an empty text clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Required for a new row, and never empty.
    pub name: Option<String>,
    pub unionid: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    /// As `dingtalk::departments` writes them.
    pub department: Option<String>,
    pub title: Option<String>,
    pub role: Option<Role>,
    pub status: Option<Status>,
}

pub type Key = (CorpId, DingUserId);

/// Writes rows: new ones, or all columns of known ones except `source` and `created_at`. A new row without a name fails
/// (NOT NULL). `progress` hears how many were written.
pub async fn upsert(
    db: &mut Conn,
    rows: &[(Key, Columns)],
    source: &str,
    now: UnixSeconds,
    mut progress: impl FnMut(usize),
) -> sqlx::Result<()> {
    let mut done = 0;
    for batch in rows.chunks(BATCH) {
        upsert_batch(db, batch, source, now).await?;
        done += batch.len();
        progress(done);
    }
    Ok(())
}

async fn upsert_batch(db: &mut Conn, batch: &[(Key, Columns)], source: &str, now: UnixSeconds) -> sqlx::Result<()> {
    let mut sql = QueryBuilder::new(
        "INSERT INTO users (corp_id, userid, name, unionid, mobile, email, department, title, role, status, source, \
                            created_at, updated_at, search, disabled_because) ",
    );
    sql.push_values(batch, |mut row, ((corp_id, userid), columns)| {
        let name = columns.name.as_deref().unwrap_or_default();
        let search = search::text(name, userid.as_str(), columns.department.as_deref());
        row.push_bind(corp_id.as_str())
            .push_bind(userid.as_str())
            .push_bind(&columns.name)
            .push_bind(&columns.unionid)
            .push_bind(&columns.mobile)
            .push_bind(&columns.email)
            .push_bind(&columns.department)
            .push_bind(&columns.title)
            .push_bind(columns.role.as_str())
            .push_bind(columns.status.as_str())
            .push_bind(source)
            .push_bind(now)
            .push_bind(now)
            .push_bind(search)
            .push_bind(columns.disabled_because.map_or("", DisabledBecause::as_str));
    });
    sql.push(
        " ON CONFLICT (corp_id, userid) DO UPDATE SET \
              name = excluded.name, \
              unionid = excluded.unionid, \
              mobile = excluded.mobile, \
              email = excluded.email, \
              department = excluded.department, \
              title = excluded.title, \
              role = excluded.role, \
              status = excluded.status, \
              updated_at = excluded.updated_at, \
              search = excluded.search, \
              disabled_because = excluded.disabled_because",
    );
    sql.build().execute(db).await?;
    Ok(())
}

/// Its sessions go with the row.
pub async fn remove(db: &mut Conn, id: i64) -> sqlx::Result<()> {
    db::query("DELETE FROM users WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

pub async fn signed_in(db: &mut Conn, id: i64, now: UnixSeconds) -> sqlx::Result<()> {
    db::query("UPDATE users SET last_signed_in_at = $2 WHERE id = $1").bind(id).bind(now).execute(db).await?;
    Ok(())
}
