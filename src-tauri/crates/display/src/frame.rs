//! Frames: what a web view pulls to know what to show, and the presses it sends back.
//!
//! A frame is a whole view or the changes since the revision that the view names; sections that did not change are
//! absent. Times are moments of the hub's clock; `Frame::now` tells what it showed when the frame was made, so that the
//! web view only counts seconds on from there. The web view decides nothing: what a press names (order, version, lines,
//! pieces) is handed to it with the card, and it hands back what was there when the finger came down.
//!
//! These types are the only ones that cross into TypeScript; `ui/src/generated` is made from them.

use kitchen::{
    At, ChangeKind, House, LineId, MenuItemId, ModifierClass, OperationId, OrderId, OrderType, Queue,
    StationId, Urgency,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use wire::hub::{Fault, UpstreamState};

pub use crate::handle::Sound;

mod talk;
pub use talk::{
    AnswerTicket, MicrophoneChoice, MicrophoneState, Outcome, PeerState, Said, SpokenAct, SpokenAnswer,
    SpokenVerb, SpokenWords, Talk, TalkMode, TalkPress, TalkTurn, TurnRecord, VoicePanel,
};

/// One view's picture, or what changed in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Frame {
    /// Which mount of the view this is for. A frame of another mount is thrown away.
    pub mount: u32,
    /// The revision these are the changes since; absent = the frame is whole and replaces everything.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// The revision after it. Equal to `base` when nothing changed: the backend is alive, that is all.
    pub revision: u32,
    /// The hub's clock when the frame was made.
    pub now: At,
    /// Header and everything around the tickets.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
    /// The state of the link.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// New and changed cards of the page that is shown.
    pub cards: Vec<Card>,
    /// Cards that left the page.
    pub gone: Vec<String>,
    /// Where every card of the page is, when any of them moved.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<Place>>,
    /// Counts over all open tickets of the view, most wanted first.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Vec<AllDayCount>>,
    /// The rows of the scheduled and recall tabs; empty on the others.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Row>>,
    /// New and changed orders that are on another page.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chips: Option<Vec<NewChip>>,
    /// Bumps that can be taken back, the latest last.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toasts: Option<Vec<Toast>>,
    /// What went wrong and needs a person's eye.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<Vec<Notice>>,
    /// What the counted pieces take, by the recipes of the menu.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingredients: Option<Vec<IngredientCount>>,
    /// The order that is being looked at.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// What is open, as the end of service asks; absent while nobody asks.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// The stations and rules as somebody edits them.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house: Option<HouseEdit>,
    /// How talking to the view stands; absent from the first frame of a program without a microphone.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Talk>,
}

/// An order that somebody looks at from a row of a list: the whole of it, and nothing about it changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Review {
    /// As the pass sees it; absent = nobody looks at one.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Box<Card>>,
}

/// What is open on a glass, all pages, for the one question at the end of service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Closing {
    /// Whether somebody asks.
    pub asked: bool,
    /// As they stand; empty while nobody asks.
    pub tickets: Vec<OpenTicket>,
}

/// A ticket that is open at the end of service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OpenTicket {
    /// What a press names.
    pub ticket: PressTicket,
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// The moment its age counts from.
    pub since: At,
}

/// What becomes of what is open at the end of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum CloseHow {
    /// Done, at the glass that asks; at the pass, everywhere.
    Bump,
    /// Put aside, off every glass.
    Park,
    /// The guests are gone. It leaves every glass at once and is voided when the time to undo is over.
    Void,
}

/// Stations and rules as somebody edits them, and what that would come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HouseEdit {
    /// As they are to be; absent = nobody edits.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<House>,
    /// The parts of the menu.
    pub categories: Vec<Named>,
    /// What is on the menu.
    pub items: Vec<Named>,
    /// Items that no station would cook: they would wait at expo alone.
    pub unrouted: Vec<String>,
    /// What is other than before.
    pub changes: Vec<HouseChange>,
    /// Open orders of which something would go to other stations.
    pub rerouted: u32,
    /// Somebody else has changed the same meanwhile: saving would be refused.
    pub overtaken: bool,
    /// Why no kitchen could work like that.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Named {
    /// Opaque id.
    pub id: String,
    /// Shown name.
    pub name: String,
}

