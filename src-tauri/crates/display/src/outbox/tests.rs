use super::*;
use kitchen::Act;
use proptest::prelude::*;

fn operation(id: &str, order: &str) -> Operation {
    let act = Act::Unbump { bump: "x".into(), also: vec![] };
    Operation { id: id.into(), device: None, at: At(1), order: order.into(), seen: 1, act }
}

fn taken(outbox: &mut Outbox, generation: u64, elapsed: u64) -> Vec<String> {
    let taken = outbox.take(generation, At(0), Duration::from_secs(elapsed));
    taken.into_iter().map(|operation| operation.id.0).collect()
}

#[test]
fn order_is_kept_per_ticket_and_tickets_do_not_wait_for_each_other() {
    let mut outbox = Outbox::default();
    for (id, order) in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")] {
        outbox.push(operation(id, order));
    }
    assert_eq!(taken(&mut outbox, 1, 0), ["a1", "b1"]);
    assert!(taken(&mut outbox, 1, 0).is_empty());
    outbox.later(&"a1".into(), Duration::ZERO);
    assert!(taken(&mut outbox, 1, 0).is_empty(), "a2 does not overtake");
    assert_eq!(taken(&mut outbox, 1, 1), ["a1"]);
    outbox.applied(&"a1".into());
    assert_eq!(taken(&mut outbox, 1, 2), ["a2"]);
    // Another connection: whatever has no answer goes again, the oldest of each ticket first.
    assert_eq!(taken(&mut outbox, 2, 2), ["b1", "a2"]);
}

#[test]
fn what_a_hub_cannot_take_is_tried_ever_more_slowly_and_anew_on_another_connection() {
    let mut outbox = Outbox::default();
    outbox.push(operation("a1", "a"));
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..7 {
        assert_eq!(taken(&mut outbox, 1, now), ["a1"]);
        outbox.later(&"a1".into(), Duration::from_secs(now));
        let due = outbox.next_try(Duration::from_secs(now)).unwrap().as_secs();
        assert!(taken(&mut outbox, 1, due - 1).is_empty());
        waits.push(due - now);
        now = due;
    }
    assert_eq!(waits, [1, 2, 4, 8, 15, 15, 15]);
    assert_eq!(taken(&mut outbox, 2, now), ["a1"]);
    outbox.later(&"a1".into(), Duration::from_secs(now));
    assert_eq!(outbox.next_try(Duration::from_secs(now)), Some(Duration::from_secs(now + 1)));
}

#[test]
fn only_what_never_left_can_be_taken_back_in_silence() {
    let mut outbox = Outbox::default();
    outbox.push(operation("a1", "a"));
    assert!(outbox.hold(&"a1".into()));
    assert!(taken(&mut outbox, 1, 0).is_empty());
    outbox.release(&"a1".into());
    assert_eq!(taken(&mut outbox, 1, 0), ["a1"]);
    assert!(!outbox.hold(&"a1".into()));
    outbox.push(operation("b1", "b"));
    outbox.push(operation("b2", "b"));
    assert!(!outbox.hold(&"b1".into()), "something came after it");
    let mut restored = Outbox::restored(vec![Queued { operation: operation("c", "c"), not_before: None }]);
    assert!(!restored.hold(&"c".into()));
}

#[test]
fn a_backlog_goes_in_windows_and_what_is_done_now_passes_it() {
    let queued = (0..200).map(|n| operation(&format!("{n}"), &format!("o{n}")));
    let mut outbox =
        Outbox::restored(queued.map(|operation| Queued { operation, not_before: None }).collect());
    assert_eq!(taken(&mut outbox, 1, 0).len(), WINDOW - KEPT_FREE);
    assert!(taken(&mut outbox, 1, 0).is_empty(), "the rest of the window is kept free");
    outbox.push(operation("now", "o199"));
    assert_eq!(taken(&mut outbox, 1, 0), ["199"], "its ticket goes at once, in its own order");
    outbox.applied(&"199".into());
    assert_eq!(taken(&mut outbox, 1, 0), ["now"]);
    outbox.applied(&"0".into());
    outbox.applied(&"now".into());
    assert_eq!(taken(&mut outbox, 1, 0), ["48"], "and the backlog goes on");
    assert_eq!(outbox.oldest(), Some(At(1)));
}

#[test]
fn an_answer_that_never_comes_is_overdue() {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.answer_due(), None);
    outbox.push(operation("a1", "a"));
    taken(&mut outbox, 1, 3);
    assert_eq!(outbox.answer_due(), Some(Duration::from_secs(3) + ANSWER_LIMIT));
    outbox.applied(&"a1".into());
    assert_eq!(outbox.answer_due(), None);
}

