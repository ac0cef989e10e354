//! Operations: a cook's act on its way to the hub. They carry intent, not results: which lines, and how many pieces of
//! each, were on the glass when the finger came down. A line that is not named is never touched.

use crate::{At, DeviceId, House, LineId, MenuItemId, NewLine, OperationId, OrderId, OrderStatus, StationId};
use serde::{Deserialize, Serialize};

/// One act on one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Made where the act was made; applied once.
    pub id: OperationId,
    /// The screen it was made on; absent for the POS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// When, by the screen's idea of the hub's clock. For the record; the hub stamps the event itself.
    pub at: At,
    /// Which order.
    pub order: OrderId,
    /// The order version that was on the glass.
    pub seen: u64,
    /// What is to happen.
    #[serde(flatten)]
    pub act: Act,
}

/// A line and how many of its pieces are meant: *up to* that count, as it stood on the glass. A late bump of
/// 2 pieces never finishes a third that was added meanwhile, and arriving twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// Which line.
    pub line: LineId,
    /// Pieces.
    pub upto: u32,
}

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Somebody begins these lines.
    Start {
        /// At this station.
        station: StationId,
        /// These.
        lines: Vec<Touch>,
    },
    /// Nobody has begun these after all. What is done already stays.
    Unstart {
        /// At this station.
        station: StationId,
        /// These.
        lines: Vec<Touch>,
    },
    /// These are done, and stay on the glass until the bump.
    Finish {
        /// At this station.
        station: StationId,
        /// Done up to that many.
        lines: Vec<Touch>,
    },
    /// These are not done after all: done falls to `upto`.
    Reopen {
        /// At this station.
        station: StationId,
        /// Done down to that many.
        lines: Vec<Touch>,
    },
    /// These are done and leave the glass. At expo: at every station, for the pass sends them out.
    Bump {
        /// On this glass.
        station: StationId,
        /// These, voided ones included: bumping a void says that it was seen.
        lines: Vec<Touch>,
    },
    /// Takes bumps back: the undo of a touch names one, the recall of a ticket also those of other stations. One that is
    /// no longer there is passed over as long as another is.
    Unbump {
        /// The operation that bumped.
        bump: OperationId,
        /// Further ones.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<OperationId>,
    },
    /// Somebody has seen the marked changes of these lines.
    Acknowledge {
        /// At this station.
        station: StationId,
        /// These.
        lines: Vec<Touch>,
    },
    /// This ticket before all others. It shows at once everywhere, and [`Act::Unrush`] takes it back: holding it back for
    /// the seconds in which it can be cancelled would delay what it is for, and whatever is done to the ticket meanwhile.
    Rush,
    /// Not before the others after all.
    Unrush,
    /// Nobody is to cook it now.
    Hold {
        /// Until then, by the hub's clock; absent = until somebody releases it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<At>,
    },
    /// It is to be cooked after all.
    Release,
    /// The screen that it is made on takes the ticket: no other screen of the station can take it as well.
    Take {
        /// At this station.
        station: StationId,
        /// What people call the screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        screen: Option<u32>,
    },
    /// It is anybody's again.
    PutBack {
        /// At this station.
        station: StationId,
    },
    /// It is put aside, off every glass. Whoever works on it, or takes it back, finds it as it was.
    Park,
    /// It is brought back, with its age.
    Unpark,
    /// It goes to the stations now, ahead of its time.
    Fire {
        /// This course; absent = the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<u8>,
    },
    /// It was fired by mistake, and nobody has begun.
    Unfire {
        /// This course; absent = the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<u8>,
    },
    /// What is left of these at one station is another's to do.
    Transfer {
        /// From here.
        from: StationId,
        /// To there.
        to: StationId,
        /// These.
        lines: Vec<LineId>,
    },
    /// A POS or a back end says how far these lines are, at every station.
    Advance {
        /// `confirmed` takes back, `preparing` starts, `ready` bumps at the stations, `completed` bumps at expo.
        to: OrderStatus,
        /// These.
        lines: Vec<Touch>,
    },
    /// The guest wants more.
    AddLines {
        /// Not routed yet.
        lines: Vec<NewLine>,
    },
    /// The guest wants less: voided rises to `upto`.
    VoidLines {
        /// Voided up to that many.
        lines: Vec<Touch>,
    },
    /// The guest wants a line otherwise.
    ChangeLine {
        /// This one.
        line: LineId,
        /// Instead of its modifiers; absent = as they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        modifiers: Option<Vec<String>>,
        /// Instead of its note, empty = none; absent = as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notes: Option<String>,
    },
    /// How many of an item are left. Names no order: the operation's order is [`OrderId::menu`].
    Stock {
        /// Which item.
        item: MenuItemId,
        /// Its name, for an item that the menu does not know.
        name: String,
        /// 0 = it is out, absent = plenty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<u32>,
    },
    /// Other stations or house rules. Names no order: the operation's order is [`OrderId::menu`].
    Configure {
        /// As they stood when they were edited: refused if they are others by now.
        before: Box<House>,
        /// As they are to be.
        after: Box<House>,
    },
    /// The guest is gone.
    VoidOrder {
        /// In the words of whoever did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// From a newer screen; refused, so that it need not wait for an answer.
    #[serde(other)]
    Unknown,
}
