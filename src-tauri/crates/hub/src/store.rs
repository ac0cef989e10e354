//! The hub's SQL, all of it: what is kept, and the numbered steps that made it so.
//!
//! Functions here take a connection or a transaction and know nothing of clocks, sockets and rules. The writer is the only
//! one that changes orders and events; tokens are also written by `brigade-hub token`, from another process.

use kitchen::{
    At, EpochId, Event, EventKind, Menu, OperationId, Order, OrderId, OrderState, OrderStatus, OrderType,
    Settings, Setup, Station,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, params};
use std::path::Path;
use std::time::Duration;
use wire::hub::{Fault, SNAPSHOT_PART};

/// `BRIG`: a file with another mark is not ours to touch.
const MARK: i32 = 0x4252_4947;

/// The steps from an empty file to what this program knows. Never edited once released; the next change is a new step.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// How long a statement waits for another process (`brigade-hub token`) to finish its own.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log before a busy hub moves them into the database in the middle of its work (16 MiB). A hub
/// with a quiet second does it then.
const CHECKPOINT_PAGES: u32 = 4_096;

/// A part of a snapshot is cut here even before it has its number of orders, bytes.
const PART_BYTES: usize = 1024 * 1024;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says so.
    #[error("the database cannot do that")]
    Sqlite(#[from] rusqlite::Error),
    /// The witness beside it cannot be written.
    #[error("the witness of the log cannot be written")]
    Witness(#[from] std::io::Error),
    /// A document in it cannot be read.
    #[error("a document in the database cannot be read")]
    Document(#[from] serde_json::Error),
    /// Written by a later version of this program.
    #[error(
        "the database has schema {found}, this program knows up to {known}: it was used by a newer version"
    )]
    Newer {
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Some other program's file.
    #[error("the file is not a hub's database")]
    Foreign,
    /// There is none yet.
    #[error("there is no database here: start the hub once first")]
    Missing,
}

/// Opens the database for the writer: makes it if it is not there and brings it up to date.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut db = Connection::open(path)?;
    db.busy_timeout(BUSY_LIMIT)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // Enough for every statement of the hub; they are prepared once.
    db.set_prepared_statement_cache_capacity(64);
    migrate(&mut db)?;
    Ok(db)
}

/// Opens it for reading beside the writer.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(BUSY_LIMIT)?;
    Ok(db)
}

/// Opens it beside a hub that may be running, to change tokens. Makes nothing and migrates nothing.
pub(crate) fn open_beside(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing);
    }
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(BUSY_LIMIT)?;
    db.pragma_update(None, "synchronous", "full")?;
    match schema(&db)? {
        0 => Err(StoreError::Missing),
        found if found as usize == MIGRATIONS.len() => Ok(db),
        found => Err(StoreError::Newer { found, known: MIGRATIONS.len() as u32 }),
    }
}

fn schema(db: &Connection) -> Result<u32, StoreError> {
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mark: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if mark != MARK && (mark != 0 || found != 0 || tables != 0) {
        return Err(StoreError::Foreign);
    }
    Ok(found)
}

fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let (found, known) = (schema(db)?, MIGRATIONS.len() as u32);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (index, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let tx = db.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", MARK)?;
        tx.pragma_update(None, "user_version", index as u32 + 1)?;
        tx.commit()?;
        tracing::info!(target: "hub::log", schema = index + 1, "database migrated");
    }
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------
// Meta and setup

pub(crate) fn meta(db: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?)
}

pub(crate) fn keep_meta(db: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?
    .execute([name, value])?;
    Ok(())
}

pub(crate) fn epoch(db: &Connection) -> Result<Option<EpochId>, StoreError> {
    Ok(meta(db, "epoch")?.map(EpochId))
}

/// The setup, if the hub has been started before.
pub(crate) fn setup(db: &Connection) -> Result<Option<Setup>, StoreError> {
    let document = |name: &str| -> Result<Option<String>, StoreError> {
        let mut find = db.prepare_cached("SELECT body FROM setup WHERE name = ?1")?;
        Ok(find.query_row([name], |row| row.get(0)).optional()?)
    };
    let (Some(menu), Some(stations), Some(settings)) =
        (document("menu")?, document("stations")?, document("settings")?)
    else {
        return Ok(None);
    };
    Ok(Some(Setup {
        menu: serde_json::from_str(&menu)?,
        stations: serde_json::from_str(&stations)?,
        settings: serde_json::from_str(&settings)?,
    }))
}

