//! One session as its client sees it: messages in, messages and acts out. Pure: knows no network, no time and no sound.
//!
//! Nothing that a client says ends the session; what cannot be understood or done is answered with an error that names the
//! client's event.

use super::ears::Sayings;
use std::sync::Arc;
use voice::protocol::grammar::{Assembly, Match, VERSION};
use voice::protocol::{
    ClientEvent, ClientMessage, Extension, Item, LARGEST_MESSAGE, PeerError, ServerEvent, ServerMessage,
    Session,
};

/// What this peer calls what listens.
const MODEL: &str = "whisper-tiny.en";

/// Ways of saying things at a time, and letters of one: far more than a kitchen has, and bounded work for the recogniser.
const MOST_WORDINGS: usize = 20_000;
const LONGEST_WORDING: usize = 200;

/// A turn shorter than this holds no word: the button was hit by mistake.
const SHORTEST_TURN: usize = super::audio::RATE / 10;

/// What the peer is to do.
#[derive(Debug)]
pub(super) enum Act {
    /// Say this to the client.
    Say(Box<ServerMessage>),
    /// Forget what was heard, then say it.
    Clear,
    /// The turn is over; what was heard is this item.
    Listen {
        /// Its name.
        item: String,
    },
    /// From now on these can be said.
    Allow(Arc<Sayings>),
}

/// See the module.
pub(super) struct Realtime {
    session: Session,
    assembly: Assembly,
    revision: Option<u64>,
    events: u64,
    last_item: Option<String>,
    items: u64,
}

impl Realtime {
    /// A session as it was asked for when the secret was minted.
    pub(super) fn new(id: &str, asked: Session) -> Self {
        let mut session = whole(asked);
        session.id = Some(id.to_owned());
        Self { session, assembly: Assembly::default(), revision: None, events: 0, last_item: None, items: 0 }
    }

    /// The first words, for the moment in which the channel opens.
    pub(super) fn greeting(&mut self) -> ServerMessage {
        let session = Box::new(self.session.clone());
        self.named(ServerEvent::SessionCreated { session })
    }

    /// Takes a message; `held` is how much sound the turn has, in samples.
    pub(super) fn handle(&mut self, text: &str, held: usize) -> Vec<Act> {
        if text.len() > LARGEST_MESSAGE {
            let most = LARGEST_MESSAGE;
            return vec![self.error(
                None,
                "message_too_large",
                None,
                format!("a message has at most {most} bytes"),
            )];
        }
        let message = match ClientMessage::parse(text) {
            Ok(message) => message,
            Err(error) => return vec![self.error(None, "invalid_json", None, error.to_string())],
        };
        let event_id = message.event_id;
        match message.event {
            ClientEvent::SessionUpdate { session } => self.update(event_id, *session),
            ClientEvent::Clear => {
                vec![Act::Clear, self.say(ServerEvent::Cleared)]
            }
            ClientEvent::Commit if held < SHORTEST_TURN => {
                let why = format!(
                    "the buffer holds {} ms of sound, too little for a word",
                    held * 1_000 / super::audio::RATE
                );
                vec![self.error(event_id, "input_audio_buffer_commit_empty", None, why)]
            }
            ClientEvent::Commit => self.commit(),
            ClientEvent::ItemCreate { .. } => vec![self.unsupported(event_id, "conversation.item.create")],
            ClientEvent::ResponseCreate { .. } => vec![self.unsupported(event_id, "response.create")],
            ClientEvent::ResponseCancel { .. } => {
                let why = "there is no answer to cancel: this peer only listens".to_owned();
                vec![self.error(event_id, "response_cancel_not_active", None, why)]
            }
            // It never speaks: there is nothing to clear, and nothing wrong with asking.
            ClientEvent::OutputClear => Vec::new(),
            ClientEvent::Unknown(value) => {
                let kind =
                    value["type"].as_str().unwrap_or("without a type").chars().take(100).collect::<String>();
                vec![self.error(
                    event_id,
                    "unknown_event",
                    Some("type"),
                    format!("an event {kind} is not understood"),
                )]
            }
        }
    }

