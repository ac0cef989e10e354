//! How an order of the back end becomes an order of the kitchen, and what of a later row is news to it.

use super::order::text;
use super::{Item, Order, SYSTEM, Status};
use crate::rest;
use jiff::Timestamp;
use kitchen::{At, CategoryId, LineId, MenuItemId, NewLine, NewOrder, OrderType, Source, Touch};
use std::collections::BTreeMap;

/// How long before its pickup a scheduled order without a fire time goes to the stations, milliseconds. The back end
/// leaves the fire time empty unless somebody set it; at the pickup itself the guest would stand before raw food.
const LEAD_MS: i64 = 20 * 60 * 1_000;

/// What the kitchen is to be told of an order that it does not know.
#[must_use]
pub fn draft(order: &Order) -> NewOrder {
    let metadata = |names: &[&str]| names.iter().find_map(|name| text(&order.metadata, name));
    let ids = line_ids(order);
    let mut notes = order.notes.clone();
    if let Some(allergy) = metadata(&["allergyNotes", "allergy_notes"]) {
        let allergy = format!("ALLERGY: {allergy}");
        notes = Some(notes.map_or_else(|| allergy.clone(), |notes| format!("{allergy}; {notes}")));
    }
    NewOrder {
        number: order.number.clone(),
        source: Source { system: SYSTEM.to_owned(), reference: Some(order.id.clone()) },
        order_type: order_type(order),
        table: order.table.clone(),
        seat: order.seat.clone(),
        guests: None,
        server_name: metadata(&["serverName", "server_name"]),
        customer_name: order.customer_name.clone(),
        notes,
        promised_at: order.scheduled_pickup_time.map(at),
        courier: None,
        fire_at: fire_at(order),
        placed_at: None,
        courses: Vec::new(),
        rush: matches!(order.metadata.get("rushOrder"), Some(serde_json::Value::Bool(true))),
        payment: order.payment,
        lines: order.items.iter().zip(ids).filter_map(|(item, id)| line(item, id)).collect(),
    }
}

/// What a later row changes of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineChange {
    /// These are new.
    Added(Vec<NewLine>),
    /// These are wanted no more, or fewer of them.
    Voided(Vec<Touch>),
}

/// What a later row changes of the lines that the kitchen has. The kitchen alone is compared with, so the same row
/// twice says the same as once: extra pieces of a line `x` go by the name `x+1`, `x+2`, ... and count as its own.
#[must_use]
pub fn line_changes(order: &Order, kitchen: &kitchen::Order) -> Vec<LineChange> {
    // Taking an order back is a status. A row without items is one whose items could not be read.
    if order.items.is_empty() {
        return Vec::new();
    }
    let mut wanted: BTreeMap<String, (u32, &Item)> = BTreeMap::new();
    for (item, id) in order.items.iter().zip(line_ids(order)) {
        wanted.insert(id, (item.quantity.min(NewLine::MOST), item));
    }
    let (mut added, mut voided) = (Vec::new(), Vec::new());
    for (id, (quantity, item)) in &wanted {
        let all: Vec<&kitchen::Line> =
            kitchen.lines.iter().filter(|line| family_of(&line.id, &wanted) == Some(id)).collect();
        // Wanted otherwise by now: the old pieces are taken back and asked for anew, so that a cook sees both.
        let (family, otherwise): (Vec<&kitchen::Line>, Vec<&kitchen::Line>) =
            all.iter().partition(|line| is_wanted_like(line, item));
        for line in otherwise.into_iter().filter(|line| line.live() > 0) {
            voided.push(Touch { line: line.id.clone(), upto: line.quantity });
        }
        let live: u32 = family.iter().map(|line| line.live()).sum();
        if live < *quantity {
            // A name that the kitchen has never used, not even for pieces that were voided since.
            let name = if all.is_empty() { id.clone() } else { format!("{id}+{}", all.len()) };
            added.extend(line(item, name).map(|line| NewLine { quantity: quantity - live, ..line }));
        }
        let mut excess = live.saturating_sub(*quantity);
        for line in family.iter().rev() {
            let taken = excess.min(line.live());
            if taken > 0 {
                voided.push(Touch { line: line.id.clone(), upto: line.voided + taken });
            }
            excess -= taken;
        }
    }
    for line in kitchen.lines.iter().filter(|line| line.live() > 0) {
        if family_of(&line.id, &wanted).is_none() {
            voided.push(Touch { line: line.id.clone(), upto: line.quantity });
        }
    }
    let mut changes = Vec::new();
    if !added.is_empty() {
        changes.push(LineChange::Added(added));
    }
    if !voided.is_empty() {
        changes.push(LineChange::Voided(voided));
    }
    changes
}

