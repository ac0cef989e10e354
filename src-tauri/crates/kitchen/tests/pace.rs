//! Cook-time coordination, by examples and for every order.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use kitchen::*;
use proptest::prelude::*;
use support::*;

const MINUTE: i64 = 60_000;

/// The small kitchen with times: steak 12 minutes, burger 8, fries and pizza 4, wine none.
fn timed() -> Setup {
    let mut setup = setup();
    setup.settings.coordinate = true;
    for item in &mut setup.menu.items {
        item.prep_minutes = match item.id.as_str() {
            "steak" => Some(12),
            "burger" => Some(8),
            "fries" | "pizza" => Some(4),
            _ => None,
        };
    }
    setup
}

/// What is said of each line: `+n with X` = in so many minutes, `now`, or nothing.
fn said(order: &Order, setup: &Setup, now: At) -> Vec<String> {
    let pace = Pace::of(order, setup);
    let say = |line: &Line| match pace.start(&line.id).and_then(|start| start.timing(now)) {
        None => String::new(),
        Some(Timing::Now) => "now".to_owned(),
        Some(Timing::Later { at, with }) => format!("+{} with {}", at.since(now) / MINUTE, with.name),
    };
    order.lines.iter().map(say).collect()
}

fn check(items: &[&str], minute: i64, expected: &[&str]) {
    let order = order("1", items.iter().map(|item| line(item, 1)).collect());
    assert_eq!(
        said(&order, &timed(), NOW.plus(minute * MINUTE)),
        expected,
        "{items:?} after {minute} minutes"
    );
}

#[test]
fn lines_are_begun_so_that_they_are_done_together_across_stations() {
    check(&["steak", "fries"], 0, &["now", "+8 with steak"]);
    check(&["steak", "fries"], 3, &["now", "+5 with steak"]);
    check(&["steak", "fries"], 8, &["now", "now"]);
    check(&["fries", "burger", "steak"], 0, &["+8 with steak", "+4 with steak", "now"]);
    // What takes as long waits for nothing, and what has no time is left alone.
    check(&["fries", "pizza"], 0, &["", ""]);
    check(&["wine", "steak"], 0, &["", ""]);
    check(&["wine", "burger", "fries"], 0, &["", "now", "+4 with burger"]);
}

#[test]
fn it_is_off_until_the_house_wants_it() {
    assert!(!Settings::new("r".into(), "R").coordinate);
    let mut setup = timed();
    setup.settings.coordinate = false;
    let order = order("1", vec![line("steak", 1), line("fries", 1)]);
    assert_eq!(said(&order, &setup, NOW), ["", ""]);
}

#[test]
fn nothing_waits_for_what_is_done_or_taken_back() {
    let both = order("1", vec![line("steak", 2), line("fries", 1)]);
    let finish = Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 2)] };
    assert_eq!(said(&after(&both, "f", finish), &timed(), NOW), ["now", "now"]);
    let void = Act::VoidLines { lines: vec![touch("steak#1", 2)] };
    assert_eq!(said(&after(&both, "v", void), &timed(), NOW), ["", ""]);
    let part = Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 1)] };
    assert_eq!(said(&after(&both, "p", part), &timed(), NOW), ["now", "+8 with steak"]);
}

#[test]
fn each_course_has_its_own_time_from_its_firing() {
    let on = |item: &str, course| NewLine { course: Some(course), ..line(item, 1) };
    let lines = vec![on("fries", 1), on("burger", 1), on("steak", 2), on("pizza", 2)];
    let draft = NewOrder { lines, courses: vec![course_of(1), course_of(2)], ..NewOrder::default() };
    let meal = draft.open("1".into(), "1".into(), NOW, &timed()).unwrap();
    assert_eq!(said(&meal, &timed(), NOW), ["+4 with burger", "now", "", ""], "the mains are not fired");
    let later = NOW.plus(20 * MINUTE);
    let fire = operation("f", &meal, Act::Fire { course: Some(2) });
    let fired = decide(&meal, &fire, &timed(), later).unwrap().order.unwrap();
    assert_eq!(said(&fired, &timed(), later), ["now", "now", "now", "+8 with steak"]);
    let start = Pace::of(&fired, &timed()).start(&fired.lines[3].id).unwrap();
    assert_eq!((start.at, start.done_at), (later.plus(8 * MINUTE), later.plus(12 * MINUTE)));
}

