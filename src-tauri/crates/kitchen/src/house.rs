//! How an owner changes the stations and the house rules from a screen: as one act that says what was there before and
//! what is to be there now. If somebody else has changed the same meanwhile, it is refused and nothing is overwritten; the
//! reverse of the act is its undo.
//!
//! Open orders follow: what nobody has touched is routed by the new stations, what somebody has begun stays where it is
//! ([`crate::reroute`]).

use crate::{OrderType, Refusal, Settings, Setup, Station, StationId, StationRole};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use ts_rs::TS;

/// Stations and house rules: what an owner edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct House {
    /// In the order they are shown.
    pub stations: Vec<Station>,
    /// House rules.
    pub settings: Settings,
}

impl House {
    /// As it is.
    #[must_use]
    pub fn of(setup: &Setup) -> Self {
        Self { stations: setup.stations.clone(), settings: setup.settings.clone() }
    }

    /// Whether a kitchen can work like that.
    ///
    /// # Errors
    /// [`Refusal::BadHouse`] with what is wrong, and with which station.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong =
            |what: &'static str, station: &Station| Refusal::BadHouse { what, station: station.name.clone() };
        let mut seen = BTreeSet::new();
        for station in &self.stations {
            let is_pass = station.id.is_expo() || !station.covers.is_empty();
            // The pass is named by the language.
            let is_named = station.id.is_expo() || !station.name.trim().is_empty();
            if !is_named || station.id.as_str().is_empty() {
                return Err(wrong("name", station));
            }
            if !seen.insert(&station.id) {
                return Err(wrong("twice", station));
            }
            if is_pass != (station.role == StationRole::Expo) {
                return Err(wrong("role", station));
            }
            if self.is_round(&station.id) {
                return Err(wrong("round", station));
            }
        }
        let settings = &self.settings;
        let sane = settings.day_starts_minute < 1_440
            && (1..=60).contains(&settings.undo_seconds)
            && settings.thresholds.iter().all(|rule| rule.warn_seconds <= rule.late_seconds);
        let rules = || Refusal::BadHouse { what: "rules", station: String::new() };
        sane.then_some(()).ok_or_else(rules)
    }

    /// Whether what is handed on comes back.
    fn is_round(&self, from: &StationId) -> bool {
        let next =
            |id: &StationId| self.stations.iter().find(|station| &station.id == id)?.hands_on_to.clone();
        let mut at = next(from);
        for _ in 0..self.stations.len() {
            match at {
                Some(id) if &id == from => return true,
                Some(id) => at = next(&id),
                None => return false,
            }
        }
        false
    }
}

/// The setup after an owner's change; none: it is so already.
pub(crate) fn changed(setup: &Setup, before: &House, after: &House) -> Result<Option<Setup>, Refusal> {
    let (mut next, now) = (setup.clone(), House::of(setup));
    // Each half is judged by itself: who changes the rules is not in the way of who changes the stations.
    if before.stations != after.stations {
        if now.stations != before.stations && now.stations != after.stations {
            return Err(Refusal::HouseChanged);
        }
        next.stations.clone_from(&after.stations);
    }
    if before.settings != after.settings {
        if now.settings != before.settings && now.settings != after.settings {
            return Err(Refusal::HouseChanged);
        }
        let same = (&now.settings.restaurant, now.settings.demo);
        if (&after.settings.restaurant, after.settings.demo) != same {
            return Err(Refusal::BadHouse { what: "restaurant", station: String::new() });
        }
        next.settings.clone_from(&after.settings);
    }
    House::of(&next).check()?;
    Ok((&next != setup).then_some(next))
}

/// The items of the menu that no station cooks, for some type of order: they wait at expo alone.
#[must_use]
pub fn unrouted(setup: &Setup) -> Vec<&str> {
    let types = [
        OrderType::DineIn,
        OrderType::Pickup,
        OrderType::Delivery,
        OrderType::DriveThru,
        OrderType::Online,
        OrderType::Kiosk,
        OrderType::Voice,
    ];
    let nobody = |item: &&crate::MenuItem| {
        types.iter().any(|kind| setup.route(&item.id, item.category.as_ref(), *kind).is_empty())
    };
    setup.menu.items.iter().filter(nobody).map(|item| item.name.as_str()).collect()
}