/// The id of the `index`th item's line: the item's own if it is unique in its order, else its menu item and an ordinal.
#[must_use]
pub fn line_id(order: &Order, index: usize) -> Option<LineId> {
    line_ids(order).into_iter().nth(index).map(LineId)
}

fn line_ids(order: &Order) -> Vec<String> {
    let own = |id: &str| order.items.iter().filter(|item| item.id.as_deref() == Some(id)).count() == 1;
    let mut ordinals: BTreeMap<&str, u32> = BTreeMap::new();
    order
        .items
        .iter()
        .map(|item| match item.id.as_deref().filter(|id| own(id)) {
            Some(id) => id.to_owned(),
            None => {
                let menu_item = item.menu_item.as_deref().or(item.name.as_deref()).unwrap_or("item");
                let ordinal = ordinals.entry(menu_item).or_default();
                *ordinal += 1;
                format!("{menu_item}#{ordinal}")
            }
        })
        .collect()
}

/// Whether a line of the kitchen is still to be made as the item says. The order of the modifiers says nothing.
fn is_wanted_like(line: &kitchen::Line, item: &Item) -> bool {
    let has = |name: &String| line.modifiers.iter().any(|held| held.name == *name);
    let said = |note: &Option<String>| {
        note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned)
    };
    let wanted: Vec<&String> = item.modifiers.iter().filter(|name| !name.trim().is_empty()).collect();
    wanted.len() == line.modifiers.len()
        && wanted.into_iter().all(has)
        && said(&line.notes) == said(&item.notes)
}

/// Which wanted line a line of the kitchen belongs to.
fn family_of<'a>(id: &LineId, wanted: &'a BTreeMap<String, (u32, &Item)>) -> Option<&'a String> {
    if let Some((name, _)) = wanted.get_key_value(id.as_str()) {
        return Some(name);
    }
    let (stem, ordinal) = id.as_str().rsplit_once('+')?;
    ordinal.parse::<u32>().ok()?;
    wanted.get_key_value(stem).map(|(name, _)| name)
}

/// None: nobody wants a piece of it.
fn line(item: &Item, id: String) -> Option<NewLine> {
    let name = item.name.as_ref().or(item.menu_item.as_ref()).or(item.id.as_ref());
    (item.quantity > 0).then(|| NewLine {
        id: Some(id),
        item: item.menu_item.clone().map(MenuItemId),
        category: item.category.clone().map(CategoryId),
        name: name.map_or_else(|| "?".to_owned(), String::clone),
        quantity: item.quantity.min(NewLine::MOST),
        modifiers: item.modifiers.clone(),
        notes: item.notes.clone(),
        course: None,
        seat: None,
        parent: None,
    })
}

/// What was ordered, not what the column holds: that knows three types only. A table means that somebody sits there.
fn order_type(order: &Order) -> OrderType {
    let said = |name: &str| text(&order.metadata, name).as_deref().and_then(rest::order_type);
    let stored = || order.order_type.as_deref().and_then(rest::order_type);
    let seated = || order.table.as_ref().map(|_| OrderType::DineIn);
    said("originalType")
        .or_else(|| said("uiType"))
        .or_else(|| stored().filter(|stored| *stored == OrderType::Delivery))
        .or_else(seated)
        .or_else(stored)
        .unwrap_or(OrderType::Pickup)
}

