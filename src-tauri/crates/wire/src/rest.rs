//! The REST interface: what a POS may send, read leniently, and what it gets back, written strictly.
//!
//! Every name is accepted in `snake_case` and in `camelCase`, whichever of the two is present and not null; unknown names
//! are passed over. Answers are `snake_case`, moments are RFC 3339 in UTC. Paths and field names are those of Restaurant
//! OS where it has one. Money is not a kitchen's business: prices are read past and never kept.

use crate::hub::Fault;
use jiff::Timestamp;
use kitchen::{
    Act, At, Category, CategoryId, CloseWhen, Courier, Course, CourseRule, EightySix, Line, LineId,
    LineState, Menu, MenuItem, MenuItemId, ModifierClass, NewLine, NewOrder, Order, OrderState, OrderStatus,
    OrderType, Payment, Portion, Queue, Settings, Source, Station, StationId, StationRole, ThresholdRule,
    Work,
};
use serde::Serialize;
use serde_json::{Map, Value};

/// The base of every path but the probes.
pub const BASE: &str = "/api/v1";

/// The largest request body, in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// The longest text of one field, in characters. A ticket cannot show more.
pub const LONGEST_TEXT: usize = 1_000;

/// The longest identifier, in characters.
pub const LONGEST_ID: usize = 200;

/// Orders in one answer when nobody says.
pub const PAGE: usize = 50;

/// Orders in one answer at most.
pub const LARGEST_PAGE: usize = 500;

/// A field that cannot be what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct BadField {
    /// Its path, such as `items[2].quantity`; empty for the body itself.
    pub field: String,
    /// What would have been right, in English.
    pub expected: &'static str,
}

impl BadField {
    fn new(field: impl Into<String>, expected: &'static str) -> Self {
        Self { field: field.into(), expected }
    }
}

impl From<BadField> for Fault {
    fn from(bad: BadField) -> Self {
        let field = if bad.field.is_empty() { "body".to_owned() } else { bad.field };
        Fault::new("bad_field").with("field", field).with("expected", bad.expected)
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Requests

/// An order as a POS posts it.
///
/// # Errors
/// The first field that cannot be read. What can be read but not cooked is for [`NewOrder::check`].
pub fn order(body: &Value) -> Result<NewOrder, BadField> {
    let fields = Fields::of(body, "")?;
    let metadata = fields.get(&["metadata"]).and_then(Value::as_object);
    let metadata = metadata.map(|map| Fields { map, path: "metadata.".to_owned() });
    let table = fields.text(&["table_number", "table"])?;
    let order_type = match fields.word(&["type", "order_type"])? {
        Some((path, word)) => order_type(&word).ok_or_else(|| BadField::new(path, ORDER_TYPES))?,
        None if table.is_some() => OrderType::DineIn,
        None => OrderType::Pickup,
    };
    let server_name = match fields.text(&["server_name"])? {
        Some(name) => Some(name),
        None => metadata.as_ref().map(|m| m.text(&["server_name"])).transpose()?.flatten(),
    };
    let urgent = matches!(fields.word(&["priority"])?, Some((_, word)) if word == "rush");
    let payment = match fields.word(&["payment_status", "payment"])? {
        Some((path, word)) => payment(&word).ok_or_else(|| BadField::new(path, PAYMENTS))?,
        None => Payment::Unknown,
    };
    Ok(NewOrder {
        number: fields.id(&["order_number", "number"])?,
        source: source(&fields)?,
        order_type,
        table,
        seat: fields.text(&["seat_number", "seat"])?,
        guests: fields.count(&["guests", "guest_count", "party_size"])?,
        server_name,
        customer_name: fields.text(&["customer_name"])?,
        notes: fields.text(&["notes", "special_instructions"])?,
        promised_at: fields.moment(&["promised_at", "scheduled_pickup_time"])?,
        courier: courier(&fields)?,
        fire_at: fields.moment(&["fire_at", "auto_fire_time"])?,
        placed_at: None,
        courses: courses(&fields)?,
        rush: fields.flag(&["rush"])?.unwrap_or(urgent),
        payment,
        lines: match fields.list(&["items", "lines"])? {
            Some((path, list)) => lines(list, &path)?,
            None => Vec::new(),
        },
    })
}

/// The lines of an add-on: a list, an object with `items`, or one line.
///
/// # Errors
/// The first field that cannot be read.
pub fn added_lines(body: &Value) -> Result<Vec<NewLine>, BadField> {
    if let Some(list) = body.as_array() {
        return lines(list, "items");
    }
    let fields = Fields::of(body, "")?;
    match fields.list(&["items", "lines"])? {
        Some((path, list)) => lines(list, &path),
        None => Ok(vec![line(body, "")?]),
    }
}

/// `PATCH orders/{id}/status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Where the order is to be.
    pub status: OrderStatus,
    /// Why; kept for a cancellation.
    pub reason: Option<String>,
}

/// Reads a [`StatusChange`].
///
/// # Errors
/// The first field that cannot be read.
pub fn status_change(body: &Value) -> Result<StatusChange, BadField> {
    let fields = Fields::of(body, "")?;
    let (path, word) = fields.word(&["status"])?.ok_or_else(|| BadField::new("status", STATUSES))?;
    let status = order_status(&word).ok_or_else(|| BadField::new(path, STATUSES))?;
    Ok(StatusChange { status, reason: fields.text(&["reason", "notes"])? })
}

/// `PATCH orders/{id}/items/{line}/status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineStatusChange {
    /// How far the line is to be.
    pub status: LineStatus,
    /// How many pieces, counted from the first; absent = all.
    pub quantity: Option<u32>,
    /// Only at this station; absent = at every station.
    pub station: Option<StationId>,
}

/// How far a line is to be. The words of an order are understood too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStatus {
    /// `queued`, `pending`, `confirmed`.
    Queued,
    /// `started`, `preparing`.
    Started,
    /// `done`, `ready`.
    Done,
    /// `completed`, `picked-up`, `served`.
    Completed,
    /// `voided`, `cancelled`.
    Voided,
}

