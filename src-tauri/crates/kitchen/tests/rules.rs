//! The rules of the kitchen, each by its plainest example.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use kitchen::*;
use support::*;

fn bump(station: &str, lines: Vec<Touch>) -> Act {
    Act::Bump { station: station.into(), lines }
}

fn on_glass(order: &Order, station: &str) -> bool {
    Ticket::of(order, &station.into(), NOW).is_some_and(|ticket| ticket.is_on_glass())
}

#[test]
fn an_item_rule_beats_a_category_and_the_rest_goes_to_expo() {
    let order = order("1", vec![line("steak", 1), line("burger", 1), line("wine", 1)]);
    let stations = |n: usize| order.lines[n].work.iter().map(|w| w.station.to_string()).collect::<Vec<_>>();
    assert_eq!(stations(0), ["grill", "expo"]);
    assert_eq!(
        stations(1),
        ["fry", "build", "expo"],
        "named by item, so the grill's category does not count"
    );
    assert_eq!(stations(2), ["expo"], "nobody cooks wine; it shows at expo and never vanishes");
}

#[test]
fn a_station_that_takes_the_rest_takes_what_nobody_names() {
    let mut setup = setup();
    setup.stations[2].takes_rest = true;
    assert_eq!(setup.route(&"wine".into(), None, OrderType::DineIn), ["build".into()]);
    assert_eq!(setup.route(&"steak".into(), None, OrderType::DineIn), ["grill".into()]);
}

#[test]
fn a_bumped_ticket_leaves_its_station_and_stays_at_expo() {
    let order = order("1", vec![line("steak", 2), line("fries", 1)]);
    let order = after(&order, "a", bump("grill", vec![touch("steak#1", 2)]));
    assert!(!on_glass(&order, "grill") && on_glass(&order, "fry") && on_glass(&order, "expo"));
    assert_eq!(order.status(NOW), OrderStatus::Preparing);
    let order = after(&order, "b", bump("fry", vec![touch("fries#1", 1)]));
    assert_eq!(order.status(NOW), OrderStatus::Ready);
    let order = after(&order, "c", bump("expo", vec![touch("steak#1", 2), touch("fries#1", 1)]));
    assert_eq!(order.status(NOW), OrderStatus::Completed);
    assert!(!order.is_open());
}

#[test]
fn a_kitchen_without_a_pass_closes_when_its_stations_are_done() {
    let mut setup = setup();
    setup.settings.close_when = CloseWhen::Ready;
    let order = order("1", vec![line("steak", 1)]);
    let act = bump("grill", vec![touch("steak#1", 1)]);
    let closed = decide(&order, &operation("a", &order, act), &setup, NOW).unwrap().order.unwrap();
    assert_eq!(closed.state, OrderState::Closed { at: NOW });
}

#[test]
fn a_kitchen_without_a_pass_never_waits_for_it_to_see_a_void() {
    let mut setup = setup();
    setup.settings.close_when = CloseWhen::Ready;
    let order = order("1", vec![line("steak", 1)]);
    let step = |order: &Order, id: &str, act| {
        decide(order, &operation(id, order, act), &setup, NOW).unwrap().order.unwrap()
    };
    let voided = step(&order, "v", Act::VoidOrder { reason: None });
    assert!(voided.is_open());
    assert!(!step(&voided, "s", bump("grill", vec![touch("steak#1", 0)])).is_open());
}

#[test]
fn a_late_bump_never_finishes_what_its_cook_did_not_see() {
    let order = order("1", vec![line("steak", 2)]);
    let more = after(&order, "add", Act::AddLines { lines: vec![line("steak", 1)] });
    let late = after(&more, "bump", bump("grill", vec![touch("steak#1", 2)]));
    assert_eq!(late.line(&"steak#1".into()).unwrap().state(), LineState::Done);
    assert_eq!(late.line(&"steak#2".into()).unwrap().state(), LineState::Queued);
    assert!(on_glass(&late, "grill"));
}

#[test]
fn an_add_on_brings_back_the_ticket_but_not_its_finished_lines() {
    let order = order("1", vec![line("steak", 1)]);
    let order = after(&order, "a", bump("grill", vec![touch("steak#1", 1)]));
    assert!(!on_glass(&order, "grill"));
    let order = after(&order, "add", Act::AddLines { lines: vec![line("steak", 2)] });
    assert!(on_glass(&order, "grill"));
    let ticket = Ticket::of(&order, &"grill".into(), NOW)
        .map(|t| t.own.iter().map(|o| o.is_open()).collect::<Vec<_>>());
    assert_eq!(ticket, Some(vec![false, true]));
    let change = order.lines[1].work[0].change.clone().unwrap();
    assert_eq!((change.kind, change.was), (ChangeKind::Added, 0));
}

#[test]
fn an_add_on_to_a_closed_order_opens_it_with_its_first_age() {
    let order = order("1", vec![line("wine", 1)]);
    let closed = after(&order, "a", bump("expo", vec![touch("wine#1", 1)]));
    assert!(!closed.is_open());
    let again = after(&closed, "add", Act::AddLines { lines: vec![line("steak", 1)] });
    assert!(again.is_open() && on_glass(&again, "grill"));
    assert_eq!(again.clock_started_at(), order.clock_started_at());
}

