//! The rules: what an act does to an order. The hub decides for good; a display decides the same way for what it shows
//! until the hub has spoken.
//!
//! Every count moves by `max` or `min` towards the figure that the act names, so that acts on different lines commute,
//! an act that arrives late never reaches past what its cook saw, and a repeated one changes nothing.

use crate::draft::{add_lines, check_lines};
use crate::house;
use crate::{
    Act, At, Bump, Change, ChangeKind, Claim, CloseWhen, DraftError, EventKind, Hold, Line, LineId, Menu,
    Modifier, Move, NewOrder, Operation, OperationId, Order, OrderState, OrderStatus, Queue, Setup, Station,
    StationId, StationRole, Touch, Work,
};
use std::collections::BTreeSet;

/// What an act comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What the log says happened.
    pub kind: EventKind,
    /// The order after it, its version one higher. None: everything was so already, there is nothing to record.
    pub order: Option<Order>,
}

/// Why an act cannot be. A refusal changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such order, or no longer kept.
    #[error("the order is not known")]
    UnknownOrder,
    /// None of the named lines is in the order.
    #[error("the lines are not in the order")]
    UnknownLine,
    /// The station does not work on any of the named lines.
    #[error("the station has no part in these lines")]
    NotAtThisStation,
    /// The order was taken back meanwhile.
    #[error("the order is voided")]
    OrderVoided,
    /// Taken back already, or so long ago that nobody remembers.
    #[error("there is no such bump to take back")]
    UnknownBump,
    /// Nothing was named.
    #[error("no line is named")]
    NothingNamed,
    /// No course of that number is in the plan.
    #[error("the course is not in the plan")]
    UnknownCourse,
    /// No such station cooks.
    #[error("no such station cooks")]
    UnknownStation,
    /// Somebody has begun with what was to be taken back.
    #[error("somebody has begun")]
    AlreadyBegun,
    /// The house rule: the pass waits for the stations.
    #[error("a station still cooks")]
    StillCooking,
    /// Somebody else has changed the stations or the rules meanwhile.
    #[error("the house was changed meanwhile")]
    HouseChanged,
    /// No kitchen can work like that.
    #[error("the house cannot work like that: {what} {station}")]
    BadHouse {
        /// What is wrong.
        what: &'static str,
        /// With which station; empty: with the rules.
        station: String,
    },
    /// Another screen of the station has it.
    #[error("another screen has taken it")]
    TakenElsewhere,
    /// It is on no glass yet that it could be put aside from.
    #[error("the order is not fired yet")]
    NotFired,
    /// From a newer screen.
    #[error("the act is not known")]
    UnknownAct,
    /// Added lines that nobody can cook.
    #[error("the added lines are wrong")]
    BadLines(#[source] DraftError),
}

impl Refusal {
    /// Stable code for the wire and the language files.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOrder => "order_unknown",
            Self::UnknownLine => "line_unknown",
            Self::NotAtThisStation => "line_not_at_station",
            Self::OrderVoided => "order_voided",
            Self::UnknownBump => "bump_unknown",
            Self::NothingNamed => "nothing_named",
            Self::UnknownCourse => "course_unknown",
            Self::UnknownStation => "station_unknown",
            Self::AlreadyBegun => "already_begun",
            Self::StillCooking => "still_cooking",
            Self::HouseChanged => "house_changed",
            Self::BadHouse { .. } => "bad_house",
            Self::TakenElsewhere => "taken_elsewhere",
            Self::NotFired => "not_fired",
            Self::UnknownAct => "act_unknown",
            Self::BadLines(error) => error.code(),
        }
    }
}