/// One thing that an edit changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum HouseChange {
    /// A new station.
    Added {
        /// Its name.
        station: String,
    },
    /// A station that is no longer there.
    Removed {
        /// Its name.
        station: String,
    },
    /// Something of a station.
    Station {
        /// Its name.
        station: String,
        /// Which fields of [`kitchen::Station`].
        fields: Vec<String>,
    },
    /// The stations stand in another order.
    Order,
    /// A rule: a field of [`kitchen::Settings`].
    Rule {
        /// Which.
        field: String,
    },
}

/// Header and everything around the tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Head {
    /// The restaurant's name.
    pub restaurant: String,
    /// The kitchen orders from itself.
    pub demo: bool,
    /// False until the first board was read: the view shows that it is loading, never an empty kitchen.
    pub ready: bool,
    /// The restaurant's offset from UTC in minutes, for clocks and promised times on the glass.
    pub utc_offset_minutes: i32,
    /// How many of the hub's milliseconds pass in a real one: between frames the web view counts at that pace. Another
    /// one than 1 only in simulated time.
    pub pace: f64,
    /// The station this view shows.
    pub station: StationChoice,
    /// The stations it can show.
    pub stations: Vec<StationChoice>,
    /// The tab that is shown.
    pub tab: Tab,
    /// Open tickets at the station.
    pub station_open: u32,
    /// Open tickets at expo.
    pub expo_open: u32,
    /// Orders whose time has not come.
    pub scheduled: u32,
    /// Tickets of this glass that are put aside.
    pub parked: u32,
    /// Of those, that fire within minutes.
    pub scheduled_soon: u32,
    /// Late tickets of the view, all pages.
    pub late: u32,
    /// The page that is shown, from 1.
    pub page: u32,
    /// How many there are, at least 1.
    pub pages: u32,
    /// The selected card, for keys and bump bar.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<String>,
    /// How the glass is measured.
    pub glass: Glass,
    /// The sounds of this screen and how loud each is.
    pub sounds: Vec<SoundVolume>,
    /// How the screens of the station share its tickets; absent = all show the same.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Which of the station's screens this is, if somebody has said so.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<u32>,
    /// What the recall tab is searched for.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The tickets of one table stand together.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_table: Option<bool>,
    /// What the counts are over; absent = the station.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_of: Option<CountsOf>,
    /// The item whose lines are marked on the tickets.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked: Option<MenuItemId>,
}

/// How loud a sound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SoundVolume {
    /// Which.
    pub sound: Sound,
    /// 0-100, 0 = it is off.
    pub volume: u8,
}

/// A station to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StationChoice {
    /// Opaque id.
    pub id: StationId,
    /// Shown name; empty for expo, whose name is the language's.
    pub name: String,
}

/// What a view shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// The station's own tickets.
    #[default]
    Station,
    /// All orders, as the pass sees them.
    Expo,
    /// Counts of everything open.
    AllDay,
    /// Orders whose time has not come.
    Scheduled,
    /// What was bumped, to be brought back.
    Recall,
}

/// How the glass is measured: everything on it is sized in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Glass {
    /// CSS pixels per millimetre; absent when the monitor does not say and nobody has set it: the web view then guesses
    /// by resolution.
    pub px_per_mm: Option<f64>,
    /// How large the text is.
    pub text: TextSize,
}

/// How large the text is (KITCHEN_FACTS, Ergonomics).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// Item text of 7.9 mm.
    Small,
    /// Item text of 9.9 mm.
    #[default]
    Normal,
    /// Item text of 12.2 mm.
    Large,
}

