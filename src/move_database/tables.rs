//! What becomes of each table.

/// A table that is copied.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// The columns of its primary key, by which it is read in the same order on both sides.
    pub key: &'static [&'static str],
}

const fn by_id(name: &'static str) -> Table {
    Table { name, key: &["id"] }
}

const fn by(key: &'static [&'static str], name: &'static str) -> Table {
    Table { name, key }
}

/// A table that others refer to stands before them.
pub static COPIED: [Table; 14] = [
    by(&["name"], "server_keys"),
    by_id("users"),
    by_id("audit"),
    by(&["corp_id", "dept_id"], "departments"),
    by_id("sync_runs"),
    by(&["corp_id"], "sync_due"),
    by_id("directory_events"),
    by(&["app", "trouble"], "troubles"),
    by_id("logout_notices"),
    // What hangs on a session is ended with it.
    by_id("sessions"),
    by(&["session_id", "client_id"], "client_sessions"),
    by_id("oidc_grants"),
    by(&["token_hash"], "oidc_access_tokens"),
    by_id("cas_tickets"),
];

/// What of the file is of no use there.
pub const LEFT: [&str; 8] = [
    // DingTalk gives them again.
    "credentials",
    // Links that are good for seconds.
    "handovers",
    // For servers that remember sessions: none does there.
    "session_changes",
    // Of servers and runs, of which there are none now.
    "servers",
    "leases",
    "sync_leases",
    "event_streams",
    // Codes and states that are good for minutes.
    "used_once",
];

/// All of them, which must be empty there.
pub fn all() -> impl Iterator<Item = &'static str> {
    COPIED.iter().map(|table| table.name).chain(LEFT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::db::{open_temporary, query_scalar};

    #[tokio::test]
    async fn every_table_is_copied_or_left() {
        let (_folder, pools) = open_temporary().await;
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' \
                      AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations'";
        let tables: Vec<String> = query_scalar(tables).fetch_all(&mut pools.read().await.unwrap()).await.unwrap();
        let known: BTreeSet<_> = all().map(str::to_owned).collect();
        assert_eq!(
            tables.into_iter().collect::<BTreeSet<_>>(),
            known,
            "a new table belongs into COPIED, with its primary key, or into LEFT, with the reason"
        );
        assert_eq!(all().count(), known.len());
        for Table { name, key } in &COPIED {
            let primary = "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk";
            let primary = query_scalar::<String>(primary).bind(*name);
            let primary = primary.fetch_all(&mut pools.read().await.unwrap()).await.unwrap();
            assert_eq!(primary, *key, "{name}");
        }
    }
}