/// What `operation` does to `order` when the hub's clock says `at`.
///
/// # Errors
/// A [`Refusal`] when the act makes no sense on the order as it is now.
pub fn decide(order: &Order, operation: &Operation, setup: &Setup, at: At) -> Result<Decided, Refusal> {
    let mut next = order.clone();
    let close_when = setup.settings.close_when;
    let voided = matches!(order.state, OrderState::Voided { .. });
    let kind = match &operation.act {
        Act::Start { station, lines } => {
            refuse_voided(voided)?;
            refuse_taken(order, operation, station, setup)?;
            claim(&mut next, operation, station, None, setup, at);
            each(&mut next, lines, Reach::Here(station), |_, work, _| {
                work.started_at.get_or_insert(at);
                work.change = None;
            })?;
            EventKind::LinesStarted
        }
        Act::Unstart { station, lines } => {
            refuse_voided(voided)?;
            each(&mut next, lines, Reach::Here(station), |_, work, _| work.started_at = None)?;
            EventKind::LinesStarted
        }
        Act::Finish { station, lines } => {
            refuse_voided(voided)?;
            claim(&mut next, operation, station, None, setup, at);
            each(&mut next, lines, Reach::Here(station), |live, work, upto| {
                work.done = work.done.max(upto.min(live));
                work.change = None;
            })?;
            EventKind::LinesFinished
        }
        Act::Reopen { station, lines } => {
            refuse_voided(voided)?;
            each(&mut next, lines, Reach::Here(station), |_, work, upto| {
                work.done = work.done.min(upto);
                work.bumped = work.bumped.min(work.done);
            })?;
            EventKind::LinesReopened
        }
        Act::Bump { station, lines } => {
            let reach = match setup.station(station) {
                _ if station.is_expo() => Reach::Everywhere,
                Some(pass) if pass.role == StationRole::Expo => Reach::Covered(pass),
                Some(_) | None => Reach::Here(station),
            };
            if setup.settings.pass_waits && !matches!(reach, Reach::Here(_)) {
                refuse_cooking(order, lines, reach)?;
            }
            bump(&mut next, operation, station, lines, reach, at)?;
            EventKind::LinesBumped
        }
        Act::Unbump { bump, also } => {
            refuse_voided(voided)?;
            let mut known = false;
            for bump in std::iter::once(bump).chain(also) {
                known |= unbump(&mut next, bump);
            }
            if !known {
                return Err(Refusal::UnknownBump);
            }
            EventKind::LinesUnbumped
        }
        Act::Rush => {
            refuse_voided(voided)?;
            next.rush = true;
            EventKind::PriorityChanged
        }
        Act::Unrush => {
            refuse_voided(voided)?;
            next.rush = false;
            EventKind::PriorityChanged
        }
        Act::Hold { until } => {
            refuse_voided(voided)?;
            next.hold = Some(Hold { until: *until });
            EventKind::OrderHeld
        }
        Act::Release => {
            refuse_voided(voided)?;
            next.hold = None;
            EventKind::OrderReleased
        }
        Act::Take { station, screen } => {
            refuse_voided(voided)?;
            refuse_taken(order, operation, station, setup)?;
            if order.lines.iter().all(|line| line.work_at(station).is_none()) {
                return Err(Refusal::NotAtThisStation);
            }
            claim(&mut next, operation, station, *screen, setup, at);
            EventKind::TicketDealt
        }
        Act::PutBack { station } => {
            refuse_taken(order, operation, station, setup)?;
            let is_own =
                |claim: &Claim| &claim.station == station && Some(&claim.device) == operation.device.as_ref();
            next.claims.retain(|claim| !is_own(claim));
            EventKind::TicketDealt
        }
        Act::Park => {
            if !order.is_fired(at) {
                return Err(Refusal::NotFired);
            }
            if order.is_open() {
                next.parked_at.get_or_insert(at);
            }
            EventKind::OrderParked
        }
        Act::Unpark => {
            next.parked_at = None;
            EventKind::OrderUnparked
        }
        Act::Fire { course } => {
            refuse_voided(voided)?;
            fire(&mut next, *course, at)?;
            EventKind::CourseFired
        }
        Act::Unfire { course } => {
            refuse_voided(voided)?;
            unfire(&mut next, *course)?;
            EventKind::CourseFired
        }
        Act::Transfer { from, to, lines } => {
            refuse_voided(voided)?;
            transfer(&mut next, from, to, lines, setup, at)?;
            EventKind::LinesTransferred
        }
        Act::Acknowledge { station, lines } => {
            each(&mut next, lines, Reach::Here(station), |_, work, _| work.change = None)?;
            EventKind::ChangeAcknowledged
        }
        Act::Advance { to: OrderStatus::Cancelled, .. } => {
            void_order(&mut next, None, close_when, at);
            EventKind::OrderVoided
        }
        Act::Advance { to, lines } => {
            refuse_voided(voided)?;
            advance(&mut next, operation, *to, lines, at)?;
            EventKind::StatusAdvanced
        }
        Act::AddLines { lines } => {
            refuse_voided(voided)?;
            if lines.is_empty() {
                return Err(Refusal::NothingNamed);
            }
            check_lines(lines).map_err(Refusal::BadLines)?;
            if next.lines.len() + lines.len() > NewOrder::MOST_LINES {
                return Err(Refusal::BadLines(DraftError::TooManyLines));
            }
            let mut added = add_lines(&mut next, lines.clone(), setup);
            added.retain(|id| next.line(id).is_some_and(|line| next.is_line_fired(line, at)));
            for line in next.lines.iter_mut().filter(|line| added.contains(&line.id)) {
                line.added_at = Some(at);
                for work in &mut line.work {
                    work.change = Some(Change { kind: ChangeKind::Added, at, was: 0 });
                }
            }
            EventKind::OrderChanged
        }
        Act::ChangeLine { line, modifiers, notes } => {
            refuse_voided(voided)?;
            change_line(&mut next, line, modifiers.as_deref(), notes.as_deref(), at)?;
            EventKind::OrderChanged
        }
        Act::VoidLines { lines } => {
            refuse_voided(voided)?;
            void_lines(&mut next, lines, close_when, at)?;
            EventKind::OrderChanged
        }
        Act::VoidOrder { reason } => {
            if !voided {
                void_order(&mut next, reason.clone(), close_when, at);
            }
            EventKind::OrderVoided
        }
        Act::Stock { .. } | Act::Configure { .. } => return Err(Refusal::NothingNamed),
        Act::Unknown => return Err(Refusal::UnknownAct),
    };
    if &next != order && brings_back(&operation.act) {
        next.parked_at = None;
    }
    settle(&mut next, close_when, at);
    if &next == order {
        return Ok(Decided { kind, order: None });
    }
    next.version = order.version + 1;
    next.updated_at = at;
    Ok(Decided { kind, order: Some(next) })
}

