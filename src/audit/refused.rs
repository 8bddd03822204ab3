//! Who was refused although DingTalk vouches for them: the people whom an administrator may want to let in.

use super::{Filter, Row, list, list::rows_of};
use crate::{
    db::{Conn, QueryBuilder},
    ids::{CorpId, DingUserId},
};

/// Which of them, and which page.
#[derive(Debug, Clone)]
pub struct RefusedSearch {
    /// Of this corp.
    pub corp_id: CorpId,
    /// From this time on, in milliseconds since 1970.
    pub since_ms: i64,
    /// Part of a userid, or of the name that DingTalk gave; "" for everybody.
    pub text: String,
    /// How many to pass over.
    pub skip: u64,
    /// How many to answer at the most.
    pub most: u64,
}

/// Somebody who was refused, once or many times.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedPerson {
    /// How often.
    pub times: u64,
    /// The last refusal that has a row of its own.
    pub last: Row,
}

const OF_PEOPLE: &str = " AND event = 'refused' AND userid <> '' AND reason IN ('not-listed', 'disabled')";

/// The people who were refused because they are not in the table or disabled, the last one first.
///
/// # Errors
/// When the database fails.
pub async fn refused_people(db: &mut Conn, search: &RefusedSearch) -> sqlx::Result<Vec<RefusedPerson>> {
    let mut sql = QueryBuilder::new(
        "SELECT CAST(SUM(times) AS BIGINT), MAX(CASE WHEN request_id <> '' THEN id END) FROM audit WHERE corp_id = ",
    );
    sql.push_bind(search.corp_id.as_str().to_owned());
    sql.push(" AND at >= ").push_bind(search.since_ms).push(OF_PEOPLE);
    sql.push(" GROUP BY userid HAVING MAX(CASE WHEN request_id <> '' THEN id END) IS NOT NULL");
    if !search.text.is_empty() {
        // A detail is JSON, in which a name stands as it is but for quotation marks and backslashes.
        let json = serde_json::Value::from(&*search.text).to_string();
        let (userid, name) = (pattern(&search.text), pattern(json.trim_matches('"')));
        // PostgreSQL tells capitals apart, SQLite does not.
        sql.push(" AND (LOWER(userid) LIKE ").push_bind(userid).push(" ESCAPE '\\'");
        sql.push(" OR COUNT(CASE WHEN LOWER(detail) LIKE ").push_bind(name).push(" ESCAPE '\\' THEN 1 END) > 0)");
    }
    sql.push(" ORDER BY MAX(at) DESC, userid LIMIT ").push_bind(i64::try_from(search.most).unwrap_or(i64::MAX));
    sql.push(" OFFSET ").push_bind(i64::try_from(search.skip).unwrap_or(i64::MAX));
    let found: Vec<(i64, i64)> = sql.build_query_as().fetch_all(&mut *db).await?;
    let ids: Vec<_> = found.iter().map(|(_, id)| *id).collect();
    let mut rows = rows_of(db, ids).await?;
    let mut take = |id| rows.iter().position(|row| row.id == id).map(|at| rows.swap_remove(at));
    let person =
        |(times, id): (i64, i64)| Some(RefusedPerson { times: times.try_into().unwrap_or_default(), last: take(id)? });
    Ok(found.into_iter().filter_map(person).collect())
}

/// The last refusal of one of them.
///
/// # Errors
/// When the database fails.
pub async fn last_refusal(db: &mut Conn, corp_id: &CorpId, userid: &DingUserId) -> sqlx::Result<Option<Row>> {
    let mut sql = QueryBuilder::new("SELECT MAX(id) FROM audit WHERE request_id <> '' AND userid = ");
    sql.push_bind(userid.as_str().to_owned()).push(" AND corp_id = ").push_bind(corp_id.as_str().to_owned());
    sql.push(OF_PEOPLE);
    let id: Option<i64> = sql.build_query_scalar().fetch_one(&mut *db).await?;
    Ok(rows_of(db, id).await?.pop())
}

