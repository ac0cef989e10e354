//! What can be spoken of on a view, and what a spoken command comes to there: a press, a look, or an answer.
//!
//! It is taken when the talk button goes down. So a command carries, like a touch, the version and the pieces that were on
//! the glass when it was said, and goes through the same path. A question is answered from the board of the moment in which
//! the answer is given: it stands beside that board.

use crate::actor::Actor;
use crate::card;
use crate::frame::{
    AnswerTicket, Go, Press, PressLine, PressTicket, Row, SpokenAct, SpokenAnswer, SpokenVerb, Tab, Taken,
    TicketLabel,
};
use crate::offer::By;
use crate::view::{Role, Scene, View, parked_at, recall_rows};
use kitchen::{
    MenuItemId, OperationId, Order, OrderId, OrderLabel, OrderState, OrderType, StationId, StationRole,
    Ticket, TicketLine, Urgency,
};
use std::collections::BTreeMap;
use voice::spoken::{
    Availability, Command, Question, Sight, Situation, SpokenItem, SpokenLine, SpokenTicket, Verb,
};
use wire::hub::Fault;

/// What could be spoken of on a view at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spoken {
    /// For the grammar.
    pub situation: Situation,
    tickets: BTreeMap<OrderId, Seen>,
    /// The latest bump of each ticket that can be recalled.
    bumps: BTreeMap<OrderId, OperationId>,
    /// The latest act on this view that can be taken back.
    undo: Option<Undo>,
    /// Pieces still to be made at this station.
    to_make: BTreeMap<MenuItemId, u32>,
    page: u32,
}

/// What can be taken back.
#[derive(Debug, Clone, PartialEq)]
struct Undo {
    press: Press,
    label: TicketLabel,
    order_type: OrderType,
}

/// A ticket as it was on the glass.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    label: TicketLabel,
    number: String,
    order_type: OrderType,
    version: u64,
    late: bool,
    voided: bool,
    parked: bool,
    /// Not on the glass any more.
    is_gone: bool,
    lines: Vec<SeenLine>,
    /// The course that waits for its fire; none: the scheduled order.
    course: Option<u8>,
}

#[derive(Debug, Clone, PartialEq)]
struct SeenLine {
    item: MenuItemId,
    name: String,
    to_make: u32,
    is_open: bool,
    /// Some of it is done.
    is_done: bool,
    /// A change of it waits to be seen.
    is_marked: bool,
    /// START of the whole ticket means it.
    is_due: bool,
    press: PressLine,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// As if it had been touched.
    Press(Press),
    /// As if somebody had gone there.
    Go(Go),
    /// Something to be answered large, from the board as it is by then.
    Ask(Question),
}

/// Bumped tickets, and as many put aside, that can be spoken of; others are found in the list.
const RECALLABLE: usize = 20;

impl Spoken {
    /// What a command comes to; nothing for what is over, or is for whoever asked a question.
    #[must_use]
    pub fn meaning(&self, command: &Command) -> Option<Meaning> {
        match command {
            Command::Ticket { verb, order } => self.on_ticket(*verb, order).map(Meaning::Press),
            Command::Lines { verb, order, items } => {
                let named = |line: &SeenLine| items.contains(&line.item);
                self.on_lines(*verb, order, named).map(Meaning::Press)
            }
            Command::BumpTable { orders } => {
                let tickets = orders.iter().filter_map(|order| {
                    let seen = self.tickets.get(order)?;
                    let lines = seen.pieces(|line| line.is_open);
                    Some(PressTicket { order: order.clone(), seen: seen.version, lines })
                });
                let tickets: Vec<PressTicket> = tickets.filter(|ticket| !ticket.lines.is_empty()).collect();
                (tickets.len() > 1).then_some(Meaning::Press(Press::BumpTable { tickets }))
            }
            Command::Transfer { order, to } => {
                let seen = self.tickets.get(order)?;
                let lines = seen.lines.iter().filter(|line| line.is_open).map(|line| line.press.line.clone());
                let (order, to, lines) = (order.clone(), to.clone(), lines.collect());
                Some(Meaning::Press(Press::Transfer { order, seen: seen.version, to, lines }))
            }
            Command::HoldFor { order, minutes } => {
                let (order, seen) = (order.clone(), self.tickets.get(order)?.version);
                Some(Meaning::Press(Press::Hold { order, seen, minutes: Some(*minutes) }))
            }
            Command::RecallLast => Some(Meaning::Press(Press::RecallLast)),
            Command::Undo => self.undo.as_ref().map(|undo| Meaning::Press(undo.press.clone())),
            Command::Ask(question) => Some(Meaning::Ask(question.clone())),
            Command::Show(sight) => Some(Meaning::Go(self.go(sight))),
            Command::EightySix { item } => self.stock(item, Some(0)).map(Meaning::Press),
            Command::Left { item, pieces } => self.stock(item, Some(*pieces)).map(Meaning::Press),
            Command::BackOn { item } => self.stock(item, None).map(Meaning::Press),
            // For whoever asked the question.
            Command::Yes | Command::No => None,
        }
    }