pub(crate) fn keep_menu(db: &Connection, menu: &Menu) -> Result<(), StoreError> {
    keep_document(db, "menu", &serde_json::to_string(menu)?)
}

pub(crate) fn keep_stations(db: &Connection, stations: &[Station]) -> Result<(), StoreError> {
    keep_document(db, "stations", &serde_json::to_string(stations)?)
}

pub(crate) fn keep_settings(db: &Connection, settings: &Settings) -> Result<(), StoreError> {
    keep_document(db, "settings", &serde_json::to_string(settings)?)
}

fn keep_document(db: &Connection, name: &str, body: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO setup (name, body) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET body = ?2",
    )?
    .execute([name, body])?;
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------
// The log

/// The last event's number and moment; 0 for an empty log.
pub(crate) fn end_of_log(db: &Connection) -> Result<(u64, At), StoreError> {
    let mut find = db.prepare_cached("SELECT seq, at FROM events ORDER BY seq DESC LIMIT 1")?;
    let found = find.query_row([], |row| Ok((row.get(0)?, At(row.get(1)?)))).optional()?;
    Ok(found.unwrap_or((0, At(0))))
}

/// Appends an event; `body` is its text as screens read it.
pub(crate) fn append(tx: &Transaction<'_>, event: &Event, body: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO events (seq, at, kind, order_id, version, operation_id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        event.seq,
        event.at.0,
        kind_word(event.kind),
        event.order.as_ref().map(|order| order.id.as_str()),
        event.order.as_ref().map(|order| order.version),
        event.operation.as_ref().map(OperationId::as_str),
        body,
    ])?;
    Ok(())
}

/// The texts of the events after `seq`, at most `most`; none if the log no longer reaches back that far.
pub(crate) fn events_after(
    db: &Connection,
    seq: u64,
    most: usize,
) -> Result<Option<Vec<String>>, StoreError> {
    let mut find = db.prepare_cached("SELECT seq, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = find.query(params![seq, most])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let found: u64 = row.get(0)?;
        if found != seq + 1 + texts.len() as u64 {
            return Ok(None);
        }
        texts.push(row.get(1)?);
    }
    Ok(Some(texts))
}

/// The earliest event that is kept; 0 for an empty log.
pub(crate) fn start_of_log(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.prepare_cached("SELECT coalesce(min(seq), 0) FROM events")?.query_row([], |row| row.get(0))?)
}

fn kind_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::OrderCreated => "order_created",
        EventKind::OrderChanged => "order_changed",
        EventKind::OrderVoided => "order_voided",
        EventKind::LinesStarted => "lines_started",
        EventKind::LinesFinished => "lines_finished",
        EventKind::LinesReopened => "lines_reopened",
        EventKind::LinesBumped => "lines_bumped",
        EventKind::LinesUnbumped => "lines_unbumped",
        EventKind::ChangeAcknowledged => "change_acknowledged",
        EventKind::PriorityChanged => "priority_changed",
        EventKind::OrderHeld => "order_held",
        EventKind::OrderReleased => "order_released",
        EventKind::OrderParked => "order_parked",
        EventKind::OrderUnparked => "order_unparked",
        EventKind::CourseFired => "course_fired",
        EventKind::TicketDealt => "ticket_dealt",
        EventKind::LinesTransferred => "lines_transferred",
        EventKind::StatusAdvanced => "status_advanced",
        EventKind::OrderRerouted => "order_rerouted",
        EventKind::MenuSet => "menu_set",
        EventKind::StationsSet => "stations_set",
        EventKind::SettingsSet => "settings_set",
        EventKind::ClockStepped => "clock_stepped",
        EventKind::Unknown => "unknown",
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Orders

