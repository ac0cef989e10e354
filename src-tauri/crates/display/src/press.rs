//! From a press to a durable operation: resolve what is meant, decide on what is shown, write, and only then show.
//!
//! Presses that come while one is being written wait and are written together with one fsync; each is decided on top of
//! those before it, so that a quick done-and-undone ends as undone.

use crate::actor::{Actor, Reply};
use crate::card;
use crate::frame::{Press, PressLine, Pressed, Row, Taken};
use crate::house;
use crate::many::{Many, Of};
use crate::offer::{By, Hand, Offer};
use crate::view::{Draft, Scene, View, recall_rows};
use journal::{Batch, CommitError, Queued};
use kitchen::{
    Act, At, Bump, Decided, Operation, OperationId, Order, OrderId, OrderState, StationId, Ticket,
    TicketLine, Touch, decide, decide_setup, is_on_setup,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::oneshot;
use wire::hub::Fault;

/// Presses that may wait for the disk. A person cannot press faster than that; a stuck disk must not fill memory.
const MOST_WAITING: usize = 64;

/// A press that waits for its turn.
pub(crate) struct Waiting {
    view: String,
    press: Press,
    hand: Hand,
    reply: Reply<Pressed>,
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
    Operation {
        operation: Operation,
        /// The one that it takes back.
        undoes: Option<OperationId>,
        offer: Option<Offer>,
    },
    /// An operation that never left this screen, taken back.
    Cancel(OperationId),
    /// Of many tickets, or an undo.
    Many(Many),
}

/// What a press means.
struct Meant {
    order: OrderId,
    seen: u64,
    act: Act,
    /// The one operation that it takes back, whole.
    undoes: Option<OperationId>,
}

impl Meant {
    fn new(order: OrderId, seen: u64, act: Act) -> Self {
        Self { order, seen, act, undoes: None }
    }
}

impl Pressing {
    /// At the end of the display: answers with what the disk says; the board is not looked at any more.
    pub(crate) async fn finish_without_board(self) {
        let result = self.answer.await.unwrap_or(Err(CommitError::Closed));
        for made in self.made {
            let answer = match (&result, made.what) {
                (Ok(()), What::Operation { operation, .. }) => Ok(Pressed { operation: Some(operation.id) }),
                (Ok(()), What::Cancel(_)) => Ok(Pressed { operation: None }),
                (Ok(()), What::Many(many)) => Ok(many.pressed()),
                (Err(error), _) => Err(disk_fault(error)),
            };
            let _ = made.reply.send(answer);
        }
    }
}

impl Actor {
    pub(crate) fn queue_press(&mut self, view: String, press: Press, by: By, reply: Reply<Pressed>) {
        if self.presses.len() >= MOST_WAITING {
            let _ = reply.send(Err(Fault::new("disk_slow").passing()));
            return;
        }
        let hand = Hand { by, at: self.now };
        self.presses.push_back(Waiting { view, press, hand, reply });
    }

    /// Decides all presses that wait and hands them to the disk together.
    pub(crate) fn start_presses(&mut self) {
        if self.pressing.is_some() || self.presses.is_empty() {
            return;
        }
        let mut ahead: BTreeMap<OrderId, Order> = BTreeMap::new();
        let mut made = Vec::new();
        let mut batch = Batch::default();
        for Waiting { view, press, hand, reply } in std::mem::take::<VecDeque<_>>(&mut self.presses) {
            match self.make(&view, press, hand, &mut ahead) {
                Ok(Some(what)) => {
                    match &what {
                        What::Operation { operation, .. } => {
                            batch.operations.push(Queued { operation: operation.clone(), not_before: None });
                        }
                        What::Cancel(id) => batch.settled.push(id.clone()),
                        What::Many(many) => {
                            batch.operations.extend(many.queued.iter().cloned());
                            batch.settled.extend(many.cancelled.iter().cloned());
                        }
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
                (Ok(()), What::Operation { operation, undoes, offer }) => {
                    let (id, takes_back) = (operation.id.clone(), undoes.is_some());
                    if let Some(undone) = undoes {
                        self.over(&undone);
                    }
                    self.operation_made(&view, operation, offer, takes_back);
                    Ok(Pressed { operation: Some(id) })
                }
                (Ok(()), What::Cancel(id)) => {
                    self.log.board.withdraw(&id);
                    self.over(&id);
                    Ok(Pressed { operation: None })
                }
                (Ok(()), What::Many(many)) => {
                    let pressed = many.pressed();
                    self.many_made(&view, many);
                    Ok(pressed)
                }
                (Err(error), What::Operation { .. }) => Err(disk_fault(error)),
                (Err(error), What::Many(many)) => {
                    for id in &many.cancelled {
                        self.log.outbox.release(id);
                    }
                    Err(disk_fault(error))
                }
                (Err(error), What::Cancel(id)) => {
                    self.log.outbox.release(&id);
                    Err(disk_fault(error))
                }
            };
            let _ = reply.send(answer);
        }
        self.all_stale();
    }

    fn operation_made(&mut self, view: &str, operation: Operation, offer: Option<Offer>, takes_back: bool) {
        self.show_made(&operation);
        let (now, written_in) = (self.now, self.now.since(operation.at));
        if let Some(held) = self.views.get_mut(view) {
            if offer.is_none() && !takes_back {
                // "Undo" means this, and never what was before it.
                held.offers.retain(|offer| offer.is_shown(now));
            }
            // Its time begins when it is on the glass.
            held.offers.extend(offer.map(|offer| offer.later(written_in)));
            if matches!(operation.act, Act::Configure { .. }) {
                held.draft = None;
            }
        }
        self.log.outbox.push(operation);
    }

    /// A durable operation, on the glass before the hub has it.
    pub(crate) fn show_made(&mut self, operation: &Operation) {
        tracing::info!(
            target: "display", operation = %operation.id, order = %operation.order, seen = operation.seen,
            "operation made"
        );
        self.problems.remove(&operation.order);
        self.told.touched(&operation.order);
        if self.log.board.propose(operation.clone(), operation.at).is_err() {
            // The log went on while the disk wrote. It is durable and the hub will judge it.
            self.log.board.restore(operation.clone());
        }
        if let Act::Unbump { bump, also } = &operation.act {
            for bump in std::iter::once(bump).chain(also) {
                self.over(bump);
            }
        }
    }

    /// Something that can no longer be taken back by its toast.
    pub(crate) fn over(&mut self, operation: &OperationId) {
        for view in self.views.values_mut() {
            view.offers.retain_mut(|offer| {
                offer.undo.retain(|undo| &undo.operation != operation);
                !offer.undo.is_empty()
            });
        }
    }

    fn make(
        &mut self,
        view: &str,
        press: Press,
        hand: Hand,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<Option<What>, Fault> {
        let press = match press {
            Press::BumpTable { tickets } => {
                return self.do_many(view, Of::Table, tickets, ahead).map(|many| many.map(What::Many));
            }
            Press::Close { how, tickets } => {
                return self.do_many(view, Of::Service(how), tickets, ahead).map(|many| many.map(What::Many));
            }
            Press::Undo { order, operation } => match self.undo_offer(view, &operation, hand, ahead)? {
                Some(many) => return Ok(Some(What::Many(many))),
                None => Press::Undo { order, operation },
            },
            press => press,
        };
        let Some(Meant { order, seen, act, undoes }) = self.meaning(view, press, hand)? else {
            return Ok(None);
        };
        let id = OperationId(new_id(&mut self.ulids, self.now));
        let device = Some(self.device.clone());
        let operation = Operation { id, device, at: self.now, order, seen, act };
        if is_on_setup(&operation.act) {
            let decided = decide_setup(self.log.board.setup(), &operation);
            let next = decided.map_err(|refusal| house::fault(&refusal))?;
            return Ok(next.map(|_| match undoes {
                Some(undone) if self.log.outbox.hold(&undone) => What::Cancel(undone),
                undoes => {
                    let offer = Offer::on_setup(&operation, self.log.board.confirmed_setup());
                    What::Operation { operation, undoes, offer }
                }
            }));
        }
        let unknown = || Fault::new("order_unknown");
        let shown = ahead.get(&operation.order).or_else(|| self.log.board.order(&operation.order));
        let shown = shown.ok_or_else(unknown)?;
        let setup = self.log.board.setup();
        let Decided { order: next, .. } =
            decide(shown, &operation, setup, self.now).map_err(|refusal| Fault::new(refusal.code()))?;
        let Some(next) = next else { return Ok(None) };
        // Whoever said "seen" has seen what was there then.
        if hand.by == By::Word
            && matches!(operation.act, Act::Acknowledge { .. })
            && self.log.board.confirmed(&operation.order).is_some_and(|held| held.version != operation.seen)
        {
            return Err(Fault::new("changed_meanwhile"));
        }
        let offer = Offer::on_order(&operation, (shown, &next), setup, hand.by);
        let untouched_ahead = !ahead.contains_key(&operation.order);
        ahead.insert(operation.order.clone(), next);
        // A word is offered back, so that there has to be something to take back.
        if let Some(undone) = &undoes
            && hand.by == By::Touch
            && untouched_ahead
            && self.log.outbox.hold(undone)
        {
            return Ok(Some(What::Cancel(undone.clone())));
        }
        Ok(Some(What::Operation { operation, undoes, offer }))
    }

    /// What a press on a view means; nothing when there is nothing to act on.
    fn meaning(&self, view: &str, press: Press, hand: Hand) -> Result<Option<Meant>, Fault> {
        let Some(held) = self.views.get(view) else { return Err(Fault::new("mount_gone").passing()) };
        // No finger points at these: they are about what the view has selected or bumped last.
        let by_key = matches!(
            press,
            Press::StartSelected
                | Press::BumpSelected
                | Press::RushSelected
                | Press::HoldSelected
                | Press::FireSelected
                | Press::RecallLast
        );
        let board = &self.log.board;
        let station = if by_key { held.shown_station(board) } else { held.touched_station(board) };
        self.refuse_others(held, &press, &station)?;
        let confirmed = |order: &OrderId| self.log.board.confirmed(order).map_or(0, |order| order.version);
        let meant = match press {
            Press::Bump { order, seen, lines } => {
                Meant::new(order, seen, Act::Bump { station, lines: touches(lines) })
            }
            Press::Finish { order, seen, line } => {
                Meant::new(order, seen, Act::Finish { station, lines: touches(vec![line]) })
            }
            Press::Reopen { order, seen, lines } => {
                let lines = lines.into_iter().map(|line| Touch { line, upto: 0 }).collect();
                Meant::new(order, seen, Act::Reopen { station, lines })
            }
            Press::Acknowledge { order, seen, lines } => {
                Meant::new(order, seen, Act::Acknowledge { station, lines: touches(lines) })
            }
            Press::Start { order, seen, lines } => {
                Meant::new(order, seen, Act::Start { station, lines: touches(lines) })
            }
            Press::Unstart { order, seen, lines } => {
                Meant::new(order, seen, Act::Unstart { station, lines: touches(lines) })
            }
            Press::Rush { order, seen } => Meant::new(order, seen, Act::Rush),
            Press::Unrush { order, seen } => Meant::new(order, seen, Act::Unrush),
            Press::Hold { order, seen, minutes } => {
                let until = minutes.map(|minutes| self.now.plus(i64::from(minutes) * 60_000));
                Meant::new(order, seen, Act::Hold { until })
            }
            Press::Release { order, seen } => Meant::new(order, seen, Act::Release),
            Press::Take { order, seen } => {
                Meant::new(order, seen, Act::Take { station, screen: self.screen })
            }
            Press::PutBack { order, seen } => Meant::new(order, seen, Act::PutBack { station }),
            Press::Park { order, seen } => Meant::new(order, seen, Act::Park),
            Press::Unpark { order, seen } => Meant::new(order, seen, Act::Unpark),
            // Many at once; `make` has taken them.
            Press::BumpTable { .. } | Press::Close { .. } => return Ok(None),
            Press::Fire { order, seen, course } => Meant::new(order, seen, Act::Fire { course }),
            Press::Transfer { order, seen, to, lines } => {
                Meant::new(order, seen, Act::Transfer { from: station, to, lines })
            }
            Press::Stock { item, name, left } => {
                Meant::new(OrderId::menu(), 0, Act::Stock { item, name, left })
            }
            Press::Configure => {
                let Some(Draft { before, after }) = held.draft.clone() else { return Ok(None) };
                let act = Act::Configure { before: Box::new(before), after: Box::new(after) };
                Meant::new(OrderId::menu(), 0, act)
            }
            // Of the menu or the house; what was done to tickets, `make` has taken.
            Press::Undo { order, operation } => {
                let open = held.offers.iter().filter(|offer| offer.is_open(hand.by, hand.at));
                let mut undo = open.flat_map(|offer| &offer.undo);
                let undo = undo.find(|undo| undo.operation == operation);
                let act = undo.map(|undo| undo.act.clone()).ok_or_else(|| Fault::new("undo_over"))?;
                Meant { seen: confirmed(&order), order, act, undoes: Some(operation) }
            }
            Press::Unbump { order, operation } => {
                let seen = confirmed(&order);
                let act = Act::Unbump { bump: operation.clone(), also: Vec::new() };
                Meant { order, seen, act, undoes: Some(operation) }
            }
            Press::Recall { order, operation } => self.recall(order, operation),
            Press::StartSelected
            | Press::BumpSelected
            | Press::RushSelected
            | Press::HoldSelected
            | Press::FireSelected => {
                let selected = held.selected.as_ref().and_then(|held| board.order(&held.order));
                let ticket = selected.and_then(|order| Ticket::of(order, &station, self.now));
                let act = ticket.and_then(|ticket| self.on_selected(&press, &ticket, &station));
                let Some((order, act)) = act else { return Ok(None) };
                Meant::new(order.clone(), confirmed(&order), act)
            }
            Press::RecallLast => {
                let pending = self.pending_orders();
                let scene: Scene<'_> = self.scene(&pending);
                // The last one of this glass, also where the list shows those of all.
                let bumped_here = |row: &Row| {
                    let order = self.log.board.order(&row.order)?;
                    let here = |bump: &&Bump| Some(&bump.operation) == row.bump.as_ref();
                    order.bumps.iter().find(here).filter(|bump| bump.station == station)
                };
                let last =
                    recall_rows(&scene, &station, "").into_iter().find(|row| bumped_here(row).is_some());
                let Some((order, bump)) = last.and_then(|row| Some((row.order, row.bump?))) else {
                    return Ok(None);
                };
                let seen = confirmed(&order);
                let act = Act::Unbump { bump: bump.clone(), also: Vec::new() };
                Meant { order, seen, act, undoes: Some(bump) }
            }
        };
        Ok(Some(meant))
    }

    /// A touch on a ticket that another screen has taken.
    fn refuse_others(&self, held: &View, press: &Press, station: &StationId) -> Result<(), Fault> {
        let order = match press {
            Press::Bump { order, .. }
            | Press::Finish { order, .. }
            | Press::Reopen { order, .. }
            | Press::Start { order, .. }
            | Press::Unstart { order, .. } => Some(order),
            Press::BumpSelected | Press::StartSelected => {
                held.selected.as_ref().map(|selected| &selected.order)
            }
            _ => None,
        };
        order.map_or(Ok(()), |order| self.refuse_taken(order, station))
    }

    /// What another screen has taken is theirs, as long as the hub says that they are there.
    pub(crate) fn refuse_taken(&self, order: &OrderId, station: &StationId) -> Result<(), Fault> {
        if matches!(self.whose(order, station), Some(Taken::Others { .. })) && !self.seat().alone {
            return Err(Fault::new("taken_elsewhere"));
        }
        Ok(())
    }

    fn whose(&self, order: &OrderId, station: &StationId) -> Option<Taken> {
        let order = self.log.board.order(order)?;
        self.seat().taken(&self.log.board, &Ticket::of(order, station, self.now)?)
    }

    /// A recall brings the lines of a bump back wherever they have been bumped: what the grill sent out wrongly is also
    /// not at the pass any more.
    fn recall(&self, order: OrderId, operation: OperationId) -> Meant {
        let bumps = self.log.board.order(&order).map(|order| order.bumps.as_slice()).unwrap_or_default();
        let lines: BTreeSet<_> = bumps
            .iter()
            .filter(|bump| bump.operation == operation)
            .flat_map(|bump| bump.moves.iter().map(|moved| &moved.line))
            .collect();
        let also: Vec<OperationId> = bumps
            .iter()
            .filter(|bump| bump.operation != operation)
            .filter(|bump| bump.moves.iter().any(|moved| lines.contains(&moved.line)))
            .map(|bump| bump.operation.clone())
            .collect();
        let seen = self.log.board.confirmed(&order).map_or(0, |order| order.version);
        let undoes = also.is_empty().then(|| operation.clone());
        Meant { order, seen, act: Act::Unbump { bump: operation, also }, undoes }
    }

    /// What a key means for the selected card as it is now; nothing for what it cannot be done.
    fn on_selected(&self, press: &Press, ticket: &Ticket<'_>, station: &StationId) -> Option<(OrderId, Act)> {
        let order = ticket.order;
        let is_voided = matches!(order.state, OrderState::Voided { .. });
        let act = match press {
            Press::BumpSelected if self.whose(&order.id, station) == Some(Taken::Nobodys) => {
                Act::Take { station: station.clone(), screen: self.screen }
            }
            Press::BumpSelected => {
                let open = ticket.own.iter().filter(|own| own.is_open());
                Act::Bump { station: station.clone(), lines: some(open.map(touch).collect())? }
            }
            _ if is_voided => return None,
            Press::StartSelected => {
                let due = card::to_start(ticket, self.log.board.setup(), self.now);
                Act::Start { station: station.clone(), lines: some(due.into_iter().map(touch).collect())? }
            }
            Press::RushSelected if order.rush => Act::Unrush,
            Press::RushSelected => Act::Rush,
            Press::HoldSelected if ticket.held => Act::Release,
            Press::HoldSelected => Act::Hold { until: None },
            Press::FireSelected => {
                let course = order.next_course(self.now).filter(|_| order.is_fired(self.now))?;
                Act::Fire { course: Some(course.number) }
            }
            _ => return None,
        };
        Some((order.id.clone(), act))
    }
}

fn some(lines: Vec<Touch>) -> Option<Vec<Touch>> {
    (!lines.is_empty()).then_some(lines)
}

fn touch(own: &TicketLine<'_>) -> Touch {
    Touch { line: own.line.id.clone(), upto: own.asked }
}

pub(crate) fn touches(lines: Vec<PressLine>) -> Vec<Touch> {
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
