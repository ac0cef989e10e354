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

/// An unknown token makes the database be asked at most this often, so that guessing costs the hub nothing.
const ASKED_AT_MOST: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Tokens {
    readers: Arc<Readers>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    read_at: Option<Instant>,
    hashes: Vec<(String, Vec<u8>)>,
}

impl Tokens {
    pub(crate) fn new(readers: Arc<Readers>) -> Self {
        Self { readers, known: Mutex::new(Known::default()) }
    }

    /// Whether the token is good now.
    pub(crate) async fn admit(&self, token: &str) -> Result<bool, Fault> {
        let hash = hash(token);
        let fresh = |age: Duration| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_young = known.read_at.is_some_and(|at| at.elapsed() < age);
            is_young.then(|| known.hashes.iter().fold(false, |found, (_, good)| found | same(good, &hash)))
        };
        if fresh(BELIEVED) == Some(true) {
            return Ok(true);
        }
        if let Some(answer) = fresh(ASKED_AT_MOST) {
            return Ok(answer);
        }
        let hashes = self.readers.read(|db| store::good_tokens(db)).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Known { read_at: Some(Instant::now()), hashes };
        Ok(fresh(Duration::MAX).unwrap_or(false))
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
