//! Turns in virtual time: a scripted client and microphone, a real grammar over a real board.

mod rest;

use super::*;
use crate::bell::Volumes;
use crate::frame::{Connection, Go, Press, SpokenAnswer, SpokenVerb, Tab, TicketLabel};
use crate::told::Told;
use crate::view::{Looking, Role, Scene, Seat, View};
use kitchen::{Board, Event as Logged, EventKind};
use std::collections::BTreeSet;
use testkit::{draft, line, order};
use voice::audio::Lost;
use voice::protocol::grammar::{Candidate, Match, Verdict};
use voice::spoken::Question;

const VIEW: &str = "main";

/// Orders `o4` and `o12` of tables 4 and 12 on the glass of the first station.
fn glass(role: Role) -> Box<Spoken> {
    let mut board = Board::new(testkit::setup());
    board.replace(testkit::setup(), [], 0);
    for (seq, (id, table)) in (1..).zip([("o12", "12"), ("o4", "4")]) {
        let placed = order(id, At(0), draft(table, vec![line("steak", 2, &[])]));
        board.apply(Logged {
            seq,
            at: At(0),
            kind: EventKind::OrderCreated,
            order: Some(placed),
            operation: None,
            menu: None,
            stations: None,
            settings: None,
        });
    }
    let mut view = View::new(Looking::default());
    view.role = role;
    let scene = Scene {
        board: &board,
        ready: true,
        now: At(0),
        utc_offset_minutes: 0,
        pace: 1.0,
        day_start: At(0),
        parked_read: At(0),
        volumes: &Volumes::default(),
        seat: Seat { device: &"screen".into(), screen: None, alone: false },
        connection: &Connection::new("", At(0)),
        notices: &[],
        problems: &BTreeMap::new(),
        told: &Told::default(),
        pending: &BTreeSet::new(),
    };
    Box::new(Spoken::of(&view, &scene))
}

struct Bench {
    room: Room,
    real: Duration,
    turn: u64,
    role: Role,
}

impl Bench {
    fn new() -> Self {
        Self::with(Kept::default(), Then::Done)
    }

    fn with(kept: Kept, then: Then) -> Self {
        let mut room = Room::new(kept, String::new(), Limits::default(), then, At(0));
        room.microphone(State::Ready { device: "mic".into() });
        Self { room, real: Duration::ZERO, turn: 0, role: Role::Cook }
    }

    fn now(&self) -> Now {
        let at = At(i64::try_from(self.real.as_millis()).unwrap());
        Now { real: self.real, at, pace: 1.0 }
    }

    fn pass(&mut self, ms: u64) {
        self.real += Duration::from_millis(ms);
        self.room.handle_timeout(self.now());
    }

    fn press(&mut self, press: TalkPress) -> Result<(), Fault> {
        self.press_on(VIEW, press)
    }

    fn press_on(&mut self, view: &str, press: TalkPress) -> Result<(), Fault> {
        let spoken = (press == TalkPress::Down).then(|| glass(self.role));
        self.room.press(view, press, spoken, self.now())
    }

    fn hear(&mut self, event: Event) {
        self.room.hear(event, self.now());
    }

    fn moves(&mut self, from: Phase, to: Phase, cause: Cause) {
        let turn = self.turn;
        self.hear(Event::Turn(turn::Event::Changed { turn, from, to, cause }));
    }

    fn down(&mut self) {
        self.press(TalkPress::Down).expect("the room is free");
        self.turn += 1;
        self.moves(Phase::Idle, Phase::Recording, Cause::Pressed);
    }

    /// Down, a second of speech, up, and the peer has it.
    fn speaks(&mut self) {
        self.down();
        self.pass(1_000);
        self.press(TalkPress::Up).unwrap();
        self.moves(Phase::Recording, Phase::Committing, Cause::Released);
        self.moves(Phase::Committing, Phase::WaitingUserFinal, Cause::Committed);
        self.pass(300);
    }

    fn words(&mut self, text: &str, found: Option<Match>, awaited: bool) {
        self.hear(Event::Words {
            item: "i".into(),
            text: text.to_owned(),
            current: found.as_ref().is_some_and(|found| found.revision == 7),
            found,
            awaited,
        });
    }