/// Reads a [`LineStatusChange`].
///
/// # Errors
/// The first field that cannot be read.
pub fn line_status_change(body: &Value) -> Result<LineStatusChange, BadField> {
    let fields = Fields::of(body, "")?;
    let (path, word) = fields.word(&["status"])?.ok_or_else(|| BadField::new("status", LINE_STATUSES))?;
    let status = match word.as_str() {
        "queued" => LineStatus::Queued,
        "started" => LineStatus::Started,
        "done" => LineStatus::Done,
        other => match order_status(other).ok_or_else(|| BadField::new(path, LINE_STATUSES))? {
            OrderStatus::Pending | OrderStatus::Confirmed => LineStatus::Queued,
            OrderStatus::Preparing => LineStatus::Started,
            OrderStatus::Ready => LineStatus::Done,
            OrderStatus::Completed => LineStatus::Completed,
            OrderStatus::Cancelled => LineStatus::Voided,
        },
    };
    Ok(LineStatusChange {
        status,
        quantity: fields.count(&["quantity"])?,
        station: fields.id(&["station"])?.map(StationId),
    })
}

/// `PATCH orders/{id}/items/{line}`: fewer pieces, or the line otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineChange {
    /// So many pieces are taken back in all.
    Voided(u32),
    /// So many pieces are still wanted.
    Wanted(u32),
    /// Other modifiers, another note; what is absent stays.
    Otherwise {
        /// All of them.
        modifiers: Option<Vec<String>>,
        /// Empty = none.
        notes: Option<String>,
    },
}

/// An act on an order in the words of the hub protocol (`act`, and what that act names), for `POST orders/{id}/acts`.
///
/// # Errors
/// `bad_field` when it cannot be read; an act that is not known is read, and refused by the kitchen.
pub fn act(body: &Value) -> Result<Act, Fault> {
    let bad = |expected: &dyn std::fmt::Display| {
        Fault::new("bad_field").with("field", "act").with("expected", expected)
    };
    serde_json::from_value(snake(body)).map_err(|error| bad(&error))
}

