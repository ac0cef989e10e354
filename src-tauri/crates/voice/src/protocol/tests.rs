use super::grammar::{Assembly, GrammarPart, LARGEST_PART, Match, PartError, Saying, Verdict};
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn server(value: &Value) -> ServerEvent {
    ServerMessage::parse(&value.to_string()).unwrap().event
}

#[test]
fn the_names_are_those_of_the_protocol() {
    let names = |message: ClientMessage| {
        let value: Value = serde_json::from_str(&message.to_text()).unwrap();
        (value["type"].as_str().unwrap().to_owned(), value["event_id"].as_str().unwrap().to_owned())
    };
    assert_eq!(names(ClientEvent::Commit.named("e1")), ("input_audio_buffer.commit".into(), "e1".into()));
    assert_eq!(names(ClientEvent::Clear.named("e2")), ("input_audio_buffer.clear".into(), "e2".into()));
    let update = ClientEvent::SessionUpdate {
        session: Box::new(Session {
            kind: Some("realtime".into()),
            audio: Some(Audio {
                input: Some(Input { turn_detection: Some(Value::Null), ..Input::default() }),
                output: None,
            }),
            ..Session::default()
        }),
    };
    let text = update.clone().named("e3").to_text();
    let value: Value = serde_json::from_str(&text).unwrap();
    let input = json!({"turn_detection": null});
    let whole = json!({"type": "session.update", "event_id": "e3",
        "session": {"type": "realtime", "audio": {"input": input}}});
    assert_eq!(value, whole, "one unknown field refuses the whole update, so nothing else may be in it");
    assert_eq!(ClientMessage::parse(&text).unwrap().event, update);
}

#[test]
fn the_beta_is_understood() {
    let item = json!({"id": "i1", "type": "message", "role": "user"});
    for name in ["conversation.item.created", "conversation.item.added"] {
        let event = server(&json!({"type": name, "item": item}));
        assert!(matches!(event, ServerEvent::ItemAdded { item, .. } if item.id == "i1"), "{name}");
    }
    let event = server(&json!({"type": "response.text.delta", "item_id": "i", "delta": " a "}));
    assert_eq!(event, ServerEvent::OutputTextDelta { item_id: "i".into(), delta: " a ".into() });
    let event = server(&json!({"type": "response.audio_transcript.done", "item_id": "i", "transcript": "b"}));
    assert_eq!(event, ServerEvent::OutputTranscriptDone { item_id: "i".into(), transcript: "b".into() });
}

#[test]
fn r2_06_unknown_and_odd_events_are_kept_raw() {
    let odd = [
        json!({"type": "confetti", "colour": "red"}),
        json!({"type": "conversation.item.added"}),
        json!({"type": "conversation.item.added", "item": {"id": 7}}),
        json!({"type": "input_audio_buffer.committed", "item_id": null}),
        json!({"no": "type"}),
        json!({"type": 5}),
    ];
    for value in odd {
        assert_eq!(server(&value), ServerEvent::Unknown(value.clone()));
    }
    let again = server(&json!({"type": "confetti", "n": 1})).named("e").to_text();
    assert_eq!(
        serde_json::from_str::<Value>(&again).unwrap(),
        json!({"type": "confetti", "n": 1, "event_id": "e"})
    );
}

#[test]
fn a_missing_item_id_reads_as_an_empty_one() {
    let event =
        server(&json!({"type": "conversation.item.input_audio_transcription.completed", "transcript": "x"}));
    let expected = ServerEvent::TranscriptionCompleted {
        item_id: String::new(),
        content_index: 0,
        transcript: "x".into(),
        brigade_match: None,
    };
    assert_eq!(event, expected);
}

#[test]
fn a_match_travels_with_the_words() {
    let value = json!({
        "type": "conversation.item.input_audio_transcription.completed", "event_id": "e", "item_id": "i",
        "content_index": 0, "transcript": "bump twelve",
        "brigade_match": {"revision": 4, "verdict": "ask", "id": "b12", "score": -3.5, "gap": 0.5,
            "heard": "bump twelve", "others": [{"id": "b20", "score": -4.0}]}
    });
    let message = ServerMessage::parse(&value.to_string()).unwrap();
    let ServerEvent::TranscriptionCompleted { brigade_match: Some(found), .. } = &message.event else {
        panic!("{message:?}")
    };
    assert_eq!((found.verdict, found.others.len()), (Verdict::Ask, 1));
    assert_eq!(serde_json::to_value(&message).unwrap(), value);
    let newer: Match = serde_json::from_value(json!({"revision": 1, "verdict": "perhaps"})).unwrap();
    assert_eq!(newer.verdict, Verdict::None, "what is not understood is never done");
}

#[test]
fn a_secret_is_never_shown() {
    let secret = ClientSecret { value: "ek_marked".into(), expires_at: 5, session: Session::default() };
    assert!(!format!("{secret:?}").contains("marked"));
    let request = SecretRequest { expires_after: Some(ExpiresAfter::seconds(600)), session: None };
    let value = json!({"expires_after": {"anchor": "created_at", "seconds": 600}});
    assert_eq!(serde_json::to_value(request).unwrap(), value);
}

fn sayings() -> impl Strategy<Value = Vec<Saying>> {
    let words = prop::collection::vec("[a-z ]{1,200}", 1..8);
    prop::collection::vec(words, 0..120)
        .prop_map(|all| (0..).zip(all).map(|(n, say)| Saying { id: format!("s{n}"), say }).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_in_any_order_are_the_whole(sayings in sayings(), seed in any::<u64>()) {
        let mut parts = GrammarPart::cut(9, sayings.clone());
        for part in &parts {
            prop_assert!(serde_json::to_string(part).unwrap().len() <= LARGEST_PART);
        }
        let count = parts.len();
        let turn = usize::try_from(seed % 64).unwrap() % count;
        parts.rotate_left(turn);
        let mut assembly = Assembly::default();
        let mut whole = None;
        for (n, part) in parts.into_iter().enumerate() {
            let got = assembly.take(part).unwrap();
            prop_assert_eq!(got.is_some(), n + 1 == count);
            whole = got;
        }
        prop_assert_eq!(whole, Some((9, sayings)));
    }

    #[test]
    fn r2_06_no_text_ends_the_reading(text in ".{0,200}") {
        let _ = ServerMessage::parse(&text);
        let _ = ClientMessage::parse(&text);
    }
}

#[test]
fn a_newer_revision_takes_the_place_of_one_that_never_completed() {
    let part = |revision, part, of| GrammarPart {
        revision,
        part,
        of,
        sayings: vec![Saying { id: format!("{revision}.{part}"), say: vec!["a".into()] }],
    };
    let mut assembly = Assembly::default();
    assert_eq!(assembly.take(part(1, 0, 2)), Ok(None));
    assert_eq!(assembly.take(part(2, 1, 2)), Ok(None));
    assert_eq!(assembly.take(part(1, 1, 2)), Ok(None), "the old one is over");
    assert_eq!(assembly.take(part(2, 0, 3)), Err(PartError::Count { held: 2, of: 3 }));
    assert_eq!(assembly.take(part(2, 5, 2)), Err(PartError::Number { part: 5, of: 2 }));
    let (revision, whole) = assembly.take(part(2, 0, 2)).unwrap().unwrap();
    assert_eq!((revision, whole.len()), (2, 2));
}
