//! The rules of R3 on the pure machine, in virtual time.

use link::{
    AttemptLimit, Cause, CloseVerdict, Credentials, Dialect, Event, Input, Output, Phase, Session, Standing,
    Timing, Verdict, WaitReason,
};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn judge(&self, text: &str) -> Verdict {
        match text {
            "welcome" => Verdict::Accepted,
            "refused" => Verdict::Refused { reason: "who are you".into() },
            "busy" => Verdict::Busy { reason: "full".into(), after: Some(Duration::from_secs(7)) },
            _ => Verdict::Traffic,
        }
    }

    fn judge_close(&self, code: u16) -> CloseVerdict {
        match code {
            1008 => CloseVerdict::Credentials,
            4001 => CloseVerdict::Unwanted,
            _ => CloseVerdict::Ordinary,
        }
    }
}

/// The machine with a clock that only the test moves, and a world that remembers which sockets exist.
struct World {
    session: Session<Plain>,
    now: Duration,
    /// The open or opening socket.
    socket: Option<u64>,
    opened: Vec<(u64, Duration)>,
    events: Vec<Event>,
    settled: Vec<Result<(), Cause>>,
    met: Vec<Standing>,
    sent: Vec<(u64, String)>,
    closes: Vec<u16>,
    /// When each ping was sent.
    pings: Vec<Duration>,
    /// Whether a socket that is told to close does so at once.
    obedient: bool,
}

impl World {
    fn new(timing: Timing) -> Self {
        Self {
            session: Session::new(Plain, timing, 7),
            now: Duration::ZERO,
            socket: None,
            opened: Vec::new(),
            events: Vec::new(),
            settled: Vec::new(),
            met: Vec::new(),
            sent: Vec::new(),
            closes: Vec::new(),
            pings: Vec::new(),
            obedient: true,
        }
    }

    fn lan() -> Self {
        Self::new(Timing::lan())
    }

    fn live() -> Self {
        let mut world = Self::lan();
        world.give(Input::Connect);
        world.accept();
        world
    }

    fn give(&mut self, input: Input) {
        self.session.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Open { generation } => {
                    assert_eq!(self.socket, None, "a second socket was opened");
                    self.socket = Some(generation);
                    self.opened.push((generation, self.now));
                }
                Output::Close { generation, code } => {
                    assert_eq!(self.socket, Some(generation));
                    self.closes.push(code);
                    if self.obedient {
                        self.gone(generation, Some(code));
                    }
                }
                Output::Drop { generation } => {
                    assert_eq!(self.socket, Some(generation));
                    self.gone(generation, None);
                }
                Output::Send { generation, text } => {
                    assert_eq!(self.socket, Some(generation));
                    self.sent.push((generation, text));
                }
                Output::Ping { generation } => {
                    assert_eq!(self.socket, Some(generation));
                    self.pings.push(self.now);
                }
                Output::Event(event) => self.events.push(event),
                Output::Settled(outcome) => self.settled.push(outcome),
                Output::Met(standing) => self.met.push(standing),
            }
        }
    }

    fn gone(&mut self, generation: u64, code: Option<u16>) {
        self.socket = None;
        self.session.handle(Input::Closed { generation, code, reason: "gone".into() }, self.now);
    }

    fn generation(&self) -> u64 {
        self.socket.expect("a socket")
    }

    fn open(&mut self) {
        let generation = self.generation();
        self.give(Input::Opened { generation });
    }

    fn say(&mut self, text: &str) {
        let generation = self.generation();
        self.give(Input::Frame { generation, text: text.into() });
    }

    fn accept(&mut self) {
        self.open();
        self.say("welcome");
    }

    fn breaks(&mut self, code: Option<u16>) {
        let generation = self.generation();
        self.socket = None;
        self.give(Input::Closed { generation, code, reason: "broke".into() });
    }

    /// Moves time to the next deadline and past it.
    fn wait(&mut self) -> Duration {
        let deadline = self.session.next_deadline().expect("a deadline");
        let waited = deadline - self.now;
        self.now = deadline;
        self.session.handle_timeout(self.now);
        self.drain();
        waited
    }

    fn pass(&mut self, span: Duration) {
        self.now += span;
        self.session.handle_timeout(self.now);
        self.drain();
    }

    fn phase(&self) -> Phase {
        self.session.phase()
    }
}

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn r3_01_a_connect_when_open_or_opening_does_nothing_and_says_so() {
    let mut world = World::lan();
    world.give(Input::Connect);
    world.give(Input::Connect);
    world.accept();
    world.give(Input::Connect);
    assert_eq!(world.met, [Standing::Started, Standing::Underway, Standing::AlreadyLive]);
    assert_eq!(world.opened.len(), 1);
    assert_eq!(world.settled, [Ok(()), Ok(())]);
}

