//! What the back end's socket says, and the two things we say to it.

use super::Order;
use serde_json::{Value, json};

/// One frame from the back end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// `connected`: always the first.
    Connected {
        /// Whether the first message has to be `auth`.
        auth_required: bool,
    },
    /// `auth:success`.
    Accepted,
    /// `auth:failed`; close 1008 follows.
    Refused {
        /// Their words.
        reason: String,
    },
    /// `order:created`, with the whole order.
    Created(Box<Order>),
    /// `order:updated`, with the whole order.
    Updated(Box<Order>),
    /// `sync_complete`. Nothing was sent for it, ever.
    SyncComplete,
    /// `pong`.
    Pong,
    /// Either of their two shapes.
    Error {
        /// Their words.
        message: String,
    },
    /// A kind that means nothing here, or no JSON at all.
    Unknown {
        /// Its `type`, if it had one.
        kind: Option<String>,
    },
}

impl Frame {
    /// Reads a frame. Never fails.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return Self::Unknown { kind: None } };
        let kind = value.get("type").and_then(Value::as_str);
        let order = || Order::read(value.pointer("/payload/order")?).map(Box::new);
        let frame = match kind {
            Some("connected") => Some(Self::Connected {
                auth_required: value.get("auth_required").and_then(Value::as_bool).unwrap_or(true),
            }),
            Some("auth:success") => Some(Self::Accepted),
            Some("auth:failed") => Some(Self::Refused { reason: message(&value).unwrap_or_default() }),
            Some("order:created") => order().map(Self::Created),
            Some("order:updated") => order().map(Self::Updated),
            Some("sync_complete") => Some(Self::SyncComplete),
            Some("pong") => Some(Self::Pong),
            Some("error") => Some(Self::Error { message: message(&value).unwrap_or_default() }),
            None => message(&value).map(|message| Self::Error { message }),
            Some(_) => None,
        };
        frame.unwrap_or_else(|| Self::Unknown { kind: kind.map(str::to_owned) })
    }
}

/// The first message. The restaurant has to be our own: the back end believes whatever it is told here.
#[must_use]
pub fn auth(token: &str, restaurant: &str) -> String {
    json!({"type": "auth", "token": token, "restaurant_id": restaurant}).to_string()
}

/// Asks for a `pong`, for the back end's own pings are a minute apart.
#[must_use]
pub fn ping() -> String {
    json!({"type": "ping"}).to_string()
}

fn message(value: &Value) -> Option<String> {
    let text = value.get("error").or_else(|| value.pointer("/payload/message"))?;
    text.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_of_the_contract() {
        let error = |message: &str| Frame::Error { message: message.into() };
        for (text, frame) in [
            (
                r#"{"type":"connected","timestamp":"2026-01-02T03:04:05.123Z","auth_required":true}"#,
                Frame::Connected { auth_required: true },
            ),
            (r#"{"type":"connected","auth_required":false}"#, Frame::Connected { auth_required: false }),
            (r#"{"type":"connected"}"#, Frame::Connected { auth_required: true }),
            (r#"{"type":"auth:success","timestamp":"x"}"#, Frame::Accepted),
            (
                r#"{"type":"auth:failed","error":"Authentication failed","timestamp":"x"}"#,
                Frame::Refused { reason: "Authentication failed".into() },
            ),
            (r#"{"type":"sync_complete","payload":{"status":"synced"}}"#, Frame::SyncComplete),
            (r#"{"type":"pong"}"#, Frame::Pong),
            (r#"{"type":"error","error":"Authentication required"}"#, error("Authentication required")),
            (
                r#"{"type":"error","payload":{"message":"Unknown message type","type":"x"}}"#,
                error("Unknown message type"),
            ),
            (r#"{"error":"Invalid message format"}"#, error("Invalid message format")),
            (
                r#"{"type":"table:status_updated"}"#,
                Frame::Unknown { kind: Some("table:status_updated".into()) },
            ),
            (
                r#"{"type":"order:created","payload":{}}"#,
                Frame::Unknown { kind: Some("order:created".into()) },
            ),
            ("7", Frame::Unknown { kind: None }),
            ("hello", Frame::Unknown { kind: None }),
            ("", Frame::Unknown { kind: None }),
        ] {
            assert_eq!(Frame::read(text), frame, "{text}");
        }
        let text = r#"{"type":"order:updated","payload":{"order":{"id":"o1","version":3}},"timestamp":"x"}"#;
        let Frame::Updated(order) = Frame::read(text) else { panic!("{text}") };
        assert_eq!((order.id.as_str(), order.version), ("o1", 3));
    }
}
