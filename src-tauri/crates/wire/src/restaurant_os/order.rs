//! An order as the back end's rows have it: 33 fields, of which a kitchen needs these.
//!
//! Read past: `subtotal`, `tax`, `total_amount` (the documents' `total`), `payment_method`, `payment_amount`,
//! `cash_received`, `change_given`, `payment_id`, `check_closed_at`, `closed_by_user_id`, `preparing_at`, `ready_at`,
//! `completed_at`, `cancelled_at`.

use super::Status;
use jiff::Timestamp;
use kitchen::Payment;
use serde_json::{Map, Value};

/// An order row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// `id`, the one field without which it is no order.
    pub id: String,
    /// `restaurant_id`; frames for others reach whoever listens.
    pub restaurant: Option<String>,
    /// `order_number`, `YYYYMMDD-NNNN`; may come twice.
    pub number: Option<String>,
    /// `type`: online, pickup or delivery, whatever was ordered.
    pub order_type: Option<String>,
    /// `status`; none when null or unknown.
    pub status: Option<Status>,
    /// `items`.
    pub items: Vec<Item>,
    /// `notes`.
    pub notes: Option<String>,
    /// `customer_name`.
    pub customer_name: Option<String>,
    /// `table_number`, text or number.
    pub table: Option<String>,
    /// `seat_number`, text or number.
    pub seat: Option<String>,
    /// `metadata`: `originalType`, `uiType`, `serverName` and whatever anybody put there.
    pub metadata: Map<String, Value>,
    /// `created_at`.
    pub created_at: Option<Timestamp>,
    /// `updated_at`.
    pub updated_at: Option<Timestamp>,
    /// `is_scheduled`.
    pub is_scheduled: bool,
    /// `manually_fired`. Stays false when a scheduled order is moved on by hand.
    pub manually_fired: bool,
    /// `auto_fire_time`.
    pub auto_fire_time: Option<Timestamp>,
    /// `scheduled_pickup_time`.
    pub scheduled_pickup_time: Option<Timestamp>,
    /// `version`: 1 at first, one more per status change; payment changes only renew `updated_at`.
    pub version: u64,
    /// `payment_status`.
    pub payment: Payment,
}

/// One entry of `items`. The back end knows no status, station or seat of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// `id`, not always a UUID and not always unique.
    pub id: Option<String>,
    /// `menu_item_id`.
    pub menu_item: Option<String>,
    /// `category_id`, which some sources add.
    pub category: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `quantity`; 1 when it cannot be read.
    pub quantity: u32,
    /// `modifiers` and `modifications`, each text or an object with a name; twins once.
    pub modifiers: Vec<String>,
    /// `notes`, `special_instructions` and `specialInstructions`, twins once.
    pub notes: Option<String>,
}

/// Which of two rows of one order is newer: the version, then the moment. Texts of moments are not comparable, for they
/// come in two forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Freshness {
    /// `version`.
    pub version: u64,
    /// `updated_at` in microseconds since 1970.
    pub updated_us: i64,
}

impl Order {
    /// Reads a row; none if it is no object or has no id.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let row = value.as_object()?;
        let metadata = match row.get("metadata") {
            Some(Value::Object(map)) => map.clone(),
            // A metadata column that was written as text holds its JSON once more.
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            _ => Map::new(),
        };
        let items = match row.get("items") {
            Some(Value::Array(list)) => list.iter().filter_map(Item::read).collect(),
            Some(Value::String(json)) => match serde_json::from_str::<Vec<Value>>(json) {
                Ok(list) => list.iter().filter_map(Item::read).collect(),
                Err(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        Some(Self {
            id: text(row, "id")?,
            restaurant: text(row, "restaurant_id"),
            number: text(row, "order_number"),
            order_type: text(row, "type"),
            status: text(row, "status").as_deref().and_then(Status::of),
            items,
            notes: text(row, "notes"),
            customer_name: text(row, "customer_name"),
            table: text(row, "table_number"),
            seat: text(row, "seat_number"),
            metadata,
            created_at: moment(row, "created_at"),
            updated_at: moment(row, "updated_at"),
            is_scheduled: flag(row, "is_scheduled"),
            manually_fired: flag(row, "manually_fired"),
            auto_fire_time: moment(row, "auto_fire_time"),
            scheduled_pickup_time: moment(row, "scheduled_pickup_time"),
            version: whole(row.get("version")).unwrap_or(0),
            payment: match text(row, "payment_status").as_deref() {
                Some("unpaid" | "pending") => Payment::Unpaid,
                Some("paid") => Payment::Paid,
                Some("failed") => Payment::Failed,
                Some("refunded") => Payment::Refunded,
                Some(_) | None => Payment::Unknown,
            },
        })
    }

    /// How new it is.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        Freshness {
            version: self.version,
            updated_us: self.updated_at.map_or(0, |moment| moment.as_microsecond()),
        }
    }

