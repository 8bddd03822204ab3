//! Rows whose columns are known at run time alone.

use std::borrow::Cow;

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type, TypeInfo, ValueRef, postgres::PgRow, sqlite::SqliteRow};

use super::query::Value;

/// A row of any of our tables. SQLite keeps a yes or no as a number, and that is what it is here.
#[derive(Debug, Clone)]
pub struct Values(pub Vec<Value<'static>>);

impl FromRow<'_, SqliteRow> for Values {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        read(row)
    }
}

impl FromRow<'_, PgRow> for Values {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        read(row)
    }
}

fn read<R: Row>(row: &R) -> sqlx::Result<Values>
where
    usize: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> bool: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |index| {
        let kind = row.try_get_raw(index)?.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" | "INT8" => Value::Integer(row.try_get(index)?),
            "BOOL" => Value::Boolean(row.try_get(index)?),
            "TEXT" => Value::Text(row.try_get::<Option<String>, _>(index)?.map(Cow::from)),
            "BLOB" | "BYTEA" => Value::Bytes(row.try_get::<Option<Vec<u8>>, _>(index)?.map(Cow::from)),
            "NULL" => Value::Integer(None),
            other => return Err(sqlx::Error::Decode(format!("a value of type {other}").into())),
        })
    };
    (0..row.len()).map(value).collect::<sqlx::Result<_>>().map(Values)
}