    /// How a command is told on the glass.
    #[must_use]
    pub fn act(&self, command: &Command) -> SpokenAct {
        let act = |verb| SpokenAct {
            verb,
            label: None,
            number: None,
            order_type: None,
            items: Vec::new(),
            station: None,
            tab: None,
            count: None,
        };
        let on = |verb, order: &OrderId| match self.tickets.get(order) {
            None => act(verb),
            Some(seen) => SpokenAct {
                label: Some(seen.label.clone()),
                number: self.has_namesake(order, seen).then(|| seen.number.clone()),
                order_type: Some(seen.order_type),
                ..act(verb)
            },
        };
        match command {
            Command::Ticket { verb, order } => on(shown(*verb), order),
            Command::Lines { verb, order, items } => {
                SpokenAct { items: self.names(items), ..on(shown(*verb), order) }
            }
            Command::BumpTable { orders } => {
                let first = orders.first().map(|first| on(SpokenVerb::BumpTable, first));
                SpokenAct { number: None, ..first.unwrap_or_else(|| act(SpokenVerb::BumpTable)) }
            }
            Command::Transfer { order, to } => {
                SpokenAct { station: self.station(to), ..on(SpokenVerb::Transfer, order) }
            }
            Command::HoldFor { order, minutes } => {
                SpokenAct { count: Some(*minutes), ..on(SpokenVerb::Hold, order) }
            }
            Command::Left { item, pieces } => SpokenAct {
                items: self.names(std::slice::from_ref(item)),
                count: Some(*pieces),
                ..act(SpokenVerb::Left)
            },
            Command::EightySix { item } => {
                SpokenAct { items: self.names(std::slice::from_ref(item)), ..act(SpokenVerb::EightySix) }
            }
            Command::BackOn { item } => {
                SpokenAct { items: self.names(std::slice::from_ref(item)), ..act(SpokenVerb::BackOn) }
            }
            Command::RecallLast => act(SpokenVerb::Recall),
            Command::Undo => {
                let label = self.undo.as_ref().map(|undo| undo.label.clone());
                let order_type = self.undo.as_ref().map(|undo| undo.order_type);
                SpokenAct { label, order_type, ..act(SpokenVerb::Undo) }
            }
            Command::Ask(Question::HowMany(items)) => {
                SpokenAct { items: self.names(items), ..act(SpokenVerb::HowMany) }
            }
            Command::Ask(Question::On(order)) => on(SpokenVerb::WhatsOn, order),
            Command::Ask(Question::Late) => act(SpokenVerb::WhatsLate),
            Command::Ask(Question::Open) => act(SpokenVerb::HowManyOpen),
            Command::Show(sight) => match self.go(sight) {
                Go::Order { order } => on(SpokenVerb::Look, &order),
                Go::Station { station } => {
                    SpokenAct { station: self.station(&station), ..act(SpokenVerb::Look) }
                }
                Go::Tab { tab } => SpokenAct { tab: Some(tab), ..act(SpokenVerb::Look) },
                Go::Page { page } => SpokenAct { count: Some(page), ..act(SpokenVerb::Look) },
                _ => act(SpokenVerb::Look),
            },
            // For whoever asked the question.
            Command::Yes | Command::No => act(SpokenVerb::Look),
        }
    }

