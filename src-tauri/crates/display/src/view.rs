//! A view: what one window shows, and what of it the window has already been given.
//!
//! [`View`] is the persisted part and where the person is looking; [`Picture`] is what that comes to at one moment, made
//! anew each time; [`Glass`] keeps the last picture with the revision at which each part of it changed, and cuts frames
//! from it. The invariant: a whole frame plus every later change is the picture.

use crate::bell::Volumes;
use crate::card::{self, Marks};
use crate::frame::{
    AllDayCount, Card, CardTable, Closing, Connection, CountVariant, CountsOf, Frame, Glass as Measure, Grid,
    Head, HouseEdit, IngredientCount, NewChip, Notice, OpenTicket, Place, PressTicket, Review, Row,
    StationChoice, Tab, Taken, Talk, TextSize, Toast,
};
use crate::house;
use crate::layout::lay_out;
use crate::offer::{By, Offer};
use crate::told::Told;
use kitchen::{
    At, Board, Count, DeviceId, House, Ingredient, Menu, MenuItem, MenuItemId, OperationId, Order, OrderId,
    OrderState, Queue, StationId, StationRole, Ticket, Urgency, all_day, all_day_of_kitchen, ingredients,
    is_shown_to,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wire::hub::Fault;

/// Rows of the recall tab: a shift's worth that a person still scrolls.
const RECALL_ROWS: usize = 200;
/// What the note of the morning is called for dismissing it: how many tickets of earlier days are parked. Others count
/// from 1.
pub(crate) const PARKED_NOTICE: u32 = 0;
/// Cards that left, as remembered for frames; who is further behind gets a whole one.
const MOST_GONE: usize = 256;

/// What a window may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A cook's: everything.
    #[default]
    Cook,
    /// For looking at only, such as a window that guests see.
    Guest,
}

/// What a window shows; the part that a restart keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looking {
    /// None: the first station of the setup.
    #[serde(default)]
    pub(crate) station: Option<StationId>,
    #[serde(default)]
    pub(crate) tab: Tab,
    #[serde(default)]
    pub(crate) text: TextSize,
    #[serde(default)]
    pub(crate) grid: Option<Grid>,
    #[serde(default)]
    pub(crate) counts_of: CountsOf,
    /// The tickets of one table stand together.
    #[serde(default)]
    pub(crate) by_table: bool,
}

/// One view with everything that is only known while the program runs.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) role: Role,
    pub(crate) px_per_mm: Option<f64>,
    pub(crate) looking: Looking,
    pub(crate) page: u32,
    pub(crate) selected: Option<Selected>,
    /// New orders whose page nobody has looked at.
    pub(crate) unseen: BTreeSet<OrderId>,
    pub(crate) offers: Vec<Offer>,
    /// What the recall tab is searched for.
    pub(crate) search: String,
    /// The item whose lines are marked.
    pub(crate) marked: Option<MenuItemId>,
    /// The order that is looked at from a list.
    pub(crate) review: Option<OrderId>,
    /// How talking to it stands; none: the display is not talked to.
    pub(crate) talk: Option<Talk>,
    /// Stations and rules that are being edited.
    pub(crate) draft: Option<Draft>,
    /// Somebody asks what is open at the end of service.
    pub(crate) closing: bool,
    /// The mount that may ask; none: nobody looks.
    pub(crate) mount: Option<u32>,
    pub(crate) glass: Glass,
    /// The picture may be another by now.
    pub(crate) stale: bool,
    /// When the picture changes although nothing happens.
    pub(crate) changes_at: Option<At>,
    /// How far the log was when a revision was last the whole truth.
    through: VecDeque<(u32, u64)>,
    /// Whose tickets stand on the glass, each from that revision on; what the window has painted comes first.
    stands: VecDeque<(u32, StationId)>,
    /// The latest revision that the window says is on the glass.
    painted: u32,
}

/// Stations and rules: as they were when somebody began to edit them, and as they are to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) before: House,
    pub(crate) after: House,
}

/// The selected card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) order: OrderId,
    /// Where it stood, counted over all pages: when it goes, its follower takes its place.
    pub(crate) position: usize,
}

/// Everything a picture is made from, besides the view itself.
pub(crate) struct Scene<'a> {
    pub(crate) board: &'a Board,
    pub(crate) seat: Seat<'a>,
    pub(crate) ready: bool,
    pub(crate) now: At,
    pub(crate) utc_offset_minutes: i32,
    pub(crate) pace: f64,
    pub(crate) day_start: At,
    /// The business day for which somebody has read here what is parked.
    pub(crate) parked_read: At,
    pub(crate) volumes: &'a Volumes,
    pub(crate) connection: &'a Connection,
    pub(crate) notices: &'a [Notice],
    pub(crate) problems: &'a BTreeMap<OrderId, Fault>,
    pub(crate) told: &'a Told,
    pub(crate) pending: &'a BTreeSet<OrderId>,
}

/// Which screen this is among those of its station.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat<'a> {
    pub(crate) device: &'a DeviceId,
    /// Its number there.
    pub(crate) screen: Option<u32>,
    /// It does not hear the hub, and cannot know who else is there.
    pub(crate) alone: bool,
}

