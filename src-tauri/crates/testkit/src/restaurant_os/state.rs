//! What the back end knows, and the rules by which it changes.

use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use wire::restaurant_os::Status;

/// How it behaves. The default is the real one on a good day, with its traps.
#[derive(Debug, Clone)]
pub struct Traps {
    /// Writes without an equal pair of `csrf_token` cookie and `X-CSRF-Token` header are a 403.
    pub csrf: bool,
    /// The cookie `auth_token` counts more than the bearer token.
    pub cookie_beats_bearer: bool,
    /// A status moves one step at a time; everything else is a 500.
    pub strict_steps: bool,
    /// A login by PIN charges every account before the one that matches.
    pub pin_charges_colleagues: bool,
    /// `restaurant_id` has to be a UUID on the socket.
    pub uuid_only: bool,
    /// Frames go to every socket, whichever restaurant it named.
    pub leaks_frames: bool,
    /// Errors are the production ones: "Internal server error".
    pub production: bool,
    /// From a frame to the answer of the request that caused it.
    pub answer_after_frame: Duration,
    /// How long a token holds.
    pub token_life: Duration,
    /// Requests that everybody together may make within `window`; more are a 429 in plain text.
    pub most_requests: usize,
    /// See `most_requests`.
    pub window: Duration,
    /// Between pings of the protocol.
    pub ping_every: Duration,
    /// From the upgrade to `connected`. What is said before that is not heard.
    pub connected_after: Duration,
    /// How an `auth` is answered.
    pub auth: AuthMood,
    /// How requests are answered.
    pub http: HttpMood,
    /// Sockets are dropped right after the upgrade.
    pub drop_after_upgrade: bool,
    /// Frames about orders are not sent.
    pub silent: bool,
    /// Connections are taken and dropped.
    pub refuse: bool,
}

impl Default for Traps {
    fn default() -> Self {
        Self {
            csrf: true,
            cookie_beats_bearer: true,
            strict_steps: true,
            pin_charges_colleagues: true,
            uuid_only: true,
            leaks_frames: false,
            production: true,
            answer_after_frame: Duration::from_millis(20),
            token_life: Duration::from_secs(12 * 3600),
            most_requests: 1_000,
            window: Duration::from_secs(900),
            ping_every: Duration::from_secs(60),
            connected_after: Duration::ZERO,
            auth: AuthMood::Answers,
            http: HttpMood::Answers,
            drop_after_upgrade: false,
            silent: false,
            refuse: false,
        }
    }
}

/// How an `auth` is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMood {
    /// By its token.
    Answers,
    /// Late.
    Slow(Duration),
    /// Not at all; the socket stays open.
    Never,
    /// `auth:failed` for everybody.
    Refuses,
}

/// How requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMood {
    /// As they should be.
    Answers,
    /// They are carried out, and the connection is dropped instead of an answer.
    Drops,
    /// All are a 503 by some proxy, in HTML.
    Unavailable,
}

/// Somebody who may log in.
#[derive(Debug, Clone)]
pub struct Account {
    /// E-mail.
    pub email: String,
    /// Password.
    pub password: String,
    /// PIN.
    pub pin: String,
    /// Role.
    pub role: &'static str,
    /// Tries charged since its own last login.
    pub tries: u32,
    /// Locked until then.
    pub locked_until: Option<Instant>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// GET, POST, ...
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// What it was answered with.
    pub status: u16,
}

impl Asked {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// A cookie's value.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.header("cookie")?;
        cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }

    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }
}

/// An order as the POS places it.
#[derive(Debug, Clone)]
pub struct NewRow {
    /// Whose.
    pub restaurant: String,
    /// Its items.
    pub items: Value,
    /// Fields that differ from an ordinary row.
    pub fields: Value,
}

impl Default for NewRow {
    fn default() -> Self {
        Self {
            restaurant: super::RESTAURANT.to_owned(),
            items: json!([
                {"id": "i1", "menu_item_id": "burger", "name": "Burger", "quantity": 2, "price": 9.5,
                 "modifiers": ["no onion", {"id": "m1", "name": "extra cheese", "price": 1.0}]},
                {"id": "i2", "menu_item_id": "fries", "name": "Fries", "quantity": 1, "price": 3.0,
                 "special_instructions": "no salt"},
            ]),
            fields: json!({}),
        }
    }
}

