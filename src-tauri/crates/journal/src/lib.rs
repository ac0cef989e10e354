//! The display's own SQLite: what makes a touch durable and a restart instant.
//!
//! Holds the board as the hub confirmed it, how far that is (the cursor), the operations the hub has not confirmed (the
//! outbox), and what the views show. It is a cache of the hub but for the outbox: a lost board is read again, a lost
//! operation is a bump that never happened. So a damaged file is put aside and begun anew, its outbox taken along if it
//! can still be read, and whatever was lost is said.
//!
//! The invariant: one [`Batch`] is one transaction, written through to the disk (WAL, `synchronous=FULL`) before its
//! [`Journal::commit`] answers. One thread owns the connection; batches that wait are written under one fsync.

mod schema;
mod store;

use kitchen::{EpochId, Operation, OperationId, Order, OrderId, RestaurantId, Setup};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// An open journal. Closed by [`Journal::close`]; dropping it ends the thread once it has written what it was given.
#[derive(Debug)]
pub struct Journal {
    batches: mpsc::Sender<Submitted>,
    thread: Option<JoinHandle<()>>,
}

/// What a journal held when it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub journal: Journal,
    /// What it held.
    pub kept: Kept,
    /// What was lost, if the file was damaged.
    pub damage: Option<Damage>,
}

/// What a journal held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// How far the board is; none: there is no board yet.
    pub cursor: Option<Cursor>,
    /// Menu, stations, settings.
    pub setup: Option<Setup>,
    /// All orders as the hub confirmed them.
    pub orders: Vec<Order>,
    /// Operations that the hub has not confirmed, in the order they were made.
    pub outbox: Vec<Queued>,
    /// Each view's state, as its owner wrote it.
    pub views: BTreeMap<String, String>,
    /// Small things by name.
    pub preferences: BTreeMap<String, String>,
}

/// How far a board is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whose board.
    pub restaurant: RestaurantId,
    /// Which life of the log.
    pub epoch: EpochId,
    /// The last event in it.
    pub seq: u64,
}

/// An operation on its way to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// What was done.
    pub operation: Operation,
    /// Not to be sent before this moment of the hub's clock, in milliseconds (an undo window).
    pub not_before: Option<i64>,
}

/// What is to be written together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// New operations, in order.
    pub operations: Vec<Queued>,
    /// The hub has spoken about these, or they were taken back before they were sent.
    pub settled: Vec<OperationId>,
    /// The board is read anew: orders not in this batch are gone.
    pub whole: bool,
    /// Orders as the hub confirmed them.
    pub orders: Vec<Order>,
    /// Orders that nobody can see any more.
    pub forgotten: Vec<OrderId>,
    /// How far the board is with these orders.
    pub cursor: Option<Cursor>,
    /// Menu, stations, settings, if they changed.
    pub setup: Option<Setup>,
    /// Views that changed.
    pub views: BTreeMap<String, String>,
    /// Preferences that changed.
    pub preferences: BTreeMap<String, String>,
}

impl Batch {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happened to a damaged journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where the damaged file is now.
    pub kept_at: PathBuf,
    /// What was wrong with it.
    pub reason: String,
    /// What became of the operations in it.
    pub outbox: Salvage,
}

/// What became of the outbox of a damaged journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Salvage {
    /// All that could be read was taken over, that many.
    Taken(usize),
    /// It could not be read: bumps that the hub had not confirmed may be lost.
    Unreadable,
}

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the folder.
    #[error("another display already uses the folder {folder}")]
    Locked {
        /// Which.
        folder: PathBuf,
    },
    /// A newer program has written it.
    #[error("the journal has schema {found}, this program knows up to {known}: use the newer program")]
    NewerSchema {
        /// What it has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The folder cannot be used.
    #[error("cannot use the folder {folder}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refuses, and not because of damage.
    #[error("cannot open the journal")]
    Database(#[source] rusqlite::Error),
}

/// Why a batch was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The database refused; nothing of the batch is written.
    #[error("the journal could not be written: {0}")]
    Database(String),
    /// The journal is closed.
    #[error("the journal is closed")]
    Closed,
}

/// Batches that may wait for the disk. More means that it has stopped.
const WAITING: usize = 256;

struct Submitted {
    batch: Batch,
    done: oneshot::Sender<Result<(), CommitError>>,
}

impl Journal {
    /// Opens the journal of a folder, and makes both when they are not there. Blocks on the disk.
    ///
    /// # Errors
    /// See [`OpenError`]. Damage is no error: see [`Opened::damage`].
    pub fn open(folder: &Path) -> Result<Opened, OpenError> {
        let (mut store, kept, damage) = store::Store::open(folder)?;
        let (batches, mut inbox) = mpsc::channel::<Submitted>(WAITING);
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                while let Some(first) = inbox.blocking_recv() {
                    let mut together = vec![first];
                    while let Ok(next) = inbox.try_recv() {
                        together.push(next);
                    }
                    write(&mut store, together);
                }
            })
            .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        Ok(Opened { journal: Self { batches, thread: Some(thread) }, kept, damage })
    }

    /// Hands a batch to the writer. The answer comes when it is on the disk; until then nothing of it counts.
    pub fn commit(&self, batch: Batch) -> oneshot::Receiver<Result<(), CommitError>> {
        let (done, answer) = oneshot::channel();
        match self.batches.try_send(Submitted { batch, done }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(refused)) => {
                let _ = refused.done.send(Err(CommitError::Database("the disk does not answer".to_owned())));
            }
            Err(mpsc::error::TrySendError::Closed(refused)) => {
                let _ = refused.done.send(Err(CommitError::Closed));
            }
        }
        answer
    }

    /// Writes what waits, closes the file and ends the thread. Blocks on the disk.
    pub fn close(mut self) {
        let Some(thread) = self.thread.take() else { return };
        drop(self);
        if thread.join().is_err() {
            tracing::error!(target: "journal", "the writer panicked");
        }
    }
}

/// One fsync for all that wait. When the disk refuses them together, each is tried alone, so that one bad batch does not
/// take its neighbours with it.
fn write(store: &mut store::Store, together: Vec<Submitted>) {
    let result = store.write(together.iter().map(|submitted| &submitted.batch));
    if result.is_ok() || together.len() == 1 {
        for submitted in together {
            answer(submitted, result.clone());
        }
        return;
    }
    for submitted in together {
        let result = store.write([&submitted.batch]);
        answer(submitted, result);
    }
}

fn answer(submitted: Submitted, result: Result<(), CommitError>) {
    if let Err(error) = &result {
        tracing::error!(target: "journal", %error, "a batch was not written");
    }
    // Whoever no longer waits has ended; the batch is written all the same.
    let _ = submitted.done.send(result);
}
