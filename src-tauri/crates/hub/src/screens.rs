//! The screens of the kitchen: who is connected, and how far each one says it is.
//!
//! One connection per device: a newer one ends the older. What screens acknowledge stays here until the writer takes it
//! along with its next commit.

use crate::store::ScreenRow;
use kitchen::{At, DeviceId, LiveScreens, StationId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use wire::hub::Hello;

/// A screen that has been away for less than this still counts: a cable that is put back, a hub that was restarted.
pub(crate) const GONE_MS: i64 = 10_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Screens {
    known: Mutex<BTreeMap<DeviceId, Screen>>,
    /// Since when screens can come; those of before have as long to come back.
    open_since: Mutex<Option<At>>,
}

struct Screen {
    row: ScreenRow,
    connection: Option<Connection>,
    /// Counts the connections of this device, so that an old one cannot speak for the new one.
    generation: u64,
    changed: bool,
}

struct Connection {
    replaced: CancellationToken,
    since: At,
}

/// A screen as the status tells it.
pub(crate) struct Seen {
    pub(crate) row: ScreenRow,
    pub(crate) connected_since: Option<At>,
}

impl Screens {
    /// Screens that joined in earlier runs.
    pub(crate) fn new(rows: Vec<ScreenRow>) -> Self {
        let known = rows.into_iter().map(|row| {
            (DeviceId(row.device.clone()), Screen { row, connection: None, generation: 0, changed: false })
        });
        Self { known: Mutex::new(known.collect()), open_since: Mutex::default() }
    }

    /// A screen has joined. Gives back the generation that its connection speaks for; `replaced` fires when a newer one
    /// takes its place.
    pub(crate) fn join(&self, hello: &Hello, stored_seq: u64, at: At, replaced: CancellationToken) -> u64 {
        let mut known = self.lock();
        let screen = known.entry(hello.device_id.clone()).or_insert_with(|| Screen {
            row: ScreenRow {
                device: hello.device_id.0.clone(),
                app: String::new(),
                role: String::new(),
                station: None,
                stored_seq: 0,
                painted_seq: 0,
                last_seen: at,
            },
            connection: None,
            generation: 0,
            changed: true,
        });
        if let Some(older) = screen.connection.replace(Connection { replaced, since: at }) {
            older.replaced.cancel();
        }
        screen.generation += 1;
        screen.changed = true;
        screen.row.app.clone_from(&hello.app);
        screen.row.role.clone_from(&hello.role);
        screen.row.station = hello.station.as_ref().map(|station| station.0.clone());
        screen.row.stored_seq = stored_seq;
        screen.row.painted_seq = screen.row.painted_seq.min(stored_seq);
        screen.row.last_seen = at;
        screen.generation
    }

    /// A screen says how far it is.
    pub(crate) fn acknowledge(&self, device: &DeviceId, generation: u64, stored: u64, painted: u64, at: At) {
        let mut known = self.lock();
        if let Some(screen) = known.get_mut(device).filter(|screen| screen.generation == generation) {
            screen.changed |= (screen.row.stored_seq, screen.row.painted_seq) != (stored, painted);
            screen.row.stored_seq = stored;
            screen.row.painted_seq = painted;
            screen.row.last_seen = at;
        }
    }

    /// A connection has ended.
    pub(crate) fn leave(&self, device: &DeviceId, generation: u64, at: At) {
        let mut known = self.lock();
        if let Some(screen) = known.get_mut(device).filter(|screen| screen.generation == generation) {
            screen.connection = None;
            screen.row.last_seen = at;
            screen.changed = true;
        }
    }

    /// A screen shows another station.
    pub(crate) fn look(&self, device: &DeviceId, generation: u64, station: Option<StationId>) {
        let mut known = self.lock();
        if let Some(screen) = known.get_mut(device).filter(|screen| screen.generation == generation) {
            screen.row.station = station.map(|station| station.0);
            screen.changed = true;
        }
    }

    /// The screens that live, by their station: those that are connected, and those that were a moment ago.
    pub(crate) fn live(&self, now: At) -> LiveScreens {
        let since = *self.open_since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(now);
        let opening = now.since(since) < GONE_MS;
        let mut live = LiveScreens::new();
        for (device, screen) in self.lock().iter() {
            let lives = screen.connection.is_some() || opening || now.since(screen.row.last_seen) < GONE_MS;
            if let Some(station) = screen.row.station.clone().filter(|_| lives) {
                live.entry(StationId(station)).or_default().insert(device.clone());
            }
        }
        live
    }

    /// All screens ever seen.
    pub(crate) fn list(&self) -> Vec<Seen> {
        let seen = |screen: &Screen| Seen {
            row: screen.row.clone(),
            connected_since: screen.connection.as_ref().map(|connection| connection.since),
        };
        self.lock().values().map(seen).collect()
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.lock().values().any(|screen| screen.changed)
    }

    /// What is to be written.
    pub(crate) fn take_changed(&self) -> Vec<ScreenRow> {
        let mut known = self.lock();
        let row = |screen: &mut Screen| std::mem::take(&mut screen.changed).then(|| screen.row.clone());
        known.values_mut().filter_map(row).collect()
    }

    /// It could not be written.
    pub(crate) fn put_back(&self, rows: &[ScreenRow]) {
        let mut known = self.lock();
        for row in rows {
            if let Some(screen) = known.get_mut(&DeviceId(row.device.clone())) {
                screen.changed = true;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Screen>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(device: &str) -> Hello {
        Hello {
            protocol: 1,
            app: "test".into(),
            device_id: device.into(),
            restaurant_id: None,
            role: "display".into(),
            station: None,
            epoch: None,
            seq: None,
            token: String::new(),
        }
    }

    #[test]
    fn r3_12_a_replaced_connection_cannot_speak_for_the_new_one() {
        let screens = Screens::default();
        let (old, new) = (CancellationToken::new(), CancellationToken::new());
        let first = screens.join(&hello("d"), 0, At(1), old.clone());
        let second = screens.join(&hello("d"), 4, At(2), new.clone());
        assert!(old.is_cancelled() && !new.is_cancelled());
        screens.acknowledge(&"d".into(), first, 99, 99, At(3));
        screens.leave(&"d".into(), first, At(4));
        let seen = screens.list().remove(0);
        assert_eq!((seen.row.stored_seq, seen.connected_since), (4, Some(At(2))));
        screens.acknowledge(&"d".into(), second, 5, 5, At(5));
        assert_eq!(screens.take_changed()[0].painted_seq, 5);
        assert!(!screens.is_changed());
    }
}
