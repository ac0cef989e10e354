//! The simulated POS: one task that places plausible orders over HTTP, adds to some and takes some back.

use super::kitchen::{DONENESS, Dish, ITEMS, RESTAURANT};
use crate::Side;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How the simulated POS behaves.
#[derive(Debug, Clone, Copy)]
pub struct PosConfig {
    /// Orders a minute of kitchen time.
    pub per_minute: f64,
    /// What its chance starts from: the same seed orders the same dishes.
    pub seed: u64,
    /// Orders placed at once, so that a new demo does not begin with an empty glass.
    pub at_start: u32,
    /// How many minutes of kitchen time pass in one real minute.
    pub time_factor: f64,
}

impl Default for PosConfig {
    fn default() -> Self {
        Self { per_minute: 4.0, seed: 1, at_start: 6, time_factor: 1.0 }
    }
}

/// What the simulated POS has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders taken by the hub.
    pub orders: u64,
    /// Add-ons, voids and cancellations taken by the hub.
    pub changes: u64,
    /// Requests that failed or were refused.
    pub failures: u64,
}

/// A running simulated POS. Dropping it stops it.
pub struct Pos {
    side: Side,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    orders: AtomicU64,
    changes: AtomicU64,
    failures: AtomicU64,
}

/// For one request.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// After a request that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Orders it remembers, to add to or take back.
const REMEMBERED: usize = 12;

impl Pos {
    /// Starts ordering from the hub at that address, if it is a demo kitchen. Needs a tokio runtime.
    #[must_use]
    pub fn start(hub: SocketAddr, token: &str, config: PosConfig) -> Self {
        let counts = Arc::new(Counts::default());
        let counted = counts.clone();
        let token = HeaderValue::from_str(&format!("Bearer {token}")).ok();
        let mut seed = config.seed;
        let side = Side::start("demo POS", move || {
            let till = Till {
                client: Client::builder(TokioExecutor::new()).build_http(),
                base: format!("http://{hub}/api/v1"),
                token: token.clone(),
                dice: Dice(seed),
                placed: VecDeque::new(),
                counts: counted.clone(),
            };
            // Begun again, it does not run into the same wall.
            seed = seed.wrapping_add(1);
            async move {
                till.work(config).await;
                Ok::<(), Infallible>(())
            }
        });
        Self { side, counts }
    }

    /// What it has done.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally {
            orders: read(&self.counts.orders),
            changes: read(&self.counts.changes),
            failures: read(&self.counts.failures),
        }
    }

    /// Stops it and waits for its task.
    pub async fn stop(self) {
        self.side.stop().await;
    }
}

struct Till {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: Option<HeaderValue>,
    dice: Dice,
    /// Ids of the latest orders.
    placed: VecDeque<String>,
    counts: Arc<Counts>,
}

impl Till {
    async fn work(mut self, config: PosConfig) {
        while !self.is_demo().await {
            tracing::warn!(target: "hub::demo", "the hub is no demo kitchen, or not there: nothing is ordered");
            tokio::time::sleep(PAUSE).await;
        }
        for _ in 0..config.at_start {
            self.place().await;
        }
        let rate = config.per_minute * config.time_factor;
        if rate <= 0.0 {
            return;
        }
        let mean = 60.0 / rate;
        let mut next = Instant::now();
        loop {
            // Guests come in no rhythm: between a fifth and the double of the mean, and the rate holds over time.
            next += Duration::from_secs_f64(mean * (0.2 + 1.6 * self.dice.share()));
            next = next.max(Instant::now());
            sleep_until(next).await;
            self.place().await;
            if self.dice.one_in(6) {
                self.change().await;
            }
        }
    }

    /// No demo order may reach a real kitchen.
    async fn is_demo(&mut self) -> bool {
        let settings = self.send(Method::GET, "/settings", None).await;
        settings.is_some_and(|settings| settings["demo"] == true && settings["restaurant"] == RESTAURANT)
    }

