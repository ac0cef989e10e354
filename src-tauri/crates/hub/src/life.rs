//! Which life of its log a hub is in, and how it knows that the log is not an older copy of itself.
//!
//! A screen that holds event 105 asks for what follows it. If the database was meanwhile replaced by a backup that ends at
//! 100, other events will get the numbers 101 to 105, and the screen would never see them. So beside the database lies a
//! witness: a small file that names the epoch, the run of the hub that wrote last, and the last number that anybody could
//! have heard. A log that does not reach its witness, or was not written by that run, or has none, begins a new life: a new
//! epoch, in which every screen reads everything anew. That costs a snapshot and loses nothing, so any doubt decides for it.
//!
//! The witness is written after each commit and before anybody hears of it, but synced only now and then: a killed process
//! leaves it exact, a power cut leaves it a little behind, and it is never ahead. What even so goes unnoticed (a copy of
//! the whole folder, witness and all) is proven by the first screen that says it has read further than the log reaches.

use crate::folder::Folder;
use crate::store::{self, StoreError};
use crate::text;
use kitchen::{At, EpochId};
use rusqlite::{Connection, Transaction};
use serde::Serialize;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// A busy hub syncs its witness this often; a quiet one at the end of its work.
const SYNC_EVERY: Duration = Duration::from_secs(30);

/// A life of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) epoch: EpochId,
    /// When it began; absent for a log that is older than this record.
    pub(crate) began: Option<At>,
    pub(crate) why: Why,
}

/// Why a life began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// The hub's first start.
    First,
    /// There was no witness, or it could not be read.
    NoWitness,
    /// The database is not the one that the hub wrote last.
    OtherDatabase,
    /// The database ends before what was told to screens.
    OlderDatabase,
    /// A screen had read further than the database reaches.
    ScreenAhead,
}

impl Why {
    const ALL: [Self; 5] =
        [Self::First, Self::NoWitness, Self::OtherDatabase, Self::OlderDatabase, Self::ScreenAhead];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::NoWitness => "no_witness",
            Self::OtherDatabase => "other_database",
            Self::OlderDatabase => "older_database",
            Self::ScreenAhead => "screen_ahead",
        }
    }
}

/// Reads the life of a log that has one.
pub(crate) fn read(db: &Connection) -> Result<Option<Life>, StoreError> {
    let Some(epoch) = store::epoch(db)? else { return Ok(None) };
    let began = store::meta(db, "epoch_at")?.and_then(|text| text.parse().ok()).map(At);
    let word = store::meta(db, "epoch_why")?;
    let why = Why::ALL.into_iter().find(|why| Some(why.word()) == word.as_deref()).unwrap_or(Why::First);
    Ok(Some(Life { epoch, began, why }))
}

/// Begins a life.
pub(crate) fn begin(tx: &Transaction<'_>, why: Why, at: At) -> Result<Life, StoreError> {
    let epoch = EpochId(text::new_id(at));
    store::keep_meta(tx, "epoch", epoch.as_str())?;
    store::keep_meta(tx, "epoch_at", &at.0.to_string())?;
    store::keep_meta(tx, "epoch_why", why.word())?;
    // How far screens were is said in numbers of the life before.
    store::forget_places(tx)?;
    Ok(Life { epoch, began: Some(at), why })
}

/// At the start of a hub: asks the witness whether this log is the latest, begins a new life if it does not say so, and
/// begins a run.
pub(crate) fn open(db: &mut Connection, folder: &Folder, at: At) -> Result<(Life, Witness), StoreError> {
    let (end, _) = store::end_of_log(db)?;
    let held = read(db)?.ok_or(StoreError::Missing)?;
    let run = store::meta(db, "run")?;
    let mut witness = Witness::open(folder)?;
    let why = witness.doubt(&held.epoch, run.as_deref(), end).filter(|_| end > 0);
    let run = text::new_id(at);
    let tx = db.transaction()?;
    store::keep_meta(&tx, "run", &run)?;
    let life = match why {
        None => held,
        Some(why) => {
            let life = begin(&tx, why, at)?;
            tracing::error!(
                target: "hub::log", why = why.word(), seq = end, told = witness.said.as_ref().map(|said| said.seq),
                before = %held.epoch, epoch = %life.epoch,
                "this log cannot show to be the latest: a new life of it begins, and screens read everything anew"
            );
            life
        }
    };
    tx.commit()?;
    witness.begin(&life.epoch, &run, end)?;
    Ok((life, witness))
}

