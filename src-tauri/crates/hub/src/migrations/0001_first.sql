-- The log: append-only, contiguous, and the only truth. Everything below it is a projection of it, or bookkeeping.
-- `body` is the event exactly as it goes to the screens.
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    order_id     TEXT,
    version      INTEGER,
    operation_id TEXT,
    body         TEXT    NOT NULL
) STRICT;

-- The latest state of every order. `number_in_log` is the seq of its first event: newest first, and the cursor of lists.
CREATE TABLE orders (
    number_in_log INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    number        TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'voided')),
    on_glass      INTEGER NOT NULL,
    type          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    body          TEXT    NOT NULL
) STRICT;
CREATE INDEX orders_on_glass ON orders (number_in_log) WHERE on_glass = 1;
CREATE INDEX orders_by_update ON orders (updated_at);
CREATE INDEX orders_by_creation ON orders (created_at);

-- What became of every operation: the event it ended in, or the refusal. Applied once, however often it arrives.
CREATE TABLE operations (
    id       TEXT    PRIMARY KEY,
    at       INTEGER NOT NULL,
    order_id TEXT    NOT NULL,
    seq      INTEGER,
    refusal  TEXT,
    CHECK ((seq IS NULL) <> (refusal IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_by_age ON operations (at);

-- Which request a key of the POS stood for.
CREATE TABLE idempotency (
    key      TEXT    PRIMARY KEY,
    at       INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    order_id TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);

-- Menu, stations, settings: one document each.
CREATE TABLE setup (
    name TEXT PRIMARY KEY CHECK (name IN ('menu', 'stations', 'settings')),
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every screen that ever joined, and how far it said it was in the log of this epoch.
CREATE TABLE screens (
    device_id   TEXT    PRIMARY KEY,
    app         TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    station     TEXT,
    stored_seq  INTEGER NOT NULL,
    painted_seq INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Only hashes: who reads this file cannot speak to the hub with it.
CREATE TABLE tokens (
    id         TEXT    PRIMARY KEY,
    label      TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- `epoch`: which life of the log this is. `number_day`, `number_last`: the order numbers given on a business day.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
