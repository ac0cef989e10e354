//! Files that turn over by size and by age, and never take more than their share of the disk (rule R7.3).
//!
//! Old files are numbered, the newest is 1: a clock that jumps can neither hide one nor make the wrong one go.

use crate::outlet::{LONGEST_LINE, Sink};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// How long one file is written to.
    pub age: Duration,
    /// Files, the one that is written to among them.
    pub files: usize,
    /// Bytes of all of them.
    pub all: u64,
}

impl Default for Limits {
    /// Two weeks of shifts, for the complaint that comes after the weekend, and a tenth of a gigabyte at most.
    fn default() -> Self {
        Self {
            file: 10 * 1024 * 1024,
            age: Duration::from_secs(24 * 3_600),
            files: 14,
            all: 100 * 1024 * 1024,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Turnover {
    folder: PathBuf,
    name: &'static str,
    limits: Limits,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
    began: SystemTime,
}

impl Turnover {
    /// Nothing is opened before the first line.
    pub(crate) fn new(folder: &Path, name: &'static str, limits: Limits) -> Self {
        Self { folder: folder.to_owned(), name, limits, open: None }
    }

    /// The file that is written to is 0.
    fn path(&self, number: usize) -> PathBuf {
        self.folder.join(match number {
            0 => format!("{}.log", self.name),
            number => format!("{}.{number}.log", self.name),
        })
    }

    /// Goes on with the file that is there.
    fn open(&self, now: SystemTime) -> std::io::Result<Open> {
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.folder)?;
        let path = self.path(0);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        let metadata = file.metadata()?;
        let is_new = metadata.len() == 0;
        let began =
            if is_new { now } else { metadata.created().or_else(|_| metadata.modified()).unwrap_or(now) };
        Ok(Open { file, bytes: metadata.len(), began })
    }

    fn is_due(&self, open: &Open, more: u64, now: SystemTime) -> bool {
        // A file from the future is one whose clock was wrong; its size is what ends it.
        let age = now.duration_since(open.began).unwrap_or_default();
        open.bytes > 0 && (open.bytes + more > self.limits.file || age >= self.limits.age)
    }

    /// Moves every file one number up, and takes away what is too much.
    fn turn(&self) -> std::io::Result<()> {
        let last = self.limits.files.max(1) - 1;
        remove(&self.path(last))?;
        for number in (0..last).rev() {
            match std::fs::rename(self.path(number), self.path(number + 1)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        // The new file may grow to its limit before anybody looks again.
        let mut room = self.limits.all.saturating_sub(self.limits.file);
        for number in 1..=last {
            let Ok(metadata) = std::fs::metadata(self.path(number)) else { continue };
            match room.checked_sub(metadata.len()) {
                Some(rest) => room = rest,
                None => {
                    room = 0;
                    remove(&self.path(number))?;
                }
            }
        }
        Ok(())
    }
}

impl Sink for Turnover {
    fn write(&mut self, line: &[u8], now: SystemTime) -> std::io::Result<()> {
        debug_assert!(line.len() <= LONGEST_LINE + 64, "lines are cut before they come here");
        let more = line.len() as u64;
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.open(now)?,
        };
        if self.is_due(&open, more, now) {
            drop(open);
            self.turn()?;
            open = self.open(now)?;
        }
        open.file.write_all(line)?;
        open.bytes += more;
        // After a failure the file is opened anew: it may have been a disk that came back.
        self.open = Some(open);
        Ok(())
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