impl Seat<'_> {
    /// What stands on this screen's glass of a station.
    pub(crate) fn tickets<'a>(&self, board: &'a Board, station: &'a StationId, now: At) -> Vec<Ticket<'a>> {
        let mut tickets = board.tickets(station, now);
        tickets.retain(|ticket| is_shown_to(ticket.order, station, self.device, board.setup(), self.alone));
        tickets
    }

    /// Whose a ticket is, where that matters.
    pub(crate) fn taken(&self, board: &Board, ticket: &Ticket<'_>) -> Option<Taken> {
        match (board.setup().queue_of(ticket.station), ticket.order.claim_at(ticket.station)) {
            (Queue::Shared, _) | (Queue::Balanced, None) => None,
            (Queue::Pull, None) => Some(Taken::Nobodys),
            (Queue::Balanced, Some(claim)) if &claim.device == self.device => None,
            (Queue::Pull, Some(claim)) if &claim.device == self.device => Some(Taken::Ours),
            (Queue::Pull | Queue::Balanced, Some(claim)) => Some(Taken::Others { screen: claim.screen }),
        }
    }
}

impl Scene<'_> {
    /// What is wrong with an order: the last press on it was refused, or the hub has something to say of it.
    fn problem(&self, order: &OrderId) -> Option<Fault> {
        self.problems.get(order).or_else(|| self.told.of(order)).cloned()
    }
}

/// What a view looks like at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) head: Head,
    pub(crate) connection: Connection,
    pub(crate) cards: Vec<Card>,
    pub(crate) places: Vec<Place>,
    pub(crate) counts: Vec<AllDayCount>,
    pub(crate) rows: Vec<Row>,
    pub(crate) chips: Vec<NewChip>,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) ingredients: Vec<IngredientCount>,
    pub(crate) review: Review,
    pub(crate) talk: Option<Talk>,
    pub(crate) closing: Closing,
    pub(crate) house: HouseEdit,
}

impl View {
    pub(crate) fn new(looking: Looking) -> Self {
        Self {
            role: Role::Cook,
            px_per_mm: None,
            looking,
            page: 1,
            selected: None,
            unseen: BTreeSet::new(),
            offers: Vec::new(),
            search: String::new(),
            marked: None,
            review: None,
            talk: None,
            draft: None,
            closing: false,
            mount: None,
            glass: Glass::default(),
            stale: true,
            changes_at: None,
            through: VecDeque::new(),
            stands: VecDeque::new(),
            painted: 0,
        }
    }

    /// The station whose lines this view is about, whatever the tab.
    pub(crate) fn station(&self, board: &Board) -> StationId {
        let stations = &board.setup().stations;
        let chosen =
            self.looking.station.as_ref().filter(|id| id.is_expo() || board.setup().station(id).is_some());
        let first =
            || stations.iter().find(|station| station.role == StationRole::Prep).map(|s| s.id.clone());
        chosen.cloned().or_else(first).unwrap_or_else(StationId::expo)
    }

    /// The station of the tickets that the person in front of the window sees: a touch on one of them acts there, also when
    /// the view is on its way to another station. For what no finger points at, see [`View::shown_station`].
    pub(crate) fn touched_station(&self, board: &Board) -> StationId {
        let seen = self.stands.front().filter(|(revision, _)| *revision <= self.painted);
        seen.map_or_else(|| self.shown_station(board), |(_, station)| station.clone())
    }

    /// The station whose tickets the view is to show.
    pub(crate) fn shown_station(&self, board: &Board) -> StationId {
        match self.looking.tab {
            Tab::Expo => StationId::expo(),
            Tab::Station | Tab::AllDay | Tab::Scheduled | Tab::Recall => self.station(board),
        }
    }

