//! The demo restaurant: 42 items in 6 categories, 4 stations.

use kitchen::{Category, CategoryId, Menu, MenuItem, MenuItemId, Settings, Setup, Station, StationRole};

/// The demo restaurant's id: no real one may have it.
pub(crate) const RESTAURANT: &str = "demo";

/// The demo restaurant as it is at its first start.
#[must_use]
pub fn setup() -> Setup {
    let mut settings = Settings::new(RESTAURANT.into(), "Demo Kitchen");
    settings.demo = true;
    if let Some(zone) = jiff::tz::TimeZone::system().iana_name() {
        settings.time_zone = zone.to_owned();
    }
    Setup { menu: menu(), stations: stations(), settings }
}

fn menu() -> Menu {
    let categories =
        CATEGORIES.iter().map(|(id, name)| Category { id: (*id).into(), name: (*name).to_owned() });
    let items = ITEMS.iter().map(|dish| MenuItem {
        category: Some(CategoryId::from(dish.category)),
        prep_minutes: Some(dish.minutes),
        ..MenuItem::new(dish.id, dish.name)
    });
    Menu { categories: categories.collect(), items: items.collect() }
}

fn stations() -> Vec<Station> {
    let station = |id: &str, name: &str, categories: &[&str], items: &[&str], takes_rest| Station {
        categories: categories.iter().copied().map(CategoryId::from).collect(),
        items: items.iter().copied().map(MenuItemId::from).collect(),
        takes_rest,
        ..Station::new(id, name, StationRole::Prep)
    };
    vec![
        station("grill", "Grill", &["burgers", "mains"], &[], true),
        station("fry", "Fry", &["sides"], &["wings", "calamari", "fish-chips", "arancini"], false),
        station("cold", "Cold", &["starters", "desserts"], &["side-salad", "slaw"], false),
        station("bar", "Bar", &["drinks"], &[], false),
    ]
}

pub(super) const CATEGORIES: &[(&str, &str)] = &[
    ("starters", "Starters"),
    ("burgers", "Burgers"),
    ("mains", "Mains"),
    ("sides", "Sides"),
    ("desserts", "Desserts"),
    ("drinks", "Drinks"),
];

/// A dish of the demo menu, with the modifiers that guests ask for.
pub(super) struct Dish {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) minutes: u32,
    pub(super) modifiers: &'static [&'static str],
}

const fn dish(
    id: &'static str,
    name: &'static str,
    category: &'static str,
    minutes: u32,
    modifiers: &'static [&'static str],
) -> Dish {
    Dish { id, name, category, minutes, modifiers }
}

pub(super) const DONENESS: &[&str] = &["rare", "medium rare", "medium", "well done"];
const BURGER: &[&str] = &[
    "medium rare",
    "medium",
    "well done",
    "no onion",
    "no pickles",
    "no tomato",
    "extra cheese",
    "extra bacon",
    "add fried egg",
    "sub gluten-free bun",
    "sauce on the side",
];
const SALAD: &[&str] =
    &["dressing on the side", "no croutons", "add grilled chicken", "no cheese", "extra avocado"];
const STEAK: &[&str] =
    &["rare", "medium rare", "medium", "well done", "no butter", "sub salad for fries", "extra sauce"];
const FRIED: &[&str] = &["extra crispy", "no salt", "sauce on the side", "extra sauce"];
const PASTA: &[&str] = &["no parmesan", "extra parmesan", "gluten-free pasta", "no chili", "add prawns"];
const SWEET: &[&str] = &["no cream", "extra sauce", "no nuts", "two spoons", "birthday candle"];
const COLD_DRINK: &[&str] = &["no ice", "extra ice", "with lemon"];
const HOT_DRINK: &[&str] = &["oat milk", "decaf", "extra hot", "double shot"];