    /// What was heard in a turn.
    pub(super) fn heard(
        &mut self,
        item: &str,
        transcript: String,
        brigade_match: Option<Match>,
    ) -> Vec<ServerMessage> {
        let item_id = item.to_owned();
        let mut said = Vec::new();
        if !transcript.is_empty() {
            let delta = transcript.clone();
            said.push(self.named(ServerEvent::TranscriptionDelta {
                item_id: item_id.clone(),
                content_index: 0,
                delta,
            }));
        }
        said.push(self.named(ServerEvent::TranscriptionCompleted {
            item_id,
            content_index: 0,
            transcript,
            brigade_match,
        }));
        said
    }

    /// Why nothing was heard in a turn.
    pub(super) fn deaf(&mut self, item: &str, code: &str, message: String) -> ServerMessage {
        let error = PeerError {
            kind: "server_error".to_owned(),
            code: Some(code.to_owned()),
            message,
            ..PeerError::default()
        };
        self.named(ServerEvent::TranscriptionFailed { item_id: item.to_owned(), content_index: 0, error })
    }

    fn update(&mut self, event_id: Option<String>, update: Session) -> Vec<Act> {
        let refused = match update.kind.as_deref() {
            None => {
                Some(("missing_required_parameter", "session.type", "session.type must be said".to_owned()))
            }
            Some("realtime" | "transcription") => None,
            Some(_) => Some(("invalid_value", "session.type", "it is realtime or transcription".to_owned())),
        };
        let unknown = update.more.keys().next().map(|name| {
            let name: String = name.chars().take(100).collect();
            ("unknown_parameter", "session", format!("session.{name} is not known"))
        });
        if let Some((code, param, why)) = refused.or(unknown) {
            return vec![self.error(event_id, code, Some(param), why)];
        }
        let mut acts = Vec::new();
        let mut update = update;
        if let Some(part) = update.brigade_grammar.take() {
            let wordings = part.sayings.iter().flat_map(|saying| &saying.say);
            if wordings.clone().any(|words| words.len() > LONGEST_WORDING) {
                let why = format!("a wording has at most {LONGEST_WORDING} letters");
                return vec![self.error(event_id, "invalid_value", Some("session.brigade_grammar"), why)];
            }
            if self.revision.is_some_and(|revision| part.revision <= revision) {
                let why = "a newer revision is in force".to_owned();
                return vec![self.error(
                    event_id,
                    "revision_passed",
                    Some("session.brigade_grammar.revision"),
                    why,
                )];
            }
            match self.assembly.take(part) {
                Err(error) => {
                    let why = error.to_string();
                    return vec![self.error(event_id, "invalid_value", Some("session.brigade_grammar"), why)];
                }
                Ok(None) => {}
                Ok(Some((revision, sayings))) => {
                    if sayings.iter().map(|saying| saying.say.len()).sum::<usize>() > MOST_WORDINGS {
                        let why = format!("a grammar has at most {MOST_WORDINGS} wordings");
                        return vec![self.error(
                            event_id,
                            "grammar_too_large",
                            Some("session.brigade_grammar"),
                            why,
                        )];
                    }
                    self.revision = Some(revision);
                    acts.push(Act::Allow(Arc::new(Sayings::new(revision, sayings))));
                }
            }
        }
        self.session.kind = update.kind;
        self.session.audio = update.audio.or_else(|| self.session.audio.take());
        self.session.instructions = update.instructions.or_else(|| self.session.instructions.take());
        let session = Box::new(self.session.clone());
        acts.push(self.say(ServerEvent::SessionUpdated { session }));
        acts
    }

