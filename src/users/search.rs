//! Pages of people that an administrator looks for.

use super::{Role, Status, User, UserRow, pinyin};
use crate::{
    db::{self, Conn, QueryBuilder},
    ids::CorpId,
};

#[derive(Debug, Clone)]
pub struct Search {
    /// An administrator sees no other corp.
    pub corp_id: CorpId,
    /// Part of a name, userid or department, or pinyin or initials of a name; "" for everybody.
    pub text: String,
    pub status: Option<Status>,
    pub role: Option<Role>,
    pub source: Option<String>,
    pub sort: Sort,
    pub skip: u32,
    pub most: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Then by userid.
    #[default]
    Name,
    Userid,
    /// The latest first; people who never signed in at the end.
    LastSignIn,
    /// The latest first.
    Updated,
}

impl Search {
    fn text(&self) -> &str {
        self.text.trim_matches(' ')
    }
}

impl Sort {
    /// With the words for addresses.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Name, "name"),
        (Self::Userid, "userid"),
        (Self::LastSignIn, "last-sign-in"),
        (Self::Updated, "updated"),
    ];

    /// An unknown word sorts by name.
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|(_, name)| *name == word).map(|(sort, _)| sort).unwrap_or_default()
    }

    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(sort, _)| *sort == self).map_or("name", |(_, name)| name)
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Name => " ORDER BY name, userid",
            Self::Userid => " ORDER BY userid",
            Self::LastSignIn => " ORDER BY last_signed_in_at DESC NULLS LAST, userid DESC",
            Self::Updated => " ORDER BY updated_at DESC, userid DESC",
        }
    }
}

/// So many people are sorted one by one; of more, an index in their order finds a page sooner.
const FEW: usize = 5_000;

/// Who fits a search.
pub struct Matches {
    /// On all pages.
    pub count: i64,
    /// Their numbers, if a text was searched for and found few.
    few: Option<Vec<i64>>,
}

pub async fn search(db: &mut Conn, search: &Search) -> sqlx::Result<Vec<User>> {
    let matches = matches(db, search).await?;
    page(db, search, &matches).await
}

/// Everybody who fits: a text is looked for once for the count and the page, and in the one index that has it.
pub async fn matches(db: &mut Conn, search: &Search) -> sqlx::Result<Matches> {
    if search.text().is_empty() {
        return Ok(Matches { count: count(db, search).await?, few: None });
    }
    let mut sql = QueryBuilder::new("SELECT id FROM users");
    push_conditions(&mut sql, search);
    sql.push(" LIMIT ").push_bind(FEW as i64 + 1);
    let few: Vec<i64> = sql.build_query_scalar().fetch_all(&mut *db).await?;
    match few.len() {
        0..=FEW => Ok(Matches { count: few.len() as i64, few: Some(few) }),
        _ => Ok(Matches { count: count(db, search).await?, few: None }),
    }
}

/// The page of the matches that the search is about.
pub async fn page(db: &mut Conn, search: &Search, matches: &Matches) -> sqlx::Result<Vec<User>> {
    let mut sql = QueryBuilder::new(
        "SELECT id, corp_id, userid, unionid, name, mobile, email, department, title, role, status, source, \
         created_at, updated_at, last_signed_in_at, disabled_because FROM users WHERE id IN (",
    );
    match matches.few.as_deref() {
        Some([]) => return Ok(Vec::new()),
        Some(few) => {
            let mut ids = sql.separated(", ");
            for id in few {
                ids.push_bind(*id);
            }
            sql.push(")");
            push_page(&mut sql, search);
        }
        // As in the trail: few columns find the page, and only its rows are read whole.
        None => {
            sql.push("SELECT id FROM users");
            push_conditions(&mut sql, search);
            push_page(&mut sql, search);
            sql.push(")").push(search.sort.sql());
        }
    }
    let rows: Vec<UserRow> = sql.build_query_as().fetch_all(db).await?;
    rows.into_iter().map(UserRow::into_user).collect()
}

