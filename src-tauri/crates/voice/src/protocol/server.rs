use super::grammar::Match;
use super::{Item, ItemId, PeerError, Rates, Response, Session};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a peer says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerMessage {
    /// Made by the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub event: ServerEvent,
}

/// From a peer to its client. The aliases are the beta's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ServerEvent {
    /// The first word of every peer, in the instant the channel opens.
    #[serde(rename = "session.created")]
    SessionCreated {
        /// As it stands.
        session: Box<Session>,
    },
    /// An update was taken.
    #[serde(rename = "session.updated")]
    SessionUpdated {
        /// As it stands.
        session: Box<Session>,
    },
    /// The audio of a turn is closed; `item_id` names the turn from now on.
    #[serde(rename = "input_audio_buffer.committed")]
    Committed {
        /// The turn.
        #[serde(default)]
        item_id: ItemId,
        /// The one before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<ItemId>,
    },
    /// What was heard is forgotten.
    #[serde(rename = "input_audio_buffer.cleared")]
    Cleared,
    /// The peer's detector heard a voice.
    #[serde(rename = "input_audio_buffer.speech_started")]
    SpeechStarted {
        /// The turn it will be.
        #[serde(default)]
        item_id: ItemId,
        /// Since the session began.
        #[serde(default)]
        audio_start_ms: u64,
    },
    /// The peer's detector heard it end.
    #[serde(rename = "input_audio_buffer.speech_stopped")]
    SpeechStopped {
        /// The turn.
        #[serde(default)]
        item_id: ItemId,
        /// Since the session began.
        #[serde(default)]
        audio_end_ms: u64,
    },
    /// Something is in the conversation.
    #[serde(rename = "conversation.item.added", alias = "conversation.item.created")]
    ItemAdded {
        /// What.
        item: Item,
        /// The one before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<ItemId>,
    },
    /// It is complete.
    #[serde(rename = "conversation.item.done")]
    ItemDone {
        /// What.
        item: Item,
        /// The one before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<ItemId>,
    },
    /// More words of a turn; they append exactly.
    #[serde(rename = "conversation.item.input_audio_transcription.delta")]
    TranscriptionDelta {
        /// The turn.
        #[serde(default)]
        item_id: ItemId,
        /// Its part; 0 for audio.
        #[serde(default)]
        content_index: u32,
        /// The words.
        #[serde(default)]
        delta: String,
    },
    /// All words of a turn. Those of different turns may come in any order.
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    TranscriptionCompleted {
        /// The turn.
        #[serde(default)]
        item_id: ItemId,
        /// Its part; 0 for audio.
        #[serde(default)]
        content_index: u32,
        /// Always the words heard, whatever was matched.
        #[serde(default)]
        transcript: String,
        /// What a peer that knows the grammar makes of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brigade_match: Option<Match>,
    },
    /// There will be no words for a turn.
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    TranscriptionFailed {
        /// The turn.
        #[serde(default)]
        item_id: ItemId,
        /// Its part; 0 for audio.
        #[serde(default)]
        content_index: u32,
        /// Why.
        #[serde(default)]
        error: PeerError,
    },
    /// An answer begins.
    #[serde(rename = "response.created")]
    ResponseCreated {
        /// Which.
        response: Response,
    },
    /// A part of an answer begins.
    #[serde(rename = "response.output_item.added")]
    OutputItemAdded {
        /// Of which answer.
        #[serde(default)]
        response_id: String,
        /// What.
        item: Item,
    },
    /// A part of an answer is complete.
    #[serde(rename = "response.output_item.done")]
    OutputItemDone {
        /// Of which answer.
        #[serde(default)]
        response_id: String,
        /// What.
        item: Item,
    },
    /// Written words of an answer.
    #[serde(rename = "response.output_text.delta", alias = "response.text.delta")]
    OutputTextDelta {
        /// The item of the answer.
        #[serde(default)]
        item_id: ItemId,
        /// They append exactly.
        #[serde(default)]
        delta: String,
    },
    /// All of them.
    #[serde(rename = "response.output_text.done", alias = "response.text.done")]
    OutputTextDone {
        /// The item of the answer.
        #[serde(default)]
        item_id: ItemId,
        /// The words.
        #[serde(default)]
        text: String,
    },
    /// The words of a spoken answer.
    #[serde(rename = "response.output_audio_transcript.delta", alias = "response.audio_transcript.delta")]
    OutputTranscriptDelta {
        /// The item of the answer.
        #[serde(default)]
        item_id: ItemId,
        /// They append exactly.
        #[serde(default)]
        delta: String,
    },
    /// All of them.
    #[serde(rename = "response.output_audio_transcript.done", alias = "response.audio_transcript.done")]
    OutputTranscriptDone {
        /// The item of the answer.
        #[serde(default)]
        item_id: ItemId,
        /// The words.
        #[serde(default)]
        transcript: String,
    },
    /// A part of a call's arguments; of use only to somebody who shows them growing.
    #[serde(rename = "response.function_call_arguments.delta")]
    FunctionCallDelta {
        /// The call.
        #[serde(default)]
        call_id: String,
        /// A part of JSON.
        #[serde(default)]
        delta: String,
    },
    /// The peer wants a function called.
    #[serde(rename = "response.function_call_arguments.done")]
    FunctionCall {
        /// The call; its output names it.
        #[serde(default)]
        call_id: String,
        /// The function.
        #[serde(default)]
        name: String,
        /// JSON, as text.
        #[serde(default)]
        arguments: String,
    },
    /// An answer is over, well or not.
    #[serde(rename = "response.done")]
    ResponseDone {
        /// Which, with its status.
        response: Response,
    },
    /// What may still be asked.
    #[serde(rename = "rate_limits.updated")]
    RateLimits {
        /// Per kind.
        #[serde(default)]
        rate_limits: Vec<Rates>,
    },
    /// Something was wrong; mostly the session goes on.
    #[serde(rename = "error")]
    Error {
        /// What.
        error: PeerError,
    },
    /// Anything else, or one of these in a shape that cannot be read.
    #[serde(untagged)]
    Unknown(Value),
}

impl ServerMessage {
    /// Reads one.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        let mut value: Value = serde_json::from_str(text)?;
        if value.is_object() && !value["type"].is_string() {
            // A number would be taken for the n-th of the names.
            let event_id = value.as_object_mut().and_then(|map| map.remove("event_id"));
            let event_id = event_id.and_then(|id| id.as_str().map(str::to_owned));
            return Ok(Self { event_id, event: ServerEvent::Unknown(value) });
        }
        serde_json::from_value(value)
    }

    /// As text for the channel.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ServerEvent {
    /// The event with its name.
    #[must_use]
    pub fn named(self, event_id: impl Into<String>) -> ServerMessage {
        ServerMessage { event_id: Some(event_id.into()), event: self }
    }
}