/// Whether an act that does something to a parked order is a sign that it is of today after all.
fn brings_back(act: &Act) -> bool {
    !matches!(
        act,
        Act::Park
            | Act::VoidLines { .. }
            | Act::VoidOrder { .. }
            | Act::Advance { to: OrderStatus::Cancelled, .. }
    )
}

/// Whether an act is one on the menu or on how the house works, and so names no order.
#[must_use]
pub fn is_on_setup(act: &Act) -> bool {
    matches!(act, Act::Stock { .. } | Act::Configure { .. })
}

/// What such an act does; none: it is so already.
///
/// # Errors
/// [`Refusal::UnknownAct`] when the act is another one, else why it cannot be.
pub fn decide_setup(setup: &Setup, operation: &Operation) -> Result<Option<Setup>, Refusal> {
    if let Act::Configure { before, after } = &operation.act {
        return house::changed(setup, before, after);
    }
    Ok(decide_menu(&setup.menu, operation)?.map(|menu| Setup { menu, ..setup.clone() }))
}

/// What an act on the menu does to it; none: it is so already.
///
/// # Errors
/// [`Refusal::UnknownAct`] when the act is not one on the menu.
pub fn decide_menu(menu: &Menu, operation: &Operation) -> Result<Option<Menu>, Refusal> {
    match &operation.act {
        Act::Stock { item, name, left } => {
            let next = menu.stocked(item, name, *left);
            Ok((&next != menu).then_some(next))
        }
        _ => Err(Refusal::UnknownAct),
    }
}

