//! Several screens of one station: nobody takes what another has, and nothing is on no glass.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use kitchen::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::*;

fn setup_of(queue: Queue) -> Setup {
    let mut setup = setup();
    setup.stations[0].queue = queue;
    setup
}

fn grill() -> StationId {
    "grill".into()
}

fn by(device: &str, id: &str, order: &Order, act: Act) -> Operation {
    Operation { device: Some(device.into()), ..operation(id, order, act) }
}

fn owner(order: &Order) -> Option<&str> {
    order.claim_at(&grill()).map(|claim| claim.device.as_str())
}

fn take() -> Act {
    Act::Take { station: grill(), screen: Some(1) }
}

#[test]
fn two_that_reach_for_one_ticket_do_not_both_get_it() {
    let setup = setup_of(Queue::Pull);
    let steak = order("1", vec![line("steak", 2)]);
    let step =
        |order: &Order, device: &str, act: Act| decide(order, &by(device, "x", order, act), &setup, NOW);
    let lines = vec![touch("steak#1", 2)];
    let start = Act::Start { station: grill(), lines: lines.clone() };
    for first in [take(), start.clone(), Act::Finish { station: grill(), lines: vec![touch("steak#1", 1)] }] {
        let taken = step(&steak, "one", first).unwrap().order.unwrap();
        assert_eq!(owner(&taken), Some("one"), "who begins with it has taken it");
        for second in [take(), start.clone(), Act::PutBack { station: grill() }] {
            assert_eq!(step(&taken, "two", second), Err(Refusal::TakenElsewhere));
        }
        // What was cooked is cooked, whoever had taken it.
        let bump = Act::Bump { station: grill(), lines: lines.clone() };
        let bumped = step(&taken, "two", bump).unwrap().order.unwrap();
        assert_eq!(bumped.lines[0].work[0].bumped, 2);
        assert_eq!(owner(&bumped), Some("one"));
        let back = step(&taken, "one", Act::PutBack { station: grill() }).unwrap().order.unwrap();
        assert_eq!(owner(&back), None);
    }
    let elsewhere = Act::Take { station: "oven".into(), screen: None };
    assert_eq!(step(&steak, "one", elsewhere), Err(Refusal::NotAtThisStation));
    let shared = decide(&steak, &by("one", "x", &steak, take()), &support::setup(), NOW).unwrap();
    assert_eq!(shared.order, None, "where tickets are shared there is nothing to take");
}