#[test]
fn a_void_waits_on_the_glass_until_it_is_seen() {
    let order = order("1", vec![line("steak", 2), line("fries", 1)]);
    let order = after(&order, "v", Act::VoidLines { lines: vec![touch("steak#1", 2)] });
    assert!(on_glass(&order, "grill"));
    assert_eq!(
        order.lines[0].work[0].change.as_ref().map(|c| (c.kind, c.was)),
        Some((ChangeKind::Voided, 2))
    );
    let seen = after(&order, "s", bump("grill", vec![touch("steak#1", 0)]));
    assert!(!on_glass(&seen, "grill") && on_glass(&seen, "fry"));
}

#[test]
fn a_finished_line_that_is_voided_does_not_come_back() {
    let order = order("1", vec![line("steak", 1), line("fries", 1)]);
    let order = after(&order, "b", bump("grill", vec![touch("steak#1", 1)]));
    let order = after(&order, "v", Act::VoidLines { lines: vec![touch("steak#1", 1)] });
    assert!(!on_glass(&order, "grill"));
}

#[test]
fn a_voided_order_asks_to_be_seen_and_takes_no_more_work() {
    let order = order("1", vec![line("steak", 1)]);
    let voided = after(&order, "v", Act::VoidOrder { reason: Some("guest left".into()) });
    assert!(voided.is_open() && on_glass(&voided, "grill") && on_glass(&voided, "expo"));
    assert_eq!(voided.status(NOW), OrderStatus::Cancelled);
    let finish = Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 1)] };
    assert_eq!(decide(&voided, &operation("f", &voided, finish), &setup(), NOW), Err(Refusal::OrderVoided));
    let seen = after(&voided, "s", bump("grill", vec![touch("steak#1", 0)]));
    let seen = after(&seen, "t", bump("expo", vec![touch("steak#1", 0)]));
    assert!(!seen.is_open());
}

#[test]
fn an_order_voided_before_it_was_fired_disturbs_nobody() {
    let draft =
        NewOrder { lines: vec![line("steak", 1)], fire_at: Some(NOW.plus(60_000)), ..NewOrder::default() };
    let order = draft.open("1".into(), "1".into(), NOW, &setup()).unwrap();
    assert!(!on_glass(&order, "grill"));
    assert!(
        Ticket::of(&order, &"grill".into(), NOW.plus(60_000)).unwrap().is_on_glass(),
        "its time has come"
    );
    assert!(!after(&order, "v", Act::VoidOrder { reason: None }).is_open());
}

#[test]
fn a_line_touch_is_done_and_undone_and_stays_on_the_glass() {
    let order = order("1", vec![line("steak", 2)]);
    let done = after(&order, "f", Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 2)] });
    assert!(on_glass(&done, "grill") && done.lines[0].state() == LineState::Done);
    let undone = after(&done, "r", Act::Reopen { station: "grill".into(), lines: vec![touch("steak#1", 0)] });
    assert_eq!(undone.lines[0].state(), LineState::Queued);
}

#[test]
fn a_line_with_two_stations_is_done_when_both_are() {
    let order = order("1", vec![line("burger", 1)]);
    let half = after(&order, "a", bump("fry", vec![touch("burger#1", 1)]));
    assert_eq!(half.lines[0].state(), LineState::Started);
    let whole = after(&half, "b", bump("build", vec![touch("burger#1", 1)]));
    assert_eq!(whole.lines[0].state(), LineState::Done);
}

#[test]
fn a_recall_at_a_station_opens_a_closed_order_there() {
    let order = order("1", vec![line("steak", 1)]);
    let order = after(&order, "a", bump("grill", vec![touch("steak#1", 1)]));
    let order = after(&order, "b", bump("expo", vec![touch("steak#1", 1)]));
    assert!(!order.is_open());
    let recalled = after(&order, "u", Act::Unbump { bump: "a".into(), also: vec![] });
    assert!(on_glass(&recalled, "grill"));
    let twice = operation("w", &recalled, Act::Unbump { bump: "a".into(), also: vec![] });
    assert_eq!(decide(&recalled, &twice, &setup(), NOW), Err(Refusal::UnknownBump));
}

#[test]
fn refusals_name_what_is_wrong() {
    let order = order("1", vec![line("steak", 1)]);
    for (act, refusal) in [
        (bump("grill", vec![touch("pie#1", 1)]), Refusal::UnknownLine),
        (bump("fry", vec![touch("steak#1", 1)]), Refusal::NotAtThisStation),
        (bump("grill", vec![]), Refusal::NothingNamed),
        (Act::Unbump { bump: "never".into(), also: vec![] }, Refusal::UnknownBump),
        (
            Act::AddLines { lines: vec![line("steak", 0)] },
            Refusal::BadLines(DraftError::BadQuantity { field: "items[0].quantity".into() }),
        ),
    ] {
        assert_eq!(
            decide(&order, &operation("x", &order, act.clone()), &setup(), NOW),
            Err(refusal),
            "{act:?}"
        );
    }
}

#[test]
fn a_pos_moves_an_order_by_its_status() {
    let order = order("1", vec![line("burger", 2), line("wine", 1)]);
    let all = vec![touch("burger#1", 2), touch("wine#1", 1)];
    let mut now = order;
    for (to, id) in [
        (OrderStatus::Preparing, "1"),
        (OrderStatus::Ready, "2"),
        (OrderStatus::Completed, "3"),
        (OrderStatus::Confirmed, "4"),
        (OrderStatus::Cancelled, "5"),
    ] {
        now = after(&now, id, Act::Advance { to, lines: all.clone() });
        assert_eq!(now.status(NOW), to);
    }
}

