//! What people are to see of an upstream: where it stands, and what has to be explained as long as that holds.
//!
//! The driver shows, connections and the status page look. Nothing is queued: who looks gets the whole as it is now.

use super::restaurant_os::{LoginStanding, Standing};
use kitchen::{At, OrderId};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use wire::hub::{Fault, Notice, Notices, Upstream, UpstreamState};
use wire::restaurant_os::SYSTEM;

/// See the module.
#[derive(Debug)]
pub(crate) struct Panel {
    shown: Mutex<Shown>,
    /// Counts changes; rings only for those that a cook must see at once.
    revision: watch::Sender<u64>,
    retry: Notify,
}

#[derive(Debug, Default)]
struct Shown {
    standing: Option<Standing>,
    notices: Notices,
    /// The number of the last notice of this run.
    last: u64,
}

/// Notices that are kept; the oldest go first.
const MOST_NOTICES: usize = 50;

impl Default for Panel {
    fn default() -> Self {
        Self { shown: Mutex::default(), revision: watch::Sender::new(0), retry: Notify::new() }
    }
}

impl Panel {
    /// For the hub's status; null without an upstream.
    pub(crate) fn status(&self) -> Value {
        let shown = self.lock();
        let Notices { upstream: Some(upstream), notices } = &shown.notices else { return Value::Null };
        let standing = shown.standing.as_ref();
        json!({
            "system": SYSTEM,
            "state": upstream.state,
            "since_ms": upstream.since,
            "live": upstream.state == UpstreamState::Live,
            "failed": standing.map_or(0, |standing| standing.failed),
            "unreported": upstream.unreported,
            "oldest_unreported_ms": upstream.oldest_unreported,
            "stuck": standing.map_or(0, |standing| standing.stuck),
            "explained": notices.iter().map(|notice| json!({"order": notice.order, "fault": notice.fault})).collect::<Vec<_>>(),
        })
    }

    /// Everything that holds now.
    pub(crate) fn notices(&self) -> Notices {
        self.lock().notices.clone()
    }

    /// Grows with every change, from 0 when there is nothing to tell; wakes for what must be seen at once.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// A person pressed "try now".
    pub(crate) fn ask_retry(&self) {
        self.retry.notify_one();
    }

    pub(super) async fn retry_asked(&self) {
        self.retry.notified().await;
    }

    pub(super) fn show(&self, standing: Standing, now: At) {
        let mut shown = self.lock();
        if shown.standing.as_ref() == Some(&standing) {
            return;
        }
        let held = shown.notices.upstream.take();
        let state = state_of(&standing);
        let is_live = state == UpstreamState::Live;
        let since = match &held {
            Some(held) if (held.state == UpstreamState::Live) == is_live => held.since,
            Some(_) | None => now,
        };
        let upstream = Upstream {
            state,
            since,
            unreported: u32::try_from(standing.unreported).unwrap_or(u32::MAX),
            oldest_unreported: standing.oldest_unreported,
        };
        let (is_news, is_other) =
            (held.as_ref().map(|held| held.state) != Some(state), held.as_ref() != Some(&upstream));
        if is_news {
            tracing::info!(target: "hub::upstream", from = ?held.map(|held| held.state), to = ?state, "back end");
        }
        // Who was let in is not refused.
        let settled = standing.login == LoginStanding::Good && shown.settle("upstream_login_refused");
        shown.notices.upstream = Some(upstream);
        shown.standing = Some(standing);
        drop(shown);
        if is_other || settled {
            self.tell(is_news || settled);
        }
    }

    /// Something has to be said; said again, it replaces what was said of the same before.
    pub(super) fn explain(&self, order: Option<OrderId>, fault: Fault, now: At) {
        tracing::warn!(target: "hub::upstream", order = order.as_ref().map(OrderId::as_str), code = fault.code, params = ?fault.params, "to be explained");
        let mut shown = self.lock();
        let same = |notice: &Notice| match &order {
            Some(order) => notice.order.as_ref() == Some(order),
            None => {
                notice.order.is_none()
                    && notice.fault.code == fault.code
                    && notice.fault.params.get("order") == fault.params.get("order")
            }
        };
        shown.notices.notices.retain(|notice| !same(notice));
        shown.last += 1;
        let id = format!("{}.{}", now.0, shown.last);
        shown.notices.notices.push(Notice { id, at: now, order, fault });
        let excess = shown.notices.notices.len().saturating_sub(MOST_NOTICES);
        shown.notices.notices.drain(..excess);
        drop(shown);
        self.tell(true);
    }

