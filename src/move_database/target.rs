//! The PostgreSQL database to which the file is moved.

use sqlx::AssertSqlSafe;

use super::{
    error::NotMoved,
    rows::{Column, Columns, Kind},
    tables::{self, Table},
};
use crate::{
    db::{self, Conn, QueryBuilder, ServerAddress, Value, Values, has_table, schema},
    sessions,
};

pub struct Target {
    pub db: Conn,
    pub address: ServerAddress,
}

impl Target {
    /// Begins the transaction and makes the tables in it. A database that holds anything of ours is left alone.
    pub async fn open(to: &str) -> Result<Self, NotMoved> {
        if !db::is_server(to) {
            return Err(NotMoved::NoServer(db::without_password(to)));
        }
        let (db, address) = db::begin_on_server(to).await?;
        let mut target = Self { db, address };
        let encoding = db::query_scalar("SHOW server_encoding").fetch_one(&mut target.db).await;
        let encoding: String = encoding.map_err(|source| target.out_of_reach(source))?;
        if encoding != "UTF8" {
            return Err(NotMoved::NotUtf8 { address: target.address, encoding });
        }
        for table in tables::all() {
            if target.has_rows(table).await.map_err(|source| target.failed(table, source))? {
                return Err(NotMoved::NotEmpty { address: target.address, table });
            }
        }
        let migrated = schema::migrate(&mut target.db).await;
        migrated.map_err(|source| NotMoved::Migrate { address: target.address.clone(), source })?;
        Ok(target)
    }

    async fn has_rows(&mut self, table: &str) -> sqlx::Result<bool> {
        if !has_table(&mut self.db, table).await? {
            return Ok(false);
        }
        let row = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        db::query_scalar(AssertSqlSafe(row)).fetch_one(&mut self.db).await
    }

    /// As they stand in the table.
    pub async fn columns(&mut self, table: &'static Table) -> Result<Columns, NotMoved> {
        let columns = "SELECT CAST(attname AS TEXT), format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute \
                       WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        let columns = db::query_as::<(String, String, bool)>(columns).bind(table.name).fetch_all(&mut self.db).await;
        let columns = columns.map_err(|source| self.failed(table.name, source))?;
        let column =
            |(name, kind, is_numbered): (String, String, bool)| Column { name, kind: Kind::of(&kind), is_numbered };
        Ok(Columns::new(table, columns.into_iter().map(column).collect()))
    }

    pub async fn insert(&mut self, columns: &Columns, rows: Vec<Values>) -> Result<(), NotMoved> {
        let mut sql = QueryBuilder::new(format!("INSERT INTO {} ({}) ", columns.table.name, columns.names()));
        sql.push_values(rows, |mut separated, Values(row)| {
            for (column, value) in columns.all.iter().zip(row) {
                separated.push_bind(column.kind.fitted(value));
            }
        });
        let inserted = sql.build().execute(&mut self.db).await;
        inserted.map(drop).map_err(|source| self.failed(columns.table.name, source))
    }

    /// The next row is numbered behind this one, unless the transaction is rolled back.
    pub async fn number_behind(&mut self, columns: &Columns, highest: i64) -> Result<(), NotMoved> {
        let table = columns.table.name;
        for column in columns.all.iter().filter(|column| column.is_numbered) {
            let next = highest.saturating_add(1);
            let restart = format!("ALTER TABLE {table} ALTER COLUMN {} RESTART WITH {next}", column.name);
            let restarted = db::query(AssertSqlSafe(restart)).execute(&mut self.db).await;
            restarted.map_err(|source| self.failed(table, source))?;
        }
        Ok(())
    }

    /// Triggers tell apps of it.
    pub async fn end_sessions(&mut self) -> Result<u64, NotMoved> {
        sessions::end_all(&mut self.db).await.map_err(|source| self.failed("sessions", source))
    }

    /// Returns where it is.
    pub async fn commit(self) -> Result<String, NotMoved> {
        let Self { db: transaction, address } = self;
        match db::commit_on_server(transaction).await {
            Ok(()) => Ok(address.to_string()),
            Err(source) => Err(NotMoved::Commit { address, source }),
        }
    }

    pub fn failed(&self, table: &'static str, source: sqlx::Error) -> NotMoved {
        NotMoved::writing(&self.address, table, source)
    }

    pub fn differs(&self, table: &'static str, here: u64, there: u64) -> NotMoved {
        NotMoved::Differs { address: self.address.clone(), table, here, there }
    }

    fn out_of_reach(&self, source: sqlx::Error) -> NotMoved {
        NotMoved::Server { address: self.address.clone(), source }
    }
}

impl Kind {
    fn of(postgres: &str) -> Self {
        match postgres {
            "boolean" => Self::Boolean,
            "bytea" => Self::Bytes,
            "text" => Self::Text,
            _ => Self::Integer,
        }
    }

    /// A value of SQLite's as the column takes it. PostgreSQL wants to know the type of a null.
    fn fitted(self, value: Value<'static>) -> Value<'static> {
        match (self, value) {
            (Self::Boolean, Value::Integer(Some(number))) => Value::Boolean(number != 0),
            (Self::Text, Value::Integer(None)) => Value::Text(None),
            (Self::Bytes, Value::Integer(None)) => Value::Bytes(None),
            (_, value) => value,
        }
    }
}
