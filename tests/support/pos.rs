//! A POS for whole-system tests: it speaks REST to the hub of a data folder, as any integrator's would.

use std::path::Path;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::{SOON, until};

/// A connection to the hub whose files are in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Pos {
    base: String,
    token: String,
    client: Client,
}

impl Pos {
    /// The POS of the real kitchen in the application's data folder. Waits until its hub says where it listens.
    pub(crate) async fn of(data: &Path) -> Self {
        Self::of_hub(&data.join("hub")).await
    }

    /// The POS of the hub whose own folder this is.
    pub(crate) async fn of_hub(folder: &Path) -> Self {
        let client = Client::new();
        until("the hub to be ready", SOON, async || {
            let address = std::fs::read_to_string(folder.join("hub.address")).ok()?;
            let token = std::fs::read_to_string(folder.join("hub.token")).ok()?;
            let base = format!("http://{}", address.trim());
            let token = token.trim().to_owned();
            // Asked with the token: the address may be one that a killed hub left, and another's by now.
            let status = client.get(format!("{base}/api/v1/status")).bearer_auth(&token).send().await.ok()?;
            status.status().is_success().then(|| Self { base, token, client: client.clone() })
        })
        .await
    }

    /// Where the hub is, as a second screen would be told.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The hub's first token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Any request; the status and the body it was answered with.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.try_ask(method, path, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The same of a hub that may be gone.
    pub(crate) async fn try_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value), reqwest::Error> {
        let mut request =
            self.client.request(method, format!("{}/api/v1/{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// A request that must succeed; the answer's body.
    pub(crate) async fn done(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// A kitchen with a grill that cooks everything.
    pub(crate) async fn set_up_one_station(&self) {
        self.set_stations(json!([{ "id": "grill", "name": "Grill", "takes_rest": true }])).await;
    }

    /// Replaces the stations.
    pub(crate) async fn set_stations(&self, stations: Value) {
        self.done(Method::PUT, "stations", Some(stations)).await;
    }

    /// Posts an order of `lines` plain lines and returns its id.
    pub(crate) async fn order(&self, name: &str, lines: usize) -> String {
        let items: Vec<Value> = (0..lines)
            .map(|n| json!({ "name": format!("Dish {}", n + 1), "quantity": n + 1, "modifiers": ["no onion"] }))
            .collect();
        self.post(json!({ "type": "pickup", "customer_name": name, "items": items })).await
    }

    /// The same as a task of its own.
    pub(crate) async fn order_owned(self, name: String, lines: usize) -> String {
        self.order(&name, lines).await
    }

    /// Posts an order and returns its id.
    pub(crate) async fn post(&self, order: Value) -> String {
        let answer = self.done(Method::POST, "orders", Some(order)).await;
        answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
    }

    /// Adds lines to an order.
    pub(crate) async fn add(&self, order: &str, items: Value) {
        self.done(Method::POST, &format!("orders/{order}/items"), Some(json!({ "items": items }))).await;
    }

    /// One order as the hub has it.
    pub(crate) async fn read(&self, order: &str) -> Value {
        self.done(Method::GET, &format!("orders/{order}"), None).await
    }

    /// Says that an order was handed over.
    pub(crate) async fn complete(&self, order: &str) {
        self.done(Method::PATCH, &format!("orders/{order}/status"), Some(json!({ "status": "completed" })))
            .await;
    }

    /// The ids of all open orders.
    pub(crate) async fn open_orders(&self) -> Vec<String> {
        let answer = self.done(Method::GET, "orders?open=true&limit=500", None).await;
        let orders = answer.as_array().cloned().unwrap_or_default();
        orders.iter().filter_map(|order| order["id"].as_str().map(str::to_owned)).collect()
    }

    /// The hub's own account of itself.
    pub(crate) async fn status(&self) -> Value {
        self.done(Method::GET, "status", None).await
    }
}
