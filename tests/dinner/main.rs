//! A cook's day: a dinner service of two hours in two minutes, over a hub as a process and three displays as processes.
//!
//! The script is the one that the kitchen's own test plays in memory (`testkit::evening`): three hundred orders, add-ons,
//! voids, changes, courses, holds, rushes, transfers, recalls and an item that runs out. One screen dies in the middle of a
//! touch and comes back, one works on without its network for ten minutes. At the end of the service, with tickets still
//! open, and again when the last of them is gone, the hub, every glass at every station, the counts and the history agree
//! to the line.
//!
//! `DINNER_SEED` makes another evening; `DINNER_PACE` says how many of the kitchen's minutes pass in a real one, 60 if
//! nobody does: at 10, the same two hours take twelve minutes and every cook has all the time of the world.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod books;
mod cook;
mod guests;
#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use kitchen::At;
use serde_json::json;
use testkit::chaos::{ChaosProxy, Weather};
use testkit::evening::{Chance, SERVICE_MS, STEPS};
use tokio::task::JoinError;
use tokio::time::{Instant, sleep_until};

use books::Books;
use cook::Cook;
use guests::Guests;
use support::display_process::serve_if_asked;
use support::{Premises, until};

/// No test: the displays are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other test, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

/// The network of one screen is cut at this step and whole again at that one: ten minutes.
const CUT: Range<u64> = 400..500;
/// Another screen dies at this step, and is switched on again at that one.
const DEAD: Range<u64> = 700..720;
const NEVER: Range<u64> = STEPS..STEPS;

/// How long everybody may take to hear of everything.
const REST: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn after_a_dinner_service_hub_boards_counts_and_history_agree_to_the_line() {
    let (seed, pace) = (asked("DINNER_SEED").unwrap_or(1.0) as u64, asked("DINNER_PACE").unwrap_or(60.0));
    println!("dinner: seed {seed}, pace {pace}");
    let kitchen = Arc::new(Premises::at_pace(pace).await);
    kitchen.settings(json!({ "courses": "when_done" })).await;
    let cable = ChaosProxy::start(kitchen.address()).await.unwrap();
    let screen = async |name: &'static str, beat: &'static [&'static str], hub: SocketAddr| {
        let process = kitchen.screen_through(name, beat[0], hub).await;
        Cook::new(name, process, beat, seed)
    };
    let grill = screen("grill", &["grill", "make"], kitchen.address()).await;
    let fry = screen("fry", &["fry", "build", "oven"], cable.address()).await;
    let pass = screen("pass", &["expo"], kitchen.address()).await;
    let mut guests = Guests::of(&kitchen, Chance::new(seed));

    let begun = Instant::now();
    let moment =
        move |step: u64| begun + Duration::from_millis(SERVICE_MS as u64 * step / STEPS).div_f64(pace);
    let evening = async {
        for step in 0..STEPS {
            sleep_until(moment(step)).await;
            guests.step(step).await;
            if step == CUT.start {
                cable.set(Weather { refuse: true, ..Weather::default() });
                cable.cut();
            } else if step == CUT.end {
                cable.set(Weather::default());
            }
        }
        Ok::<(), JoinError>(())
    };
    // Everybody works at once, and nobody waits for another. On a machine that is behind, a cook lets the moment pass: the
    // evening is as long as it is.
    let at = |mut cook: Cook, dies: Range<u64>| {
        let kitchen = kitchen.clone();
        tokio::spawn(async move {
            for step in 0..STEPS {
                sleep_until(moment(step)).await;
                if step == dies.start {
                    cook.dies_in_the_middle_of_a_touch().await;
                } else if step == dies.end {
                    cook.is_back(&kitchen).await;
                } else if !dies.contains(&step) && Instant::now() < moment(step + 1) {
                    cook.work().await;
                }
            }
            cook
        })
    };
    let cooks = tokio::try_join!(at(grill, DEAD), at(fry, NEVER), at(pass, NEVER), evening);
    let (grill, fry, pass, ()) = cooks.expect("everybody works to the end");
    println!("dinner: over after {:?} of {:?}", begun.elapsed(), moment(STEPS) - begun);

    let mut crew = [grill, fry, pass];
    let books = heard(&kitchen, &mut crew).await;
    assert!(books.open() > 0, "with nothing open, boards that agree prove little");
    for cook in &mut crew {
        books.agree_with(cook).await;
    }
    println!("dinner: every board agrees on {} open orders", books.open());

    // The last of the food goes out.
    let deadline = Instant::now() + REST;
    while !kitchen.pos.open_orders().await.is_empty() {
        assert!(Instant::now() < deadline, "open for ever: {:?}", kitchen.pos.open_orders().await);
        for cook in &mut crew {
            cook.clear().await;
        }
    }
    let books = heard(&kitchen, &mut crew).await;
    assert_eq!(books.open(), 0);
    for cook in &mut crew {
        books.agree_with(cook).await;
        books.recalls(cook).await;
        books.journal(cook.name, &kitchen);
    }
    books.orders(&guests, &kitchen).await;
    books.history(&crew);
    books.print(&guests, &crew);
    println!("dinner: {:?} in all", begun.elapsed());
    for cook in crew {
        cook.end();
    }
}

fn asked(name: &str) -> Option<f64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number: {text}")))
}

/// Waits until nothing is under way: every screen has sent what it has, and stored and painted all that the hub has. Gives
/// the hub's books of then.
async fn heard(kitchen: &Premises, crew: &mut [Cook]) -> Books {
    let seq = until("everybody to have heard of everything", REST, async || {
        let status = kitchen.pos.status().await;
        let seq = status["seq"].as_u64()?;
        let told = |screen: &&serde_json::Value| {
            screen["connected"] == true && screen["stored_seq"] == seq && screen["painted_seq"] == seq
        };
        let screens = status["screens"].as_array()?.iter().filter(told).count();
        let sent = crew.iter().all(|cook| cook.unsent() == 0);
        (screens == crew.len() && sent).then_some(seq)
    })
    .await;
    let books = Books::of(&kitchen.log());
    assert_eq!(books.seq(), seq, "nobody does anything now");
    books
}

/// A moment as the hub's status tells it.
async fn now(kitchen: &Premises) -> At {
    At(kitchen.pos.status().await["time_ms"].as_i64().unwrap())
}