/// The refusal whose number somebody reads out: of somebody of this corp, or of nobody's, because it came before anyone
/// knew whose it was.
///
/// # Errors
/// When the database fails.
pub async fn refusal_of_request(db: &mut Conn, corp_id: &CorpId, request_id: &str) -> sqlx::Result<Option<Row>> {
    if request_id.is_empty() {
        return Ok(None);
    }
    for corp in [corp_id.as_str(), ""] {
        let filter = Filter {
            corp_id: Some(corp.to_owned()),
            refused_request: Some(request_id.to_owned()),
            most: 1,
            ..Filter::default()
        };
        if let Some(row) = list(db, &filter).await?.pop() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// A pattern in which a text means itself, for what is in lower case.
fn pattern(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::{Actor, Entry, Event, RequestOrigin},
        db::{Pools, Transaction, open_temporary},
    };

    async fn refused(tx: &mut Transaction, at: i64, corp: &str, userid: &str, reason: &'static str, detail: &str) {
        let (corp_id, userid) = (CorpId::new(corp).expect("a corp"), DingUserId::new(userid).expect("a userid"));
        let origin = RequestOrigin { request_id: format!("request{at}"), ..RequestOrigin::default() };
        let entry = Entry::at(Event::Refused, Actor::Dingtalk, at).about(&corp_id, &userid).because(reason);
        entry.by_request(origin).with("name", detail).write(tx).await.expect("a row");
    }

    async fn some() -> (tempfile::TempDir, Pools) {
        let (folder, pools) = open_temporary().await;
        let mut tx = pools.write().await.expect("the writer");
        refused(&mut tx, 1, "dinga", "lisi", "not-listed", "李四").await;
        refused(&mut tx, 2, "dinga", "wang_wu", "disabled", "\"王\\五\" 100%").await;
        refused(&mut tx, 3, "dinga", "lisi", "not-listed", "李四").await;
        refused(&mut tx, 4, "dingb", "other", "not-listed", "别人").await;
        refused(&mut tx, 5, "dinga", "zhang", "rate-limited", "张三").await;
        Entry::at(Event::Refused, Actor::System, 6).because("state-mismatch").write(&mut tx).await.expect("a row");
        let stranger = RequestOrigin { request_id: "request7".into(), ..RequestOrigin::default() };
        let entry = Entry::at(Event::Refused, Actor::System, 7).because("state-mismatch").by_request(stranger);
        entry.write(&mut tx).await.expect("a row");
        tx.commit().await.expect("committed");
        (folder, pools)
    }

    #[tokio::test]
    async fn people_are_grouped_and_found_by_part_of_their_name() {
        let (_folder, pools) = some().await;
        let mut db = pools.read().await.expect("a connection");
        let mut found = async |text: &str, since_ms: i64, skip: u64| {
            let corp_id = CorpId::new("dinga").expect("a corp");
            let search = RefusedSearch { corp_id, since_ms, text: text.to_owned(), skip, most: 2 };
            let people = refused_people(&mut db, &search).await.expect("people");
            people.into_iter().map(|person| (person.last.userid, person.times, person.last.at)).collect::<Vec<_>>()
        };
        let (lisi, wangwu) = (("lisi".to_owned(), 2, 3), ("wang_wu".to_owned(), 1, 2));
        assert_eq!(found("", 0, 0).await, [lisi.clone(), wangwu.clone()]);
        assert_eq!(found("", 0, 1).await, std::slice::from_ref(&wangwu));
        assert_eq!(found("", 3, 0).await, [("lisi".to_owned(), 1, 3)]);
        assert_eq!(found("李", 0, 0).await, std::slice::from_ref(&lisi));
        for text in ["王\\五", "\"王", "0%", "g_w"] {
            assert_eq!(found(text, 0, 0).await, std::slice::from_ref(&wangwu), "{text}");
        }
        for text in ["%", "别人", "l_si", "\\"] {
            assert!(!found(text, 0, 0).await.contains(&lisi), "{text}");
        }
    }

    #[tokio::test]
    async fn a_number_finds_its_refusal_and_never_another_corps() {
        let (_folder, pools) = some().await;
        let mut db = pools.read().await.expect("a connection");
        let corp_id = CorpId::new("dinga").expect("a corp");
        let mut reason = async |request_id: &str| {
            let row = refusal_of_request(&mut db, &corp_id, request_id).await.expect("an answer");
            row.map(|row| (row.userid, row.detail["reason"].clone()))
        };
        assert_eq!(reason("request1").await, Some(("lisi".into(), "not-listed".into())));
        assert_eq!(reason("request7").await, Some((String::new(), "state-mismatch".into())));
        assert_eq!(reason("request4").await, None);
        assert_eq!(reason("").await, None);
    }

    #[tokio::test]
    async fn the_last_refusal_is_of_this_person_in_this_corp() {
        let (_folder, pools) = some().await;
        let mut db = pools.read().await.expect("a connection");
        let mut at = async |corp: &str, userid: &str| {
            let (corp_id, userid) = (CorpId::new(corp).expect("a corp"), DingUserId::new(userid).expect("a userid"));
            last_refusal(&mut db, &corp_id, &userid).await.expect("an answer").map(|row| row.at)
        };
        assert_eq!(at("dinga", "lisi").await, Some(3));
        assert_eq!(at("dingb", "lisi").await, None);
        assert_eq!(at("dinga", "zhang").await, None, "refused for another reason");
    }
}
