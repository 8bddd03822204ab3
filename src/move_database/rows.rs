//! The rows of a table, on either side, in the order of its key.

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{BoxStream, Fuse},
};
use sqlx::AssertSqlSafe;

use super::tables::Table;
use crate::{
    db::{self, Conn, Value, Values},
    hex_digits::hex_digits,
};

/// Rows in one statement: few trips, and far fewer values than the 65,535 that PostgreSQL takes.
const PORTION: usize = 500;

pub struct Rows<'e>(Fuse<BoxStream<'e, sqlx::Result<Values>>>);

impl Rows<'_> {
    /// The next ones; none at the end.
    pub async fn portion(&mut self) -> sqlx::Result<Vec<Values>> {
        self.0.by_ref().take(PORTION).try_collect().await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Boolean,
    Text,
    Bytes,
}

pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// By a sequence.
    pub is_numbered: bool,
}

pub struct Columns {
    pub table: &'static Table,
    pub all: Vec<Column>,
    /// Where those of the key are.
    key: Vec<usize>,
}

impl Columns {
    pub fn new(table: &'static Table, all: Vec<Column>) -> Self {
        let key = table.key.iter().filter_map(|name| all.iter().position(|column| column.name == *name)).collect();
        Self { table, all, key }
    }

    pub fn names(&self) -> String {
        let names: Vec<_> = self.all.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }

    /// All rows, read once from the first to the last: how each database finds a part of them depends on its statistics about
    /// the table, which may be outdated.
    pub fn rows<'e>(&self, db: &'e mut Conn) -> Rows<'e> {
        let key = self.table.key.join(", ");
        let all = format!("SELECT {} FROM {} ORDER BY {key}", self.names(), self.table.name);
        Rows(db::query_as(AssertSqlSafe(all)).fetch(db).fuse())
    }

    fn key_of(&self, Values(row): &Values) -> Vec<Value<'static>> {
        self.key.iter().filter_map(|index| row.get(*index).cloned()).collect()
    }

    /// The name of a row, for people.
    pub fn row(&self, row: &Values) -> String {
        let named = |(name, value): (&&str, Value<'_>)| match value {
            Value::Integer(number) => format!("{name} = {}", number.unwrap_or_default()),
            Value::Boolean(is) => format!("{name} = {is}"),
            Value::Text(text) => format!("{name} = {:?}", text.unwrap_or_default()),
            Value::Bytes(bytes) => format!("{name} = x'{}'", hex_digits(bytes.unwrap_or_default())),
        };
        let named: Vec<_> = self.table.key.iter().zip(self.key_of(row)).map(named).collect();
        format!("{} with {}", self.table.name, named.join(", "))
    }

    /// The column of a text with the one character that PostgreSQL cannot hold.
    pub fn with_nul(&self, Values(row): &Values) -> Option<&str> {
        let has_nul = |value: &Value<'_>| matches!(value, Value::Text(Some(text)) if text.contains('\0'));
        let column = row.iter().position(has_nul)?;
        self.all.get(column).map(|column| column.name.as_str())
    }
}
