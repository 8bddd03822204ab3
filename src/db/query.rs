//! Statements: each is written once, and runs on either database. The calls are sqlx's; what is bound is kept until it
//! is known which database it is for.

use std::{borrow::Cow, marker::PhantomData};

use futures_util::{StreamExt, stream::BoxStream};
use sqlx::{
    Encode, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, Type, postgres::PgRow, query::Query as Native,
    sqlite::SqliteRow,
};

use super::{
    conn::{Conn, Which},
    postgres::answered,
};

/// A statement. Its text is not made at run time, unless somebody vouches for it (`sqlx::AssertSqlSafe`).
pub fn query<'q>(sql: impl SqlSafeStr) -> Query<'q> {
    Query::new(sql.into_sql_str(), Vec::new())
}

/// A statement whose rows are such values.
pub fn query_as<'q, T: Row>(sql: impl SqlSafeStr) -> QueryAs<'q, T> {
    query(sql).into()
}

/// A statement whose rows have one column.
pub fn query_scalar<'q, T>(sql: impl SqlSafeStr) -> QueryScalar<'q, T>
where
    (T,): Row,
{
    query(sql).into()
}

/// What either database's row can be read into.
pub trait Row: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

impl<T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>> Row for T {}

/// What is bound. PostgreSQL wants to know the type of a null, too.
#[derive(Debug, Clone)]
pub enum Value<'q> {
    Integer(Option<i64>),
    Boolean(bool),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
}

pub struct Query<'q> {
    sql: SqlStr,
    values: Vec<Value<'q>>,
}

pub struct QueryAs<'q, T> {
    query: Query<'q>,
    row: PhantomData<fn() -> T>,
}

pub struct QueryScalar<'q, T>(QueryAs<'q, (T,)>);

/// What a statement has done.
#[derive(Debug, Clone, Copy)]
pub struct Done(u64);

impl Done {
    pub fn rows_affected(self) -> u64 {
        self.0
    }
}

impl<'q> Query<'q> {
    pub(super) fn new(sql: SqlStr, values: Vec<Value<'q>>) -> Self {
        Self { sql, values }
    }

    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    pub async fn execute(self, db: &mut Conn) -> sqlx::Result<Done> {
        match db.which() {
            Which::Sqlite(db) => Ok(Done(self.on_sqlite().execute(db).await?.rows_affected())),
            Which::Postgres(db) => Ok(Done(answered(self.on_postgres().execute(db)).await?.rows_affected())),
        }
    }

    /// The first row.
    ///
    /// # Errors
    /// Also when there is none.
    pub async fn fetch_one(self, db: &mut Conn) -> sqlx::Result<()> {
        match db.which() {
            Which::Sqlite(db) => self.on_sqlite().fetch_one(db).await.map(drop),
            Which::Postgres(db) => answered(self.on_postgres().fetch_one(db)).await.map(drop),
        }
    }

    fn on_sqlite(self) -> Native<'q, Sqlite, <Sqlite as sqlx::Database>::Arguments> {
        bound(self.sql, self.values)
    }

    fn on_postgres(mut self) -> Native<'q, Postgres, <Postgres as sqlx::Database>::Arguments> {
        self.values.iter_mut().for_each(Value::without_nul);
        bound(self.sql, self.values)
    }
}

impl<'q, T: Row> From<Query<'q>> for QueryAs<'q, T> {
    fn from(query: Query<'q>) -> Self {
        Self { query, row: PhantomData }
    }
}

impl<'q, T> From<Query<'q>> for QueryScalar<'q, T>
where
    (T,): Row,
{
    fn from(query: Query<'q>) -> Self {
        Self(query.into())
    }
}

impl<'q, T: Row> QueryAs<'q, T> {
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub async fn fetch_all(self, db: &mut Conn) -> sqlx::Result<Vec<T>> {
        match db.which() {
            Which::Sqlite(db) => read(&self.query.on_sqlite().fetch_all(db).await?),
            Which::Postgres(db) => read(&answered(self.query.on_postgres().fetch_all(db)).await?),
        }
    }