    async fn place(&mut self) {
        let order = self.dice.order();
        match self.send(Method::POST, "/orders", Some(order)).await {
            Some(order) => {
                self.counts.orders.fetch_add(1, Ordering::Relaxed);
                if let Some(id) = order["id"].as_str() {
                    self.placed.push_back(id.to_owned());
                    if self.placed.len() > REMEMBERED {
                        self.placed.pop_front();
                    }
                }
            }
            None => tokio::time::sleep(PAUSE).await,
        }
    }

    /// Somebody wants more, or less, or leaves.
    async fn change(&mut self) {
        let Some(id) = self.placed.pop_front() else { return };
        let sent = match self.dice.below(6) {
            0 => {
                let reason = self.dice.pick(&["guest left", "ordered twice", "wrong table"]);
                self.send(Method::DELETE, &format!("/orders/{id}"), Some(json!({ "reason": reason }))).await
            }
            1 | 2 => {
                let Some(order) = self.send(Method::GET, &format!("/orders/{id}"), None).await else {
                    return;
                };
                let Some(line) = order["items"][0]["id"].as_str() else { return };
                let line = line.replace('#', "%23");
                self.send(Method::DELETE, &format!("/orders/{id}/items/{line}"), None).await
            }
            _ => {
                let more = json!({ "items": [self.dice.line(), self.dice.line()] });
                self.send(Method::POST, &format!("/orders/{id}/items"), Some(more)).await
            }
        };
        if sent.is_some() {
            self.counts.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The answer, if the hub said yes.
    async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let mut request =
            Request::new(Full::from(body.map_or_else(Bytes::new, |body| body.to_string().into())));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.base).parse().ok()?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        let asked = timeout(REQUEST_LIMIT, async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            let value: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
            if status.is_success() { Ok(value) } else { Err(format!("{status}: {}", value["code"])) }
        });
        match asked.await.unwrap_or_else(|_| Err("no answer".to_owned())) {
            Ok(value) => Some(value),
            Err(error) => {
                self.counts.failures.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(target: "hub::demo", path, error, "the hub did not take it");
                None
            }
        }
    }
}