/// The same with every field named in `snake_case`.
fn snake(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (snake_name(name), snake(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(snake).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn snake_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Reads a [`LineChange`].
///
/// # Errors
/// The first field that cannot be read, or that neither is there.
pub fn line_change(body: &Value) -> Result<LineChange, BadField> {
    let fields = Fields::of(body, "")?;
    if let Some(voided) = fields.count(&["voided"])? {
        return Ok(LineChange::Voided(voided));
    }
    if let Some(pieces) = fields.count(&["quantity"])? {
        return Ok(LineChange::Wanted(pieces));
    }
    let modifiers = match fields.find(&["modifiers", "modifications"]) {
        Some(_) => Some(modifiers(&fields)?),
        None => None,
    };
    let notes = match fields.find(&["notes", "special_instructions"]) {
        Some((path, value)) => Some(text(value, &path)?.unwrap_or_default()),
        None => None,
    };
    if modifiers.is_none() && notes.is_none() {
        return Err(BadField::new("quantity", "a whole number, or `voided`, `modifiers` or `notes` given"));
    }
    Ok(LineChange::Otherwise { modifiers, notes })
}

/// The reason in a body that may be missing altogether.
///
/// # Errors
/// A reason that is no text.
pub fn reason(body: Option<&Value>) -> Result<Option<String>, BadField> {
    match body {
        None | Some(Value::Null) => Ok(None),
        Some(body) => Fields::of(body, "")?.text(&["reason", "notes"]),
    }
}

/// A menu: `{categories, items}`.
///
/// # Errors
/// The first field that cannot be read, or an id given twice.
pub fn menu(body: &Value) -> Result<Menu, BadField> {
    let fields = Fields::of(body, "")?;
    let mut menu = Menu::default();
    for (path, entry) in fields.entries(&["categories"])? {
        let entry = Fields::of(entry, &path)?;
        let id = CategoryId(entry.needed_id(&["id"])?);
        if menu.categories.iter().any(|known| known.id == id) {
            return Err(BadField::new(entry.at("id"), UNIQUE));
        }
        let name = entry.text(&["name"])?.unwrap_or_else(|| id.0.clone());
        menu.categories.push(Category { id, name });
    }
    for (path, entry) in fields.entries(&["items"])? {
        let entry = Fields::of(entry, &path)?;
        let id = MenuItemId(match entry.id(&["menu_item_id"])? {
            Some(id) => id,
            None => entry.needed_id(&["id"])?,
        });
        if menu.items.iter().any(|known| known.id == id) {
            return Err(BadField::new(entry.at("id"), UNIQUE));
        }
        menu.items.push(MenuItem {
            id,
            name: entry.needed_text(&["name"])?,
            category: entry.id(&["category_id", "category"])?.map(CategoryId),
            prep_minutes: entry.count(&["prep_time_minutes", "prep_minutes"])?,
            available: entry.flag(&["available", "is_available"])?.unwrap_or(true)
                && entry.flag(&["active"])?.unwrap_or(true),
            left: entry.count(&["left"])?,
            recipe: recipe(&entry)?,
        });
    }
    Ok(menu)
}

fn recipe(entry: &Fields<'_>) -> Result<Vec<Portion>, BadField> {
    let portion = |(path, value): (String, &Value)| {
        let fields = Fields::of(value, &path)?;
        Ok(Portion {
            ingredient: fields.needed_text(&["ingredient"])?,
            amount: fields.count(&["amount"])?.unwrap_or(1),
            unit: fields.text(&["unit"])?.unwrap_or_default(),
        })
    };
    entry.entries(&["recipe"])?.into_iter().map(portion).collect()
}

/// `PATCH menu/items/{id}`: how many are left; `Some(0)` = out, none = plenty.
///
/// # Errors
/// The first field that cannot be read, or that neither is there.
pub fn stock(body: &Value) -> Result<Option<u32>, BadField> {
    let fields = Fields::of(body, "")?;
    let is_plenty = body.get("left").is_some_and(Value::is_null);
    match (fields.count(&["left"])?, fields.flag(&["available", "is_available"])?) {
        (_, Some(false)) => Ok(Some(0)),
        (Some(left), _) => Ok(Some(left)),
        (None, Some(true)) => Ok(None),
        (None, None) if is_plenty => Ok(None),
        (None, None) => Err(BadField::new("left", "a whole number or null, or `available` given")),
    }
}

/// The stations: a list, or an object with `stations`.
///
/// # Errors
/// The first field that cannot be read, an id given twice, or a pass that cooks.
pub fn stations(body: &Value) -> Result<Vec<Station>, BadField> {
    let list = match body {
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (format!("[{i}]"), v)).collect(),
        other => Fields::of(other, "")?.entries(&["stations"])?,
    };
    let mut stations: Vec<Station> = Vec::with_capacity(list.len());
    for (path, entry) in list {
        let entry = Fields::of(entry, &path)?;
        let id = StationId(entry.needed_id(&["id"])?);
        if stations.iter().any(|known| known.id == id) {
            return Err(BadField::new(entry.at("id"), UNIQUE));
        }
        let role = match entry.word(&["role"])? {
            None if id.is_expo() => StationRole::Expo,
            None => StationRole::Prep,
            Some((_, word)) if word == "prep" => StationRole::Prep,
            Some((_, word)) if word == "expo" => StationRole::Expo,
            Some((path, _)) => return Err(BadField::new(path, "prep or expo")),
        };
        let ids = |name: &'static str| -> Result<Vec<String>, BadField> {
            let entries = entry.entries(&[name])?;
            entries.iter().map(|(path, value)| identifier(value, path)).collect()
        };
        let covers: Vec<StationId> = ids("covers")?.into_iter().map(StationId).collect();
        if (id.is_expo() || !covers.is_empty()) != (role == StationRole::Expo) {
            return Err(BadField::new(
                entry.at("role"),
                "expo for the station `expo` and for a pass that covers others, prep for the rest",
            ));
        }
        let mut order_types = Vec::new();
        for (path, word) in entry.entries(&["order_types"])? {
            let known = word.as_str().and_then(order_type);
            order_types.push(known.ok_or_else(|| BadField::new(path, ORDER_TYPES))?);
        }
        stations.push(Station {
            name: entry.text(&["name"])?.unwrap_or_else(|| id.0.clone()),
            role,
            categories: ids("categories")?.into_iter().map(CategoryId).collect(),
            items: ids("items")?.into_iter().map(MenuItemId).collect(),
            takes_rest: entry.flag(&["takes_rest"])?.unwrap_or(false),
            order_types,
            hands_on_to: entry.id(&["hands_on_to"])?.map(StationId),
            queue: match entry.word(&["queue"])? {
                None => Queue::Shared,
                Some((_, word)) if word == "shared" => Queue::Shared,
                Some((_, word)) if word == "pull" => Queue::Pull,
                Some((_, word)) if word == "balanced" => Queue::Balanced,
                Some((path, _)) => return Err(BadField::new(path, "shared, pull or balanced")),
            },
            covers,
            id,
        });
    }
    Ok(stations)
}

/// The settings; what the body does not name stays as it is. Which restaurant this is, and whether it is the demo
/// kitchen, never changes.
///
/// # Errors
/// The first field that cannot be read.
pub fn settings(body: &Value, now: &Settings) -> Result<Settings, BadField> {
    let fields = Fields::of(body, "")?;
    let mut next = now.clone();
    if fields.id(&["restaurant", "restaurant_id"])?.is_some_and(|id| id != now.restaurant.0) {
        return Err(BadField::new(
            "restaurant",
            "what it is: a hub serves one restaurant for its whole life",
        ));
    }
    if fields.flag(&["demo"])?.is_some_and(|demo| demo != now.demo) {
        return Err(BadField::new("demo", "what it is: the demo kitchen is a restaurant of its own"));
    }
    if let Some(name) = fields.text(&["name"])? {
        next.name = name;
    }
    if let Some(zone) = fields.text(&["time_zone"])? {
        if jiff::tz::TimeZone::get(&zone).is_err() {
            return Err(BadField::new("time_zone", "an IANA time zone name, such as Europe/Lisbon"));
        }
        next.time_zone = zone;
    }
    if let Some(minute) = fields.count(&["day_starts_minute"])? {
        next.day_starts_minute = u16::try_from(minute)
            .ok()
            .filter(|minute| *minute < 1440)
            .ok_or_else(|| BadField::new("day_starts_minute", "minutes after midnight, 0 to 1439"))?;
    }
    next.close_when = match fields.word(&["close_when"])? {
        None => now.close_when,
        Some((_, word)) if word == "passed" => CloseWhen::Passed,
        Some((_, word)) if word == "ready" => CloseWhen::Ready,
        Some((path, _)) => return Err(BadField::new(path, "passed or ready")),
    };
    next.pass_waits = fields.flag(&["pass_waits"])?.unwrap_or(now.pass_waits);
    next.coordinate = fields.flag(&["coordinate"])?.unwrap_or(now.coordinate);
    if let Some(value) = fields.get(&["courses"]) {
        next.courses = course_rule(value)?;
    }
    next.eighty_six = match fields.word(&["eighty_six"])? {
        None => now.eighty_six,
        Some((_, word)) if word == "flag" => EightySix::Flag,
        Some((_, word)) if word == "refuse" => EightySix::Refuse,
        Some((path, _)) => return Err(BadField::new(path, "flag or refuse")),
    };
    if let Some(seconds) = fields.count(&["undo_seconds"])? {
        if seconds > 60 {
            return Err(BadField::new("undo_seconds", "at most 60"));
        }
        next.undo_seconds = seconds;
    }
    if fields.get(&["thresholds"]).is_some() {
        next.thresholds.clear();
        for (path, entry) in fields.entries(&["thresholds"])? {
            next.thresholds.push(threshold(&Fields::of(entry, &path)?)?);
        }
    }
    Ok(next)
}

fn course_rule(value: &Value) -> Result<CourseRule, BadField> {
    match value.as_str().map(plain).as_deref() {
        Some("byhand") => return Ok(CourseRule::ByHand),
        Some("whendone") => return Ok(CourseRule::WhenDone),
        Some(_) | None => {}
    }
    let minutes = Fields::of(value, "courses").and_then(|fields| fields.count(&["after_minutes"]));
    match minutes {
        Ok(Some(minutes)) => Ok(CourseRule::AfterMinutes(minutes)),
        Ok(None) | Err(_) => {
            Err(BadField::new("courses", r#""by_hand", "when_done" or {"after_minutes": number}"#))
        }
    }
}

/// An order status in any spelling that POS systems use.
#[must_use]
pub fn order_status(word: &str) -> Option<OrderStatus> {
    Some(match plain(word).as_str() {
        "new" | "pending" => OrderStatus::Pending,
        "confirmed" => OrderStatus::Confirmed,
        "preparing" => OrderStatus::Preparing,
        "ready" => OrderStatus::Ready,
        "completed" | "pickedup" | "served" => OrderStatus::Completed,
        "cancelled" | "canceled" | "voided" => OrderStatus::Cancelled,
        _ => return None,
    })
}

/// An order type in any spelling that POS systems use.
#[must_use]
pub fn order_type(word: &str) -> Option<OrderType> {
    Some(match plain(word).as_str() {
        "dinein" => OrderType::DineIn,
        "pickup" | "takeout" | "takeaway" => OrderType::Pickup,
        "delivery" => OrderType::Delivery,
        "drivethru" | "drivethrough" => OrderType::DriveThru,
        "online" => OrderType::Online,
        "kiosk" => OrderType::Kiosk,
        "voice" => OrderType::Voice,
        _ => return None,
    })
}

/// A moment: RFC 3339, or milliseconds since 1970.
#[must_use]
pub fn moment(value: &Value) -> Option<At> {
    match value {
        Value::Number(number) => number.as_i64().map(At),
        Value::String(text) => text.trim().parse::<Timestamp>().ok().map(|t| At(t.as_millisecond())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

const UNIQUE: &str = "unique";
const ORDER_TYPES: &str = "one of dine_in, pickup, takeout, delivery, drive_thru, online, kiosk, voice";
const STATUSES: &str = "one of pending, confirmed, preparing, ready, completed, cancelled";
const LINE_STATUSES: &str = "one of queued, started, done, completed, voided";
const PAYMENTS: &str = "one of unpaid, paid, failed, refunded";

fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn payment(word: &str) -> Option<Payment> {
    Some(match word {
        "unknown" => Payment::Unknown,
        "unpaid" | "pending" => Payment::Unpaid,
        "paid" => Payment::Paid,
        "failed" => Payment::Failed,
        "refunded" => Payment::Refunded,
        _ => return None,
    })
}

fn source(fields: &Fields<'_>) -> Result<Source, BadField> {
    let reference = ["external_reference", "external_id", "reference"];
    if let Some(value) = fields.get(&["source"])
        && value.is_object()
    {
        let inner = Fields::of(value, &fields.at("source"))?;
        let system = inner.id(&["system"])?.unwrap_or_else(|| "pos".to_owned());
        return Ok(Source { system, reference: inner.id(&reference)? });
    }
    let system = fields.id(&["source"])?.unwrap_or_else(|| "pos".to_owned());
    Ok(Source { system, reference: fields.id(&reference)? })
}

fn courier(fields: &Fields<'_>) -> Result<Option<Courier>, BadField> {
    let Some(value) = fields.get(&["courier"]) else {
        return Ok(fields.text(&["courier_name"])?.map(|name| Courier { name: Some(name), at: None }));
    };
    if value.is_object() {
        let inner = Fields::of(value, &fields.at("courier"))?;
        return Ok(Some(Courier { name: inner.text(&["name"])?, at: inner.moment(&["at"])? }));
    }
    Ok(fields.text(&["courier"])?.map(|name| Courier { name: Some(name), at: None }))
}

fn courses(fields: &Fields<'_>) -> Result<Vec<Course>, BadField> {
    let mut courses: Vec<Course> = Vec::new();
    for (path, entry) in fields.entries(&["courses"])? {
        let entry = Fields::of(entry, &path)?;
        let number = entry.course(&["number"])?.ok_or_else(|| BadField::new(entry.at("number"), COURSE))?;
        if courses.iter().any(|known| known.number == number) {
            return Err(BadField::new(entry.at("number"), UNIQUE));
        }
        courses.push(Course {
            number,
            name: entry.text(&["name"])?,
            fired_at: None,
            after_minutes: entry.count(&["after_minutes"])?,
            when_done: entry.flag(&["when_done"])?.unwrap_or(false),
        });
    }
    Ok(courses)
}

const COURSE: &str = "a whole number from 1 to 255";

fn lines(list: &[Value], path: &str) -> Result<Vec<NewLine>, BadField> {
    list.iter().enumerate().map(|(index, value)| line(value, &format!("{path}[{index}]"))).collect()
}

fn modifiers(fields: &Fields<'_>) -> Result<Vec<String>, BadField> {
    let mut modifiers = Vec::new();
    for name in ["modifiers", "modifications"] {
        for (path, entry) in fields.entries(&[name])? {
            let text = match entry {
                Value::Object(_) => Fields::of(entry, &path)?.needed_text(&["name"])?,
                Value::String(_) => match text(entry, &path)? {
                    Some(text) => text,
                    None => continue,
                },
                Value::Null => continue,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                    return Err(BadField::new(path, "text, or an object with a name"));
                }
            };
            if !modifiers.contains(&text) {
                modifiers.push(text);
            }
        }
    }
    Ok(modifiers)
}

fn line(value: &Value, path: &str) -> Result<NewLine, BadField> {
    let fields = Fields::of(value, path)?;
    let modifiers = modifiers(&fields)?;
    let quantity = fields.count(&["quantity", "qty"])?.unwrap_or(1);
    let mut notes = fields.text(&["notes"])?;
    if let Some(more) = fields.text(&["special_instructions"])? {
        notes = Some(match notes {
            Some(notes) if notes != more => format!("{notes}; {more}"),
            Some(_) | None => more,
        });
    }
    Ok(NewLine {
        id: fields.id(&["id"])?,
        item: fields.id(&["menu_item_id"])?.map(MenuItemId),
        category: fields.id(&["category_id", "category"])?.map(CategoryId),
        name: fields.text(&["name"])?.unwrap_or_default(),
        quantity,
        modifiers,
        notes,
        course: fields.course(&["course"])?,
        seat: fields.text(&["seat_number", "seat"])?,
        parent: fields.id(&["parent_id", "parent"])?,
    })
}

fn threshold(fields: &Fields<'_>) -> Result<ThresholdRule, BadField> {
    let needed = |name: &'static str| {
        fields.count(&[name])?.ok_or_else(|| BadField::new(fields.at(name), "a whole number of seconds"))
    };
    let rule = ThresholdRule {
        station: fields.id(&["station"])?.map(StationId),
        order_type: match fields.word(&["order_type"])? {
            Some((path, word)) => Some(order_type(&word).ok_or_else(|| BadField::new(path, ORDER_TYPES))?),
            None => None,
        },
        warn_seconds: needed("warn_seconds")?,
        late_seconds: needed("late_seconds")?,
    };
    if rule.warn_seconds > rule.late_seconds {
        return Err(BadField::new(fields.at("late_seconds"), "no less than warn_seconds"));
    }
    Ok(rule)
}

/// The fields of one JSON object, asked for by their `snake_case` names.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// What comes before a field's name in its path; empty or ends with a dot.
    path: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, path: &str) -> Result<Self, BadField> {
        let map = value.as_object().ok_or_else(|| BadField::new(path, "an object"))?;
        Ok(Self { map, path: if path.is_empty() { String::new() } else { format!("{path}.") } })
    }

    fn at(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// The first of the names that is there and not null, in either spelling.
    fn get(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| self.one(name))
    }

    fn one(&self, name: &str) -> Option<&'a Value> {
        let there = |name: &str| self.map.get(name).filter(|value| !value.is_null());
        there(name).or_else(|| name.contains('_').then(|| there(&camel(name))).flatten())
    }

    fn find(&self, names: &[&str]) -> Option<(String, &'a Value)> {
        names.iter().find_map(|name| self.one(name).map(|value| (self.at(name), value)))
    }

    fn text(&self, names: &[&str]) -> Result<Option<String>, BadField> {
        self.find(names).map_or(Ok(None), |(path, value)| text(value, &path))
    }

    fn needed_text(&self, names: &[&str]) -> Result<String, BadField> {
        self.text(names)?.ok_or_else(|| BadField::new(self.at(names[0]), "a text that is not empty"))
    }

    fn id(&self, names: &[&str]) -> Result<Option<String>, BadField> {
        match self.find(names) {
            None => Ok(None),
            Some((_, Value::String(text))) if text.trim().is_empty() => Ok(None),
            Some((path, value)) => identifier(value, &path).map(Some),
        }
    }

    fn needed_id(&self, names: &[&str]) -> Result<String, BadField> {
        self.id(names)?.ok_or_else(|| BadField::new(self.at(names[0]), "a text that is not empty"))
    }

    /// A text in lower case, with its path.
    fn word(&self, names: &[&str]) -> Result<Option<(String, String)>, BadField> {
        match self.find(names) {
            None => Ok(None),
            Some((path, Value::String(text))) => Ok(Some((path, text.trim().to_lowercase()))),
            Some((path, _)) => Err(BadField::new(path, "a text")),
        }
    }

    fn count(&self, names: &[&str]) -> Result<Option<u32>, BadField> {
        let Some((path, value)) = self.find(names) else { return Ok(None) };
        let whole = value.as_u64().or_else(|| {
            let number = value.as_f64()?;
            (number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u64)
        });
        let count = whole.and_then(|whole| u32::try_from(whole).ok());
        count.map(Some).ok_or_else(|| BadField::new(path, "a whole number, not negative"))
    }

    fn course(&self, names: &[&str]) -> Result<Option<u8>, BadField> {
        let Some((path, _)) = self.find(names) else { return Ok(None) };
        let number = self.count(names)?.and_then(|number| u8::try_from(number).ok());
        number.filter(|number| *number > 0).map(Some).ok_or_else(|| BadField::new(path, COURSE))
    }

    fn flag(&self, names: &[&str]) -> Result<Option<bool>, BadField> {
        match self.find(names) {
            None => Ok(None),
            Some((_, Value::Bool(flag))) => Ok(Some(*flag)),
            Some((path, _)) => Err(BadField::new(path, "true or false")),
        }
    }

    fn moment(&self, names: &[&str]) -> Result<Option<At>, BadField> {
        let Some((path, value)) = self.find(names) else { return Ok(None) };
        moment(value)
            .map(Some)
            .ok_or_else(|| BadField::new(path, "a moment in RFC 3339, or milliseconds since 1970"))
    }

    fn list(&self, names: &[&str]) -> Result<Option<(String, &'a Vec<Value>)>, BadField> {
        match self.find(names) {
            None => Ok(None),
            Some((path, Value::Array(list))) => Ok(Some((path, list))),
            Some((path, _)) => Err(BadField::new(path, "a list")),
        }
    }

    /// The entries of a list that may be missing, each with its path.
    fn entries(&self, names: &[&str]) -> Result<Vec<(String, &'a Value)>, BadField> {
        Ok(self.list(names)?.map_or_else(Vec::new, |(path, list)| {
            list.iter().enumerate().map(|(index, value)| (format!("{path}[{index}]"), value)).collect()
        }))
    }
}

/// A text, or a number taken for its digits (tables are often numbers); trimmed, none when empty.
fn text(value: &Value, path: &str) -> Result<Option<String>, BadField> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Ok(None),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(BadField::new(path, "a text")),
    };
    if text.chars().count() > LONGEST_TEXT {
        return Err(BadField::new(path, "at most 1000 characters"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn identifier(value: &Value, path: &str) -> Result<String, BadField> {
    let id = text(value, path)?.ok_or_else(|| BadField::new(path, "a text that is not empty"))?;
    if id.chars().count() > LONGEST_ID {
        return Err(BadField::new(path, "at most 200 characters"));
    }
    Ok(id)
}

fn camel(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    let mut up = false;
    for c in snake.chars() {
        match c {
            '_' => up = true,
            c if up => {
                out.push(c.to_ascii_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    out
}

// ---------------------------------------------------------------------------------------------------------------
// Answers

/// An order as it is answered.
#[derive(Debug, Clone, Serialize)]
pub struct OrderAnswer<'a> {
    id: &'a str,
    order_number: &'a str,
    #[serde(rename = "type")]
    order_type: OrderType,
    status: OrderStatus,
    open: bool,
    source: SourceAnswer<'a>,
    table_number: Option<&'a str>,
    seat_number: Option<&'a str>,
    guests: Option<u32>,
    server_name: Option<&'a str>,
    customer_name: Option<&'a str>,
    notes: Option<&'a str>,
    promised_at: Option<Moment>,
    courier: Option<CourierAnswer<'a>>,
    fire_at: Option<Moment>,
    fired_at: Option<Moment>,
    courses: Vec<CourseAnswer<'a>>,
    rush: bool,
    held: bool,
    held_until: Option<Moment>,
    parked_at: Option<Moment>,
    payment_status: Payment,
    created_at: Moment,
    updated_at: Moment,
    completed_at: Option<Moment>,
    cancelled_at: Option<Moment>,
    cancel_reason: Option<&'a str>,
    version: u64,
    items: Vec<ItemAnswer<'a>>,
}

impl<'a> OrderAnswer<'a> {
    /// The order as it stands when the hub's clock says `now`.
    #[must_use]
    pub fn of(order: &'a Order, now: At) -> Self {
        let (mut completed_at, mut cancelled_at, mut cancel_reason) = (None, None, None);
        match &order.state {
            OrderState::Open => {}
            OrderState::Closed { at } => completed_at = Some(Moment(*at)),
            OrderState::Voided { at, reason } => {
                cancelled_at = Some(Moment(*at));
                cancel_reason = reason.as_deref();
            }
        }
        Self {
            id: order.id.as_str(),
            order_number: &order.number,
            order_type: order.order_type,
            status: order.status(now),
            open: order.is_open(),
            source: SourceAnswer {
                system: &order.source.system,
                reference: order.source.reference.as_deref(),
            },
            table_number: order.table.as_deref(),
            seat_number: order.seat.as_deref(),
            guests: order.guests,
            server_name: order.server_name.as_deref(),
            customer_name: order.customer_name.as_deref(),
            notes: order.notes.as_deref(),
            promised_at: order.promised_at.map(Moment),
            courier: order
                .courier
                .as_ref()
                .map(|courier| CourierAnswer { name: courier.name.as_deref(), at: courier.at.map(Moment) }),
            fire_at: order.fire_at.map(Moment),
            fired_at: order.fired_at.map(Moment),
            courses: order
                .courses
                .iter()
                .map(|course| CourseAnswer {
                    number: course.number,
                    name: course.name.as_deref(),
                    fired_at: course.fired_at.map(Moment),
                    fires_at: order.course_fires_at(Some(course.number)).map(Moment),
                    after_minutes: course.after_minutes,
                    when_done: course.when_done,
                })
                .collect(),
            rush: order.rush,
            held: order.is_held(now),
            held_until: order.hold.as_ref().filter(|_| order.is_held(now)).and_then(|h| h.until).map(Moment),
            parked_at: order.parked_at.filter(|_| order.is_parked()).map(Moment),
            payment_status: order.payment,
            created_at: Moment(order.created_at),
            updated_at: Moment(order.updated_at),
            completed_at,
            cancelled_at,
            cancel_reason,
            version: order.version,
            items: order.lines.iter().map(ItemAnswer::of).collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct SourceAnswer<'a> {
    system: &'a str,
    reference: Option<&'a str>,
}

#[derive(Debug, Clone, Serialize)]
struct CourierAnswer<'a> {
    name: Option<&'a str>,
    at: Option<Moment>,
}

#[derive(Debug, Clone, Serialize)]
struct CourseAnswer<'a> {
    number: u8,
    name: Option<&'a str>,
    fired_at: Option<Moment>,
    /// When it went or will go by itself; null while it waits for somebody or for the course before it.
    fires_at: Option<Moment>,
    after_minutes: Option<u32>,
    when_done: bool,
}

#[derive(Debug, Clone, Serialize)]
struct ItemAnswer<'a> {
    id: &'a LineId,
    menu_item_id: &'a MenuItemId,
    category_id: Option<&'a CategoryId>,
    name: &'a str,
    /// Pieces ordered, voided ones included.
    quantity: u32,
    voided: u32,
    done: u32,
    status: LineState,
    modifiers: Vec<ModifierAnswer<'a>>,
    notes: Option<&'a str>,
    course: Option<u8>,
    seat_number: Option<&'a str>,
    parent_id: Option<&'a LineId>,
    work: Vec<WorkAnswer<'a>>,
}

impl<'a> ItemAnswer<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            id: &line.id,
            menu_item_id: &line.item,
            category_id: line.category.as_ref(),
            name: &line.name,
            quantity: line.quantity,
            voided: line.voided,
            done: line.done(),
            status: line.state(),
            modifiers: line
                .modifiers
                .iter()
                .map(|modifier| ModifierAnswer { name: &modifier.name, class: modifier.class })
                .collect(),
            notes: line.notes.as_deref(),
            course: line.course,
            seat_number: line.seat.as_deref(),
            parent_id: line.parent.as_ref(),
            work: line.work.iter().map(WorkAnswer::of).collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct ModifierAnswer<'a> {
    name: &'a str,
    class: ModifierClass,
}

#[derive(Debug, Clone, Serialize)]
struct WorkAnswer<'a> {
    station: &'a StationId,
    done: u32,
    bumped: u32,
    started_at: Option<Moment>,
    after: Option<&'a StationId>,
    came_from: Option<&'a StationId>,
}

impl<'a> WorkAnswer<'a> {
    fn of(work: &'a Work) -> Self {
        Self {
            station: &work.station,
            done: work.done,
            bumped: work.bumped,
            started_at: work.started_at.map(Moment),
            after: work.after.as_ref(),
            came_from: work.came_from.as_ref(),
        }
    }
}

/// A menu as it is answered.
#[derive(Debug, Clone, Serialize)]
pub struct MenuAnswer<'a> {
    categories: &'a [Category],
    items: Vec<MenuItemAnswer<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct MenuItemAnswer<'a> {
    id: &'a MenuItemId,
    name: &'a str,
    category_id: Option<&'a CategoryId>,
    prep_time_minutes: Option<u32>,
    available: bool,
    left: Option<u32>,
    recipe: &'a [Portion],
}

impl<'a> MenuAnswer<'a> {
    /// The menu as Restaurant OS names its fields.
    #[must_use]
    pub fn of(menu: &'a Menu) -> Self {
        let item = |item: &'a MenuItem| MenuItemAnswer {
            id: &item.id,
            name: &item.name,
            category_id: item.category.as_ref(),
            prep_time_minutes: item.prep_minutes,
            available: !item.is_out(),
            left: item.left,
            recipe: &item.recipe,
        };
        Self { categories: &menu.categories, items: menu.items.iter().map(item).collect() }
    }
}

/// A moment as it is answered: RFC 3339 in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub At);

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_millisecond(self.0.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{}", self.0.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A refusal as it is answered: the fault, and a sentence for the person who reads a POS's log.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The HTTP status it goes with.
    #[serde(skip)]
    pub status: u16,
    code: String,
    params: std::collections::BTreeMap<String, String>,
    retry: bool,
    message: String,
}

impl Problem {
    /// The one table of codes, their HTTP status and their English sentence.
    #[must_use]
    pub fn of(fault: Fault) -> Self {
        let (_, status, sentence) = PROBLEMS.iter().find(|(code, _, _)| *code == fault.code).unwrap_or(&(
            "",
            422,
            "The request cannot be carried out.",
        ));
        let mut message = (*sentence).to_owned();
        for (name, value) in &fault.params {
            message = message.replace(&format!("{{{name}}}"), value);
        }
        Self { status: *status, code: fault.code, params: fault.params, retry: fault.retry, message }
    }

    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

/// Code, HTTP status, sentence; `{name}` is a parameter.
const PROBLEMS: &[(&str, u16, &str)] = &[
    ("bad_json", 400, "The body is not JSON: {reason}."),
    ("bad_query", 400, "The query parameter {field} must be {expected}."),
    ("bad_header", 400, "The header {field} must be {expected}."),
    ("bad_offer", 400, "The offer cannot be answered: {reason}."),
    ("token_refused", 401, "A valid token is needed: Authorization: Bearer <token>."),
    ("secret_refused", 401, "A valid client secret is needed: Authorization: Bearer <ek_...>."),
    ("not_found", 404, "There is nothing at this path."),
    ("order_unknown", 404, "There is no such order."),
    ("line_unknown", 404, "There is no such item in this order."),
    ("call_unknown", 404, "There is no such call, or another secret opened it."),
    ("method_not_allowed", 405, "This path does not know that method."),
    ("too_slow", 408, "The request took too long to arrive or to be answered."),
    ("idempotency_key_reused", 409, "This Idempotency-Key was used for another request."),
    ("order_voided", 409, "The order is cancelled."),
    ("bump_unknown", 409, "There is no such bump to take back."),
    ("line_not_at_station", 409, "The station has no part in this item."),
    ("item_out", 409, "{item} is out."),
    ("item_unknown", 404, "There is no such item on the menu."),
    ("course_unknown", 409, "The order has no such course."),
    ("station_unknown", 409, "There is no such station that cooks."),
    ("already_begun", 409, "Somebody has begun with it."),
    ("still_cooking", 409, "A station still cooks it, and the pass waits."),
    ("house_changed", 409, "The stations or the rules were changed meanwhile."),
    ("bad_house", 422, "No kitchen can work like that: {what} {station}."),
    ("taken_elsewhere", 409, "Another screen has taken it."),
    ("not_fired", 409, "The order is not fired yet."),
    ("act_unknown", 422, "This hub does not know that act."),
    ("nothing_named", 422, "The act names nothing."),
    ("status_unreachable", 409, "The order cannot become {wanted}; it is {status}."),
    ("body_too_large", 413, "The body is larger than {most} bytes."),
    ("bad_content_type", 415, "The body must be {expected}."),
    ("bad_field", 422, "{field} must be {expected}."),
    ("order_without_lines", 422, "An order needs at least one item."),
    ("too_many_lines", 422, "An order has at most 500 items."),
    ("line_without_name", 422, "{field} must not be empty."),
    ("bad_quantity", 422, "{field} must be between 1 and 999."),
    ("quantity_up", 422, "An item only shrinks; add the rest as a new item."),
    ("order_too_large", 422, "The order has grown too large to be shown."),
    ("upgrade_expected", 426, "This path is a WebSocket."),
    ("voice_absent", 501, "This hub was built without voice."),
    (
        "speech_model_missing",
        503,
        "The hub has no speech model; its folder can be named with BRIGADE_VOICE_MODEL.",
    ),
    ("storage_failed", 503, "The order could not be stored. Nothing was changed; try again."),
    ("hub_busy", 503, "The hub has more to do than it can hold; try again."),
    ("hub_full", 503, "The hub has as many connections as it allows; try again."),
    ("hub_stopping", 503, "The hub is shutting down; try again."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reads(body: &Value) -> NewOrder {
        order(body).unwrap_or_else(|bad| panic!("{bad}: {body}"))
    }

    #[test]
    fn snake_and_camel_read_alike_even_side_by_side() {
        let snake = json!({"type":"dine_in","table_number":"7","customer_name":"Ada Lovelace","server_name":"Kim",
            "items":[{"id":"a","menu_item_id":"m1","name":"Soup","quantity":2,"special_instructions":"hot"}]});
        let camel = json!({"type":"dine-in","tableNumber":7,"customerName":"Ada Lovelace","table_number":null,
            "metadata":{"serverName":"Kim"},
            "items":[{"id":"a","menuItemId":"m1","name":"Soup","quantity":2.0,"specialInstructions":"hot",
                "special_instructions":"hot","price":9.5,"subtotal":19}]});
        assert_eq!(reads(&snake), reads(&camel));
        assert_eq!(reads(&snake).table.as_deref(), Some("7"));
    }

    #[test]
    fn modifiers_are_texts_or_objects_and_never_doubled() {
        let body = json!({"items":[{"name":"Burger","modifiers":["no onion",{"id":"x","name":"Extra cheese","price":1}],
            "modifications":["no onion", "", null, "well done"]}]});
        assert_eq!(reads(&body).lines[0].modifiers, ["no onion", "Extra cheese", "well done"]);
    }

    #[test]
    fn types_follow_every_spelling() {
        use OrderType::*;
        for (word, wanted) in [
            ("dine-in", DineIn),
            ("dine_in", DineIn),
            ("dineIn", DineIn),
            ("Takeout", Pickup),
            ("pickup", Pickup),
            ("drive-thru", DriveThru),
            ("DELIVERY", Delivery),
            ("online", Online),
        ] {
            assert_eq!(order_type(word), Some(wanted), "{word}");
        }
        assert_eq!(order_type("teleport"), None);
        assert_eq!(reads(&json!({"table":"4"})).order_type, DineIn);
        assert_eq!(reads(&json!({})).order_type, Pickup);
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        for (body, field) in [
            (json!([]), ""),
            (json!({"items": 5}), "items"),
            (json!({"items": [5]}), "items[0]"),
            (json!({"items": [{"name": "x", "quantity": -1}]}), "items[0].quantity"),
            (json!({"items": [{"name": "x", "quantity": "two"}]}), "items[0].quantity"),
            (json!({"items": [{"name": {}}]}), "items[0].name"),
            (json!({"items": [{"name": "x", "modifiers": [{"name": "a"}, 7]}]}), "items[0].modifiers[1]"),
            (json!({"items": [{"name": "x", "modifiers": [{"price": 1}]}]}), "items[0].modifiers[0].name"),
            (json!({"items": [{"name": "x", "course": 0}]}), "items[0].course"),
            (json!({"type": "teleport"}), "type"),
            (json!({"type": 5}), "type"),
            (json!({"guests": 2.5}), "guests"),
            (json!({"rush": "yes"}), "rush"),
            (json!({"fire_at": "tomorrow"}), "fire_at"),
            (json!({"notes": "x".repeat(1001)}), "notes"),
            (json!({"payment_status": "maybe"}), "payment_status"),
            (json!({"courses": [{"number": 1}, {"number": 1}]}), "courses[1].number"),
        ] {
            let bad = order(&body).expect_err(&body.to_string());
            assert_eq!(bad.field, field, "{body}");
        }
    }

    #[test]
    fn moments_come_as_text_or_number() {
        let text = reads(&json!({"fireAt": "2026-06-02T10:00:00+02:00"})).fire_at;
        assert_eq!(text, Some(At(1_780_387_200_000)));
        assert_eq!(reads(&json!({"auto_fire_time": 1_780_387_200_000_i64})).fire_at, text);
        assert_eq!(Moment(At(1_780_387_200_000)).to_string(), "2026-06-02T08:00:00.000Z");
    }

    #[test]
    fn stations_know_one_pass() {
        let good =
            stations(&json!([{"id":"grill","categories":["mains"],"takesRest":true},{"id":"expo"}])).unwrap();
        assert_eq!(good[0].role, StationRole::Prep);
        assert!(good[0].takes_rest);
        assert_eq!(good[1].role, StationRole::Expo);
        for (body, field) in [
            (json!([{"id":"a"},{"id":"a"}]), "[1].id"),
            (json!([{"id":"expo","role":"prep"}]), "[0].role"),
            (json!([{"id":"a","role":"expo"}]), "[0].role"),
            (json!([{"id":"a","role":"prep","covers":["b"]}]), "[0].role"),
            (json!([{"id":"a","orderTypes":["teleport"]}]), "[0].order_types[0]"),
            (json!({"stations":[{"name":"x"}]}), "stations[0].id"),
            (json!([{"id":"a","role":"chef"}]), "[0].role"),
        ] {
            assert_eq!(stations(&body).unwrap_err().field, field, "{body}");
        }
    }

    #[test]
    fn settings_keep_what_is_not_named_and_what_never_changes() {
        let now = Settings::new("r1".into(), "Kitchen");
        let next = settings(&json!({"name": "Bistro", "undoSeconds": 8}), &now).unwrap();
        assert_eq!((next.name.as_str(), next.undo_seconds), ("Bistro", 8));
        assert_eq!(next.thresholds, now.thresholds);
        for (body, field) in [
            (json!({"restaurant": "r2"}), "restaurant"),
            (json!({"demo": true}), "demo"),
            (json!({"time_zone": "Mars/Base"}), "time_zone"),
            (json!({"day_starts_minute": 1440}), "day_starts_minute"),
            (json!({"courses": "sometimes"}), "courses"),
            (json!({"thresholds": [{"warn_seconds": 9, "late_seconds": 8}]}), "thresholds[0].late_seconds"),
        ] {
            assert_eq!(settings(&body, &now).unwrap_err().field, field, "{body}");
        }
    }

    #[test]
    fn acts_are_those_of_the_protocol_in_either_spelling() {
        let transfer = Act::Transfer { from: "a".into(), to: "b".into(), lines: vec!["l".into()] };
        assert_eq!(act(&json!({"act": "transfer", "from": "a", "to": "b", "lines": ["l"]})), Ok(transfer));
        let body = json!({"act": "add_lines", "lines": [{"name": "Pie", "quantity": 1, "menuItem": 3}]});
        assert!(matches!(act(&body), Ok(Act::AddLines { .. })));
        assert_eq!(act(&json!({"act": "flambe"})), Ok(Act::Unknown));
        for body in [json!({}), json!(7), json!({"act": "transfer", "from": "a"})] {
            assert_eq!(act(&body).unwrap_err().code, "bad_field", "{body}");
        }
    }

    #[test]
    fn a_line_is_made_smaller_or_otherwise() {
        let read = |body: Value| line_change(&body).unwrap();
        assert_eq!(read(json!({"quantity": 1, "notes": "x"})), LineChange::Wanted(1));
        assert_eq!(
            read(json!({"modifications": ["no salt"], "specialInstructions": ""})),
            LineChange::Otherwise { modifiers: Some(vec!["no salt".into()]), notes: Some(String::new()) }
        );
        assert_eq!(line_change(&json!({"colour": "red"})).unwrap_err().field, "quantity");
    }

    #[test]
    fn every_code_of_the_kitchen_has_its_status() {
        for code in [
            "order_unknown",
            "line_unknown",
            "line_not_at_station",
            "order_voided",
            "bump_unknown",
            "course_unknown",
            "station_unknown",
            "already_begun",
            "still_cooking",
            "not_fired",
            "house_changed",
            "taken_elsewhere",
        ] {
            assert!(matches!(Problem::of(Fault::new(code)).status, 404 | 409), "{code}");
        }
        let problem = Problem::of(BadField::new("items[0].name", "a text").into());
        assert_eq!((problem.status, problem.message.as_str()), (422, "items[0].name must be a text."));
    }
}
