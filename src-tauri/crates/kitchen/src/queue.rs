//! Several screens of one station, and whose a ticket is. A station's queue is shared (everybody sees and does everything),
//! pulled (a screen takes a ticket, and no other can take it as well) or balanced (the hub deals each ticket to one of the
//! screens that live, in turn).
//!
//! The invariant: whose a ticket is stands in the order, so the hub's log decides between two that reach for it, and every
//! screen that has read as far agrees. What is nobody's is on every screen of the station. What has been cooked is never
//! refused: only to begin with what another has taken is.

use crate::{At, DeviceId, Order, Setup, StationId, Ticket};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use ts_rs::TS;

/// How the screens of a station share its tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// All show the same.
    #[default]
    Shared,
    /// All show the same; who takes a ticket has it alone.
    Pull,
    /// Each ticket is on one of them.
    Balanced,
}

impl Queue {
    pub(crate) fn is_shared(&self) -> bool {
        *self == Self::Shared
    }
}

/// Whose a ticket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// At this station.
    pub station: StationId,
    /// This screen's.
    pub device: DeviceId,
    /// What people call the screen: its number at the station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<u32>,
    /// Since when.
    pub at: At,
}

/// The screens that live, by the station that they show.
pub type LiveScreens = BTreeMap<StationId, BTreeSet<DeviceId>>;

/// Whether a ticket of a station is on that screen of it. A screen that is `alone`, because it does not hear the hub, shows
/// everything: it cannot know who else is there.
#[must_use]
pub fn is_shown_to(
    order: &Order,
    station: &StationId,
    device: &DeviceId,
    setup: &Setup,
    alone: bool,
) -> bool {
    match setup.queue_of(station) {
        Queue::Shared | Queue::Pull => true,
        Queue::Balanced => alone || order.claim_at(station).is_none_or(|claim| &claim.device == device),
    }
}

/// Deals tickets to the screens that live. The hub's; what it decided is in the log.
#[derive(Debug, Clone, Default)]
pub struct Dealer {
    /// Who was dealt the last ticket of a station.
    last: BTreeMap<StationId, DeviceId>,
}

impl Dealer {
    /// Whose the tickets of an order are to be: a screen that is gone has none, and where tickets are dealt, what is
    /// nobody's is the next one's. What somebody has stays with them.
    #[must_use]
    pub fn deal(&mut self, order: &Order, setup: &Setup, live: &LiveScreens, at: At) -> Vec<Claim> {
        let lives = |claim: &&Claim| {
            !setup.queue_of(&claim.station).is_shared()
                && live.get(&claim.station).is_some_and(|screens| screens.contains(&claim.device))
        };
        let mut claims: Vec<Claim> = order.claims.iter().filter(lives).cloned().collect();
        if !order.is_open() {
            return claims;
        }
        for station in setup.stations.iter().filter(|station| station.queue == Queue::Balanced) {
            let is_dealt = claims.iter().any(|claim| claim.station == station.id);
            let ticket = Ticket::of(order, &station.id, at);
            let owes = |ticket: &Ticket<'_>| {
                ticket.own.iter().any(|own| own.work.bumped < own.line.live() || own.is_open())
            };
            if is_dealt || !ticket.as_ref().is_some_and(owes) {
                continue;
            }
            if let Some(device) = live.get(&station.id).and_then(|screens| self.next(&station.id, screens)) {
                claims.push(Claim { station: station.id.clone(), device, screen: None, at });
            }
        }
        claims
    }

    fn next(&mut self, station: &StationId, screens: &BTreeSet<DeviceId>) -> Option<DeviceId> {
        let after =
            |last: &DeviceId| screens.range::<DeviceId, _>((Bound::Excluded(last), Bound::Unbounded)).next();
        let next = self.last.get(station).and_then(after).or_else(|| screens.first())?.clone();
        self.last.insert(station.clone(), next.clone());
        Some(next)
    }
}

impl Order {
    /// Whose its ticket is at a station; none: nobody's.
    #[must_use]
    pub fn claim_at(&self, station: &StationId) -> Option<&Claim> {
        self.claims.iter().find(|claim| &claim.station == station)
    }
}

impl Setup {
    /// How the screens of a station share its tickets.
    #[must_use]
    pub fn queue_of(&self, station: &StationId) -> Queue {
        self.station(station).map(|station| station.queue).unwrap_or_default()
    }
}
