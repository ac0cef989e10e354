//! An owner changes stations and rules from a screen: real hub, displays as processes of their own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use display::frame::{Go, HouseChange, Press};
use kitchen::{CloseWhen, House, Station, StationRole};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::display_process::{Deed, serve_if_asked};
use support::{DisplayProcess, Hub};

/// No test: the displays that the others start are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

fn go(screen: &mut DisplayProcess, go: Go) {
    screen.act(&Deed::Go { to: go }).unwrap();
}

async fn edit(screen: &mut DisplayProcess) -> House {
    // What is edited is what the screen knows: it has to know the kitchen first.
    screen.until("the board", |seen| seen.ready).await;
    go(screen, Go::EditHouse);
    screen.until("the house", |seen| seen.house.draft.is_some()).await.house.draft.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_edit_the_second_is_told_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, pos) = Hub::start(&folder.path().join("hub")).await;
    let token = folder.path().join("token");
    std::fs::write(&token, pos.token()).unwrap();
    pos.set_up_three_stations().await;
    let url = format!("ws://{}/ws", hub.address());
    let mut one = DisplayProcess::start(&folder.path().join("one"), &url, &token);
    let mut two = DisplayProcess::start(&folder.path().join("two"), &url, &token);
    let burger = pos.table("1", &[("Smash burger", 1)]).await;
    let water = pos.table("2", &[("Sparkling water", 1)]).await;
    for screen in [&one, &two] {
        screen.until("the burger", |seen| seen.orders() == [&burger]).await;
    }

    let before = edit(&mut one).await;
    let picture = one.until("what nobody cooks", |seen| !seen.house.items.is_empty()).await;
    assert_eq!(picture.house.unrouted, ["Sparkling water"]);
    assert!(picture.house.changes.is_empty());
    let theirs = edit(&mut two).await;
    assert_eq!(before, theirs);

    // One gives the water to a new bar, and the burger to the fry station; the rules are left alone.
    let mut mine = before.clone();
    let bar = Station { categories: vec!["bar".into()], ..Station::new("bar", "Bar", StationRole::Prep) };
    mine.stations.push(bar);
    mine.stations[1].items.push("burger".into());
    go(&mut one, Go::DraftHouse { house: Box::new(mine.clone()) });
    let seen = one.until("what it would come to", |seen| seen.house.changes.len() == 2).await.house;
    assert!(seen.unrouted.is_empty() && !seen.overtaken && seen.fault.is_none());
    assert_eq!(seen.rerouted, 2, "both open orders");
    let fields = vec!["items".to_owned()];
    assert!(seen.changes.contains(&HouseChange::Station { station: "Fry".into(), fields }));
    assert!(one.act(&Deed::Press { what: Press::Configure }).unwrap().is_some());
    two.until("the burger gone to fry", |seen| seen.tickets.is_empty()).await;
    let stations = pos.done(Method::GET, "stations", None).await;
    assert_eq!(stations.as_array().unwrap().len(), 4);
    let work = pos.read(&water).await["items"][0]["work"].clone();
    assert_eq!(work[0]["station"], "bar", "what was open and untouched follows");

    // The other, who began before, is told; what she saved is refused; her change of the rules alone is not.
    let mut hers = theirs.clone();
    hers.stations[0].name = "Fire".to_owned();
    go(&mut two, Go::DraftHouse { house: Box::new(hers.clone()) });
    two.until("that she was overtaken", |seen| seen.house.overtaken).await;
    assert_eq!(two.act(&Deed::Press { what: Press::Configure }), Err("house_changed".to_owned()));
    let mut rules = theirs;
    rules.settings.close_when = CloseWhen::Ready;
    go(&mut two, Go::DraftHouse { house: Box::new(rules) });
    two.until("only rules", |seen| !seen.house.overtaken && seen.house.changes.len() == 1).await;
    two.act(&Deed::Press { what: Press::Configure }).unwrap();
    support::until("the rule at the hub", support::SOON, async || {
        let settings = pos.done(Method::GET, "settings", None).await;
        (settings["close_when"] == "ready").then_some(())
    })
    .await;
    assert_eq!(pos.done(Method::GET, "stations", None).await, stations);

    // The undo of the first puts back the stations alone.
    let undo = one.until("an undo", |seen| seen.undo.len() == 1).await.undo.remove(0);
    let press = Press::Undo { order: "menu".into(), operation: undo.as_str().into() };
    one.act(&Deed::Press { what: press }).unwrap();
    two.until("the burger back at the grill", |seen| seen.orders() == [&burger]).await;
    let settings = pos.done(Method::GET, "settings", None).await;
    assert_eq!(settings["close_when"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_without_a_hub_waits_for_it_and_is_refused_if_the_house_has_moved_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    let (hub, pos) = Hub::start(&data).await;
    let token = folder.path().join("token");
    std::fs::write(&token, pos.token()).unwrap();
    pos.set_up_three_stations().await;
    let address = hub.address();
    let mut one = DisplayProcess::start(&folder.path().join("one"), &format!("ws://{address}/ws"), &token);
    one.until_live().await;
    let mut mine = edit(&mut one).await;
    mine.settings.undo_seconds = 9;
    hub.kill();
    one.until("that the hub is gone", |seen| seen.connection == "offline").await;
    go(&mut one, Go::DraftHouse { house: Box::new(mine.clone()) });
    one.act(&Deed::Press { what: Press::Configure }).unwrap();
    one.kill();
    let mut one = DisplayProcess::start(&folder.path().join("one"), &format!("ws://{address}/ws"), &token);
    let (hub, pos) = Hub::start_at(&data, address).await;
    one.until("it sent", |seen| seen.connection == "live" && seen.unsent == 0).await;
    assert_eq!(pos.done(Method::GET, "settings", None).await["undo_seconds"], 9);

    let mut late = edit(&mut one).await;
    late.settings.undo_seconds = 20;
    hub.kill();
    one.until("that the hub is gone", |seen| seen.connection == "offline").await;
    go(&mut one, Go::DraftHouse { house: Box::new(late) });
    one.act(&Deed::Press { what: Press::Configure }).unwrap();
    let elsewhere = address;
    one.kill();
    let (_hub, pos) = Hub::start_at(&data, elsewhere).await;
    let (status, _) = pos.ask(Method::PUT, "settings", Some(json!({ "undo_seconds": 7 }))).await;
    assert_eq!(status, StatusCode::OK);
    let one = DisplayProcess::start(&folder.path().join("one"), &format!("ws://{address}/ws"), &token);
    let told = one.until("the hub's word", |seen| seen.connection == "live" && seen.unsent == 0).await;
    assert_eq!(pos.done(Method::GET, "settings", None).await["undo_seconds"], 7);
    let _ = told;
    one.until("that it was refused", |seen| seen.notices.iter().any(|code| code == "house_changed")).await;
}
