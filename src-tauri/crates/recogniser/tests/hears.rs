//! The real model hears real sound. Needs the model: `cargo xtask test` fetches it and says where it is.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use recogniser::{Certainty, HearError, Recogniser, SAMPLE_RATE, Saying};
use std::path::{Path, PathBuf};

fn model() -> PathBuf {
    let folder = std::env::var_os("BRIGADE_VOICE_MODEL");
    folder
        .expect(
            "BRIGADE_VOICE_MODEL names the speech model's folder; cargo xtask test fetches it and sets it",
        )
        .into()
}

/// A recording of synthetic speech, 16 bits, at the recogniser's rate.
fn clip(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clips").join(name);
    let bytes = std::fs::read(path).unwrap();
    let samples = bytes[44..].chunks_exact(2);
    samples.map(|two| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32_768.0).collect()
}

fn sayings() -> Vec<Saying> {
    let numbers = [("12", "twelve"), ("2", "two"), ("20", "twenty"), ("7", "seven")];
    let verbs = ["bump", "hold", "rush", "start"];
    let both = verbs.iter().flat_map(|verb| numbers.iter().map(move |number| (verb, number)));
    both.map(|(verb, (digits, spelled))| Saying {
        id: format!("{verb}:{digits}"),
        say: vec![format!("{verb} table {digits}"), format!("{verb} table {spelled}")],
    })
    .collect()
}

#[test]
fn a_command_is_heard_and_something_else_is_not_taken_for_one() {
    let recogniser = Recogniser::load(&model()).unwrap();
    let grammar = recogniser.grammar(&sayings());
    let heard = recogniser.recognise(&clip("bump-table-twelve.wav"), &grammar).unwrap();
    assert_ne!(heard.certainty, Certainty::None, "{heard:?}");
    assert_eq!(heard.best.map(|best| best.id).as_deref(), Some("bump:12"));
    assert!(!heard.others.is_empty() && heard.evidence.unwrap().gap > 0.0);

    let other = clip("something-else.wav");
    let heard = recogniser.recognise(&other, &grammar).unwrap();
    assert_eq!(heard.certainty, Certainty::None, "{heard:?}");
    let text = recogniser.transcribe(&other).unwrap();
    assert!(text.to_lowercase().contains("game last night"), "{text}");
    assert_eq!(heard.text, text, "listening for commands writes the same words besides");

    let noise: Vec<f32> =
        (0..SAMPLE_RATE * 2).map(|at| ((at * 7_919) % 1_000) as f32 / 5_000.0 - 0.1).collect();
    assert_eq!(recogniser.recognise(&noise, &grammar).unwrap().certainty, Certainty::None);
    let nothing = recogniser.recognise(&noise, &recogniser.grammar(&[])).unwrap();
    assert!(nothing.certainty == Certainty::None && nothing.best.is_none());
}

#[test]
fn what_cannot_be_listened_to_is_said() {
    let recogniser = Recogniser::load(&model()).unwrap();
    let grammar = recogniser.grammar(&sayings());
    assert!(matches!(recogniser.recognise(&[], &grammar), Err(HearError::NoSound)));
    let long = vec![0.0; SAMPLE_RATE * 40];
    assert!(matches!(recogniser.recognise(&long, &grammar), Err(HearError::TooLong { seconds: 40 })));
}

#[test]
fn a_folder_without_a_model_is_a_clear_error() {
    let error = Recogniser::load(Path::new(env!("CARGO_MANIFEST_DIR"))).err().unwrap();
    assert!(error.to_string().contains("vocabulary.txt"), "{error}");
}
