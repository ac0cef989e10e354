//! Being somebody at the back end.
//!
//! A token is used until shortly before its end and survives a restart of the hub, for every login by PIN costs the
//! colleagues one of the five tries that they have in 15 minutes. So at most one login is under way, tries keep a floor
//! between them that also survives a restart, and a refusal is not tried again for long.

use super::backoff_ms;
use kitchen::At;
use wire::restaurant_os::Token;

/// Who the hub is to the back end.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// An account with a password.
    Email {
        /// The address.
        email: String,
        /// Never logged.
        password: String,
    },
    /// A PIN of 4 to 6 digits. Never logged.
    Pin {
        /// The digits.
        pin: String,
    },
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Email { email, .. } => {
                f.debug_struct("Email").field("email", email).finish_non_exhaustive()
            }
            Self::Pin { .. } => f.debug_struct("Pin").finish_non_exhaustive(),
        }
    }
}

impl Credentials {
    /// The least time between two tries. By PIN: three in 15 minutes leave the colleagues two of their five.
    fn floor_ms(&self) -> i64 {
        match self {
            Self::Email { .. } => 30_000,
            Self::Pin { .. } => 300_000,
        }
    }

    /// How long a refusal is believed: somebody has to change something.
    fn refused_ms(&self) -> i64 {
        match self {
            Self::Email { .. } => 900_000,
            Self::Pin { .. } => 3_600_000,
        }
    }
}

/// What of a login outlives the hub's process. Kept readable by its owner only.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HeldLogin {
    /// The token, if there is one.
    pub token: Option<String>,
    /// When it was given, by the hub's clock.
    pub given_at: At,
    /// How long it holds, seconds.
    pub lifetime_s: i64,
    /// The last try, by the hub's clock.
    pub tried_at: Option<At>,
}

impl std::fmt::Debug for HeldLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldLogin")
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("given_at", &self.given_at)
            .field("lifetime_s", &self.lifetime_s)
            .field("tried_at", &self.tried_at)
            .finish()
    }
}

/// A new token is fetched so long before the old one ends, or a tenth of its life, whichever is less.
const AHEAD_MS: i64 = 300_000;

#[derive(Debug)]
pub(super) struct Login {
    credentials: Credentials,
    held: Option<Held>,
    attempt: Attempt,
    tried_at: Option<At>,
    /// Counts the tokens of this run: which one a refusal is about.
    serial: u64,
    /// Tokens up to that one are not taken for a greeting, though they may be for requests.
    refused_serial: u64,
    /// Greetings refused in a row: where a new token is no better, it is not fetched ever so often.
    refused_greetings: u32,
}

struct Held {
    token: String,
    serial: u64,
    given_at: At,
    lifetime_s: i64,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl Held {
    fn ends_at(&self) -> At {
        self.given_at.plus(self.lifetime_s * 1_000)
    }

    fn renew_at(&self) -> At {
        self.ends_at().plus(-AHEAD_MS.min(self.lifetime_s * 100))
    }
}

#[derive(Debug)]
enum Attempt {
    Rest,
    Underway { tried_before: Option<At> },
    Waiting { until: At, failed: u32 },
    Refused { until: At },
}

/// What a try came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Token(Token),
    /// These credentials are not wanted.
    Refused,
    /// Not now; the back end may have counted it.
    Later {
        after_ms: Option<i64>,
    },
    /// It never reached the back end.
    Unsent,
}

/// Where the login stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginStanding {
    /// There is a token that holds.
    Good,
    /// There is none yet.
    Wanted,
    /// The back end does not want these credentials; tried again then.
    Refused {
        /// When.
        until: At,
    },
}

