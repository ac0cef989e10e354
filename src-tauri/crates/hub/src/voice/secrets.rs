//! Client secrets: what opens a call, for a while. Kept as hashes, in memory only.

use kitchen::At;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use voice::protocol::Session;

/// How long a secret opens calls if nobody says, and what can be said, in seconds.
const USUAL: u32 = 600;
const SHORTEST: u32 = 10;
const LONGEST: u32 = 7_200;

/// Secrets at a time. A screen needs one per connection.
const MOST: usize = 256;

/// What a secret is known by.
pub(super) type SecretHash = [u8; 32];

/// Why there is no secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoSecret {
    /// It should open calls for longer or shorter than it may.
    Lifetime,
    /// There are as many as may be; none of them has ended.
    TooMany,
}

/// Until when, and what for.
struct Good {
    end: At,
    session: Session,
}

/// The secrets that open calls now.
#[derive(Default)]
pub(super) struct Secrets {
    good: BTreeMap<SecretHash, Good>,
}

impl Secrets {
    /// Makes one of `random` for such a session; returns it and when it ends.
    pub(super) fn mint(
        &mut self,
        now: At,
        seconds: Option<u32>,
        random: [u8; 32],
        session: Session,
    ) -> Result<(String, At), NoSecret> {
        let seconds = seconds.unwrap_or(USUAL);
        if !(SHORTEST..=LONGEST).contains(&seconds) {
            return Err(NoSecret::Lifetime);
        }
        self.good.retain(|_, good| good.end > now);
        if self.good.len() >= MOST {
            return Err(NoSecret::TooMany);
        }
        let secret = random.iter().fold("ek_".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        let end = At(now.0 + i64::from(seconds) * 1_000);
        self.good.insert(hash(&secret), Good { end, session });
        Ok((secret, end))
    }

    /// Whether it opens calls now; what it is known by and what for. A look-up by hash tells by its time nothing of the secret.
    pub(super) fn admit(&self, secret: &str, now: At) -> Option<(SecretHash, Session)> {
        let hash = hash(secret);
        self.good.get(&hash).filter(|good| good.end > now).map(|good| (hash, good.session.clone()))
    }
}

pub(super) fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_calls_until_its_end() {
        let mut secrets = Secrets::default();
        let (secret, end) = secrets.mint(At(1_000), Some(10), [7; 32], Session::default()).unwrap();
        assert!(secret.starts_with("ek_0707") && end == At(11_000));
        assert!(secrets.admit(&secret, At(10_999)).is_some());
        assert!(secrets.admit(&secret, At(11_000)).is_none());
        assert!(secrets.admit("ek_guess", At(1_000)).is_none());
        assert_eq!(secrets.mint(At(0), Some(9), [0; 32], Session::default()), Err(NoSecret::Lifetime));
        assert_eq!(secrets.mint(At(0), Some(7_201), [0; 32], Session::default()), Err(NoSecret::Lifetime));
    }

    #[test]
    fn there_are_never_more_than_a_bound_and_ended_ones_make_room() {
        let mut secrets = Secrets::default();
        for number in 0..MOST {
            let mut random = [0; 32];
            random[..8].copy_from_slice(&number.to_le_bytes());
            secrets.mint(At(0), Some(10), random, Session::default()).unwrap();
        }
        assert_eq!(secrets.mint(At(9_999), None, [1; 32], Session::default()), Err(NoSecret::TooMany));
        assert!(secrets.mint(At(10_000), None, [1; 32], Session::default()).is_ok());
    }
}
