//! What the hub tells about itself.

use crate::{APP, Core};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use wire::hub::PROTOCOL;
use wire::rest::Moment;

pub(crate) fn of(core: &Core) -> Value {
    let setup = core.setup();
    let now = core.clock.now();
    let life = core.life.borrow().clone();
    let screens: Vec<Value> = core
        .screens
        .list()
        .into_iter()
        .map(|screen| {
            json!({
                "device_id": screen.row.device,
                "app": screen.row.app,
                "role": screen.row.role,
                "station": screen.row.station,
                "connected": screen.connected_since.is_some(),
                "connected_since": screen.connected_since.map(Moment),
                "stored_seq": screen.row.stored_seq,
                "painted_seq": screen.row.painted_seq,
                "last_seen": Moment(screen.row.last_seen),
            })
        })
        .collect();
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "app": APP,
        "protocol": PROTOCOL,
        "restaurant_id": core.restaurant,
        "name": setup.settings.name,
        "demo": setup.settings.demo,
        "ready": is_ready(core),
        "epoch": life.epoch,
        "epoch_began": life.began.map(Moment),
        "epoch_why": life.why,
        "seq": core.feed.end(),
        "time": Moment(now),
        "time_ms": now,
        "started_at": Moment(core.started_at),
        "uptime_seconds": now.since(core.started_at) / 1_000,
        "commits": count(&core.counters.commits),
        "events": count(&core.counters.events),
        "clock_steps": count(&core.counters.clock_steps),
        "wall_clock_ahead_ms": core.clock.offset_ms(),
        "http_connections": core.limits.http - core.http_places.available_permits(),
        "upstream": core.upstream.status(),
        "voice": core.voice.status(),
        "screens": screens,
    })
}

/// Whether orders can be taken.
pub(crate) fn is_ready(core: &Core) -> bool {
    core.writer.is_alive()
        && !core.counters.failing.load(Ordering::Relaxed)
        && !core.stop_accepting.is_cancelled()
}
