//! What migrations must keep to (migrations/README.md).

use std::{collections::BTreeSet, path::Path};

use miandeng::db::{Conn, Pools};

use crate::harness::{App, Site, ends, one_line, postgres, program};

/// Columns that no answer shows, so that a cached session may hold an old value. `id`, to which other tables refer,
/// never changes.
const NOT_SHOWN: [&str; 7] =
    ["id", "source", "created_at", "updated_at", "last_signed_in_at", "disabled_because", "search"];

/// Columns of `users` whose change makes no session be forgotten.
async fn unwatched(db: &mut Conn) -> Vec<String> {
    let columns = match postgres::wanted() {
        false => "SELECT name FROM pragma_table_info('users')",
        true => "SELECT CAST(attname AS TEXT) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0",
    };
    let columns: Vec<String> = miandeng::db::query_scalar(columns).fetch_all(&mut *db).await.unwrap();
    let changes = "SELECT COUNT(*) FROM session_changes";
    let mut unwatched = Vec::new();
    for column in columns {
        let before: i64 = miandeng::db::query_scalar(changes).fetch_one(&mut *db).await.unwrap();
        // A trigger looks at the columns in a statement, not at their values.
        let change = sqlx::AssertSqlSafe(format!("UPDATE users SET \"{column}\" = \"{column}\""));
        miandeng::db::query(change).execute(&mut *db).await.unwrap();
        let after: i64 = miandeng::db::query_scalar(changes).fetch_one(&mut *db).await.unwrap();
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

    miandeng::db::query("ALTER TABLE users ADD COLUMN nickname TEXT").execute(&mut transaction).await.unwrap();
    let found = unwatched(&mut transaction).await;
    assert!(found.contains(&"nickname".to_owned()), "a forgotten column is noticed: {found:?}");
}

#[tokio::test]
async fn an_old_program_does_not_start_on_a_newer_file() {
    let site = Site::new().await;
    let pools = miandeng::db::Pools::open(&site.db_url()).await.unwrap();
    let mut transaction = pools.write().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'of a later version', TRUE, $1, 0)";
    miandeng::db::query(newer).bind(vec![0]).execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    pools.close().await;

    for command in [&["serve"][..], &["users", "list"]] {
        let message = one_line(&ends(program(site.path(), command)));
        assert!(message.contains("9999"), "{message}");
    }
}

/// Table, column, type, and whether it may be null.
type Column = (String, String, String, bool);

async fn columns(url: &str, sql: &'static str) -> Vec<Column> {
    let pools = Pools::open(url).await.unwrap();
    let columns = miandeng::db::query_as(sql).fetch_all(&mut pools.read().await.unwrap()).await.unwrap();
    pools.close().await;
    columns
}

#[tokio::test]
async fn both_databases_end_in_the_same_tables_and_columns() {
    let names = |folder: &str| {
        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        files.filter(|name| name.ends_with(".sql")).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("migrations"), names("migrations/postgres"), "a step has a file for each database");
    if postgres::programs().is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
        return eprintln!("PostgreSQL is not installed (Debian: postgresql), so its tables are not compared");
    }
    let folder = tempfile::tempdir().unwrap();
    let sqlite = "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 \
                  FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
                  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> '_sqlx_migrations' ORDER BY 1, 2";
    let sqlite = columns(&folder.path().join("data.db").display().to_string(), sqlite).await;
    let database = postgres::Database::empty();
    let theirs = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'YES' \
                  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' \
                  ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"";
    let theirs = columns(&database.url(), theirs).await;
    assert!(!sqlite.is_empty());
    let as_in_sqlite = theirs.iter().map(|(table, column, kind, may_be_null)| {
        let kind = match kind.as_str() {
            "bigint" | "boolean" => "INTEGER",
            "text" => "TEXT",
            "bytea" => "BLOB",
            other => other,
        };
        (table.clone(), column.clone(), kind.to_owned(), *may_be_null)
    });
    assert_eq!(sqlite, as_in_sqlite.collect::<Vec<_>>());
    // Byte by byte, whatever the server's language.
    let elsewhere = "SELECT string_agg(attrelid::regclass || '.' || attname, ', ') FROM pg_attribute \
                     WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
                                        AND relname <> '_sqlx_migrations') \
                     AND atttypid = 'text'::regtype AND attcollation <> 'pg_catalog.\"C\"'::regcollation AND attnum > 0";
    assert_eq!(database.psql(elsewhere), "");
}
