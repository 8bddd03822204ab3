//! How many people there are, and what they are called.

use std::collections::{HashMap, HashSet};

use crate::{
    db::{self, Conn, QueryBuilder},
    ids::CorpId,
};

/// People of the table, by what they may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Numbers {
    /// May sign in.
    pub active: i64,
    /// May not.
    pub disabled: i64,
    /// Of the active ones, the administrators.
    pub admins: i64,
}

/// The people of one corp, or of all.
///
/// # Errors
/// When the database fails.
pub async fn numbers(db: &mut Conn, corp_id: Option<&CorpId>) -> sqlx::Result<Numbers> {
    let mut sql = QueryBuilder::new(
        "SELECT COUNT(CASE WHEN status = 'active' THEN 1 END) AS active, \
         COUNT(CASE WHEN status = 'disabled' THEN 1 END) AS disabled, \
         COUNT(CASE WHEN status = 'active' AND role = 'admin' THEN 1 END) AS admins FROM users",
    );
    if let Some(corp_id) = corp_id {
        sql.push(" WHERE corp_id = ").push_bind(corp_id.as_str().to_owned());
    }
    sql.build_query_as().fetch_one(db).await
}

/// How many people of each corp in the table may sign in.
///
/// # Errors
/// When the database fails.
pub async fn active_by_corp(db: &mut Conn) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT corp_id, COUNT(*) FROM users WHERE status = 'active' GROUP BY corp_id ORDER BY corp_id";
    db::query_as(sql).fetch_all(db).await
}

/// Some userids that differ from another one of their corp in their letters' case alone: DingTalk has one of the two.
///
/// # Errors
/// When the database fails.
pub async fn alike(db: &mut Conn, corp_id: Option<&CorpId>) -> sqlx::Result<Vec<String>> {
    let mut sql = QueryBuilder::new("SELECT MIN(userid) FROM users WHERE status = 'active'");
    if let Some(corp_id) = corp_id {
        sql.push(" AND corp_id = ").push_bind(corp_id.as_str().to_owned());
    }
    sql.push(" GROUP BY corp_id, LOWER(userid) HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 5");
    sql.build_query_scalar().fetch_all(db).await
}

/// The names of people of a corp by their userids. Whoever is not in the table is left out.
///
/// # Errors
/// When the database fails.
pub async fn names(
    db: &mut Conn,
    corp_id: &CorpId,
    userids: impl Iterator<Item = &'_ str>,
) -> sqlx::Result<HashMap<String, String>> {
    let userids: HashSet<&str> = userids.filter(|userid| !userid.is_empty()).collect();
    if userids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = QueryBuilder::new("SELECT userid, name FROM users WHERE corp_id = ");
    sql.push_bind(corp_id.as_str().to_owned()).push(" AND userid IN (");
    let mut list = sql.separated(", ");
    for userid in userids {
        list.push_bind(userid.to_owned());
    }
    sql.push(")");
    let rows: Vec<(String, String)> = sql.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::open_temporary;

    #[tokio::test]
    async fn people_are_counted_by_what_they_may_do_and_by_corp() {
        let (_folder, pools) = open_temporary().await;
        let mut tx = pools.write().await.expect("the writer");
        for (corp, userid, role, status) in [
            ("dinga", "1", "admin", "active"),
            ("dinga", "2", "user", "active"),
            ("dinga", "3", "admin", "disabled"),
            ("dingb", "1", "user", "active"),
        ] {
            let insert = "INSERT INTO users (corp_id, userid, name, role, status, source, created_at, updated_at) \
                          VALUES ($1, $2, 'x', $3, $4, 'cli', 0, 0)";
            let insert = db::query(insert).bind(corp).bind(userid).bind(role).bind(status);
            insert.execute(&mut tx).await.expect("a row");
        }
        let corp_id = CorpId::new("dinga").expect("a corp id");
        let of_one = numbers(&mut tx, Some(&corp_id)).await.expect("numbers");
        assert_eq!(of_one, Numbers { active: 2, disabled: 1, admins: 1 });
        assert_eq!(numbers(&mut tx, None).await.expect("numbers"), Numbers { active: 3, disabled: 1, admins: 1 });
        let none = CorpId::new("dingc").expect("a corp id");
        assert_eq!(numbers(&mut tx, Some(&none)).await.expect("numbers"), Numbers::default());
    }

    #[tokio::test]
    async fn a_corps_people_are_counted_from_an_index_alone() {
        let (_folder, pools) = open_temporary().await;
        let plan: Vec<(i64, i64, i64, String)> = db::query_as(
            "EXPLAIN QUERY PLAN SELECT COUNT(CASE WHEN status = 'active' AND role = 'admin' THEN 1 END) FROM users \
             WHERE corp_id = 'dinga'",
        )
        .fetch_all(&mut pools.read().await.expect("a connection"))
        .await
        .expect("a plan");
        assert!(plan[0].3.contains("USING COVERING INDEX users_by_name (corp_id=?)"), "{plan:?}");
    }
}
