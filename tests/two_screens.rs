//! Several PCs and one kitchen: a real hub process, displays as processes of their own, real sockets between them.
//!
//! Without a window: what a screen shows is the picture that its window would be given. Every test runs over a hub alone,
//! where the POS orders, and over a hub with a Restaurant OS back end, where the orders come from there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use support::display_process::{Deed, serve_if_asked};
use support::{BackEnd, DisplayProcess, Hub, Pos, SOON, until};
use tempfile::TempDir;
use testkit::chaos::{ChaosProxy, Weather};
use wire::restaurant_os::Status;

/// No test: the displays that the others start are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

/// Where the orders of a kitchen come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum House {
    /// From the POS, to a hub that is alone.
    Alone,
    /// From a Restaurant OS back end, whose kitchen the hub is.
    WithBackEnd,
}

macro_rules! in_each_house {
    ($($test:ident)*) => {
        mod alone {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::House::Alone).await;
            })*
        }
        mod with_back_end {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::House::WithBackEnd).await;
            })*
        }
    };
}

in_each_house! {
    what_is_done_on_one_screen_is_seen_on_the_other
    a_bump_made_without_a_hub_is_shown_at_once_outlives_kill_9_and_arrives_exactly_once
    an_answer_that_is_lost_with_its_screen_makes_no_second_bump
    two_screens_that_work_without_each_other_agree_once_the_hub_is_back
    r6_04_a_hub_killed_again_and_again_under_bumps_loses_none_and_doubles_none
    r3_10_a_wrong_token_is_said_and_does_not_hammer_and_a_right_one_needs_no_restart
    a_screen_whose_token_is_revoked_is_out_says_so_and_keeps_its_board
}

/// A kitchen on several PCs.
struct Kitchen {
    folder: TempDir,
    token: PathBuf,
    back_end: Option<BackEnd>,
}