pub(crate) fn order(db: &Connection, id: &OrderId) -> Result<Option<Order>, StoreError> {
    let mut find = db.prepare_cached("SELECT body FROM orders WHERE id = ?1")?;
    let body: Option<String> = find.query_row([id.as_str()], |row| row.get(0)).optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// Keeps the state of an order after the event `seq`.
pub(crate) fn keep_order(tx: &Transaction<'_>, seq: u64, order: &Order) -> Result<(), StoreError> {
    let state = match order.state {
        OrderState::Open => "open",
        OrderState::Closed { .. } => "closed",
        OrderState::Voided { .. } => "voided",
    };
    tx.prepare_cached(
        "INSERT INTO orders (number_in_log, id, number, version, state, on_glass, type, created_at, updated_at, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET
             version = ?4, state = ?5, on_glass = ?6, updated_at = ?9, body = ?10",
    )?
    .execute(params![
        seq,
        order.id.as_str(),
        order.number,
        order.version,
        state,
        order.is_open(),
        type_word(order.order_type),
        order.created_at.0,
        order.updated_at.0,
        serde_json::to_string(order)?,
    ])?;
    Ok(())
}

/// An order type as it is on the wire.
pub(crate) fn type_word(order_type: OrderType) -> String {
    serde_json::to_value(order_type)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The state in which an order of that status is kept.
pub(crate) fn state_of(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Preparing | OrderStatus::Ready => "open",
        OrderStatus::Completed => "closed",
        OrderStatus::Cancelled => "voided",
    }
}

/// All orders that still are on somebody's glass.
pub(crate) fn orders_on_glass(db: &Connection) -> Result<Vec<Order>, StoreError> {
    let mut find = db.prepare_cached("SELECT body FROM orders WHERE on_glass = 1 ORDER BY number_in_log")?;
    let bodies = find.query_map([], |row| row.get::<_, String>(0))?;
    bodies.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// How many orders are on somebody's glass. Parked ones are open and on none.
pub(crate) fn count_on_glass(db: &Connection) -> Result<u64, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM orders WHERE on_glass = 1 AND json_extract(body, '$.parked_at') IS NULL",
        )?
        .query_row([], |row| row.get(0))?)
}

/// What a list of orders is to hold. Everything absent matches everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Only those before this place in the log.
    pub(crate) before: Option<u64>,
    /// Only of this type, as it is on the wire.
    pub(crate) order_type: Option<String>,
    /// Only those on somebody's glass, or only the others.
    pub(crate) open: Option<bool>,
    /// Only in this state, as it is kept.
    pub(crate) state: Option<&'static str>,
    /// Created at or after.
    pub(crate) from: Option<At>,
    /// Created at or before.
    pub(crate) to: Option<At>,
    /// At most.
    pub(crate) most: usize,
}

/// Orders, newest first, that also please `matches`; and the cursor of the next page, if there may be one.
pub(crate) fn orders(
    db: &Connection,
    wanted: &Wanted,
    matches: impl Fn(&Order) -> bool,
) -> Result<(Vec<Order>, Option<u64>), StoreError> {
    // What is on the glass is asked for most and is few: in these words SQLite finds its index.
    let place = match (wanted.open, wanted.state) {
        (Some(true), _) => "on_glass = 1",
        (Some(false), _) => "on_glass = 0",
        (None, Some("open")) => "on_glass = 1",
        (None, _) => "1",
    };
    let mut find = db.prepare_cached(&format!(
        "SELECT number_in_log, body FROM orders
         WHERE {place} AND (?1 IS NULL OR number_in_log < ?1) AND (?2 IS NULL OR type = ?2)
           AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR created_at >= ?4) AND (?5 IS NULL OR created_at <= ?5)
         ORDER BY number_in_log DESC"
    ))?;
    let mut rows = find.query(params![
        wanted.before,
        wanted.order_type,
        wanted.state,
        wanted.from.map(|at| at.0),
        wanted.to.map(|at| at.0),
    ])?;
    let mut found = Vec::new();
    let mut cursor = None;
    while let Some(row) = rows.next()? {
        if found.len() == wanted.most {
            return Ok((found, cursor));
        }
        let order: Order = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        if matches(&order) {
            cursor = Some(row.get(0)?);
            found.push(order);
        }
    }
    Ok((found, None))
}