    /// A whole turn of a peer that only writes down.
    fn says(&mut self, text: &str) {
        self.speaks();
        self.words(text, None, true);
        self.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    /// What was meant so far; each is done, or refused.
    fn acts(&mut self, result: &Result<(), Fault>) -> Vec<Meaning> {
        self.carries_out(&result.clone().map(|()| None))
    }

    fn carries_out(&mut self, result: &Result<Option<SpokenAnswer>, Fault>) -> Vec<Meaning> {
        let mut meant = Vec::new();
        for output in self.outputs() {
            if let Output::Mean { id, meaning, .. } = output {
                self.room.acted(id, result.clone(), self.now());
                meant.push(*meaning);
            }
        }
        meant
    }

    fn talk(&self) -> Talk {
        let shown = self.room.shown(self.now());
        shown.views.get(VIEW).unwrap_or(&shown.idle).clone()
    }

    fn outcome(&self) -> Outcome {
        self.talk().said.expect("something is shown").outcome
    }

    fn failed(&self) -> Fault {
        match self.outcome() {
            Outcome::Failed { fault } => fault,
            other => panic!("{other:?}"),
        }
    }

    fn asked(&self) -> (u32, Vec<SpokenAct>) {
        let said = self.talk().said.expect("something is shown");
        match said.outcome {
            Outcome::Asked { choices } => (said.id, choices),
            other => panic!("{other:?}"),
        }
    }
}

/// What a peer that decides says.
fn found(revision: u64, verdict: Verdict, id: &str, heard: &str) -> Match {
    let others = vec![Candidate { id: "bump:o4".into(), score: -5.0 }];
    let (id, heard) = (Some(id.to_owned()), heard.to_owned());
    Match { revision, verdict, id, score: -1.0, gap: 4.0, heard, free: String::new(), others }
}

fn rung(outputs: &[Output]) -> Vec<Sound> {
    let sound = |output: &Output| if let Output::Ring(sound) = output { Some(*sound) } else { None };
    outputs.iter().filter_map(sound).collect()
}

fn bumps(meant: &[Meaning]) -> Vec<String> {
    let order = |meaning: &Meaning| match meaning {
        Meaning::Press(Press::Bump { order, .. }) => Some(order.0.clone()),
        _ => None,
    };
    meant.iter().filter_map(order).collect()
}

#[test]
fn a_sure_word_is_done_like_a_touch_and_shown_with_what_was_heard() {
    let mut bench = Bench::new();
    assert_eq!((bench.talk().turn, bench.talk().fault), (TalkTurn::Ready, None));
    bench.speaks();
    assert_eq!(bench.talk().turn, TalkTurn::Thinking);
    bench.outputs();
    bench.words("bump table twelve", None, true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    assert_eq!(bench.talk().said, None, "nothing is said to be done before it is");
    assert_eq!(bumps(&bench.acts(&Ok(()))), ["o12"]);
    let said = bench.talk().said.unwrap();
    assert_eq!((said.words.as_str(), said.took_ms), ("bump table twelve", Some(300)));
    let Outcome::Done { act } = said.outcome else { panic!("{said:?}") };
    assert_eq!((act.verb, act.label), (SpokenVerb::Bump, Some(TicketLabel::Table("12".into()))));
    assert_eq!(rung(&bench.outputs()), [Sound::Heard]);
    bench.pass(3_999);
    assert!(bench.talk().said.is_some());
    bench.pass(1);
    assert_eq!((bench.talk().said, bench.talk().turn), (None, TalkTurn::Ready));
}

#[test]
fn what_the_kitchen_refuses_is_said() {
    let mut bench = Bench::new();
    bench.says("bump table twelve");
    bench.acts(&Err(Fault::new("disk_full")));
    assert_eq!(bench.failed().code, "disk_full");
    assert_eq!(rung(&bench.outputs()), [Sound::Refused]);
}

#[test]
fn the_turn_is_shown_as_it_goes() {
    let mut bench = Bench::new();
    bench.press(TalkPress::Down).unwrap();
    assert_eq!(bench.talk().turn, TalkTurn::Listening, "at once");
    bench.turn += 1;
    bench.moves(Phase::Idle, Phase::Recording, Cause::Pressed);
    bench.pass(900);
    bench.press(TalkPress::Up).unwrap();
    assert_eq!(bench.talk().turn, TalkTurn::Sending, "at once");
    bench.moves(Phase::Recording, Phase::Committing, Cause::Released);
    bench.moves(Phase::Committing, Phase::WaitingUserFinal, Cause::Committed);
    assert_eq!(bench.talk().turn, TalkTurn::Thinking);
    let told: Vec<Notification> = bench
        .outputs()
        .into_iter()
        .filter_map(|output| if let Output::Tell(told) = output { Some(told) } else { None })
        .collect();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|told| told.name() == "turn-state:change"));
}