    /// Makes the picture of now, and moves page and selection where they have to be.
    pub(crate) fn look(&mut self, scene: &Scene<'_>) -> Picture {
        let Scene { board, now, .. } = *scene;
        let setup = board.setup();
        let station = self.station(board);
        let shown = self.shown_station(board);
        let (tickets, tables) = self.in_order(scene.seat.tickets(board, &shown, now));
        let grid = self.looking.grid.unwrap_or(USUAL_GRID);
        self.offers.retain(|offer| offer.is_open(By::Word, now));

        let marked = self.marked.as_ref();
        let mut whole: Vec<Card> = tickets.iter().map(|ticket| whole_card(scene, ticket, marked)).collect();
        for (card, table) in whole.iter_mut().zip(tables) {
            card.table = table;
        }
        let demands: Vec<_> = whole.iter().map(|card| card::demand(card, &grid)).collect();
        let slots = lay_out(&grid, &demands);
        let on_cards = matches!(self.looking.tab, Tab::Station | Tab::Expo);
        let pages = if on_cards { slots.iter().map(|slot| slot.page).max().unwrap_or(1) } else { 1 };
        let card_page = self.page.clamp(1, pages);
        if on_cards {
            self.page = card_page;
        }
        let (mut cards, mut places) = (Vec::new(), Vec::new());
        let mut on_page: Vec<_> = slots.iter().filter(|slot| on_cards && slot.page == card_page).collect();
        // As the eye goes: positions for the bump bar count like this.
        on_page.sort_by_key(|slot| (slot.column, slot.row));
        for slot in on_page {
            let piece = card::part_of(&whole[slot.ticket], slot);
            places.push(Place {
                card: piece.id.clone(),
                column: slot.column,
                row: slot.row,
                rows: slot.rows,
            });
            cards.push(piece);
        }

        // What is on the page has been looked at.
        let page_of = |order: &OrderId| {
            let ticket = tickets.iter().position(|ticket| &ticket.order.id == order)?;
            Some((ticket, slots.iter().find(|slot| slot.ticket == ticket)?.page))
        };
        self.unseen.retain(|order| match page_of(order) {
            Some((ticket, page)) => {
                let card = &whole[ticket];
                (card.fresh || card::what_changed(card).is_some()) && !(on_cards && page == card_page)
            }
            None => false,
        });
        let mut chips: Vec<(usize, NewChip)> = self
            .unseen
            .iter()
            .filter_map(|order| {
                let (index, page) = page_of(order)?;
                let Card { order, label, order_type, .. } = whole[index].clone();
                let change = card::what_changed(&whole[index]);
                Some((index, NewChip { order, label, order_type, page, change }))
            })
            .collect();
        chips.sort_by_key(|(index, _)| *index);

        let selected = if on_cards { self.select_again(&whole, &cards) } else { None };
        let counted = match self.looking.counts_of {
            CountsOf::Station => all_day(&tickets),
            CountsOf::Kitchen => all_day_of_kitchen(board.orders(), now),
        };
        let ingredients = ingredients(&counted, &setup.menu).into_iter().map(ingredient_count).collect();
        let counts = counted.into_iter().map(|count| count_of(count, &setup.menu)).collect();
        let scheduled = board.scheduled(now);
        let rows = match self.looking.tab {
            Tab::Scheduled => scheduled.iter().map(|order| scheduled_row(scene, order)).collect(),
            Tab::Recall => {
                let mut rows = parked_rows(scene, &station, &self.search);
                rows.extend(recall_rows(scene, &station, &self.search));
                rows
            }
            Tab::Station | Tab::Expo | Tab::AllDay => Vec::new(),
        };
        let open_at = |other: &StationId| {
            if *other == shown { tickets.len() } else { scene.seat.tickets(board, other, now).len() }
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let parked = parked_at(board, &station, now);
        let head = Head {
            restaurant: setup.settings.name.clone(),
            demo: setup.settings.demo,
            ready: scene.ready,
            utc_offset_minutes: scene.utc_offset_minutes,
            pace: scene.pace,
            station: choice(board, &station),
            stations: choices(board),
            tab: self.looking.tab,
            station_open: count(open_at(&station)),
            expo_open: count(open_at(&StationId::expo())),
            scheduled: count(scheduled.len()),
            parked: count(parked.len()),
            scheduled_soon: count(scheduled.iter().filter(|order| order.is_fired_soon(now)).count()),
            late: count(whole.iter().filter(|card| card.urgency == Urgency::Late).count()),
            page: card_page,
            pages,
            selected,
            glass: Measure { px_per_mm: self.px_per_mm, text: self.looking.text },
            queue: Some(setup.queue_of(&station)).filter(|queue| *queue != Queue::Shared),
            screen: scene.seat.screen,
            sounds: scene.volumes.all(),
            search: Some(self.search.clone()).filter(|text| !text.is_empty()),
            by_table: self.looking.by_table.then_some(true),
            counts_of: Some(self.looking.counts_of).filter(|of| *of != CountsOf::Station),
            marked: self.marked.clone(),
        };
        let shown_offers = self.offers.iter().filter(|offer| offer.is_shown(now));
        let toasts: Vec<Toast> = shown_offers.map(Offer::shown).collect();
        let has_ticket = |id: &OrderId| whole.iter().any(|card| &card.order == id);
        let mut notices = Vec::new();
        let of_yesterday = parked.iter().filter(|order| order.clock_started_at() < scene.day_start).count();
        if of_yesterday > 0 && scene.parked_read < scene.day_start {
            let fault = Fault::new("parked_overnight").with("count", of_yesterday);
            notices.push(Notice { id: PARKED_NOTICE, fault, label: None, order_type: None });
        }
        notices.extend(scene.told.beside(board, &shown, now, has_ticket));
        notices.extend_from_slice(scene.notices);
        let starts = whole.iter().filter_map(card::start_changes_at);
        self.changes_at = next_change(scene, &tickets, &toasts, now).into_iter().chain(starts).min();
        Picture {
            head,
            connection: scene.connection.clone(),
            cards,
            places,
            counts,
            rows,
            chips: chips.into_iter().map(|(_, chip)| chip).collect(),
            toasts,
            notices,
            ingredients,
            review: self.review.as_ref().map(|order| review(scene, order)).unwrap_or_default(),
            talk: self.talk.clone(),
            house: self.draft.as_ref().map(|draft| house::edit(board, draft, now)).unwrap_or_default(),
            closing: if self.closing { closing(&whole) } else { Closing::default() },
        }
    }

    /// Makes the picture and takes it over. The log was at `seq` then.
    pub(crate) fn refresh(&mut self, scene: &Scene<'_>) {
        let picture = self.look(scene);
        self.glass.take(picture);
        self.stale = false;
        let revision = self.glass.revision();
        match self.through.back_mut() {
            Some((last, seq)) if *last == revision => *seq = scene.board.seq(),
            _ => self.through.push_back((revision, scene.board.seq())),
        }
        if self.through.len() > MOST_GONE {
            self.through.pop_front();
        }
        let station = self.shown_station(scene.board);
        if self.stands.back().is_none_or(|(_, last)| *last != station) {
            self.stands.push_back((revision, station));
        }
        if self.stands.len() > MOST_GONE {
            self.stands.pop_front();
        }
    }

    /// That revision is on the glass.
    pub(crate) fn painted(&mut self, revision: u32) {
        self.painted = self.painted.max(revision.min(self.glass.revision()));
        while self.through.get(1).is_some_and(|(next, _)| *next <= self.painted) {
            self.through.pop_front();
        }
        while self.stands.get(1).is_some_and(|(next, _)| *next <= self.painted) {
            self.stands.pop_front();
        }
    }

    /// Everything up to this event is on the glass.
    pub(crate) fn painted_seq(&self) -> u64 {
        self.through.front().filter(|(revision, _)| *revision <= self.painted).map_or(0, |(_, seq)| *seq)
    }

    /// Another mount: what the last one had is nobody's any more.
    pub(crate) fn remount(&mut self, mount: u32) {
        self.mount = Some(mount);
        (self.closing, self.draft) = (false, None);
        self.glass = Glass::default();
        self.through.clear();
        self.stands.clear();
        self.painted = 0;
        self.stale = true;
    }

    /// The orders of all cards in the order they stand, over all pages, and the page of each.
    pub(crate) fn standing(&self, scene: &Scene<'_>) -> Vec<(OrderId, u32)> {
        let station = self.shown_station(scene.board);
        let (tickets, tables) = self.in_order(scene.seat.tickets(scene.board, &station, scene.now));
        let grid = self.looking.grid.unwrap_or(USUAL_GRID);
        let setup = scene.board.setup();
        let demands: Vec<_> = tickets
            .iter()
            .zip(tables)
            .map(|(ticket, table)| {
                let problem = scene.problem(&ticket.order.id);
                let marks = Marks { problem, ..Marks::default() };
                let card = Card { table, ..card::card(ticket, setup, scene.now, marks) };
                card::demand(&card, &grid)
            })
            .collect();
        let mut slots = lay_out(&grid, &demands);
        slots.retain(|slot| slot.part == 1);
        slots.sort_by_key(|slot| (slot.page, slot.column, slot.row));
        slots.into_iter().map(|slot| (tickets[slot.ticket].order.id.clone(), slot.page)).collect()
    }

    /// The tickets as this view puts them: as they are cooked, or those of one table behind its oldest. What is held stays
    /// where it is: it is not cooked with the others.
    fn in_order<'t>(&self, tickets: Vec<Ticket<'t>>) -> (Vec<Ticket<'t>>, Vec<Option<CardTable>>) {
        let mut tables: Vec<(Option<&str>, Vec<Ticket<'t>>)> = Vec::new();
        for ticket in tickets {
            let table = ticket.order.table.as_deref().map(str::trim).filter(|table| !table.is_empty());
            let table = table.filter(|_| self.looking.by_table && !ticket.held);
            match tables.iter_mut().find(|(held, _)| table.is_some() && *held == table) {
                Some((_, held)) => held.push(ticket),
                None => tables.push((table, vec![ticket])),
            }
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut ordered = Vec::new();
        let mut places = Vec::new();
        for (table, tickets) in tables {
            let many = count(tickets.len());
            for (index, ticket) in tickets.into_iter().enumerate() {
                let place = |name: &str| CardTable {
                    name: name.to_owned(),
                    position: count(index + 1),
                    tickets: many,
                };
                places.push(table.filter(|_| many > 1).map(place));
                ordered.push(ticket);
            }
        }
        (ordered, places)
    }

    /// Which card is selected now: the same one, or the one that took its place.
    fn select_again(&mut self, whole: &[Card], cards: &[Card]) -> Option<String> {
        let selected = self.selected.as_mut()?;
        let mut tickets: Vec<&Card> = Vec::new();
        for card in cards {
            if !tickets.iter().any(|held| held.order == card.order) {
                tickets.push(card);
            }
        }
        if !whole.iter().any(|card| card.order == selected.order) {
            match tickets.get(selected.position.min(tickets.len().saturating_sub(1))) {
                Some(follower) => selected.order = follower.order.clone(),
                None => {
                    self.selected = None;
                    return None;
                }
            }
        }
        // It may be on another page.
        let position = tickets.iter().position(|card| card.order == selected.order)?;
        selected.position = position;
        Some(tickets[position].id.clone())
    }
}

/// Before the web view has measured itself: the grid of a 21.5" screen.
const USUAL_GRID: Grid = Grid {
    columns: 4,
    rows: 2,
    cell_body_px: 260,
    cell_row_px: 480,
    line_px: 60,
    row_px: 40,
    dim_px: 32,
    name_chars: 16,
    row_chars: 20,
};

fn choice(board: &Board, id: &StationId) -> StationChoice {
    // The pass is named by the language.
    let name = if id.is_expo() {
        String::new()
    } else {
        board.setup().station(id).map(|station| station.name.clone()).unwrap_or_default()
    };
    StationChoice { id: id.clone(), name }
}

fn choices(board: &Board) -> Vec<StationChoice> {
    let prep = board.setup().stations.iter().filter(|station| station.role == StationRole::Prep);
    let mut choices: Vec<StationChoice> = prep.map(|station| choice(board, &station.id)).collect();
    choices.push(choice(board, &StationId::expo()));
    choices
}

fn next_change(scene: &Scene<'_>, tickets: &[Ticket<'_>], toasts: &[Toast], now: At) -> Option<At> {
    let settings = &scene.board.setup().settings;
    let pressing = tickets.iter().filter_map(|ticket| Urgency::changes_at(ticket, settings, now));
    let fresh = tickets.iter().filter_map(|ticket| card::fresh_until(ticket, now));
    let fires = scene.board.changes_at(now);
    let toasts = toasts.iter().map(|toast| toast.until);
    pressing.chain(fresh).chain(fires).chain(toasts).min()
}

fn count_of(count: Count, menu: &Menu) -> AllDayCount {
    let variants = count.variants.into_iter().filter(|variant| variant.open > 0);
    let variants: Vec<CountVariant> = variants
        .map(|variant| CountVariant { modifiers: card::wishes(variant.modifiers), open: variant.open })
        .collect();
    let is_plain = variants.iter().all(|variant| variant.modifiers.is_empty());
    AllDayCount {
        left: menu.item(&count.item).and_then(MenuItem::stock),
        item: count.item,
        name: count.name,
        open: count.open,
        started: count.started,
        later: Some(count.later).filter(|later| *later > 0),
        variants: (!is_plain).then_some(variants),
    }
}

fn ingredient_count(ingredient: Ingredient) -> IngredientCount {
    let Ingredient { name, unit, amount } = ingredient;
    IngredientCount { name, unit, amount: u32::try_from(amount).unwrap_or(u32::MAX) }
}

/// The order as the pass sees it, whatever has been bumped of it.
fn review(scene: &Scene<'_>, order: &OrderId) -> Review {
    let expo = StationId::expo();
    let ticket = scene.board.order(order).and_then(|order| Ticket::of(order, &expo, scene.now));
    Review { card: ticket.map(|ticket| Box::new(whole_card(scene, &ticket, None))) }
}

/// What is open, the whole of it, each as a press names it.
fn closing(whole: &[Card]) -> Closing {
    let open = |card: &Card| OpenTicket {
        ticket: PressTicket { order: card.order.clone(), seen: card.seen, lines: card.bump.clone() },
        label: card.label.clone(),
        order_type: card.order_type,
        since: card.since,
    };
    Closing { asked: true, tickets: whole.iter().map(open).collect() }
}

/// The parked orders of which something would be on that glass.
pub(crate) fn parked_at<'a>(board: &'a Board, station: &StationId, now: At) -> Vec<&'a Order> {
    let here = |order: &&Order| {
        Ticket::of(order, station, now).is_some_and(|ticket| ticket.own.iter().any(|own| own.is_open()))
    };
    board.parked().into_iter().filter(here).collect()
}