/// Chance that can be repeated (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }

    fn order(&mut self) -> Value {
        let mut order = json!({ "source": "demo", "server_name": self.pick(SERVERS) });
        match self.below(10) {
            0..=5 => {
                let guests = 1 + self.below(6);
                order["type"] = json!("dine_in");
                order["table_number"] = json!((1 + self.below(24)).to_string());
                order["guests"] = json!(guests);
                order["items"] = self.meal(guests);
            }
            6 | 7 => {
                order["type"] = json!("pickup");
                order["customer_name"] = json!(self.guest());
                let guests = 1 + self.below(3);
                order["items"] = self.meal(guests);
            }
            8 => {
                order["type"] = json!("delivery");
                order["customer_name"] = json!(self.guest());
                order["courier"] = json!({ "name": self.pick(COURIERS) });
                let guests = 1 + self.below(4);
                order["items"] = self.meal(guests);
            }
            _ => {
                order["type"] = json!("drive_thru");
                order["customer_name"] = json!(self.guest());
                order["items"] = self.meal(1);
            }
        }
        if self.one_in(14) {
            order["notes"] = json!(self.pick(NOTES));
        }
        if self.one_in(25) {
            order["rush"] = json!(true);
        }
        order
    }

    /// A main dish for everybody, and what goes with it.
    fn meal(&mut self, guests: u64) -> Value {
        let mut lines: Vec<Value> = Vec::new();
        for _ in 0..guests {
            let main = self.pick(&["burgers", "mains"]);
            lines.push(self.line_of(main));
            for (category, times) in [("starters", 3), ("sides", 3), ("drinks", 2), ("desserts", 6)] {
                if self.one_in(times) {
                    lines.push(self.line_of(category));
                }
            }
        }
        // The same dish twice, wanted alike, is one line.
        let mut merged: Vec<Value> = Vec::new();
        for line in lines {
            let alike = |other: &&mut Value| {
                other["name"] == line["name"]
                    && other["modifiers"] == line["modifiers"]
                    && other["notes"] == line["notes"]
            };
            match merged.iter_mut().find(alike) {
                Some(other) => {
                    let pieces =
                        other["quantity"].as_u64().unwrap_or(0) + line["quantity"].as_u64().unwrap_or(0);
                    other["quantity"] = json!(pieces);
                }
                None => merged.push(line),
            }
        }
        Value::Array(merged)
    }

    fn line(&mut self) -> Value {
        let category = self.pick(&["sides", "drinks", "desserts", "starters"]);
        self.line_of(category)
    }

    fn line_of(&mut self, category: &str) -> Value {
        let dishes: Vec<&Dish> = ITEMS.iter().filter(|dish| dish.category == category).collect();
        let dish = dishes[self.below(dishes.len() as u64) as usize];
        let mut modifiers: Vec<&str> = Vec::new();
        for _ in 0..2 {
            let wanted = self.pick(dish.modifiers);
            let said =
                modifiers.iter().any(|said| *said == wanted || is_doneness(said) && is_doneness(wanted));
            if self.one_in(3) && !said {
                modifiers.push(wanted);
            }
        }
        if self.one_in(18) {
            modifiers.insert(0, self.pick(ALLERGIES));
        }
        let mut line = json!({
            "menu_item_id": dish.id,
            "name": dish.name,
            "quantity": if self.one_in(8) { 2 } else { 1 },
            "modifiers": modifiers,
        });
        if self.one_in(20) {
            line["notes"] = json!(self.pick(LINE_NOTES));
        }
        line
    }

    fn guest(&mut self) -> String {
        format!("{} {}", self.pick(FIRST_NAMES), self.pick(LAST_NAMES))
    }
}

/// Nobody wants a steak both rare and medium.
fn is_doneness(modifier: &str) -> bool {
    DONENESS.contains(&modifier)
}

const SERVERS: &[&str] = &["Alma", "Bruno", "Celia", "Davi", "Esme", "Filip"];
const FIRST_NAMES: &[&str] =
    &["Ines", "Jonas", "Karla", "Leo", "Mara", "Nico", "Olga", "Pavel", "Rosa", "Samir"];
const LAST_NAMES: &[&str] =
    &["Alder", "Birch", "Cedar", "Dale", "Ember", "Field", "Grove", "Hazel", "Marsh", "Reed"];
const COURIERS: &[&str] = &["Courier 12", "Courier 31", "Bike 7", "Van 2"];
const NOTES: &[&str] = &[
    "Birthday at the table",
    "Guests in a hurry",
    "Everything together please",
    "High chair",
    "Split onto two plates",
];
const LINE_NOTES: &[&str] =
    &["cut in half", "for the child", "on a warm plate", "share, extra plate", "serve first"];
const ALLERGIES: &[&str] = &[
    "ALLERGY: peanuts",
    "ALLERGY: shellfish",
    "ALLERGY: dairy",
    "allergic to sesame",
    "ALLERGY: gluten (celiac)",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_orders_can_be_cooked_and_is_the_same_for_the_same_seed() {
        let (mut one, mut two) = (Dice(7), Dice(7));
        for _ in 0..500 {
            let order = one.order();
            assert_eq!(order, two.order());
            let draft = wire::rest::order(&order).unwrap();
            draft.check().unwrap();
            for line in &draft.lines {
                assert!(ITEMS.iter().any(|dish| line.item.as_ref().unwrap().as_str() == dish.id));
                let doneness = line.modifiers.iter().filter(|modifier| is_doneness(modifier));
                assert!(doneness.count() <= 1, "{:?}", line.modifiers);
            }
        }
    }
}