async fn count(db: &mut Conn, search: &Search) -> sqlx::Result<i64> {
    let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM users");
    push_conditions(&mut sql, search);
    sql.build_query_scalar().fetch_one(db).await
}

fn push_page(sql: &mut QueryBuilder, search: &Search) {
    sql.push(search.sort.sql()).push(" LIMIT ").push_bind(i64::from(search.most));
    sql.push(" OFFSET ").push_bind(i64::from(search.skip));
}

fn push_conditions(sql: &mut QueryBuilder, search: &Search) {
    sql.push(" WHERE corp_id = ").push_bind(search.corp_id.as_str().to_owned());
    if let Some(status) = search.status {
        sql.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(role) = search.role {
        sql.push(" AND role = ").push_bind(role.as_str());
    }
    if let Some(source) = &search.source {
        sql.push(" AND source = ").push_bind(source.clone());
    }
    let text = search.text();
    if !text.is_empty() {
        let part = format!("%{}%", literal(&text.to_lowercase()));
        sql.push(" AND search LIKE ").push_bind(part).push(" ESCAPE '\\'");
    }
}

/// Escapes a text so that it means itself in a pattern.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// What a person is found by: one part a line, so that no match spans two of them.
pub(super) fn text(name: &str, userid: &str, department: Option<&str>) -> String {
    let parts = [&name.to_lowercase(), &userid.to_lowercase(), &department.unwrap_or_default().to_lowercase()];
    [&*parts.map(String::as_str).join("\n"), "\n", &pinyin::words(name)].concat()
}

/// Fills the column in rows that are older than it, and returns in how many.
pub async fn fill_search(db: &mut Conn, most: u32) -> sqlx::Result<u64> {
    let rows: Vec<(i64, String, String, Option<String>)> =
        db::query_as("SELECT id, name, userid, department FROM users WHERE search = '' LIMIT $1")
            .bind(i64::from(most))
            .fetch_all(&mut *db)
            .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut update = QueryBuilder::new("UPDATE users SET search = filled.column2 FROM (");
    update.push_values(&rows, |mut row, (id, name, userid, department)| {
        row.push_bind(*id).push_bind(text(name, userid, department.as_deref()));
    });
    update.push(") AS filled WHERE users.id = filled.column1");
    update.build().execute(db).await?;
    Ok(rows.len() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        db::open_temporary,
        ids::DingUserId,
        users::{Change, Columns, DisabledBecause, upsert},
    };

    async fn people(rows: &[(&str, &str, &str)]) -> (tempfile::TempDir, crate::db::Pools) {
        let (folder, pools) = open_temporary().await;
        let mut tx = pools.write().await.expect("the writer");
        for (at, (userid, name, department)) in rows.iter().enumerate() {
            let change =
                Change { name: Some((*name).into()), department: Some((*department).into()), ..Change::default() };
            let key = (CorpId::new("dinga").expect("a corp id"), DingUserId::new(*userid).expect("a userid"));
            upsert(&mut tx, &[(key, Columns::new(change, DisabledBecause::Cli))], "cli", at as i64, |_| {})
                .await
                .expect("a row");
        }
        tx.commit().await.expect("committed");
        (folder, pools)
    }

    fn of(text: &str) -> Search {
        let corp_id = CorpId::new("dinga").expect("a corp id");
        Search {
            corp_id,
            text: text.into(),
            status: None,
            role: None,
            source: None,
            sort: Sort::Userid,
            skip: 0,
            most: 10,
        }
    }

    #[tokio::test]
    async fn people_are_found_by_name_userid_department_and_pinyin() {
        let (_folder, pools) =
            people(&[("u1", "张三", "研发部/后端组"), ("U2", "李四", "市场部"), ("u3", "100%_", "研发部")]).await;
        let mut db = pools.read().await.expect("a reader");
        for (text, expected) in [
            ("", "U2 u1 u3"),
            ("张", "u1"),
            ("zs", "u1"),
            ("zhangs", "u1"),
            ("ls", "U2"),
            ("u2", "U2"),
            ("后端", "u1"),
            ("研发", "u1 u3"),
            ("%", "u3"),
            ("_", "u3"),
            ("\\", ""),
            ("三 u1", ""),
            ("nobody", ""),
            (" ZS ", "u1"),
        ] {
            let found = search(&mut db, &of(text)).await.expect("people");
            let found: Vec<_> = found.iter().map(|user| user.userid.as_str()).collect();
            assert_eq!(found.join(" "), expected, "{text:?}");
            let matches = matches(&mut db, &of(text)).await.expect("matches");
            assert_eq!(matches.count, found.len() as i64, "{text:?}");
        }
        let sorted = Search { sort: Sort::Updated, skip: 1, most: 1, ..of("") };
        assert_eq!(search(&mut db, &sorted).await.expect("people")[0].userid.as_str(), "U2");
        let of_another = Search { corp_id: CorpId::new("dingb").expect("a corp id"), ..of("") };
        assert!(search(&mut db, &of_another).await.expect("people").is_empty());
    }

    #[tokio::test]
    async fn a_page_is_the_same_whether_few_or_many_fit() {
        let rows: Vec<_> = (0..FEW + 30).map(|i| (format!("u{i:05}"), format!("员工{}", i % 7))).collect();
        let rows: Vec<_> = rows.iter().map(|(userid, name)| (userid.as_str(), name.as_str(), "研发部")).collect();
        let (_folder, pools) = people(&rows).await;
        let mut db = pools.read().await.expect("a reader");
        for (sort, _) in Sort::ALL {
            for (text, all) in [("u0", rows.len()), ("u04", 1_000)] {
                let fits = rows.iter().filter(|(userid, ..)| userid.contains(text)).count();
                assert_eq!((fits, fits > FEW), (all, text == "u0"));
                let mut listed = Vec::new();
                for skip in (0..all as u32).step_by(1_000) {
                    let one = Search { sort, skip, most: 1_000, ..of(text) };
                    let matches = matches(&mut db, &one).await.expect("matches");
                    assert_eq!((matches.count, matches.few.is_some()), (all as i64, all <= FEW), "{text}");
                    listed.extend(page(&mut db, &one, &matches).await.expect("a page"));
                }
                let key = |user: &User| match sort {
                    Sort::Name => (user.name.clone(), user.userid.to_string()),
                    _ => (String::new(), user.userid.to_string()),
                };
                assert_eq!(listed.len(), all, "{text} {sort:?}");
                let is_in_order = |two: &[User]| match sort {
                    Sort::Name | Sort::Userid => key(&two[0]) < key(&two[1]),
                    Sort::LastSignIn => key(&two[0]) > key(&two[1]),
                    Sort::Updated => two[0].updated_at > two[1].updated_at,
                };
                assert!(listed.windows(2).all(is_in_order), "{text} {sort:?}");
            }
        }
    }

    #[tokio::test]
    async fn rows_of_an_older_program_are_found_after_the_server_has_caught_up() {
        let (_folder, pools) = people(&[("u1", "张三", ""), ("u2", "Ann", "")]).await;
        let mut tx = pools.write().await.expect("the writer");
        db::query("UPDATE users SET search = ''").execute(&mut tx).await.expect("as of before the column");
        assert!(search(&mut tx, &of("zs")).await.expect("people").is_empty());
        assert_eq!(fill_search(&mut tx, 10).await.expect("filled"), 2);
        assert_eq!(fill_search(&mut tx, 10).await.expect("filled"), 0);
        assert_eq!(search(&mut tx, &of("zs")).await.expect("people").len(), 1);
    }

    proptest! {
        #[test]
        fn a_pattern_means_itself(text in "[a%_\\\\ ]{0,8}") {
            let literal = literal(&text);
            let mut plain = String::new();
            let mut characters = literal.chars();
            while let Some(c) = characters.next() {
                prop_assert!(!matches!(c, '%' | '_'));
                plain.push(if c == '\\' { characters.next().expect("something escaped") } else { c });
            }
            prop_assert_eq!(plain, text);
        }
    }
}
