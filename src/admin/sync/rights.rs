//! What an app may read, as the page shows it (pure).

use crate::{
    dingtalk::{Need, Rights, Standing},
    i18n::Locale,
};

/// A permission, and whether the app has it.
pub struct RightRow {
    /// As the console has it.
    pub name: &'static str,
    pub state: &'static str,
    pub class: &'static str,
    /// What DingTalk said, or what there is of it.
    pub detail: String,
    pub purpose: &'static str,
}

pub fn rows(rights: &Rights, locale: Locale) -> Vec<RightRow> {
    let t = locale.rights_texts();
    let row = |(need, standing): (Need, &Standing)| {
        let (state, class, error) = match standing {
            Standing::Granted => (t.granted, "on", None),
            Standing::Missing(error) => (t.missing, "off", error.as_ref()),
            Standing::Unknown(error) => (t.unknown, "", error.as_ref()),
        };
        let range = || match (need, &rights.range[..]) {
            (Need::Range, [_, ..]) if class == "off" => {
                (t.range)(&rights.range.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        };
        let detail = error.map_or_else(range, ToString::to_string);
        RightRow { name: need.in_console(), state, class, detail, purpose: (t.purpose)(need.word()) }
    };
    rights.all().map(row).collect()
}
