//! Reading the back end's open orders afresh. Its socket sends nothing for the time that we were away, and its list
//! hides open orders behind finished ones: so each status is asked for by itself, page by page.

use kitchen::At;
use std::collections::BTreeSet;
use wire::restaurant_os::Status;

/// Orders in one page.
pub(super) const PAGE: usize = 100;

/// How often a page that does not join the one before it makes us start a list over.
const RESTARTS: u32 = 3;

/// How far a reading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every list of open orders; what the kitchen has and no list shows is looked up one by one.
    Everything,
    /// New orders only, while there is no socket to tell of them.
    New,
}

impl Scope {
    fn lists(self) -> &'static [Status] {
        match self {
            Self::Everything => &Status::OPEN,
            Self::New => &[Status::Pending],
        }
    }
}

/// One reading under way.
#[derive(Debug)]
pub(super) struct Reading {
    scope: Scope,
    list: usize,
    offset: usize,
    /// What the list has shown so far.
    in_list: BTreeSet<String>,
    restarts: u32,
    /// The page that was asked for.
    pub(super) waiting_for: Option<u64>,
    /// Orders that the kitchen had when the reading began and no list has shown yet.
    missing: BTreeSet<String>,
}

impl Reading {
    pub(super) fn new(scope: Scope, known: BTreeSet<String>) -> Self {
        Self {
            scope,
            list: 0,
            offset: 0,
            in_list: BTreeSet::new(),
            restarts: 0,
            waiting_for: None,
            missing: known,
        }
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// The query of the next page; none when all is read.
    pub(super) fn next_page(&self) -> Option<String> {
        let status = self.scope.lists().get(self.list)?;
        Some(format!("/orders?status={}&limit={PAGE}&offset={}", status.word(), self.offset))
    }

    /// Takes the ids of a page that was asked for by `next_page`.
    ///
    /// Pages overlap by one. New orders push the list back, which only repeats some; orders that leave it pull it
    /// forward, and the overlap is gone: then something may have slipped through and the list is read again.
    pub(super) fn take(&mut self, ids: &[String]) {
        self.waiting_for = None;
        let joined = self.offset == 0 || ids.iter().any(|id| self.in_list.contains(id));
        for id in ids {
            self.missing.remove(id);
            self.in_list.insert(id.clone());
        }
        if !joined && self.restarts < RESTARTS {
            self.restarts += 1;
            self.offset = 0;
        } else if ids.len() < PAGE {
            self.list += 1;
            self.offset = 0;
            self.restarts = 0;
            self.in_list.clear();
        } else {
            self.offset += PAGE - 1;
        }
    }

    /// What is to be looked up one by one, after the last page.
    pub(super) fn missing(self) -> BTreeSet<String> {
        match self.scope {
            Scope::Everything => self.missing,
            Scope::New => BTreeSet::new(),
        }
    }
}

/// Between full readings while the socket is there: frames are sent at best effort, and nobody says which were lost.
pub(super) const EVERY_MS: i64 = 300_000;

/// Between looks for new orders while it is not.
pub(super) const WITHOUT_SOCKET_MS: i64 = 15_000;

/// When the next reading is due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) at: At,
    pub(super) scope: Scope,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|n| format!("o{n}")).collect()
    }

    #[test]
    fn each_status_is_read_to_its_last_page_in_the_order_of_an_orders_life() {
        let mut reading = Reading::new(Scope::Everything, BTreeSet::new());
        let mut asked = Vec::new();
        while let Some(page) = reading.next_page() {
            let first_of_pending = page.ends_with("status=pending&limit=100&offset=0");
            asked.push(page);
            reading.take(&if first_of_pending { ids(0..100) } else { ids(99..120) });
        }
        assert_eq!(
            asked,
            [
                "/orders?status=new&limit=100&offset=0",
                "/orders?status=pending&limit=100&offset=0",
                "/orders?status=pending&limit=100&offset=99",
                "/orders?status=confirmed&limit=100&offset=0",
                "/orders?status=preparing&limit=100&offset=0",
                "/orders?status=ready&limit=100&offset=0",
            ]
        );
    }

    #[test]
    fn a_list_that_was_pulled_forward_between_two_pages_is_read_again() {
        let mut reading = Reading::new(Scope::New, BTreeSet::new());
        reading.take(&ids(0..100));
        assert!(reading.next_page().unwrap().ends_with("offset=99"));
        // Two left meanwhile: o99 and o100 slid into the first page.
        reading.take(&ids(101..150));
        assert!(reading.next_page().unwrap().ends_with("offset=0"));
        reading.take(&ids(2..102));
        reading.take(&ids(101..150));
        assert_eq!(reading.next_page(), None);
    }

    #[test]
    fn what_no_list_shows_is_missing() {
        let known = ids(0..3).into_iter().collect();
        let mut reading = Reading::new(Scope::Everything, known);
        while reading.next_page().is_some() {
            reading.take(&ids(1..2));
        }
        assert_eq!(reading.missing(), BTreeSet::from(["o0".to_owned(), "o2".to_owned()]));
    }
}