#[test]
fn what_is_not_sure_is_asked_and_a_touch_chooses() {
    let mut bench = Bench::new();
    bench.speaks();
    bench.outputs();
    bench.words("bump table to", Some(found(7, Verdict::Ask, "bump:o12", "bump table twelve")), true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    let (said, choices) = bench.asked();
    assert_eq!(choices.len(), 2);
    let outputs = bench.outputs();
    assert_eq!(rung(&outputs), [Sound::Asked]);
    assert!(!outputs.iter().any(|output| matches!(output, Output::Mean { .. })), "nothing is done");
    assert_eq!(
        bench.press(TalkPress::Choose { said: said + 1, choice: 0 }).unwrap_err().code,
        "question_over"
    );
    bench.press(TalkPress::Choose { said, choice: 1 }).unwrap();
    assert_eq!(bumps(&bench.acts(&Ok(()))), ["o4"]);
    assert!(matches!(bench.outcome(), Outcome::Done { .. }));
    assert_eq!(bench.press(TalkPress::Choose { said, choice: 0 }).unwrap_err().code, "question_over");
}

#[test]
fn a_question_is_answered_by_yes_and_dropped_by_no() {
    for (word, done) in [("yes", &["o12"][..]), ("no", &[][..])] {
        let mut bench = Bench::new();
        bench.speaks();
        bench.words("bump", Some(found(7, Verdict::Ask, "bump:o12", "bump table twelve")), true);
        bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
        // It stays as long as somebody answers, however slowly.
        bench.pass(14_000);
        bench.down();
        bench.pass(10_000);
        bench.asked();
        bench.press(TalkPress::Up).unwrap();
        bench.moves(Phase::Recording, Phase::Committing, Cause::Released);
        bench.outputs();
        bench.words(word, None, true);
        bench.moves(Phase::Committing, Phase::Idle, Cause::Heard);
        assert_eq!(bumps(&bench.acts(&Ok(()))), done, "{word}");
        assert_eq!(matches!(bench.outcome(), Outcome::Dropped), word == "no");
    }
}

#[test]
fn an_answer_that_is_not_understood_leaves_the_question() {
    let mut bench = Bench::new();
    bench.speaks();
    bench.words("bump", Some(found(7, Verdict::Ask, "bump:o12", "bump table twelve")), true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    let (first, _) = bench.asked();
    bench.says("where did I leave my tongs");
    assert_eq!(bench.asked().0, first);
    bench.outputs();
    bench.press(TalkPress::Dismiss { said: first }).unwrap();
    assert_eq!(bench.talk().said, None);
    bench.says("yes");
    assert!(bench.acts(&Ok(())).is_empty(), "nobody has asked");
    assert_eq!(bench.outcome(), Outcome::NotUnderstood);
}

#[test]
fn a_question_that_nobody_answers_goes() {
    let mut bench = Bench::new();
    bench.speaks();
    bench.words("bump", Some(found(7, Verdict::Ask, "bump:o12", "bump table twelve")), true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    bench.pass(15_000);
    assert_eq!(bench.talk().said, None);
}

#[test]
fn what_was_asked_is_answered_large_and_looks_are_taken_once_they_are_sure() {
    let mut bench = Bench::new();
    let answer = SpokenAnswer::Open { tickets: 3 };
    bench.says("how many tickets");
    assert_eq!(
        bench.talk().said,
        None,
        "it is answered from the board, not from what was on it at the press"
    );
    assert_eq!(bench.carries_out(&Ok(Some(answer.clone()))), [Meaning::Ask(Question::Open)]);
    assert_eq!(bench.outcome(), Outcome::Answered { answer: answer.clone() });
    bench.says("show all day");
    assert_eq!(bench.acts(&Ok(())), [Meaning::Go(Go::Tab { tab: Tab::AllDay })]);
    // Noise sounds like them as well as like anything else.
    for (id, words) in [("open", "how many tickets"), ("show-all-day", "all day")] {
        bench.speaks();
        bench.words(words, Some(found(7, Verdict::Ask, id, words)), true);
        bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
        bench.asked();
        assert!(bench.acts(&Ok(())).is_empty(), "{words}");
        bench.says("yes");
        match id {
            "open" => {
                let meant = bench.carries_out(&Ok(Some(answer.clone())));
                assert_eq!(meant, [Meaning::Ask(Question::Open)]);
                assert_eq!(bench.outcome(), Outcome::Answered { answer: answer.clone() });
            }
            _ => assert_eq!(bench.acts(&Ok(())), [Meaning::Go(Go::Tab { tab: Tab::AllDay })]),
        }
    }
}

#[test]
fn nothing_is_done_by_what_means_nothing_here() {
    let mut bench = Bench::new();
    for words in ["bump table ninety", "do not bump table twelve", "", "yes", "undo"] {
        bench.says(words);
        assert!(bench.acts(&Ok(())).is_empty(), "{words}");
        assert!(matches!(bench.outcome(), Outcome::NotUnderstood | Outcome::Asked { .. }), "{words}");
        let said = bench.talk().said.unwrap().id;
        bench.press(TalkPress::Dismiss { said }).unwrap();
    }
    bench.speaks();
    bench.words("", Some(found(7, Verdict::None, "bump:o12", "")), true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    assert_eq!(bench.outcome(), Outcome::NotUnderstood);
}

#[test]
fn only_words_that_were_waited_for_do_anything() {
    let mut bench = Bench::new();
    bench.words("bump table twelve", None, false);
    bench.speaks();
    bench.words("bump table twelve", None, false);
    assert!(bench.acts(&Ok(())).is_empty());
    bench.press(TalkPress::Cancel).unwrap();
    bench.words("bump table twelve", None, true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Cancelled);
    assert!(bench.acts(&Ok(())).is_empty(), "somebody has thought better of it");
    assert_eq!(bench.outcome(), Outcome::Dropped);
}

#[test]
fn what_an_older_grammar_decided_is_judged_by_that_of_the_press() {
    let mut bench = Bench::new();
    // An older peer's choice was another order; the words are those of this one.
    bench.speaks();
    bench.words("bump table twelve", Some(found(6, Verdict::Sure, "bump:o4", "bump table four")), true);
    assert_eq!(bumps(&bench.acts(&Ok(()))), ["o12"]);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    // The same words do not stand for that any more.
    bench.speaks();
    bench.words("bump table four", Some(found(7, Verdict::Sure, "bump:o9", "bump table nine")), true);
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
    assert!(bench.acts(&Ok(())).is_empty());
    // And a sure word of this grammar is taken.
    bench.speaks();
    bench.words("bump table four", Some(found(7, Verdict::Sure, "bump:o4", "bump table four")), true);
    assert_eq!(bumps(&bench.acts(&Ok(()))), ["o4"]);
}

#[test]
fn guests_may_ask_and_look_only() {
    let mut bench = Bench { role: Role::Guest, ..Bench::new() };
    bench.says("bump table twelve");
    assert!(bench.acts(&Ok(())).is_empty());
    bench.says("how many tickets");
    assert_eq!(bench.acts(&Ok(())), [Meaning::Ask(Question::Open)]);
}

#[test]
fn one_turn_at_a_time_of_one_view() {
    let mut bench = Bench::new();
    bench.down();
    bench.press(TalkPress::Down).expect("a held key repeats itself");
    assert_eq!(bench.press_on("other", TalkPress::Down).unwrap_err().code, "talk_busy");
    bench.press_on("other", TalkPress::Up).unwrap();
    bench.press_on("other", TalkPress::Cancel).unwrap();
    assert_eq!(bench.talk().turn, TalkTurn::Listening, "that of another view ends nothing");
    let shown = bench.room.shown(bench.now());
    assert!(shown.views.get("other").is_none_or(|talk| talk.turn == TalkTurn::Ready));
    bench.pass(1_000);
    bench.press(TalkPress::Up).unwrap();
    assert_eq!(bench.press(TalkPress::Down).unwrap_err().code, "talk_busy");
    let presses = |output: &Output| matches!(output, Output::Client(Say::Press { .. }));
    assert_eq!(bench.outputs().iter().filter(|output| presses(output)).count(), 1);
}

#[test]
fn in_toggle_mode_the_second_press_ends_the_first() {
    let mut bench = Bench::new();
    bench.press(TalkPress::Mode { mode: TalkMode::Toggle }).unwrap();
    let kept = Kept { mode: TalkMode::Toggle, microphone: None };
    assert_eq!(bench.outputs(), [Output::Keep(kept)]);
    bench.down();
    bench.pass(100);
    bench.press(TalkPress::Up).unwrap();
    bench.pass(1_000);
    bench.outputs();
    bench.press(TalkPress::Down).unwrap();
    assert_eq!(bench.outputs(), [Output::Client(Say::Release)]);
    assert_eq!(bench.talk().mode, TalkMode::Toggle);
}

#[test]
fn a_tap_holds_no_word_and_says_so() {
    let mut bench = Bench::new();
    bench.down();
    bench.pass(200);
    bench.outputs();
    bench.press(TalkPress::Up).unwrap();
    assert_eq!(bench.outputs(), [Output::Client(Say::Cancel)]);
    bench.moves(Phase::Recording, Phase::Idle, Cause::Cancelled);
    assert_eq!(bench.failed().code, "talk_too_short");
}

#[test]
fn who_goes_while_the_button_is_down_lets_go_of_it() {
    let mut bench = Bench::new();
    bench.down();
    bench.pass(500);
    bench.outputs();
    bench.room.left("other", bench.now());
    assert!(bench.outputs().is_empty());
    bench.room.left(VIEW, bench.now());
    assert_eq!(bench.outputs(), [Output::Client(Say::Cancel)]);
    bench.moves(Phase::Recording, Phase::Idle, Cause::Cancelled);
    assert_eq!(bench.talk().turn, TalkTurn::Ready);
}

/// R5.4: each limit is told with its state, before the turn is over, and then said on the glass.
#[test]
fn r5_04_a_limit_is_told_and_said() {
    let limits = Limits::default();
    for (state, after, code) in [
        (Phase::Recording, limits.recording, "talk_too_long"),
        (Phase::Committing, limits.committing, "talk_timed_out"),
        (Phase::WaitingUserFinal, limits.user_final, "talk_timed_out"),
    ] {
        let mut bench = Bench::new();
        bench.hear(Event::Peer(Standing::Live { decides: true }));
        bench.down();
        bench.outputs();
        let turn = bench.turn;
        bench.hear(Event::Turn(turn::Event::TimedOut { turn, state, after, reason: "test" }));
        assert_eq!(bench.talk().turn, TalkTurn::Listening, "the move follows");
        bench.moves(state, Phase::Idle, Cause::TimedOut);
        assert_eq!(bench.failed().code, code);
        let names: Vec<&str> = bench
            .outputs()
            .iter()
            .filter_map(|output| if let Output::Tell(told) = output { Some(told.name()) } else { None })
            .collect();
        assert_eq!(names, ["state-timeout", "turn-state:change"]);
    }
}

#[test]
fn a_lost_microphone_ends_the_turn_and_is_said_until_it_is_back() {
    let mut bench = Bench::new();
    bench.down();
    bench.outputs();
    bench.room.microphone(State::Lost(Lost::Unplugged));
    assert_eq!(bench.outputs(), [Output::Client(Say::MicrophoneLost)]);
    bench.moves(Phase::Recording, Phase::Idle, Cause::MicrophoneLost);
    assert_eq!(bench.failed().code, "microphone_lost");
    assert_eq!(bench.talk().fault.unwrap().code, "microphone_unplugged");
    bench.outputs();
    bench.press(TalkPress::Down).unwrap();
    assert_eq!(bench.failed().code, "microphone_unplugged");
    assert!(
        !bench.outputs().iter().any(|output| matches!(output, Output::Client(_))),
        "nobody would hear it"
    );
    bench.room.microphone(State::Ready { device: "mic".into() });
    assert_eq!(bench.talk().fault, None);
    bench.down();
    assert_eq!(bench.talk().turn, TalkTurn::Listening);
}

#[test]
fn a_peer_that_is_away_or_refuses_is_told_apart() {
    let away = |code: Option<&str>| {
        Event::Peer(Standing::Away { reason: Some("no".into()), code: code.map(str::to_owned) })
    };
    // Not there: it is tried until the turn's limit.
    let mut bench = Bench::new();
    bench.down();
    bench.hear(Event::Peer(Standing::Connecting));
    bench.hear(away(None));
    assert_eq!(bench.talk().turn, TalkTurn::Listening);
    let turn = bench.turn;
    let after = Duration::from_secs(5);
    bench.hear(Event::Turn(turn::Event::TimedOut { turn, state: Phase::Committing, after, reason: "test" }));
    bench.moves(Phase::Committing, Phase::Idle, Cause::TimedOut);
    assert_eq!(bench.failed().code, "voice_away");
    assert_eq!(bench.talk().fault.unwrap().code, "voice_away");
    bench.hear(Event::Peer(Standing::Live { decides: true }));
    assert_eq!(bench.talk().fault, None);
    // It ends what nobody uses, and is right.
    bench.hear(away(None));
    assert_eq!(bench.talk().fault, None);

    // There, and without a model: no sense in going on.
    let mut bench = Bench::new();
    bench.down();
    bench.hear(Event::Peer(Standing::Connecting));
    bench.outputs();
    bench.hear(away(Some("speech_model_missing")));
    assert_eq!(bench.failed().code, "speech_model_missing");
    assert!(bench.outputs().contains(&Output::Client(Say::Reset)));
    bench.moves(Phase::Recording, Phase::Idle, Cause::Reset);
    assert_eq!(bench.failed().code, "speech_model_missing");
    assert_eq!(bench.talk().turn, TalkTurn::Ready);

    // It lost its model while it was there.
    let mut bench = Bench::new();
    bench.speaks();
    let code = Some("speech_model_unusable".to_owned());
    bench.hear(Event::NoWords { item: "i".into(), code, awaited: true });
    bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::NotUnderstood);
    assert_eq!(bench.failed().code, "speech_model_unusable");

    // We are not let in.
    let mut bench = Bench::new();
    bench.down();
    bench.hear(Event::Peer(Standing::Refused { reason: "401".into() }));
    bench.moves(Phase::Recording, Phase::Idle, Cause::Disconnected);
    assert_eq!(bench.failed().code, "voice_refused");
}

#[test]
fn a_peer_that_was_not_there_is_tried_again_by_itself_ever_less_often() {
    let mut bench = Bench::new();
    let mut waits = Vec::new();
    for _ in 0..6 {
        bench.hear(Event::Peer(Standing::Connecting));
        bench.hear(Event::Peer(Standing::Away { reason: Some("no".into()), code: None }));
        assert_eq!(bench.talk().fault.unwrap().code, "voice_away");
        bench.outputs();
        let wait = bench.room.next_deadline().expect("it will be") - bench.real;
        bench.pass(u64::try_from(wait.as_millis()).unwrap());
        assert_eq!(bench.outputs(), [Output::Client(Say::Warm)]);
        waits.push(wait.as_secs());
    }
    assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    bench.hear(Event::Peer(Standing::Connecting));
    assert_eq!(bench.talk().fault.unwrap().code, "voice_away", "said until it is there");
    bench.hear(Event::Peer(Standing::Live { decides: true }));
    assert_eq!((bench.talk().fault, bench.room.next_deadline()), (None, None));
}

/// R5.7: what the client does not end by itself is ended here, and the client is replaced.
#[test]
fn r5_07_a_stuck_client_does_not_hold_the_button() {
    let mut bench = Bench::new();
    bench.down();
    bench.outputs();
    let limit = Limits::default().recording + GRACE;
    bench.pass(u64::try_from(limit.as_millis()).unwrap() - 1);
    assert_eq!(bench.talk().turn, TalkTurn::Listening);
    bench.pass(1);
    assert!(bench.outputs().contains(&Output::Restart));
    assert_eq!(bench.failed().code, "talk_timed_out");
    bench.down();
    assert_eq!(bench.talk().turn, TalkTurn::Listening);
}

#[test]
fn what_is_done_late_leaves_a_newer_question_and_what_fails_is_said() {
    for (result, is_said) in [(Ok(None), false), (Err(Fault::new("disk_full")), true)] {
        let mut bench = Bench::new();
        bench.says("bump table four");
        let meant = bench.outputs().into_iter().find_map(|output| match output {
            Output::Mean { id, .. } => Some(id),
            _ => None,
        });
        bench.speaks();
        bench.words("bump", Some(found(7, Verdict::Ask, "bump:o12", "bump table twelve")), true);
        bench.moves(Phase::WaitingUserFinal, Phase::Idle, Cause::Heard);
        let (question, _) = bench.asked();
        bench.room.acted(meant.unwrap(), result, bench.now());
        if is_said {
            assert_eq!(bench.failed().code, "disk_full");
            continue;
        }
        assert_eq!(bench.asked().0, question);
        bench.press(TalkPress::Choose { said: question, choice: 0 }).unwrap();
        assert_eq!(bumps(&bench.acts(&Ok(()))), ["o12"]);
    }
}

#[test]
fn no_tone_sounds_while_it_listens() {
    let mut bench = Bench::new();
    bench.says("bump table twelve");
    let outputs = bench.outputs();
    let id =
        outputs.iter().find_map(|output| if let Output::Mean { id, .. } = output { Some(*id) } else { None });
    bench.down();
    bench.outputs();
    bench.room.acted(id.unwrap(), Ok(None), bench.now());
    assert!(rung(&bench.outputs()).is_empty());
    assert!(matches!(bench.outcome(), Outcome::Done { .. }), "it is shown all the same");
}

#[test]
fn a_peer_that_answers_may_do_what_can_be_said_and_is_told_what_came_of_it() {
    let call = |name: &str, arguments: &str| Event::Call {
        call_id: "c".into(),
        name: name.into(),
        arguments: arguments.into(),
    };
    let output = |outputs: &[Output]| {
        outputs.iter().find_map(|output| match output {
            Output::Client(Say::Output { output, .. }) => Some(output.clone()),
            _ => None,
        })
    };
    let mut bench = Bench::with(Kept::default(), Then::Answer);
    bench.speaks();
    bench.words("get rid of the twelve", None, true);
    bench.moves(Phase::WaitingUserFinal, Phase::WaitingResponse, Cause::Heard);
    bench.outputs();
    bench.hear(call("how_many_tickets", "{}"));
    bench.carries_out(&Ok(Some(SpokenAnswer::Open { tickets: 7 })));
    assert_eq!(output(&bench.outputs()).unwrap(), r#"{"answer":{"kind":"open","tickets":7},"ok":true}"#);
    bench.hear(call("bump_ticket", r#"{"ticket": "table 12"}"#));
    assert_eq!(bumps(&bench.acts(&Ok(()))), ["o12"]);
    assert_eq!(output(&bench.outputs()).unwrap(), r#"{"ok":true}"#);
    // Not on the glass; no function of ours; not readable.
    for (name, arguments) in
        [("bump_ticket", r#"{"ticket": "table 90"}"#), ("format_disk", "{}"), ("bump_ticket", "}")]
    {
        bench.hear(call(name, arguments));
        let outputs = bench.outputs();
        assert!(output(&outputs).unwrap().contains(r#""ok":false"#), "{name}");
        assert!(!outputs.iter().any(|output| matches!(output, Output::Mean { .. })));
    }
    bench.moves(Phase::WaitingResponse, Phase::Idle, Cause::Answered);
    assert!(matches!(bench.outcome(), Outcome::Done { .. }));

    // What is clear needs no answer, and is not done twice.
    bench.speaks();
    bench.words("bump table four", None, true);
    let outputs = bench.outputs();
    assert!(outputs.contains(&Output::Client(Say::Cancel)));
    bench.hear(call("bump_ticket", r#"{"ticket": "table 4"}"#));
    assert!(bench.acts(&Ok(())).is_empty());
    bench.moves(Phase::WaitingResponse, Phase::Idle, Cause::Cancelled);
}

#[test]
fn the_level_is_told_five_times_a_second_and_only_to_an_open_panel() {
    let mut bench = Bench::new();
    assert!(bench.talk().panel.is_none() && !bench.room.has_panel());
    bench.press(TalkPress::Panel { open: true }).unwrap();
    assert_eq!(bench.outputs(), [Output::List, Output::Client(Say::Warm)]);
    let mut levels = BTreeSet::new();
    for level in 1..=100 {
        bench.room.level(level, Tally::default(), bench.now());
        levels.insert(bench.talk().panel.unwrap().level);
        bench.pass(20);
    }
    assert_eq!(levels.len(), 10, "two seconds");
    bench.says("bump table twelve");
    let panel = bench.talk().panel.unwrap();
    assert_eq!((panel.transcripts.len(), panel.turns.len()), (1, 4));
    assert_eq!((panel.turns[0].to.as_str(), panel.turns[0].cause.as_str()), ("idle", "heard"));
    bench.press(TalkPress::Panel { open: false }).unwrap();
    assert!(bench.talk().panel.is_none());
}

#[test]
fn the_glass_of_these_tests_holds_its_tickets() {
    // It would be empty otherwise, and every refusal would pass.
    assert_eq!(glass(Role::Cook).situation.tickets.len(), 2);
}