    /// Whether the same can be said of another ticket that is called so.
    fn has_namesake(&self, order: &OrderId, seen: &Seen) -> bool {
        let mut others =
            self.tickets.iter().filter(|(other, held)| *other != order && held.is_gone == seen.is_gone);
        others.any(|(_, held)| held.label == seen.label)
    }

    fn names(&self, items: &[MenuItemId]) -> Vec<String> {
        let of_menu = |item: &MenuItemId| {
            let held = self.situation.items.iter().find(|held| &held.item == item);
            held.map(|held| held.name.clone())
        };
        let of_glass = |item: &MenuItemId| {
            let mut lines = self.tickets.values().flat_map(|ticket| &ticket.lines);
            lines.find(|line| &line.item == item).map(|line| line.name.clone())
        };
        items.iter().filter_map(|item| of_menu(item).or_else(|| of_glass(item))).collect()
    }

    fn station(&self, station: &StationId) -> Option<String> {
        self.situation.stations.iter().find(|(id, _)| id == station).map(|(_, name)| name.clone())
    }

    fn on_ticket(&self, verb: Verb, order: &OrderId) -> Option<Press> {
        let version = self.tickets.get(order).map(|ticket| ticket.version);
        let (order, seen) = (order.clone(), version);
        match verb {
            Verb::Start => self.on_lines(verb, &order, |line| line.is_due),
            Verb::Bump | Verb::Unstart | Verb::Reopen => self.on_lines(verb, &order, |_| true),
            // What is no longer wanted has one button, and it says that it was seen.
            Verb::Acknowledge if self.tickets.get(&order)?.voided => {
                self.on_lines(Verb::Bump, &order, |_| true)
            }
            Verb::Acknowledge => self.on_lines(verb, &order, |_| true),
            Verb::Take => Some(Press::Take { order, seen: seen? }),
            Verb::PutBack => Some(Press::PutBack { order, seen: seen? }),
            Verb::Park => Some(Press::Park { order, seen: seen? }),
            Verb::Recall if self.tickets.get(&order).is_some_and(|ticket| ticket.parked) => {
                Some(Press::Unpark { order, seen: seen? })
            }
            Verb::Recall => {
                let operation = self.bumps.get(&order)?.clone();
                Some(Press::Recall { order, operation })
            }
            Verb::Rush => Some(Press::Rush { order, seen: seen? }),
            Verb::Unrush => Some(Press::Unrush { order, seen: seen? }),
            Verb::Hold => Some(Press::Hold { order, seen: seen?, minutes: None }),
            Verb::Release => Some(Press::Release { order, seen: seen? }),
            Verb::Fire => {
                let course = self.tickets.get(&order)?.course;
                Some(Press::Fire { order, seen: seen?, course })
            }
            // Its command names the station.
            Verb::Transfer => None,
        }
    }

    fn on_lines(&self, verb: Verb, order: &OrderId, named: impl Fn(&SeenLine) -> bool) -> Option<Press> {
        let ticket = self.tickets.get(order)?;
        let fits = |line: &SeenLine| match verb {
            Verb::Bump => line.is_open,
            Verb::Acknowledge => line.is_marked,
            Verb::Reopen => line.is_done,
            _ => line.is_open && line.to_make > 0,
        };
        let lines = ticket.pieces(|line| fits(line) && named(line));
        let (order, seen) = (order.clone(), ticket.version);
        match verb {
            _ if lines.is_empty() => None,
            Verb::Bump => Some(Press::Bump { order, seen, lines }),
            Verb::Start => Some(Press::Start { order, seen, lines }),
            Verb::Unstart => Some(Press::Unstart { order, seen, lines }),
            Verb::Acknowledge => Some(Press::Acknowledge { order, seen, lines }),
            Verb::Reopen => {
                let lines = lines.into_iter().map(|piece| piece.line).collect();
                Some(Press::Reopen { order, seen, lines })
            }
            Verb::Recall
            | Verb::Rush
            | Verb::Unrush
            | Verb::Hold
            | Verb::Release
            | Verb::Fire
            | Verb::Take
            | Verb::PutBack
            | Verb::Park
            | Verb::Transfer => None,
        }
    }

    fn stock(&self, item: &MenuItemId, left: Option<u32>) -> Option<Press> {
        let held = self.situation.items.iter().find(|held| &held.item == item)?;
        Some(Press::Stock { item: item.clone(), name: held.name.clone(), left })
    }