fn parked_rows(scene: &Scene<'_>, station: &StationId, search: &str) -> Vec<Row> {
    let parked = parked_at(scene.board, station, scene.now);
    parked
        .into_iter()
        .filter(|order| order.matches(search))
        .map(|order| Row {
            at: order.parked_at.unwrap_or(order.updated_at),
            parked: Some(true),
            ..scheduled_row(scene, order)
        })
        .collect()
}

fn whole_card(scene: &Scene<'_>, ticket: &Ticket<'_>, marked: Option<&MenuItemId>) -> Card {
    let id = &ticket.order.id;
    let marks = Marks {
        seen: scene.board.confirmed(id).map_or(ticket.order.version, |order| order.version),
        pending: scene.pending.contains(id),
        problem: scene.problem(id),
        item: marked.cloned(),
        taken: scene.seat.taken(scene.board, ticket),
    };
    card::card(ticket, scene.board.setup(), scene.now, marks)
}

fn scheduled_row(scene: &Scene<'_>, order: &Order) -> Row {
    let lines = order.lines.iter().filter(|line| line.live() > 0);
    Row {
        at: order.fire_at.unwrap_or(order.created_at),
        lines: lines.map(|line| format!("{} {}", line.live(), line.name)).collect(),
        soon: order.is_fired_soon(scene.now).then_some(true),
        ..row(scene, order)
    }
}