impl Kitchen {
    /// A hub with three stations, and the file with the token that its screens are given.
    async fn open(house: House) -> (Self, Hub, Pos) {
        let folder = tempfile::tempdir().unwrap();
        let back_end = match house {
            House::Alone => None,
            House::WithBackEnd => Some(BackEnd::open(&folder.path().join("upstream.json")).await),
        };
        let kitchen = Self { token: folder.path().join("token"), folder, back_end };
        let (hub, pos) = kitchen.switch_hub_on(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        pos.set_up_three_stations().await;
        std::fs::write(&kitchen.token, pos.token()).unwrap();
        (kitchen, hub, pos)
    }

    /// Starts the hub on its folder, at a port that is known or at any.
    async fn switch_hub_on(&self, listen: SocketAddr) -> (Hub, Pos) {
        let folder = self.path("hub");
        let mut command = Hub::command(&folder, listen);
        if let Some(back_end) = &self.back_end {
            command.arg("--upstream-config").arg(back_end.config());
        }
        Hub::start_as(command, &folder).await
    }

    /// An order of a table, from wherever this kitchen's orders come. Gives the hub's id of it.
    async fn table(&self, pos: &Pos, table: &str, dishes: &[(&str, u32)]) -> String {
        match &self.back_end {
            None => pos.table(table, dishes).await,
            Some(back_end) => back_end.order(pos, table, dishes).await.1,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Switches a screen on. The same name is the same PC.
    fn screen(&self, name: &str, hub: SocketAddr) -> DisplayProcess {
        DisplayProcess::start(&self.path(name), &format!("ws://{hub}/ws"), &self.token)
    }
}

const BURGER: &str = "Smash burger";
const RIBEYE: &str = "Ribeye 14 oz";

async fn what_is_done_on_one_screen_is_seen_on_the_other(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let mut one = kitchen.screen("one", hub.address());
    let before = events(&pos).await;
    let first = kitchen.table(&pos, "1", &[(BURGER, 2), (RIBEYE, 1)]).await;
    one.until("the order", |picture| picture.shows(&first)).await;

    // A screen that comes later sees what is there.
    let mut two = kitchen.screen("two", hub.address());
    two.until("the order", |picture| picture.shows(&first)).await;
    let second = kitchen.table(&pos, "2", &[(BURGER, 1)]).await;
    two.until("both", |picture| picture.orders() == [&first, &second]).await;

    two.act(&Deed::Finish { order: first.clone(), line: 0 }).unwrap();
    one.until("a line done", |picture| picture.state(&first, 0) == Some("done")).await;
    let bump = one.bump(&first).unwrap();
    assert!(bump.is_some());
    two.until("the bump", |picture| picture.orders() == [&second]).await;
    assert_eq!(pos.bumped_at(&first, "grill").await, [2, 1]);
    assert!(two.picture().undo.is_empty(), "the offer to undo is made where the bump was");

    one.until("the offer to undo", |picture| !picture.undo.is_empty()).await;
    one.act(&Deed::Undo).unwrap();
    two.until("the undo", |picture| picture.orders() == [&first, &second]).await;
    assert_eq!(two.picture().state(&first, 0), Some("done"), "what was done before the bump stays done");
    let status = until("both screens to have painted all", SOON, async || {
        let status = pos.status().await;
        let screens = status["screens"].as_array()?;
        let told = screens
            .iter()
            .all(|screen| screen["painted_seq"] == status["seq"] && screen["stored_seq"] == status["seq"]);
        (screens.len() == 2 && told).then_some(status)
    })
    .await;
    assert_eq!(status["seq"], before + 2 + 3, "two orders and three deeds: nothing is in the log twice");
}

async fn a_bump_made_without_a_hub_is_shown_at_once_outlives_kill_9_and_arrives_exactly_once(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let address = hub.address();
    let mut one = kitchen.screen("one", address);
    let two = kitchen.screen("two", address);
    let order = kitchen.table(&pos, "1", &[(BURGER, 2)]).await;
    let other = kitchen.table(&pos, "2", &[(BURGER, 1)]).await;
    for screen in [&one, &two] {
        screen.until("both orders", |picture| picture.orders() == [&order, &other]).await;
    }
    let before = pos.status().await["seq"].as_u64().unwrap();
    hub.kill();
    one.until("that the hub is gone", |picture| picture.connection == "offline").await;

    let pressed = Instant::now();
    let operation = one.bump(&order).unwrap();
    println!("a bump without a hub was on the disk after {:?}", pressed.elapsed());
    assert!(operation.is_some());
    let shown = one.until("the bump", |picture| picture.orders() == [&other]).await;
    assert!(pressed.elapsed() < Duration::from_secs(2));
    assert_eq!(shown.unsent, 1);
    one.kill();

    // The PC comes back while the hub is still away: the bump is as it was, and still to be sent.
    let one = kitchen.screen("one", address);
    let back = one.until("the board of before", |picture| !picture.tickets.is_empty()).await;
    assert_eq!((back.orders(), back.unsent), (vec![other.as_str()], 1));
    one.until("that the hub is gone", |picture| picture.connection == "offline").await;

    let (hub, pos) = kitchen.switch_hub_on(address).await;
    two.until("the bump on the other screen", |picture| picture.orders() == [&other]).await;
    one.until("nothing unsent", |picture| picture.unsent == 0 && picture.connection == "live").await;
    assert_eq!(pos.bumped_at(&order, "grill").await, [2]);
    assert_eq!(events(&pos).await, before + 1, "one event for one bump");

    // Whatever comes and goes now: it is not sent again.
    one.kill();
    let one = kitchen.screen("one", address);
    one.until_live().await;
    hub.kill();
    let (_hub, pos) = kitchen.switch_hub_on(address).await;
    one.until_live().await;
    let last = kitchen.table(&pos, "3", &[(BURGER, 1)]).await;
    one.until("an order of today", |picture| picture.orders() == [&other, &last]).await;
    assert_eq!(events(&pos).await, before + 2);
}

async fn an_answer_that_is_lost_with_its_screen_makes_no_second_bump(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let cable = ChaosProxy::start(hub.address()).await.unwrap();
    let mut one = kitchen.screen("one", cable.address());
    let order = kitchen.table(&pos, "1", &[(BURGER, 1)]).await;
    one.until("the order", |picture| picture.shows(&order)).await;
    let before = events(&pos).await;

    // A slow way: the bump is in the hub's log long before the screen hears of it. Then the current is cut.
    cable.set(Weather { delay: Duration::from_millis(700), ..Weather::default() });
    one.bump(&order).unwrap();
    until("the bump in the log", SOON, async || (events(&pos).await == before + 1).then_some(())).await;
    assert_eq!(one.picture().unsent, 1, "the screen knows already: this proves nothing");
    one.kill();

    cable.set(Weather::default());
    let one = kitchen.screen("one", cable.address());
    one.until("nothing unsent", |picture| picture.connection == "live" && picture.unsent == 0).await;
    assert!(one.picture().tickets.is_empty());
    assert_eq!(events(&pos).await, before + 1, "it was sent again, and not done again");
    assert_eq!(pos.bumped_at(&order, "grill").await, [1]);
}

async fn two_screens_that_work_without_each_other_agree_once_the_hub_is_back(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let address = hub.address();
    let mut one = kitchen.screen("one", address);
    let mut two = kitchen.screen("two", address);
    let shared = kitchen.table(&pos, "1", &[(BURGER, 2), (RIBEYE, 1)]).await;
    let same = kitchen.table(&pos, "2", &[(BURGER, 1)]).await;
    let ours = kitchen.table(&pos, "3", &[(BURGER, 1)]).await;
    for screen in [&one, &two] {
        screen.until("all orders", |picture| picture.orders() == [&shared, &same, &ours]).await;
    }
    hub.kill();
    // Different lines of one ticket; the same ticket twice; a ticket of one alone.
    one.act(&Deed::Finish { order: shared.clone(), line: 0 }).unwrap();
    two.act(&Deed::Finish { order: shared.clone(), line: 1 }).unwrap();
    one.bump(&same).unwrap();
    two.bump(&same).unwrap();
    two.bump(&ours).unwrap();
    assert_eq!(one.until("its own", |picture| picture.unsent == 2).await.orders(), [&shared, &ours]);
    assert_eq!(two.until("its own", |picture| picture.unsent == 3).await.orders(), [&shared]);

    let (_hub, pos) = kitchen.switch_hub_on(address).await;
    for screen in [&one, &two] {
        screen
            .until("what both have done", |picture| {
                picture.unsent == 0
                    && picture.orders() == [&shared]
                    && (picture.state(&shared, 0), picture.state(&shared, 1)) == (Some("done"), Some("done"))
            })
            .await;
    }
    assert_eq!(one.picture().tickets, two.picture().tickets);
    assert_eq!(pos.done_at(&shared, "grill").await, [2, 1]);
    assert_eq!(pos.bumped_at(&same, "grill").await, [1]);
}

async fn r6_04_a_hub_killed_again_and_again_under_bumps_loses_none_and_doubles_none(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let address = hub.address();
    let mut screens = vec![kitchen.screen("one", address), kitchen.screen("two", address)];
    let mut orders = Vec::new();
    for table in 1..=40 {
        orders.push(kitchen.table(&pos, &table.to_string(), &[(BURGER, 1)]).await);
    }
    for screen in &screens {
        screen.until("all orders", |picture| picture.tickets.len() == 40).await;
    }
    let before = events(&pos).await;
    let mut hub = Some(hub);
    for (n, order) in orders.iter().enumerate() {
        // A screen that has just come back may still be fetching what its disk did not have.
        screens[n % 2].until("the order", |picture| picture.shows(order)).await;
        screens[n % 2].bump(order).unwrap();
        // Killed at once after a bump, in whatever state that finds it; and a screen now and then.
        if n % 8 == 5 {
            hub.take().unwrap().kill();
            hub = Some(kitchen.switch_hub_on(address).await.0);
        }
        if n % 16 == 11 {
            screens.remove(n % 2).kill();
            screens.insert(n % 2, kitchen.screen(["one", "two"][n % 2], address));
        }
    }
    for screen in &screens {
        screen
            .until("an empty board", |picture| {
                picture.connection == "live" && picture.tickets.is_empty() && picture.unsent == 0
            })
            .await;
    }
    for order in &orders {
        assert_eq!(pos.bumped_at(order, "grill").await, [1]);
    }
    assert_eq!(events(&pos).await, before + 40, "one event for one bump");
}

async fn r3_10_a_wrong_token_is_said_and_does_not_hammer_and_a_right_one_needs_no_restart(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    let door = ChaosProxy::start(hub.address()).await.unwrap();
    std::fs::write(&kitchen.token, "not-the-token").unwrap();
    let order = kitchen.table(&pos, "1", &[(BURGER, 1)]).await;
    let mut screen = kitchen.screen("one", door.address());
    let refused = screen.until("that it is refused", |picture| picture.connection == "refused").await;
    assert_eq!(refused.fault.as_deref(), Some("token_refused"));
    assert!(refused.tickets.is_empty(), "nothing of the kitchen is told to a stranger");
    assert!(door.accepted() <= 2, "one try, and one with the token read anew: {}", door.accepted());

    // Nothing can be waited for here: that nobody knocks is what is to be seen.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(door.accepted() <= 2, "it hammers: {} attempts", door.accepted());

    std::fs::write(&kitchen.token, pos.token()).unwrap();
    screen.act(&Deed::Retry).unwrap();
    screen.until("the order", |picture| picture.connection == "live" && picture.shows(&order)).await;
}

async fn a_screen_whose_token_is_revoked_is_out_says_so_and_keeps_its_board(house: House) {
    let (kitchen, hub, pos) = Kitchen::open(house).await;
    std::fs::write(&kitchen.token, hub.tokens(&["new", "--label", "fry screen"])).unwrap();
    let order = kitchen.table(&pos, "1", &[(BURGER, 1)]).await;
    let mut screen = kitchen.screen("one", hub.address());
    screen.until("the order", |picture| picture.connection == "live" && picture.shows(&order)).await;

    let list = hub.tokens(&["list"]);
    let line = list.lines().find(|line| line.contains("fry screen")).unwrap();
    hub.tokens(&["revoke", line.split_whitespace().next().unwrap()]);
    let out = screen.until("that it is refused", |picture| picture.connection == "refused").await;
    assert_eq!((out.orders(), out.fault.as_deref()), (vec![order.as_str()], Some("token_refused")));
    screen.bump(&order).unwrap();
    screen.until("the bump", |picture| picture.tickets.is_empty() && picture.unsent == 1).await;
    assert_eq!(pos.bumped_at(&order, "grill").await, [0], "who is out cannot bump");

    std::fs::write(&kitchen.token, pos.token()).unwrap();
    screen.act(&Deed::Retry).unwrap();
    screen
        .until("what it has kept sent", |picture| picture.connection == "live" && picture.unsent == 0)
        .await;
    assert_eq!(pos.bumped_at(&order, "grill").await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bumps_walk_the_back_ends_status_and_a_back_end_that_is_away_stops_nobody_and_gets_each_step_once() {
    let (kitchen, hub, pos) = Kitchen::open(House::WithBackEnd).await;
    let back_end = kitchen.back_end.as_ref().unwrap();
    let mut one = kitchen.screen("one", hub.address());
    let mut two = kitchen.screen("two", hub.address());
    let (first, first_here) = back_end.order(&pos, "1", &[(BURGER, 1), (RIBEYE, 1)]).await;
    let (second, second_here) = back_end.order(&pos, "2", &[(BURGER, 2)]).await;
    for screen in [&one, &two] {
        screen.until("both orders", |picture| picture.orders() == [&first_here, &second_here]).await;
    }
    one.act(&Deed::Finish { order: first_here.clone(), line: 0 }).unwrap();
    back_end.reaches(&first, Status::Preparing).await;

    // Away: both screens work on, and agree.
    back_end.cable.set(Weather { refuse: true, ..Weather::default() });
    back_end.cable.cut();
    let before = events(&pos).await;
    two.bump(&first_here).unwrap();
    one.bump(&second_here).unwrap();
    for screen in [&one, &two] {
        screen.until("both bumps", |picture| picture.tickets.is_empty() && picture.unsent == 0).await;
    }
    assert_eq!(events(&pos).await, before + 2);
    let here = pos.table("3", &[(BURGER, 1)]).await;
    for screen in [&one, &two] {
        screen.until("an order of the house", |picture| picture.orders() == [&here]).await;
    }

    // Back: it hears everything, one step after the other, and nothing comes here again.
    back_end.cable.set(Weather::default());
    for order in [&first, &second] {
        back_end.reaches(order, Status::Ready).await;
    }
    for order in [&first, &second] {
        assert_eq!(back_end.steps_taken(order), ["confirmed", "preparing", "ready"]);
    }
    let (third, third_here) = back_end.order(&pos, "4", &[(BURGER, 1)]).await;
    for screen in [&one, &two] {
        screen.until("an order of the back end", |picture| picture.orders() == [&here, &third_here]).await;
    }
    assert_eq!(back_end.server.status(&third), Some(Status::Pending));
    assert_eq!(one.picture().tickets, two.picture().tickets);
    assert_eq!(events(&pos).await, before + 2 + 2, "two bumps, two orders: the return doubled nothing");
}

/// How many events the hub's log holds.
async fn events(pos: &Pos) -> u64 {
    pos.status().await["seq"].as_u64().unwrap()
}