#[derive(Debug, Clone)]
enum Step {
    Push(u8),
    Take,
    /// Answers the nth operation under way: applied, refused, or to be sent again.
    Answer(usize, u8),
    Reconnect,
    Restart,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..6).prop_map(Step::Push),
        5 => Just(Step::Take),
        5 => (0usize..64, 0u8..4).prop_map(|(nth, how)| Step::Answer(nth, how)),
        1 => Just(Step::Reconnect),
        1 => Just(Step::Restart),
        1 => (0u64..5).prop_map(Step::Pass),
    ]
}

/// The other side, and what the screen has been told of it.
#[derive(Default)]
struct World {
    outbox: Outbox,
    generation: u64,
    elapsed: u64,
    made: BTreeMap<String, (u8, usize)>,
    /// Made and not settled, by age: what the journal holds.
    kept: Vec<Operation>,
    under_way: Vec<String>,
    /// What the hub applied, in the order it did.
    applied: Vec<String>,
    /// Of those, what this run of the screen has been told.
    told: BTreeSet<String>,
}

impl World {
    fn take(&mut self) {
        for id in taken(&mut self.outbox, self.generation, self.elapsed) {
            let (ticket, place) = self.made[&id];
            for other in &self.under_way {
                assert_ne!(self.made[other].0, ticket, "two of one ticket under way");
            }
            let earlier = self.kept.iter().any(|kept| {
                let (of, at) = self.made[&kept.id.0];
                of == ticket && at < place && !self.told.contains(&kept.id.0)
            });
            assert!(!earlier, "{id} overtakes one of its own ticket");
            self.under_way.push(id);
        }
        assert!(self.under_way.len() <= WINDOW);
    }

    fn answer(&mut self, nth: usize, how: u8) {
        if self.under_way.is_empty() {
            return;
        }
        let id = self.under_way.remove(nth % self.under_way.len());
        let name = OperationId(id.clone());
        match how {
            // A hub applies an operation once, however often it comes.
            0 | 1 => {
                self.told.insert(id.clone());
                if !self.applied.contains(&id) {
                    self.applied.push(id);
                }
                self.outbox.applied(&name);
                if how == 1 {
                    self.settle(&name);
                }
            }
            2 => self.settle(&name),
            _ => self.outbox.later(&name, Duration::from_secs(self.elapsed)),
        }
    }

    fn settle(&mut self, id: &OperationId) {
        self.outbox.settle(id);
        self.kept.retain(|kept| &kept.id != id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_traffic_keeps_each_tickets_order_and_loses_nothing(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World { generation: 1, ..World::default() };
        for step in steps {
            match step {
                Step::Push(ticket) => {
                    let id = format!("{}", world.made.len());
                    let made = operation(&id, &format!("t{ticket}"));
                    world.made.insert(id.clone(), (ticket, world.made.len()));
                    world.kept.push(made.clone());
                    world.outbox.push(made);
                    // What is done now leaves now, unless its own ticket or the whole window is busy.
                    let busy = world.under_way.iter().any(|other| world.made[other].0 == ticket);
                    let waits = world.kept.iter().any(|kept| {
                        kept.id.0 != id && world.made[&kept.id.0].0 == ticket && !world.told.contains(&kept.id.0)
                    });
                    let full = world.under_way.len() >= WINDOW;
                    world.take();
                    if !busy && !waits && !full {
                        prop_assert!(world.under_way.contains(&id));
                    }
                }
                Step::Take => world.take(),
                Step::Answer(nth, how) => world.answer(nth, how),
                Step::Reconnect => { world.generation += 1; world.under_way.clear(); }
                Step::Restart => {
                    world.told.clear();
                    world.generation += 1;
                    world.under_way.clear();
                    let queued = world.kept.iter().map(|o| Queued { operation: o.clone(), not_before: None });
                    world.outbox = Outbox::restored(queued.collect());
                }
                Step::Pass(seconds) => world.elapsed += seconds,
            }
            prop_assert_eq!(world.outbox.len(), world.kept.len());
            let waits = world.outbox.answer_due().is_some();
            prop_assert!(waits || world.outbox.under_way.is_empty(), "a wait without an end");
        }
        // Quiet: everything is answered, and nothing is left.
        for _ in 0..2 * world.made.len() + 2 {
            world.elapsed += 3;
            world.take();
            while !world.under_way.is_empty() { world.answer(0, 1); }
            let applied = world.applied.clone();
            for id in applied { world.settle(&OperationId(id)); }
        }
        prop_assert_eq!(world.outbox.len(), 0);
        let unique: BTreeSet<_> = world.applied.iter().collect();
        prop_assert_eq!(unique.len(), world.applied.len());
    }
}