fn row(scene: &Scene<'_>, order: &Order) -> Row {
    Row {
        order: order.id.clone(),
        seen: scene.board.confirmed(&order.id).map_or(order.version, |confirmed| confirmed.version),
        label: card::label(order),
        order_type: order.order_type,
        number: order.short_number().to_owned(),
        at: order.updated_at,
        since: order.clock_started_at(),
        lines: Vec::new(),
        parked: None,
        station: None,
        soon: None,
        bump: None,
    }
}

/// What left this station's glass this shift, the latest first; at the pass, what left any. Only what a search finds.
pub(crate) fn recall_rows(scene: &Scene<'_>, station: &StationId, search: &str) -> Vec<Row> {
    // By the hub's clock, but for what the hub has not stamped yet: that is later than all it has.
    let pending: BTreeSet<&OperationId> = scene.board.pending().map(|operation| &operation.id).collect();
    let mut rows: Vec<Row> = Vec::new();
    let everywhere = station.is_expo();
    for order in scene.board.orders().filter(|order| order.matches(search)) {
        let voided = matches!(order.state, OrderState::Voided { .. });
        let here = |bump: &&kitchen::Bump| everywhere || &bump.station == station;
        for bump in order.bumps.iter().filter(here).filter(|bump| bump.at >= scene.day_start) {
            let mut pieces: BTreeMap<usize, u32> = BTreeMap::new();
            for moved in bump.moves.iter().filter(|moved| moved.bumped > 0) {
                if let Some(index) = order.lines.iter().position(|line| line.id == moved.line) {
                    let most = pieces.entry(index).or_default();
                    *most = (*most).max(moved.bumped);
                }
            }
            let lines =
                pieces.into_iter().map(|(index, count)| format!("{count} {}", order.lines[index].name));
            rows.push(Row {
                at: bump.at,
                lines: lines.collect(),
                station: everywhere.then(|| choice(scene.board, &bump.station).name),
                bump: (!voided).then(|| bump.operation.clone()),
                ..row(scene, order)
            });
        }
    }
    let key =
        |row: &Row| (row.bump.as_ref().is_some_and(|bump| pending.contains(bump)), row.at, row.bump.clone());
    rows.sort_by_cached_key(|row| std::cmp::Reverse(key(row)));
    rows.truncate(RECALL_ROWS);
    rows
}

