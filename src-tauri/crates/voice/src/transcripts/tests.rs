use super::*;
use crate::protocol::{Item, PeerError};
use proptest::prelude::*;

fn added(item: &str) -> ServerEvent {
    ServerEvent::ItemAdded { item: Item::spoken(item), previous_item_id: None }
}

fn delta(item: &str, text: &str) -> ServerEvent {
    ServerEvent::TranscriptionDelta { item_id: item.into(), content_index: 0, delta: text.into() }
}

fn completed(item: &str, text: &str) -> ServerEvent {
    ServerEvent::TranscriptionCompleted {
        item_id: item.into(),
        content_index: 0,
        transcript: text.into(),
        brigade_match: None,
    }
}

fn texts(transcripts: &Transcripts) -> Vec<(String, String)> {
    let mut texts: Vec<_> =
        transcripts.entries().map(|entry| (entry.item.clone(), entry.text().to_owned())).collect();
    texts.sort();
    texts
}

#[test]
fn r2_04_an_item_makes_an_entry_by_either_name() {
    for name in ["conversation.item.created", "conversation.item.added"] {
        let text = format!(r#"{{"type":"{name}","item":{{"id":"i","type":"message","role":"user"}}}}"#);
        let event = crate::protocol::ServerMessage::parse(&text).unwrap().event;
        let mut transcripts = Transcripts::default();
        assert_eq!(transcripts.take(&event), Taken::Created { item: "i".into() });
        assert_eq!(transcripts.take(&event), Taken::Nothing, "only one");
        assert_eq!(transcripts.entries().count(), 1);
    }
}

#[test]
fn r2_05_words_of_an_unknown_item_make_its_entry_and_say_so() {
    let mut transcripts = Transcripts::default();
    assert_eq!(transcripts.take(&delta("i", " bump ")), Taken::Grown { item: "i".into(), unknown: true });
    assert_eq!(transcripts.take(&delta("i", "two")), Taken::Grown { item: "i".into(), unknown: false });
    let end = Taken::Final { item: "i".into(), text: " bump two".into(), found: None, unknown: false };
    assert_eq!(
        transcripts.take(&completed("i", "")),
        end,
        "deltas append exactly; an empty completion keeps them"
    );
    assert_eq!(transcripts.take(&completed("i", "")), Taken::Nothing, "final once");
    assert_eq!(
        transcripts.take(&completed("j", "recall last")),
        Taken::Final { item: "j".into(), text: "recall last".into(), found: None, unknown: true }
    );
}

#[test]
fn r2_07_without_an_item_nothing_is_made() {
    let mut transcripts = Transcripts::default();
    for event in [added(""), delta("", "x"), completed("", "x")] {
        assert_eq!(transcripts.take(&event), Taken::NoItem);
    }
    assert_eq!(transcripts.entries().count(), 0);
}

#[test]
fn a_failed_turn_keeps_what_it_had() {
    let mut transcripts = Transcripts::default();
    transcripts.take(&delta("i", "bump"));
    let error = PeerError { message: "too noisy".into(), ..PeerError::default() };
    let event = ServerEvent::TranscriptionFailed { item_id: "i".into(), content_index: 0, error };
    let failed = Taken::Failed { item: "i".into(), reason: "too noisy".into(), code: None, unknown: false };
    assert_eq!(transcripts.take(&event), failed);
    assert_eq!(transcripts.entry("i").unwrap().text(), "bump");
    assert_eq!(
        transcripts.take(&completed("i", "bump two")),
        Taken::Nothing,
        "what failed is not acted on later"
    );
}

#[test]
fn fifty_are_kept_and_no_text_is_endless() {
    let mut transcripts = Transcripts::default();
    for n in 0..200 {
        transcripts.take(&completed(&format!("i{n}"), "x"));
    }
    assert_eq!(transcripts.entries().count(), Transcripts::KEPT);
    assert_eq!(transcripts.entries().next_back().unwrap().item, "i199");
    for _ in 0..3_000 {
        transcripts.take(&delta("long", "déjà"));
    }
    assert!(transcripts.entry("long").unwrap().text().len() <= 10_000);
}

/// Three turns at once, as a peer tells them in order.
fn story() -> Vec<ServerEvent> {
    let mut events = Vec::new();
    for (item, words) in
        [("a", ["bump ", "table twelve"]), ("b", ["recall ", "last"]), ("c", ["", "what's late"])]
    {
        events.push(added(item));
        events.push(delta(item, words[0]));
        events.push(delta(item, words[1]));
        events.push(completed(item, &words.concat()));
    }
    events
}

fn told(events: &[ServerEvent]) -> (Transcripts, Vec<ItemId>) {
    let mut transcripts = Transcripts::default();
    let mut finals = Vec::new();
    for event in events {
        if let Taken::Final { item, .. } = transcripts.take(event) {
            finals.push(item);
        }
    }
    finals.sort();
    (transcripts, finals)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r2_05_in_any_order_the_words_are_the_same(events in Just(story()).prop_shuffle()) {
        let (expected, finals) = told(&story());
        let (got, got_finals) = told(&events);
        prop_assert_eq!(texts(&got), texts(&expected));
        prop_assert_eq!(got_finals, finals);
    }

    #[test]
    fn r2_05_any_lost_event_costs_no_more_than_itself(events in Just(story()).prop_shuffle(), lost in 0usize..12) {
        let mut events = events;
        let lost = events.remove(lost);
        let (got, finals) = told(&events);
        let (expected, _) = told(&story());
        match lost {
            // Without the completion the deltas stand, in the order they came.
            ServerEvent::TranscriptionCompleted { item_id, transcript, .. } => {
                prop_assert_eq!(finals.len(), 2);
                prop_assert_eq!(got.entry(&item_id).unwrap().text().len(), transcript.len());
            }
            _ => {
                prop_assert_eq!(texts(&got), texts(&expected));
                prop_assert_eq!(finals.len(), 3);
            }
        }
    }

    #[test]
    fn r2_06_no_event_breaks_them(
        events in prop::collection::vec(("[a-e]?", "[a-zé ]{0,8}", 0u8..5), 0..300),
    ) {
        let mut transcripts = Transcripts::default();
        for (item, text, kind) in &events {
            let event = match kind {
                0 => added(item),
                1 => delta(item, text),
                2 => completed(item, text),
                3 => ServerEvent::OutputTextDelta { item_id: item.clone(), delta: text.clone() },
                _ => ServerEvent::Unknown(serde_json::Value::Null),
            };
            transcripts.take(&event);
        }
        prop_assert!(transcripts.entries().all(|entry| !entry.item.is_empty()));
        prop_assert!(transcripts.entries().count() <= 5);
    }
}
