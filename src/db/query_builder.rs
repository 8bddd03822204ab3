//! A statement of as many rows or conditions as there are.

use std::fmt::{Display, Write};

use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::query::{Query, QueryAs, QueryScalar, Row, Value};

/// Builds a statement from pieces that stand in the program, and from values, which are bound.
pub struct QueryBuilder {
    sql: String,
    values: Vec<Value<'static>>,
}

/// Pieces with something between them.
pub struct Separated<'b> {
    builder: &'b mut QueryBuilder,
    separator: &'static str,
    is_first: bool,
}

impl QueryBuilder {
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    pub fn push(&mut self, sql: impl Display) -> &mut Self {
        // Writing to a text does not fail.
        let _ = write!(self.sql, "{sql}");
        self
    }

    pub fn push_bind<'v>(&mut self, value: impl Into<Value<'v>>) -> &mut Self {
        self.values.push(value.into().into_owned());
        let number = self.values.len();
        self.push(format_args!("${number}"))
    }

    pub fn separated(&mut self, separator: &'static str) -> Separated<'_> {
        Separated { builder: self, separator, is_first: true }
    }

    /// `VALUES`, with a row for each item.
    pub fn push_values<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut push: impl FnMut(Separated<'_>, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            self.push(if index == 0 { "VALUES (" } else { ", (" });
            push(self.separated(", "), item);
            self.push(")");
        }
        self
    }

    pub fn build(self) -> Query<'static> {
        Query::new(AssertSqlSafe(self.sql).into_sql_str(), self.values)
    }

    pub fn build_query_as<T: Row>(self) -> QueryAs<'static, T> {
        QueryAs::from(self.build())
    }

    pub fn build_query_scalar<T>(self) -> QueryScalar<'static, T>
    where
        (T,): Row,
    {
        QueryScalar::from(self.build())
    }
}

impl Separated<'_> {
    pub fn push_bind<'v>(&mut self, value: impl Into<Value<'v>>) -> &mut Self {
        if !std::mem::take(&mut self.is_first) {
            self.builder.push(self.separator);
        }
        self.builder.push_bind(value);
        self
    }
}
