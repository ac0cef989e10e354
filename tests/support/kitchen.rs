//! A small kitchen to order from: three stations, a menu of dishes each of them cooks, and one nobody does.

use serde_json::{Value, json};

use super::Pos;

impl Pos {
    /// Grill, Fry and Cold with their dishes; `water` has no station and waits at expo alone.
    pub(crate) async fn set_up_three_stations(&self) {
        let dish =
            |id: &str, name: &str, category: &str| json!({ "id": id, "name": name, "category_id": category });
        let categories = ["grill", "sides", "cold", "bar"].map(|id| json!({ "id": id, "name": id }));
        let menu = json!({
            "categories": categories,
            "items": [
                dish("ribeye", "Ribeye 14 oz", "grill"),
                dish("burger", "Smash burger", "grill"),
                dish("salmon", "Cedar plank salmon", "grill"),
                dish("fries", "Hand-cut fries", "sides"),
                dish("wings", "Hot wings", "sides"),
                dish("caesar", "Caesar salad", "cold"),
                dish("brulee", "Crème brûlée", "cold"),
                dish("water", "Sparkling water", "bar"),
            ],
        });
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
