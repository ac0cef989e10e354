//! Whatever comes in whatever order, the room comes to rest.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Press(u8, TalkPress),
    Move(Phase, Phase, Cause),
    Words(&'static str, bool),
    Call(&'static str),
    Microphone(State),
    Peer(Standing),
    Act(bool),
    Left(u8),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let phase = || {
        prop::sample::select(vec![
            Phase::Idle,
            Phase::Recording,
            Phase::Committing,
            Phase::WaitingUserFinal,
            Phase::WaitingResponse,
        ])
    };
    let cause = prop::sample::select(vec![
        Cause::Pressed,
        Cause::Heard,
        Cause::NotUnderstood,
        Cause::Answered,
        Cause::TimedOut,
        Cause::MicrophoneLost,
        Cause::Disconnected,
        Cause::Reset,
    ]);
    let press = prop_oneof![
        4 => Just(TalkPress::Down),
        4 => Just(TalkPress::Up),
        1 => Just(TalkPress::Cancel),
        1 => Just(TalkPress::Reset),
        1 => (0u32..9, 0u32..3).prop_map(|(said, choice)| TalkPress::Choose { said, choice }),
        1 => (0u32..9).prop_map(|said| TalkPress::Dismiss { said }),
        1 => prop_oneof![Just(TalkMode::Hold), Just(TalkMode::Toggle)].prop_map(|mode| TalkPress::Mode { mode }),
        1 => any::<bool>().prop_map(|open| TalkPress::Panel { open }),
    ];
    let words =
        prop::sample::select(vec!["bump table twelve", "bump table", "yes", "no", "what's late", "", "soup"]);
    let microphone = prop_oneof![
        Just(State::Lost(Lost::Silent)),
        Just(State::Opening),
        Just(State::Ready { device: "m".into() })
    ];
    let peer = prop_oneof![
        Just(Standing::Connecting),
        Just(Standing::Live { decides: true }),
        Just(Standing::Away { reason: Some("r".into()), code: Some("speech_model_missing".into()) }),
        Just(Standing::Away { reason: Some("r".into()), code: None }),
    ];
    prop_oneof![
        6 => (0u8..2, press).prop_map(|(view, press)| Step::Press(view, press)),
        6 => (phase(), phase(), cause).prop_map(|(from, to, cause)| Step::Move(from, to, cause)),
        3 => (words, any::<bool>()).prop_map(|(words, awaited)| Step::Words(words, awaited)),
        1 => Just(Step::Call(r#"{"ticket": "12"}"#)),
        1 => microphone.prop_map(Step::Microphone),
        1 => peer.prop_map(Step::Peer),
        2 => any::<bool>().prop_map(Step::Act),
        1 => (0u8..2).prop_map(Step::Left),
        3 => (1u64..9_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a client, a network and two pairs of hands do: the glass comes to rest by itself, and nothing is done but by
    /// words of a turn or by a touch on a question.
    #[test]
    fn whatever_happens_the_room_comes_to_rest(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new();
        let mut wanted: usize = 0;
        let mut meant = 0;
        let mut pending = Vec::new();
        for step in steps {
            match step {
                Step::Press(view, press) => {
                    wanted += usize::from(matches!(press, TalkPress::Choose { .. }));
                    let _ = bench.press_on(["main", "other"][usize::from(view)], press);
                }
                Step::Move(from, to, cause) => {
                    bench.turn += u64::from(from == Phase::Idle);
                    bench.moves(from, to, cause);
                }
                Step::Words(words, awaited) => {
                    wanted += usize::from(awaited);
                    bench.words(words, None, awaited);
                }
                Step::Call(arguments) => {
                    wanted += 1;
                    let arguments = arguments.to_owned();
                    bench.hear(Event::Call { call_id: "c".into(), name: "bump_ticket".into(), arguments });
                }
                Step::Microphone(state) => bench.room.microphone(state),
                Step::Peer(standing) => bench.hear(Event::Peer(standing)),
                Step::Act(good) => for id in pending.drain(..) {
                    let result = if good { Ok(None) } else { Err(Fault::new("order_unknown")) };
                    bench.room.acted(id, result, bench.now());
                },
                Step::Left(view) => bench.room.left(["main", "other"][usize::from(view)], bench.now()),
                Step::Pass(ms) => bench.pass(ms),
            }
            for output in bench.outputs() {
                if let Output::Mean { id, .. } = output {
                    meant += 1;
                    pending.push(id);
                }
            }
            let talking = bench.room.shown(bench.now()).views.values().filter(|talk| talk.turn != TalkTurn::Ready).count();
            prop_assert!(talking <= 1);
            prop_assert!(meant <= wanted);
        }
        bench.hear(Event::Peer(Standing::Live { decides: true }));
        for _ in 0..20 {
            let Some(due) = bench.room.next_deadline() else { break };
            bench.real = bench.real.max(due);
            bench.room.handle_timeout(bench.now());
        }
        prop_assert_eq!(bench.room.next_deadline(), None);
        prop_assert!(bench.room.shown(bench.now()).views.values().all(|talk| talk.turn == TalkTurn::Ready && talk.said.is_none()));
    }
}