/// The state of the link to the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Connection {
    /// Where it is.
    pub state: ConnectionState,
    /// Since when.
    pub since: At,
    /// Where the hub is, as a person would say it: `this computer` is empty, else host and port.
    pub hub: String,
    /// Operations that the hub has not confirmed.
    pub unsent: u32,
    /// When the oldest of them was made.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_unsent: Option<At>,
    /// What is wrong, when the hub has said so.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// How long the way to the hub and back took last, milliseconds; only while it is live.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u32>,
    /// Attempts that failed since it was live.
    pub attempts: u32,
    /// When the next attempt is made, while it waits for that.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<At>,
    /// The hub's back end, as the hub said last; absent: it has none, or is not heard.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
}

impl Connection {
    /// Before the first attempt.
    #[must_use]
    pub fn new(hub: impl Into<String>, since: At) -> Self {
        Self {
            state: ConnectionState::Connecting,
            since,
            hub: hub.into(),
            unsent: 0,
            oldest_unsent: None,
            fault: None,
            round_trip_ms: None,
            attempts: 0,
            next_attempt_at: None,
            upstream: None,
        }
    }
}

/// A change of the link's state, as it is told once (R3.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionChange {
    /// Before.
    pub from: ConnectionState,
    /// After.
    pub to: ConnectionState,
    /// All of it after the change.
    pub connection: Connection,
}

/// The hub's back end: where orders come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Upstream {
    /// How it is.
    pub state: UpstreamState,
    /// Since when it is live, or is not.
    pub since: At,
    /// Orders of which it does not know how far the kitchen is.
    pub unreported: u32,
    /// Since when, for the oldest of them.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_unreported: Option<At>,
    /// What is wrong with it as a whole.
    pub faults: Vec<Fault>,
}

/// Where the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// First attempt, or between attempts for less than the liveness limit.
    Connecting,
    /// Heard from within the liveness limit.
    Live,
    /// No hub. The board stands as it was, works, and says since when.
    Offline,
    /// The hub does not let this screen in; somebody has to do something.
    Refused,
}

/// What an order is called on the glass; the language adds its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
pub enum TicketLabel {
    /// A table.
    Table(String),
    /// A customer.
    Name(String),
    /// The last part of the order's number; the type of the order stands before it.
    Number(String),
}

/// One ticket, or one part of a ticket that is too long for one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Card {
    /// Stable while the ticket is on the page: order id and part.
    pub id: String,
    /// The order.
    pub order: OrderId,
    /// The version on the glass; presses carry it.
    pub seen: u64,
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// Its short number.
    pub number: String,
    /// Who serves it.
    pub server: Option<String>,
    /// How many guests.
    pub guests: Option<u32>,
    /// When it was promised.
    pub promised_at: Option<At>,
    /// Who fetches it.
    pub courier: Option<String>,
    /// When they come.
    pub courier_at: Option<At>,
    /// The moment its age counts from.
    pub since: At,
    /// When the kitchen first saw it, if that was well after its source had taken it.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<At>,
    /// How pressing it is.
    pub urgency: Urgency,
    /// Goes before the others.
    pub rush: bool,
    /// Nobody is to cook it now.
    pub held: bool,
    /// When that ends by itself.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<At>,
    /// The course that can be fired next.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_course: Option<NextCourse>,
    /// The stations that this pass waits for: it cannot be bumped before.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Vec<String>>,
    /// Whose it is, where the screens of the station do not share their tickets.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// Its place among the tickets of its table, where the view shows them together and there are more than one.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<CardTable>,
    /// At a pass: how far each station is.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Vec<StationProgress>>,
    /// When everything that is cooked now is to be done together, where the house coordinates.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<At>,
    /// Nothing on it is to be begun before; absent = something is.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<At>,
    /// The whole order was taken back; bumping says that it was seen.
    pub voided: bool,
    /// Nobody has touched it and it is younger than the new-order mark.
    pub fresh: bool,
    /// The note on the order.
    pub note: Option<String>,
    /// The note speaks of an allergy.
    pub note_allergy: bool,
    /// The lines of this part: own ones first in the order's order, then those of other stations.
    pub lines: Vec<CardLine>,
    /// Lines of other stations that have no room on the card.
    pub elsewhere_more: u32,
    /// Own lines that are done.
    pub done: u32,
    /// Own lines in all.
    pub total: u32,
    /// Which part this is, from 1.
    pub part: u32,
    /// How many parts the ticket has. Only the last one has a BUMP.
    pub parts: u32,
    /// What BUMP names: every open line of the whole ticket with the pieces on the glass.
    pub bump: Vec<PressLine>,
    /// Something on it waits for the hub's word.
    pub pending: bool,
    /// The hub refused the last press on it; the reason.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Fault>,
}

