//! The end of a day: what is parked, what is not, and how it comes back.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kitchen::*;
use proptest::prelude::*;
use support::*;

const HOUR: i64 = 3_600_000;

fn at(text: &str) -> At {
    At(text.parse::<Timestamp>().unwrap().as_millisecond())
}

fn taken_at(moment: At) -> Order {
    let taken = order("1", vec![line("steak", 2), line("fries", 1)]);
    Order { created_at: moment, updated_at: moment, ..taken }
}

fn open_at(order: &Order, station: &str, now: At) -> bool {
    Ticket::of(order, &station.into(), now).is_some_and(|ticket| ticket.is_on_glass())
}

/// Central Europe as a POSIX rule, so that the test needs no zone files: forward 2026-03-29 02:00, back 2026-10-25 03:00.
fn central_europe() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

#[test]
fn what_is_left_of_yesterday_is_parked_and_what_is_of_today_is_not() {
    // Taken, looked at (both local time of Central Europe, summer unless said otherwise), day start, parked?
    for (taken, now, day_starts, parked) in [
        ("2026-06-01T20:00:00Z", "2026-06-02T01:59:59Z", 240, false),
        ("2026-06-01T20:00:00Z", "2026-06-02T02:00:00Z", 240, true),
        // After midnight and before the day's start is still yesterday.
        ("2026-06-01T23:30:00Z", "2026-06-02T02:00:00Z", 240, true),
        // A hub that was off at the day's start.
        ("2026-06-01T20:00:00Z", "2026-06-02T07:00:00Z", 240, true),
        ("2026-05-28T20:00:00Z", "2026-06-02T07:00:00Z", 240, true),
        // A kitchen that cooks through the night: ten minutes old at the day's start, and an hour later.
        ("2026-06-02T01:50:00Z", "2026-06-02T02:00:00Z", 240, false),
        ("2026-06-02T01:50:00Z", "2026-06-02T02:50:00Z", 240, true),
        // Of today, however old.
        ("2026-06-02T02:00:00Z", "2026-06-02T21:00:00Z", 240, false),
        // The night of the change to summer time: 02:30 is not; the day starts at 03:30 of the new time.
        ("2026-03-28T22:00:00Z", "2026-03-29T01:29:59Z", 150, false),
        ("2026-03-28T22:00:00Z", "2026-03-29T01:30:00Z", 150, true),
        // The night of the change back has an hour more: 04:00 is 03:00Z, not 02:00Z.
        ("2026-10-24T22:00:00Z", "2026-10-25T02:30:00Z", 240, false),
        ("2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z", 240, true),
    ] {
        let (order, now) = (taken_at(at(taken)), at(now));
        let day_start = business_day_start(now, &central_europe(), day_starts);
        assert_eq!(is_left_over(&order, day_start, now), parked, "{taken} {now:?} {day_starts}");
    }
}

#[test]
fn what_the_clock_will_still_do_something_to_is_not_left_over() {
    let (evening, day_start) = (at("2026-06-01T20:00:00Z"), at("2026-06-02T04:00:00Z"));
    let (morning, noon) = (day_start.plus(5 * HOUR), day_start.plus(8 * HOUR));
    let open = taken_at(evening);
    assert!(is_left_over(&open, day_start, morning));
    let tomorrow = |noon| Order { fire_at: Some(noon), ..open.clone() };
    assert!(!is_left_over(&tomorrow(noon), day_start, morning));
    assert!(!is_left_over(&tomorrow(noon), day_start, noon.plus(9 * HOUR)), "it was fired today");
    let held = |until| Order { hold: Some(Hold { until }), ..open.clone() };
    assert!(!is_left_over(&held(Some(noon)), day_start, morning));
    assert!(!is_left_over(&held(Some(noon)), day_start, noon.plus(9 * HOUR)), "it was released today");
    assert!(is_left_over(&held(None), day_start, morning), "a hold that nobody ended");
    let closed = Order { state: OrderState::Closed { at: evening }, ..open.clone() };
    assert!(!is_left_over(&closed, day_start, morning));
    let touched = Order { updated_at: day_start, ..open };
    assert!(!is_left_over(&touched, day_start, noon), "who touches it today takes it for today's");
}

