use super::*;
use proptest::prelude::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn outputs(turns: &mut Turns) -> Vec<Output> {
    std::iter::from_fn(|| turns.poll_output()).collect()
}

fn acts(turns: &mut Turns) -> Vec<Act> {
    let act = |output| match output {
        Output::Do(act) => Some(act),
        Output::Event(_) => None,
    };
    outputs(turns).into_iter().filter_map(act).collect()
}

fn events(turns: &mut Turns) -> Vec<Event> {
    let event = |output| match output {
        Output::Event(event) => Some(event),
        Output::Do(_) => None,
    };
    outputs(turns).into_iter().filter_map(event).collect()
}

/// A machine that was brought to a state; the moment is when it got there.
fn at(phase: Phase) -> (Turns, Duration) {
    let mut turns = Turns::new(Limits::default());
    let mut now = MS(1_000);
    let steps = [
        (Phase::Recording, vec![Input::Start], 1_000),
        (Phase::Committing, vec![Input::Stop, Input::Commit], 1_000),
        (Phase::WaitingUserFinal, vec![Input::Committed("i1".into())], 50),
        (Phase::WaitingResponse, vec![Input::Words("i1".into(), Then::Answer)], 300),
    ];
    for (reached, inputs, after) in steps {
        if turns.phase() == phase {
            break;
        }
        now += MS(after);
        for input in inputs {
            turns.handle(input, now).unwrap();
        }
        assert_eq!(turns.phase(), reached);
    }
    outputs(&mut turns);
    (turns, now)
}

const ALL: [Phase; 5] =
    [Phase::Idle, Phase::Recording, Phase::Committing, Phase::WaitingUserFinal, Phase::WaitingResponse];

/// The state lasts to the last millisecond and no longer; it says why before it goes.
fn times_out(phase: Phase, after: Duration) -> Vec<Output> {
    let (mut turns, entered) = at(phase);
    let entered = if phase == Phase::Committing { turns_released(&turns) } else { entered };
    turns.handle_timeout(entered + after - MS(1));
    assert_eq!(turns.phase(), phase, "one millisecond before");
    outputs(&mut turns);
    turns.handle_timeout(entered + after);
    assert_eq!(turns.phase(), Phase::Idle);
    let said = outputs(&mut turns);
    let Output::Event(Event::TimedOut { state, after: limit, reason, .. }) = &said[0] else {
        panic!("{said:?}")
    };
    assert_eq!((*state, *limit), (phase, after));
    assert!(!reason.is_empty());
    let last = said.last().unwrap();
    let Output::Event(Event::Changed { from, to, cause, .. }) = last else { panic!("{said:?}") };
    assert_eq!((*from, *to, *cause), (phase, Phase::Idle, Cause::TimedOut));
    assert_eq!(turns.next_deadline(), None);
    said
}

fn turns_released(turns: &Turns) -> Duration {
    match turns.state {
        State::Committing { released, .. } => released,
        _ => panic!("{:?}", turns.state),
    }
}

#[test]
fn r5_01_waiting_for_the_words_ends_after_10_s() {
    times_out(Phase::WaitingUserFinal, Duration::from_secs(10));
}

#[test]
fn r5_02_waiting_for_an_answer_ends_after_15_s() {
    let said = times_out(Phase::WaitingResponse, Duration::from_secs(15));
    assert!(said.contains(&Output::Do(Act::CancelResponse)));
}

#[test]
fn r5_03_recording_ends_after_45_s_and_is_thrown_away() {
    let said = times_out(Phase::Recording, Duration::from_secs(45));
    assert!(said.contains(&Output::Do(Act::Hush)) && said.contains(&Output::Do(Act::Discard)));
    assert!(!said.contains(&Output::Do(Act::Commit)));
}

#[test]
fn r5_03_committing_warns_after_2_s_and_ends_after_5_s() {
    let (mut turns, _) = at(Phase::Committing);
    let released = turns_released(&turns);
    turns.handle_timeout(released + MS(1_999));
    assert_eq!(events(&mut turns), []);
    turns.handle_timeout(released + MS(2_000));
    assert_eq!(events(&mut turns), [Event::Slow { turn: 1 }]);
    let said = times_out(Phase::Committing, Duration::from_secs(5));
    assert!(
        said.contains(&Output::Do(Act::GiveUpPeer)),
        "what it still says would be taken for the next turn"
    );
}

#[test]
fn r5_04_a_timeout_is_told_before_the_move() {
    for (phase, limit) in
        [(Phase::Recording, 45), (Phase::WaitingUserFinal, 10), (Phase::WaitingResponse, 15)]
    {
        let said = times_out(phase, Duration::from_secs(limit));
        let timed_out = said.iter().position(|o| matches!(o, Output::Event(Event::TimedOut { .. })));
        let changed = said.iter().position(|o| matches!(o, Output::Event(Event::Changed { .. })));
        assert!(timed_out.unwrap() < changed.unwrap());
    }
}