#[test]
fn r3_02_concurrent_connects_share_one_attempt_and_its_result() {
    let mut world = World::lan();
    for _ in 0..1000 {
        world.give(Input::Connect);
    }
    assert_eq!(world.opened.len(), 1);
    assert!(world.settled.is_empty());
    world.breaks(None);
    assert_eq!(world.settled.len(), 1, "one result for all that wait");
    assert!(world.settled[0].is_err());
}

#[test]
fn r3_03_a_connect_during_a_scheduled_reconnect_opens_no_second_socket() {
    let mut world = World::live();
    world.breaks(None);
    assert_eq!(world.phase(), Phase::Waiting);
    world.give(Input::Connect);
    assert_eq!(world.met.last(), Some(&Standing::Underway));
    assert_eq!(world.opened.len(), 1);
    world.give(Input::Retry);
    assert_eq!(world.opened.len(), 2, "a person's retry brings it forward");
    world.give(Input::Retry);
    world.give(Input::Connect);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn r3_04_an_attempt_times_out_before_and_after_the_upgrade() {
    for upgraded in [false, true] {
        let mut world = World::lan();
        world.give(Input::Connect);
        world.pass(MS(4_000));
        if upgraded {
            world.open();
        }
        world.pass(MS(5_999));
        assert!(matches!(world.phase(), Phase::Connecting | Phase::Authenticating));
        world.pass(MS(1));
        assert_eq!(world.phase(), Phase::Waiting, "upgraded: {upgraded}");
        assert_eq!(world.settled, [Err(Cause::AttemptTimeout)]);
        assert_eq!(world.socket, None);
    }
}

#[test]
fn r3_05_each_failure_schedules_one_reconnect_with_doubling_capped_jittered_waits() {
    for (timing, expected) in [
        (Timing::lan(), [200, 400, 800, 1_000, 1_000, 1_000]),
        (Timing::back_end(), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]),
    ] {
        let mut world = World::new(timing);
        world.give(Input::Connect);
        let mut jittered = false;
        for base in expected {
            world.breaks(None);
            assert_eq!(world.phase(), Phase::Waiting);
            let opened = world.opened.len();
            let waited = world.wait();
            assert!(waited >= MS(base) && waited <= MS(base + base / 4), "{waited:?} for {base}");
            jittered |= waited > MS(base);
            assert_eq!(world.opened.len(), opened + 1);
        }
        assert!(jittered);
    }
    // An accepted connection that breaks starts over at the base.
    let mut world = World::live();
    world.breaks(Some(1001));
    assert!(world.wait() <= MS(250));
}

#[test]
fn r3_06_an_intended_close_schedules_nothing_and_ends_what_was_pending() {
    let mut world = World::live();
    world.give(Input::Disconnect);
    assert_eq!(world.closes, [1000]);
    assert_eq!((world.phase(), world.session.next_deadline()), (Phase::Idle, None));

    let mut world = World::live();
    world.breaks(None);
    world.give(Input::Disconnect);
    assert_eq!((world.phase(), world.session.next_deadline()), (Phase::Idle, None));

    let mut world = World::lan();
    world.give(Input::Connect);
    world.give(Input::Disconnect);
    assert_eq!(world.settled, [Err(Cause::Intended)]);
    assert_eq!((world.phase(), world.socket), (Phase::Idle, None));

    // A server that does not answer the close is left after the limit.
    let mut world = World::live();
    world.obedient = false;
    world.give(Input::Disconnect);
    assert_eq!(world.phase(), Phase::Closing);
    assert_eq!(world.wait(), MS(1_000));
    assert_eq!((world.phase(), world.socket), (Phase::Idle, None));
}

