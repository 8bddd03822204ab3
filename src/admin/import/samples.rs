//! The pages of an import, with a file that says whatever a file can say.

use super::{super::preview::PlannedRow, *};
use crate::{
    admin::samples::shell,
    i18n::Locale,
    people::Imported,
    users::sheet::samples::bad_row,
    web::testing::{HOSTILE, Sample, frame},
};

pub fn pages(locale: Locale) -> Vec<Sample> {
    let text = || HOSTILE.to_owned();
    let form = |error, bad_rows, more| ImportPage {
        frame: frame(locale),
        shell: shell(Section::People),
        error,
        bad_rows,
        more,
    };
    let forms = [form(Some(text()), Vec::new(), 0), form(None, vec![bad_row(HOSTILE)], 3)];
    let page = |added, more, is_refused| PreviewPage {
        frame: frame(locale),
        shell: shell(Section::People),
        name: text(),
        upload: text(),
        ignored: vec![text()],
        is_stale: is_refused,
        preview: Preview {
            counts: Imported { added, ..Imported::default() },
            people: [true, false]
                .map(|is_new| PlannedRow {
                    name: text(),
                    userid: text(),
                    is_new,
                    is_disabled: !is_new,
                    changes: vec![text()],
                })
                .into(),
            more,
            touches_yourself: is_refused,
            is_refused,
            fingerprint: text(),
        },
    };
    let previews = [page(1, 0, false), page(1, 7, true), page(0, 0, false)];
    let forms = forms.iter().map(|page| Sample::of("admin/import.html", page));
    forms.chain(previews.iter().map(|page| Sample::of("admin/import_preview.html", page))).collect()
}