/// When a scheduled order goes to the stations; none: it is there, or has no time at all.
fn fire_at(order: &Order) -> Option<At> {
    let fired = order.manually_fired || order.status.is_some_and(|status| status >= Status::Preparing);
    if !order.is_scheduled || fired {
        return None;
    }
    order
        .auto_fire_time
        .map(at)
        .or_else(|| order.scheduled_pickup_time.map(|pickup| at(pickup).plus(-LEAD_MS)))
}

fn at(moment: Timestamp) -> At {
    At(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{Menu, OrderId, RestaurantId, Settings, Setup};
    use serde_json::{Value, json};

    fn read(value: &Value) -> Order {
        Order::read(value).unwrap()
    }

    fn setup() -> Setup {
        Setup {
            menu: Menu::default(),
            stations: Vec::new(),
            settings: Settings::new(RestaurantId::from("r"), "R"),
        }
    }

    fn opened(order: &Order) -> kitchen::Order {
        draft(order).open(OrderId::from("k"), "1".into(), At(0), &setup()).unwrap()
    }

    #[test]
    fn types_come_from_metadata_then_table_then_column() {
        use OrderType::*;
        for (row, order_type) in [
            (json!({"type": "online", "metadata": {"originalType": "dine-in"}}), DineIn),
            (
                json!({"type": "online", "metadata": {"originalType": "drive-thru", "uiType": "pickup"}}),
                DriveThru,
            ),
            (json!({"type": "pickup", "metadata": {"originalType": "??", "uiType": "kiosk"}}), Kiosk),
            (json!({"type": "pickup", "metadata": {"uiType": "takeout"}}), Pickup),
            (json!({"type": "online", "table_number": "4"}), DineIn),
            (json!({"type": "delivery", "table_number": "4"}), Delivery),
            (json!({"type": "online"}), Online),
            (json!({"type": null}), Pickup),
            (json!({"type": "spaceship"}), Pickup),
        ] {
            let mut row = row;
            row["id"] = json!("o");
            assert_eq!(draft(&read(&row)).order_type, order_type, "{row}");
        }
    }

    #[test]
    fn scheduled_orders_wait_until_somebody_or_the_clock_fires_them() {
        let fire = "2026-06-01T12:00:00Z";
        let at = Some(At(fire.parse::<Timestamp>().unwrap().as_millisecond()));
        for (row, fire_at) in [
            (json!({"is_scheduled": true, "auto_fire_time": fire, "status": "pending"}), at),
            (
                json!({"is_scheduled": true, "scheduled_pickup_time": "2026-06-01T12:20:00Z", "status": "confirmed"}),
                at,
            ),
            (json!({"is_scheduled": true, "auto_fire_time": fire, "status": "preparing"}), None),
            (json!({"is_scheduled": true, "auto_fire_time": fire, "manually_fired": true}), None),
            (json!({"is_scheduled": false, "auto_fire_time": fire}), None),
            (json!({"is_scheduled": true}), None),
        ] {
            let mut row = row;
            row["id"] = json!("o");
            assert_eq!(draft(&read(&row)).fire_at, fire_at, "{row}");
        }
    }

    #[test]
    fn a_draft_has_what_the_cook_needs() {
        let order = read(&json!({
            "id": "o1", "order_number": "20260601-0007", "table_number": 12, "seat_number": 3, "notes": "birthday",
            "customer_name": "Ada Byron", "payment_status": "paid",
            "metadata": {"serverName": "Kim", "allergyNotes": "sesame"},
            "items": [{"id": "i1", "menu_item_id": "m1", "name": "Burger", "quantity": 2, "price": 9.5,
                       "modifiers": ["no onion"], "special_instructions": "cut in half"},
                      {"id": "i2", "menu_item_id": "m2", "name": "Gone", "quantity": 0}],
        }));
        let draft = draft(&order);
        assert_eq!(draft.source, Source { system: "restaurant-os".into(), reference: Some("o1".into()) });
        assert_eq!(draft.number.as_deref(), Some("20260601-0007"));
        assert_eq!((draft.table.as_deref(), draft.seat.as_deref()), (Some("12"), Some("3")));
        assert_eq!(draft.server_name.as_deref(), Some("Kim"));
        assert_eq!(draft.notes.as_deref(), Some("ALLERGY: sesame; birthday"));
        assert_eq!(draft.lines.len(), 1);
        assert_eq!(draft.lines[0].notes.as_deref(), Some("cut in half"));
        assert_eq!(draft.check(), Ok(()));
    }

    #[test]
    fn line_ids_are_theirs_if_unique_else_menu_item_and_ordinal() {
        let order = read(&json!({"id": "o", "items": [
            {"id": "a", "menu_item_id": "m1", "name": "x"},
            {"id": "dup", "menu_item_id": "m1", "name": "x"},
            {"id": "dup", "menu_item_id": "m1", "name": "x"},
            {"menu_item_id": "m2", "name": "y"},
            {"name": "z"},
        ]}));
        let ids: Vec<String> = (0..5).map(|index| line_id(&order, index).unwrap().0).collect();
        assert_eq!(ids, ["a", "m1#1", "m1#2", "m2#1", "z#1"]);
        assert_eq!(opened(&order).lines.iter().map(|line| line.id.0.clone()).collect::<Vec<_>>(), ids);
    }

    #[test]
    fn a_later_row_adds_and_voids_and_saying_it_twice_changes_nothing() {
        let items = |list: Value| read(&json!({"id": "o", "items": list}));
        let first = items(json!([{"id": "a", "name": "A", "quantity": 2}, {"id": "b", "name": "B"}]));
        let mut kitchen = opened(&first);
        assert_eq!(line_changes(&first, &kitchen), []);
        let rows = [
            json!([{"id": "a", "name": "A", "quantity": 3}, {"id": "b", "name": "B"}]),
            json!([{"id": "a", "name": "A", "quantity": 1}, {"id": "c", "name": "C"}]),
            json!([{"id": "a", "name": "A", "quantity": 5}, {"id": "b", "name": "B"}]),
            json!([{"id": "b", "name": "B", "quantity": 1}]),
            json!([{"id": "b", "name": "B", "quantity": 2, "modifiers": ["no onion", "rare"]}]),
            json!([{"id": "b", "name": "B", "quantity": 2, "modifiers": ["rare", "no onion"]}]),
            json!([{"id": "b", "name": "B", "quantity": 3, "modifiers": ["rare"], "notes": "in halves"}]),
            json!([{"id": "b", "name": "B", "quantity": 2, "modifiers": ["rare"]}]),
        ];
        for (index, row) in rows.into_iter().enumerate() {
            let later = items(row);
            for change in line_changes(&later, &kitchen) {
                let act = match change {
                    LineChange::Added(lines) => kitchen::Act::AddLines { lines },
                    LineChange::Voided(lines) => kitchen::Act::VoidLines { lines },
                };
                let operation = kitchen::Operation {
                    id: kitchen::OperationId(format!("op{index}")),
                    device: None,
                    at: At(1),
                    order: kitchen.id.clone(),
                    seen: kitchen.version,
                    act,
                };
                let decided = kitchen::decide(&kitchen, &operation, &setup(), At(1)).unwrap();
                kitchen = decided.order.unwrap();
            }
            assert_eq!(line_changes(&later, &kitchen), [], "row {index}");
            let live: u32 = kitchen.lines.iter().map(kitchen::Line::live).sum();
            assert_eq!(line_changes(&items(json!(null)), &kitchen), []);
            let as_wanted = |line: &kitchen::Line| {
                let name = line.id.as_str().split('+').next();
                let item = later.items.iter().find(|item| item.id.as_deref() == name);
                item.is_some_and(|item| item.modifiers.len() == line.modifiers.len())
            };
            assert!(kitchen.lines.iter().filter(|line| line.live() > 0).all(as_wanted), "row {index}");
            assert_eq!(live, later.items.iter().map(|item| item.quantity).sum::<u32>(), "row {index}");
        }
    }
}
