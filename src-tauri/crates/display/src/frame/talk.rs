//! Talking to a view: what its glass shows of a turn, and what its talk button says back.
//!
//! A turn is one press-to-talk exchange. What was heard is always shown in its own words; what it came to is said in the
//! language's words, from the verbs, labels and counts here. An act that was done stands in the toasts like one of a
//! finger, with the same undo.

use super::{Tab, TicketLabel};
use kitchen::{At, OrderType};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use wire::hub::Fault;

/// How talking to a view stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Talk {
    /// Where the turn is.
    pub turn: TalkTurn,
    /// Since when.
    pub since: At,
    /// How the button is used.
    pub mode: TalkMode,
    /// Why nobody can speak now; absent = somebody can. The button stays and says so.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What the last turn of this view came to, while it is to be seen.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Everything for whoever looks for a fault; only while its panel is open.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<Box<VoicePanel>>,
}

/// Where a turn is, as a cook sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum TalkTurn {
    /// None: press to talk.
    #[default]
    Ready,
    /// It listens.
    Listening,
    /// The button is up; what was said is on its way.
    Sending,
    /// It makes out what was said.
    Thinking,
}

/// How the talk button is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum TalkMode {
    /// It listens while the button is held.
    #[default]
    Hold,
    /// One press begins, the next one ends.
    Toggle,
}

/// What a turn came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Said {
    /// Names it; an answer to its question names it back.
    pub id: u32,
    /// The words as they were heard; empty when none were.
    pub words: String,
    /// Milliseconds from the button's release until it was known.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u32>,
    /// When it leaves the glass.
    pub until: At,
    /// What was made of it.
    pub outcome: Outcome,
}

/// What was made of what was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done {
        /// What.
        act: SpokenAct,
    },
    /// It may have been one of these; a touch chooses one, a spoken yes the first.
    Asked {
        /// The likeliest first, four at most.
        choices: Vec<SpokenAct>,
    },
    /// It was a question; the answer is shown large.
    Answered {
        /// The answer.
        answer: SpokenAnswer,
    },
    /// Nothing that can be said now.
    NotUnderstood,
    /// It was a no, or somebody took it back.
    Dropped,
    /// It was understood, and the kitchen or the turn refused: the reason.
    Failed {
        /// For the language files: a refusal of the kitchen, `talk_timed_out` (`state`, `seconds`), `talk_too_long`,
        /// `talk_too_short` (a tap: the button has to be held), `talk_busy`, `microphone_lost` while it listened, any
        /// `microphone_...` of [`Talk::fault`], `voice_away`, `voice_refused`, `voice_failed` (it is begun again),
        /// `speech_model_missing`, `speech_model_unusable`, or whatever code the peer has.
        fault: Fault,
    },
}

/// Something that can be said and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SpokenAct {
    /// What.
    pub verb: SpokenVerb,
    /// Which ticket.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<TicketLabel>,
    /// Its number, where another ticket is called the same.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// How that order reaches its guest.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<OrderType>,
    /// Only these dishes; empty = the whole ticket. For eighty-six: the dish.
    pub items: Vec<String>,
    /// For a transfer or a look: the station's name.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// For a look: the tab.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<Tab>,
    /// For a hold: minutes; for what is left: pieces; for a look: the page.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// What can be done by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum SpokenVerb {
    /// It is done and leaves.
    Bump,
    /// All tickets of a table are.
    BumpTable,
    /// Somebody begins.
    Start,
    /// Nobody has begun after all.
    Unstart,
    /// Back onto the glass.
    Recall,
    /// Before all others.
    Rush,
    /// In its turn again.
    Unrush,
    /// Nobody is to cook it now.
    Hold,
    /// They may again.
    Release,
    /// Ahead of its time.
    Fire,
    /// Another station's.
    Transfer,
    /// This screen's.
    Take,
    /// Anybody's again.
    PutBack,
    /// Its changes were seen.
    Acknowledge,
    /// Put aside.
    Park,
    /// Not done after all.
    Reopen,
    /// It has run out.
    EightySix,
    /// So many are left.
    Left,
    /// It is back.
    BackOn,
    /// The last act, taken back.
    Undo,
    /// A look at another page, tab, station or ticket.
    Look,
    /// How many of a dish are still to be made.
    HowMany,
    /// How many tickets are open.
    HowManyOpen,
    /// Which tickets are late.
    WhatsLate,
    /// What is on a ticket.
    WhatsOn,
}