/// The last picture, each part with the revision at which it became what it is.
#[derive(Debug, Default)]
pub(crate) struct Glass {
    revision: u32,
    head: Option<(Head, u32)>,
    connection: Option<(Connection, u32)>,
    cards: BTreeMap<String, (Card, u32)>,
    /// The cards in the order they stand.
    order: Vec<String>,
    gone: VecDeque<(String, u32)>,
    /// Who is before this cannot be told what is gone.
    floor: u32,
    places: (Vec<Place>, u32),
    counts: (Vec<AllDayCount>, u32),
    rows: (Vec<Row>, u32),
    chips: (Vec<NewChip>, u32),
    toasts: (Vec<Toast>, u32),
    notices: (Vec<Notice>, u32),
    ingredients: (Vec<IngredientCount>, u32),
    review: (Review, u32),
    talk: (Option<Talk>, u32),
    closing: (Closing, u32),
    house: (HouseEdit, u32),
}

impl Glass {
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// Takes over a picture; the revision grows if anything on it is another.
    pub(crate) fn take(&mut self, picture: Picture) {
        let next = self.revision + 1;
        let mut changed = false;
        changed |= renew_option(&mut self.head, picture.head, next);
        changed |= renew_option(&mut self.connection, picture.connection, next);
        changed |= renew(&mut self.places, picture.places, next);
        changed |= renew(&mut self.counts, picture.counts, next);
        changed |= renew(&mut self.rows, picture.rows, next);
        changed |= renew(&mut self.chips, picture.chips, next);
        changed |= renew(&mut self.toasts, picture.toasts, next);
        changed |= renew(&mut self.notices, picture.notices, next);
        changed |= renew(&mut self.ingredients, picture.ingredients, next);
        changed |= renew(&mut self.review, picture.review, next);
        changed |= renew(&mut self.talk, picture.talk, next);
        changed |= renew(&mut self.closing, picture.closing, next);
        changed |= renew(&mut self.house, picture.house, next);
        self.order = picture.cards.iter().map(|card| card.id.clone()).collect();
        let mut left: BTreeSet<String> = self.cards.keys().cloned().collect();
        for card in picture.cards {
            left.remove(&card.id);
            match self.cards.get_mut(&card.id) {
                Some((held, _)) if *held == card => {}
                Some(held) => {
                    *held = (card, next);
                    changed = true;
                }
                None => {
                    self.gone.retain(|(id, _)| *id != card.id);
                    self.cards.insert(card.id.clone(), (card, next));
                    changed = true;
                }
            }
        }
        for id in left {
            self.cards.remove(&id);
            self.gone.push_back((id, next));
            changed = true;
        }
        while self.gone.len() > MOST_GONE {
            if let Some((_, revision)) = self.gone.pop_front() {
                self.floor = revision;
            }
        }
        if changed {
            self.revision = next;
        }
    }

    /// The changes since a revision, or everything.
    pub(crate) fn frame(&self, mount: u32, since: Option<u32>, now: At) -> Frame {
        let base = since.filter(|since| *since > 0 && *since >= self.floor && *since <= self.revision);
        let after = base.unwrap_or(0);
        let cards = match base {
            None => {
                self.order.iter().filter_map(|id| self.cards.get(id)).map(|(card, _)| card.clone()).collect()
            }
            Some(_) => {
                let changed = self.order.iter().filter_map(|id| self.cards.get(id));
                changed.filter(|(_, at)| *at > after).map(|(card, _)| card.clone()).collect()
            }
        };
        let gone = match base {
            None => Vec::new(),
            Some(_) => self.gone.iter().filter(|(_, at)| *at > after).map(|(id, _)| id.clone()).collect(),
        };
        Frame {
            mount,
            base,
            revision: self.revision,
            now,
            head: self.head.as_ref().and_then(|held| newer(held, base)),
            connection: self.connection.as_ref().and_then(|held| newer(held, base)),
            cards,
            gone,
            places: newer(&self.places, base),
            counts: newer(&self.counts, base),
            rows: newer(&self.rows, base),
            chips: newer(&self.chips, base),
            toasts: newer(&self.toasts, base),
            notices: newer(&self.notices, base),
            ingredients: newer(&self.ingredients, base),
            review: newer(&self.review, base),
            talk: newer(&self.talk, base).flatten(),
            closing: newer(&self.closing, base),
            house: newer(&self.house, base),
        }
    }
}

fn newer<T: Clone>((value, changed): &(T, u32), base: Option<u32>) -> Option<T> {
    base.is_none_or(|base| *changed > base).then(|| value.clone())
}

fn renew<T: PartialEq>(held: &mut (T, u32), value: T, revision: u32) -> bool {
    if held.0 == value {
        return false;
    }
    *held = (value, revision);
    true
}