/// Whose a ticket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "whose", rename_all = "snake_case")]
pub enum Taken {
    /// Nobody's yet: to be taken before it is cooked.
    Nobodys,
    /// This screen's.
    Ours,
    /// Another screen's.
    Others {
        /// What people call that screen.
        screen: Option<u32>,
    },
}

/// A course that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NextCourse {
    /// Counts from 1; a press names it.
    pub number: u8,
    /// Shown name.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it fires by itself.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fires_at: Option<At>,
}

/// Why a line is not to be made yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LineWait {
    /// Its course is not fired.
    Course,
    /// It is still made at that station.
    Station {
        /// Shown name.
        name: String,
    },
}

/// The place of a ticket among those of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CardTable {
    /// Which table.
    pub name: String,
    /// From 1, the oldest first.
    pub position: u32,
    /// How many there are.
    pub tickets: u32,
}

/// When a line that nobody has begun is to be begun, where the house coordinates. A touch works on it all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LineStart {
    /// Then, so that it is ready with what takes longest.
    Later {
        /// When.
        at: At,
        /// What it is to be ready with.
        with: String,
    },
    /// Its time has come.
    Now,
}

/// How far a station is, as the pass sees it. Counts are lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StationProgress {
    /// Shown name.
    pub name: String,
    /// Lines that are done there.
    pub done: u32,
    /// Lines that it cooks.
    pub lines: u32,
    /// Everything it cooks has come to the pass.
    pub sent: bool,
}

/// One line on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CardLine {
    /// Which line.
    pub id: LineId,
    /// Pieces that are wanted; of a voided line those that were.
    pub quantity: u32,
    /// Pieces that are done here.
    pub done: u32,
    /// Shown name.
    pub name: String,
    /// How it is wanted.
    pub modifiers: Vec<CardModifier>,
    /// A note.
    pub note: Option<String>,
    /// The note speaks of an allergy.
    pub note_allergy: bool,
    /// Seat label.
    pub seat: Option<String>,
    /// Course number.
    pub course: Option<u8>,
    /// Belongs to the line above: part of a combo.
    pub nested: bool,
    /// Whose line it is.
    pub place: LinePlace,
    /// How it is.
    pub state: CardLineState,
    /// Nothing is to be made of it yet; shown grey.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<LineWait>,
    /// When it is to be begun, so that everything is done together.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<LineStart>,
    /// Further pieces that will come from the station before.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_come: Option<u32>,
    /// Somebody sent it here from that station.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// It is out: somebody has to tell the guest.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<bool>,
    /// It is of the item that somebody touched in the counts.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked: Option<bool>,
    /// Other stations that cook the same line.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Vec<String>>,
    /// A change after firing that nobody here has touched yet.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<LineChange>,
}

/// Whose line it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LinePlace {
    /// This station's: a touch marks it done or undone. At expo, with the names of the stations that still cook it.
    Own {
        /// Station names; empty on prep tickets and for lines that nobody cooks.
        cooking: Vec<String>,
    },
    /// Other stations': shown small, for the picture of the whole table.
    Elsewhere {
        /// Their names; empty when nobody cooks it and it waits at expo.
        stations: Vec<String>,
    },
}

