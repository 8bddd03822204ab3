//! What migrations must keep to (migrations/README.md).

use miandeng::db::Conn;

use crate::harness::{App, Site, ends, one_line, program};

/// Columns that no answer shows, so that a cached session may hold an old value. `id`, to which other tables refer,
/// never changes.
const NOT_SHOWN: [&str; 7] =
    ["id", "source", "created_at", "updated_at", "last_signed_in_at", "disabled_because", "search"];

/// Columns of `users` whose change makes no session be forgotten.
async fn unwatched(db: &mut Conn) -> Vec<String> {
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('users')").fetch_all(&mut *db).await.unwrap();
    let changes = "SELECT COUNT(*) FROM session_changes";
    let mut unwatched = Vec::new();
    for column in columns {
        let before: i64 = sqlx::query_scalar(changes).fetch_one(&mut *db).await.unwrap();
        // A trigger looks at the columns in a statement, not at their values.
        let change = sqlx::AssertSqlSafe(format!("UPDATE users SET \"{column}\" = \"{column}\""));
        sqlx::query(change).execute(&mut *db).await.unwrap();
        let after: i64 = sqlx::query_scalar(changes).fetch_one(&mut *db).await.unwrap();
        if after == before {
            unwatched.push(column);
        }
    }
    unwatched
}

#[tokio::test]
async fn whatever_a_session_shows_of_a_person_is_forgotten_when_it_changes() {
    let app = App::start().await;
    app.phone("zhangsan").is_signed_in().await;
    let mut transaction = app.pools.write().await.unwrap();
    assert_eq!(
        unwatched(&mut transaction).await,
        NOT_SHOWN,
        "a new column of users belongs into the trigger user_changed, or here if no session shows it"
    );

    sqlx::query("ALTER TABLE users ADD COLUMN nickname TEXT").execute(&mut *transaction).await.unwrap();
    let found = unwatched(&mut transaction).await;
    assert!(found.contains(&"nickname".to_owned()), "a forgotten column is noticed: {found:?}");
}

#[tokio::test]
async fn an_old_program_does_not_start_on_a_newer_file() {
    let site = Site::new().await;
    let pools = miandeng::db::Pools::open(&site.db_file().to_string_lossy()).await.unwrap();
    let mut transaction = pools.write().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'of a later version', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    pools.close().await;

    for command in [&["serve"][..], &["users", "list"]] {
        let message = one_line(&ends(program(site.path(), command)));
        assert!(message.contains("9999"), "{message}");
    }
}
