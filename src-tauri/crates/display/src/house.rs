//! What an edit of stations and rules would come to, before it takes effect: so that an owner sees what nobody would cook,
//! what changes, and what becomes of open orders.
//!
//! Pure. Nothing here is decided: `kitchen` judges the act, here and at the hub.

use crate::frame::{HouseChange, HouseEdit, Named};
use crate::view::Draft;
use kitchen::{
    Act, At, Board, House, Operation, OrderId, Refusal, Setup, Station, decide_setup, reroute, unrouted,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::hub::Fault;

/// See the module.
pub(crate) fn edit(board: &Board, draft: &Draft, now: At) -> HouseEdit {
    let setup = board.setup();
    let House { stations, settings } = draft.after.clone();
    let would_be = Setup { menu: setup.menu.clone(), stations, settings };
    let categories = setup.menu.categories.iter();
    let items = setup.menu.items.iter();
    let refusal = decide_setup(setup, &operation(draft, now)).err();
    let moves = would_be.stations != setup.stations;
    let open = || board.orders().filter(|order| order.is_open());
    let rerouted =
        if moves { open().filter(|order| reroute(order, &would_be, now).is_some()).count() } else { 0 };
    HouseEdit {
        categories: categories.map(|part| named(&part.id.0, &part.name)).collect(),
        items: items.map(|item| named(&item.id.0, &item.name)).collect(),
        unrouted: unrouted(&would_be).into_iter().map(str::to_owned).collect(),
        changes: changes(&draft.before, &draft.after),
        rerouted: u32::try_from(rerouted).unwrap_or(u32::MAX),
        overtaken: refusal == Some(Refusal::HouseChanged),
        fault: refusal.filter(|refusal| *refusal != Refusal::HouseChanged).map(|refusal| fault(&refusal)),
        draft: Some(draft.after.clone()),
    }
}

/// What a refusal of such an act says.
pub(crate) fn fault(refusal: &Refusal) -> Fault {
    let fault = Fault::new(refusal.code());
    match refusal {
        Refusal::BadHouse { what, station } => fault.with("what", what).with("station", station),
        _ => fault,
    }
}

fn operation(draft: &Draft, at: At) -> Operation {
    let act = Act::Configure { before: Box::new(draft.before.clone()), after: Box::new(draft.after.clone()) };
    Operation { id: "draft".into(), device: None, at, order: OrderId::menu(), seen: 0, act }
}

fn named(id: &str, name: &str) -> Named {
    Named { id: id.to_owned(), name: name.to_owned() }
}

fn changes(before: &House, after: &House) -> Vec<HouseChange> {
    let of =
        |house: &House, station: &Station| house.stations.iter().find(|held| held.id == station.id).cloned();
    let mut changes = Vec::new();
    for station in &after.stations {
        match of(before, station) {
            None => changes.push(HouseChange::Added { station: station.name.clone() }),
            Some(held) if held == *station => {}
            Some(held) => {
                let fields = differing(&held, station);
                changes.push(HouseChange::Station { station: station.name.clone(), fields });
            }
        }
    }
    let gone = before.stations.iter().filter(|station| of(after, station).is_none());
    changes.extend(gone.map(|station| HouseChange::Removed { station: station.name.clone() }));
    let ids = |house: &House| house.stations.iter().map(|station| station.id.clone()).collect::<Vec<_>>();
    if changes.is_empty() && ids(before) != ids(after) {
        changes.push(HouseChange::Order);
    }
    let rules = differing(&before.settings, &after.settings);
    changes.extend(rules.into_iter().map(|field| HouseChange::Rule { field }));
    changes
}

/// The names of the fields in which two differ, as they are on the wire.
fn differing<T: Serialize>(one: &T, other: &T) -> Vec<String> {
    let fields = |value: &T| match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (one, other) = (fields(one), fields(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{StationId, StationRole};

    #[test]
    fn what_an_edit_comes_to_is_named_before_it_takes_effect() {
        let setup = testkit::setup();
        let mut board = Board::new(setup.clone());
        let before = House::of(&setup);
        let draft = testkit::draft("1", vec![testkit::line("steak", 1, &[])]);
        board.replace(setup, [testkit::order("o1", At(1), draft)], 1);
        let edited = |how: &dyn Fn(&mut House)| {
            let mut after = before.clone();
            how(&mut after);
            edit(&board, &Draft { before: before.clone(), after }, At(1))
        };
        let nothing = edited(&|_| {});
        assert!(nothing.changes.is_empty() && nothing.fault.is_none() && nothing.rerouted == 0);

        let grill =
            before.stations.iter().position(|station| station.id == StationId::from("grill")).unwrap();
        let moved = edited(&|house| {
            let mut wok = Station::new("wok", "Wok", StationRole::Prep);
            wok.items.push("steak".into());
            house.stations.push(wok);
            house.stations[grill].takes_rest = true;
            house.settings.undo_seconds += 1;
        });
        let name = before.stations[grill].name.clone();
        let wanted = [
            HouseChange::Station { station: name, fields: vec!["takes_rest".to_owned()] },
            HouseChange::Added { station: "Wok".to_owned() },
            HouseChange::Rule { field: "undo_seconds".to_owned() },
        ];
        assert_eq!((moved.changes.as_slice(), moved.rerouted), (wanted.as_slice(), 1));
        assert!(moved.unrouted.is_empty(), "what takes the rest leaves nothing");

        let turned = edited(&|house| house.stations.reverse());
        assert_eq!(turned.changes, [HouseChange::Order]);
        let wrong = edited(&|house| house.settings.undo_seconds = 0);
        assert_eq!(wrong.fault.map(|fault| fault.code).as_deref(), Some("bad_house"));
    }
}