/// How a line is, as this view sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum CardLineState {
    /// Nobody has begun.
    Queued,
    /// Somebody has.
    Started,
    /// Finished, still on the glass.
    Done,
    /// Finished and bumped before; shown dim for the picture, no longer counted.
    Bumped,
    /// Taken back.
    Voided,
}

/// A change after firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LineChange {
    /// What happened.
    pub kind: ChangeKind,
    /// Pieces before it.
    pub was: u32,
}

/// A modifier on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CardModifier {
    /// As the POS wrote it; an allergy without the word itself, which the badge adds.
    pub text: String,
    /// What it means.
    pub class: ModifierClass,
}

/// A line and its pieces, as a press names them. The web view hands back what the card gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PressLine {
    /// Which line.
    pub line: LineId,
    /// Pieces on the glass.
    pub upto: u32,
}

/// A ticket, as a press names it among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PressTicket {
    /// From the card.
    pub order: OrderId,
    /// From the card.
    pub seen: u64,
    /// From the card.
    pub lines: Vec<PressLine>,
}

/// Where a card stands: cells counted from 1, columns filled downwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Place {
    /// The card.
    pub card: String,
    /// Its column.
    pub column: u32,
    /// Its first row.
    pub row: u32,
    /// How many rows it spans.
    pub rows: u32,
}

/// How many of one item are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AllDayCount {
    /// Which item.
    pub item: MenuItemId,
    /// Shown name.
    pub name: String,
    /// Pieces not done.
    pub open: u32,
    /// Of those, begun.
    pub started: u32,
    /// Pieces of open tickets that are not to be made yet.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<u32>,
    /// How many are left; 0 = out, absent = plenty.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// The same pieces by how they are wanted, when that is more than one way.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<CountVariant>>,
}

/// Pieces that are wanted alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CountVariant {
    /// Modifiers and notes, allergies first; none = as it is on the menu.
    pub modifiers: Vec<CardModifier>,
    /// Pieces not done.
    pub open: u32,
}

/// How much of an ingredient the counted pieces take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IngredientCount {
    /// Shown name.
    pub name: String,
    /// Its unit; empty = pieces.
    pub unit: String,
    /// How much.
    pub amount: u32,
}

/// What the counts are over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum CountsOf {
    /// The open tickets of the station.
    #[default]
    Station,
    /// The whole kitchen.
    Kitchen,
}

/// One row of the scheduled or the recall tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Row {
    /// The order.
    pub order: OrderId,
    /// The version on the glass.
    pub seen: u64,
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// Its short number.
    pub number: String,
    /// Scheduled: when it fires. Recall: when it was bumped.
    pub at: At,
    /// The moment its age counts from.
    pub since: At,
    /// Its lines in short: `2 Sea bass`.
    pub lines: Vec<String>,
    /// Recall: it is put aside, since `at`; absent = it was bumped.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<bool>,
    /// Recall: the station that bumped it, on a glass that shows all of them.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// Scheduled: it fires within minutes.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soon: Option<bool>,
    /// Recall: the bump that a recall takes back; absent when it is too old or the order was voided.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bump: Option<OperationId>,
}

/// A new or changed order that is on another page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NewChip {
    /// The order.
    pub order: OrderId,
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// Where it is.
    pub page: u32,
    /// What was changed on it; absent = the order is new.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeKind>,
}

/// What was done that a toast takes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// A bump.
    #[default]
    Bumped,
    /// A rush.
    Rushed,
    /// A hold.
    Held,
    /// An order or a course fired ahead of its time.
    Fired,
    /// Lines sent to another station.
    Transferred,
    /// An item is out, or so many are left; the label is its name.
    Stocked,
    /// Put aside.
    Parked,
    /// Other stations or rules.
    Configured,
    /// So many tickets bumped at the end of service.
    BumpedAll,
    /// So many tickets put aside.
    ParkedAll,
    /// So many tickets that will be voided when the toast goes.
    VoidedAll,
    /// Begun, by word.
    Started,
    /// Not begun after all, by word.
    Unstarted,
    /// Not done after all, by word.
    Reopened,
    /// Back on the glass, by word.
    Recalled,
    /// In its turn again, by word.
    Unrushed,
    /// To be cooked again, by word.
    Released,
    /// This screen's, by word.
    Taken,
    /// Anybody's again, by word.
    PutBack,
    /// Brought back from where it was put aside, by word.
    Unparked,
}