fn renew_option<T: PartialEq>(held: &mut Option<(T, u32)>, value: T, revision: u32) -> bool {
    match held {
        Some((same, _)) if *same == value => false,
        Some(_) | None => {
            *held = Some((value, revision));
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{Act, Event, EventKind, Operation, Touch};
    use proptest::prelude::*;
    use testkit::{draft, line, order};

    /// A window that knows nothing but frames.
    #[derive(Debug, Default)]
    struct Window {
        revision: Option<u32>,
        cards: BTreeMap<String, Card>,
        frame: Option<Frame>,
    }

    impl Window {
        fn apply(&mut self, frame: Frame) {
            match (frame.base, self.frame.as_mut()) {
                (Some(base), Some(held)) => {
                    assert_eq!(Some(base), self.revision);
                    for id in &frame.gone {
                        self.cards.remove(id);
                    }
                    held.head = frame.head.clone().or(held.head.take());
                    held.connection = frame.connection.clone().or(held.connection.take());
                    held.places = frame.places.clone().or(held.places.take());
                    held.counts = frame.counts.clone().or(held.counts.take());
                    held.rows = frame.rows.clone().or(held.rows.take());
                    held.chips = frame.chips.clone().or(held.chips.take());
                    held.toasts = frame.toasts.clone().or(held.toasts.take());
                    held.notices = frame.notices.clone().or(held.notices.take());
                    held.ingredients = frame.ingredients.clone().or(held.ingredients.take());
                    held.review = frame.review.clone().or(held.review.take());
                    held.talk = frame.talk.clone().or(held.talk.take());
                    held.closing = frame.closing.clone().or(held.closing.take());
                    held.house = frame.house.clone().or(held.house.take());
                }
                (Some(_), None) => panic!("changes before a whole frame"),
                (None, _) => {
                    self.cards.clear();
                    self.frame = Some(frame.clone());
                }
            }
            self.revision = Some(frame.revision);
            self.cards.extend(frame.cards.into_iter().map(|card| (card.id.clone(), card)));
        }

        fn shown(&self) -> (BTreeMap<String, Card>, Frame) {
            let mut frame = self.frame.clone().expect("a frame");
            (frame.cards, frame.gone) = (Vec::new(), Vec::new());
            (frame.base, frame.revision, frame.now) = (None, 0, At(0));
            (self.cards.clone(), frame)
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Place(u32),
        Bump(usize),
        Finish(usize),
        Void(usize),
        Settle,
        Pass(i64),
        Page(u32),
        Tab(Tab),
        Grid(u32, u32),
        ByTable(bool),
        Pull,
    }

    fn step() -> impl Strategy<Value = Step> {
        let tab = prop_oneof![Just(Tab::Station), Just(Tab::Expo), Just(Tab::Recall), Just(Tab::AllDay)];
        prop_oneof![
            6 => (1u32..12).prop_map(Step::Place),
            3 => (0usize..40).prop_map(Step::Bump),
            3 => (0usize..40).prop_map(Step::Finish),
            1 => (0usize..40).prop_map(Step::Void),
            2 => Just(Step::Settle),
            2 => (1i64..400_000).prop_map(Step::Pass),
            2 => (1u32..4).prop_map(Step::Page),
            1 => tab.prop_map(Step::Tab),
            1 => (1u32..5, 1u32..4).prop_map(|(columns, rows)| Step::Grid(columns, rows)),
            1 => any::<bool>().prop_map(Step::ByTable),
            5 => Just(Step::Pull),
        ]
    }

    struct Kitchen {
        board: Board,
        now: At,
        placed: u32,
        made: u32,
        operations: Vec<Operation>,
        told: Told,
        device: DeviceId,
        volumes: Volumes,
    }

    impl Kitchen {
        fn new() -> Self {
            let mut board = Board::new(testkit::setup());
            board.replace(testkit::setup(), [], 0);
            Self {
                board,
                now: At(1_000_000),
                placed: 0,
                made: 0,
                operations: Vec::new(),
                told: Told::default(),
                device: "screen".into(),
                volumes: Volumes::default(),
            }
        }

        fn event(&mut self, kind: EventKind, order: Option<Order>, operation: Option<OperationId>) {
            let seq = self.board.seq() + 1;
            let at = self.now;
            self.board.apply(Event {
                seq,
                at,
                kind,
                order,
                operation,
                menu: None,
                stations: None,
                settings: None,
            });
        }

        fn act(&mut self, nth: usize, act: impl FnOnce(&Order) -> Act) -> Option<Operation> {
            let count = self.board.orders().count();
            let order = self.board.orders().nth(nth % count.max(1))?.clone();
            self.made += 1;
            let id = format!("op{}", self.made).into();
            let act = act(&order);
            Some(Operation { id, device: None, at: self.now, order: order.id, seen: order.version, act })
        }

        fn scene<'a>(
            &'a self,
            connection: &'a Connection,
            problems: &'a BTreeMap<OrderId, Fault>,
            pending: &'a BTreeSet<OrderId>,
        ) -> Scene<'a> {
            Scene {
                board: &self.board,
                seat: Seat { device: &self.device, screen: None, alone: false },
                ready: true,
                now: self.now,
                utc_offset_minutes: 0,
                pace: 1.0,
                day_start: At(0),
                parked_read: At(0),
                volumes: &self.volumes,
                connection,
                notices: &[],
                problems,
                told: &self.told,
                pending,
            }
        }
    }

    fn touches(order: &Order) -> Vec<Touch> {
        order.lines.iter().map(|line| Touch { line: line.id.clone(), upto: line.live() }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn r4_03_snapshot_and_changes_are_the_state(steps in prop::collection::vec(step(), 1..80)) {
            let mut kitchen = Kitchen::new();
            let connection = Connection::new("", At(0));
            let problems = BTreeMap::new();
            let mut view = View::new(Looking::default());
            view.remount(1);
            let mut window = Window::default();
            for step in steps {
                match step {
                    Step::Place(lines) => {
                        kitchen.placed += 1;
                        let lines = (0..lines).map(|n| line(["steak", "fries", "bread"][n as usize % 3], 1 + n, &["no salt"]));
                        let new = order(&format!("o{}", kitchen.placed), kitchen.now, draft(["1", "2", ""][kitchen.placed as usize % 3], lines.collect()));
                        view.unseen.insert(new.id.clone());
                        kitchen.event(EventKind::OrderCreated, Some(new), None);
                    }
                    Step::Bump(nth) => {
                        let station = view.shown_station(&kitchen.board);
                        if let Some(operation) = kitchen.act(nth, |order| Act::Bump { station, lines: touches(order) })
                            && kitchen.board.propose(operation.clone(), kitchen.now).is_ok()
                        {
                            kitchen.operations.push(operation);
                        }
                    }
                    Step::Finish(nth) => {
                        let station = view.shown_station(&kitchen.board);
                        if let Some(operation) = kitchen.act(nth, |order| Act::Finish { station, lines: touches(order) })
                            && kitchen.board.propose(operation.clone(), kitchen.now).is_ok()
                        {
                            kitchen.operations.push(operation);
                        }
                    }
                    Step::Void(nth) => {
                        if let Some(operation) = kitchen.act(nth, |order| Act::VoidLines { lines: touches(order) })
                            && let Some(held) = kitchen.board.confirmed(&operation.order)
                            && let Ok(decided) = kitchen::decide(held, &operation, kitchen.board.setup(), kitchen.now)
                        {
                            kitchen.event(decided.kind, decided.order, None);
                        }
                    }
                    Step::Settle => {
                        for operation in std::mem::take(&mut kitchen.operations) {
                            let held = kitchen.board.confirmed(&operation.order).expect("never forgotten here");
                            match kitchen::decide(held, &operation, kitchen.board.setup(), kitchen.now) {
                                Ok(decided) => kitchen.event(decided.kind, decided.order, Some(operation.id)),
                                Err(_) => {
                                    kitchen.board.withdraw(&operation.id);
                                }
                            }
                        }
                    }
                    Step::Pass(ms) => kitchen.now = kitchen.now.plus(ms),
                    Step::Page(page) => view.page = page,
                    Step::Tab(tab) => view.looking.tab = tab,
                    Step::Grid(columns, rows) => view.looking.grid = Some(Grid { columns, rows, ..USUAL_GRID }),
                    Step::ByTable(on) => view.looking.by_table = on,
                    Step::Pull => {
                        let pending: BTreeSet<OrderId> =
                            kitchen.board.pending().map(|operation| operation.order.clone()).collect();
                        let scene = kitchen.scene(&connection, &problems, &pending);
                        view.refresh(&scene);
                        window.apply(view.glass.frame(1, window.revision, kitchen.now));
                        let mut fresh = Window::default();
                        fresh.apply(view.glass.frame(1, None, kitchen.now));
                        prop_assert_eq!(window.shown(), fresh.shown());

                        // And the counts are those of the open tickets.
                        let station = view.shown_station(&kitchen.board);
                        let tickets = kitchen.board.tickets(&station, kitchen.now);
                        let open: u32 = tickets
                            .iter()
                            .flat_map(|ticket| &ticket.own)
                            .map(|own| own.line.live().saturating_sub(own.work.done))
                            .sum();
                        let counted: u32 = fresh.frame.iter().flat_map(|f| f.counts.iter().flatten()).map(|c| c.open).sum();
                        prop_assert_eq!(open, counted);

                        // Every ticket is on exactly one page.
                        if matches!(view.looking.tab, Tab::Station | Tab::Expo) {
                            let mut standing: Vec<_> = view.standing(&scene).into_iter().map(|(order, _)| order).collect();
                            standing.sort();
                            let mut expected: Vec<_> = tickets.iter().map(|ticket| ticket.order.id.clone()).collect();
                            expected.sort();
                            prop_assert_eq!(standing, expected);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn who_is_too_far_behind_gets_everything() {
        let mut kitchen = Kitchen::new();
        let connection = Connection::new("", At(0));
        let (problems, pending) = (BTreeMap::new(), BTreeSet::new());
        let mut view = View::new(Looking::default());
        view.remount(1);
        view.refresh(&kitchen.scene(&connection, &problems, &pending));
        let early = view.glass.revision();
        for n in 0..MOST_GONE + 2 {
            let new = order(&format!("o{n}"), kitchen.now, draft("1", vec![line("steak", 1, &[])]));
            kitchen.event(EventKind::OrderCreated, Some(new), None);
            view.refresh(&kitchen.scene(&connection, &problems, &pending));
            let bump = kitchen
                .act(0, |order| Act::Bump { station: StationId::expo(), lines: touches(order) })
                .unwrap();
            let held = kitchen.board.confirmed(&bump.order).unwrap();
            let decided = kitchen::decide(held, &bump, kitchen.board.setup(), kitchen.now).unwrap();
            kitchen.event(decided.kind, decided.order, None);
            view.refresh(&kitchen.scene(&connection, &problems, &pending));
            kitchen.board.forget(At(i64::MAX));
        }
        assert_eq!(view.glass.frame(1, Some(early), kitchen.now).base, None);
        let last = view.glass.revision();
        assert_eq!(view.glass.frame(1, Some(last), kitchen.now).base, Some(last));
        assert_eq!(view.glass.frame(1, Some(last + 1), kitchen.now).base, None);
    }
}