/// An answer, shown large. The sentences are the language's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SpokenAnswer {
    /// So many pieces are still to be made here.
    Count {
        /// Of these dishes.
        items: Vec<String>,
        /// All of them together.
        pieces: u32,
    },
    /// These tickets are late, the oldest first.
    Late {
        /// Them.
        tickets: Vec<AnswerTicket>,
    },
    /// So many tickets are open here.
    Open {
        /// How many.
        tickets: u32,
    },
    /// What is still to be made of a ticket.
    Lines {
        /// Which ticket.
        ticket: AnswerTicket,
        /// `2 Sea bass`.
        lines: Vec<String>,
    },
}

/// A ticket in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AnswerTicket {
    /// What it is called.
    pub label: TicketLabel,
    /// How it reaches its guest.
    pub order_type: OrderType,
}

/// Everything for whoever looks for a fault of talking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct VoicePanel {
    /// Microphones to choose from.
    pub devices: Vec<MicrophoneChoice>,
    /// The one that was chosen; absent = the computer's default.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// How it is.
    pub microphone: MicrophoneState,
    /// The one that is heard now, by its shown name.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// How loud it is, 0-100; changes five times a second at most.
    pub level: u8,
    /// How the session with the peer is.
    pub peer: PeerState,
    /// Whose peer it is: empty = the hub's own; else host and port of a cloud's.
    pub peer_host: String,
    /// Why it is away or refused.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// It decides among what can be said now.
    pub decides: bool,
    /// From commit to the peer's word, milliseconds, of the last turn.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u32>,
    /// From commit to the words, milliseconds, of the last turn.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words_after_ms: Option<u32>,
    /// Sessions since the start.
    pub sessions: u32,
    /// Sound packets of 20 ms sent, silence included.
    pub packets: u32,
    /// Messages of the peer that meant nothing here.
    pub unread: u32,
    /// A turn is longer under way than it may be.
    pub stuck: bool,
    /// What was said lately, the latest first; fifty at most.
    pub transcripts: Vec<SpokenWords>,
    /// Changes of the turn, the latest first; fifty at most.
    pub turns: Vec<TurnRecord>,
}

/// A microphone to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MicrophoneChoice {
    /// Opaque id.
    pub id: String,
    /// Shown name.
    pub name: String,
}

/// How the microphone is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum MicrophoneState {
    /// Being opened; no sound has come yet.
    #[default]
    Opening,
    /// Sound comes.
    Ready,
    /// None; it is tried again until there is one. `Talk::fault` says why.
    Lost,
}

/// How the session with the peer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    /// None, and none is wanted before the next press.
    #[default]
    Away,
    /// On the way.
    Connecting,
    /// There.
    Live,
    /// It does not let us in.
    Refused,
}

/// Words that were said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SpokenWords {
    /// When.
    pub at: At,
    /// The peer said it, not the cook.
    pub by_peer: bool,
    /// The words.
    pub words: String,
}

/// A change of a turn, for diagnosis; the names are the turn machine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TurnRecord {
    /// When.
    pub at: At,
    /// Which turn.
    pub turn: u32,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
    /// Why.
    pub cause: String,
}

/// What a talk button, its panel or a question on the glass says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(tag = "talk", rename_all = "snake_case")]
pub enum TalkPress {
    /// The button, key or foot switch went down. In toggle mode the second one ends what the first began.
    Down,
    /// It went up.
    Up,
    /// The press was none: whatever was said is thrown away.
    Cancel,
    /// One of the choices of a question.
    Choose {
        /// The question.
        said: u32,
        /// Its place, from 0.
        choice: u32,
    },
    /// None of them; or an answer was read.
    Dismiss {
        /// Which.
        said: u32,
    },
    /// How the button is used; kept over restarts.
    Mode {
        /// How.
        mode: TalkMode,
    },
    /// Another microphone; kept over restarts.
    Microphone {
        /// Which; absent = the computer's default.
        #[ts(optional)]
        #[serde(default)]
        id: Option<String>,
    },
    /// The panel with the diagnostics opens or closes.
    Panel {
        /// Whether it is open now.
        open: bool,
    },
    /// The emergency brake: whatever is under way ends.
    Reset,
}