/// Routes the untouched work of an open order by the setup of now; touched work stays where it is, so that nobody's
/// ticket vanishes under their hands. None: it stands as it should.
#[must_use]
pub fn reroute(order: &Order, setup: &Setup, at: At) -> Option<Order> {
    if !matches!(order.state, OrderState::Open) {
        return None;
    }
    let mut next = order.clone();
    let by_hand = |line: &Line| line.work.iter().any(|work| work.came_from.is_some());
    for line in next.lines.iter_mut().filter(|line| line.live() > 0 && !by_hand(line)) {
        let wanted = setup.work_for(&line.item, line.category.as_ref(), order.order_type);
        let is_wanted = |work: &Work| wanted.iter().any(|wanted| wanted.station == work.station);
        line.work.retain(|work| work.station.is_expo() || !work.is_untouched() || is_wanted(work));
        for work in wanted {
            match line.work.iter_mut().find(|held| held.station == work.station) {
                Some(held) => held.after = work.after,
                None => {
                    let before_expo = line.work.iter().position(|work| work.station.is_expo());
                    line.work.insert(before_expo.unwrap_or(line.work.len()), work);
                }
            }
        }
    }
    settle(&mut next, setup.settings.close_when, at);
    if &next == order {
        return None;
    }
    next.version += 1;
    next.updated_at = at;
    Some(next)
}

fn refuse_voided(voided: bool) -> Result<(), Refusal> {
    if voided { Err(Refusal::OrderVoided) } else { Ok(()) }
}

/// Where tickets are taken, nobody begins with what another screen has. A POS has no hands.
fn refuse_taken(
    order: &Order,
    operation: &Operation,
    station: &StationId,
    setup: &Setup,
) -> Result<(), Refusal> {
    let Some(device) = operation.device.as_ref().filter(|_| setup.queue_of(station) == Queue::Pull) else {
        return Ok(());
    };
    match order.claim_at(station) {
        Some(claim) if &claim.device != device => Err(Refusal::TakenElsewhere),
        Some(_) | None => Ok(()),
    }
}

/// Who begins with a ticket that is nobody's has taken it.
fn claim(
    order: &mut Order,
    operation: &Operation,
    station: &StationId,
    screen: Option<u32>,
    setup: &Setup,
    at: At,
) {
    let Some(device) = operation.device.clone().filter(|_| setup.queue_of(station) == Queue::Pull) else {
        return;
    };
    if order.claim_at(station).is_none() {
        order.claims.push(Claim { station: station.clone(), device, screen, at });
    }
}

/// Which stations' work an act reaches.
#[derive(Clone, Copy)]
enum Reach<'a> {
    Here(&'a StationId),
    Covered(&'a Station),
    Prep,
    Everywhere,
}

impl Reach<'_> {
    fn covers(self, work: &Work) -> bool {
        match self {
            Self::Here(station) => &work.station == station,
            Self::Covered(pass) => work.station == pass.id || pass.covers.contains(&work.station),
            Self::Prep => !work.station.is_expo(),
            Self::Everywhere => true,
        }
    }
}

/// Runs `act(live pieces, work, upto)` on all reached work of the named lines. Names of lines that do not exist are
/// passed over as long as one does: a cook's touch must not fail because of its neighbour.
fn each(
    order: &mut Order,
    touches: &[Touch],
    reach: Reach<'_>,
    mut act: impl FnMut(u32, &mut Work, u32),
) -> Result<(), Refusal> {
    if touches.is_empty() {
        return Err(Refusal::NothingNamed);
    }
    let mut known = false;
    let mut reached = false;
    for touch in touches {
        let Some(line) = order.lines.iter_mut().find(|line| line.id == touch.line) else { continue };
        known = true;
        let live = line.live();
        for work in line.work.iter_mut().filter(|work| reach.covers(work)) {
            reached = true;
            act(live, work, touch.upto);
        }
    }
    match (known, reached) {
        (false, _) => Err(Refusal::UnknownLine),
        // A line that nobody cooks has no prep work; a POS may still call it ready.
        (true, false) if matches!(reach, Reach::Here(_) | Reach::Covered(_)) => {
            Err(Refusal::NotAtThisStation)
        }
        (true, _) => Ok(()),
    }
}