    /// One row after the other, of more than memory should hold.
    pub fn fetch<'e>(self, db: &'e mut Conn) -> BoxStream<'e, sqlx::Result<T>>
    where
        'q: 'e,
        T: 'e,
    {
        match db.which() {
            Which::Sqlite(db) => self.query.on_sqlite().fetch(db).map(|row| T::from_row(&row?)).boxed(),
            Which::Postgres(db) => self.query.on_postgres().fetch(db).map(|row| T::from_row(&row?)).boxed(),
        }
    }

    pub async fn fetch_optional(self, db: &mut Conn) -> sqlx::Result<Option<T>> {
        match db.which() {
            Which::Sqlite(db) => self.query.on_sqlite().fetch_optional(db).await?.as_ref().map(T::from_row).transpose(),
            Which::Postgres(db) => {
                answered(self.query.on_postgres().fetch_optional(db)).await?.as_ref().map(T::from_row).transpose()
            }
        }
    }

    pub async fn fetch_one(self, db: &mut Conn) -> sqlx::Result<T> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }
}

impl<'q, T> QueryScalar<'q, T>
where
    (T,): Row,
{
    pub fn bind(self, value: impl Into<Value<'q>>) -> Self {
        Self(self.0.bind(value))
    }

    pub async fn fetch_all(self, db: &mut Conn) -> sqlx::Result<Vec<T>> {
        Ok(self.0.fetch_all(db).await?.into_iter().map(|(value,)| value).collect())
    }

    pub async fn fetch_optional(self, db: &mut Conn) -> sqlx::Result<Option<T>> {
        Ok(self.0.fetch_optional(db).await?.map(|(value,)| value))
    }

    pub async fn fetch_one(self, db: &mut Conn) -> sqlx::Result<T> {
        Ok(self.0.fetch_one(db).await?.0)
    }
}

fn read<R: sqlx::Row, T: for<'r> FromRow<'r, R>>(rows: &[R]) -> sqlx::Result<Vec<T>> {
    rows.iter().map(T::from_row).collect()
}

fn bound<'q, DB: sqlx::Database>(sql: SqlStr, values: Vec<Value<'_>>) -> Native<'q, DB, DB::Arguments>
where
    DB::Arguments: sqlx::IntoArguments<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
    for<'t> bool: Encode<'t, DB> + Type<DB>,
    for<'t> Option<&'t str>: Encode<'t, DB> + Type<DB>,
    for<'t> Option<&'t [u8]>: Encode<'t, DB> + Type<DB>,
{
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Boolean(value) => query.bind(value),
        Value::Text(value) => query.bind(value.as_deref()),
        Value::Bytes(value) => query.bind(value.as_deref()),
    })
}

impl Value<'_> {
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Integer(value) => Value::Integer(value),
            Self::Boolean(value) => Value::Boolean(value),
            Self::Text(value) => Value::Text(value.map(|text| text.into_owned().into())),
            Self::Bytes(value) => Value::Bytes(value.map(|bytes| bytes.into_owned().into())),
        }
    }

    /// PostgreSQL's texts hold every character but U+0000. Somebody who sends one gets the sign for an unreadable
    /// character instead of an error.
    fn without_nul(&mut self) {
        if let Self::Text(Some(text)) = self
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{fffd}").into();
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(value: &'q str) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(value: &'q String) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl<'q> From<Cow<'q, str>> for Value<'q> {
    fn from(value: Cow<'q, str>) -> Self {
        Self::Text(Some(value))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(value: Option<&'q str>) -> Self {
        Self::Text(value.map(Cow::from))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(Cow::from))
    }
}

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(value: &'q Option<String>) -> Self {
        Self::Text(value.as_deref().map(Cow::from))
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(value: &'q [u8]) -> Self {
        Self::Bytes(Some(value.into()))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value.into()))
    }
}
