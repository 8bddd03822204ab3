//! Where each value of a person came from, as far as the trail remembers (pure).

use crate::{audit::Row, users::User};

/// Who last set a value, and when, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub actor: String,
    pub at_ms: i64,
}

/// The last change of a column by the trail's rows, the newest first; or who made the person's row. `None` if the trail no
/// longer has that row.
pub fn of(column: &str, user: &User, trail: &[Row]) -> Option<Origin> {
    let about = trail.iter().filter(|row| row.userid == user.userid.as_str() && row.corp_id == user.corp_id.as_str());
    let row = about.clone().find(|row| match row.event.as_str() {
        "user-changed" => row.detail.get("changed").and_then(|changed| changed.get(column)).is_some(),
        "role-changed" => column == "role",
        "user-disabled" | "user-enabled" => column == "status",
        "user-added" => true,
        _ => false,
    })?;
    Some(Origin { actor: row.actor.clone(), at_ms: row.at })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sessions::routes::samples::user;

    #[test]
    fn the_last_change_of_a_column_names_who_made_it() {
        let user = user();
        let row = |at, event: &str, actor: &str, detail: Value| Row {
            id: at,
            at,
            event: event.into(),
            actor: actor.into(),
            corp_id: user.corp_id.to_string(),
            userid: user.userid.to_string(),
            app: String::new(),
            address: String::new(),
            request_id: String::new(),
            detail: detail.as_object().cloned().unwrap_or_default(),
        };
        let other = Row { userid: "another".into(), ..row(9, "role-changed", "b", json!({})) };
        let trail = [
            other,
            row(5, "user-disabled", "a", json!({})),
            row(4, "user-changed", "dingtalk", json!({ "changed": { "name": {} } })),
            row(3, "signed-in", "x", json!({})),
            row(2, "user-added", "cli:root", json!({})),
            row(1, "user-changed", "old", json!({ "changed": { "title": {} } })),
        ];
        let of = |column| of(column, &user, &trail).map(|origin| (origin.actor, origin.at_ms));
        assert_eq!(of("name"), Some(("dingtalk".into(), 4)));
        assert_eq!(of("status"), Some(("a".into(), 5)));
        for column in ["role", "title", "mobile"] {
            assert_eq!(of(column), Some(("cli:root".into(), 2)), "{column}");
        }
        assert_eq!(super::of("role", &user, &[]), None);
    }
}