impl Login {
    pub(super) fn new(credentials: Credentials, held: Option<HeldLogin>) -> Self {
        let tried_at = held.as_ref().and_then(|held| held.tried_at);
        let held = held.and_then(|held| {
            let token = held.token?;
            Some(Held { token, serial: 1, given_at: held.given_at, lifetime_s: held.lifetime_s })
        });
        Self {
            credentials,
            held,
            attempt: Attempt::Rest,
            tried_at,
            serial: 1,
            refused_serial: 0,
            refused_greetings: 0,
        }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The token and its serial number, if there is one that holds.
    pub(super) fn token(&self, now: At) -> Option<(&str, u64)> {
        let held = self.held.as_ref().filter(|held| now < held.ends_at())?;
        Some((&held.token, held.serial))
    }

    /// The token for a greeting: the socket may have refused one that requests are still answered for.
    pub(super) fn greeting_token(&self, now: At) -> Option<(&str, u64)> {
        self.token(now).filter(|(_, serial)| *serial > self.refused_serial)
    }

    /// A greeting with that token was refused.
    pub(super) fn greeting_refused(&mut self, serial: u64) {
        if serial > self.refused_serial {
            self.refused_serial = serial;
            self.refused_greetings += 1;
        }
    }

    /// A greeting was accepted.
    pub(super) fn greeting_accepted(&mut self) {
        self.refused_greetings = 0;
    }

    pub(super) fn standing(&self, now: At) -> LoginStanding {
        match (&self.attempt, self.token(now)) {
            (_, Some(_)) => LoginStanding::Good,
            (Attempt::Refused { until }, None) => LoginStanding::Refused { until: *until },
            (Attempt::Rest | Attempt::Underway { .. } | Attempt::Waiting { .. }, None) => {
                LoginStanding::Wanted
            }
        }
    }

    /// When the next try is due; none: one is under way.
    pub(super) fn due_at(&self, now: At) -> Option<At> {
        let wanted = match &self.held {
            Some(held) if held.serial <= self.refused_serial => {
                let wait = self.credentials.floor_ms() << self.refused_greetings.saturating_sub(1).min(4);
                held.renew_at().min(held.given_at.plus(wait))
            }
            Some(held) => held.renew_at(),
            None => now,
        };
        let allowed = match self.attempt {
            Attempt::Rest => now,
            Attempt::Underway { .. } => return None,
            Attempt::Waiting { until, .. } | Attempt::Refused { until } => until,
        };
        let floor = self.tried_at.map_or(now, |at| at.plus(self.credentials.floor_ms()));
        Some(wanted.max(allowed).max(floor))
    }

    /// A try begins; what is to be kept before it is sent.
    pub(super) fn begin(&mut self, now: At) -> HeldLogin {
        self.attempt = Attempt::Underway { tried_before: self.tried_at };
        self.tried_at = Some(now);
        self.to_keep()
    }

    /// A try ended; what is to be kept now. True: somebody has to be told that the credentials are refused.
    pub(super) fn end(&mut self, outcome: Outcome, failed_before: u32, now: At) -> (HeldLogin, bool) {
        let Attempt::Underway { tried_before } = self.attempt else { return (self.to_keep(), false) };
        let mut refused = false;
        self.attempt = match outcome {
            Outcome::Token(token) => {
                self.serial += 1;
                self.held = Some(Held {
                    token: token.text,
                    serial: self.serial,
                    given_at: now,
                    lifetime_s: token.lifetime_s,
                });
                Attempt::Rest
            }
            Outcome::Refused => {
                refused = true;
                Attempt::Refused { until: now.plus(self.credentials.refused_ms()) }
            }
            Outcome::Later { after_ms } => Attempt::Waiting {
                until: now.plus(after_ms.unwrap_or_else(|| backoff_ms(failed_before))),
                failed: failed_before + 1,
            },
            Outcome::Unsent => {
                self.tried_at = tried_before;
                Attempt::Waiting { until: now.plus(backoff_ms(failed_before)), failed: failed_before + 1 }
            }
        };
        (self.to_keep(), refused)
    }

    /// Tries that failed in a row.
    pub(super) fn failed(&self) -> u32 {
        match self.attempt {
            Attempt::Waiting { failed, .. } => failed,
            Attempt::Rest | Attempt::Underway { .. } | Attempt::Refused { .. } => 0,
        }
    }

    /// The back end does not take that token any more. False: it is another one that is held by now.
    pub(super) fn drop_token(&mut self, serial: u64) -> bool {
        if self.held.as_ref().is_some_and(|held| held.serial == serial) {
            self.held = None;
            return true;
        }
        false
    }

    /// Somebody says "now". The floor holds all the same: it protects other people.
    pub(super) fn hurry(&mut self) {
        self.refused_greetings = 0;
        match self.attempt {
            Attempt::Waiting { .. } | Attempt::Refused { .. } => self.attempt = Attempt::Rest,
            Attempt::Rest | Attempt::Underway { .. } => {}
        }
    }

    fn to_keep(&self) -> HeldLogin {
        let held = self.held.as_ref();
        HeldLogin {
            token: held.map(|held| held.token.clone()),
            given_at: held.map_or(At(0), |held| held.given_at),
            lifetime_s: held.map_or(0, |held| held.lifetime_s),
            tried_at: self.tried_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn pin() -> Credentials {
        Credentials::Pin { pin: "2468".into() }
    }

    fn token(lifetime_s: i64) -> Outcome {
        Outcome::Token(Token { text: "t".into(), lifetime_s })
    }

    #[test]
    fn a_token_is_renewed_before_its_end_and_used_until_then() {
        let mut login = Login::new(pin(), None);
        assert_eq!(login.due_at(At(0)), Some(At(0)));
        login.begin(At(0));
        assert_eq!(login.due_at(At(0)), None);
        login.end(token(43_200), 0, At(1));
        assert_eq!(login.due_at(At(1)), Some(At(12 * HOUR - 300_000 + 1)));
        login.begin(At(12 * HOUR - 300_000 + 1));
        login.end(Outcome::Unsent, 0, At(12 * HOUR - 299_000));
        assert!(login.token(At(12 * HOUR)).is_some());
        assert!(login.token(At(12 * HOUR + 1)).is_none());
    }

    #[test]
    fn tries_by_pin_keep_the_floor_also_across_a_restart_and_when_hurried() {
        let mut login = Login::new(pin(), None);
        let kept = login.begin(At(1_000));
        login.end(Outcome::Later { after_ms: None }, 0, At(2_000));
        login.hurry();
        assert_eq!(login.due_at(At(3_000)), Some(At(301_000)));
        assert_eq!(Login::new(pin(), Some(kept)).due_at(At(3_000)), Some(At(301_000)));
    }

    #[test]
    fn a_try_that_was_never_sent_costs_nobody_anything() {
        let mut login = Login::new(pin(), None);
        login.begin(At(0));
        login.end(Outcome::Unsent, 0, At(10));
        assert_eq!(login.due_at(At(10)), Some(At(2_010)));
    }

    #[test]
    fn a_refusal_is_believed_for_long() {
        let mut login = Login::new(pin(), None);
        login.begin(At(0));
        let (_, tell) = login.end(Outcome::Refused, 0, At(10));
        assert!(tell);
        assert_eq!(login.due_at(At(10)), Some(At(HOUR + 10)));
        assert_eq!(login.standing(At(10)), LoginStanding::Refused { until: At(HOUR + 10) });
    }

    #[test]
    fn a_token_survives_a_restart_and_a_refused_one_is_dropped_once() {
        let mut login = Login::new(pin(), None);
        login.begin(At(0));
        let (kept, _) = login.end(token(43_200), 0, At(0));
        let mut again = Login::new(pin(), Some(kept));
        let serial = again.token(At(HOUR)).unwrap().1;
        assert!(again.drop_token(serial));
        assert!(!again.drop_token(serial));
        assert_eq!(again.due_at(At(HOUR)), Some(At(HOUR)));
    }

    #[test]
    fn a_token_that_only_the_socket_refuses_is_replaced_ever_more_slowly() {
        let mut login = Login::new(pin(), None);
        let mut now = At(0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            login.begin(now);
            login.end(token(43_200), 0, now);
            let serial = login.greeting_token(now).unwrap().1;
            login.greeting_refused(serial);
            assert!(login.greeting_token(now).is_none() && login.token(now).is_some());
            let due = login.due_at(now).unwrap();
            waits.push(due.since(now) / 60_000);
            now = due;
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 80]);
    }

    #[test]
    fn nothing_secret_is_printed() {
        let mut login = Login::new(pin(), None);
        login.begin(At(0));
        let (kept, _) = login.end(Outcome::Token(Token { text: "tok3n".into(), lifetime_s: 60 }), 0, At(0));
        let text = format!("{login:?} {kept:?} {:?}", login.credentials());
        assert!(!text.contains("2468") && !text.contains("tok3n"), "{text}");
    }
}
