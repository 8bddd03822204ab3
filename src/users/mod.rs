//! `users`: who may sign in. The table's SQL is here and nowhere else.

pub mod check;
mod columns;
mod newcomer;
mod numbers;
mod pinyin;
mod search;
pub mod sheet;
mod write;

use crate::{
    clock::UnixSeconds,
    db::{self, Conn},
    dingtalk::departments,
    i18n::{iso_8601, iso_8601_if_known},
    ids::{CorpId, DingUserId, InvalidId, UnionId},
    rules::Person,
};

pub use self::{
    columns::{Columns, Difference},
    newcomer::{newcomer, said_of},
    numbers::{Numbers, active_by_corp, alike, names, numbers},
    search::{Matches, Search, Sort, fill_search, matches, page, search},
    write::{Change, Key, NewUser, remove, signed_in, upsert},
};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct User {
    /// The row's number, to which other tables refer.
    #[serde(skip)]
    pub id: i64,
    pub corp_id: CorpId,
    pub userid: DingUserId,
    /// The same in all apps of one developer.
    pub unionid: Option<String>,
    pub name: String,
    pub mobile: Option<String>,
    /// Neither this nor `mobile` ever identifies anybody.
    pub email: Option<String>,
    /// `;` between departments, `/` between levels: see `dingtalk::departments`.
    pub department: Option<String>,
    pub title: Option<String>,
    pub role: Role,
    pub status: Status,
    pub disabled_because: Option<DisabledBecause>,
    /// `cli`, `csv` or `dingtalk`.
    pub source: String,
    #[serde(serialize_with = "iso_8601")]
    pub created_at: UnixSeconds,
    /// Sign-ins do not count.
    #[serde(serialize_with = "iso_8601")]
    pub updated_at: UnixSeconds,
    #[serde(serialize_with = "iso_8601_if_known")]
    pub last_signed_in_at: Option<UnixSeconds>,
}

impl User {
    pub fn departments(&self) -> impl Iterator<Item = &str> {
        departments::in_column(self.department.as_deref().unwrap_or_default())
    }
}

impl Person for User {
    fn corp_id(&self) -> &str {
        self.corp_id.as_str()
    }

    fn userid(&self) -> &str {
        self.userid.as_str()
    }

    fn role(&self) -> &str {
        self.role.as_str()
    }

    fn departments(&self) -> impl Iterator<Item = &str> {
        self.departments()
    }
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, clap::ValueEnum)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word in the table, in CSV files and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

word! {
    Role {
        User = "user",
        /// Also passes where an app's rules say `role:admin`.
        Admin = "admin",
    }
}

word! {
    Status {
        Active = "active",
        /// May not sign in. Their sessions have ended.
        Disabled = "disabled",
    }
}

word! {
    DisabledBecause {
        /// DingTalk says that the person has left the corp; a return undoes it.
        Left = "left",
        /// An administrator, on a page.
        Admin = "admin",
        Import = "import",
        Cli = "cli",
    }
}

/// `SELECT` of the columns of [`UserRow`], before the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, corp_id, userid, unionid, name, mobile, email, department, title, role, status, source, ",
            "created_at, updated_at, last_signed_in_at, disabled_because FROM users ",
            $rest
        )
    };
}

/// Both ids compare byte by byte.
pub async fn find(db: &mut Conn, corp_id: &CorpId, userid: &DingUserId) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("WHERE corp_id = $1 AND userid = $2");
    let row: Option<UserRow> =
        db::query_as(SQL).bind(corp_id.as_str()).bind(userid.as_str()).fetch_optional(db).await?;
    row.map(UserRow::into_user).transpose()
}

/// The person with this unionid in the corp; nobody if two rows claim it.
pub async fn find_by_unionid(db: &mut Conn, corp_id: &CorpId, unionid: &UnionId) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("WHERE corp_id = $1 AND unionid = $2 LIMIT 2");
    let mut rows: Vec<UserRow> = db::query_as(SQL).bind(corp_id.as_str()).bind(unionid.as_str()).fetch_all(db).await?;
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => row.into_user().map(Some),
        _ => Ok(None),
    }
}

pub async fn get(db: &mut Conn, id: i64) -> sqlx::Result<Option<User>> {
    const SQL: &str = select!("WHERE id = $1");
    let row: Option<UserRow> = db::query_as(SQL).bind(id).fetch_optional(db).await?;
    row.map(UserRow::into_user).transpose()
}

/// `None`: any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub corp_id: Option<CorpId>,
    pub status: Option<Status>,
    pub role: Option<Role>,
}

pub async fn list(db: &mut Conn, filter: &Filter) -> sqlx::Result<Vec<User>> {
    const SQL: &str = select!(
        "WHERE ($1 IS NULL OR corp_id = $1) AND ($2 IS NULL OR status = $2) AND ($3 IS NULL OR role = $3) \
         ORDER BY corp_id, userid"
    );
    let rows: Vec<UserRow> = db::query_as(SQL)
        .bind(filter.corp_id.as_ref().map(CorpId::as_str))
        .bind(filter.status.map(Status::as_str))
        .bind(filter.role.map(Role::as_str))
        .fetch_all(db)
        .await?;
    rows.into_iter().map(UserRow::into_user).collect()
}

/// `but`: the row of a person who does not count.
pub async fn has_active_admin(db: &mut Conn, corp_id: &CorpId, but: i64) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM users WHERE corp_id = $1 AND role = 'admin' AND status = 'active' AND id <> $2";
    let others: i64 = db::query_scalar(sql).bind(corp_id.as_str()).bind(but).fetch_one(db).await?;
    Ok(others > 0)
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: i64,
    corp_id: String,
    userid: String,
    unionid: Option<String>,
    name: String,
    mobile: Option<String>,
    email: Option<String>,
    department: Option<String>,
    title: Option<String>,
    role: String,
    status: String,
    source: String,
    created_at: i64,
    updated_at: i64,
    last_signed_in_at: Option<i64>,
    disabled_because: String,
}

impl UserRow {
    fn into_user(self) -> sqlx::Result<User> {
        let bad = |why: String| sqlx::Error::Decode(format!("users row {}: {why}", self.id).into());
        let bad_id = |why: InvalidId| bad(format!("an identifier {why}"));
        Ok(User {
            id: self.id,
            corp_id: CorpId::new(self.corp_id.clone()).map_err(bad_id)?,
            userid: DingUserId::new(self.userid.clone()).map_err(bad_id)?,
            role: Role::parse(&self.role).ok_or_else(|| bad(format!("role {:?}", self.role)))?,
            status: Status::parse(&self.status).ok_or_else(|| bad(format!("status {:?}", self.status)))?,
            unionid: self.unionid,
            name: self.name,
            mobile: self.mobile,
            email: self.email,
            department: self.department,
            title: self.title,
            source: self.source,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_signed_in_at: self.last_signed_in_at,
            // An unknown word comes from a later version, and counts as none.
            disabled_because: DisabledBecause::parse(&self.disabled_because),
        })
    }
}
