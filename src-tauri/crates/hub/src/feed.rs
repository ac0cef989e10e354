//! What screens read: the latest events in memory, as text ready to be sent, and the bell that wakes whoever waits.
//!
//! Every connection keeps its own place in the log and comes to fetch. So nothing is queued for a slow screen, and a dead
//! one costs nothing. What is no longer here is in the database.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Events kept in memory; a screen that was away for a busy quarter of an hour is served from here.
const MOST_EVENTS: usize = 2_048;

/// Bytes kept in memory, whatever the number.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Events handed out at once.
pub(crate) const BATCH: usize = 64;

/// See the module.
pub(crate) struct Feed {
    ring: Mutex<Ring>,
    end: watch::Sender<u64>,
}

struct Ring {
    /// Number of the last event, in the ring or not.
    end: u64,
    texts: VecDeque<Utf8Bytes>,
    bytes: usize,
}

impl Feed {
    /// A feed that goes on after `end`.
    pub(crate) fn new(end: u64) -> Self {
        Self {
            ring: Mutex::new(Ring { end, texts: VecDeque::new(), bytes: 0 }),
            end: watch::Sender::new(end),
        }
    }

    /// Takes committed events, which follow the last one, and rings the bell.
    pub(crate) fn publish(&self, texts: Vec<Utf8Bytes>) {
        if texts.is_empty() {
            return;
        }
        let end = {
            let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            for text in texts {
                ring.end += 1;
                ring.bytes += text.len();
                ring.texts.push_back(text);
            }
            while ring.texts.len() > MOST_EVENTS || ring.bytes > MOST_BYTES {
                let Some(old) = ring.texts.pop_front() else { break };
                ring.bytes -= old.len();
            }
            ring.end
        };
        self.end.send_replace(end);
    }

    /// The events after `seq`, at most [`BATCH`]; none when they are not in memory any more.
    pub(crate) fn after(&self, seq: u64) -> Option<Vec<Utf8Bytes>> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = usize::try_from(ring.end.saturating_sub(seq)).unwrap_or(usize::MAX);
        let skip = ring.texts.len().checked_sub(behind)?;
        Some(ring.texts.iter().skip(skip).take(BATCH).cloned().collect())
    }

    /// Number of the last event.
    pub(crate) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// Wakes on every new event.
    pub(crate) fn bell(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }
}

/// An event's text as a message of the hub protocol.
pub(crate) fn message(event: &str) -> Utf8Bytes {
    format!(r#"{{"type":"event",{}"#, event.strip_prefix('{').unwrap_or(event)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{At, Event, EventKind};
    use wire::hub::HubMessage;

    #[test]
    fn a_feed_gives_what_follows_or_says_that_it_cannot() {
        let feed = Feed::new(10);
        assert_eq!(feed.after(10), Some(Vec::new()));
        assert_eq!(feed.after(9), None, "the ring is empty: 10 is in the database");
        feed.publish((11..=14).map(|n| Utf8Bytes::from(n.to_string())).collect());
        assert_eq!(feed.end(), 14);
        assert_eq!(feed.after(12), Some(vec!["13".into(), "14".into()]));
        assert_eq!(feed.after(10).map(|texts| texts.len()), Some(4));
        assert_eq!(feed.after(9), None);
        assert_eq!(feed.after(99), Some(Vec::new()), "nothing follows what has not happened");
    }

    #[test]
    fn a_feed_is_bounded_by_number_and_by_bytes() {
        let feed = Feed::new(0);
        feed.publish((0..MOST_EVENTS + 5).map(|_| "x".into()).collect());
        assert_eq!(feed.after(4), None);
        assert!(feed.after(5).is_some());
        let large = "y".repeat(MOST_BYTES / 2);
        feed.publish(vec![large.clone().into(), large.into(), "z".into()]);
        assert_eq!(feed.after(feed.end() - 2).map(|texts| texts.len()), Some(2));
        assert_eq!(feed.after(feed.end() - 3), None);
    }

    #[test]
    fn the_text_of_an_event_is_the_message_that_a_screen_reads() {
        let event = Event {
            seq: 7,
            at: At(5),
            kind: EventKind::ClockStepped,
            order: None,
            operation: None,
            menu: None,
            stations: None,
            settings: None,
        };
        let text = message(&serde_json::to_string(&event).unwrap());
        let read: HubMessage = serde_json::from_str(&text).unwrap();
        assert_eq!(read, HubMessage::Event(Box::new(event)));
    }
}
