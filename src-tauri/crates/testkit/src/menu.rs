//! A small kitchen: grill, fry and the pass.

use kitchen::{
    At, Category, LineId, Menu, MenuItem, NewLine, NewOrder, Order, OrderId, Settings, Setup, Station,
    StationId, StationRole, Touch,
};

/// Grill cooks category `grill`, fry cooks `fry`; what neither names waits at expo.
#[must_use]
pub fn setup() -> Setup {
    let item = |id: &str, name: &str, category: &str| MenuItem {
        category: Some(category.into()),
        ..MenuItem::new(id, name)
    };
    let prep = |id: &str, name: &str| Station {
        categories: vec![id.into()],
        ..Station::new(id, name, StationRole::Prep)
    };
    Setup {
        menu: Menu {
            categories: vec![
                Category { id: "grill".into(), name: "Grill".into() },
                Category { id: "fry".into(), name: "Fry".into() },
            ],
            items: vec![
                item("steak", "Ribeye", "grill"),
                item("bass", "Sea bass", "grill"),
                item("fries", "Fries", "fry"),
                item("bread", "Bread", "pantry"),
            ],
        },
        stations: vec![
            prep("grill", "Grill"),
            prep("fry", "Fry"),
            Station::new(StationId::expo(), "", StationRole::Expo),
        ],
        settings: Settings::new("kitchen-1".into(), "Test Kitchen"),
    }
}

/// A line of an item of [`setup`]'s menu.
#[must_use]
pub fn line(item: &str, quantity: u32, modifiers: &[&str]) -> NewLine {
    let name = setup().menu.item(&item.into()).map_or_else(|| item.to_owned(), |found| found.name.clone());
    NewLine {
        item: Some(item.into()),
        name,
        quantity,
        modifiers: modifiers.iter().map(|&text| text.to_owned()).collect(),
        ..NewLine::default()
    }
}

/// An order for a table.
#[must_use]
pub fn draft(table: &str, lines: Vec<NewLine>) -> NewOrder {
    NewOrder { table: Some(table.to_owned()), lines, ..NewOrder::default() }
}

/// An order as a hub takes it.
///
/// # Panics
/// When the draft is one that no hub takes.
#[must_use]
pub fn order(id: &str, at: At, draft: NewOrder) -> Order {
    let number = draft.number.clone().unwrap_or_else(|| id.to_owned());
    draft.open(OrderId::from(id), number, at, &setup()).expect("a draft that can be cooked")
}

/// That many pieces of a line.
#[must_use]
pub fn touch(line: &str, upto: u32) -> Touch {
    Touch { line: LineId::from(line), upto }
}