#[test]
fn what_is_ordered_while_the_rest_cooks_goes_by_itself_from_then_on() {
    let both = order("1", vec![line("steak", 1), line("fries", 1)]);
    let later = NOW.plus(20 * MINUTE);
    let more = Act::AddLines { lines: vec![line("burger", 1), line("pizza", 1)] };
    let added = decide(&both, &operation("a", &both, more), &timed(), later).unwrap().order.unwrap();
    assert_eq!(said(&added, &timed(), later), ["now", "now", "now", "+4 with burger"]);
    let start = Pace::of(&added, &timed()).start(&added.lines[3].id).unwrap();
    assert_eq!((start.at, start.done_at), (later.plus(4 * MINUTE), later.plus(8 * MINUTE)));
}

#[test]
fn a_scheduled_order_is_paced_from_its_firing_and_warned_of_five_minutes_before() {
    let fire_at = NOW.plus(30 * MINUTE);
    let draft = NewOrder {
        lines: vec![line("steak", 1), line("fries", 1)],
        fire_at: Some(fire_at),
        ..NewOrder::default()
    };
    let order = draft.open("1".into(), "1".into(), NOW, &timed()).unwrap();
    assert_eq!(said(&order, &timed(), fire_at), ["now", "+8 with steak"]);
    for (minutes, soon) in [(0, false), (24, false), (25, true), (29, true), (30, false), (99, false)] {
        assert_eq!(order.is_fired_soon(NOW.plus(minutes * MINUTE)), soon, "after {minutes} minutes");
    }
    assert_eq!(order.changes_at(NOW), Some(NOW.plus(25 * MINUTE)));
    assert_eq!(order.changes_at(NOW.plus(25 * MINUTE)), Some(fire_at));
    let now = after(&order, "f", Act::Fire { course: None });
    assert!(!now.is_fired_soon(NOW.plus(26 * MINUTE)), "fired by hand");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whoever begins each line when it says is done with all of a course at one moment, and never begins before it fires.
    #[test]
    fn what_goes_together_is_done_together(order in any_order(0)) {
        let setup = timed();
        let pace = Pace::of(&order, &setup);
        for line in &order.lines {
            let minutes = setup.menu.item(&line.item).and_then(|item| item.prep_minutes);
            let Some(start) = pace.start(&line.id) else { continue };
            prop_assert_eq!(start.at.plus(i64::from(minutes.unwrap()) * MINUTE), start.done_at);
            prop_assert!(order.course_fires_at(line.course).is_some_and(|fires| fires <= start.at));
            let with = |other: &&Line| (other.course, other.added_at) == (line.course, line.added_at);
            for other in order.lines.iter().filter(with) {
                prop_assert!(pace.start(&other.id).is_none_or(|other| other.done_at == start.done_at));
            }
        }
    }

    /// It is advice: whatever it says, each glass shows the same lines and takes the same acts.
    #[test]
    fn it_hides_nothing_and_refuses_nothing(order in any_order(0), plan in any_plan(), minutes in 0i64..30) {
        let (with, mut without) = (timed(), timed());
        without.settings.coordinate = false;
        let now = NOW.plus(minutes * MINUTE);
        let act = operation("x", &order, plan.act(&order, &[]));
        prop_assert_eq!(decide(&order, &act, &with, now), decide(&order, &act, &without, now));
    }

    /// Between now and the moment that it names, nothing else is said.
    #[test]
    fn nothing_changes_before_its_time(order in any_order(0), minutes in 0i64..20, part in 0i64..100) {
        let setup = timed();
        let pace = Pace::of(&order, &setup);
        let now = NOW.plus(minutes * MINUTE);
        let until = pace.changes_at(now).unwrap_or(now.plus(60 * MINUTE));
        prop_assert!(until > now);
        let between = now.plus((until.since(now) - 1) * part / 100);
        for line in &order.lines {
            let timing = |at| pace.start(&line.id).and_then(|start| start.timing(at));
            prop_assert_eq!(timing(now), timing(between));
        }
    }
}