/// Something that can be taken back for a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Toast {
    /// What undo names.
    pub operation: OperationId,
    /// The order.
    pub order: OrderId,
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// When the toast goes.
    pub until: At,
    /// What was done; absent = a bump.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<Done>,
    /// To how many tickets, which come back at once; absent = one.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// Something that went wrong and needs a person's eye.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Notice {
    /// For dismissing it.
    pub id: u32,
    /// What; the language files hold the sentence.
    pub fault: Fault,
    /// The ticket it is about.
    pub label: Option<TicketLabel>,
    /// How that order reaches its guest.
    pub order_type: Option<OrderType>,
}

/// What mounting a view gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Mounted {
    /// The view; every command names it.
    pub view: String,
    /// The whole picture; its `mount` goes with every command of this mount.
    pub frame: Frame,
}

/// How much fits on the glass, as the web view has measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Grid {
    /// Columns of cells.
    pub columns: u32,
    /// Rows of cells.
    pub rows: u32,
    /// Height of the lines' area of a one-row card, in CSS pixels.
    pub cell_body_px: u32,
    /// What each further row adds to it.
    pub cell_row_px: u32,
    /// Height of one line row without modifiers, spacing included.
    pub line_px: u32,
    /// Height of each further text row: wrapped name, modifier, note.
    pub row_px: u32,
    /// Height of a dimmed row of another station.
    pub dim_px: u32,
    /// Item-name characters that surely fit in one row.
    pub name_chars: u32,
    /// Modifier characters that surely fit in one row.
    pub row_chars: u32,
}

