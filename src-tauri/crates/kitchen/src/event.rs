//! Events: what the hub recorded, in the one order that all screens see.

use crate::{At, Menu, OperationId, Order, Settings, Station};
use serde::{Deserialize, Serialize};

/// One entry of the hub's log. It carries the resulting order, so that a screen which does not know the kind still
/// shows the right thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Contiguous per restaurant and epoch, from 1.
    pub seq: u64,
    /// The hub's clock; never goes back within an epoch.
    pub at: At,
    /// What happened.
    pub kind: EventKind,
    /// The order after it, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The operation that caused it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// The menu after it, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
    /// The stations after it, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stations: Option<Vec<Station>>,
    /// The settings after it, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A new order.
    OrderCreated,
    /// Lines were added or taken back.
    OrderChanged,
    /// The whole order was taken back.
    OrderVoided,
    /// Somebody began.
    LinesStarted,
    /// Lines are done.
    LinesFinished,
    /// Lines are not done after all.
    LinesReopened,
    /// Lines left a station's glass.
    LinesBumped,
    /// A bump was taken back.
    LinesUnbumped,
    /// A change was seen.
    ChangeAcknowledged,
    /// It goes before the others, or no longer.
    PriorityChanged,
    /// Nobody is to cook it for now.
    OrderHeld,
    /// It is to be cooked again.
    OrderReleased,
    /// It was put aside: by somebody, or because its day is over.
    OrderParked,
    /// It was brought back from there.
    OrderUnparked,
    /// It, or a course of it, went to the stations or was taken back from them.
    CourseFired,
    /// A screen took a ticket, put it back, or was dealt it.
    TicketDealt,
    /// Lines went from one station to another.
    LinesTransferred,
    /// A POS or back end moved it.
    StatusAdvanced,
    /// Its stations are others because the setup changed.
    OrderRerouted,
    /// The menu changed.
    MenuSet,
    /// The stations changed.
    StationsSet,
    /// The settings changed.
    SettingsSet,
    /// The hub's wall clock was moved; its own did not follow backwards.
    ClockStepped,
    /// A kind from a newer hub; its order counts all the same.
    #[serde(other)]
    Unknown,
}