#[test]
fn r5_05_no_timer_outlives_its_state() {
    let (mut turns, now) = at(Phase::WaitingUserFinal);
    turns.handle(Input::Words("i1".into(), Then::Done), now + MS(9_999)).unwrap();
    outputs(&mut turns);
    turns.handle_timeout(now + MS(60_000));
    assert_eq!(outputs(&mut turns), []);

    let (mut turns, now) = at(Phase::WaitingResponse);
    turns.handle(Input::Disconnected, now).unwrap();
    outputs(&mut turns);
    turns.handle_timeout(now + MS(60_000));
    assert_eq!(outputs(&mut turns), []);

    // The timer of a recording does not fire in the next one.
    let (mut turns, now) = at(Phase::Recording);
    turns.handle(Input::Cancel, now + MS(44_000)).unwrap();
    turns.handle(Input::Start, now + MS(44_500)).unwrap();
    turns.handle_timeout(now + MS(46_000));
    assert_eq!(turns.phase(), Phase::Recording);
}

#[test]
fn r5_06_start_while_busy_is_refused_and_names_the_state() {
    for phase in ALL {
        let (mut turns, now) = at(phase);
        let answer = turns.handle(Input::Start, now);
        if phase == Phase::Idle {
            assert_eq!(answer, Ok(()));
        } else {
            let error = answer.unwrap_err();
            assert_eq!((error.state, turns.phase()), (phase, phase));
            assert!(error.to_string().contains(phase.name()), "{error}");
            assert_eq!(outputs(&mut turns), []);
        }
    }
}

#[test]
fn r5_06_stop_and_commit_out_of_place_warn_and_change_nothing() {
    for phase in ALL {
        for (input, fits) in [(Input::Stop, Phase::Recording), (Input::Commit, Phase::Committing)] {
            let (mut turns, now) = at(phase);
            if phase == fits && input == Input::Stop {
                continue;
            }
            let before = turns.state.clone();
            turns.handle(input, now).unwrap();
            assert_eq!(turns.state, before);
            assert!(
                matches!(outputs(&mut turns)[..], [Output::Event(Event::Ignored { state, .. })] if state == phase)
            );
        }
    }
}

#[test]
fn r5_07_a_reset_works_everywhere_and_is_told_once() {
    for phase in ALL {
        let (mut turns, now) = at(phase);
        assert!(!turns.is_stuck(now));
        if phase != Phase::Idle {
            assert!(turns.is_stuck(now + MS(60_000)), "nobody has called for a minute in {phase}");
        }
        turns.force_reset();
        assert_eq!((turns.phase(), turns.next_deadline()), (Phase::Idle, None));
        assert!(!turns.is_stuck(now + MS(60_000)));
        let told = events(&mut turns);
        let resets =
            told.iter().filter(|event| matches!(event, Event::ForceReset { from } if *from == phase));
        assert_eq!(resets.count(), 1);
        assert_eq!(told.len(), if phase == Phase::Idle { 1 } else { 2 });
        turns.handle(Input::Start, now).unwrap();
    }
}

#[test]
fn r5_08_every_move_is_told_with_from_and_to() {
    let mut turns = Turns::new(Limits::default());
    turns.handle(Input::Start, MS(0)).unwrap();
    assert_eq!(acts(&mut turns), [Act::Listen]);
    turns.handle(Input::Stop, MS(900)).unwrap();
    assert_eq!(acts(&mut turns), [], "audio is still under way");
    turns.handle_timeout(MS(1_149));
    assert_eq!(acts(&mut turns), []);
    turns.handle_timeout(MS(1_150));
    assert_eq!(acts(&mut turns), [Act::Hush, Act::Commit]);

    let mut turns = Turns::new(Limits::default());
    turns.handle(Input::Start, MS(0)).unwrap();
    turns.handle(Input::Stop, MS(900)).unwrap();
    turns.handle_timeout(MS(1_150));
    turns.handle(Input::Committed("i".into()), MS(1_200)).unwrap();
    turns.handle(Input::Words("i".into(), Then::Answer), MS(1_500)).unwrap();
    turns.handle(Input::ResponseDone, MS(2_000)).unwrap();
    let moved = |from, to, cause| Event::Changed { turn: 1, from, to, cause };
    assert_eq!(
        events(&mut turns),
        [
            moved(Phase::Idle, Phase::Recording, Cause::Pressed),
            moved(Phase::Recording, Phase::Committing, Cause::Released),
            moved(Phase::Committing, Phase::WaitingUserFinal, Cause::Committed),
            moved(Phase::WaitingUserFinal, Phase::WaitingResponse, Cause::Heard),
            moved(Phase::WaitingResponse, Phase::Idle, Cause::Answered),
        ]
    );
}

