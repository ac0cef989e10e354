//! Who may speak to the hub. Tokens are long random texts; only their hashes are kept, and nothing here ever logs one.
//!
//! `brigade-hub token` changes them from another process, so what is known here is read again: at once when a token is not
//! known, and after a second when it is, so that a revoked one ends.

use crate::HubError;
use crate::clock::{MachineTime, TimeSource};
use crate::readers::Readers;
use crate::store::{self, StoreError, TokenRow};
use crate::text;
use kitchen::At;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::hub::Fault;

/// A known token is believed for this long before the database is asked again.
const BELIEVED: Duration = Duration::from_secs(1);

/// An unknown token makes the database be asked at most this often, so that guessing costs the hub nothing. It waits for that
/// long at most: a token that was made a moment ago must not be refused by what was read before.
const ASKED_AT_MOST: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Tokens {
    readers: Arc<Readers>,
    known: Mutex<Known>,
    /// Held by the one that asks the database.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    read_at: Option<Instant>,
    hashes: Vec<(String, Vec<u8>)>,
}

impl Tokens {
    pub(crate) fn new(readers: Arc<Readers>) -> Self {
        Self { readers, known: Mutex::new(Known::default()), asking: tokio::sync::Mutex::new(()) }
    }

    /// Whether the token is good now.
    pub(crate) async fn admit(&self, token: &str) -> Result<bool, Fault> {
        let came = Instant::now();
        let hash = hash(token);
        if self.judge(&hash, |read_at| read_at.elapsed() < BELIEVED) == Some(true) {
            return Ok(true);
        }
        let _asking = self.asking.lock().await;
        if let Some(answer) = self.judge(&hash, |read_at| read_at >= came) {
            return Ok(answer);
        }
        if let Some(wait) = self.read_at().and_then(|at| ASKED_AT_MOST.checked_sub(at.elapsed())) {
            tokio::time::sleep(wait).await;
        }
        let read_at = Some(Instant::now());
        let hashes = self.readers.read(|db| store::good_tokens(db)).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Known { read_at, hashes };
        Ok(self.judge(&hash, |_| true).unwrap_or(false))
    }

    /// Whether the token was good when the database was last asked, if that was recently enough.
    fn judge(&self, hash: &[u8], is_recent: impl Fn(Instant) -> bool) -> Option<bool> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let good = || known.hashes.iter().fold(false, |found, (_, good)| found | same(good, hash));
        known.read_at.is_some_and(is_recent).then(good)
    }

    fn read_at(&self) -> Option<Instant> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).read_at
    }
}

/// Makes a token and keeps its hash. The token itself is in nobody's hands but the caller's.
pub(crate) fn create(db: &Connection, label: &str) -> Result<String, StoreError> {
    let mut random = [0_u8; 32];
    text::fill(&mut random);
    let token = random.iter().fold("brigade_".to_owned(), |text, byte| format!("{text}{byte:02x}"));
    let now = MachineTime.wall_ms();
    store::keep_token(db, &text::new_id(At(now)), label, &hash(&token), now)?;
    Ok(token)
}

/// Whether the token is good, by the database itself.
pub(crate) fn is_good(db: &Connection, token: &str) -> Result<bool, StoreError> {
    let hash = hash(token);
    Ok(store::good_tokens(db)?.iter().fold(false, |found, (_, good)| found | same(good, &hash)))
}

/// Makes a token for the hub of that data folder, running or not.
///
/// # Errors
/// When there is no hub's database of this version.
pub fn new_token(folder: &Path, label: &str) -> Result<String, HubError> {
    let db = store::open_beside(&crate::folder::database(folder))?;
    Ok(create(&db, label)?)
}

/// The tokens of the hub of that data folder, the revoked ones included.
///
/// # Errors
/// When there is no hub's database of this version.
pub fn list_tokens(folder: &Path) -> Result<Vec<TokenRow>, HubError> {
    let db = store::open_beside(&crate::folder::database(folder))?;
    Ok(store::tokens(&db)?)
}

/// Ends a token; the hub hears of it within a second. False: there is no such token, or it was revoked before.
///
/// # Errors
/// When there is no hub's database of this version.
pub fn revoke_token(folder: &Path, id: &str) -> Result<bool, HubError> {
    let db = store::open_beside(&crate::folder::database(folder))?;
    Ok(store::revoke_token(&db, id, MachineTime.wall_ms())?)
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Compares without telling by its time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differs = a.iter().zip(b).fold(a.len() ^ b.len(), |differs, (x, y)| differs | usize::from(x ^ y));
    std::hint::black_box(differs) == 0
}