fn bump(
    order: &mut Order,
    operation: &Operation,
    station: &StationId,
    touches: &[Touch],
    reach: Reach<'_>,
    at: At,
) -> Result<(), Refusal> {
    let before = order.lines.clone();
    each(order, touches, reach, |live, work, upto| {
        let target = upto.min(live);
        work.done = work.done.max(target);
        work.bumped = work.bumped.max(target);
        // The pass cannot see a void for the grill: that mark waits for the grill's own hand.
        if &work.station == station || (!work.owes_acknowledgement() && work.bumped >= live) {
            work.change = None;
        }
    })?;
    let moves = moved(&before, &order.lines);
    if !moves.is_empty() {
        order.bumps.push(Bump { operation: operation.id.clone(), station: station.clone(), at, moves });
        let excess = order.bumps.len().saturating_sub(Order::BUMPS_KEPT);
        order.bumps.drain(..excess);
    }
    Ok(())
}

/// The pass sends out only what the stations have bumped.
fn refuse_cooking(order: &Order, touches: &[Touch], reach: Reach<'_>) -> Result<(), Refusal> {
    let cooking = |line: &Line, upto: u32| {
        let wanted = upto.min(line.live());
        let mut stations = line.prep_work().filter(|work| !work_is_pass(work, reach) && reach.covers(work));
        stations.any(|work| work.bumped < wanted)
    };
    let named = touches.iter().filter_map(|touch| Some((order.line(&touch.line)?, touch.upto)));
    if named.into_iter().any(|(line, upto)| cooking(line, upto)) {
        return Err(Refusal::StillCooking);
    }
    Ok(())
}

fn work_is_pass(work: &Work, reach: Reach<'_>) -> bool {
    matches!(reach, Reach::Covered(pass) if pass.id == work.station)
}

/// Whether there was such a bump to take back.
fn unbump(order: &mut Order, bump: &OperationId) -> bool {
    let Some(index) = order.bumps.iter().position(|held| &held.operation == bump) else { return false };
    let taken_back = order.bumps.remove(index);
    for moved in &taken_back.moves {
        if let Some(work) = work_of(order, moved) {
            work.done = work.done.saturating_sub(moved.done);
            work.bumped = work.bumped.saturating_sub(moved.bumped).min(work.done);
        }
    }
    true
}

fn fire(order: &mut Order, course: Option<u8>, at: At) -> Result<(), Refusal> {
    let Some(number) = course else {
        if !order.is_fired(at) {
            order.fired_at = Some(at);
        }
        return Ok(());
    };
    let is_fired = order.is_course_fired(number, at);
    let planned = order.courses.iter_mut().find(|planned| planned.number == number);
    let planned = planned.ok_or(Refusal::UnknownCourse)?;
    if !is_fired {
        planned.fired_at = Some(at);
    }
    Ok(())
}

fn unfire(order: &mut Order, course: Option<u8>) -> Result<(), Refusal> {
    let begun = |line: &Line| line.work.iter().any(|work| !work.is_untouched());
    let mut concerned = order.lines.iter().filter(|line| course.is_none() || line.course == course);
    if concerned.any(begun) {
        return Err(Refusal::AlreadyBegun);
    }
    match course {
        None => order.fired_at = None,
        Some(number) => {
            let planned = order.courses.iter_mut().find(|planned| planned.number == number);
            let planned = planned.ok_or(Refusal::UnknownCourse)?;
            // Or it would fire itself again at once.
            (planned.fired_at, planned.after_minutes, planned.when_done) = (None, None, false);
        }
    }
    Ok(())
}

