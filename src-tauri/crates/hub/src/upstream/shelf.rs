//! What an upstream keeps between two runs of the hub: which row of each order it told last, and its login.
//!
//! A file of its own, readable by its owner only, for it holds the token. It may be lost: then everything is read again
//! and one more login is made. It belongs to one account at one back end and to one life of the hub's log; with another of
//! either it starts empty, for a log that was restored from a backup has forgotten orders that these rows call told.

use super::restaurant_os::{HeldLogin, Seen};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use wire::restaurant_os::{Freshness, Status};

/// The steps from an empty file. Never edited once released.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE rows (
        reference  TEXT    PRIMARY KEY,
        version    INTEGER NOT NULL,
        updated_us INTEGER NOT NULL,
        status     TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE kept (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
"];

/// The file, open.
#[derive(Debug)]
pub(super) struct Shelf {
    db: Connection,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("the file cannot be made private")]
    File(#[from] std::io::Error),
    #[error("the file cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a document in the file cannot be read")]
    Document(#[from] serde_json::Error),
    #[error("the file was written by a newer version")]
    Newer,
}

/// One change of what is kept.
#[derive(Debug)]
pub(super) enum Change {
    Keep(Seen),
    Forget(String),
    Login(HeldLogin),
}

impl Shelf {
    /// Opens the file for that owner.
    pub(super) fn open(path: &Path, owner: &str) -> Result<Self, ShelfError> {
        private(path)?;
        let mut db = Connection::open(path)?;
        db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "full")?;
        let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found as usize > MIGRATIONS.len() {
            return Err(ShelfError::Newer);
        }
        for (index, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
            let tx = db.transaction()?;
            tx.execute_batch(step)?;
            tx.pragma_update(None, "user_version", index as u32 + 1)?;
            tx.commit()?;
        }
        let shelf = Self { db };
        if shelf.value("owner")?.as_deref() != Some(owner) {
            shelf.db.execute_batch("DELETE FROM rows; DELETE FROM kept;")?;
            shelf.keep_value("owner", owner)?;
        }
        Ok(shelf)
    }

    /// Every row.
    pub(super) fn rows(&self) -> Result<Vec<Seen>, ShelfError> {
        let mut find = self.db.prepare("SELECT reference, version, updated_us, status FROM rows")?;
        let rows = find.query_map([], |row| {
            let status: Option<String> = row.get(3)?;
            let freshness = Freshness { version: row.get::<_, i64>(1)? as u64, updated_us: row.get(2)? };
            Ok(Seen { reference: row.get(0)?, freshness, status: status.as_deref().and_then(Status::of) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The login of the last run.
    pub(super) fn login(&self) -> Result<Option<HeldLogin>, ShelfError> {
        Ok(self.value("login")?.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Makes all of the changes, or none. They are on the disk then.
    pub(super) fn make(&mut self, changes: &[Change]) -> Result<(), ShelfError> {
        let tx = self.db.transaction()?;
        for change in changes {
            match change {
                Change::Keep(Seen { reference, freshness, status }) => {
                    let version = i64::try_from(freshness.version).unwrap_or(i64::MAX);
                    tx.prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2, ?3, ?4)")?.execute(
                        params![reference, version, freshness.updated_us, status.map(Status::word)],
                    )?;
                }
                Change::Forget(reference) => {
                    tx.prepare_cached("DELETE FROM rows WHERE reference = ?1")?.execute([reference])?;
                }
                Change::Login(login) => {
                    tx.prepare_cached("INSERT OR REPLACE INTO kept VALUES ('login', ?1)")?
                        .execute([serde_json::to_string(login)?])?;
                }
            }
        }
        Ok(tx.commit()?)
    }

    fn value(&self, name: &str) -> Result<Option<String>, ShelfError> {
        let mut find = self.db.prepare_cached("SELECT value FROM kept WHERE name = ?1")?;
        Ok(find.query_row([name], |row| row.get(0)).optional()?)
    }

    fn keep_value(&self, name: &str, value: &str) -> Result<(), ShelfError> {
        self.db.execute("INSERT OR REPLACE INTO kept VALUES (?1, ?2)", [name, value])?;
        Ok(())
    }
}

/// SQLite keeps the mode of a file that is there, for its companions too.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::At;

    #[test]
    fn what_is_kept_comes_back_to_its_owner_and_to_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upstream.sqlite");
        let seen = Seen {
            reference: "o1".into(),
            freshness: Freshness { version: 3, updated_us: 7 },
            status: Some(Status::PickedUp),
        };
        let gone = Seen { reference: "o2".into(), freshness: Freshness::default(), status: None };
        let login =
            HeldLogin { token: Some("t".into()), given_at: At(1), lifetime_s: 2, tried_at: Some(At(3)) };
        let mut shelf = Shelf::open(&path, "us").unwrap();
        let changes = [
            Change::Keep(seen.clone()),
            Change::Keep(gone),
            Change::Forget("o2".into()),
            Change::Login(login.clone()),
        ];
        shelf.make(&changes).unwrap();
        drop(shelf);
        let again = Shelf::open(&path, "us").unwrap();
        assert_eq!(again.rows().unwrap(), [seen]);
        assert_eq!(again.login().unwrap(), Some(login));
        drop(again);
        let other = Shelf::open(&path, "them").unwrap();
        assert_eq!((other.rows().unwrap().len(), other.login().unwrap()), (0, None));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
