//! The Restaurant OS back end of a kitchen, scripted, at the other end of a cable that can be cut.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::chaos::ChaosProxy;
use testkit::restaurant_os::{NewRow, RESTAURANT, RestaurantOs, Traps};
use wire::restaurant_os::Status;

use super::kitchen::item_id;
use super::{Pos, SOON, until};

/// A back end, and the file that leads a hub to it.
pub(crate) struct BackEnd {
    pub(crate) server: RestaurantOs,
    pub(crate) cable: ChaosProxy,
    config: PathBuf,
}

/// A back end is tried again after 2 s, and after 30 s at the latest; `ready` waits for the end of an undo besides.
const LATER: Duration = Duration::from_secs(60);

impl BackEnd {
    /// Starts one and writes a hub's configuration file. The hub is an account with a password there: by PIN it could
    /// log in once in five minutes, and an answer that is cut off costs one.
    pub(crate) async fn open(config: &Path) -> Self {
        let server = RestaurantOs::start(Traps::default()).await;
        let cable = ChaosProxy::start(server.addr()).await.unwrap();
        let content = json!({
            "kind": "restaurant-os",
            "base_url": format!("http://{}", cable.address()),
            "restaurant_id": RESTAURANT,
            "email": "kitchen@example.com",
            "password": "kitchen-password",
        });
        std::fs::write(config, content.to_string()).unwrap();
        std::fs::set_permissions(config, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { server, cable, config: config.to_owned() }
    }

    /// The file.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// Waits until a hub hears of new orders at once.
    pub(crate) async fn is_heard(&self) {
        until("the hub to listen to the back end", SOON, async || {
            (self.server.listening() == 1).then_some(())
        })
        .await;
    }

    /// Somebody orders dishes by name over there. Gives its id there, and the hub's as soon as the hub has it.
    pub(crate) async fn order(&self, pos: &Pos, table: &str, dishes: &[(&str, u32)]) -> (String, String) {
        let items: Vec<Value> = dishes
            .iter()
            .enumerate()
            .map(|(n, (name, quantity))| {
                json!({ "id": format!("i{n}"), "menu_item_id": item_id(name), "name": name, "quantity": quantity })
            })
            .collect();
        let fields = json!({ "type": "dine-in", "table_number": table });
        let there = self.server.place(&NewRow { items: Value::from(items), ..NewRow::with(fields) });
        let here = until("an order of the back end at the hub", LATER, async || {
            let orders = pos.done(reqwest::Method::GET, "orders?open=true&limit=500", None).await;
            let mut orders = orders.as_array()?.iter();
            let found = orders.find(|order| order["source"]["reference"] == there)?;
            found["id"].as_str().map(str::to_owned)
        });
        let here = here.await;
        (there, here)
    }

    /// Waits until an order has that status over there.
    pub(crate) async fn reaches(&self, order: &str, status: Status) {
        until(&format!("{status:?} at the back end"), LATER, async || {
            (self.server.status(order) == Some(status)).then_some(())
        })
        .await;
    }

    /// The steps of an order that were taken over there, in their order.
    pub(crate) fn steps_taken(&self, order: &str) -> Vec<String> {
        let asked = self.server.asked();
        let steps = asked.iter().filter(|asked| {
            asked.method == "PATCH" && asked.path.contains(order) && (200..=299).contains(&asked.status)
        });
        let word =
            |body: &str| serde_json::from_str::<Value>(body).ok()?["status"].as_str().map(str::to_owned);
        steps.filter_map(|asked| word(&asked.body)).collect()
    }
}
