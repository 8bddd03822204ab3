//! `departments`: DingTalk's number of each department beside its path. The only place that knows the table's SQL.

use std::collections::BTreeMap;

use super::Snapshot;
use crate::{
    db::{self, Conn, QueryBuilder},
    dingtalk::departments::{DepartmentPath, parse_column},
    ids::CorpId,
};

/// Rows in one statement.
const BATCH: usize = 250;

/// Brings the table into line with what was read; rows that are right already are left alone.
pub async fn write(db: &mut Conn, corp_id: &CorpId, directory: &Snapshot) -> sqlx::Result<()> {
    let mut known: BTreeMap<i64, String> = all(db, corp_id).await?;
    let read = directory.departments.iter().filter_map(|(id, path)| Some((*id, path.as_ref()?)));
    let news: Vec<_> = read.filter(|(id, path)| known.remove(id).as_deref() != Some(path.as_str())).collect();
    for gone in known.into_keys().filter(|id| !directory.departments.contains_key(id)) {
        let delete = db::query("DELETE FROM departments WHERE corp_id = $1 AND dept_id = $2");
        delete.bind(corp_id.as_str()).bind(gone).execute(&mut *db).await?;
    }
    for batch in news.chunks(BATCH) {
        let mut sql = QueryBuilder::new("INSERT INTO departments (corp_id, dept_id, path) ");
        sql.push_values(batch, |mut row, (id, path)| {
            row.push_bind(corp_id.as_str()).push_bind(*id).push_bind(path.as_str());
        });
        sql.push(" ON CONFLICT (corp_id, dept_id) DO UPDATE SET path = excluded.path");
        sql.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// The paths of these departments in their order, as they were last read; `None` if one is unknown.
pub async fn paths(db: &mut Conn, corp_id: &CorpId, ids: &[i64]) -> sqlx::Result<Option<Vec<DepartmentPath>>> {
    let sql = "SELECT path FROM departments WHERE corp_id = $1 AND dept_id = $2";
    let mut paths = Vec::new();
    for id in ids {
        let path: Option<String> =
            db::query_scalar(sql).bind(corp_id.as_str()).bind(*id).fetch_optional(&mut *db).await?;
        // A path has no `;`, so it is a column of one.
        match path.and_then(|path| parse_column(&path).ok()?.pop()) {
            Some(path) => paths.push(path),
            None => return Ok(None),
        }
    }
    Ok(Some(paths))
}

/// The departments as they were last read: number and path.
pub async fn all(db: &mut Conn, corp_id: &CorpId) -> sqlx::Result<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> = db::query_as("SELECT dept_id, path FROM departments WHERE corp_id = $1")
        .bind(corp_id.as_str())
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