#[test]
fn a_parked_order_is_on_no_glass_and_in_no_count_and_comes_back_with_its_age() {
    let order = order("1", vec![line("steak", 2), line("fries", 1)]);
    let parked = after(&order, "p", Act::Park);
    assert!(parked.is_parked() && parked.is_open());
    assert_eq!(parked.version, order.version + 1);
    for station in ["grill", "fry", "expo"] {
        assert!(open_at(&order, station, NOW) && !open_at(&parked, station, NOW));
    }
    assert!(all_day_of_kitchen([&parked], NOW).is_empty());
    let mut board = Board::new(setup());
    board.replace(setup(), [parked.clone()], 1);
    assert!(board.tickets(&"grill".into(), NOW).is_empty());
    assert_eq!(board.parked(), [&parked], "kept, and never dropped");
    board.forget(At(i64::MAX));
    assert_eq!(board.parked().len(), 1);

    let back = after(&parked, "u", Act::Unpark);
    assert!(open_at(&back, "grill", NOW) && !back.is_parked());
    assert_eq!(back.clock_started_at(), order.clock_started_at());
    assert_eq!(Order { version: order.version, updated_at: order.updated_at, ..back }, order);
}

#[test]
fn whoever_works_on_a_parked_order_brings_it_back_and_a_void_does_not() {
    let parked = after(&order("1", vec![line("steak", 2)]), "p", Act::Park);
    let more = after(&parked, "a", Act::AddLines { lines: vec![line("fries", 1)] });
    assert!(!more.is_parked() && open_at(&more, "fry", NOW));
    let finish = Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 1)] };
    assert!(!after(&parked, "f", finish).is_parked(), "a screen that was away when it was parked");
    let fewer = after(&parked, "v", Act::VoidLines { lines: vec![touch("steak#1", 1)] });
    assert!(fewer.is_parked());
    let gone = after(&parked, "w", Act::VoidOrder { reason: None });
    assert!(!gone.is_open(), "nobody is asked to see the void of what is on no glass");
    assert!(decide(&gone, &operation("r", &gone, Act::Rush), &setup(), NOW).is_err());
}

#[test]
fn what_is_not_fired_cannot_be_put_aside() {
    let later = Order { fire_at: Some(NOW.plus(HOUR)), ..order("1", vec![line("steak", 1)]) };
    assert_eq!(decide(&later, &operation("p", &later, Act::Park), &setup(), NOW), Err(Refusal::NotFired));
}

proptest! {
    /// Whatever has been done to it: on a glass, or parked, or finished, or not its time yet; and the hub's own parking is
    /// the act.
    #[test]
    fn an_open_order_is_on_a_glass_or_parked(
        order in any_order(0),
        plans in prop::collection::vec(any_plan(), 0..20),
    ) {
        let (mut order, mut operations) = (order, Vec::new());
        for (n, plan) in plans.iter().enumerate() {
            let op = operation(&format!("op{n}"), &order, plan.act(&order, &operations));
            if let Ok(Decided { order: Some(next), .. }) = decide(&order, &op, &setup(), NOW) {
                order = next;
            }
            operations.push(op.id);
        }
        let seen = stations().iter().any(|id| Ticket::of(&order, id, NOW).is_some_and(|t| t.is_on_glass()));
        let waits = order.lines.iter().any(|line| line.live() > 0 && !order.is_line_fired(line, NOW));
        prop_assert!(!order.is_open() || seen || order.is_parked() || waits, "{order:#?}");
        prop_assert!(!(seen && order.is_parked()));
        let next_day = order.updated_at.max(NOW).plus(24 * HOUR);
        if is_left_over(&order, next_day, next_day) {
            let act = decide(&order, &operation("park", &order, Act::Park), &setup(), next_day).unwrap();
            // The act also fires what it finds done; the hub's own parking touches nothing else.
            let by_hand = act.order.unwrap();
            let by_hub = park(&order, next_day);
            prop_assert_eq!(Order { courses: order.courses.clone(), ..by_hand }, by_hub);
            prop_assert!(!is_left_over(&park(&order, next_day), next_day, next_day.plus(HOUR)), "once");
        }
    }
}
