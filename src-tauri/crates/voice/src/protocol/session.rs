use super::ItemId;
use super::grammar::GrammarPart;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A session, whole or as an update of a few fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// `realtime`, or `transcription`, which never answers. Mandatory in an update.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Given by the peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// From configuration; bound in the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `["text"]` or `["audio"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_modalities: Option<Vec<String>>,
    /// To a peer that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// How it hears and speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Audio>,
    /// Functions that it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// `auto`, `none`, `required`, or one of them as an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// A number, or `inf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<Value>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Said by a peer that knows the kitchen's extension, and only by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brigade: Option<Extension>,
    /// Sent only to such a peer: what can be said now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brigade_grammar: Option<GrammarPart>,
    /// Whatever else it has.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Which version of which extension a peer knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// 1: it takes [`Session::brigade_grammar`] and answers with a match. 0 or absent: it does not.
    #[serde(default)]
    pub grammar: u32,
}

/// How a session hears and speaks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Audio {
    /// Hears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// Speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Speaker>,
}

/// How a session hears.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Whether turns are written down, and by what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription: Option<Transcription>,
    /// Best left out: it hurts recognition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_reduction: Option<Noise>,
    /// `null` for push-to-talk: it must be said, so absent and `null` differ.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "said_null")]
    pub turn_detection: Option<Value>,
}

/// What writes turns down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcription {
    /// From configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Which noise is taken out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// `near_field` or `far_field`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// How a session speaks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// From configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
}

/// A function that a peer may ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// When to use it.
    #[serde(default)]
    pub description: String,
    /// A JSON schema.
    #[serde(default)]
    pub parameters: Value,
}

/// Something in a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Given by the peer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: ItemId,
    /// `message`, `function_call`, `function_call_output`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `user`, `assistant`, `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `in_progress`, `completed`, `incomplete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Of a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Content>,
    /// Of a call and its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// Of a call: the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a call: JSON, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// Of a call's output: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

impl Item {
    /// The output of a function, for its caller.
    #[must_use]
    pub fn output(call_id: impl Into<String>, output: impl Into<String>) -> Self {
        Self {
            kind: "function_call_output".to_owned(),
            call_id: Some(call_id.into()),
            output: Some(output.into()),
            ..Self::default()
        }
    }

    /// A turn of the person, in a peer's words.
    #[must_use]
    pub fn spoken(id: impl Into<ItemId>) -> Self {
        Self {
            id: id.into(),
            kind: "message".to_owned(),
            role: Some("user".to_owned()),
            content: vec![Content { kind: "input_audio".to_owned(), ..Content::default() }],
            ..Self::default()
        }
    }
}

/// A part of a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// `input_audio`, `input_text`, `output_text`, `output_audio` (beta: `text`, `audio`).
    #[serde(rename = "type")]
    pub kind: String,
    /// Of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Response {
    /// Given by the peer.
    pub id: String,
    /// `in_progress`, `completed`, `cancelled`, `failed`, `incomplete`.
    pub status: String,
    /// Why it is not complete, as the peer says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_details: Option<Value>,
    /// What it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<Item>,
}

/// What may still be asked of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// `requests`, `tokens`.
    pub name: String,
    /// Of how many.
    pub limit: f64,
    /// How many.
    pub remaining: f64,
    /// Until all are there again.
    pub reset_seconds: f64,
}

/// What a peer complains about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerError {
    /// `invalid_request_error`, `server_error`, ...
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// For programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For logs.
    pub message: String,
    /// The field it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The client's event it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// `Some(Value::Null)` is written as `null` and read back from it; `None` is absent.
mod said_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(value: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(from).map(Some)
    }
}