    fn commit(&mut self) -> Vec<Act> {
        self.items += 1;
        let id = format!("item_{}", self.items);
        let before = self.last_item.replace(id.clone());
        let item = |status: &str| Item { status: Some(status.to_owned()), ..Item::spoken(id.clone()) };
        vec![
            self.say(ServerEvent::Committed { item_id: id.clone(), previous_item_id: before.clone() }),
            self.say(ServerEvent::ItemAdded { item: item("in_progress"), previous_item_id: before.clone() }),
            self.say(ServerEvent::ItemDone { item: item("completed"), previous_item_id: before }),
            Act::Listen { item: id },
        ]
    }

    fn unsupported(&mut self, event_id: Option<String>, kind: &str) -> Act {
        self.error(
            event_id,
            "unsupported",
            Some("type"),
            format!("{kind}: this peer listens and never answers"),
        )
    }

    fn error(&mut self, event_id: Option<String>, code: &str, param: Option<&str>, message: String) -> Act {
        tracing::debug!(target: "hub::voice", code, message, "a client's event was refused");
        let error = PeerError {
            kind: "invalid_request_error".to_owned(),
            code: Some(code.to_owned()),
            message,
            param: param.map(str::to_owned),
            event_id,
        };
        self.say(ServerEvent::Error { error })
    }

    fn say(&mut self, event: ServerEvent) -> Act {
        Act::Say(Box::new(self.named(event)))
    }

    fn named(&mut self, event: ServerEvent) -> ServerMessage {
        self.events += 1;
        event.named(format!("event_{}", self.events))
    }
}

