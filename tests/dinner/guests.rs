//! The guests, through a POS.

use std::collections::BTreeMap;

use kitchen::{NewLine, NewOrder};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::evening::{self, Chance, Thought};

use crate::support::{Pos, Premises};

/// Who orders, and what came of it.
pub(crate) struct Guests {
    pos: Pos,
    chance: Chance,
    /// Every order that the hub has taken, by its id, with the number of its table.
    pub(crate) placed: BTreeMap<String, String>,
    /// What was asked for besides, by what.
    pub(crate) thoughts: BTreeMap<String, u32>,
}

impl Guests {
    pub(crate) fn of(kitchen: &Premises, chance: Chance) -> Self {
        Self { pos: kitchen.pos.clone(), chance, placed: BTreeMap::new(), thoughts: BTreeMap::new() }
    }

    /// One step of the evening: every fourth brings an order, and now and then somebody thinks again.
    pub(crate) async fn step(&mut self, step: u64) {
        if step.is_multiple_of(4) {
            let order = evening::order(&mut self.chance, step / 4 + 1);
            let table = order.table.clone().expect("a table");
            let id = self.pos.post(as_posted(&order)).await;
            assert_eq!(self.placed.insert(id, table), None, "an id of its own");
        }
        if self.chance.one_in(8) {
            self.think_again(step).await;
        }
    }

    async fn think_again(&mut self, step: u64) {
        let orders = self.pos.done(Method::GET, "orders?open=true&limit=500", None).await;
        let Some(order) = self.chance.one_of(orders.as_array().expect("a list")) else { return };
        let id = order["id"].as_str().expect("an id");
        let items = order["items"].as_array().expect("items");
        let line = self.chance.one_of(items).expect("an order has lines");
        let path = format!("orders/{id}/items/{}", line["id"].as_str().expect("an id").replace('#', "%23"));
        let thought = Thought::next(&mut self.chance);
        let (method, path, body) = match thought {
            Thought::More => {
                let more = json!({ "items": [line_as_posted(&evening::line("fries", 1))] });
                (Method::POST, format!("orders/{id}/items"), Some(more))
            }
            Thought::Fewer => {
                let voided = line["voided"].as_u64().expect("a number") + 1;
                (Method::PATCH, path, Some(json!({ "voided": voided })))
            }
            Thought::Otherwise => {
                (Method::PATCH, path, Some(json!({ "modifiers": [format!("extra {step}")] })))
            }
            Thought::Gone => (Method::DELETE, format!("orders/{id}"), None),
        };
        let (status, answer) = self.pos.ask(method, &path, body).await;
        // Somebody may have taken the order back, or the kitchen may have finished it, since the list was read.
        let what = match status.as_u16() {
            200 | 201 => format!("{thought:?}"),
            409 => format!("{thought:?} too late"),
            _ => panic!("{path}: {status} {answer}"),
        };
        *self.thoughts.entry(what).or_default() += 1;
    }
}

/// An order in the words of a POS.
fn as_posted(order: &NewOrder) -> Value {
    json!({
        "table_number": order.table,
        "courses": order.courses,
        "items": order.lines.iter().map(line_as_posted).collect::<Vec<_>>(),
    })
}

fn line_as_posted(line: &NewLine) -> Value {
    json!({ "menu_item_id": line.item, "name": line.name, "quantity": line.quantity, "course": line.course })
}
