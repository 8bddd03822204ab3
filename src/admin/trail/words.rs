//! What a row says, in words (pure). What has no words yet stays as it is.

use serde_json::{Map, Value};

use crate::{audit::Row, i18n::Texts};

/// A count that `times` says already.
const REPEATED: &str = "without_a_row_of_their_own";

/// A row's details, each with its name.
pub fn details(row: &Row, t: &Texts) -> Vec<(String, String)> {
    let mut words = Vec::new();
    for (name, value) in &row.detail {
        match (name.as_str(), value) {
            (REPEATED | "to", _) => {}
            ("from", _) => words.push((label("role", t), change(&row.detail, t))),
            ("changed", Value::Object(columns)) => {
                words.extend(columns.iter().map(|(column, values)| (label(column, t), column_change(values, t))));
            }
            _ => words.push((label(name, t), text(name, value, t))),
        }
    }
    words
}

fn column_change(values: &Value, t: &Texts) -> String {
    match values {
        Value::Object(values) if values.contains_key("from") || values.contains_key("to") => change(values, t),
        // A number that the trail does not repeat.
        _ => label("changed", t),
    }
}

fn change(values: &Map<String, Value>, t: &Texts) -> String {
    let of = |name| match values.get(name).map(|value| text(name, value, t)) {
        Some(text) if !text.is_empty() => text,
        _ => "–".to_owned(),
    };
    (t.reports.trail.from_to)(&of("from"), &of("to"))
}

fn label(name: &str, t: &Texts) -> String {
    (t.reports.trail.detail_of)(name).unwrap_or(name).to_owned()
}

fn text(name: &str, value: &Value, t: &Texts) -> String {
    match value {
        Value::String(word) => {
            let known = match name {
                "reason" => (t.reports.reason)(word),
                "role" | "status" | "because" | "from" | "to" => (t.reports.trail.value_of)(word),
                _ => None,
            };
            known.unwrap_or(word).to_owned()
        }
        Value::Null => String::new(),
        Value::Bool(is) => if *is { "✓" } else { "–" }.to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::i18n::Locale;

    #[track_caller]
    fn check(detail: Value, expected: &[(&str, &str)]) {
        let Value::Object(detail) = detail else { panic!("no object") };
        let text = String::new;
        let row = Row {
            id: 1,
            at: 0,
            event: text(),
            actor: text(),
            corp_id: text(),
            userid: text(),
            app: text(),
            address: text(),
            request_id: text(),
            detail,
        };
        let words = details(&row, Locale::En.texts());
        let words: Vec<_> = words.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn each_kind_of_detail_is_said_in_words() {
        check(json!({ "from": "user", "to": "admin" }), &[("Role", "user → administrator")]);
        check(
            json!({ "because": "left", "sessions_ended": 2 }),
            &[("Reason", "left the organisation"), ("Sessions ended", "2")],
        );
        check(
            json!({ "name": "admin", "reason": "not-listed" }),
            &[("Name", "admin"), ("Reason", "Not in the user table")],
        );
        check(
            json!({ "changed": { "mobile": {}, "title": { "from": null, "to": "CTO" } } }),
            &[("Mobile", "Changed"), ("Title", "– → CTO")],
        );
        check(json!({ "times": 940, "without_a_row_of_their_own": 940 }), &[("Times", "940")]);
        check(json!({ "changed": 3, "later": ["x"] }), &[("Changed", "3"), ("later", "[\"x\"]")]);
        check(json!({}), &[]);
    }
}
