//! The POS: orders at their moments, each with a key of its own, asked again until it is answered, as a till does; and
//! guests who take what is ready, so that the board does not grow without end.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::dice::Dice;
use super::house::House;

/// Requests under way at once.
const AT_ONCE: usize = 48;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long until it is asked again.
const AGAIN: Duration = Duration::from_millis(250);
/// How many orders stay on the glass.
const OPEN: usize = 60;
/// One order in so many comes by the back end.
const BY_BACK_END: usize = 20;
/// One order in so many is added to.
const ADDED_TO: usize = 30;

const DISHES: [&str; 5] = ["Smash burger", "Ribeye 14 oz", "Hand-cut fries", "Hot wings", "Sparkling water"];

pub(crate) struct Till {
    client: Client,
    base: String,
    token: String,
    posting: Mutex<JoinSet<()>>,
    turn: Arc<Semaphore>,
    book: Mutex<Book>,
    repeats: AtomicU64,
}

/// What the POS was answered.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Number and id of orders with a 201.
    pub(crate) orders: Vec<(String, String)>,
    /// Order and line of additions with a 201.
    pub(crate) lines: Vec<(String, String)>,
}

impl Till {
    pub(crate) fn open(house: &House) -> Self {
        let (address, token) = house.till();
        Self {
            client: Client::builder().timeout(PATIENCE).build().unwrap(),
            base: format!("http://{address}/api/v1"),
            token,
            posting: Mutex::default(),
            turn: Arc::new(Semaphore::new(AT_ONCE)),
            book: Mutex::default(),
            repeats: AtomicU64::new(0),
        }
    }

    /// Places every order at its moment.
    pub(crate) async fn serve(self: &Arc<Self>, house: &House, moments: Vec<Duration>, mut dice: Dice) {
        let begun = Instant::now();
        for (n, moment) in moments.into_iter().enumerate() {
            sleep_until(begun + moment).await;
            if n % BY_BACK_END == BY_BACK_END - 1 {
                house.back_end.place();
                continue;
            }
            let lines = 1 + dice.below(3);
            let items: Vec<Value> = (0..lines)
                .map(|line| {
                    let dish = DISHES[dice.below(DISHES.len())];
                    json!({ "id": format!("{n}.{line}"), "name": dish, "quantity": 1 + dice.below(2) })
                })
                .collect();
            let till = self.clone();
            let mut posting = self.posting.lock().unwrap();
            posting.spawn(async move { till.post(n, items).await });
            while posting
                .try_join_next()
                .is_some_and(|ended| ended.map_err(|error| panic!("{error}")).is_ok())
            {}
        }
    }

    async fn post(&self, n: usize, items: Vec<Value>) {
        let _turn = self.turn.clone().acquire_owned().await.unwrap();
        let number = format!("T{n:05}");
        let order = json!({ "type": "dine-in", "table_number": (n % 90).to_string(), "order_number": number, "items": items });
        let (status, answer) = self.ask(Method::POST, "orders", Some(&number), Some(&order)).await;
        assert!(status.is_success(), "{number}: {status} {answer}");
        let id = answer["id"].as_str().expect("an id").to_owned();
        self.book.lock().unwrap().orders.push((number.clone(), id.clone()));
        if n.is_multiple_of(ADDED_TO) {
            let line = format!("{n}.more");
            let more = json!({ "items": [{ "id": line, "name": "Hot wings", "quantity": 1 }] });
            let key = format!("{number} and more");
            let (status, _) =
                self.ask(Method::POST, &format!("orders/{id}/items"), Some(&key), Some(&more)).await;
            if status.is_success() {
                self.book.lock().unwrap().lines.push((id, line));
            }
        }
    }

    /// Asks until there is an answer that means something.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        loop {
            if let Some((status, answer)) = self.ask_once(method.clone(), path, key, body).await
                && !status.is_server_error()
            {
                return (status, answer);
            }
            self.repeats.fetch_add(1, Ordering::Relaxed);
            sleep(AGAIN).await;
        }
    }

    async fn ask_once(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<(StatusCode, Value)> {
        let mut request =
            self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        // An answer that is cut off is none.
        Some((status, answer.json().await.ok()?))
    }

    /// Waits until every order has been answered.
    pub(crate) async fn all_answered(&self, limit: Duration) {
        let mut posting = std::mem::take(&mut *self.posting.lock().unwrap());
        let answered = async {
            while let Some(ended) = posting.join_next().await {
                ended.expect("an order");
            }
        };
        timeout(limit, answered).await.unwrap_or_else(|_| panic!("orders without an answer after {limit:?}"));
    }

    pub(crate) fn book<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.book.lock().unwrap())
    }

    /// How often something had to be asked again.
    pub(crate) fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }
}

/// Guests take the oldest orders, for ever; whoever hands them over stands beside the hub.
pub(crate) async fn hand_over(house: Arc<House>) {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    loop {
        tick.tick().await;
        let Ok(oldest) = house.reads(|hub| {
            let mut find = hub.prepare(
                "SELECT id FROM orders WHERE on_glass = 1 ORDER BY number_in_log DESC LIMIT -1 OFFSET ?1",
            )?;
            let ids = find.query_map([OPEN], |row| row.get::<_, String>(0))?;
            ids.collect::<Result<Vec<_>, _>>()
        }) else {
            continue;
        };
        let mut taking = JoinSet::new();
        for id in oldest.into_iter().rev().take(AT_ONCE) {
            let house = house.clone();
            taking.spawn(async move {
                // Who gets no answer looks again.
                let _ = house
                    .beside(Method::PATCH, &format!("orders/{id}/status"), json!({ "status": "completed" }))
                    .await;
            });
        }
        while taking.join_next().await.is_some() {}
    }
}