#[test]
fn r3_07_the_attempt_limit_is_told_once() {
    let told = |world: &World| {
        world.events.iter().filter(|event| matches!(event, Event::AttemptLimit { .. })).count()
    };
    let mut world = World::new(Timing { limit: AttemptLimit::Announce(3), ..Timing::lan() });
    world.give(Input::Connect);
    for _ in 0..20 {
        world.breaks(None);
        world.wait();
    }
    assert_eq!(told(&world), 1);
    assert_eq!(world.opened.len(), 21, "a kiosk goes on for ever");

    let mut world = World::new(Timing { limit: AttemptLimit::Stop(3), ..Timing::lan() });
    world.give(Input::Connect);
    for _ in 0..2 {
        world.breaks(None);
        world.wait();
    }
    world.breaks(None);
    assert_eq!((told(&world), world.phase()), (1, Phase::Idle));
}

#[test]
fn r3_08_only_an_accepted_connection_resets_the_attempts() {
    let mut world = World::lan();
    world.give(Input::Connect);
    let mut waits = Vec::new();
    for _ in 0..4 {
        // A server that upgrades and then drops.
        world.open();
        world.say("chatter");
        world.breaks(None);
        waits.push(world.wait());
    }
    assert!(waits[3] >= MS(1_000), "{waits:?}");
    world.accept();
    world.breaks(None);
    assert!(world.wait() <= MS(250));
}

#[test]
fn r3_09_each_change_is_told_once_with_from_and_to() {
    let mut world = World::live();
    world.breaks(None);
    world.wait();
    world.accept();
    world.give(Input::Disconnect);
    let mut at = Phase::Idle;
    let mut told = Vec::new();
    for event in &world.events {
        if let Event::Changed { from, to, .. } = event {
            assert_eq!(*from, at);
            assert_ne!(from, to);
            at = *to;
            told.push(*to);
        }
    }
    use Phase::{Authenticating, Closing, Connecting, Live, Waiting};
    assert_eq!(
        told,
        [Connecting, Authenticating, Live, Waiting, Connecting, Authenticating, Live, Closing, Phase::Idle]
    );
}

#[test]
fn r3_10_a_refusal_gets_new_credentials_once_and_then_rests() {
    for by_close in [false, true] {
        let refuse = |world: &mut World| {
            world.open();
            if by_close { world.breaks(Some(1008)) } else { world.say("refused") }
        };
        let mut world = World::lan();
        world.give(Input::Connect);
        refuse(&mut world);
        assert_eq!(world.phase(), Phase::Connecting, "one more try at once");
        assert!(world.settled.is_empty());
        refuse(&mut world);
        assert_eq!(world.phase(), Phase::Refused);
        assert!(matches!(world.settled[..], [Err(Cause::Refused { .. })]));
        assert_eq!(world.wait(), Duration::from_secs(30), "slowly: somebody may have changed something");
        refuse(&mut world);
        assert_eq!((world.phase(), world.opened.len()), (Phase::Refused, 3));
        world.give(Input::Retry);
        world.accept();
        assert_eq!(world.phase(), Phase::Live);
        let asked: Vec<_> = world
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Greet { credentials, .. } => Some(*credentials),
                _ => None,
            })
            .collect();
        use Credentials::{Held, Renewed};
        assert_eq!(asked, [Held, Renewed, Renewed, Renewed]);
    }
}

#[test]
fn r3_10_credentials_that_expire_in_mid_session_are_renewed() {
    let mut world = World::live();
    world.breaks(Some(1008));
    world.open();
    assert!(
        world
            .events
            .iter()
            .any(|event| matches!(event, Event::Greet { credentials: Credentials::Renewed, .. }))
    );
    world.say("welcome");
    assert_eq!(world.phase(), Phase::Live);
}

#[test]
fn r3_10_a_busy_server_is_tried_again_not_before_it_says() {
    let mut world = World::lan();
    world.give(Input::Connect);
    world.open();
    world.say("busy");
    assert_eq!(world.phase(), Phase::Waiting);
    assert_eq!(world.wait(), Duration::from_secs(7));
}

