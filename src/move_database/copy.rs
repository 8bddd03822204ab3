//! From one to the other, and whether it arrived.

use super::{
    digest::Digest,
    error::NotMoved,
    rows::Columns,
    source::Source,
    tables::{COPIED, Table},
    target::Target,
};
use crate::db::Values;

/// A table that is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: &'static str,
    pub rows: u64,
    pub sha256: String,
}

/// Copies each table and reads it back. `progress` hears how many rows were copied or read back, of how many.
pub async fn copy(
    source: &mut Source,
    target: &mut Target,
    mut progress: impl FnMut(u64, u64),
) -> Result<Vec<Copied>, NotMoved> {
    let mut all = 0;
    for table in &COPIED {
        all += 2 * source.count(table).await?;
    }
    let mut done = 0;
    let mut heard = |rows: &[Values]| {
        done += rows.len() as u64;
        progress(done, all);
    };
    let mut copied = Vec::new();
    for table in &COPIED {
        copied.push(copy_table(source, target, table, &mut heard).await?);
    }
    Ok(copied)
}

async fn copy_table(
    source: &mut Source,
    target: &mut Target,
    table: &'static Table,
    heard: &mut impl FnMut(&[Values]),
) -> Result<Copied, NotMoved> {
    let columns = target.columns(table).await?;
    let here = send(source, target, &columns, heard).await?;
    if columns.all.iter().any(|column| column.is_numbered) {
        target.number_behind(&columns, source.highest_id(table).await?).await?;
    }
    let there = read_back(target, &columns, heard).await?;
    let (rows, rows_there) = (here.rows, there.rows);
    let sha256 = here.finish();
    match there.finish() == sha256 {
        true => Ok(Copied { table: table.name, rows, sha256 }),
        false => Err(target.differs(table.name, rows, rows_there)),
    }
}

async fn send(
    source: &mut Source,
    target: &mut Target,
    columns: &Columns,
    heard: &mut impl FnMut(&[Values]),
) -> Result<Digest, NotMoved> {
    let Source { file, db, .. } = source;
    let mut digest = Digest::default();
    let mut rows = columns.rows(db);
    loop {
        let portion = rows.portion().await.map_err(|error| NotMoved::reading(file, error))?;
        if portion.is_empty() {
            return Ok(digest);
        }
        for row in &portion {
            if let Some(column) = columns.with_nul(row) {
                let (file, row, column) = (file.clone(), columns.row(row), column.to_owned());
                return Err(NotMoved::Nul { file, row, column });
            }
        }
        digest.add(&portion);
        heard(&portion);
        target.insert(columns, portion).await?;
    }
}

async fn read_back(
    target: &mut Target,
    columns: &Columns,
    heard: &mut impl FnMut(&[Values]),
) -> Result<Digest, NotMoved> {
    let Target { db, address } = target;
    let mut digest = Digest::default();
    let mut rows = columns.rows(db);
    loop {
        let portion = rows.portion().await;
        let portion = portion.map_err(|error| NotMoved::writing(address, columns.table.name, error))?;
        if portion.is_empty() {
            return Ok(digest);
        }
        digest.add(&portion);
        heard(&portion);
    }
}