#[test]
fn tickets_are_dealt_in_turn_and_those_of_a_screen_that_is_gone_go_to_the_others() {
    let setup = setup_of(Queue::Balanced);
    let mut dealer = Dealer::default();
    let mut live: LiveScreens = [(grill(), ["a", "b"].map(DeviceId::from).into())].into();
    let deal = |dealer: &mut Dealer, live: &LiveScreens, orders: &mut Vec<Order>| {
        for order in orders.iter_mut() {
            order.claims = dealer.deal(order, &setup, live, NOW);
        }
        orders.iter().map(|order| owner(order).unwrap_or("nobody").to_owned()).collect::<Vec<_>>()
    };
    let mut orders: Vec<Order> = (0..4).map(|n| order(&n.to_string(), vec![line("steak", 1)])).collect();
    assert_eq!(deal(&mut dealer, &live, &mut orders), ["a", "b", "a", "b"]);
    live.get_mut(&grill()).unwrap().insert("c".into());
    assert_eq!(deal(&mut dealer, &live, &mut orders), ["a", "b", "a", "b"], "nothing jumps to who is new");
    live.get_mut(&grill()).unwrap().remove(&"b".into());
    assert_eq!(deal(&mut dealer, &live, &mut orders), ["a", "c", "a", "a"]);
    live.clear();
    assert_eq!(deal(&mut dealer, &live, &mut orders), ["nobody"; 4], "and so on every glass");
    let fries = order("f", vec![line("fries", 1)]);
    assert!(dealer.deal(&fries, &setup, &live, NOW).is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Order,
    Take { device: usize, order: usize },
    PutBack { device: usize, order: usize },
    Start { device: usize, order: usize },
    Bump { device: usize, order: usize },
    Join(usize),
    Die(usize),
    Read { device: usize, events: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || (0usize..3, 0usize..6);
    prop_oneof![
        3 => Just(Step::Order),
        3 => who().prop_map(|(device, order)| Step::Take { device, order }),
        1 => who().prop_map(|(device, order)| Step::PutBack { device, order }),
        2 => who().prop_map(|(device, order)| Step::Start { device, order }),
        1 => who().prop_map(|(device, order)| Step::Bump { device, order }),
        2 => (0usize..3).prop_map(Step::Join),
        2 => (0usize..3).prop_map(Step::Die),
        4 => (0usize..3, 1usize..5).prop_map(|(device, events)| Step::Read { device, events }),
    ]
}

/// A hub of a few lines, and how far each screen has read its log.
struct House {
    setup: Setup,
    orders: BTreeMap<OrderId, Order>,
    log: Vec<Order>,
    dealer: Dealer,
    live: LiveScreens,
    screens: Vec<(DeviceId, usize, BTreeMap<OrderId, Order>)>,
}

impl House {
    fn new(queue: Queue) -> Self {
        let screens = ["a", "b", "c"].map(|id| (DeviceId::from(id), 0, BTreeMap::new())).into();
        let (orders, log, dealer, live) = (BTreeMap::new(), vec![], Dealer::default(), LiveScreens::new());
        Self { setup: setup_of(queue), orders, log, dealer, live, screens }
    }

    fn record(&mut self, order: Order) {
        let claims = self.dealer.deal(&order, &self.setup, &self.live, NOW);
        let order = Order { claims, ..order };
        self.orders.insert(order.id.clone(), order.clone());
        self.log.push(order);
    }

    fn deal(&mut self) {
        for order in self.orders.values().cloned().collect::<Vec<_>>() {
            if self.dealer.clone().deal(&order, &self.setup, &self.live, NOW) != order.claims {
                self.record(Order { version: order.version + 1, ..order });
            }
        }
    }

    fn act(&mut self, device: usize, order: usize, act: impl FnOnce(&Order) -> Act) {
        let Some(held) = self.orders.values().nth(order).cloned() else { return };
        let device = self.screens[device].0.clone();
        let before = held.claim_at(&grill()).map(|claim| claim.device.clone());
        let op = Operation { device: Some(device.clone()), ..operation("x", &held, act(&held)) };
        if let Ok(Decided { order: Some(next), .. }) = decide(&held, &op, &self.setup, NOW) {
            let after = next.claim_at(&grill()).map(|claim| claim.device.clone());
            assert!(before.is_none() || after == before || (after.is_none() && before == Some(device)));
            self.record(next);
        }
    }

    fn step(&mut self, step: &Step) {
        let all = |order: &Order| {
            order.lines.iter().map(|l| Touch { line: l.id.clone(), upto: l.live() }).collect()
        };
        match *step {
            Step::Order => self.record(order(&format!("{:03}", self.log.len()), vec![line("steak", 1)])),
            Step::Take { device, order } => self.act(device, order, |_| take()),
            Step::PutBack { device, order } => self.act(device, order, |_| Act::PutBack { station: grill() }),
            Step::Start { device, order } => {
                self.act(device, order, |order| Act::Start { station: grill(), lines: all(order) });
            }
            Step::Bump { device, order } => {
                self.act(device, order, |order| Act::Bump { station: grill(), lines: all(order) });
            }
            Step::Join(device) => {
                let id = self.screens[device].0.clone();
                self.live.entry(grill()).or_default().insert(id);
                self.deal();
            }
            Step::Die(device) => {
                let id = self.screens[device].0.clone();
                self.live.entry(grill()).or_default().remove(&id);
                self.deal();
            }
            Step::Read { device, events } => self.read(device, events),
        }
    }

    fn read(&mut self, device: usize, events: usize) {
        let (_, seen, orders) = &mut self.screens[device];
        for order in self.log.iter().skip(*seen).take(events) {
            orders.insert(order.id.clone(), order.clone());
            *seen += 1;
        }
    }
}

proptest! {
    #[test]
    fn no_two_screens_have_a_ticket_and_none_is_on_no_glass(
        balanced in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut house = House::new(if balanced { Queue::Balanced } else { Queue::Pull });
        for step in &steps {
            house.step(step);
            let nobody = std::collections::BTreeSet::new();
            let live = house.live.get(&grill()).unwrap_or(&nobody).clone();
            for order in house.orders.values() {
                // Nothing is the ticket of a screen that is gone.
                prop_assert!(owner(order).is_none_or(|device| live.contains(&device.into())));
                if Ticket::of(order, &grill(), NOW).is_some_and(|ticket| ticket.is_on_glass()) {
                    let on = house.screens.iter().filter(|(device, ..)| live.contains(device));
                    let on = on.filter(|(device, ..)| is_shown_to(order, &grill(), device, &house.setup, false));
                    let shown = on.count();
                    let wanted = if balanced { live.len().min(1) } else { live.len() };
                    prop_assert_eq!(shown, wanted);
                }
            }
            // Screens that have read equally far agree on whose each ticket is.
            for (_, seen, orders) in &house.screens {
                for (_, other_seen, others) in &house.screens {
                    prop_assert!(seen != other_seen || orders == others);
                }
            }
        }
        for device in 0..3 {
            house.read(device, usize::MAX);
            prop_assert_eq!(&house.screens[device].2, &house.orders);
        }
        // Without a hub to say who is there, every screen shows everything.
        for order in house.orders.values() {
            for (device, ..) in &house.screens {
                prop_assert!(is_shown_to(order, &grill(), device, &house.setup, true));
            }
        }
    }
}
