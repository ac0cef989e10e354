//! The one seam between an upstream and the hub: the log it writes to and reads from.

use super::restaurant_os::Seen;
use crate::Core;
use crate::feed::BATCH;
use crate::store::{self, Wanted};
use crate::writer::{Key, Origin, Work};
use kitchen::{At, Event, NewOrder, Operation, Order, Settings};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::watch;
use wire::hub::{Fault, HubMessage};
use wire::restaurant_os::SYSTEM;

/// What an upstream needs of a kitchen.
pub(crate) trait Kitchen: Clone + Send + Sync + 'static {
    /// The hub's clock.
    fn now(&self) -> At;

    /// How many of its milliseconds pass in one of a real clock.
    fn factor(&self) -> f64;

    /// The house rules.
    fn settings(&self) -> Settings;

    /// Takes an order, once per reference. Queued when this returns, done when the future does.
    fn take(
        &self,
        reference: &str,
        draft: NewOrder,
    ) -> impl Future<Output = Result<Order, Fault>> + Send + 'static;

    /// Carries out an act. Queued when this returns, done when the future does.
    fn act(&self, operation: Operation) -> impl Future<Output = Result<Order, Fault>> + Send + 'static;

    /// A place in the log, and the orders at that place that an upstream has to know: open ones, and those of the rows.
    fn orders(&self, rows: Vec<Seen>) -> impl Future<Output = Result<(u64, Vec<Order>), Fault>> + Send;

    /// The events after a place; none when the log no longer reaches back that far.
    fn events_after(&self, seq: u64) -> impl Future<Output = Result<Option<Vec<Event>>, Fault>> + Send;

    /// Rings on every new event.
    fn bell(&self) -> watch::Receiver<u64>;
}

impl Kitchen for Arc<Core> {
    fn now(&self) -> At {
        self.clock.now()
    }

    fn factor(&self) -> f64 {
        self.clock.factor()
    }

    fn settings(&self) -> Settings {
        self.setup().settings.clone()
    }

    fn take(
        &self,
        reference: &str,
        draft: NewOrder,
    ) -> impl Future<Output = Result<Order, Fault>> + Send + 'static {
        // The key names the order, not what its row said: told again later it may say more.
        let key = format!("{SYSTEM}:{reference}");
        let hash = Sha256::digest(key.as_bytes()).into();
        done(self, Work::Take { draft, key: Some(Key { key, hash }), from: Origin::BackEnd })
    }

    fn act(&self, operation: Operation) -> impl Future<Output = Result<Order, Fault>> + Send + 'static {
        done(self, Work::Do { operation, key: None })
    }

    async fn orders(&self, rows: Vec<Seen>) -> Result<(u64, Vec<Order>), Fault> {
        let seq = self.feed.end();
        let found = self.readers.read(move |db| {
            let mut orders = store::orders_on_glass(db)?;
            orders.retain(|order| order.source.system == SYSTEM);
            // Closed here and not over there: still to be reported.
            let mut sought: BTreeSet<String> = rows
                .into_iter()
                .filter(|row| row.status.is_none_or(|status| !status.is_final()))
                .map(|row| row.reference)
                .collect();
            for order in &orders {
                sought.remove(order.source.reference.as_deref().unwrap_or_default());
            }
            if !sought.is_empty() {
                let wanted = Wanted { open: Some(false), most: sought.len(), ..Wanted::default() };
                let matches = |order: &Order| {
                    let reference = order.source.reference.as_ref();
                    order.source.system == SYSTEM && reference.is_some_and(|found| sought.contains(found))
                };
                orders.extend(store::orders(db, &wanted, matches)?.0);
            }
            Ok(orders)
        });
        Ok((seq, found.await?))
    }

    async fn events_after(&self, seq: u64) -> Result<Option<Vec<Event>>, Fault> {
        if let Some(texts) = self.feed.after(seq) {
            let read = |text: &str| match serde_json::from_str(text) {
                Ok(HubMessage::Event(event)) => Some(*event),
                Ok(_) | Err(_) => None,
            };
            return Ok(texts.iter().map(|text| read(text)).collect());
        }
        let texts = self.readers.read(move |db| store::events_after(db, seq, BATCH)).await?;
        Ok(texts.and_then(|texts| texts.iter().map(|text| serde_json::from_str(text).ok()).collect()))
    }

    fn bell(&self) -> watch::Receiver<u64> {
        self.feed.bell()
    }
}

fn done(core: &Arc<Core>, work: Work) -> impl Future<Output = Result<Order, Fault>> + Send + 'static {
    let submitted = core.writer.submit(work);
    async move {
        let done = submitted?.await.unwrap_or_else(|_| Err(crate::writer::stopping()))?;
        done.order.ok_or_else(|| Fault::new("order_unknown"))
    }
}
