//! The file: opening, reading, writing, and what to do when it is damaged. The only SQL of the display is here and in
//! `schema.rs`.

use crate::{Batch, CommitError, Cursor, Damage, Kept, OpenError, Queued, Salvage, schema};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "display.db";
const LOCK: &str = "display.lock";

pub(crate) struct Store {
    connection: Connection,
    /// Held as long as the file is open.
    _lock: File,
}

/// Why a file could not be taken as it is.
enum Fault {
    Damaged(String),
    Open(OpenError),
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Result<(Self, Kept, Option<Damage>), OpenError> {
        let in_folder = |source| OpenError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(in_folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK))
            .map_err(in_folder)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(in_folder(source)),
        }
        let path = folder.join(FILE);
        match connect_and_read(&path) {
            Ok((connection, kept)) => Ok((Self { connection, _lock: lock }, kept, None)),
            Err(Fault::Open(error)) => Err(error),
            Err(Fault::Damaged(reason)) => {
                let salvaged = salvage(&path);
                let kept_at = put_aside(&path).map_err(in_folder)?;
                let (connection, mut kept) = match connect_and_read(&path) {
                    Ok(anew) => anew,
                    Err(Fault::Open(error)) => return Err(error),
                    Err(Fault::Damaged(reason)) => {
                        return Err(OpenError::Folder {
                            folder: folder.to_owned(),
                            source: std::io::Error::other(reason),
                        });
                    }
                };
                let outbox = match &salvaged {
                    Some(operations) => Salvage::Taken(operations.len()),
                    None => Salvage::Unreadable,
                };
                tracing::error!(
                    target: "journal", reason, kept_at = %kept_at.display(), ?outbox,
                    "the journal was damaged and is begun anew; the board is read from the hub"
                );
                let mut store = Self { connection, _lock: lock };
                kept.outbox = salvaged.unwrap_or_default();
                let batch = Batch { operations: kept.outbox.clone(), ..Batch::default() };
                store.write([&batch]).map_err(|error| OpenError::Folder {
                    folder: folder.to_owned(),
                    source: std::io::Error::other(error.to_string()),
                })?;
                Ok((store, kept, Some(Damage { kept_at, reason, outbox })))
            }
        }
    }

    /// Writes batches in one transaction: one fsync.
    pub(crate) fn write<'a>(
        &mut self,
        batches: impl IntoIterator<Item = &'a Batch>,
    ) -> Result<(), CommitError> {
        let run = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            for batch in batches {
                write_one(&transaction, batch)?;
            }
            transaction.commit()
        };
        run().map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => CommitError::Full,
            _ => CommitError::Database(error.to_string()),
        })
    }
}

fn write_one(db: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    for queued in &batch.operations {
        db.prepare_cached("INSERT OR IGNORE INTO outbox (id, not_before, json) VALUES (?1, ?2, ?3)")?
            .execute(params![queued.operation.id.as_str(), queued.not_before, json(&queued.operation)?])?;
    }
    for id in &batch.settled {
        db.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id.as_str()])?;
    }
    if batch.whole {
        db.execute("DELETE FROM orders", [])?;
    }
    for order in &batch.orders {
        db.prepare_cached("INSERT OR REPLACE INTO orders (id, json) VALUES (?1, ?2)")?
            .execute(params![order.id.as_str(), json(order)?])?;
    }
    for id in &batch.forgotten {
        db.prepare_cached("DELETE FROM orders WHERE id = ?1")?.execute([id.as_str()])?;
    }
    if let Some(Cursor { restaurant, epoch, seq }) = &batch.cursor {
        db.prepare_cached(
            "INSERT OR REPLACE INTO cursor (only, restaurant, epoch, seq) VALUES (1, ?1, ?2, ?3)",
        )?
        .execute(params![
            restaurant.as_str(),
            epoch.as_str(),
            i64::try_from(*seq).unwrap_or(i64::MAX)
        ])?;
    }
    if let Some(setup) = &batch.setup {
        db.prepare_cached("INSERT OR REPLACE INTO setup (only, json) VALUES (1, ?1)")?
            .execute([json(setup)?])?;
    }
    for (id, state) in &batch.views {
        db.prepare_cached("INSERT OR REPLACE INTO views (id, json) VALUES (?1, ?2)")?
            .execute(params![id, state])?;
    }
    for (name, value) in &batch.preferences {
        db.prepare_cached("INSERT OR REPLACE INTO preferences (name, value) VALUES (?1, ?2)")?
            .execute(params![name, value])?;
    }
    Ok(())
}

