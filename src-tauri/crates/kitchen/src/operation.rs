//! Operations: a cook's act on its way to the hub. They carry intent, not results: which lines, and how many pieces of
//! each, were on the glass when the finger came down. A line that is not named is never touched.

use crate::{At, DeviceId, LineId, NewLine, OperationId, OrderId, OrderStatus, StationId};
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
    /// Takes one bump back: the undo of a touch and the recall of a ticket are the same act.
    Unbump {
        /// The operation that bumped.
        bump: OperationId,
    },
    /// Somebody has seen the marked changes of these lines.
    Acknowledge {
        /// At this station.
        station: StationId,
        /// These.
        lines: Vec<Touch>,
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
    /// The guest is gone.
    VoidOrder {
        /// In the words of whoever did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}
