//! Owners change stations and rules: nothing is overwritten unseen, and nothing impossible takes effect.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use kitchen::*;
use proptest::prelude::*;
use support::*;

fn configure(before: &House, after: &House) -> Operation {
    let act = Act::Configure { before: Box::new(before.clone()), after: Box::new(after.clone()) };
    Operation { id: "c".into(), device: None, at: NOW, order: OrderId::menu(), seen: 0, act }
}

fn decided(setup: &Setup, before: &House, after: &House) -> Result<Setup, Refusal> {
    decide_setup(setup, &configure(before, after)).map(|next| next.unwrap_or_else(|| setup.clone()))
}

fn prep(id: &str, name: &str) -> Station {
    Station::new(id, name, StationRole::Prep)
}

#[test]
fn who_edits_what_somebody_else_has_changed_is_refused_and_each_half_stands_for_itself() {
    let setup = setup();
    let before = House::of(&setup);
    let (mut bar, mut cold, mut rules) = (before.clone(), before.clone(), before.clone());
    bar.stations.push(prep("bar", "Bar"));
    cold.stations.push(prep("cold", "Cold"));
    rules.settings.undo_seconds = 9;
    let first = decided(&setup, &before, &bar).unwrap();
    assert_eq!(decided(&first, &before, &cold), Err(Refusal::HouseChanged));
    assert_eq!(decided(&first, &before, &bar), Ok(first.clone()), "the same twice is the same");
    let both = decided(&first, &before, &rules).unwrap();
    assert_eq!((both.stations.len(), both.settings.undo_seconds), (setup.stations.len() + 1, 9));
    let undone = decided(&both, &bar, &before).unwrap();
    assert_eq!((&undone.stations, undone.settings.undo_seconds), (&setup.stations, 9));
}

#[test]
fn no_kitchen_works_like_that() {
    let setup = setup();
    let before = House::of(&setup);
    type Edit = fn(&mut House);
    let edits: [(&str, Edit); 8] = [
        ("name", |house| house.stations[0].name = " ".into()),
        ("twice", |house| house.stations.push(prep("grill", "Grill 2"))),
        ("role", |house| house.stations[0].role = StationRole::Expo),
        ("role", |house| house.stations[0].covers = vec!["fry".into()]),
        ("round", |house| house.stations[4].hands_on_to = Some("make".into())),
        ("rules", |house| house.settings.day_starts_minute = 1_440),
        ("rules", |house| house.settings.thresholds[0].warn_seconds = 9_999),
        ("restaurant", |house| house.settings.restaurant = "another".into()),
    ];
    for (wrong, edit) in edits {
        let mut after = before.clone();
        edit(&mut after);
        let refusal = decided(&setup, &before, &after).unwrap_err();
        assert!(matches!(refusal, Refusal::BadHouse { what, .. } if what == wrong), "{wrong}: {refusal:?}");
    }
}

#[test]
fn what_no_station_cooks_is_named() {
    let mut setup = setup();
    assert_eq!(unrouted(&setup), ["wine"]);
    setup.stations[0].order_types = vec![OrderType::DineIn];
    assert_eq!(unrouted(&setup), ["steak", "wine"], "a delivery's steak is nobody's");
    setup.stations[1].takes_rest = true;
    assert!(unrouted(&setup).is_empty());
}

#[test]
fn a_screen_shows_its_own_change_at_once_and_the_log_s_when_that_is_another() {
    let mut board = Board::new(setup());
    board.replace(setup(), [], 0);
    let before = House::of(&setup());
    let mut after = before.clone();
    after.settings.undo_seconds = 9;
    board.propose(configure(&before, &after), NOW).unwrap();
    assert_eq!(board.setup().settings.undo_seconds, 9);
    let settings = Some(Settings { undo_seconds: 7, ..before.settings });
    let kind = EventKind::SettingsSet;
    let event =
        Event { seq: 1, at: NOW, kind, order: None, operation: None, menu: None, stations: None, settings };
    board.apply(event);
    assert_eq!(board.setup().settings.undo_seconds, 7, "what somebody else has set is not overwritten");
}

fn any_house() -> impl Strategy<Value = House> {
    (
        0usize..6,
        any::<bool>(),
        1u32..20,
        prop::sample::select(vec![Queue::Shared, Queue::Pull, Queue::Balanced]),
    )
        .prop_map(|(stations, takes_rest, undo_seconds, queue)| {
            let mut house = House::of(&setup());
            house.stations.truncate(stations);
            house.stations.retain(|station| station.hands_on_to.is_none());
            for station in house.stations.iter_mut().take(1) {
                (station.takes_rest, station.queue) = (takes_rest, queue);
            }
            house.settings.undo_seconds = undo_seconds;
            house
        })
}

proptest! {
    /// Owners who edit what they saw, in any order: what takes effect is always the edit of somebody who saw the last one.
    #[test]
    fn every_edit_that_takes_effect_was_made_of_what_was_there(
        edits in prop::collection::vec((any_house(), any::<bool>()), 1..12),
    ) {
        let mut now = setup();
        let mut seen = House::of(&now);
        for (after, looks) in edits {
            if looks {
                seen = House::of(&now);
            }
            let held = House::of(&now);
            match decided(&now, &seen, &after) {
                Ok(next) => {
                    prop_assert!(next.stations == after.stations || next.stations == held.stations);
                    if next.stations != held.stations {
                        prop_assert_eq!(&held.stations, &seen.stations);
                    }
                    if next.settings != held.settings {
                        prop_assert_eq!(&held.settings, &seen.settings);
                    }
                    // And its reverse is its undo.
                    if seen == held {
                        let undone = decided(&next, &after, &seen).unwrap();
                        prop_assert_eq!(House::of(&undone), held);
                    }
                    now = next;
                }
                Err(refusal) => prop_assert_eq!(refusal, Refusal::HouseChanged),
            }
        }
    }
}
