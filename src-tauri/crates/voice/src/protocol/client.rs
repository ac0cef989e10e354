use super::{Item, Session};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client says, with its own name for it: an error of the peer names the event it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientMessage {
    /// Made by the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub event: ClientEvent,
}

/// From a client to its peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ClientEvent {
    /// Changes the session; `session.type` is mandatory.
    #[serde(rename = "session.update")]
    SessionUpdate {
        /// Only what is to change.
        session: Box<Session>,
    },
    /// What has been said since the last clear is one turn.
    #[serde(rename = "input_audio_buffer.commit")]
    Commit,
    /// Forget what was heard.
    #[serde(rename = "input_audio_buffer.clear")]
    Clear,
    /// Puts something into the conversation: the output of a function.
    #[serde(rename = "conversation.item.create")]
    ItemCreate {
        /// What.
        item: Item,
    },
    /// Asks for an answer.
    #[serde(rename = "response.create")]
    ResponseCreate {
        /// How it is to be, if not as the session says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<Value>,
    },
    /// No answer is wanted any more.
    #[serde(rename = "response.cancel")]
    ResponseCancel {
        /// Which; the current one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response_id: Option<String>,
    },
    /// Be quiet.
    #[serde(rename = "output_audio_buffer.clear")]
    OutputClear,
    /// Anything else, or one of these in a shape that cannot be read.
    #[serde(untagged)]
    Unknown(Value),
}

impl ClientMessage {
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
            return Ok(Self { event_id, event: ClientEvent::Unknown(value) });
        }
        serde_json::from_value(value)
    }

    /// As text for the channel.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ClientEvent {
    /// The event with its name.
    #[must_use]
    pub fn named(self, event_id: impl Into<String>) -> ClientMessage {
        ClientMessage { event_id: Some(event_id.into()), event: self }
    }
}
