//! The hub's side: what comes over the link and becomes the board.
//!
//! The invariant: the board only ever moves by the next event or by a whole snapshot of one life of the log. Whatever
//! does not fit (a gap, a part that is missing, another epoch) ends the connection, and the next hello says how far the
//! board really is.

use crate::actor::Actor;
use kitchen::{Event, Order, Setup, Standing};
use link::{Event as LinkEvent, Input, Phase};
use wire::hub::{
    Fault, Hello, HubMessage, PROTOCOL, Refused, Resume, ScreenMessage, Snapshot, Welcome, hello_refusal,
};

/// A snapshot on its way.
#[derive(Debug)]
pub(crate) struct Loading {
    seq: Option<u64>,
    next_part: u32,
    setup: Option<Setup>,
    orders: Vec<Order>,
    /// Of the welcome: the snapshot is of this life of the log.
    welcome: Welcome,
}

impl Actor {
    pub(crate) fn hear(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Changed { to, cause, .. } => self.phase_changed(to, cause.as_ref()),
            LinkEvent::AttemptLimit { attempts } => self.attempt_limit(attempts),
            LinkEvent::Greet { generation, credentials } => self.greet(generation, credentials),
            LinkEvent::Frame { generation, text } => {
                self.now = self.time.now();
                self.heard_something();
                match serde_json::from_str::<HubMessage>(&text) {
                    Ok(message) => self.said(generation, message),
                    // If it was an event, the next one shows the gap.
                    Err(error) => {
                        tracing::warn!(target: "display", %error, bytes = text.len(), "a frame could not be read");
                    }
                }
            }
        }
    }

    fn greet(&mut self, generation: u64, credentials: link::Credentials) {
        let token = match self.config.token.fetch(credentials) {
            Ok(token) => token,
            Err(error) => {
                tracing::error!(target: "display", %error, "there is no token for the hub");
                self.connection.fault = Some(Fault::new("token_missing").passing());
                self.say(Input::NoGreeting { generation, reason: error.to_string() });
                return;
            }
        };
        let resume = !self.want_snapshot && self.ready;
        let hello = Hello {
            protocol: PROTOCOL,
            app: self.config.app.clone(),
            device_id: self.device.clone(),
            restaurant_id: self.restaurant.clone(),
            role: "display".to_owned(),
            station: self.views.values().next().map(|view| view.station(&self.board)),
            epoch: self.epoch.clone().filter(|_| resume),
            seq: resume.then(|| self.board.seq()),
            token,
        };
        tracing::debug!(target: "display", generation, ?hello, "greeting");
        match serde_json::to_string(&ScreenMessage::Hello(hello)) {
            Ok(text) => self.say(Input::Greeting { generation, text }),
            Err(error) => self.say(Input::NoGreeting { generation, reason: error.to_string() }),
        }
    }

    fn said(&mut self, generation: u64, message: HubMessage) {
        match message {
            HubMessage::Welcome(welcome) => self.welcomed(generation, welcome),
            HubMessage::Snapshot(part) => self.snapshot(part),
            HubMessage::Event(event) => self.event(*event),
            HubMessage::Heartbeat { server_time, seq } => {
                self.time.hear(server_time);
                if self.live.is_some() && self.loading.is_none() && seq > self.board.seq() {
                    self.lost_the_thread("the hub is further than what it sent");
                }
            }
            HubMessage::Applied { id, seq } => {
                tracing::debug!(target: "display", operation = %id, seq, "applied");
                self.outbox.applied(&id);
                self.board.applied(&id, seq);
                self.all_stale();
            }
            HubMessage::Refused(Refused { id: Some(id), fault }) if fault.retry => {
                tracing::warn!(target: "display", operation = %id, code = fault.code, "refused for now");
                self.outbox.later(&id, self.started.elapsed());
            }
            HubMessage::Refused(Refused { id: Some(id), fault }) => {
                tracing::warn!(target: "display", operation = %id, code = fault.code, "refused");
                self.drop_toast(&id);
                if let Some(order) = self.board.withdraw(&id) {
                    let about = self.board.order(&order).cloned();
                    self.problems.insert(order, fault.clone());
                    self.notice(fault, about.as_ref());
                }
            }
            HubMessage::Refused(Refused { id: None, fault }) => {
                tracing::error!(target: "display", code = fault.code, "the hub does not let this screen in");
                self.connection.fault = Some(fault);
                self.all_stale();
            }
            HubMessage::Unknown => {}
        }
    }

    fn welcomed(&mut self, generation: u64, welcome: Welcome) {
        if self.restaurant.as_ref().is_some_and(|ours| *ours != welcome.restaurant_id) {
            // A hub should have refused us; nothing of another kitchen may get on this board.
            tracing::error!(target: "display", theirs = %welcome.restaurant_id, "the hub is another restaurant's");
            self.phase_changed(Phase::Refused, None);
            self.connection.fault = Some(Fault::new(hello_refusal::RESTAURANT));
            self.say(Input::Disconnect);
            return;
        }
        self.time.hear(welcome.server_time);
        self.now = self.time.now();
        self.live = Some(generation);
        self.forget_acknowledged();
        let same_log = self.epoch.as_ref() == Some(&welcome.epoch);
        tracing::info!(
            target: "display", generation, epoch = %welcome.epoch, same_log, theirs = welcome.seq,
            ours = self.board.seq(), resume = ?welcome.resume, "welcome"
        );
        match welcome.resume {
            Resume::Snapshot => {
                self.loading =
                    Some(Loading { seq: None, next_part: 0, setup: None, orders: Vec::new(), welcome });
            }
            Resume::Events if same_log && self.ready => self.loading = None,
            Resume::Events => {
                self.want_snapshot = true;
                self.lost_the_thread("events of a log that is not on the board");
            }
        }
        if !same_log {
            self.outbox.doubt();
            // What the last log had applied, this one may never have heard of.
            let pending: Vec<_> = self.board.pending().cloned().collect();
            for operation in pending {
                self.board.withdraw(&operation.id);
                self.board.restore(operation);
            }
        }
    }

    fn snapshot(&mut self, part: Snapshot) {
        let Some(loading) = self.loading.as_mut() else { return };
        let fits = part.part == loading.next_part && loading.seq.is_none_or(|seq| seq == part.seq);
        if !fits {
            self.want_snapshot = true;
            self.lost_the_thread("a part of the snapshot is missing");
            return;
        }
        loading.seq = Some(part.seq);
        loading.next_part += 1;
        loading.orders.extend(part.orders);
        if part.setup.is_some() {
            loading.setup = part.setup;
        }
        if !part.last {
            return;
        }
        let Some(Loading { setup, orders, welcome, .. }) = self.loading.take() else { return };
        let Some(setup) = setup else {
            self.want_snapshot = true;
            self.lost_the_thread("a snapshot without a setup");
            return;
        };
        tracing::info!(target: "display", seq = part.seq, orders = orders.len(), "snapshot");
        self.board.replace(setup, orders, part.seq);
        self.restaurant = Some(welcome.restaurant_id);
        self.epoch = Some(welcome.epoch);
        self.ready = true;
        self.want_snapshot = false;
        self.unwritten.whole = true;
        self.unwritten.setup = true;
        self.unwritten.cursor = true;
        self.unwritten.forgotten.clear();
        self.unwritten.orders.clear();
        self.setup_changed();
        self.all_stale();
    }

    fn event(&mut self, event: Event) {
        // Events that come while a snapshot loads are in it or follow it.
        if self.live.is_none() || self.loading.is_some() {
            return;
        }
        let (kind, seq) = (event.kind, event.seq);
        let order = event.order.as_ref().map(|order| order.id.clone());
        match self.board.apply(event) {
            Standing::Applied(change) => {
                tracing::debug!(target: "display", seq, ?kind, order = order.as_ref().map(|id| id.as_str()), "event");
                self.unwritten.orders.extend(change.orders);
                self.unwritten.cursor = true;
                if change.setup {
                    self.unwritten.setup = true;
                    self.setup_changed();
                }
                self.all_stale();
            }
            Standing::Old => {}
            Standing::Gap { expected } => {
                tracing::error!(target: "display", expected, seq, "events are missing");
                self.lost_the_thread("events are missing");
            }
        }
    }

    /// Another connection is needed, whose hello says how far the board is.
    fn lost_the_thread(&mut self, why: &str) {
        tracing::warn!(target: "display", why, seq = self.board.seq(), "resuming by another connection");
        self.live = None;
        self.loading = None;
        self.say(Input::Reconnect);
    }
}
