//! Bar charts as SVG, drawn here (pure). Colours come from the style sheet and positions are attributes: pages take no
//! style of their own. Each chart has a table behind it, for whoever hears the page.

use askama::Template;
use unicode_width::UnicodeWidthStr;

/// The width of every chart. Its text is as large as the page's where the page is as wide as a phone.
const WIDTH: u64 = 360;
/// The height of the tallest column.
const TALLEST: u64 = 100;
/// What stands above the tallest column.
const ABOVE: u64 = 18;
/// How many columns share one label.
const LABEL_EVERY: usize = 2;
/// From one row to the next.
const ROW: u64 = 36;
/// A row's bar lies this far below the row's top.
const BAR_TOP: u64 = 18;
const BAR_HEIGHT: u64 = 12;
/// How many letters fit in a row; a Chinese character counts for two.
const LETTERS: usize = 50;

/// What a bar stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What was counted.
    pub label: String,
    /// How many.
    pub value: u64,
}

/// Columns side by side, such as days.
#[derive(Debug, Template)]
#[template(path = "admin/chart/columns.html")]
pub struct Columns {
    id: &'static str,
    title: String,
    description: String,
    width: u64,
    height: u64,
    ground: u64,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    x: u64,
    y: u64,
    width: u64,
    height: u64,
    middle: u64,
    value: String,
    /// "" where a neighbour's label takes the room.
    label: String,
}

/// Rows below each other, each with its label above it.
#[derive(Debug, Template)]
#[template(path = "admin/chart/rows.html")]
pub struct Rows {
    id: &'static str,
    title: String,
    description: String,
    width: u64,
    height: u64,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    text_y: u64,
    y: u64,
    width: u64,
    height: u64,
    label: String,
    value: String,
}

impl Columns {
    /// Draws columns. `id` is unlike any other of the page's.
    pub fn new(id: &'static str, title: &str, description: String, bars: &[Bar]) -> Self {
        let step = WIDTH / (bars.len() as u64).max(1);
        let largest = largest(bars);
        let ground = ABOVE + TALLEST;
        let column = |(i, bar): (usize, &Bar)| {
            let height = share(bar.value, largest, TALLEST);
            let (left, gap) = (i as u64 * step, step / 6);
            // Counted from the last one, which is today.
            let is_labelled = (bars.len() - 1 - i).is_multiple_of(LABEL_EVERY);
            Column {
                x: left + gap,
                y: ground - height,
                width: (step - 2 * gap).max(1),
                height,
                middle: left + step / 2,
                value: if bar.value == 0 { String::new() } else { short(bar.value) },
                label: if is_labelled { cut(&bar.label, 6) } else { String::new() },
            }
        };
        let columns = bars.iter().enumerate().map(column).collect();
        Self { id, title: title.to_owned(), description, width: WIDTH, height: ground + 20, ground, columns }
    }
}

impl Rows {
    /// Draws rows. `id` is unlike any other of the page's.
    pub fn new(id: &'static str, title: &str, description: String, bars: &[Bar]) -> Self {
        let largest = largest(bars);
        let row = |(i, bar): (usize, &Bar)| {
            let (top, value) = (i as u64 * ROW, short(bar.value));
            Row {
                text_y: top + BAR_TOP - 5,
                y: top + BAR_TOP,
                width: share(bar.value, largest, WIDTH),
                height: BAR_HEIGHT,
                label: cut(&bar.label, LETTERS.saturating_sub(value.len() + 2)),
                value,
            }
        };
        let rows = bars.iter().enumerate().map(row).collect();
        let height = (bars.len() as u64 * ROW).max(1);
        Self { id, title: title.to_owned(), description, width: WIDTH, height, rows }
    }
}

fn largest(bars: &[Bar]) -> u64 {
    bars.iter().map(|bar| bar.value).max().unwrap_or_default()
}

/// A value's part of a length. What is not zero is seen.
fn share(value: u64, largest: u64, length: u64) -> u64 {
    let share = u128::from(value) * u128::from(length) / u128::from(largest.max(1));
    let least = if value == 0 { 0 } else { 2 };
    u64::try_from(share).unwrap_or(length).max(least)
}

