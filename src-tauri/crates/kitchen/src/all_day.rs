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
    /// Pieces to be made now.
    pub open: u32,
    /// Of those, pieces of lines that somebody has begun.
    pub started: u32,
    /// Pieces on those tickets that are not to be made yet: held, of a later course, or still at the station before.
    pub later: u32,
}

/// Counts over tickets: the most wanted first, equal ones by name.
pub fn all_day<'a>(tickets: impl IntoIterator<Item = &'a Ticket<'a>>) -> Vec<Count> {
    let mut counts: BTreeMap<MenuItemId, Count> = BTreeMap::new();
    for ticket in tickets {
        for own in &ticket.own {
            let (mut open, mut later) = (own.to_make(), own.to_come());
            if ticket.held {
                (open, later) = (0, later + open);
            }
            if open + later == 0 {
                continue;
            }
            let count = counts.entry(own.line.item.clone()).or_insert_with(|| Count {
                item: own.line.item.clone(),
                name: own.line.name.clone(),
                open: 0,
                started: 0,
                later: 0,
            });
            count.open += open;
            count.later += later;
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
