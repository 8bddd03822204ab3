//! From rows of the table to a file.

use super::{Column, guard};
use crate::{clock::UnixSeconds, i18n::utc, users::User};

/// Lines end in LF; a BOM is the caller's business.
///
/// A name from DingTalk can hold control characters. Each becomes a space: one of them would keep the whole file from
/// being imported.
pub fn write<'a>(to: impl std::io::Write, users: impl IntoIterator<Item = &'a User>) -> csv::Result<()> {
    // Always in quotation marks, so that no cell of a spreadsheet that splits at other characters begins with a value.
    let mut file = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(to);
    file.write_record(Column::ALL.map(Column::name))?;
    for user in users {
        for column in Column::ALL {
            file.write_field(cell(user, column))?;
        }
        file.write_record(None::<&[u8]>)?;
    }
    Ok(file.flush()?)
}

fn cell(user: &User, column: Column) -> String {
    let time = |at: UnixSeconds| utc(at).into();
    let value: std::borrow::Cow<'_, str> = match column {
        Column::CorpId => user.corp_id.as_str().into(),
        Column::Userid => user.userid.as_str().into(),
        Column::Unionid => user.unionid.as_deref().unwrap_or_default().into(),
        Column::Name => user.name.as_str().into(),
        Column::Mobile => user.mobile.as_deref().unwrap_or_default().into(),
        Column::Email => user.email.as_deref().unwrap_or_default().into(),
        Column::Department => user.department.as_deref().unwrap_or_default().into(),
        Column::Title => user.title.as_deref().unwrap_or_default().into(),
        Column::Role => user.role.as_str().into(),
        Column::Status => user.status.as_str().into(),
        Column::Source => user.source.as_str().into(),
        Column::CreatedAt => time(user.created_at),
        Column::UpdatedAt => time(user.updated_at),
        Column::LastSignedInAt => user.last_signed_in_at.map(time).unwrap_or_default(),
    };
    guard(value.replace(char::is_control, " ").trim()).into_owned()
}