    /// Whether it is of another restaurant than `ours`. A row that does not say is ours.
    #[must_use]
    pub fn is_foreign(&self, ours: &str) -> bool {
        self.restaurant.as_deref().is_some_and(|theirs| !theirs.eq_ignore_ascii_case(ours))
    }
}

impl Item {
    fn read(value: &Value) -> Option<Self> {
        let row = value.as_object()?;
        let mut modifiers: Vec<String> = Vec::new();
        for list in ["modifiers", "modifications"].iter().filter_map(|name| row.get(*name)) {
            let entries = match list {
                Value::Array(entries) => entries.as_slice(),
                one => std::slice::from_ref(one),
            };
            for entry in entries {
                let name = match entry {
                    Value::Object(map) => ["name", "label", "value"].iter().find_map(|key| text(map, key)),
                    other => plain(other),
                };
                if let Some(name) = name.filter(|name| !modifiers.contains(name)) {
                    modifiers.push(name);
                }
            }
        }
        let mut notes: Vec<String> = Vec::new();
        for name in ["notes", "special_instructions", "specialInstructions"] {
            if let Some(note) = text(row, name).filter(|note| !notes.contains(note)) {
                notes.push(note);
            }
        }
        Some(Self {
            id: text(row, "id"),
            menu_item: text(row, "menu_item_id").or_else(|| text(row, "menuItemId")),
            category: text(row, "category_id"),
            name: text(row, "name"),
            quantity: whole(row.get("quantity")).map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            modifiers,
            notes: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }
}

/// The rows of a list, or the one row of an answer; none if it is neither. Entries that are no orders are passed over.
#[must_use]
pub fn orders(body: &str) -> Option<Vec<Order>> {
    match serde_json::from_str(body).ok()? {
        Value::Array(list) => Some(list.iter().filter_map(Order::read).collect()),
        one @ Value::Object(_) => Order::read(&one).map(|order| vec![order]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

pub(super) fn text(row: &Map<String, Value>, name: &str) -> Option<String> {
    row.get(name).and_then(plain)
}

fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A count in whatever dress: part of a piece is a piece.
fn whole(value: Option<&Value>) -> Option<u64> {
    let number = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (0.0..9e15).contains(&number).then_some(number.ceil() as u64)
}

fn flag(row: &Map<String, Value>, name: &str) -> bool {
    match row.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

fn moment(row: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    match row.get(name)? {
        Value::String(text) => instant(text),
        Value::Number(number) => {
            let number = number.as_i64()?;
            // Figures below this are seconds: as milliseconds they would be in 1973.
            let ms = if number.abs() < 100_000_000_000 { number.checked_mul(1_000)? } else { number };
            Timestamp::from_millisecond(ms).ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `2026-01-02T03:04:05.123456+00:00`, `2026-01-02T03:04:05.123Z`, and the database's own `2026-01-02 03:04:05+00`;
/// without a zone it is UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_of_nulls_is_an_order() {
        let names = [
            "restaurant_id",
            "order_number",
            "type",
            "status",
            "items",
            "subtotal",
            "tax",
            "total_amount",
            "notes",
            "customer_name",
            "table_number",
            "seat_number",
            "metadata",
            "created_at",
            "updated_at",
            "preparing_at",
            "ready_at",
            "completed_at",
            "cancelled_at",
            "scheduled_pickup_time",
            "auto_fire_time",
            "is_scheduled",
            "manually_fired",
            "version",
            "payment_status",
            "payment_method",
            "payment_amount",
            "cash_received",
            "change_given",
            "payment_id",
            "check_closed_at",
            "closed_by_user_id",
        ];
        let mut row = json!({"id": "o1"});
        for name in names {
            row[name] = Value::Null;
        }
        assert_eq!(row.as_object().unwrap().len(), 33);
        assert_eq!(Order::read(&row), Order::read(&json!({"id": "o1"})));
        assert_eq!(Order::read(&row).unwrap().freshness(), Freshness::default());
    }

    #[test]
    fn whatever_a_field_holds_the_order_is_read() {
        let odd = [json!(true), json!(-3.7), json!("x"), json!([1, null]), json!({"a": []}), json!("")];
        for value in odd {
            let mut row = json!({"id": "o1"});
            for name in
                ["items", "metadata", "created_at", "version", "table_number", "total_amount", "is_scheduled"]
            {
                row[name] = value.clone();
            }
            assert!(Order::read(&row).is_some(), "{row}");
        }
        assert_eq!(Order::read(&json!({"status": "pending"})), None);
        assert_eq!(Order::read(&json!("o1")), None);
    }

    #[test]
    fn tables_are_texts_or_numbers() {
        for (value, table) in [(json!("12"), Some("12")), (json!(12), Some("12")), (json!(" "), None)] {
            let order = Order::read(&json!({"id": "o", "table_number": value})).unwrap();
            assert_eq!(order.table.as_deref(), table);
        }
    }

    #[test]
    fn modifiers_are_texts_or_objects_under_two_names() {
        let item = json!({"name": "Burger", "quantity": 2, "modifiers": ["no onion", {"name": "add bacon", "price": 2}],
            "modifications": ["no onion", {"id": "m", "name": "well done"}, null, 7]});
        let item = Item::read(&item).unwrap();
        assert_eq!(item.modifiers, ["no onion", "add bacon", "well done", "7"]);
    }

    #[test]
    fn special_instructions_come_under_three_names() {
        for (item, notes) in [
            (json!({"special_instructions": "a"}), Some("a")),
            (json!({"specialInstructions": "a"}), Some("a")),
            (json!({"notes": "a", "special_instructions": "a", "specialInstructions": "b"}), Some("a; b")),
            (json!({"notes": null}), None),
        ] {
            assert_eq!(Item::read(&item).unwrap().notes.as_deref(), notes);
        }
    }

    #[test]
    fn quantities_come_in_every_dress() {
        for (value, quantity) in [
            (json!(3), 3),
            (json!(3.0), 3),
            (json!("3"), 3),
            (json!(0.5), 1),
            (json!(null), 1),
            (json!(-2), 1),
            (json!(0), 0),
        ] {
            assert_eq!(Item::read(&json!({"quantity": value})).unwrap().quantity, quantity, "{value}");
        }
    }

    #[test]
    fn moments_are_compared_as_instants_and_not_as_text() {
        let at = |version: u64, text: &str| {
            Order::read(&json!({"id": "o", "version": version, "updated_at": text})).unwrap().freshness()
        };
        assert_eq!(at(1, "2026-01-02T03:04:05.123+00:00"), at(1, "2026-01-02T03:04:05.123Z"));
        assert_eq!(at(1, "2026-01-02 03:04:05+00"), at(1, "2026-01-02T03:04:05"));
        assert!(at(1, "2026-01-02T03:04:05.123456+00:00") > at(1, "2026-01-02T03:04:05.123Z"));
        assert!(at(1, "2026-01-02T05:04:05+02:00") < at(1, "2026-01-02T03:04:06Z"));
        assert!(at(2, "2026-01-01T00:00:00Z") > at(1, "2026-01-02T00:00:00Z"));
    }

    #[test]
    fn an_order_that_says_another_restaurant_is_foreign() {
        let of = |restaurant: Value| Order::read(&json!({"id": "o", "restaurant_id": restaurant})).unwrap();
        assert!(of(json!("b")).is_foreign("a"));
        assert!(!of(json!("A")).is_foreign("a"));
        assert!(!of(json!(null)).is_foreign("a"));
    }

    #[test]
    fn lists_and_single_orders_are_read_and_pages_of_html_are_not() {
        assert_eq!(orders(r#"[{"id":"a"},{"id":"b"},null,{}]"#).unwrap().len(), 2);
        assert_eq!(orders(r#"{"id":"a"}"#).unwrap().len(), 1);
        assert_eq!(orders("<html>"), None);
        assert_eq!(orders(r#"{"error":"x"}"#), None);
    }
}
