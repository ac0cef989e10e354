//! The hub's books: its log, read from its file and folded; and what has to agree with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use display::frame::{CountsOf, Frame, Go, Tab};
use kitchen::{
    At, Board, Count, Event, EventKind, Ingredient, Order, OrderState, Setup, Standing, StationId, Ticket,
    all_day, all_day_of_kitchen, ingredients,
};
use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use testkit::evening::{KINDS, ORDERS, STATIONS, house};
use wire::rest::OrderAnswer;

use crate::cook::Cook;
use crate::guests::Guests;
use crate::support::premises::journal_of;
use crate::support::{Premises, SOON, until};

/// Rows of the recall list.
const ROWS: usize = 200;

/// What the log comes to.
pub(crate) struct Books {
    events: Vec<Event>,
    board: Board,
    /// Every operation that the hub has judged, and whether it refused.
    judged: BTreeMap<String, bool>,
}

/// A ticket to the line: order, version, rush, held, since when, and of each line of the station id, pieces, done, and how
/// many of them a bump names.
type Line = (String, u32, u32, Option<u32>);
type Told = (String, u64, bool, bool, At, Vec<Line>);

/// Item, open, begun, later.
type Counted = (String, u32, u32, u32);

impl Books {
    /// Reads the log and folds it as a screen does; finds gaps, forks and doubles.
    pub(crate) fn of(log: &Path) -> Self {
        let hub = open(log);
        let mut find = hub.prepare("SELECT body FROM events ORDER BY seq").unwrap();
        let bodies = find.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let events: Vec<Event> = bodies.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect();
        let mut board = Board::new(Setup { stations: Vec::new(), ..house() });
        let (mut versions, mut done) = (BTreeMap::new(), BTreeSet::new());
        for event in &events {
            if let Some(order) = &event.order {
                let before = versions.insert(order.id.clone(), order.version).unwrap_or(0);
                assert_eq!(order.version, before + 1, "{}: {:?}", order.id, event.kind);
                let is_first = event.kind == EventKind::OrderCreated;
                assert_eq!(is_first, before == 0, "{} is taken once", order.id);
            }
            let once = event.operation.as_ref().is_none_or(|id| done.insert(id.clone()));
            assert!(once, "told twice: {:?}", event.operation);
            assert!(matches!(board.apply(event.clone()), Standing::Applied(_)), "a gap before {}", event.seq);
        }
        let mut find = hub.prepare("SELECT body FROM orders").unwrap();
        let bodies = find.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let kept: Vec<Order> = bodies.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect();
        assert_eq!(by_id(kept), by_id(board.orders().cloned()), "the hub's orders are what its log says");
        let mut find = hub.prepare("SELECT id, refusal IS NOT NULL FROM operations").unwrap();
        let judged = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let judged = judged.collect::<Result<_, _>>().unwrap();
        Self { events, board, judged }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.board.seq()
    }

    /// Orders that some station still has something to do with.
    pub(crate) fn open(&self) -> usize {
        self.board.orders().filter(|order| order.is_open()).count()
    }

    /// A screen shows at every station exactly the tickets that the books have, line by line, and counts what they ask
    /// for, there and over the whole kitchen.
    pub(crate) async fn agree_with(&self, cook: &mut Cook) {
        let name = cook.name;
        let screen = cook.screen();
        for station in STATIONS {
            let id = StationId::from(station);
            screen.look_at(station).await;
            for of in [CountsOf::Kitchen, CountsOf::Station] {
                screen.go(Go::Counts { of });
                let what = format!("{station} at {name} as the books have it, and counts over the {of:?}");
                screen
                    .see(&what, |glass| {
                        let counts_of =
                            glass.head.as_ref().and_then(|head| head.counts_of).unwrap_or_default();
                        counts_of == of
                            && self.tickets(&id, glass.now) == told(glass)
                            && self.counts(&id, of, glass)
                    })
                    .await;
            }
        }
    }