#[test]
fn r3_10_a_retry_time_at_the_upgrade_is_kept_bounded_and_ended_by_a_person() {
    let busy = |world: &mut World, after: Option<u64>| {
        let generation = world.generation();
        world.socket = None;
        let cause = Cause::Busy { reason: "HTTP 503".into() };
        world.give(Input::Failed { generation, cause, after: after.map(Duration::from_secs) });
    };
    let waits = |world: &World| match world.events.last() {
        Some(Event::Changed { wait: Some(wait), waits_for: Some(reason), cause: Some(cause), .. }) => {
            (*wait, *reason, cause.clone())
        }
        other => panic!("{other:?}"),
    };
    let mut world = World::lan();
    world.give(Input::Connect);
    busy(&mut world, Some(60));
    let (wait, reason, cause) = waits(&world);
    assert_eq!((wait, reason), (Duration::from_secs(60), WaitReason::AskedByServer));
    assert!(matches!(cause, Cause::Busy { .. }) && world.settled.len() == 1);
    world.pass(Duration::from_secs(59));
    assert_eq!(world.opened.len(), 1);
    world.give(Input::Retry);
    assert_eq!(world.opened.len(), 2, "a person need not wait");
    busy(&mut world, Some(u64::MAX / 2));
    assert_eq!(world.wait(), Duration::from_secs(3_600), "nobody waits for a year");
    busy(&mut world, None);
    assert_eq!(waits(&world).1, WaitReason::Backoff);
    // And one that is told after the socket was given up changes nothing.
    world.give(Input::Retry);
    let generation = world.generation();
    world.give(Input::Failed { generation: generation - 1, cause: Cause::AttemptTimeout, after: None });
    assert_eq!(world.phase(), Phase::Connecting);
}

#[test]
fn r3_10_a_client_that_was_replaced_does_not_fight_for_its_place() {
    let mut world = World::live();
    world.breaks(Some(4001));
    assert_eq!((world.phase(), world.opened.len()), (Phase::Refused, 1));
    assert_eq!(world.wait(), Duration::from_secs(30));
}

#[test]
fn r3_11_silence_is_found_within_the_liveness_limit() {
    let mut world = World::live();
    world.pass(MS(2_499));
    assert_eq!(world.phase(), Phase::Live);
    let generation = world.generation();
    world.give(Input::Heard { generation });
    world.pass(MS(2_499));
    world.say("heartbeat");
    world.pass(MS(2_500));
    assert_eq!(world.phase(), Phase::Waiting);
    assert!(world.wait() <= MS(250), "and another connection is tried at once");
}

