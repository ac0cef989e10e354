//! Reading beside the writer: a few connections of their own, which no commit holds up and which hold up no commit.

use crate::store::{self, StoreError};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use wire::hub::Fault;

/// Reads at a time. A kitchen's machine has few cores, and the writer needs one.
const AT_ONCE: usize = 4;

/// See the module.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, idle: Mutex::new(Vec::new()), turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Runs `look` on a connection, away from the runtime's own threads.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, look: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| crate::writer::stopping())?;
        let readers = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let idle = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut db = match idle {
                Some(db) => db,
                None => store::open_to_read(&readers.path)?,
            };
            let found = look(&mut db)?;
            if !readers.turns.is_closed() {
                readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            }
            Ok::<T, StoreError>(found)
        });
        match looked.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(target: "hub::log", %error, cause, "a read failed");
                Err(Fault::new("storage_failed").passing())
            }
            Err(_) => Err(crate::writer::stopping()),
        }
    }

    /// No more reads; idle connections are closed.
    pub(crate) fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
