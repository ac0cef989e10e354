//! The hub protocol, version 1: JSON text frames over one WebSocket per screen.
//!
//! ```text
//! screen -> hub   hello                     first message, within the hub's limit
//! hub -> screen   welcome | refused         refused is followed by close 1008
//! hub -> screen   snapshot ...              parts, if welcome said so; the last one says `last`
//! hub -> screen   event ...                 contiguous from then on; heartbeat in every second of silence
//! hub -> screen   notices                   what holds besides the log: before the events, and at each change
//! screen -> hub   operation, ack, retry
//! hub -> screen   applied | refused
//! ```

use kitchen::{
    At, DeviceId, EpochId, Event, Operation, OperationId, Order, OrderId, RestaurantId, Setup, StationId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// The version that this program speaks. A hub refuses a screen with another one by `protocol_unsupported`.
pub const PROTOCOL: u32 = 1;

/// The path of the WebSocket.
pub const PATH: &str = "/ws";

/// The largest frame either side accepts, in bytes. A snapshot is cut into parts well below it.
pub const LARGEST_FRAME: usize = 5 * 1024 * 1024;

/// Orders in one part of a snapshot.
pub const SNAPSHOT_PART: usize = 200;

/// After this much silence the hub says a heartbeat, milliseconds.
pub const HEARTBEAT_MS: u64 = 1_000;

/// The name that the hub gives close code 1001 and 1008 frames is for logs only; screens act on `refused`.
pub const CLOSE_POLICY: u16 = 1008;

/// A newer connection of the same device took this one's place. No reason to come back with the same device id.
pub const CLOSE_REPLACED: u16 = 4001;

/// From a screen to its hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ScreenMessage {
    /// Who I am and what I have. Always first.
    Hello(Hello),
    /// What has been done here.
    Operation(Operation),
    /// How far I am.
    Ack {
        /// In my journal up to here.
        stored_seq: u64,
        /// On my glass up to here.
        painted_seq: u64,
    },
    /// Another station is looked at here.
    Look {
        /// Which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        station: Option<StationId>,
    },
    /// A person pressed "try now": what the hub waits with (its back end) is to be tried at once.
    Retry,
    /// From a newer screen.
    #[serde(other)]
    Unknown,
}

/// Who a screen is and what it has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// See [`PROTOCOL`].
    pub protocol: u32,
    /// Program and version, for the status page.
    pub app: String,
    /// The screen's own id, the same for its whole life.
    pub device_id: DeviceId,
    /// The restaurant it believes it belongs to; absent at its first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restaurant_id: Option<RestaurantId>,
    /// Shown on the status page: `display`.
    pub role: String,
    /// The station it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<StationId>,
    /// The log it has read from, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<EpochId>,
    /// The last event of that log in its journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The token of this hub. Never logged.
    pub token: String,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hello")
            .field("protocol", &self.protocol)
            .field("app", &self.app)
            .field("device_id", &self.device_id)
            .field("restaurant_id", &self.restaurant_id)
            .field("role", &self.role)
            .field("station", &self.station)
            .field("epoch", &self.epoch)
            .field("seq", &self.seq)
            .field("token", &"***")
            .finish()
    }
}

/// From the hub to a screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HubMessage {
    /// You are in.
    Welcome(Welcome),
    /// Not you, or not this operation. Without `id` it is about the hello, and close 1008 follows.
    Refused(Refused),
    /// A part of everything.
    Snapshot(Snapshot),
    /// The next entry of the log.
    Event(Box<Event>),
    /// I am here; nothing has happened.
    Heartbeat {
        /// The hub's clock.
        server_time: At,
        /// The last entry of the log.
        seq: u64,
    },
    /// Your operation is in the log, or was already.
    Applied {
        /// Which.
        id: OperationId,
        /// The last event it caused, or the log's end if it caused none. Once the screen holds that event, the
        /// operation is settled.
        seq: u64,
    },
    /// What holds besides the log. Said by a hub that has something to say.
    Notices(Notices),
    /// From a newer hub.
    #[serde(other)]
    Unknown,
}

/// What holds besides the log, whole: it replaces what was said before. A welcome replaces it with nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// Where the hub's back end stands; absent when the hub has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    /// What people have to be told, oldest first.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// Where a hub's back end stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// How it is.
    pub state: UpstreamState,
    /// Since when it is live, or is not.
    pub since: At,
    /// Orders of which the back end does not know how far the kitchen is.
    #[serde(default)]
    pub unreported: u32,
    /// Since when, for the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_unreported: Option<At>,
}

