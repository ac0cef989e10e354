//! The data folder of one hub.
//!
//! ```text
//! <data>/
//!   hub.lock      held by the one process that serves this folder
//!   hub.token     the first token, readable by its owner only; the screen on the same machine reads it
//!   hub.address   host and port by which this machine reaches the hub, while it runs; a killed hub leaves its last one
//!   hub.witness   how far the log was when it was written last: tells an older copy of it from the latest (see `life`)
//!   hub.sqlite    the log and its projections (with -wal and -shm beside it while the hub runs)
//! ```

use crate::HubError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A data folder, locked for this process until dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is not there, and takes its lock.
    pub(crate) fn claim(path: &Path) -> Result<Self, HubError> {
        let broken = |source| HubError::Folder { path: path.to_owned(), source };
        create_private(path).map_err(broken)?;
        let lock = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(path.join("hub.lock"))
            .map_err(broken)?;
        match lock.try_lock() {
            Ok(()) => {
                // SQLite keeps the mode of a file that is there, for its companions too.
                private(OpenOptions::new().create(true).truncate(false).write(true))
                    .open(database(path))
                    .map_err(broken)?;
                let folder = Self { path: path.to_owned(), _lock: lock };
                folder.forget_address();
                Ok(folder)
            }
            Err(TryLockError::WouldBlock) => Err(HubError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(broken(source)),
        }
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// The witness of the log, made if it is not there.
    pub(crate) fn open_witness(&self) -> std::io::Result<File> {
        let path = self.path.join("hub.witness");
        private(OpenOptions::new().create(true).truncate(false).read(true).write(true)).open(path)
    }

    /// The first token as it was written, if it was.
    pub(crate) fn token(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.path.join("hub.token")).ok()?;
        Some(text.trim().to_owned()).filter(|token| !token.is_empty())
    }

    /// Writes the first token, whole or not at all.
    pub(crate) fn keep_token(&self, token: &str) -> Result<(), HubError> {
        let write = || -> std::io::Result<()> {
            let fresh = self.path.join("hub.token.new");
            let mut file =
                private(OpenOptions::new().create(true).truncate(true).write(true)).open(&fresh)?;
            writeln!(file, "{token}")?;
            file.sync_all()?;
            std::fs::rename(&fresh, self.path.join("hub.token"))
        };
        write().map_err(|source| HubError::Folder { path: self.path.clone(), source })
    }

    /// Says where this hub is reached, for programs on this machine: with port 0 only the hub knows.
    pub(crate) fn keep_address(&self, address: SocketAddr) -> Result<(), HubError> {
        let fresh = self.path.join("hub.address.new");
        std::fs::write(&fresh, format!("{address}\n"))
            .and_then(|()| std::fs::rename(&fresh, self.path.join("hub.address")))
            .map_err(|source| HubError::Folder { path: self.path.clone(), source })
    }

    fn forget_address(&self) {
        // A folder that lets nothing be removed is met, and said, by whatever is written next.
        let _ = std::fs::remove_file(self.path.join("hub.address"));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.forget_address();
    }
}

/// The database in a data folder.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join("hub.sqlite")
}

/// Where a hub keeps its data when nobody says: `$XDG_DATA_HOME/brigade/<name>`, `~/.local/share/brigade/<name>`, or
/// `%LOCALAPPDATA%\brigade\<name>`.
#[must_use]
pub fn default_folder(name: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else {
        set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("brigade").join(name))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}