/// A number in at most four characters: 950, 12k, 3M.
fn short(value: u64) -> String {
    const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let (mut rest, mut unit) = (value, 0);
    while rest >= 1000 && !(unit == 0 && rest < 10_000) {
        rest /= 1000;
        unit += 1;
    }
    format!("{rest}{}", UNITS[unit])
}

/// The beginning of a text that is too long.
fn cut(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    // Of the whole beginning each time: what a character takes depends on its neighbours.
    let mut beginning = String::new();
    for c in text.chars() {
        beginning.push(c);
        if beginning.width() >= most {
            beginning.pop();
            break;
        }
    }
    beginning + "…"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bars(values: &[u64]) -> Vec<Bar> {
        values.iter().map(|value| Bar { label: "11-25".to_owned(), value: *value }).collect()
    }

    fn columns(values: &[u64]) -> Vec<u64> {
        let chart = Columns::new("days", "t", String::new(), &bars(values));
        chart.columns.iter().map(|column| column.height).collect()
    }

    #[test]
    fn a_column_is_as_tall_as_its_share_and_what_is_not_zero_is_seen() {
        assert_eq!(columns(&[0, 0, 0]), [0, 0, 0]);
        assert_eq!(columns(&[50, 100, 1]), [50, 100, 2]);
        assert_eq!(columns(&[1, u64::MAX]), [2, 100]);
        assert_eq!(columns(&[]), [0; 0]);
    }

    #[test]
    fn numbers_and_labels_keep_to_their_room() {
        for (value, text) in
            [(0, "0"), (950, "950"), (9_999, "9999"), (10_000, "10k"), (999_999, "999k"), (3_400_000, "3M")]
        {
            assert_eq!(short(value), text);
        }
        assert_eq!(short(u64::MAX), "18E");
        assert_eq!(cut("不在用户表中的人", 7), "不在用…");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("", 0), "");
        assert_eq!(cut("a\u{1f468}\u{200d}\u{1f4bb}bcdef", 5), "a\u{1f468}\u{200d}\u{1f4bb}b…");
    }

    #[test]
    fn every_second_day_is_named_and_today_always() {
        let chart = Columns::new("days", "t", String::new(), &bars(&[1; 14]));
        let named: Vec<_> = chart.columns.iter().map(|column| !column.label.is_empty()).collect();
        assert!(named[13] && !named[12] && named.iter().filter(|is| **is).count() == 7);
    }

    /// Elements that are closed in their order, and values that break out of no attribute.
    fn is_well_formed(svg: &str) -> bool {
        let mut open = Vec::new();
        for piece in svg.split('<').skip(1) {
            let Some((tag, text)) = piece.split_once('>') else { return false };
            match tag.strip_prefix('/') {
                Some(name) if open.pop() != Some(name) => return false,
                Some(_) => {}
                None => {
                    if tag.matches('"').count() % 2 != 0 {
                        return false;
                    }
                    open.push(tag.split(' ').next().unwrap_or_default());
                }
            }
            if text.contains('>') {
                return false;
            }
        }
        open.is_empty()
    }

    proptest! {
        #[test]
        fn every_chart_is_well_formed_and_inside_its_box(
            bars in proptest::collection::vec((".{0,60}", any::<u64>()), 0..40), title in ".{0,20}",
        ) {
            let bars: Vec<_> = bars.into_iter().map(|(label, value)| Bar { label, value }).collect();
            let columns = Columns::new("a", &title, title.clone(), &bars);
            for column in &columns.columns {
                prop_assert!(column.x + column.width <= columns.width && column.y + column.height <= columns.ground);
                prop_assert!(column.y >= ABOVE && column.value.len() <= 4 && column.label.width() <= 6);
            }
            let rows = Rows::new("b", &title, title.clone(), &bars);
            for row in &rows.rows {
                prop_assert!(row.width <= rows.width && row.y + row.height <= rows.height);
                prop_assert!(row.label.width() + row.value.len() < LETTERS);
            }
            for svg in [columns.render().expect("an image"), rows.render().expect("an image")] {
                prop_assert!(is_well_formed(&svg), "{}", svg);
            }
        }
    }
}