/// A snapshot as screens read it: its place in the log and its parts, ready to be sent. Everything is of one moment.
pub(crate) fn snapshot(
    db: &mut Connection,
    day_began: impl FnOnce(&Settings) -> At,
) -> Result<(u64, Vec<String>), StoreError> {
    let tx = db.transaction()?;
    let (seq, _) = end_of_log(&tx)?;
    let setup = setup(&tx)?.ok_or(StoreError::Missing)?;
    let mut parts =
        Parts { seq, setup: Some(serde_json::to_string(&setup)?), texts: Vec::new(), orders: Vec::new() };
    let since = day_began(&setup.settings);
    {
        let body = |row: &Row<'_>| row.get::<_, String>(0);
        let mut open =
            tx.prepare_cached("SELECT body FROM orders WHERE on_glass = 1 ORDER BY number_in_log")?;
        for order in open.query_map([], body)? {
            parts.add(order?);
        }
        let mut today = tx.prepare_cached(
            "SELECT body FROM orders WHERE updated_at >= ?1 AND on_glass = 0 ORDER BY number_in_log",
        )?;
        for order in today.query_map([since.0], body)? {
            parts.add(order?);
        }
    }
    parts.cut(true);
    tx.commit()?;
    Ok((seq, parts.texts))
}

/// Orders are kept as the text that a snapshot carries, so its parts are put together without reading them.
struct Parts {
    seq: u64,
    setup: Option<String>,
    texts: Vec<String>,
    orders: Vec<String>,
}

impl Parts {
    fn add(&mut self, order: String) {
        let bytes: usize = self.orders.iter().map(String::len).sum();
        if self.orders.len() == SNAPSHOT_PART || bytes + order.len() > PART_BYTES {
            self.cut(false);
        }
        self.orders.push(order);
    }

    fn cut(&mut self, last: bool) {
        let setup = self.setup.take().map_or_else(String::new, |setup| format!(r#""setup":{setup},"#));
        let (seq, part, orders) = (self.seq, self.texts.len(), self.orders.join(","));
        self.orders.clear();
        self.texts.push(format!(
            r#"{{"type":"snapshot","seq":{seq},"part":{part},"last":{last},{setup}"orders":[{orders}]}}"#
        ));
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Operations and keys

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Applied in this event, or found done when this was the last one.
    Applied(u64),
    /// Refused for good.
    Refused(Fault),
}

pub(crate) fn outcome(db: &Connection, id: &OperationId) -> Result<Option<Outcome>, StoreError> {
    let mut find = db.prepare_cached("SELECT seq, refusal FROM operations WHERE id = ?1")?;
    let found: Option<(Option<u64>, Option<String>)> =
        find.query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(match found {
        None => None,
        Some((Some(seq), _)) => Some(Outcome::Applied(seq)),
        Some((None, refusal)) => {
            Some(Outcome::Refused(serde_json::from_str(refusal.as_deref().unwrap_or("null"))?))
        }
    })
}

pub(crate) fn keep_outcome(
    tx: &Transaction<'_>,
    id: &OperationId,
    order: &OrderId,
    at: At,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let (seq, refusal) = match outcome {
        Outcome::Applied(seq) => (Some(seq), None),
        Outcome::Refused(fault) => (None, Some(serde_json::to_string(fault)?)),
    };
    tx.prepare_cached("INSERT INTO operations (id, at, order_id, seq, refusal) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id.as_str(), at.0, order.as_str(), seq, refusal])?;
    Ok(())
}

/// Which request a key stood for, and its order.
pub(crate) fn key(db: &Connection, key: &str) -> Result<Option<(Vec<u8>, OrderId)>, StoreError> {
    let mut find = db.prepare_cached("SELECT hash, order_id FROM idempotency WHERE key = ?1")?;
    Ok(find.query_row([key], |row| Ok((row.get(0)?, OrderId(row.get(1)?)))).optional()?)
}

pub(crate) fn keep_key(
    tx: &Transaction<'_>,
    key: &str,
    hash: &[u8],
    order: &OrderId,
    at: At,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO idempotency (key, at, hash, order_id) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![key, at.0, hash, order.as_str()])?;
    Ok(())
}

/// Whether [`forget`] would find anything.
pub(crate) fn is_older(db: &Connection, before: At) -> Result<bool, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM operations WHERE at < ?1) OR EXISTS (SELECT 1 FROM idempotency WHERE at < ?1)
             OR coalesce((SELECT at FROM events ORDER BY seq LIMIT 1) < ?1, 0)",
    )?;
    Ok(find.query_row([before.0], |row| row.get(0))?)
}