/// The witness, open for as long as the hub runs.
#[derive(Debug)]
pub(crate) struct Witness {
    file: File,
    said: Option<Said>,
    /// When it was synced, if nothing was written since.
    synced: Option<Instant>,
    last_sync: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    epoch: String,
    run: String,
    seq: u64,
}

impl Said {
    fn read(text: &str) -> Option<Self> {
        let line = text.strip_suffix('\n')?;
        let mut words = line.split(' ');
        let (epoch, run, seq) = (words.next()?, words.next()?, words.next()?);
        let whole = words.next().is_none() && seq.len() == 20;
        whole.then(|| Some(Self { epoch: epoch.to_owned(), run: run.to_owned(), seq: seq.parse().ok()? }))?
    }
}

impl Witness {
    pub(crate) fn open(folder: &Folder) -> Result<Self, StoreError> {
        let mut file = folder.open_witness()?;
        let mut text = String::new();
        // One that cannot be read is none.
        let said = file.read_to_string(&mut text).ok().and_then(|_| Said::read(&text));
        Ok(Self { file, said, synced: None, last_sync: Instant::now() })
    }

    /// Whether the log is another one than that which was written last.
    fn doubt(&self, epoch: &EpochId, run: Option<&str>, end: u64) -> Option<Why> {
        let Some(said) = &self.said else { return Some(Why::NoWitness) };
        if said.epoch != epoch.as_str() || Some(said.run.as_str()) != run {
            Some(Why::OtherDatabase)
        } else if end < said.seq {
            Some(Why::OlderDatabase)
        } else {
            None
        }
    }

    fn begin(&mut self, epoch: &EpochId, run: &str, seq: u64) -> Result<(), StoreError> {
        self.said = Some(Said { epoch: epoch.0.clone(), run: run.to_owned(), seq });
        self.write()?;
        self.sync();
        Ok(())
    }

    /// The log reaches that far, and somebody will hear of it.
    pub(crate) fn note(&mut self, epoch: &EpochId, seq: u64) {
        let Some(said) = &mut self.said else { return };
        if said.seq == seq && said.epoch == epoch.as_str() {
            return;
        }
        said.seq = seq;
        said.epoch.clone_from(&epoch.0);
        if let Err(error) = self.write() {
            // It is behind now, which only means that less can be proven by it.
            tracing::warn!(target: "hub::log", %error, "the witness of the log cannot be written");
        }
        if self.last_sync.elapsed() > SYNC_EVERY {
            self.sync();
        }
    }

    /// Makes it durable, if it is not.
    pub(crate) fn sync(&mut self) {
        if self.synced.is_some() {
            return;
        }
        self.last_sync = Instant::now();
        match self.file.sync_data() {
            Ok(()) => self.synced = Some(self.last_sync),
            Err(error) => {
                tracing::warn!(target: "hub::log", %error, "the witness of the log cannot be synced");
            }
        }
    }

    /// Always of the same length and in place, so that no reader and no power cut meets half of it.
    fn write(&mut self) -> Result<(), StoreError> {
        self.synced = None;
        if let Some(Said { epoch, run, seq }) = &self.said {
            let line = format!("{epoch} {run} {seq:020}\n");
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(line.as_bytes())?;
            self.file.set_len(line.len() as u64)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_log_that_reaches_what_was_told_is_the_same() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::claim(data.path()).unwrap();
        let epoch = EpochId::from("e1");
        let mut witness = Witness::open(&folder).unwrap();
        assert_eq!(witness.doubt(&epoch, Some("r1"), 5), Some(Why::NoWitness));
        witness.begin(&epoch, "r1", 5).unwrap();
        witness.note(&epoch, 9);
        let witness = Witness::open(&folder).unwrap();
        assert_eq!(witness.doubt(&epoch, Some("r1"), 9), None);
        assert_eq!(witness.doubt(&epoch, Some("r1"), 12), None, "a power cut may leave it behind");
        assert_eq!(witness.doubt(&epoch, Some("r1"), 8), Some(Why::OlderDatabase));
        assert_eq!(witness.doubt(&epoch, Some("r0"), 9), Some(Why::OtherDatabase));
        assert_eq!(witness.doubt(&epoch, None, 9), Some(Why::OtherDatabase));
        assert_eq!(witness.doubt(&"e0".into(), Some("r1"), 9), Some(Why::OtherDatabase));
        for torn in ["", "e1 r1", "e1 r1 9\n", "e1 r1 0000000000000000000x\n", "\0\0\0"] {
            assert_eq!(Said::read(torn), None, "{torn:?}");
        }
    }
}