#[test]
fn words_of_a_turn_that_was_given_up_are_not_those_of_the_next() {
    let (mut turns, now) = at(Phase::WaitingUserFinal);
    turns.handle(Input::Cancel, now).unwrap();
    turns.handle(Input::Start, now + MS(100)).unwrap();
    turns.handle(Input::Stop, now + MS(900)).unwrap();
    turns.handle(Input::Commit, now + MS(900)).unwrap();
    turns.handle(Input::Words("i1".into(), Then::Done), now + MS(950)).unwrap();
    assert_eq!(turns.phase(), Phase::Committing);
    // But those of this one count, even if the word that it was committed is lost.
    turns.handle(Input::Words("i2".into(), Then::Done), now + MS(960)).unwrap();
    assert_eq!(turns.phase(), Phase::Idle);
}

#[test]
fn a_peer_that_calls_functions_for_ever_is_cut_off() {
    let (mut turns, now) = at(Phase::WaitingResponse);
    for round in 0..10 {
        turns.handle(Input::ResponseAgain, now + MS(round)).unwrap();
    }
    assert_eq!(turns.phase(), Phase::Idle);
    assert_eq!(acts(&mut turns), [Act::AskResponse; 3]);
}

#[test]
fn a_lost_microphone_ends_a_recording_and_nothing_else() {
    for phase in ALL {
        let (mut turns, now) = at(phase);
        turns.handle(Input::MicrophoneLost, now).unwrap();
        let stays = if phase == Phase::Recording { Phase::Idle } else { phase };
        assert_eq!(turns.phase(), stays);
    }
}

fn input() -> impl Strategy<Value = Input> {
    let item = || prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(ItemId::from);
    prop_oneof![
        4 => Just(Input::Start),
        4 => Just(Input::Stop),
        2 => Just(Input::Commit),
        1 => Just(Input::Cancel),
        4 => item().prop_map(Input::Committed),
        1 => Just(Input::CommitRefused),
        3 => item().prop_map(|item| Input::Words(item, Then::Done)),
        2 => item().prop_map(|item| Input::Words(item, Then::Answer)),
        1 => item().prop_map(Input::NoWords),
        1 => Just(Input::ResponseAgain),
        2 => Just(Input::ResponseDone),
        1 => Just(Input::MicrophoneLost),
        1 => Just(Input::Disconnected),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens: a timer exactly while something is waited for, never in the past, no wait longer than its
    /// limit, every move told once and joined to the one before, and nothing ever heard that was not asked for.
    #[test]
    fn r5_05_never_two_timers_never_a_wait_without_one(
        steps in prop::collection::vec((input(), 0u64..8_000, any::<bool>()), 1..120),
    ) {
        let limits = Limits::default();
        let mut turns = Turns::new(limits);
        let mut now = Duration::ZERO;
        let mut phase = Phase::Idle;
        let mut entered = Duration::ZERO;
        let mut listening = false;
        for (input, pause, reset) in steps {
            now += MS(pause);
            let _ = turns.handle(input, now);
            if reset && pause % 37 == 0 {
                turns.force_reset();
            }
            for output in outputs(&mut turns) {
                match output {
                    Output::Event(Event::Changed { from, to, .. }) => {
                        prop_assert_eq!(from, phase);
                        prop_assert_ne!(from, to);
                        phase = to;
                        entered = now;
                    }
                    Output::Do(Act::Listen) => { prop_assert!(!listening); listening = true; }
                    Output::Do(Act::Hush) => { prop_assert!(listening); listening = false; }
                    Output::Do(_) | Output::Event(_) => {}
                }
            }
            prop_assert_eq!(turns.phase(), phase);
            prop_assert_eq!(turns.next_deadline().is_some(), phase != Phase::Idle);
            prop_assert!(!turns.is_stuck(now));
            if let Some(due) = turns.next_deadline() {
                prop_assert!(due > now && due <= now + limits.recording);
            }
            if phase == Phase::Recording { prop_assert!(listening); }
            if matches!(phase, Phase::Idle | Phase::WaitingUserFinal | Phase::WaitingResponse) {
                prop_assert!(!listening);
            }
            prop_assert!(phase == Phase::Idle || now - entered <= limits.recording);
        }
        // Left alone it comes to rest.
        turns.handle_timeout(now + Duration::from_secs(120));
        prop_assert_eq!(turns.phase(), Phase::Idle);
    }
}
