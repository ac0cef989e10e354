//! The all-day count: how many of each item open tickets still ask for.
//!
//! The invariant: the counts of a view are those of its open tickets, all pages of them, and nothing else.

use crate::{At, Line, Menu, MenuItemId, Order, Ticket};
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
    /// The same pieces by how they are wanted, those without modifiers first.
    pub variants: Vec<Variant>,
}

/// The pieces of one item that are wanted alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// As the POS wrote them, in the order of the alphabet.
    pub modifiers: Vec<String>,
    /// Pieces to be made now.
    pub open: u32,
    /// Pieces that are not to be made yet.
    pub later: u32,
}

/// How much of an ingredient the counted pieces take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingredient {
    /// Shown name.
    pub name: String,
    /// Its unit; empty = pieces.
    pub unit: String,
    /// For what is to be made now.
    pub amount: u64,
}

/// Counts over tickets of one station: the most wanted first, equal ones by name.
pub fn all_day<'a>(tickets: impl IntoIterator<Item = &'a Ticket<'a>>) -> Vec<Count> {
    let mut tally = Tally::default();
    for ticket in tickets {
        for own in &ticket.own {
            let (open, later) = (own.to_make(), own.to_come());
            tally.add(own.line, open, later, own.work.started_at.is_some(), ticket.held);
        }
    }
    tally.counts()
}

/// Counts over the whole kitchen: each line once, however many stations cook it, until the last of them is done.
pub fn all_day_of_kitchen<'a>(orders: impl IntoIterator<Item = &'a Order>, now: At) -> Vec<Count> {
    let mut tally = Tally::default();
    for order in
        orders.into_iter().filter(|order| order.is_open() && !order.is_parked() && order.is_fired(now))
    {
        for line in &order.lines {
            let undone = line.live().saturating_sub(line.done());
            let (open, later) = if order.is_line_fired(line, now) { (undone, 0) } else { (0, undone) };
            let started = line.work.iter().any(|work| work.started_at.is_some());
            tally.add(line, open, later, started, order.is_held(now));
        }
    }
    tally.counts()
}

/// What the counted pieces take, by the recipes of the menu; the names in the order of the alphabet.
#[must_use]
pub fn ingredients(counts: &[Count], menu: &Menu) -> Vec<Ingredient> {
    let mut needed: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for count in counts.iter().filter(|count| count.open > 0) {
        for portion in menu.item(&count.item).map(|item| item.recipe.as_slice()).unwrap_or_default() {
            *needed.entry((&portion.ingredient, &portion.unit)).or_default() +=
                u64::from(portion.amount) * u64::from(count.open);
        }
    }
    let ingredient = |((name, unit), amount): ((&str, &str), u64)| Ingredient {
        name: name.to_owned(),
        unit: unit.to_owned(),
        amount,
    };
    needed.into_iter().map(ingredient).collect()
}

#[derive(Default)]
struct Tally {
    counts: BTreeMap<MenuItemId, (Count, Variants)>,
}

/// Pieces now and later, by modifiers.
type Variants = BTreeMap<Vec<String>, (u32, u32)>;

impl Tally {
    fn add(&mut self, line: &Line, open: u32, later: u32, started: bool, held: bool) {
        let (open, later) = if held { (0, open + later) } else { (open, later) };
        if open + later == 0 {
            return;
        }
        let (count, variants) = self.counts.entry(line.item.clone()).or_insert_with(|| {
            let (item, name) = (line.item.clone(), line.name.clone());
            (Count { item, name, open: 0, started: 0, later: 0, variants: Vec::new() }, BTreeMap::new())
        });
        count.open += open;
        count.later += later;
        if started {
            count.started += open;
        }
        let mut modifiers: Vec<String> =
            line.modifiers.iter().map(|modifier| modifier.name.clone()).chain(line.notes.clone()).collect();
        modifiers.sort();
        let variant = variants.entry(modifiers).or_default();
        variant.0 += open;
        variant.1 += later;
    }

    fn counts(self) -> Vec<Count> {
        let whole = |(mut count, variants): (Count, Variants)| {
            let variant = |(modifiers, (open, later))| Variant { modifiers, open, later };
            count.variants = variants.into_iter().map(variant).collect();
            count
        };
        let mut counts: Vec<Count> = self.counts.into_values().map(whole).collect();
        counts.sort_by(|a, b| {
            b.open.cmp(&a.open).then_with(|| a.name.cmp(&b.name)).then_with(|| a.item.cmp(&b.item))
        });
        counts
    }
}