    fn tickets(&self, station: &StationId, now: At) -> Vec<Told> {
        let line = |own: &kitchen::TicketLine<'_>| {
            let live = own.line.live();
            let named = own.is_open().then_some(own.asked);
            (own.line.id.0.clone(), live, own.work.done.min(live), named)
        };
        let ticket = |ticket: Ticket<'_>| {
            let shown = ticket.own.iter().filter(|own| own.line.live() > 0 || own.is_open());
            let order = ticket.order;
            (
                order.id.0.clone(),
                order.version,
                order.rush,
                ticket.held,
                ticket.since,
                shown.map(line).collect(),
            )
        };
        self.board.tickets(station, now).into_iter().map(ticket).collect()
    }

    fn counts(&self, station: &StationId, of: CountsOf, glass: &Frame) -> bool {
        let counts = match of {
            CountsOf::Station => all_day(&self.board.tickets(station, glass.now)),
            CountsOf::Kitchen => all_day_of_kitchen(self.board.orders(), glass.now),
        };
        let weighed = ingredients(&counts, &self.board.setup().menu);
        let here = glass.ingredients.iter().flatten();
        let here = here.map(|one| (one.name.clone(), u64::from(one.amount)));
        let counted: Vec<Counted> = counts
            .into_iter()
            .map(|Count { item, open, started, later, .. }| (item.0, open, started, later))
            .collect();
        let shown: Vec<Counted> = glass
            .counts
            .iter()
            .flatten()
            .map(|count| (count.item.0.clone(), count.open, count.started, count.later.unwrap_or(0)))
            .collect();
        counted == shown && here.eq(weighed.into_iter().map(|Ingredient { name, amount, .. }| (name, amount)))
    }

    /// The recall list of the pass is what the books have of bumps, the latest first.
    pub(crate) async fn recalls(&self, cook: &mut Cook) {
        let mut bumps = Vec::new();
        for order in self.board.orders() {
            let voided = matches!(order.state, OrderState::Voided { .. });
            for bump in &order.bumps {
                bumps.push((bump.at, (!voided).then(|| bump.operation.clone()), order.id.clone()));
            }
        }
        bumps.sort_by_key(|(at, bump, _)| std::cmp::Reverse((*at, bump.clone())));
        bumps.truncate(ROWS);
        assert!(bumps.len() > 100, "an evening of {} bumps", bumps.len());
        let screen = cook.screen();
        screen.look_at("expo").await;
        screen.go(Go::Tab { tab: Tab::Recall });
        let rows = |glass: &Frame| -> Vec<_> {
            let rows = glass.rows.iter().flatten();
            rows.map(|row| (row.at, row.bump.clone(), row.order.clone())).collect()
        };
        screen.see("every bump of the evening", |glass| rows(glass) == bumps).await;
    }

    /// The screen's own file holds every order exactly as the hub does.
    pub(crate) fn journal(&self, name: &str, kitchen: &Premises) {
        let journal = open(&journal_of(&kitchen.place(name)));
        let unsent: u64 = journal.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
        assert_eq!(unsent, 0, "unsent at {name}");
        let mut find = journal.prepare("SELECT json FROM orders").unwrap();
        let orders = find.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let orders: Vec<Order> = orders.map(|json| serde_json::from_str(&json.unwrap()).unwrap()).collect();
        assert_eq!(by_id(orders), by_id(self.board.orders().cloned()), "the journal of {name}");
    }

    /// What guests ordered is there, each once; and the interface tells of it as the books do.
    pub(crate) async fn orders(&self, guests: &Guests, kitchen: &Premises) {
        let tables =
            self.board.orders().map(|order| (order.id.0.clone(), order.table.clone().unwrap_or_default()));
        assert_eq!(tables.collect::<BTreeMap<_, _>>(), guests.placed, "no order is lost or doubled");
        assert_eq!(guests.placed.len() as u64, ORDERS);
        // A hold may still run out on an order that is closed.
        until("the interface to tell of every order as the books do", SOON, async || {
            let answer = kitchen.pos.done(Method::GET, "orders?limit=500", None).await;
            let now = crate::now(kitchen).await;
            let told: BTreeMap<String, &Value> = answer
                .as_array()?
                .iter()
                .map(|order| (order["id"].as_str().unwrap().to_owned(), order))
                .collect();
            let written = self.board.orders().map(|order| {
                (order.id.0.clone(), serde_json::to_value(OrderAnswer::of(order, now)).unwrap())
            });
            let written: BTreeMap<String, Value> = written.collect();
            written.iter().map(|(id, order)| (id.clone(), order)).eq(told).then_some(())
        })
        .await;
    }

    /// Everything that a cook was told is done was judged by the hub; what it applied, the log has once; and what else is
    /// in the log came from the guests, but for the touch that was under way when a screen died.
    pub(crate) fn history(&self, crew: &[Cook]) {
        let told_of: BTreeSet<_> = self.events.iter().map(|event| format!("{:?}", event.kind)).collect();
        for kind in KINDS {
            assert!(told_of.contains(&format!("{kind:?}")), "no evening without {kind:?}");
        }
        let cooks: BTreeSet<&String> = crew.iter().flat_map(|cook| &cook.account.done).collect();
        let withdrawn: BTreeSet<&String> = crew.iter().flat_map(|cook| &cook.account.withdrawn).collect();
        assert_eq!(cooks.len(), crew.iter().map(|cook| cook.account.done.len()).sum::<usize>());
        let lost: Vec<_> =
            cooks.iter().filter(|id| !self.judged.contains_key(**id) && !withdrawn.contains(*id)).collect();
        assert!(lost.is_empty(), "done, and never heard of again: {lost:?}");
        let by_nobody = self.events.iter().filter(|event| {
            let by_a_guest = matches!(event.kind, EventKind::OrderChanged | EventKind::OrderVoided);
            event.operation.as_ref().is_some_and(|id| !cooks.contains(&id.0)) && !by_a_guest
        });
        let by_nobody: Vec<_> = by_nobody.map(|event| (event.kind, &event.operation)).collect();
        assert!(by_nobody.len() <= 1, "done by nobody: {by_nobody:?}");
        for event in &self.events {
            if let Some(id) = &event.operation {
                assert_eq!(self.judged.get(&id.0), Some(&false), "{:?} of {id} is in the log", event.kind);
            }
        }
    }

    /// The evening in figures.
    pub(crate) fn print(&self, guests: &Guests, crew: &[Cook]) {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for event in &self.events {
            *kinds.entry(format!("{:?}", event.kind)).or_default() += 1;
        }
        let refused = self.judged.values().filter(|refused| **refused).count();
        let lines: usize = self.board.orders().map(|order| order.lines.len()).sum();
        println!(
            "dinner: {} orders of {lines} lines, {} events, {} operations judged, {refused} of them refused",
            guests.placed.len(),
            self.events.len(),
            self.judged.len()
        );
        println!("dinner: log {kinds:?}");
        println!("dinner: guests {:?}", guests.thoughts);
        for cook in crew {
            println!("dinner: {} {:?}", cook.name, cook.account.tally);
        }
    }
}

/// What a glass tells, in the words of the books.
fn told(glass: &Frame) -> Vec<Told> {
    let card = |card: &display::frame::Card| {
        let own =
            card.lines.iter().filter(|line| matches!(line.place, display::frame::LinePlace::Own { .. }));
        let line = |line: &display::frame::CardLine| {
            let named = card.bump.iter().find(|named| named.line == line.id).map(|named| named.upto);
            let live = match line.state {
                display::frame::CardLineState::Voided => 0,
                // Of what is still to come, the glass shows those that are here.
                _ => line.quantity + line.to_come.unwrap_or(0),
            };
            (line.id.0.clone(), live, line.done, named)
        };
        (card.order.0.clone(), card.seen, card.rush, card.held, card.since, own.map(line).collect())
    };
    glass.cards.iter().map(card).collect()
}

fn by_id(orders: impl IntoIterator<Item = Order>) -> BTreeMap<String, Order> {
    orders.into_iter().map(|order| (order.id.0.clone(), order)).collect()
}

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}