impl NewRow {
    /// An ordinary order with some fields of its own.
    #[must_use]
    pub fn with(fields: Value) -> Self {
        Self { fields, ..Self::default() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) restaurant: String,
    pub(crate) text: String,
}

pub(crate) struct State {
    pub(crate) traps: Traps,
    pub(crate) rows: Vec<Value>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) asked: Vec<Asked>,
    pub(crate) heard: Vec<String>,
    pub(crate) frames: broadcast::Sender<Sent>,
    pub(crate) sockets: u64,
    pub(crate) sockets_ever: u64,
    pub(crate) sockets_most: u64,
    pub(crate) listening: u64,
    /// Tokens of earlier ones are revoked.
    pub(crate) generation: u64,
    count: u64,
    recent: VecDeque<Instant>,
    pin_failures: VecDeque<Instant>,
}

/// What a token says.
pub(crate) struct Claims {
    pub(crate) restaurant: String,
}

const PIN_TRIES: u32 = 5;
const PIN_LOCK: Duration = Duration::from_secs(900);
const PIN_WINDOW: Duration = Duration::from_secs(300);
const PIN_FAILURES: usize = 3;

impl State {
    pub(crate) fn new(traps: Traps) -> Self {
        let account = |role: &'static str, pin: &str| Account {
            email: format!("{role}@example.com"),
            password: format!("{role}-password"),
            pin: pin.to_owned(),
            role,
            tries: 0,
            locked_until: None,
        };
        Self {
            traps,
            rows: Vec::new(),
            accounts: vec![account("server", "1111"), account("cashier", "2222"), account("kitchen", "3333")],
            asked: Vec::new(),
            heard: Vec::new(),
            frames: broadcast::Sender::new(16 * 1024),
            sockets: 0,
            sockets_ever: 0,
            sockets_most: 0,
            listening: 0,
            generation: 1,
            count: 0,
            recent: VecDeque::new(),
            pin_failures: VecDeque::new(),
        }
    }

    // ---- orders

    pub(crate) fn row(&self, id: &str) -> Option<&Value> {
        self.rows.iter().find(|row| row["id"] == id)
    }

    pub(crate) fn place(&mut self, new: &NewRow) -> String {
        self.count += 1;
        let id = format!("{:08x}-0000-4000-8000-{:012x}", self.count, self.count);
        let now = Timestamp::now();
        let of_restaurant = |row: &&Value| row["restaurant_id"] == new.restaurant;
        let number = self.rows.iter().filter(of_restaurant).count() + 1;
        let mut row = json!({
            "id": id, "restaurant_id": new.restaurant,
            "order_number": format!("{}-{number:04}", now.strftime("%Y%m%d")),
            "type": "online", "status": "pending", "items": new.items,
            "subtotal": 12.5, "tax": 1.0, "total_amount": 13.5, "notes": null, "customer_name": null,
            "table_number": null, "seat_number": null, "metadata": {}, "created_at": row_time(now),
            "updated_at": row_time(now), "preparing_at": null, "ready_at": null, "completed_at": null,
            "cancelled_at": null, "scheduled_pickup_time": null, "auto_fire_time": null, "is_scheduled": false,
            "manually_fired": false, "version": 1, "payment_status": "unpaid", "payment_method": null,
            "payment_amount": null, "cash_received": null, "change_given": null, "payment_id": null,
            "check_closed_at": null, "closed_by_user_id": null,
        });
        for (name, value) in new.fields.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        self.send("order:created", &row);
        self.rows.push(row);
        id
    }

    /// Whether the strict machine takes that step.
    pub(crate) fn may_move(&self, id: &str, to: Status) -> bool {
        let status = self.row(id).and_then(|row| Status::of(row["status"].as_str()?));
        !self.traps.strict_steps || status.is_some_and(|status| status.may_become(to))
    }

    pub(crate) fn set_status(&mut self, id: &str, status: Status) {
        self.change(id, |row| {
            row["status"] = status.word().into();
            row["version"] = (row["version"].as_u64().unwrap_or(0) + 1).into();
            let moment = match status {
                Status::Preparing => Some("preparing_at"),
                Status::Ready => Some("ready_at"),
                Status::Completed => Some("completed_at"),
                Status::Cancelled => Some("cancelled_at"),
                Status::New | Status::Pending | Status::Confirmed | Status::PickedUp => None,
            };
            if let Some(moment) = moment {
                row[moment] = row_time(Timestamp::now()).into();
            }
        });
    }

    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut Value)) {
        let Some(row) = self.rows.iter_mut().find(|row| row["id"] == id) else { return };
        change(row);
        row["updated_at"] = row_time(Timestamp::now()).into();
        let row = row.clone();
        self.send("order:updated", &row);
    }

    fn send(&self, kind: &str, row: &Value) {
        if self.traps.silent {
            return;
        }
        let frame = json!({"type": kind, "payload": {"order": row}, "timestamp": frame_time()});
        let restaurant = row["restaurant_id"].as_str().unwrap_or_default().to_owned();
        // Nobody listens: the frame is lost, as over there.
        let _ = self.frames.send(Sent { restaurant, text: frame.to_string() });
    }

    // ---- who may

    /// One more request. Some: too many, and for how many seconds.
    pub(crate) fn over_budget(&mut self, now: Instant) -> Option<u64> {
        let window = self.traps.window;
        while self.recent.front().is_some_and(|at| now.duration_since(*at) > window) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.traps.most_requests {
            let oldest = self.recent.front().copied().unwrap_or(now);
            return Some(window.saturating_sub(now.duration_since(oldest)).as_secs() + 1);
        }
        self.recent.push_back(now);
        None
    }

    /// The account of that PIN. Every account before it is charged a try, as is every one when none matches.
    pub(crate) fn by_pin(&mut self, pin: &str, now: Instant) -> Result<Account, PinRefusal> {
        while self.pin_failures.front().is_some_and(|at| now.duration_since(*at) > PIN_WINDOW) {
            self.pin_failures.pop_front();
        }
        if self.pin_failures.len() >= PIN_FAILURES {
            return Err(PinRefusal::TooMany);
        }
        let charges = self.traps.pin_charges_colleagues;
        for account in &mut self.accounts {
            if account.locked_until.is_some_and(|until| now < until) {
                continue;
            }
            if account.pin == pin {
                account.tries = 0;
                return Ok(account.clone());
            }
            if charges {
                account.tries += 1;
                if account.tries >= PIN_TRIES {
                    account.locked_until = Some(now + PIN_LOCK);
                }
            }
        }
        self.pin_failures.push_back(now);
        Err(PinRefusal::Wrong)
    }

    pub(crate) fn token(&self, account: &Account, restaurant: &str, method: &str) -> String {
        let iat = Timestamp::now().as_second();
        let claims = json!({
            "sub": account.email, "email": account.email, "role": account.role, "restaurant_id": restaurant,
            "scope": ["orders:read", "orders:status", "menu:read"], "auth_method": method, "iat": iat,
            "exp": iat + self.traps.token_life.as_secs() as i64, "generation": self.generation,
        });
        let head = base64url(br#"{"alg":"HS256","typ":"JWT"}"#);
        let body = format!("{head}.{}", base64url(claims.to_string().as_bytes()));
        let sign = sign(&body);
        format!("{body}.{sign}")
    }

    pub(crate) fn claims(&self, token: &str) -> Result<Claims, &'static str> {
        let (body, signature) = token.rsplit_once('.').ok_or("Invalid token")?;
        if sign(body) != signature {
            return Err("Invalid token");
        }
        let claims = body.split('.').nth(1).and_then(from_base64url).ok_or("Invalid token")?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| "Invalid token")?;
        if claims["generation"] != self.generation {
            return Err("Invalid token");
        }
        if claims["exp"].as_i64().is_none_or(|exp| exp <= Timestamp::now().as_second()) {
            return Err("Token expired");
        }
        let restaurant =
            claims["restaurant_id"].as_str().ok_or("Token missing restaurant context in strict auth mode")?;
        Ok(Claims { restaurant: restaurant.to_owned() })
    }
}

pub(crate) enum PinRefusal {
    Wrong,
    TooMany,
}

pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// As the database prints times.
fn row_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// As the server prints times.
pub(crate) fn frame_time() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Not a signature anybody could trust; enough to notice a token that was not given here.
fn sign(body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    ("a secret of the back end", body).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64url(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(group >> (18 - 6 * index) & 63) as usize]));
        }
    }
    out
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut group, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.bytes() {
        group = group << 6 | ALPHABET.iter().position(|known| *known == c)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits) as u8);
        }
    }
    Some(out)
}
