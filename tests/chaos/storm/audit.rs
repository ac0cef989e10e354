//! The count: what was promised, against what the files hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kitchen::{Event, Order};
use rusqlite::{Connection, OpenFlags};

use super::Plan;
use super::house::{House, order};
use super::pos::Till;
use super::report::Report;
use super::screen::Screen;
use crate::support::display_process::Picture;

/// What the hub's file holds.
struct Log {
    seq: u64,
    epoch: String,
    orders: BTreeMap<String, Order>,
    /// Every operation and how often an event carries it.
    applied: BTreeMap<String, usize>,
    /// Every operation that the hub has judged, and whether it refused.
    judged: BTreeMap<String, bool>,
}

pub(crate) fn count(house: &House, till: &Till, glass: &[Picture], plan: &Plan) -> Report {
    let mut report = Report { seed: plan.seed, repeats: till.repeats(), ..Report::default() };
    let log = Log::read(&house.log(), &mut report);
    report.events = log.seq;
    orders(&log, house, till, &mut report);
    for (screen, picture) in house.screens.iter().zip(glass) {
        operations(&log, screen, &mut report);
        journal(&log, screen, &mut report);
        shown(&log, screen, picture, &mut report);
    }
    for (operation, times) in &log.applied {
        if *times > 1 {
            report.doubled.push(format!("operation {operation} is in the log {times} times"));
        }
    }
    report.samples = std::mem::take(&mut *house.samples.lock().unwrap());
    report
}

impl Log {
    /// Reads the file, and folds the log to see that its projection is it.
    fn read(path: &Path, report: &mut Report) -> Self {
        let hub = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut log = Self {
            seq: 0,
            epoch: hub
                .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0))
                .unwrap(),
            orders: BTreeMap::new(),
            applied: BTreeMap::new(),
            judged: BTreeMap::new(),
        };
        let mut created = BTreeSet::new();
        let mut find = hub.prepare("SELECT body FROM events ORDER BY seq").unwrap();
        for body in find.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let event: Event = serde_json::from_str(&body.unwrap()).unwrap();
            if event.seq != log.seq + 1 {
                report.lost.push(format!("events {} to {}", log.seq + 1, event.seq - 1));
            }
            log.seq = event.seq;
            if let Some(operation) = event.operation {
                *log.applied.entry(operation.0).or_default() += 1;
            }
            let Some(order) = event.order else { continue };
            let before = log.orders.get(&order.id.0).map_or(0, |held| held.version);
            if order.version != before + 1 {
                report.doubled.push(format!("order {}: version {} after {before}", order.id, order.version));
            }
            if before == 0 && !created.insert(order.id.0.clone()) {
                report.doubled.push(format!("order {} was taken twice", order.id));
            }
            log.orders.insert(order.id.0.clone(), order);
        }
        let mut find = hub.prepare("SELECT body FROM orders").unwrap();
        let mut rows = 0;
        for body in find.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let kept = order(&body.unwrap());
            rows += 1;
            if log.orders.get(&kept.id.0) != Some(&kept) {
                report.different.push(format!("order {} of the hub is not what its log says", kept.id));
            }
        }
        if rows != log.orders.len() {
            report.different.push(format!("{rows} orders of {} in the log", log.orders.len()));
        }
        let mut find = hub.prepare("SELECT id, refusal IS NOT NULL FROM operations").unwrap();
        let judged = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        log.judged = judged.collect::<Result<_, _>>().unwrap();
        log
    }
}