    /// That about the back end no longer holds.
    pub(super) fn settled(&self, code: &str) {
        if self.lock().settle(code) {
            self.tell(true);
        }
    }

    /// Somebody has touched the order: what was said of it was read.
    pub(super) fn touched(&self, order: &OrderId) {
        let mut shown = self.lock();
        let before = shown.notices.notices.len();
        shown.notices.notices.retain(|notice| notice.order.as_ref() != Some(order));
        let is_gone = shown.notices.notices.len() < before;
        drop(shown);
        if is_gone {
            self.tell(true);
        }
    }

    fn tell(&self, at_once: bool) {
        self.revision.send_if_modified(|revision| {
            *revision += 1;
            at_once
        });
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn settle(&mut self, code: &str) -> bool {
        let before = self.notices.notices.len();
        self.notices.notices.retain(|notice| notice.fault.code != code);
        self.notices.notices.len() < before
    }
}

fn state_of(standing: &Standing) -> UpstreamState {
    match (standing.live, standing.login, standing.failed) {
        (true, _, _) => UpstreamState::Live,
        (false, LoginStanding::Refused { .. }, _) => UpstreamState::Refused,
        (false, LoginStanding::Wanted, 0) => UpstreamState::LoggingIn,
        (false, LoginStanding::Good, 0) => UpstreamState::Connecting,
        (false, LoginStanding::Good | LoginStanding::Wanted, _) => UpstreamState::Away,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Standing = Standing {
        live: false,
        login: LoginStanding::Good,
        failed: 0,
        unreported: 0,
        oldest_unreported: None,
        stuck: 0,
    };

    fn codes(panel: &Panel) -> Vec<String> {
        panel.notices().notices.into_iter().map(|notice| notice.fault.code).collect()
    }

    #[test]
    fn away_counts_from_when_it_was_live_last_and_only_news_rings() {
        let panel = Panel::default();
        let mut revision = panel.revision();
        panel.show(Standing { live: true, ..GOOD }, At(1));
        assert!(revision.has_changed().unwrap());
        revision.mark_unchanged();
        panel.show(Standing { live: true, unreported: 3, oldest_unreported: Some(At(2)), ..GOOD }, At(2));
        assert!(!revision.has_changed().unwrap(), "a count can wait for the next second");
        assert_eq!((panel.notices().upstream.unwrap().unreported, *revision.borrow()), (3, 2));
        panel.show(GOOD, At(10));
        panel.show(Standing { failed: 1, ..GOOD }, At(20));
        let upstream = panel.notices().upstream.unwrap();
        assert_eq!((upstream.state, upstream.since), (UpstreamState::Away, At(10)));
        let before = *panel.revision().borrow();
        panel.show(Standing { failed: 2, ..GOOD }, At(30));
        assert_eq!(*panel.revision().borrow(), before, "the same again is no news");
        panel.show(Standing { live: true, ..GOOD }, At(40));
        assert_eq!(panel.notices().upstream.unwrap().since, At(40));
    }

    #[test]
    fn what_was_said_holds_until_it_is_touched_or_settled() {
        let panel = Panel::default();
        let order = |id: &str| Some(OrderId::from(id));
        panel.explain(order("a"), Fault::new("upstream_cannot_recall"), At(1));
        panel.explain(order("b"), Fault::new("upstream_step_refused"), At(2));
        panel.explain(order("a"), Fault::new("upstream_step_refused"), At(3));
        panel.explain(None, Fault::new("upstream_login_refused"), At(4));
        panel.explain(None, Fault::new("upstream_forbidden"), At(5));
        assert_eq!(panel.notices().notices.len(), 4, "one per order");
        panel.touched(&OrderId::from("a"));
        panel.show(Standing { login: LoginStanding::Refused { until: At(9) }, ..GOOD }, At(6));
        assert_eq!(codes(&panel), ["upstream_step_refused", "upstream_login_refused", "upstream_forbidden"]);
        panel.show(GOOD, At(7));
        panel.settled("upstream_forbidden");
        assert_eq!(codes(&panel), ["upstream_step_refused"]);
        let ids: Vec<_> = panel.notices().notices.into_iter().map(|notice| notice.id).collect();
        panel.explain(order("b"), Fault::new("upstream_step_refused"), At(8));
        assert_ne!(panel.notices().notices[0].id, ids[0], "said anew, it is to be read anew");
    }
}
