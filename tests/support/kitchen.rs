//! A small kitchen to order from: three stations, a menu of dishes each of them cooks, and one nobody does.

use serde_json::{Value, json};

use super::Pos;

/// Id, name and category of every dish.
const DISHES: [(&str, &str, &str); 8] = [
    ("ribeye", "Ribeye 14 oz", "grill"),
    ("burger", "Smash burger", "grill"),
    ("salmon", "Cedar plank salmon", "grill"),
    ("fries", "Hand-cut fries", "sides"),
    ("wings", "Hot wings", "sides"),
    ("caesar", "Caesar salad", "cold"),
    ("brulee", "Crème brûlée", "cold"),
    ("water", "Sparkling water", "bar"),
];

/// The menu's id of a dish.
pub(super) fn item_id(name: &str) -> &'static str {
    DISHES.iter().find(|dish| dish.1 == name).unwrap_or_else(|| panic!("{name} is not on the menu")).0
}

impl Pos {
    /// Grill, Fry and Cold with their dishes; `water` has no station and waits at expo alone.
    pub(crate) async fn set_up_three_stations(&self) {
        let categories = ["grill", "sides", "cold", "bar"].map(|id| json!({ "id": id, "name": id }));
        let items =
            DISHES.map(|(id, name, category)| json!({ "id": id, "name": name, "category_id": category }));
        let menu = json!({ "categories": categories, "items": items });
        self.done(reqwest::Method::PUT, "menu", Some(menu)).await;
        let station = |id: &str, name: &str, category: &str| json!({ "id": id, "name": name, "categories": [category] });
        self.set_stations(json!([
            station("grill", "Grill", "grill"),
            station("fry", "Fry", "sides"),
            station("cold", "Cold", "cold"),
        ]))
        .await;
    }

    /// An order of a table: names of dishes, and pieces. Returns its id.
    pub(crate) async fn table(&self, table: &str, dishes: &[(&str, u32)]) -> String {
        let items: Vec<Value> =
            dishes.iter().map(|(dish, pieces)| json!({ "name": dish, "quantity": pieces })).collect();
        self.post(json!({ "type": "dine-in", "table_number": table, "items": items })).await
    }

    /// Pieces of each of an order's lines that one station has bumped.
    pub(crate) async fn bumped_at(&self, order: &str, station: &str) -> Vec<u64> {
        work(&self.read(order).await, station, "bumped")
    }

    /// Pieces of each of an order's lines that one station has done.
    pub(crate) async fn done_at(&self, order: &str, station: &str) -> Vec<u64> {
        work(&self.read(order).await, station, "done")
    }
}

fn work(order: &Value, station: &str, of: &str) -> Vec<u64> {
    let lines = order["items"].as_array().expect("an order has items");
    let here = lines.iter().flat_map(|line| line["work"].as_array().expect("a line has work"));
    here.filter(|work| work["station"] == station).filter_map(|work| work[of].as_u64()).collect()
}