#[test]
fn urgency_comes_with_age_and_says_when_it_will_change() {
    let order = order("1", vec![line("steak", 1)]);
    let (grill, settings) = (StationId::from("grill"), setup().settings);
    let at = |seconds: i64| NOW.plus(seconds * 1000);
    let ticket = Ticket::of(&order, &grill, NOW).unwrap();
    let urgency = |now| Urgency::of(&ticket, &settings, now);
    let changes = |now| Urgency::changes_at(&ticket, &settings, now);
    assert_eq!(urgency(at(599)), Urgency::Fresh);
    assert_eq!(urgency(at(600)), Urgency::Soon);
    assert_eq!(urgency(at(900)), Urgency::Late);
    assert_eq!(changes(at(0)), Some(at(600)));
    assert_eq!(changes(at(600)), Some(at(900)));
    assert_eq!(changes(at(900)), None);
}

#[test]
fn the_most_specific_threshold_wins() {
    let mut settings = setup().settings;
    let rule = |station: Option<&str>, order_type, warn_seconds| ThresholdRule {
        station: station.map(StationId::from),
        order_type,
        warn_seconds,
        late_seconds: 10_000,
    };
    settings.thresholds =
        vec![rule(None, None, 100), rule(None, Some(OrderType::DineIn), 50), rule(Some("fry"), None, 20)];
    let order = order("1", vec![line("fries", 1)]);
    let first = |station: &str| {
        let station = station.into();
        Urgency::changes_at(&Ticket::of(&order, &station, NOW).unwrap(), &settings, NOW).unwrap()
    };
    assert_eq!(first("fry"), NOW.plus(20_000));
    assert_eq!(first("expo"), NOW.plus(50_000));
}

#[test]
fn a_change_of_stations_moves_untouched_work_only() {
    let before = order("1", vec![line("steak", 1), line("steak", 1)]);
    let begun = after(&before, "s", Act::Start { station: "grill".into(), lines: vec![touch("steak#1", 1)] });
    let mut setup = setup();
    setup.stations[0].categories.clear();
    setup.stations[1].categories.push("grill".into());
    let moved = reroute(&begun, &setup, NOW).unwrap();
    let stations = |n: usize| moved.lines[n].work.iter().map(|w| w.station.to_string()).collect::<Vec<_>>();
    assert_eq!(stations(0), ["grill", "fry", "expo"], "begun work stays where it was begun");
    assert_eq!(stations(1), ["fry", "expo"]);
    assert_eq!(moved.version, begun.version + 1);
    assert_eq!(reroute(&moved, &setup, NOW), None);
}

