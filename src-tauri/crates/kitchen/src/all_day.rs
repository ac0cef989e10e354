//! The all-day count: how many of each item the open tickets of a view still ask for.

use crate::{MenuItemId, Ticket};
use std::collections::BTreeMap;

/// What is asked for of one item, in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Which item.
    pub item: MenuItemId,
    /// Its name, as the oldest ticket writes it.
    pub name: String,
    /// Pieces not done yet.
    pub open: u32,
    /// Of those, pieces of lines that somebody has begun.
    pub started: u32,
}

/// Counts over tickets: the most wanted first, equal ones by name.
pub fn all_day<'a>(tickets: impl IntoIterator<Item = &'a Ticket<'a>>) -> Vec<Count> {
    let mut counts: BTreeMap<MenuItemId, Count> = BTreeMap::new();
    for ticket in tickets {
        for own in &ticket.own {
            let open = own.line.live().saturating_sub(own.work.done);
            if open == 0 {
                continue;
            }
            let count = counts.entry(own.line.item.clone()).or_insert_with(|| Count {
                item: own.line.item.clone(),
                name: own.line.name.clone(),
                open: 0,
                started: 0,
            });
            count.open += open;
            if own.work.started_at.is_some() {
                count.started += open;
            }
        }
    }
    let mut counts: Vec<Count> = counts.into_values().collect();
    counts.sort_by(|a, b| {
        b.open.cmp(&a.open).then_with(|| a.name.cmp(&b.name)).then_with(|| a.item.cmp(&b.item))
    });
    counts
}