fn connect_and_read(path: &Path) -> Result<(Connection, Kept), Fault> {
    let mut connection = connect(path)?;
    let found = schema::found(&connection).map_err(Fault::of)?;
    if found > schema::known() {
        return Err(Fault::Open(OpenError::NewerSchema { found, known: schema::known() }));
    }
    schema::migrate(&mut connection).map_err(Fault::of)?;
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(Fault::of)?;
    if verdict != "ok" {
        return Err(Fault::Damaged(verdict));
    }
    let kept = read(&connection)?;
    Ok((connection, kept))
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let connection = Connection::open(path).map_err(Fault::of)?;
    // Only a backup tool can hold the file: a press must be answered before its finger comes back.
    connection.busy_timeout(Duration::from_secs(1)).map_err(Fault::of)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(Fault::of)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(Fault::of)?;
    connection.pragma_update(None, "foreign_keys", "ON").map_err(Fault::of)?;
    Ok(connection)
}

fn read(db: &Connection) -> Result<Kept, Fault> {
    let cursor = db
        .query_row("SELECT restaurant, epoch, seq FROM cursor", [], |row| {
            let seq: i64 = row.get(2)?;
            Ok(Cursor {
                restaurant: row.get::<_, String>(0)?.into(),
                epoch: row.get::<_, String>(1)?.into(),
                seq: u64::try_from(seq).unwrap_or(0),
            })
        })
        .optional()
        .map_err(Fault::of)?;
    let setup: Option<String> =
        db.query_row("SELECT json FROM setup", [], |row| row.get(0)).optional().map_err(Fault::of)?;
    let setup = setup.map(|text| parse(&text)).transpose()?;
    let orders = rows(db, "SELECT json FROM orders ORDER BY id", |row| row.get::<_, String>(0))?;
    let orders = orders.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    let views = rows(db, "SELECT id, json FROM views", |row| Ok((row.get(0)?, row.get(1)?)))?;
    let preferences = rows(db, "SELECT name, value FROM preferences", |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Kept {
        cursor,
        setup,
        orders,
        outbox: read_outbox(db)?,
        views: views.into_iter().collect(),
        preferences: preferences.into_iter().collect(),
    })
}

fn read_outbox(db: &Connection) -> Result<Vec<Queued>, Fault> {
    let queued = rows(db, "SELECT json, not_before FROM outbox ORDER BY place", |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    queued.into_iter().map(|(text, not_before)| Ok(Queued { operation: parse(&text)?, not_before })).collect()
}

fn rows<T>(
    db: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fault> {
    let mut statement = db.prepare(sql).map_err(Fault::of)?;
    let found = statement.query_map([], read).map_err(Fault::of)?;
    found.collect::<rusqlite::Result<Vec<T>>>().map_err(Fault::of)
}

/// The operations of a damaged file, if they can be read at all.
fn salvage(path: &Path) -> Option<Vec<Queued>> {
    let connection = Connection::open(path).ok()?;
    read_outbox(&connection).ok()
}

/// Moves a damaged file and its companions out of the way, under the first free number.
fn put_aside(path: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    let aside = loop {
        let candidate = path.with_extension(format!("damaged-{number}.db"));
        if !candidate.exists() {
            break candidate;
        }
        number += 1;
    };
    std::fs::rename(path, &aside)?;
    for companion in ["-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{companion}", path.display()));
        if from.exists() {
            std::fs::rename(from, format!("{}{companion}", aside.display()))?;
        }
    }
    Ok(aside)
}

impl Fault {
    fn of(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory,
            ) => Self::Open(OpenError::Database(error)),
            // Not a database, torn pages, a missing table, a column of another type.
            Some(_) | None => Self::Damaged(error.to_string()),
        }
    }
}

fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Damaged(error.to_string()))
}