    /// The answer to a question; none when it is about a ticket that cannot be spoken of.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<SpokenAnswer> {
        let standing = || self.situation.tickets.iter().filter(|ticket| ticket.position.is_some());
        Some(match question {
            Question::HowMany(items) => {
                let pieces = items.iter().map(|item| self.to_make.get(item).copied().unwrap_or(0)).sum();
                SpokenAnswer::Count { items: self.names(items), pieces }
            }
            Question::Late => {
                let seen = standing().filter_map(|ticket| self.tickets.get(&ticket.order));
                SpokenAnswer::Late { tickets: seen.filter(|seen| seen.late).map(Seen::ticket).collect() }
            }
            Question::Open => {
                SpokenAnswer::Open { tickets: u32::try_from(standing().count()).unwrap_or(u32::MAX) }
            }
            Question::On(order) => {
                let seen = self.tickets.get(order)?;
                let lines = seen.lines.iter().filter(|line| line.to_make > 0);
                let lines = lines.map(|line| format!("{} {}", line.to_make, line.name)).collect();
                SpokenAnswer::Lines { ticket: seen.ticket(), lines }
            }
        })
    }

    fn go(&self, sight: &Sight) -> Go {
        let tab = |tab| Go::Tab { tab };
        match sight {
            Sight::Own => tab(Tab::Station),
            Sight::Expo => tab(Tab::Expo),
            Sight::AllDay => tab(Tab::AllDay),
            Sight::Scheduled => tab(Tab::Scheduled),
            Sight::Recall => tab(Tab::Recall),
            Sight::NextPage => Go::Page { page: (self.page + 1).min(self.situation.pages.max(1)) },
            Sight::PreviousPage => Go::Page { page: self.page.saturating_sub(1).max(1) },
            Sight::Page(page) => Go::Page { page: *page },
            Sight::Order(order) => Go::Order { order: order.clone() },
            Sight::Station(station) => Go::Station { station: station.clone() },
        }
    }
}

impl Actor {
    /// What can be spoken of on a view now.
    pub(crate) fn spoken(&self, view: &View) -> Spoken {
        let pending = self.pending_orders();
        Spoken::of(view, &self.scene(&pending))
    }

    /// The answer to a question that was asked on a view, as things stand now.
    pub(crate) fn answer(&self, view: &str, question: &Question) -> Result<SpokenAnswer, Fault> {
        let held = self.views.get(view).ok_or_else(|| Fault::new("mount_gone").passing())?;
        let gone = |order: &OrderId| {
            let ticket = Seen::of(self.log.board.order(order)?, Vec::new()).ticket();
            Some(SpokenAnswer::Lines { ticket, lines: Vec::new() })
        };
        let answer = self.spoken(held).answer(question).or_else(|| match question {
            // It has left the glass while somebody asked for it.
            Question::On(order) => gone(order),
            Question::HowMany(_) | Question::Late | Question::Open => None,
        });
        answer.ok_or_else(|| Fault::new("order_unknown"))
    }
}

impl Spoken {
    /// What can be spoken of on a view in a scene.
    pub(crate) fn of(view: &View, scene: &Scene<'_>) -> Self {
        let station = view.shown_station(scene.board);
        let mut spoken = Spoken { page: view.page, ..Spoken::default() };
        let standing = view.standing(scene);
        spoken.situation.pages = standing.iter().map(|(_, page)| *page).max().unwrap_or(1);
        for (place, (order, _)) in (1..).zip(&standing) {
            if let Some(order) = scene.board.order(order) {
                spoken.stand(scene, order, &station, place);
            }
        }
        for order in scene.board.scheduled(scene.now) {
            spoken.wait(scene, order);
        }
        let mut parked = parked_at(scene.board, &station, scene.now);
        parked.sort_by_key(|order| std::cmp::Reverse(order.parked_at));
        for order in parked.into_iter().take(RECALLABLE) {
            spoken.parked(scene, order);
        }
        for row in recall_rows(scene, &station, "") {
            spoken.recallable(scene, &row);
        }
        let mut open = view.offers.iter().filter(|offer| offer.is_open(By::Word, scene.now));
        spoken.undo = open.next_back().map(|offer| {
            let toast = &offer.toast;
            let (order, operation) = (toast.order.clone(), toast.operation.clone());
            let press = Press::Undo { order, operation };
            Undo { press, label: toast.label.clone(), order_type: toast.order_type }
        });
        spoken.situation.can_undo = spoken.undo.is_some();
        spoken.situation.can_recall_last = !spoken.bumps.is_empty();
        let setup = scene.board.setup();
        let item = |item: &kitchen::MenuItem| SpokenItem {
            item: item.id.clone(),
            name: item.name.clone(),
            availability: if item.available { Availability::Available } else { Availability::EightySixed },
        };
        spoken.situation.items = setup.menu.items.iter().map(item).collect();
        let prep = setup.stations.iter().filter(|station| station.role == StationRole::Prep);
        spoken.situation.stations = prep.map(|station| (station.id.clone(), station.name.clone())).collect();
        if view.role == Role::Guest {
            spoken.situation.look_only();
        }
        spoken
    }