#[test]
fn a_ping_measures_the_way_and_never_hides_a_silence() {
    let mut world = World::live();
    let took = |world: &World| {
        world
            .events
            .iter()
            .filter_map(|event| match event {
                Event::RoundTrip { took } => Some(took.as_millis()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    for _ in 0..4 {
        world.pass(MS(1_000));
        world.say("heartbeat");
    }
    assert!(world.pings.is_empty());
    world.pass(MS(1_000));
    assert_eq!(world.pings.len(), 1, "each five seconds");
    let generation = world.generation();
    world.now += MS(7);
    world.give(Input::Ponged { generation });
    world.give(Input::Ponged { generation });
    assert_eq!(took(&world), [7], "an answer counts once");
    // A server that says heartbeats and never answers: no second ping, and its connection lives.
    for _ in 0..20 {
        world.pass(MS(1_000));
        world.say("heartbeat");
    }
    assert_eq!((world.pings.len(), world.phase()), (2, Phase::Live));
    // Its heartbeats stop: the ping that waits postpones nothing.
    assert_eq!(world.wait(), MS(2_500));
    assert_ne!(world.phase(), Phase::Live);
    world.give(Input::Ponged { generation });
    assert_eq!(took(&world), [7], "of an old socket it is nothing");
}

#[test]
fn r3_12_old_sockets_cannot_speak() {
    let mut world = World::live();
    let old = world.generation();
    world.breaks(None);
    world.wait();
    world.accept();
    let told = world.events.len();
    world.give(Input::Frame { generation: old, text: "late".into() });
    world.give(Input::Closed { generation: old, code: None, reason: "late".into() });
    world.give(Input::Opened { generation: old });
    world.give(Input::Send { generation: old, text: "for the old one".into() });
    assert_eq!(world.phase(), Phase::Live);
    assert_eq!(world.events.len(), told);
    assert!(world.sent.is_empty());
}

#[test]
fn a_greeting_is_asked_for_and_sent_on_its_own_socket_only() {
    let mut world = World::lan();
    world.give(Input::Connect);
    world.open();
    let generation = world.generation();
    world.give(Input::Greeting { generation: generation + 1, text: "hello?".into() });
    world.give(Input::Greeting { generation, text: "hello".into() });
    assert_eq!(world.sent, [(generation, "hello".to_owned())]);
    world.give(Input::Send { generation, text: "too early".into() });
    assert_eq!(world.sent.len(), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Connect,
    Disconnect,
    Retry,
    Reconnect,
    Open,
    Say(&'static str),
    Break(Option<u16>),
    Fail(Option<u64>),
    Late(u64, &'static str),
    Pass(u64),
    Obey(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Connect),
        2 => Just(Step::Disconnect),
        1 => Just(Step::Retry),
        1 => Just(Step::Reconnect),
        5 => Just(Step::Open),
        5 => prop_oneof![Just("welcome"), Just("refused"), Just("busy"), Just("event")].prop_map(Step::Say),
        3 => prop_oneof![Just(None), Just(Some(1000)), Just(Some(1006)), Just(Some(1008)), Just(Some(4001))].prop_map(Step::Break),
        1 => prop_oneof![Just(None), (0u64..90).prop_map(Some)].prop_map(Step::Fail),
        1 => (0u64..6, prop_oneof![Just("welcome"), Just("refused")]).prop_map(|(g, t)| Step::Late(g, t)),
        4 => prop_oneof![1u64..400, 400u64..40_000, Just(7_200_000)].prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::Obey),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world asserts on each output that there is never a second socket and that nothing goes to one that is gone.
    #[test]
    fn r3_13_any_sequence_ends_in_what_was_asked_for_last(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::lan();
        let mut wanted = false;
        for step in steps {
            match step {
                Step::Connect => { wanted = true; world.give(Input::Connect); }
                Step::Disconnect => { wanted = false; world.give(Input::Disconnect); }
                Step::Retry => world.give(Input::Retry),
                Step::Reconnect => if let Some(generation) = world.socket {
                    world.give(Input::Reconnect { generation });
                },
                Step::Open => if world.phase() == Phase::Connecting { world.open() },
                Step::Say(text) => if world.socket.is_some() { world.say(text) },
                Step::Break(code) => if world.socket.is_some() { world.breaks(code) },
                Step::Fail(after) => if let Some(generation) = world.socket.take() {
                    let (cause, after) = (Cause::Busy { reason: "busy".into() }, after.map(Duration::from_secs));
                    world.give(if world.phase() == Phase::Connecting || world.phase() == Phase::Closing {
                        Input::Failed { generation, cause, after }
                    } else {
                        Input::Closed { generation, code: None, reason: "gone".into() }
                    });
                },
                Step::Late(generation, text) => if world.socket != Some(generation) {
                    let before = world.events.len();
                    world.give(Input::Frame { generation, text: text.into() });
                    prop_assert_eq!(before, world.events.len());
                },
                Step::Pass(ms) => world.pass(MS(ms)),
                Step::Obey(obedient) => world.obedient = obedient,
            }
            if let Some(Event::Changed { to, .. }) =
                world.events.iter().rev().find(|event| matches!(event, Event::Changed { .. }))
            {
                prop_assert_eq!(*to, world.phase());
            }
            let waits_for_socket = matches!(world.phase(), Phase::Idle | Phase::Closing);
            prop_assert!(waits_for_socket || world.session.next_deadline().is_some(), "a state without an end");
        }
        // The network heals: whatever was asked for last comes true, with one socket or none.
        world.obedient = true;
        for _ in 0..10 {
            match world.phase() {
                Phase::Connecting => world.accept(),
                Phase::Authenticating => world.say("welcome"),
                Phase::Waiting | Phase::Refused => { world.wait(); }
                Phase::Closing => {
                    let deadline = world.session.next_deadline();
                    if deadline.is_some() { world.wait(); } else { world.drain(); }
                }
                Phase::Idle | Phase::Live => break,
            }
        }
        prop_assert_eq!(world.phase(), if wanted { Phase::Live } else { Phase::Idle });
        prop_assert_eq!(world.socket.is_some(), wanted);
    }
}