/// How a back end is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    /// It answers, and its socket is being opened; orders come by reading, some seconds late.
    Connecting,
    /// The hub asks to be let in.
    LoggingIn,
    /// Orders come the moment they exist.
    Live,
    /// It does not answer.
    Away,
    /// It does not take the hub's login; somebody has to do something.
    Refused,
    /// From a newer hub.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Something that people have to be told, while it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Never given to another one: a screen remembers by it what was read.
    pub id: String,
    /// Since when it holds.
    pub at: At,
    /// The order it is about: it holds until somebody touches that; absent = it is about the back end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// What; the language files hold the sentence.
    pub fault: Fault,
}

/// The hub accepts a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// See [`PROTOCOL`].
    pub protocol: u32,
    /// Program and version of the hub.
    pub app: String,
    /// Which restaurant this hub serves.
    pub restaurant_id: RestaurantId,
    /// Which life of the log.
    pub epoch: EpochId,
    /// The log's last entry at this moment.
    pub seq: u64,
    /// The hub's clock at this moment.
    pub server_time: At,
    /// What follows.
    pub resume: Resume,
}

/// What follows a welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// The events after the screen's own.
    Events,
    /// Everything, in parts, then the events after it.
    Snapshot,
}

/// A part of everything: open orders first, then what closed this business day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// All parts of one snapshot carry the same: the state after this event.
    pub seq: u64,
    /// Counts from 0.
    pub part: u32,
    /// No part comes after this one.
    pub last: bool,
    /// In part 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setup>,
    /// At most [`SNAPSHOT_PART`].
    pub orders: Vec<Order>,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The operation; absent when the hello is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OperationId>,
    /// The reason.
    #[serde(flatten)]
    pub fault: Fault,
}

/// An error as it crosses any border of the product: a stable code, what its sentence needs, and whether trying again
/// may help. The sentence itself is in the language files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Fault {
    /// Stable, snake_case.
    pub code: String,
    /// Named values for the sentence.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Whether the same thing may succeed later without anybody changing it.
    #[serde(default)]
    pub retry: bool,
}

impl Fault {
    /// A final fault without parameters.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), params: BTreeMap::new(), retry: false }
    }

    /// The same with one more named value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same, worth another try.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.retry = true;
        self
    }
}

/// In the `params` of a refusal that is worth another try: not before so many seconds.
pub const RETRY_AFTER: &str = "retry_after_s";

/// Codes by which a hub refuses a hello.
pub mod hello_refusal {
    /// The token is wrong or revoked.
    pub const TOKEN: &str = "token_refused";
    /// The screen belongs to another restaurant.
    pub const RESTAURANT: &str = "restaurant_other";
    /// The screen speaks another protocol version.
    pub const PROTOCOL: &str = "protocol_unsupported";
    /// The first message was no hello, or came too late.
    pub const HELLO: &str = "hello_expected";
    /// The hub has as many screens as it allows; worth another try.
    pub const FULL: &str = "hub_full";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_hub_says_is_passed_over() {
        let message: HubMessage = serde_json::from_str(r#"{"type":"confetti","colour":"red"}"#).unwrap();
        assert_eq!(message, HubMessage::Unknown);
        let beat: HubMessage =
            serde_json::from_str(r#"{"type":"heartbeat","server_time":5,"seq":7,"mood":"good"}"#).unwrap();
        assert_eq!(beat, HubMessage::Heartbeat { server_time: At(5), seq: 7 });
    }

    #[test]
    fn a_hello_never_shows_its_token() {
        let hello = Hello {
            protocol: PROTOCOL,
            app: "brigade/0".into(),
            device_id: "d".into(),
            restaurant_id: None,
            role: "display".into(),
            station: None,
            epoch: None,
            seq: None,
            token: "top-secret".into(),
        };
        assert!(!format!("{hello:?}").contains("top-secret"));
    }

    #[test]
    fn an_operation_is_flat_on_the_wire() {
        let text = r#"{"type":"operation","id":"01J","at":1,"order":"o1","seen":3,"act":"bump","station":"grill",
            "lines":[{"line":"l1","upto":2}]}"#;
        let ScreenMessage::Operation(operation) = serde_json::from_str(text).unwrap() else {
            panic!("{text}")
        };
        let again = serde_json::to_string(&ScreenMessage::Operation(operation.clone())).unwrap();
        assert_eq!(
            serde_json::from_str::<ScreenMessage>(&again).unwrap(),
            ScreenMessage::Operation(operation)
        );
    }
}