pub(super) const ITEMS: &[Dish] = &[
    dish("soup", "Tomato Soup", "starters", 4, &["no cream", "extra bread", "gluten-free bread"]),
    dish("bruschetta", "Bruschetta", "starters", 5, &["no garlic", "extra basil"]),
    dish("wings", "Chicken Wings", "starters", 9, FRIED),
    dish("calamari", "Crispy Calamari", "starters", 7, FRIED),
    dish("arancini", "Arancini", "starters", 8, FRIED),
    dish("caesar", "Caesar Salad", "starters", 5, SALAD),
    dish("greek", "Greek Salad", "starters", 5, &["no olives", "no feta", "dressing on the side"]),
    dish("burrata", "Burrata & Peach", "starters", 5, &["no nuts", "extra bread"]),
    dish("tartare", "Beef Tartare", "starters", 7, &["no capers", "extra toast", "mild"]),
    dish("classic-burger", "Classic Burger", "burgers", 10, BURGER),
    dish("cheeseburger", "Cheeseburger", "burgers", 10, BURGER),
    dish("bacon-burger", "Bacon Burger", "burgers", 11, BURGER),
    dish("blue-burger", "Blue Cheese Burger", "burgers", 11, BURGER),
    dish(
        "chicken-burger",
        "Chicken Burger",
        "burgers",
        11,
        &["no mayo", "extra pickles", "add bacon", "no onion"],
    ),
    dish("veggie-burger", "Veggie Burger", "burgers", 9, &["no mayo", "sub vegan cheese", "extra avocado"]),
    dish("double-burger", "Double Smash Burger", "burgers", 12, BURGER),
    dish("ribeye", "Ribeye 300g", "mains", 16, STEAK),
    dish("sirloin", "Sirloin 250g", "mains", 14, STEAK),
    dish("steak-frites", "Steak Frites", "mains", 14, STEAK),
    dish("lamb", "Lamb Chops", "mains", 16, DONENESS),
    dish("salmon", "Grilled Salmon", "mains", 13, &["no dill", "sauce on the side", "well done"]),
    dish("fish-chips", "Fish & Chips", "mains", 12, &["no peas", "extra tartare", "extra crispy"]),
    dish("carbonara", "Carbonara", "mains", 11, PASTA),
    dish("arrabbiata", "Penne Arrabbiata", "mains", 10, PASTA),
    dish("risotto", "Mushroom Risotto", "mains", 18, &["no parmesan", "add truffle", "no butter"]),
    dish(
        "roast-chicken",
        "Half Roast Chicken",
        "mains",
        18,
        &["no skin", "extra gravy", "sub salad for fries"],
    ),
    dish(
        "curry",
        "Chickpea Curry",
        "mains",
        12,
        &["mild", "extra hot", "no coriander", "rice instead of naan"],
    ),
    dish("fries", "Fries", "sides", 5, &["no salt", "extra crispy", "add truffle", "extra mayo"]),
    dish("sweet-fries", "Sweet Potato Fries", "sides", 6, &["no salt", "extra crispy"]),
    dish("onion-rings", "Onion Rings", "sides", 6, FRIED),
    dish("side-salad", "Side Salad", "sides", 3, &["dressing on the side", "no onion"]),
    dish("slaw", "Coleslaw", "sides", 2, &["no mayo"]),
    dish("mash", "Mashed Potatoes", "sides", 5, &["no butter", "extra gravy"]),
    dish("cheesecake", "Cheesecake", "desserts", 3, SWEET),
    dish("brownie", "Warm Brownie", "desserts", 5, SWEET),
    dish("creme-brulee", "Crème Brûlée", "desserts", 5, SWEET),
    dish("sorbet", "Lemon Sorbet", "desserts", 2, &["two spoons", "no mint"]),
    dish("lemonade", "House Lemonade", "drinks", 2, COLD_DRINK),
    dish("iced-tea", "Iced Tea", "drinks", 2, COLD_DRINK),
    dish("sparkling", "Sparkling Water", "drinks", 1, COLD_DRINK),
    dish("espresso", "Espresso", "drinks", 2, HOT_DRINK),
    dish("cappuccino", "Cappuccino", "drinks", 3, HOT_DRINK),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_dish_is_cooked_by_one_station_and_every_station_cooks() {
        let setup = setup();
        let ids: BTreeSet<_> = ITEMS.iter().map(|dish| dish.id).collect();
        assert_eq!(ids.len(), ITEMS.len());
        let mut busy = BTreeSet::new();
        for item in &setup.menu.items {
            let stations = setup.route(&item.id, None, kitchen::OrderType::DineIn);
            assert_eq!(stations.len(), 1, "{}", item.name);
            assert!(CATEGORIES.iter().any(|(id, _)| item.category == Some((*id).into())), "{}", item.name);
            busy.extend(stations);
        }
        assert_eq!(busy.len(), setup.stations.len());
        assert!(setup.settings.demo);
    }
}
