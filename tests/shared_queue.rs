//! One station with several screens that do not all show the same: real hub, displays as processes of their own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use display::frame::{Go, Press, Taken};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use support::display_process::{Deed, Picture, serve_if_asked};
use support::{DisplayProcess, Hub, Pos};
use tempfile::TempDir;

/// No test: the displays that the others start are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

struct House {
    folder: TempDir,
    token: PathBuf,
}

impl House {
    async fn open(queue: &str) -> (Self, Hub, Pos) {
        let folder = tempfile::tempdir().unwrap();
        let house = Self { token: folder.path().join("token"), folder };
        let (hub, pos) = Hub::start(&house.folder.path().join("hub")).await;
        std::fs::write(&house.token, pos.token()).unwrap();
        pos.set_stations(json!([{ "id": "grill", "name": "Grill", "takes_rest": true, "queue": queue }]))
            .await;
        (house, hub, pos)
    }

    fn screen(&self, name: &str, hub: SocketAddr) -> DisplayProcess {
        DisplayProcess::start(&self.folder.path().join(name), &format!("ws://{hub}/ws"), &self.token)
    }
}

/// Waits until the hub knows so many screens of the grill.
async fn screens_at_the_grill(pos: &Pos, count: usize) {
    support::until("the screens at the hub", support::SOON, async || {
        let status = pos.status().await;
        let live = status["screens"].as_array()?.iter().filter(|screen| screen["connected"] == true);
        (live.filter(|screen| screen["station"] == "grill").count() == count).then_some(())
    })
    .await;
}

fn taken(picture: &Picture, order: &str) -> Option<Taken> {
    picture.tickets.iter().find(|ticket| ticket.order == order)?.taken.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_ticket_is_marked_at_the_other_screen_which_cannot_take_it_and_is_free_once_its_screen_dies()
{
    let (house, hub, pos) = House::open("pull").await;
    let mut one = house.screen("one", hub.address());
    let mut two = house.screen("two", hub.address());
    let order = pos.table("1", &[("Smash burger", 1)]).await;
    for screen in [&one, &two] {
        screen.until("a free ticket", |seen| taken(seen, &order) == Some(Taken::Nobodys)).await;
    }
    one.act(&Deed::Go { to: Go::Screen { number: 1 } }).unwrap();
    let take = || Deed::Press { what: Press::Take { order: order.as_str().into(), seen: 1 } };
    one.act(&take()).unwrap();
    one.until("its own", |seen| taken(seen, &order) == Some(Taken::Ours)).await;
    let others = Some(Taken::Others { screen: Some(1) });
    two.until("the other's", |seen| taken(seen, &order) == others).await;
    assert_eq!(two.act(&take()), Err("taken_elsewhere".to_owned()));

    // At the same moment, without a hub between them: one of the two gets it, and the other sees that.
    let contested = pos.table("2", &[("Smash burger", 1)]).await;
    for screen in [&one, &two] {
        screen.until("the next one", |seen| taken(seen, &contested) == Some(Taken::Nobodys)).await;
    }
    let address = hub.address();
    let folder = hub.folder().to_owned();
    hub.kill();
    let take = || Deed::Press { what: Press::Take { order: contested.as_str().into(), seen: 1 } };
    one.act(&take()).unwrap();
    two.act(&take()).unwrap();
    let (_hub, pos) = Hub::start_at(&folder, address).await;
    let whose = |seen: &Picture| taken(seen, &contested);
    for screen in [&one, &two] {
        screen.until("the hub's word", |seen| seen.unsent == 0 && seen.connection == "live").await;
    }
    let mine = |whose: &Option<Taken>| *whose == Some(Taken::Ours);
    let both = (whose(&one.picture()), whose(&two.picture()));
    assert!(mine(&both.0) != mine(&both.1), "{both:?}");

    // The screen that has the first ticket dies. After a while nobody has it.
    one.kill();
    two.until("it free again", |seen| taken(seen, &order) == Some(Taken::Nobodys)).await;
    two.bump(&order).unwrap();
    support::until("the bump", support::SOON, async || {
        (pos.bumped_at(&order, "grill").await == [1]).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dealt_tickets_are_each_on_one_screen_and_those_of_a_dead_one_come_to_the_other() {
    let (house, hub, pos) = House::open("balanced").await;
    let one = house.screen("one", hub.address());
    screens_at_the_grill(&pos, 1).await;
    let first = pos.table("1", &[("Smash burger", 1)]).await;
    one.until("the ticket of the only screen", |seen| seen.orders() == [&first]).await;
    let two = house.screen("two", hub.address());
    two.until_live().await;
    screens_at_the_grill(&pos, 2).await;
    let mut orders = vec![first.clone()];
    for table in 2..=5 {
        orders.push(pos.table(&table.to_string(), &[("Smash burger", 1)]).await);
    }
    let all = |seen: &Picture| -> Vec<String> { seen.orders().into_iter().map(str::to_owned).collect() };
    let shown = support::until("every ticket on one of them", support::SOON, async || {
        let (here, there) = (all(&one.picture()), all(&two.picture()));
        (here.len() + there.len() == 5).then_some((here, there))
    })
    .await;
    let mut both: Vec<String> = shown.0.iter().chain(&shown.1).cloned().collect();
    both.sort();
    let mut wanted = orders.clone();
    wanted.sort();
    assert_eq!(both, wanted, "each on exactly one");
    assert!(shown.0.contains(&first), "what somebody has does not jump");
    assert!(shown.0.len() >= 2 && shown.1.len() >= 2, "{shown:?}");

    one.kill();
    two.until("all of them", |seen| seen.tickets.len() == 5).await;

    // Without the hub nobody can say who is there: everything stays in sight.
    let three = house.screen("three", hub.address());
    three.until_live().await;
    hub.kill();
    three
        .until("everything of the station", |seen| seen.connection == "offline" && seen.tickets.len() == 5)
        .await;
}