/// Forgets what is older than `before`, a few rows of each kind at a time; gives back how many went. Events go only from
/// the front, so that the log stays contiguous, and never the last one.
pub(crate) fn forget(tx: &Transaction<'_>, before: At) -> Result<usize, StoreError> {
    const FEW: usize = 500;
    let mut gone = 0;
    for sql in [
        "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE at < ?1 LIMIT ?2)",
        "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < ?1 LIMIT ?2)",
        "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at < ?1 AND seq < (SELECT max(seq) FROM events)
             ORDER BY seq LIMIT ?2)",
    ] {
        gone += tx.prepare_cached(sql)?.execute(params![before.0, FEW])?;
    }
    Ok(gone)
}

// ---------------------------------------------------------------------------------------------------------------
// Screens and tokens

/// How far a screen said it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScreenRow {
    pub(crate) device: String,
    pub(crate) app: String,
    pub(crate) role: String,
    pub(crate) station: Option<String>,
    pub(crate) stored_seq: u64,
    pub(crate) painted_seq: u64,
    pub(crate) last_seen: At,
}

pub(crate) fn keep_screen(tx: &Transaction<'_>, screen: &ScreenRow) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO screens (device_id, app, role, station, stored_seq, painted_seq, last_seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (device_id) DO UPDATE SET
             app = ?2, role = ?3, station = ?4, stored_seq = ?5, painted_seq = ?6, last_seen = ?7",
    )?
    .execute(params![
        screen.device,
        screen.app,
        screen.role,
        screen.station,
        screen.stored_seq,
        screen.painted_seq,
        screen.last_seen.0,
    ])?;
    Ok(())
}

/// Another life of the log: what screens said of the last one means nothing any more.
pub(crate) fn forget_places(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("UPDATE screens SET stored_seq = 0, painted_seq = 0", [])?;
    Ok(())
}

pub(crate) fn screens(db: &Connection) -> Result<Vec<ScreenRow>, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT device_id, app, role, station, stored_seq, painted_seq, last_seen FROM screens ORDER BY device_id",
    )?;
    let rows = find.query_map([], |row| {
        Ok(ScreenRow {
            device: row.get(0)?,
            app: row.get(1)?,
            role: row.get(2)?,
            station: row.get(3)?,
            stored_seq: row.get(4)?,
            painted_seq: row.get(5)?,
            last_seen: At(row.get(6)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Names it for `revoke`.
    pub id: String,
    /// What its owner called it.
    pub label: String,
    /// When it was made, milliseconds since 1970 by the wall clock.
    pub created_at: i64,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

/// Id and hash of every token that is good.
pub(crate) fn good_tokens(db: &Connection) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let mut find = db.prepare_cached("SELECT id, hash FROM tokens WHERE revoked_at IS NULL ORDER BY id")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn tokens(db: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    let mut find =
        db.prepare("SELECT id, label, created_at, revoked_at FROM tokens ORDER BY created_at, id")?;
    let rows = find.query_map([], |row| {
        Ok(TokenRow { id: row.get(0)?, label: row.get(1)?, created_at: row.get(2)?, revoked_at: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn keep_token(
    db: &Connection,
    id: &str,
    label: &str,
    hash: &[u8],
    wall_ms: i64,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO tokens (id, label, hash, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![id, label, hash, wall_ms],
    )?;
    Ok(())
}

/// Whether there was such a token to revoke.
pub(crate) fn revoke_token(db: &Connection, id: &str, wall_ms: i64) -> Result<bool, StoreError> {
    let changed = db.execute(
        "UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id, wall_ms],
    )?;
    Ok(changed == 1)
}