/// Work goes as it is, what is done of it included. Where the other station has its own part in the line already, the
/// first one's is no longer asked for.
fn transfer(
    order: &mut Order,
    from: &StationId,
    to: &StationId,
    lines: &[LineId],
    setup: &Setup,
    at: At,
) -> Result<(), Refusal> {
    let cooks = |id: &StationId| setup.station(id).is_some_and(|station| station.role == StationRole::Prep);
    if from.is_expo() || from == to || !cooks(to) {
        return Err(Refusal::UnknownStation);
    }
    if lines.is_empty() {
        return Err(Refusal::NothingNamed);
    }
    let fired: BTreeSet<LineId> =
        order.lines.iter().filter(|line| order.is_line_fired(line, at)).map(|line| line.id.clone()).collect();
    let (mut known, mut moved) = (false, BTreeSet::new());
    for line in order.lines.iter_mut().filter(|line| lines.contains(&line.id)) {
        known = true;
        let live = line.live();
        let asks = |work: &Work| work.bumped < live || work.owes_acknowledgement();
        let Some(index) = line.work.iter().position(|work| &work.station == from && asks(work)) else {
            continue;
        };
        moved.insert(line.id.clone());
        if line.work_at(to).is_some() {
            line.work.remove(index);
        } else {
            let work = &mut line.work[index];
            work.came_from = Some(std::mem::replace(&mut work.station, to.clone()));
            if fired.contains(&line.id) && !work.owes_acknowledgement() {
                work.change = Some(Change { kind: ChangeKind::Added, at, was: 0 });
            }
        }
        for work in line.work.iter_mut().filter(|work| work.after.as_ref() == Some(from)) {
            work.after = (&work.station != to).then(|| to.clone());
        }
    }
    match (known, moved.is_empty()) {
        (false, _) => return Err(Refusal::UnknownLine),
        (true, true) => return Err(Refusal::NotAtThisStation),
        (true, false) => {}
    }
    // What was bumped there can be taken back here; what was joined with other work cannot be told apart from it.
    for bump in &mut order.bumps {
        for step in bump.moves.iter_mut().filter(|step| moved.contains(&step.line) && &step.station == from) {
            step.station = to.clone();
        }
    }
    Ok(())
}

fn change_line(
    order: &mut Order,
    id: &LineId,
    modifiers: Option<&[String]>,
    notes: Option<&str>,
    at: At,
) -> Result<(), Refusal> {
    if modifiers.is_none() && notes.is_none() {
        return Err(Refusal::NothingNamed);
    }
    let fired = order.line(id).is_some_and(|line| order.is_line_fired(line, at));
    let line = order.lines.iter_mut().find(|line| &line.id == id).ok_or(Refusal::UnknownLine)?;
    let before = (line.modifiers.clone(), line.notes.clone());
    if let Some(texts) = modifiers {
        line.modifiers = texts.iter().filter(|text| !text.trim().is_empty()).map(Modifier::new).collect();
    }
    if let Some(text) = notes {
        line.notes = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    if before == (line.modifiers.clone(), line.notes.clone()) {
        return Ok(());
    }
    let live = line.live();
    // A mark that nobody has seen says more: new, or fewer pieces.
    for work in line.work.iter_mut().filter(|work| fired && work.bumped < live && work.change.is_none()) {
        work.change = Some(Change { kind: ChangeKind::Changed, at, was: live });
    }
    Ok(())
}

fn moved(before: &[Line], after: &[Line]) -> Vec<Move> {
    let mut moves = Vec::new();
    for (old, new) in before.iter().zip(after) {
        for (was, is) in old.work.iter().zip(&new.work) {
            let (done, bumped) = (is.done - was.done, is.bumped - was.bumped);
            if done + bumped > 0 {
                moves.push(Move { line: new.id.clone(), station: is.station.clone(), done, bumped });
            }
        }
    }
    moves
}

fn work_of<'a>(order: &'a mut Order, moved: &Move) -> Option<&'a mut Work> {
    let line = order.lines.iter_mut().find(|line| line.id == moved.line)?;
    line.work.iter_mut().find(|work| work.station == moved.station)
}

fn advance(
    order: &mut Order,
    operation: &Operation,
    to: OrderStatus,
    touches: &[Touch],
    at: At,
) -> Result<(), Refusal> {
    match to {
        OrderStatus::Pending | OrderStatus::Confirmed => {
            each(order, touches, Reach::Everywhere, |_, work, _| {
                (work.done, work.bumped, work.started_at) = (0, 0, None);
            })
        }
        OrderStatus::Preparing => each(order, touches, Reach::Prep, |_, work, _| {
            work.started_at.get_or_insert(at);
        }),
        OrderStatus::Ready => bump(order, operation, &StationId::expo(), touches, Reach::Prep, at),
        OrderStatus::Completed => bump(order, operation, &StationId::expo(), touches, Reach::Everywhere, at),
        // `decide` has voided it before it came here.
        OrderStatus::Cancelled => Ok(()),
    }
}

