//! From a press to a durable operation: resolve what is meant, decide on what is shown, write, and only then show.
//!
//! Presses that come while one is being written wait and are written together with one fsync; each is decided on top of
//! those before it, so that a quick done-and-undone ends as undone.

use crate::actor::{Actor, Reply};
use crate::card;
use crate::frame::{Press, PressLine, Pressed, Toast};
use crate::view::{Scene, recall_rows};
use journal::{Batch, CommitError, Queued};
use kitchen::{
    Act, At, Decided, Operation, OperationId, Order, OrderId, StationId, Ticket, TicketLine, Touch, decide,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::oneshot;
use wire::hub::Fault;

/// Presses that may wait for the disk. A person cannot press faster than that; a stuck disk must not fill memory.
const MOST_WAITING: usize = 64;

/// A press that waits for its turn.
pub(crate) struct Waiting {
    pub(crate) view: String,
    pub(crate) press: Press,
    pub(crate) reply: Reply<Pressed>,
}

/// Presses that are being written.
pub(crate) struct Pressing {
    pub(crate) answer: oneshot::Receiver<Result<(), CommitError>>,
    made: Vec<Made>,
}

/// What a press becomes when it is durable.
struct Made {
    view: String,
    reply: Reply<Pressed>,
    what: What,
}

enum What {
    /// An operation, for the hub.
    Operation(Operation),
    /// An operation that never left this screen, taken back.
    Cancel(OperationId),
}

/// What a press means.
struct Meant {
    order: OrderId,
    seen: u64,
    act: Act,
}

impl Pressing {
    /// At the end of the display: answers with what the disk says; the board is not looked at any more.
    pub(crate) async fn finish_without_board(self) {
        let result = self.answer.await.unwrap_or(Err(CommitError::Closed));
        for made in self.made {
            let answer = match (&result, made.what) {
                (Ok(()), What::Operation(operation)) => Ok(Pressed { operation: Some(operation.id) }),
                (Ok(()), What::Cancel(_)) => Ok(Pressed { operation: None }),
                (Err(error), _) => Err(disk_fault(error)),
            };
            let _ = made.reply.send(answer);
        }
    }
}

impl Actor {
    pub(crate) fn queue_press(&mut self, waiting: Waiting) {
        if self.presses.len() >= MOST_WAITING {
            let _ = waiting.reply.send(Err(Fault::new("disk_slow").passing()));
            return;
        }
        self.presses.push_back(waiting);
    }

    /// Decides all presses that wait and hands them to the disk together.
    pub(crate) fn start_presses(&mut self) {
        if self.pressing.is_some() || self.presses.is_empty() {
            return;
        }
        let mut ahead: BTreeMap<OrderId, Order> = BTreeMap::new();
        let mut made = Vec::new();
        let mut batch = Batch::default();
        for Waiting { view, press, reply } in std::mem::take::<VecDeque<_>>(&mut self.presses) {
            match self.make(&view, press, &mut ahead) {
                Ok(Some(what)) => {
                    match &what {
                        What::Operation(operation) => {
                            batch.operations.push(Queued { operation: operation.clone(), not_before: None });
                        }
                        What::Cancel(id) => batch.settled.push(id.clone()),
                    }
                    made.push(Made { view, reply, what });
                }
                Ok(None) => {
                    let _ = reply.send(Ok(Pressed { operation: None }));
                }
                Err(fault) => {
                    let _ = reply.send(Err(fault));
                }
            }
        }
        if let (false, Some(journal)) = (made.is_empty(), self.journal.as_ref()) {
            self.pressing = Some(Pressing { answer: journal.commit(batch), made });
        }
    }

    /// The disk has answered: now it is true, shown and sent.
    pub(crate) fn press_written(&mut self, result: &Result<(), CommitError>) {
        let Some(Pressing { made, .. }) = self.pressing.take() else { return };
        for Made { view, reply, what } in made {
            let answer = match (result, what) {
                (Ok(()), What::Operation(operation)) => {
                    let id = operation.id.clone();
                    self.operation_made(&view, operation);
                    Ok(Pressed { operation: Some(id) })
                }
                (Ok(()), What::Cancel(id)) => {
                    self.log.board.withdraw(&id);
                    self.drop_toast(&id);
                    Ok(Pressed { operation: None })
                }
                (Err(error), What::Operation(_)) => Err(disk_fault(error)),
                (Err(error), What::Cancel(id)) => {
                    self.log.outbox.release(&id);
                    Err(disk_fault(error))
                }
            };
            let _ = reply.send(answer);
        }
        self.all_stale();
    }

    fn operation_made(&mut self, view: &str, operation: Operation) {
        tracing::info!(
            target: "display", operation = %operation.id, order = %operation.order, seen = operation.seen,
            "operation made"
        );
        self.problems.remove(&operation.order);
        if self.log.board.propose(operation.clone(), operation.at).is_err() {
            // The log went on while the disk wrote. It is durable and the hub will judge it.
            self.log.board.restore(operation.clone());
        }
        match &operation.act {
            Act::Bump { .. } => {
                let seconds = i64::from(self.log.board.setup().settings.undo_seconds);
                if let (Some(order), Some(held)) =
                    (self.log.board.order(&operation.order), self.views.get_mut(view))
                {
                    held.toasts.push(Toast {
                        operation: operation.id.clone(),
                        order: order.id.clone(),
                        label: card::label(order),
                        order_type: order.order_type,
                        until: self.now.plus(seconds * 1_000),
                    });
                }
            }
            Act::Unbump { bump } => {
                let bump = bump.clone();
                self.drop_toast(&bump);
            }
            Act::Start { .. }
            | Act::Finish { .. }
            | Act::Reopen { .. }
            | Act::Acknowledge { .. }
            | Act::Advance { .. }
            | Act::AddLines { .. }
            | Act::VoidLines { .. }
            | Act::VoidOrder { .. } => {}
        }
        self.log.outbox.push(operation);
    }

    /// A bump that can no longer be taken back by its toast.
    pub(crate) fn drop_toast(&mut self, bump: &OperationId) {
        for view in self.views.values_mut() {
            view.toasts.retain(|toast| &toast.operation != bump);
        }
    }

    fn make(
        &mut self,
        view: &str,
        press: Press,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<Option<What>, Fault> {
        let Some(Meant { order, seen, act }) = self.meaning(view, press)? else { return Ok(None) };
        let id = OperationId(new_id(&mut self.ulids, self.now));
        let device = Some(self.device.clone());
        let operation = Operation { id, device, at: self.now, order, seen, act };
        let unknown = || Fault::new("order_unknown");
        let shown = ahead.get(&operation.order).or_else(|| self.log.board.order(&operation.order));
        let Decided { order: next, .. } =
            decide(shown.ok_or_else(unknown)?, &operation, self.log.board.setup(), self.now)
                .map_err(|refusal| Fault::new(refusal.code()))?;
        let Some(next) = next else { return Ok(None) };
        let untouched_ahead = !ahead.contains_key(&operation.order);
        ahead.insert(operation.order.clone(), next);
        if let Act::Unbump { bump } = &operation.act
            && untouched_ahead
            && self.log.outbox.hold(bump)
        {
            return Ok(Some(What::Cancel(bump.clone())));
        }
        Ok(Some(What::Operation(operation)))
    }

    /// What a press on a view means; nothing when there is nothing to act on.
    fn meaning(&self, view: &str, press: Press) -> Result<Option<Meant>, Fault> {
        let Some(held) = self.views.get(view) else { return Err(Fault::new("mount_gone").passing()) };
        let station = held.shown_station(&self.log.board);
        let confirmed = |order: &OrderId| self.log.board.confirmed(order).map_or(0, |order| order.version);
        let meant = match press {
            Press::Bump { order, seen, lines } => {
                Meant { order, seen, act: Act::Bump { station, lines: touches(lines) } }
            }
            Press::Finish { order, seen, line } => {
                Meant { order, seen, act: Act::Finish { station, lines: touches(vec![line]) } }
            }
            Press::Reopen { order, seen, line } => {
                let lines = vec![Touch { line, upto: 0 }];
                Meant { order, seen, act: Act::Reopen { station, lines } }
            }
            Press::Acknowledge { order, seen, line } => {
                Meant { order, seen, act: Act::Acknowledge { station, lines: touches(vec![line]) } }
            }
            Press::Unbump { order, operation } => {
                let seen = confirmed(&order);
                Meant { order, seen, act: Act::Unbump { bump: operation } }
            }
            Press::BumpSelected => {
                let Some(selected) = held.selected.as_ref() else { return Ok(None) };
                let order = selected.order.clone();
                let lines =
                    self.log.board.order(&order).map(|order| open_lines(order, &station)).unwrap_or_default();
                if lines.is_empty() {
                    return Ok(None);
                }
                let seen = confirmed(&order);
                Meant { order, seen, act: Act::Bump { station, lines } }
            }
            Press::RecallLast => {
                let pending = self.pending_orders();
                let scene: Scene<'_> = self.scene(&pending);
                let last =
                    recall_rows(&scene, &station).into_iter().find_map(|row| Some((row.order, row.bump?)));
                let Some((order, bump)) = last else { return Ok(None) };
                let seen = confirmed(&order);
                Meant { order, seen, act: Act::Unbump { bump } }
            }
        };
        Ok(Some(meant))
    }
}

fn open_lines(order: &Order, station: &StationId) -> Vec<Touch> {
    let open = |own: &&TicketLine<'_>| own.is_open();
    let touch = |own: &TicketLine<'_>| Touch { line: own.line.id.clone(), upto: own.line.live() };
    Ticket::of(order, station)
        .map(|ticket| ticket.own.iter().filter(open).map(touch).collect())
        .unwrap_or_default()
}

fn touches(lines: Vec<PressLine>) -> Vec<Touch> {
    lines.into_iter().map(|PressLine { line, upto }| Touch { line, upto }).collect()
}

fn disk_fault(error: &CommitError) -> Fault {
    match error {
        CommitError::Full => Fault::new("disk_full").passing(),
        CommitError::Database(_) => Fault::new("disk_failed").passing(),
        CommitError::Closed => Fault::new("display_ending"),
    }
}

/// A new ULID whose time part is the hub's clock.
pub(crate) fn new_id(ulids: &mut ulid::Generator, now: At) -> String {
    let moment = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
    ulids
        .generate_from_datetime(moment)
        .unwrap_or_else(|overflow| overflow.commit_overflow_increment())
        .to_string()
}