    /// A ticket on the glass.
    fn stand(&mut self, scene: &Scene<'_>, order: &Order, station: &StationId, place: u32) {
        let Some(ticket) = Ticket::of(order, station, scene.now) else { return };
        let due = card::to_start(&ticket, scene.board.setup(), scene.now);
        let is_due = |own: &TicketLine<'_>| due.iter().any(|line| line.line.id == own.line.id);
        let shown = ticket.own.iter().filter(|own| own.line.live() > 0 || own.is_open());
        let lines: Vec<SeenLine> = shown.map(|own| SeenLine { is_due: is_due(own), ..seen(own) }).collect();
        for line in &lines {
            *self.to_make.entry(line.item.clone()).or_default() += line.to_make;
        }
        let course = order.next_course(scene.now).map(|course| course.number);
        let waits = |own: &&TicketLine<'_>| own.to_make() > 0 && own.work.started_at.is_none();
        let begun = |own: &&TicketLine<'_>| own.to_make() > 0 && own.work.started_at.is_some();
        let marked = |own: &&TicketLine<'_>| own.work.change.is_some();
        let open = |own: &&TicketLine<'_>| own.is_open();
        let done = |own: &&TicketLine<'_>| own.line.live() > 0 && own.work.done > 0;
        let any = |is: &dyn Fn(&&TicketLine<'_>) -> bool| ticket.own.iter().any(|own| is(&own));
        let taken = scene.seat.taken(scene.board, &ticket);
        let voided = matches!(order.state, OrderState::Voided { .. });
        let when = |wanted: bool, verb: Verb| (wanted && !voided).then_some(verb);
        let can = [
            any(&open).then_some(Verb::Bump),
            when(any(&waits), Verb::Start),
            when(any(&begun), Verb::Unstart),
            when(any(&done), Verb::Reopen),
            (voided || any(&marked)).then_some(Verb::Acknowledge),
            when(taken == Some(Taken::Nobodys), Verb::Take),
            when(taken == Some(Taken::Ours), Verb::PutBack),
            when(true, Verb::Park),
            when(!order.rush, Verb::Rush),
            when(order.rush, Verb::Unrush),
            when(!ticket.held, Verb::Hold),
            when(ticket.held, Verb::Release),
            when(course.is_some(), Verb::Fire),
            when(!station.is_expo(), Verb::Transfer),
        ];
        let spoken_line = |own: &TicketLine<'_>| SpokenLine {
            item: own.line.item.clone(),
            name: own.line.name.clone(),
            can: [
                open(&own).then_some(Verb::Bump),
                when(waits(&own), Verb::Start),
                when(begun(&own), Verb::Unstart),
                when(done(&own), Verb::Reopen),
                marked(&own).then_some(Verb::Acknowledge),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        self.situation.tickets.push(SpokenTicket {
            position: Some(place),
            can: can.into_iter().flatten().collect(),
            lines: ticket.own.iter().map(spoken_line).filter(|line| !line.can.is_empty()).collect(),
            ..called(order)
        });
        let late = ticket.urgency(&scene.board.setup().settings, scene.now) == Urgency::Late;
        self.see(scene, order, Seen { late, voided, course, ..Seen::of(order, lines) });
    }

    /// An order whose time has not come.
    fn wait(&mut self, scene: &Scene<'_>, order: &Order) {
        if self.tickets.contains_key(&order.id) {
            return;
        }
        self.situation.tickets.push(SpokenTicket { can: vec![Verb::Fire], ..called(order) });
        self.see(scene, order, Seen::of(order, Vec::new()));
    }

    /// An order that was put aside.
    fn parked(&mut self, scene: &Scene<'_>, order: &Order) {
        if self.tickets.contains_key(&order.id) {
            return;
        }
        self.situation.tickets.push(SpokenTicket { can: vec![Verb::Recall], ..called(order) });
        self.see(scene, order, Seen { parked: true, is_gone: true, ..Seen::of(order, Vec::new()) });
    }

    /// A bump that can be brought back; only the latest of each ticket, and of tickets that are gone from the glass.
    fn recallable(&mut self, scene: &Scene<'_>, row: &Row) {
        let Some(bump) = row.bump.clone() else { return };
        let known = self.tickets.contains_key(&row.order) || self.bumps.contains_key(&row.order);
        let Some(order) = scene.board.order(&row.order) else { return };
        if known || self.bumps.len() >= RECALLABLE {
            return;
        }
        self.bumps.insert(row.order.clone(), bump);
        self.situation.tickets.push(SpokenTicket { can: vec![Verb::Recall], ..called(order) });
        self.see(scene, order, Seen { is_gone: true, ..Seen::of(order, Vec::new()) });
    }

    /// Acts name the version that the hub has confirmed, as those of cards do.
    fn see(&mut self, scene: &Scene<'_>, order: &Order, seen: Seen) {
        let version = scene.board.confirmed(&order.id).map_or(0, |order| order.version);
        self.tickets.insert(order.id.clone(), Seen { version, ..seen });
    }
}

impl Seen {
    fn of(order: &Order, lines: Vec<SeenLine>) -> Self {
        Self {
            label: card::label(order),
            number: order.short_number().to_owned(),
            order_type: order.order_type,
            version: 0,
            late: false,
            voided: false,
            parked: false,
            is_gone: false,
            lines,
            course: None,
        }
    }

    fn pieces(&self, meant: impl Fn(&SeenLine) -> bool) -> Vec<PressLine> {
        self.lines.iter().filter(|line| meant(line)).map(|line| line.press.clone()).collect()
    }

    fn ticket(&self) -> AnswerTicket {
        AnswerTicket { label: self.label.clone(), order_type: self.order_type }
    }
}

fn shown(verb: Verb) -> SpokenVerb {
    match verb {
        Verb::Bump => SpokenVerb::Bump,
        Verb::Start => SpokenVerb::Start,
        Verb::Unstart => SpokenVerb::Unstart,
        Verb::Recall => SpokenVerb::Recall,
        Verb::Rush => SpokenVerb::Rush,
        Verb::Unrush => SpokenVerb::Unrush,
        Verb::Hold => SpokenVerb::Hold,
        Verb::Release => SpokenVerb::Release,
        Verb::Fire => SpokenVerb::Fire,
        Verb::Transfer => SpokenVerb::Transfer,
        Verb::Take => SpokenVerb::Take,
        Verb::PutBack => SpokenVerb::PutBack,
        Verb::Acknowledge => SpokenVerb::Acknowledge,
        Verb::Park => SpokenVerb::Park,
        Verb::Reopen => SpokenVerb::Reopen,
    }
}

fn seen(own: &TicketLine<'_>) -> SeenLine {
    SeenLine {
        item: own.line.item.clone(),
        name: own.line.name.clone(),
        to_make: own.to_make(),
        is_open: own.is_open(),
        is_done: own.line.live() > 0 && own.work.done > 0,
        is_marked: own.work.change.is_some(),
        is_due: false,
        press: card::press(own),
    }
}

/// How an order is called; nothing can be done with it yet.
fn called(order: &Order) -> SpokenTicket {
    let name = match order.label() {
        OrderLabel::Name(name) => Some(name.to_owned()),
        OrderLabel::Table(_) | OrderLabel::Number(_) => None,
    };
    SpokenTicket {
        order: order.id.clone(),
        number: order.short_number().to_owned(),
        table: order.table.clone(),
        name,
        position: None,
        can: Vec::new(),
        lines: Vec::new(),
    }
}