fn void_lines(order: &mut Order, touches: &[Touch], close_when: CloseWhen, at: At) -> Result<(), Refusal> {
    if touches.is_empty() {
        return Err(Refusal::NothingNamed);
    }
    let before = order.clone();
    let mut known = false;
    for touch in touches {
        let Some(line) = order.lines.iter_mut().find(|line| line.id == touch.line) else { continue };
        known = true;
        let fired = before.parked_at.is_none() && before.is_line_fired(line, at);
        void_line(line, touch.upto, fired, close_when, at);
    }
    if !known {
        return Err(Refusal::UnknownLine);
    }
    if order.lines.iter().all(|line| line.live() == 0) {
        order.state = OrderState::Voided { at, reason: None };
    }
    Ok(())
}

fn void_order(order: &mut Order, reason: Option<String>, close_when: CloseWhen, at: At) {
    let before = order.clone();
    let was_open = matches!(order.state, OrderState::Open);
    for line in &mut order.lines {
        let all = line.quantity;
        let fired = was_open && before.parked_at.is_none() && before.is_line_fired(line, at);
        void_line(line, all, fired, close_when, at);
    }
    if !matches!(order.state, OrderState::Voided { .. }) {
        order.state = OrderState::Voided { at, reason };
    }
}

/// Marks the void only where the line was still on the glass: finished work does not come back to be unfinished, nor
/// does what was parked.
fn void_line(line: &mut Line, upto: u32, fired: bool, close_when: CloseWhen, at: At) {
    let was = line.live();
    line.voided = line.voided.max(upto.min(line.quantity));
    let live = line.live();
    if live == was {
        return;
    }
    // Where nobody stands at the pass, nobody could ever acknowledge there.
    let pass_matters = close_when == CloseWhen::Passed || line.prep_work().next().is_none();
    for work in &mut line.work {
        if fired && work.bumped < was && (pass_matters || !work.station.is_expo()) {
            // Two voids that nobody has seen are one: from as many as there were on the glass.
            let was = work.change.as_ref().map_or(was, |unseen| unseen.was.max(was));
            work.change = Some(Change { kind: ChangeKind::Voided, at, was });
        }
    }
}

/// Fires what waits for a course that is now done; closes an order whose last bump is done, and opens it again when
/// something is owed once more.
fn settle(order: &mut Order, close_when: CloseWhen, at: At) {
    fire_what_follows(order, at);
    let line_is_finished = |line: &Line| {
        let live = line.live();
        let owes = |work: &Work| work.bumped < live || work.owes_acknowledgement();
        match close_when {
            CloseWhen::Ready if line.prep_work().next().is_some() => !line.prep_work().any(owes),
            CloseWhen::Ready | CloseWhen::Passed => !line.work.iter().any(owes),
        }
    };
    let finished = order.lines.iter().all(line_is_finished);
    match (&order.state, finished) {
        (OrderState::Open, true) => order.state = OrderState::Closed { at },
        (OrderState::Closed { .. }, false) => order.state = OrderState::Open,
        (OrderState::Open, false) | (OrderState::Closed { .. }, true) | (OrderState::Voided { .. }, _) => {}
    }
}

fn fire_what_follows(order: &mut Order, at: At) {
    if !matches!(order.state, OrderState::Open) || !order.is_fired(at) {
        return;
    }
    for index in 1..order.courses.len() {
        let (before, course) = (order.courses[index - 1].number, &order.courses[index]);
        if !course.when_done || order.is_course_fired(course.number, at) {
            continue;
        }
        let is_made = |line: &Line| match line.prep_work().next() {
            Some(_) => line.is_ready(),
            None => line.work.iter().all(|work| work.bumped >= line.live()),
        };
        let done = order.lines.iter().filter(|line| line.course == Some(before)).all(is_made);
        if done && order.is_course_fired(before, at) {
            order.courses[index].fired_at = Some(at);
        }
    }
}