#[test]
fn a_ticket_is_called_by_table_then_name_then_number() {
    let mut order = order("0042", vec![line("steak", 1)]);
    assert_eq!(format!("{:?}", order.label()), r#"Number("0042")"#);
    order.customer_name = Some("Guest".into());
    assert_eq!(format!("{:?}", order.label()), r#"Number("0042")"#);
    order.customer_name = Some("Ada Okafor".into());
    assert_eq!(format!("{:?}", order.label()), r#"Name("Okafor")"#);
    order.table = Some("12".into());
    assert_eq!(format!("{:?}", order.label()), r#"Table("12")"#);
}

#[test]
fn a_rush_goes_first_and_age_decides_among_equals() {
    let mut board = Board::new(setup());
    let mut orders: Vec<Order> = ["a", "b", "c"].iter().map(|id| order(id, vec![line("steak", 1)])).collect();
    orders[0].created_at = NOW.plus(2000);
    orders[2].created_at = NOW.plus(3000);
    orders[2].rush = true;
    board.replace(setup(), orders, 3);
    let grill = StationId::from("grill");
    let shown: Vec<String> =
        board.tickets(&grill, NOW.plus(5000)).iter().map(|t| t.order.id.to_string()).collect();
    assert_eq!(shown, ["c", "b", "a"]);
}

#[test]
fn an_event_of_an_unknown_kind_still_counts() {
    let order = order("1", vec![line("steak", 1)]);
    let event =
        serde_json::json!({"seq": 1, "at": 5, "kind": "order_garnished", "order": order, "sprig": "parsley"});
    let mut board = Board::new(setup());
    assert!(matches!(board.apply(serde_json::from_value(event).unwrap()), Standing::Applied(_)));
    assert_eq!(board.order(&"1".into()), Some(&order));
}

#[test]
fn a_gap_changes_nothing_and_names_what_is_missing() {
    let order = order("1", vec![line("steak", 1)]);
    let event = serde_json::json!({"seq": 3, "at": 5, "kind": "order_created", "order": order});
    let mut board = Board::new(setup());
    assert_eq!(board.apply(serde_json::from_value(event).unwrap()), Standing::Gap { expected: 1 });
    assert_eq!(board.orders().count(), 0);
}

#[test]
fn a_refused_operation_vanishes_from_the_glass() {
    let order = order("1", vec![line("steak", 1)]);
    let mut board = Board::new(setup());
    board.replace(setup(), [order.clone()], 1);
    board.propose(operation("x", &order, bump("grill", vec![touch("steak#1", 1)])), NOW).unwrap();
    assert!(!on_glass(board.order(&order.id).unwrap(), "grill"));
    assert_eq!(board.withdraw(&"x".into()), Some(order.id.clone()));
    assert!(on_glass(board.order(&order.id).unwrap(), "grill"));
}

#[test]
fn drafts_that_cannot_be_cooked_are_refused_by_field() {
    let open = |lines| NewOrder { lines, ..NewOrder::default() }.open("1".into(), "1".into(), NOW, &setup());
    assert_eq!(open(vec![]).unwrap_err(), DraftError::NoLines);
    assert_eq!(open(vec![line("steak", 1), line(" ", 1)]).unwrap_err().field(), "items[1].name");
    assert_eq!(open(vec![line("steak", 1000)]).unwrap_err().field(), "items[0].quantity");
    assert_eq!(open(vec![line("steak", 1); 501]).unwrap_err(), DraftError::TooManyLines);
}

fn coursed(rule: CourseRule) -> Order {
    let mut setup = setup();
    setup.settings.courses = rule;
    let draft = NewOrder {
        lines: vec![
            NewLine { course: Some(2), ..line("steak", 1) },
            NewLine { course: Some(1), ..line("fries", 1) },
            line("burger", 1),
        ],
        courses: vec![course_of(2), course_of(1)],
        ..NewOrder::default()
    };
    draft.open("1".into(), "1".into(), NOW, &setup).unwrap()
}

fn glass_at(order: &Order, station: &str, now: At) -> bool {
    Ticket::of(order, &station.into(), now).is_some_and(|ticket| ticket.is_on_glass())
}

/// The order after an act at a moment that must be accepted.
fn after_at(order: &Order, id: &str, act: Act, at: At) -> Order {
    decide(order, &operation(id, order, act), &setup(), at).unwrap().order.unwrap_or_else(|| order.clone())
}

fn refusal(order: &Order, act: Act) -> Refusal {
    decide(order, &operation("x", order, act), &setup(), NOW).unwrap_err()
}

#[test]
fn a_start_is_taken_back_and_what_is_done_stays() {
    let order = order("1", vec![line("steak", 2)]);
    let lines = || vec![touch("steak#1", 2)];
    let begun = after(&order, "a", Act::Start { station: "grill".into(), lines: lines() });
    assert_eq!(begun.status(NOW), OrderStatus::Preparing);
    let calm = after(&begun, "b", Act::Unstart { station: "grill".into(), lines: lines() });
    assert_eq!(calm.status(NOW), OrderStatus::Confirmed);
    let half = after(&begun, "c", Act::Finish { station: "grill".into(), lines: vec![touch("steak#1", 1)] });
    let still = after(&half, "d", Act::Unstart { station: "grill".into(), lines: lines() });
    assert_eq!((still.lines[0].work[0].done, still.lines[0].state()), (1, LineState::Started));
}

#[test]
fn a_rush_is_an_act_like_any_other_and_unrush_takes_it_back() {
    let order = order("1", vec![line("steak", 1)]);
    let rushed = after(&order, "a", Act::Rush);
    assert!(rushed.rush && rushed.lines == order.lines);
    assert_eq!(decide(&rushed, &operation("b", &rushed, Act::Rush), &setup(), NOW).unwrap().order, None);
    assert!(!after(&rushed, "c", Act::Unrush).rush);
}

#[test]
fn a_held_ticket_stands_last_presses_nobody_and_is_not_counted_as_asked_for() {
    let mut board = Board::new(setup());
    let orders = ["a", "b"].map(|id| order(id, vec![line("steak", 2)]));
    board.replace(setup(), orders.clone(), 1);
    board.propose(operation("x", &orders[0], Act::Hold { until: Some(NOW.plus(60_000)) }), NOW).unwrap();
    let grill = StationId::from("grill");
    let shown = |now: At| -> Vec<(String, bool)> {
        let tickets = board.tickets(&grill, now);
        tickets.iter().map(|ticket| (ticket.order.id.to_string(), ticket.held)).collect()
    };
    assert_eq!(shown(NOW), [("b".to_owned(), false), ("a".to_owned(), true)]);
    assert_eq!(shown(NOW.plus(60_000))[0], ("a".to_owned(), false), "it releases itself, at its old place");
    let counts = all_day(&board.tickets(&grill, NOW));
    assert_eq!((counts[0].open, counts[0].later), (2, 2));
    let late = NOW.plus(3_600_000);
    let held = after(&orders[0], "y", Act::Hold { until: None });
    let urgency = |order: &Order| Ticket::of(order, &grill, late).unwrap().urgency(&setup().settings, late);
    assert_eq!((urgency(&held), urgency(&after(&held, "z", Act::Release))), (Urgency::Fresh, Urgency::Late));
    assert_eq!(board.order(&"a".into()).unwrap().changes_at(NOW), Some(NOW.plus(60_000)));
}

#[test]
fn a_later_course_waits_grey_until_somebody_fires_it() {
    let order = coursed(CourseRule::ByHand);
    assert_eq!(order.courses.iter().map(|course| course.number).collect::<Vec<_>>(), [1, 2]);
    assert!(!on_glass(&order, "grill") && on_glass(&order, "fry"), "lines without a course go at once");
    let expo = StationId::expo();
    let expo_sees = Ticket::of(&order, &expo, NOW).unwrap();
    assert_eq!(expo_sees.own.iter().map(|own| own.asked).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(order.next_course(NOW).map(|course| course.number), Some(2));
    let later = NOW.plus(600_000);
    let fired = after_at(&order, "a", Act::Fire { course: Some(2) }, later);
    let grill = StationId::from("grill");
    let ticket = Ticket::of(&fired, &grill, later).unwrap();
    assert!(ticket.is_on_glass());
    assert_eq!(ticket.since, later, "its age counts from its own firing");
    assert_eq!(fired.next_course(later), None);
    assert_eq!(after_at(&fired, "b", Act::Fire { course: Some(2) }, later.plus(5)), fired, "once");
    let back = after_at(&fired, "c", Act::Unfire { course: Some(2) }, later);
    assert!(!glass_at(&back, "grill", later));
    let start = Act::Start { station: "grill".into(), lines: vec![touch("steak#1", 1)] };
    let begun = after_at(&fired, "d", start, later);
    assert_eq!(refusal(&begun, Act::Unfire { course: Some(2) }), Refusal::AlreadyBegun);
    assert_eq!(refusal(&order, Act::Fire { course: Some(9) }), Refusal::UnknownCourse);
}

#[test]
fn a_course_that_waits_for_a_hand_stays_at_the_pass_where_it_presses_nobody() {
    let order = coursed(CourseRule::ByHand);
    let (late, expo) = (NOW.plus(3_600_000), StationId::expo());
    let sent = after(&order, "a", bump("expo", vec![touch("fries#1", 1), touch("burger#1", 1)]));
    for station in ["grill", "fry", "build"] {
        assert!(!glass_at(&sent, station, late), "{station}");
    }
    let ticket = Ticket::of(&sent, &expo, late).unwrap();
    assert!(ticket.is_on_glass() && ticket.waits && sent.is_open());
    assert_eq!(ticket.urgency(&setup().settings, late), Urgency::Fresh);
    let other = NewOrder { lines: vec![line("wine", 1)], ..NewOrder::default() };
    let other = other.open("2".into(), "2".into(), late, &setup()).unwrap();
    let mut board = Board::new(setup());
    board.replace(setup(), [sent.clone(), other], 1);
    let stand = |now: At| board.tickets(&expo, now).iter().map(|t| t.order.id.0.clone()).collect::<Vec<_>>();
    assert_eq!(stand(late), ["2", "1"], "what waits stands behind what is asked for");

    let fired = after_at(&sent, "b", Act::Fire { course: Some(2) }, late);
    assert!(glass_at(&fired, "grill", late) && !Ticket::of(&fired, &expo, late).unwrap().waits);
    let gone = after_at(&fired, "c", bump("expo", vec![touch("steak#1", 1)]), late);
    assert!(!glass_at(&gone, "expo", late) && !gone.is_open());
    // One that comes by itself needs nobody's eye.
    let clock = coursed(CourseRule::AfterMinutes(15));
    let sent = after(&clock, "a", bump("expo", vec![touch("fries#1", 1), touch("burger#1", 1)]));
    assert!(!glass_at(&sent, "expo", NOW) && glass_at(&sent, "expo", NOW.plus(15 * 60_000)));
}

#[test]
fn a_course_that_nobody_ordered_of_keeps_no_other_waiting() {
    for rule in [CourseRule::ByHand, CourseRule::WhenDone, CourseRule::AfterMinutes(15)] {
        let mut setup = setup();
        setup.settings.courses = rule;
        let mains = vec![
            NewLine { course: Some(2), ..line("steak", 1) },
            NewLine { course: Some(3), ..line("wine", 1) },
        ];
        let courses = vec![course_of(1), course_of(2), course_of(3)];
        let draft = NewOrder { lines: mains, courses, ..NewOrder::default() };
        let later = NOW.plus(600_000);
        let order = draft.clone().open("1".into(), "1".into(), NOW, &setup).unwrap();
        assert!(glass_at(&order, "grill", NOW), "{rule:?}");
        assert_eq!(order.next_course(NOW).map(|course| course.number), Some(3));
        assert_eq!(Ticket::of(&order, &"grill".into(), later).unwrap().since, NOW);
        // Somebody who comes to think of a starter takes no main from under a cook's hands.
        let starter = vec![NewLine { course: Some(1), ..line("fries", 1) }];
        let more = after_at(&order, "a", Act::AddLines { lines: starter }, later);
        assert!(glass_at(&more, "grill", later) && glass_at(&more, "fry", later));
        // A scheduled one still waits for its time, and counts from then.
        let tonight =
            NewOrder { fire_at: Some(later), ..draft }.open("2".into(), "2".into(), NOW, &setup).unwrap();
        assert!(!glass_at(&tonight, "grill", NOW) && glass_at(&tonight, "grill", later));
        assert_eq!(Ticket::of(&tonight, &"grill".into(), later).unwrap().since, later);
    }
}

#[test]
fn a_course_fires_itself_when_the_one_before_it_is_done() {
    let order = coursed(CourseRule::WhenDone);
    let later = NOW.plus(300_000);
    let done = after_at(&order, "a", bump("fry", vec![touch("fries#1", 1)]), later);
    assert_eq!(done.course_fires_at(Some(2)), Some(later));
    assert!(glass_at(&done, "grill", later));
    let back = after_at(&done, "b", Act::Unbump { bump: "a".into(), also: vec![] }, later.plus(1));
    assert!(glass_at(&back, "grill", later.plus(1)), "what has gone to the stations stays there");
    let void = after_at(&order, "v", Act::VoidLines { lines: vec![touch("fries#1", 1)] }, later);
    assert!(glass_at(&void, "grill", later), "a course that nobody wants any more is done");
}

#[test]
fn a_course_fires_itself_by_the_clock_alone() {
    let order = coursed(CourseRule::AfterMinutes(15));
    let due = NOW.plus(15 * 60_000);
    assert!(!glass_at(&order, "grill", due.plus(-1)) && glass_at(&order, "grill", due));
    assert_eq!(order.changes_at(NOW), Some(due));
    let early = after_at(&order, "a", Act::Fire { course: Some(2) }, NOW.plus(60_000));
    assert_eq!(early.course_fires_at(Some(2)), Some(NOW.plus(60_000)));
}

#[test]
fn a_void_before_its_course_is_fired_disturbs_nobody() {
    let order = coursed(CourseRule::ByHand);
    let voided = after(&order, "v", Act::VoidLines { lines: vec![touch("steak#1", 1)] });
    assert!(voided.lines[0].work.iter().all(|work| work.change.is_none()));
}

#[test]
fn a_scheduled_order_is_fired_early_and_its_age_counts_from_then() {
    let draft =
        NewOrder { lines: vec![line("steak", 1)], fire_at: Some(NOW.plus(600_000)), ..NewOrder::default() };
    let order = draft.open("1".into(), "1".into(), NOW, &setup()).unwrap();
    assert_eq!(order.changes_at(NOW), Some(NOW.plus(300_000)), "five minutes before it is spoken of");
    assert_eq!(order.changes_at(NOW.plus(300_000)), Some(NOW.plus(600_000)));
    let early = NOW.plus(60_000);
    let fired = after_at(&order, "a", Act::Fire { course: None }, early);
    assert!(glass_at(&fired, "grill", early) && fired.clock_started_at() == early);
    assert!(!glass_at(&after_at(&fired, "b", Act::Unfire { course: None }, early), "grill", early));
}

#[test]
fn a_transfer_moves_what_is_left_with_what_is_done_and_its_undo() {
    let order = order("1", vec![line("steak", 2), line("fries", 1)]);
    let half = after(&order, "a", bump("grill", vec![touch("steak#1", 1)]));
    let transfer =
        |to: &str| Act::Transfer { from: "grill".into(), to: to.into(), lines: vec!["steak#1".into()] };
    let moved = after(&half, "t", transfer("fry"));
    assert!(!on_glass(&moved, "grill") && on_glass(&moved, "fry"));
    let work = &moved.lines[0].work[0];
    assert_eq!((work.bumped, work.came_from.as_ref().map(StationId::as_str)), (1, Some("grill")));
    assert_eq!(work.change.as_ref().map(|change| change.kind), Some(ChangeKind::Added), "fry is told");
    let back = after(&moved, "u", Act::Unbump { bump: "a".into(), also: vec![] });
    assert_eq!(back.lines[0].work[0].bumped, 0, "the first bump is undone where the work is now");
    assert_eq!(reroute(&moved, &setup(), NOW), None, "what was sent by hand is not routed back");
    assert_eq!(refusal(&moved, bump("grill", vec![touch("steak#1", 2)])), Refusal::NotAtThisStation);
    assert_eq!(refusal(&moved, transfer("build")), Refusal::NotAtThisStation);
    assert_eq!(refusal(&half, transfer("expo")), Refusal::UnknownStation);
    assert_eq!(refusal(&half, transfer("moon")), Refusal::UnknownStation);
    let burger = self::order("2", vec![line("burger", 1)]);
    let joined = after(
        &burger,
        "j",
        Act::Transfer { from: "build".into(), to: "fry".into(), lines: vec!["burger#1".into()] },
    );
    let stations: Vec<_> = joined.lines[0].work.iter().map(|work| work.station.to_string()).collect();
    assert_eq!(stations, ["fry", "expo"], "two stations' work becomes one");
}

#[test]
fn what_is_made_goes_on_to_the_oven_piece_by_piece() {
    let order = order("1", vec![line("pizza", 3)]);
    assert!(on_glass(&order, "make") && !on_glass(&order, "oven") && on_glass(&order, "expo"));
    let two = after(&order, "a", Act::Finish { station: "make".into(), lines: vec![touch("pizza#1", 2)] });
    let oven = StationId::from("oven");
    let ticket = Ticket::of(&two, &oven, NOW).unwrap();
    assert!(ticket.is_on_glass());
    assert_eq!((ticket.own[0].to_make(), ticket.own[0].to_come()), (2, 1));
    let baked = after(&two, "b", bump("oven", vec![touch("pizza#1", 2)]));
    assert!(!on_glass(&baked, "oven"), "the third is still being made");
    let all = after(&baked, "c", bump("make", vec![touch("pizza#1", 3)]));
    assert!(on_glass(&all, "oven") && !all.lines[0].is_ready());
    let gone = after(&all, "d", bump("oven", vec![touch("pizza#1", 3)]));
    assert_eq!(gone.status(NOW), OrderStatus::Ready);
}

#[test]
fn a_transfer_keeps_the_way_to_the_oven() {
    let order = order("1", vec![line("pizza", 1)]);
    let moved = after(
        &order,
        "t",
        Act::Transfer { from: "make".into(), to: "build".into(), lines: vec!["pizza#1".into()] },
    );
    let done = after(&moved, "b", bump("build", vec![touch("pizza#1", 1)]));
    assert!(!on_glass(&moved, "oven") && on_glass(&done, "oven"));
}

#[test]
fn a_recall_names_the_bumps_of_all_stations() {
    let order = order("1", vec![line("steak", 1)]);
    let order = after(&order, "a", bump("grill", vec![touch("steak#1", 1)]));
    let order = after(&order, "b", bump("expo", vec![touch("steak#1", 1)]));
    let recall = Act::Unbump { bump: "b".into(), also: vec!["a".into(), "gone".into()] };
    let back = after(&order, "r", recall);
    assert!(on_glass(&back, "grill") && on_glass(&back, "expo") && back.bumps.is_empty());
    assert_eq!(back.clock_started_at(), order.clock_started_at());
}

#[test]
fn a_changed_line_is_marked_until_it_is_touched_and_a_finished_one_does_not_come_back() {
    let order = order("1", vec![line("steak", 2), line("fries", 1)]);
    let order = after(&order, "b", bump("fry", vec![touch("fries#1", 1)]));
    let change = |id: &str| Act::ChangeLine {
        line: id.into(),
        modifiers: Some(vec!["no salt".into()]),
        notes: Some("birthday".into()),
    };
    let changed = after(&after(&order, "c", change("steak#1")), "d", change("fries#1"));
    let mark =
        |order: &Order, line: usize| order.lines[line].work[0].change.as_ref().map(|c| (c.kind, c.was));
    assert_eq!(mark(&changed, 0), Some((ChangeKind::Changed, 2)));
    assert_eq!(changed.lines[0].modifiers[0].class, ModifierClass::Removal);
    assert!(mark(&changed, 1).is_none() && !on_glass(&changed, "fry"));
    let seen =
        after(&changed, "s", Act::Acknowledge { station: "grill".into(), lines: vec![touch("steak#1", 2)] });
    assert_eq!(mark(&seen, 0), None);
    assert_eq!(decide(&seen, &operation("e", &seen, change("steak#1")), &setup(), NOW).unwrap().order, None);
}

#[test]
fn two_voids_that_nobody_has_seen_tell_the_first_quantity() {
    let order = order("1", vec![line("steak", 3)]);
    let order = after(&order, "a", Act::VoidLines { lines: vec![touch("steak#1", 1)] });
    let order = after(&order, "b", Act::VoidLines { lines: vec![touch("steak#1", 2)] });
    assert_eq!(order.lines[0].work[0].change.as_ref().map(|change| change.was), Some(3));
}

#[test]
fn a_pass_that_waits_bumps_only_what_the_stations_have_sent() {
    let mut setup = setup();
    setup.settings.pass_waits = true;
    let order = order("1", vec![line("steak", 1), line("wine", 1)]);
    let decide = |order: &Order, act| super_decide(order, act, &setup);
    let all = || bump("expo", vec![touch("steak#1", 1), touch("wine#1", 1)]);
    assert_eq!(decide(&order, all()).unwrap_err(), Refusal::StillCooking);
    let wine = decide(&order, bump("expo", vec![touch("wine#1", 1)])).unwrap();
    let ready = decide(&wine, bump("grill", vec![touch("steak#1", 1)])).unwrap();
    assert!(!decide(&ready, all()).unwrap().is_open());
}

fn super_decide(order: &Order, act: Act, setup: &Setup) -> Result<Order, Refusal> {
    let decided = decide(order, &operation("x", order, act), setup, NOW)?;
    Ok(decided.order.unwrap_or_else(|| order.clone()))
}

#[test]
fn a_pass_before_the_pass_sends_on_what_its_stations_made() {
    let mut setup = setup();
    let pass = Station {
        covers: vec!["grill".into(), "fry".into()],
        ..Station::new("hot", "Hot pass", StationRole::Expo)
    };
    setup.stations.push(pass);
    let draft = NewOrder { lines: vec![line("steak", 1), line("pizza", 1)], ..NewOrder::default() };
    let order = draft.open("1".into(), "1".into(), NOW, &setup).unwrap();
    let stations = |n: usize| order.lines[n].work.iter().map(|w| w.station.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (stations(0), stations(1)),
        (
            vec!["grill".into(), "hot".into(), "expo".into()],
            vec!["make".into(), "oven".into(), "expo".into()]
        )
    );
    let sent = super_decide(&order, bump("hot", vec![touch("steak#1", 1)]), &setup).unwrap();
    assert!(!on_glass(&sent, "grill") && !on_glass(&sent, "hot") && on_glass(&sent, "expo"));
    setup.settings.pass_waits = true;
    assert_eq!(
        super_decide(&order, bump("hot", vec![touch("steak#1", 1)]), &setup).unwrap_err(),
        Refusal::StillCooking
    );
}

#[test]
fn a_station_for_some_types_of_orders_gets_no_others() {
    let mut setup = setup();
    let bag = Station {
        categories: vec!["fried".into()],
        order_types: vec![OrderType::Delivery],
        ..Station::new("bag", "Bag", StationRole::Prep)
    };
    setup.stations.push(bag);
    assert_eq!(setup.route(&"fries".into(), None, OrderType::DineIn), ["fry".into()]);
    assert_eq!(setup.route(&"fries".into(), None, OrderType::Delivery), ["fry".into(), "bag".into()]);
}

#[test]
fn an_act_of_a_newer_screen_is_refused_and_not_lost_in_silence() {
    let text = r#"{"id":"x","at":1,"order":"1","seen":1,"act":"flambe","lines":["a"],"cognac":2}"#;
    let operation: Operation = serde_json::from_str(text).unwrap();
    assert_eq!(
        decide(&order("1", vec![line("steak", 1)]), &operation, &setup(), NOW),
        Err(Refusal::UnknownAct)
    );
}

#[test]
fn a_search_finds_by_number_table_name_and_item() {
    let mut order = order("77", vec![line("steak", 1)]);
    order.table = Some("12".into());
    order.customer_name = Some("Ada Okafor".into());
    for (text, found) in [
        ("77", true),
        ("12 steak", true),
        ("OKAFOR", true),
        ("okafor fries", false),
        ("", true),
        // Every number of a day begins with its date, and a table of that number is not meant by it.
        ("01", false),
        ("20260101-77", true),
    ] {
        assert_eq!(order.matches(text), found, "{text:?}");
    }
}

#[test]
fn a_screen_whose_clock_is_a_little_behind_hides_nothing() {
    let order = order("1", vec![line("steak", 1)]);
    assert!(glass_at(&order, "grill", NOW.plus(-50)));
    let fired = after(&coursed(CourseRule::ByHand), "a", Act::Fire { course: Some(2) });
    assert!(glass_at(&fired, "grill", NOW.plus(-50)));
}

#[test]
fn eighty_six_shows_at_once_comes_back_by_undo_and_converges_to_the_hub() {
    let mut board = Board::new(setup());
    let stock = |id: &str, left| Operation {
        id: id.into(),
        device: None,
        at: NOW,
        order: OrderId::menu(),
        seen: 0,
        act: Act::Stock { item: "steak".into(), name: "steak".into(), left },
    };
    let out = |board: &Board| board.setup().menu.item(&"steak".into()).is_some_and(MenuItem::is_out);
    board.propose(stock("a", Some(0)), NOW).unwrap();
    assert!(out(&board) && !board.confirmed_setup().menu.item(&"steak".into()).unwrap().is_out());
    board.propose(stock("b", None), NOW).unwrap();
    assert!(!out(&board), "undone");
    board.withdraw(&"b".into());
    assert!(out(&board));
    let menu = decide_menu(&setup().menu, &stock("a", Some(0))).unwrap();
    let event = Event {
        seq: 1,
        at: NOW,
        kind: EventKind::MenuSet,
        order: None,
        operation: Some("a".into()),
        menu,
        stations: None,
        settings: None,
    };
    assert!(matches!(board.apply(event), Standing::Applied(_)));
    assert!(out(&board) && board.pending().count() == 0);
    assert_eq!(decide_menu(&board.setup().menu, &stock("c", Some(0))), Ok(None), "out already");
}

#[test]
fn what_is_left_goes_down_with_every_order_to_none() {
    let steak = MenuItemId::from("steak");
    let menu = setup().menu.stocked(&steak, "steak", Some(3));
    let menu = menu.after_taking([(&steak, 2)].into_iter()).unwrap();
    assert_eq!((menu.item(&steak).unwrap().left, menu.item(&steak).unwrap().is_out()), (Some(1), false));
    let menu = menu.after_taking([(&steak, 2)].into_iter()).unwrap();
    assert!(menu.item(&steak).unwrap().is_out());
    assert_eq!(setup().menu.after_taking([(&steak, 2)].into_iter()), None, "plenty stays plenty");
    let draft = NewOrder { lines: vec![line("fries", 1), line("steak", 1)], ..NewOrder::default() };
    assert_eq!((draft.item_out(&menu), draft.item_out(&setup().menu)), (Some("steak"), None));
    let unknown = setup().menu.stocked(&"pie".into(), "Pie", Some(0));
    assert_eq!(unknown.item(&"pie".into()).map(|item| item.name.as_str()), Some("Pie"));
}

#[test]
fn counts_tell_variants_the_whole_kitchen_and_ingredients() {
    let plain = line("burger", 2);
    let mut rare = line("burger", 1);
    rare.modifiers = vec!["rare".into()];
    let order = order("1", vec![plain, rare]);
    let order = after(&order, "f", Act::Finish { station: "fry".into(), lines: vec![touch("burger#1", 2)] });
    let (fry, build) = (StationId::from("fry"), StationId::from("build"));
    let count = |station: &StationId| all_day(&[Ticket::of(&order, station, NOW).unwrap()]);
    assert_eq!(count(&fry)[0].open, 1);
    let variants: Vec<_> = count(&build)[0].variants.iter().map(|v| (v.modifiers.len(), v.open)).collect();
    assert_eq!(variants, [(0, 2), (1, 1)]);
    let whole = all_day_of_kitchen([&order], NOW);
    assert_eq!(whole[0].open, 3, "a piece counts until the last of its stations has done it");
    let mut menu = setup().menu;
    let patty = Portion { ingredient: "Patty".into(), amount: 2, unit: String::new() };
    menu.items
        .iter_mut()
        .filter(|item| item.id.as_str() == "burger")
        .for_each(|item| item.recipe = vec![patty.clone()]);
    assert_eq!(
        ingredients(&whole, &menu),
        [Ingredient { name: "Patty".into(), unit: String::new(), amount: 6 }]
    );
}