/// A session with everything that this peer decides.
pub(super) fn whole(asked: Session) -> Session {
    Session {
        kind: asked.kind.or_else(|| Some("transcription".to_owned())),
        model: Some(MODEL.to_owned()),
        instructions: asked.instructions,
        audio: asked.audio,
        brigade: Some(Extension { grammar: VERSION }),
        ..Session::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn opened() -> Realtime {
        Realtime::new("sess_1", Session::default())
    }

    /// The acts in short: kinds of what is said, and the rest by name.
    fn short(acts: &[Act]) -> Vec<String> {
        let one = |act: &Act| match act {
            Act::Say(message) => {
                let said: Value = serde_json::from_str(&message.to_text()).unwrap();
                let code = said["error"]["code"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
                format!("{}{code}", said["type"].as_str().unwrap())
            }
            Act::Clear => "CLEAR".to_owned(),
            Act::Listen { item } => format!("LISTEN {item}"),
            Act::Allow(sayings) => format!("ALLOW {}", sayings.revision()),
        };
        acts.iter().map(one).collect()
    }

    fn does(session: &mut Realtime, message: &Value, held: usize) -> Vec<String> {
        short(&session.handle(&message.to_string(), held))
    }

    fn part(revision: u64, part: u32, of: u32) -> Value {
        json!({"type": "session.update", "event_id": "mine", "session": {"type": "transcription", "brigade_grammar":
            {"revision": revision, "part": part, "of": of, "sayings": [{"id": format!("s{part}"), "say": ["bump twelve"]}]}}})
    }

    #[test]
    fn the_greeting_says_what_this_peer_knows() {
        let said: Value = serde_json::from_str(&opened().greeting().to_text()).unwrap();
        assert_eq!(said["type"], "session.created");
        assert_eq!(said["session"]["brigade"], json!({"grammar": 1}));
        assert_eq!(
            (said["session"]["id"].as_str(), said["session"]["type"].as_str()),
            (Some("sess_1"), Some("transcription"))
        );
    }

    #[test]
    fn a_turn_goes_through_its_events_in_their_order() {
        let mut session = opened();
        assert_eq!(
            does(&mut session, &json!({"type": "input_audio_buffer.clear"}), 0),
            ["CLEAR", "input_audio_buffer.cleared"]
        );
        let acts = does(&mut session, &json!({"type": "input_audio_buffer.commit"}), 16_000);
        let expected = [
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "LISTEN item_1",
        ];
        assert_eq!(acts, expected);
        let next = session.handle(r#"{"type": "input_audio_buffer.commit"}"#, 16_000);
        let Act::Say(committed) = &next[0] else { panic!("{next:?}") };
        let committed: Value = serde_json::from_str(&committed.to_text()).unwrap();
        assert_eq!(
            (&committed["item_id"], &committed["previous_item_id"]),
            (&json!("item_2"), &json!("item_1"))
        );
        let said = session.heard("item_1", "bump twelve".to_owned(), None);
        let kinds: Vec<Value> = said
            .iter()
            .map(|said| serde_json::from_str::<Value>(&said.to_text()).unwrap()["type"].clone())
            .collect();
        let words = "conversation.item.input_audio_transcription";
        assert_eq!(kinds, [format!("{words}.delta"), format!("{words}.completed")]);
        assert_eq!(session.heard("item_1", String::new(), None).len(), 1, "no words, no delta");
    }

    #[test]
    fn an_empty_turn_is_an_error_and_no_turn() {
        let acts =
            does(&mut opened(), &json!({"type": "input_audio_buffer.commit", "event_id": "mine"}), 100);
        assert_eq!(acts, ["error input_audio_buffer_commit_empty"]);
    }

    #[test]
    fn a_grammar_is_in_force_when_its_last_part_is_here() {
        let mut session = opened();
        assert_eq!(does(&mut session, &part(1, 0, 2), 0), ["session.updated"]);
        assert_eq!(does(&mut session, &part(1, 1, 2), 0), ["ALLOW 1", "session.updated"]);
        assert_eq!(does(&mut session, &part(1, 0, 1), 0), ["error revision_passed"]);
        assert_eq!(does(&mut session, &part(2, 1, 1), 0), ["error invalid_value"]);
        assert_eq!(does(&mut session, &part(3, 0, 1), 0), ["ALLOW 3", "session.updated"]);
    }

    #[test]
    fn nothing_a_client_says_ends_the_session_and_errors_name_its_event() {
        let mut session = opened();
        for (message, code) in [
            (
                json!({"type": "session.update", "event_id": "mine", "session": {}}),
                "missing_required_parameter",
            ),
            (
                json!({"type": "session.update", "event_id": "mine", "session": {"type": "beta"}}),
                "invalid_value",
            ),
            (
                json!({"type": "session.update", "event_id": "mine", "session": {"type": "realtime", "temperature": 1}}),
                "unknown_parameter",
            ),
            (json!({"type": "session.update", "event_id": "mine", "session": 5}), "unknown_event"),
            (json!({"type": "response.create", "event_id": "mine"}), "unsupported"),
            (json!({"type": "response.cancel", "event_id": "mine"}), "response_cancel_not_active"),
            (json!({"type": "conversation.item.create", "event_id": "mine", "item": {}}), "unsupported"),
            (json!({"type": "no.such.event", "event_id": "mine"}), "unknown_event"),
            (json!({"event_id": "mine"}), "unknown_event"),
        ] {
            let acts = session.handle(&message.to_string(), 0);
            let [Act::Say(said)] = acts.as_slice() else { panic!("{message}: {acts:?}") };
            let said: Value = serde_json::from_str(&said.to_text()).unwrap();
            assert_eq!(
                (&said["error"]["code"], &said["error"]["event_id"]),
                (&json!(code), &json!("mine")),
                "{message}"
            );
        }
        for (text, code) in
            [("", "invalid_json"), ("[1", "invalid_json"), (&"x".repeat(70_000), "message_too_large")]
        {
            assert_eq!(short(&session.handle(text, 0)), [format!("error {code}")]);
        }
        assert!(session.handle(r#"{"type": "output_audio_buffer.clear"}"#, 0).is_empty());
        let long = json!({"type": "session.update", "session": {"type": "realtime", "brigade_grammar": {"revision": 1, "part": 0, "of": 1,
            "sayings": [{"id": "s", "say": ["x".repeat(201)]}]}}});
        assert_eq!(does(&mut session, &long, 0), ["error invalid_value"]);
    }
}
