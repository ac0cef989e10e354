//! Numbered migrations. Each runs once, in a transaction; an applied one is never edited, only followed by another.

use rusqlite::{Connection, Transaction};

/// In order; the schema's number is how many of them have run.
const MIGRATIONS: &[&str] = &[
    // 1: the first schema.
    "CREATE TABLE cursor (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        restaurant TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE setup (only INTEGER PRIMARY KEY CHECK (only = 1), json TEXT NOT NULL) STRICT;
    CREATE TABLE orders (id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        not_before INTEGER,
        json TEXT NOT NULL
    ) STRICT;
    CREATE TABLE views (id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE preferences (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
];

/// The schema this program knows.
pub(crate) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema of a database.
pub(crate) fn found(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a database of an older schema, or an empty one, to the one this program knows.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let done = usize::try_from(found(connection)?).unwrap_or(0);
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction: Transaction<'_> = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}
