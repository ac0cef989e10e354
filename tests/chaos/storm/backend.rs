//! The restaurant's back end, at the far end of a bad cable.

use std::collections::BTreeSet;
use std::sync::Mutex;

use rusqlite::Connection;
use testkit::restaurant_os::NewRow;

use crate::support::BackEnd;

/// The back end with an account of what was ordered there.
pub(crate) struct Ordering {
    pub(crate) back_end: BackEnd,
    /// The ids of all orders that have come by it.
    placed: Mutex<BTreeSet<String>>,
}

impl Ordering {
    pub(crate) fn at(back_end: BackEnd) -> Self {
        Self { back_end, placed: Mutex::default() }
    }

    /// Somebody orders over there.
    pub(crate) fn place(&self) {
        let id = self.back_end.server.place(&NewRow::default());
        self.placed.lock().unwrap().insert(id);
    }

    pub(crate) fn placed(&self) -> BTreeSet<String> {
        self.placed.lock().unwrap().clone()
    }

    /// How many of its orders are not in the hub's file.
    pub(crate) fn missing(&self, hub: &Connection) -> rusqlite::Result<usize> {
        missing(hub, &self.placed())
    }
}

/// How many of these orders are not in the hub's file.
pub(crate) fn missing(hub: &Connection, wanted: &BTreeSet<String>) -> rusqlite::Result<usize> {
    let mut find =
        hub.prepare("SELECT json_extract(body, '$.source.reference') FROM orders WHERE type = 'online'")?;
    let found = find.query_map([], |row| row.get::<_, Option<String>>(0))?;
    let found: BTreeSet<String> = found.filter_map(|row| row.transpose()).collect::<Result<_, _>>()?;
    Ok(wanted.difference(&found).count())
}
