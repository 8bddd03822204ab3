//! Merged cells: the file keeps the value in the first one, and the others are empty. They must not clear their
//! columns, as empty cells do.

use calamine::Dimensions;

use super::{Grid, MOST_COLUMNS, cell::address};
use crate::{
    i18n::{BadFile, BadValue},
    users::sheet::table::{BadCell, MOST_CELLS, is_blank},
};

/// Copies the value down a merged column, which people use for the department of several rows. Cells merged side by
/// side do not say which column is meant: such rows are bad, unless they hold nothing else, as a title does.
pub fn spread(grid: &mut Grid, merged: &[Dimensions]) -> Result<(), BadFile> {
    let mut looked_at = 0;
    for area in merged {
        let ((top, left), (bottom, right)) = (area.start, area.end);
        if left as usize >= MOST_COLUMNS || left > right || top > bottom {
            continue;
        }
        let shown = grid.get(&top).and_then(|row| row.get(left as usize)).and_then(|cell| cell.as_ref().ok()).cloned();
        for (&line, row) in grid.range_mut(top..=bottom) {
            looked_at += row.len() + 1;
            if looked_at > MOST_CELLS {
                return Err(BadFile::TooManyCells(MOST_CELLS));
            }
            let is_inside = |at: usize| (left as usize..=right as usize).contains(&at);
            let bad = left != right && row.iter().enumerate().any(|(at, cell)| !is_inside(at) && !is_blank(cell));
            let at = left as usize + usize::from(bad && line == top);
            if !bad && (left != right || line == top) || at >= MOST_COLUMNS {
                continue;
            }
            if row.len() <= at {
                row.resize_with(at + 1, || Ok(String::new()));
            }
            row[at] = if bad { Err(beside(area)) } else { Ok(shown.clone().unwrap_or_default()) };
        }
    }
    Ok(())
}

fn beside(area: &Dimensions) -> BadCell {
    let ends = [area.start, area.end].map(|(line, column)| address(line, column)).join(":");
    BadCell { shown: String::new(), problem: BadValue::MergedAcross(ends) }
}