/// Every order that got its 201, and every one of the back end, exactly once; and nothing that nobody ordered.
fn orders(log: &Log, house: &House, till: &Till, report: &mut Report) {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut references: BTreeMap<&str, usize> = BTreeMap::new();
    for order in log.orders.values() {
        match &order.source.reference {
            Some(reference) => *references.entry(reference).or_default() += 1,
            None => *numbers.entry(&order.number).or_default() += 1,
        }
    }
    let mut exactly_once = |what: &str, times: Option<usize>| match times {
        None => report.lost.push(what.to_owned()),
        Some(1) => {}
        Some(times) => report.doubled.push(format!("{what}, {times} times")),
    };
    till.book(|book| {
        for (number, id) in &book.orders {
            exactly_once(&format!("order {number}"), numbers.remove(number.as_str()));
            if log.orders.get(id).is_none_or(|order| order.number != *number) {
                exactly_once(&format!("order {number}, answered as {id}"), None);
            }
        }
        for (id, line) in &book.lines {
            let lines = log
                .orders
                .get(id)
                .map(|order| order.lines.iter().filter(|held| held.id.as_str() == line).count());
            exactly_once(&format!("line {line} of {id}"), lines.filter(|lines| *lines > 0));
        }
    });
    let placed = house.back_end.placed();
    for reference in &placed {
        exactly_once(&format!("order {reference} of the back end"), references.remove(reference.as_str()));
    }
    // Orders of the full disk, one at a time, are the storm's own.
    for (number, _) in numbers.into_iter().filter(|(number, _)| *number != "FREED") {
        exactly_once(&format!("order {number}, which nobody was told of"), Some(2));
    }
    for (reference, _) in references {
        exactly_once(&format!("order {reference}, which is not of the back end"), Some(2));
    }
    report.orders = till.book(|book| book.orders.len());
    report.by_back_end = placed.len();
}

/// Everything that a cook was told is done has reached the hub, unless it was taken back before it left.
fn operations(log: &Log, screen: &Screen, report: &mut Report) {
    screen.account(|account| {
        report.operations += account.done.len();
        for operation in &account.done {
            match log.judged.get(operation) {
                Some(refused) => report.refused += usize::from(*refused),
                None if account.withdrawn.contains(operation) => report.withdrawn += 1,
                None => report.lost.push(format!("operation {operation} of {}", screen.name)),
            }
        }
    });
}

/// The journal holds every order exactly as the hub does, its place is the log's end, and nothing is to be sent.
fn journal(log: &Log, screen: &Screen, report: &mut Report) {
    let path = screen.data.join("display.db");
    let journal = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let at: (String, u64) =
        journal.query_row("SELECT epoch, seq FROM cursor", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    if at != (log.epoch.clone(), log.seq) {
        report.different.push(format!(
            "{} is at {at:?}, the log at {:?}",
            screen.name,
            (&log.epoch, log.seq)
        ));
    }
    let unsent: u64 = journal.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    if unsent > 0 {
        report.lost.push(format!("{unsent} operations still at {}", screen.name));
    }
    let mut find = journal.prepare("SELECT json FROM orders").unwrap();
    let mut held = BTreeMap::new();
    for json in find.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let order = order(&json.unwrap());
        held.insert(order.id.0.clone(), order);
    }
    for (id, order) in &log.orders {
        match held.remove(id) {
            None => report.lost.push(format!("order {} ({id}) at {}", order.number, screen.name)),
            Some(found) if found != *order => {
                report
                    .different
                    .push(format!("order {id} at {}: {found:?}\ninstead of {order:?}", screen.name));
            }
            Some(_) => {}
        }
    }
    for id in held.keys() {
        report.doubled.push(format!("order {id} at {}, which the hub does not know", screen.name));
    }
}

/// The glass shows exactly the tickets of its post, each once, line by line.
fn shown(log: &Log, screen: &Screen, picture: &Picture, report: &mut Report) {
    let mut tickets: BTreeMap<&str, &Order> = BTreeMap::new();
    for order in log.orders.values().filter(|order| screen.post().shows(order)) {
        tickets.insert(order.id.as_str(), order);
    }
    for seen in &picture.tickets {
        let Some(order) = tickets.remove(seen.order.as_str()) else {
            report.doubled.push(format!("ticket {} on the glass at {}", seen.order, screen.name));
            continue;
        };
        let own = screen.post().lines(order);
        let lines: Vec<_> =
            seen.lines.iter().filter(|(id, _)| own.iter().any(|(known, _)| known == id)).cloned().collect();
        if (seen.seen, seen.pending, &lines) != (order.version, false, &own) {
            report
                .different
                .push(format!("ticket {} at {}: {seen:?}\ninstead of {own:?}", order.id, screen.name));
        }
    }
    for id in tickets.keys() {
        report.lost.push(format!("ticket {id} on the glass at {}", screen.name));
    }
}