/// A press on the glass, a key, or (later) a spoken command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "press", rename_all = "snake_case")]
pub enum Press {
    /// BUMP.
    Bump {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// From the card.
        lines: Vec<PressLine>,
    },
    /// BUMP ALL of a table whose tickets stand together: each is an act of its own, and what is refused is said on its card.
    BumpTable {
        /// From the cards.
        tickets: Vec<PressTicket>,
    },
    /// A line: done.
    Finish {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// Line and its pieces.
        line: PressLine,
    },
    /// Done lines: not done after all.
    Reopen {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// Which lines.
        lines: Vec<LineId>,
    },
    /// Marked lines: seen.
    Acknowledge {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// Lines and their pieces.
        lines: Vec<PressLine>,
    },
    /// The whole ticket, or a line: somebody begins.
    Start {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// From the card.
        lines: Vec<PressLine>,
    },
    /// Nobody has begun after all.
    Unstart {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// From the card.
        lines: Vec<PressLine>,
    },
    /// Before all others.
    Rush {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// Like the others again.
    Unrush {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// Nobody is to cook it now.
    Hold {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// For so long; absent = until it is released.
        #[ts(optional)]
        #[serde(default)]
        minutes: Option<u32>,
    },
    /// It is to be cooked after all.
    Release {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// It is this screen's, and no other screen of the station can take it.
    Take {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// It is anybody's again.
    PutBack {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// It is put aside, off every glass.
    Park {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
    },
    /// It is brought back from there.
    Unpark {
        /// From the row.
        order: OrderId,
        /// From the row.
        seen: u64,
    },
    /// What was open when somebody asked at the end of service.
    Close {
        /// What becomes of it.
        how: CloseHow,
        /// These.
        tickets: Vec<PressTicket>,
    },
    /// To the stations now, ahead of its time.
    Fire {
        /// From the card or row.
        order: OrderId,
        /// From the card or row.
        seen: u64,
        /// From the card; absent = the scheduled order.
        #[ts(optional)]
        #[serde(default)]
        course: Option<u8>,
    },
    /// Another station is to do these.
    Transfer {
        /// From the card.
        order: OrderId,
        /// From the card.
        seen: u64,
        /// Which station.
        to: StationId,
        /// Which lines.
        lines: Vec<LineId>,
    },
    /// So many of an item are left.
    Stock {
        /// From the counts.
        item: MenuItemId,
        /// From the counts.
        name: String,
        /// 0 = it is out; absent = plenty.
        #[ts(optional)]
        #[serde(default)]
        left: Option<u32>,
    },
    /// The stations and rules that this view has edited take effect.
    Configure,
    /// The toast: as it was before.
    Undo {
        /// From the toast.
        order: OrderId,
        /// From the toast.
        operation: OperationId,
    },
    /// A row of the recall tab: back to its old place, at every station that had bumped any of it.
    Recall {
        /// From the row.
        order: OrderId,
        /// From the row.
        operation: OperationId,
    },
    /// Takes one bump back, and only that.
    Unbump {
        /// From the toast or row.
        order: OrderId,
        /// From the toast or row.
        operation: OperationId,
    },
    /// Start what is due of the selected card, else all of it.
    StartSelected,
    /// Rush the selected card, or no longer.
    RushSelected,
    /// Hold the selected card until it is released, or release it.
    HoldSelected,
    /// Fire the next course of the selected card.
    FireSelected,
    /// Bump the selected card (Enter, bump bar).
    BumpSelected,
    /// Bring back the last ticket bumped on this view (bump bar).
    RecallLast,
}

/// Where a view should look next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "go", rename_all = "snake_case")]
pub enum Go {
    /// Another tab.
    Tab {
        /// Which.
        tab: Tab,
    },
    /// Another page, from 1; beyond the last is the last.
    Page {
        /// Which.
        page: u32,
    },
    /// Another station, kept over restarts.
    Station {
        /// Which.
        station: StationId,
    },
    /// The page of an order.
    Order {
        /// Which.
        order: OrderId,
    },
    /// Select a card by its position on the page, from 0.
    Select {
        /// Which.
        position: u32,
    },
    /// Move the selection; the page follows.
    SelectStep {
        /// How far, negative = back.
        by: i32,
    },
    /// What the counts are over.
    Counts {
        /// Which.
        of: CountsOf,
    },
    /// Mark the lines of an item on the tickets.
    Mark {
        /// Which; absent = none.
        #[ts(optional)]
        #[serde(default)]
        item: Option<MenuItemId>,
    },
    /// What the recall tab is searched for; empty = everything.
    Search {
        /// Words of number, table, name, item.
        text: String,
    },
    /// Look at an order.
    Review {
        /// From the row; absent = look at none.
        #[ts(optional)]
        #[serde(default)]
        order: Option<OrderId>,
    },
    /// Ask what is open at the end of service, or no longer.
    Closing {
        /// Whether somebody asks.
        asked: bool,
    },
    /// Begin to edit stations and rules as they are now; again: begin anew.
    EditHouse,
    /// As they are to be, so far. Nothing takes effect yet.
    DraftHouse {
        /// The whole of it.
        house: Box<House>,
    },
    /// Edit no more.
    LeaveHouse,
    /// Whether the tickets of one table stand together, kept over restarts.
    ByTable {
        /// They do.
        on: bool,
    },
    /// Text size, kept over restarts.
    Text {
        /// How large.
        text: TextSize,
    },
    /// Which of the station's screens this is, kept over restarts.
    Screen {
        /// Its number.
        number: u32,
    },
    /// Volume of a sound, 0-100, kept over restarts. Plays it once.
    Volume {
        /// Which.
        sound: Sound,
        /// How loud.
        volume: u8,
    },
    /// The notice was read.
    Dismiss {
        /// Which.
        notice: u32,
    },
}

/// What a press came to, once it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Pressed {
    /// The operation it became; absent when everything was so already.
    pub operation: Option<OperationId>,
}
