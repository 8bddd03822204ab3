//! Rows of the trail as CSV.

use super::Row;
use crate::{i18n::local_ms, users::sheet::guard};

/// Programs read these columns, so they stay.
const COLUMNS: [&str; 10] =
    ["id", "at", "event", "actor", "corp_id", "userid", "app", "address", "request_id", "detail"];

/// Rows as a spreadsheet shows them without running anything. `begin` writes the headings.
pub fn write_csv<'a>(to: impl std::io::Write, begin: bool, rows: impl IntoIterator<Item = &'a Row>) -> csv::Result<()> {
    let mut file = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(to);
    if begin {
        file.write_record(COLUMNS)?;
    }
    for row in rows {
        let detail = serde_json::Value::Object(row.detail.clone()).to_string();
        let (id, at) = (row.id.to_string(), local_ms(row.at));
        let cells = [
            &id,
            &at,
            &row.event,
            &row.actor,
            &row.corp_id,
            &row.userid,
            &row.app,
            &row.address,
            &row.request_id,
            &detail,
        ];
        file.write_record(cells.map(|cell| guard(&cell.replace(char::is_control, " ")).into_owned()))?;
    }
    Ok(file.flush()?)
}
