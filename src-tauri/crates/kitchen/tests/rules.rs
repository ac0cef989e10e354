//! The rules of the kitchen, each by its plainest example.

mod support;

use kitchen::*;
use support::*;

fn bump(station: &str, lines: Vec<Touch>) -> Act {
    Act::Bump { station: station.into(), lines }
}

fn on_glass(order: &Order, station: &str) -> bool {
    Ticket::of(order, &station.into()).is_some_and(|ticket| ticket.is_on_glass(NOW))
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
    assert_eq!(setup.route(&"wine".into(), None), ["build".into()]);
    assert_eq!(setup.route(&"steak".into(), None), ["grill".into()]);
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
    let ticket =
        Ticket::of(&order, &"grill".into()).map(|t| t.own.iter().map(|o| o.is_open()).collect::<Vec<_>>());
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
    assert!(Ticket::of(&order, &"grill".into()).unwrap().is_on_glass(NOW.plus(60_000)), "its time has come");
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
    let recalled = after(&order, "u", Act::Unbump { bump: "a".into() });
    assert!(on_glass(&recalled, "grill"));
    let twice = operation("w", &recalled, Act::Unbump { bump: "a".into() });
    assert_eq!(decide(&recalled, &twice, &setup(), NOW), Err(Refusal::UnknownBump));
}

#[test]
fn refusals_name_what_is_wrong() {
    let order = order("1", vec![line("steak", 1)]);
    for (act, refusal) in [
        (bump("grill", vec![touch("pie#1", 1)]), Refusal::UnknownLine),
        (bump("fry", vec![touch("steak#1", 1)]), Refusal::NotAtThisStation),
        (bump("grill", vec![]), Refusal::NothingNamed),
        (Act::Unbump { bump: "never".into() }, Refusal::UnknownBump),
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
    assert_eq!(Urgency::of(&order, &grill, &settings, at(599)), Urgency::Fresh);
    assert_eq!(Urgency::of(&order, &grill, &settings, at(600)), Urgency::Soon);
    assert_eq!(Urgency::of(&order, &grill, &settings, at(900)), Urgency::Late);
    assert_eq!(Urgency::changes_at(&order, &grill, &settings, at(0)), Some(at(600)));
    assert_eq!(Urgency::changes_at(&order, &grill, &settings, at(600)), Some(at(900)));
    assert_eq!(Urgency::changes_at(&order, &grill, &settings, at(900)), None);
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
    let first = |station: &str| Urgency::changes_at(&order, &station.into(), &settings, NOW).unwrap();
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
