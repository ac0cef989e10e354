//! A display that is killed: what it has answered for is done, once.

mod common;

use common::{PATIENCE, Screen, config};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::{ScriptedHub, draft, eventually, line};

const FOLDER: &str = "DISPLAY_TEST_FOLDER";
const HUB: &str = "DISPLAY_TEST_HUB";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_04_bumps_made_without_a_hub_survive_kill_9_and_arrive_exactly_once() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    for n in 0..6 {
        hub.place(&format!("o{n}"), draft(&n.to_string(), vec![line("steak", 1, &[])]));
    }
    // A first run reads the board; then the hub goes.
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.until("the orders", |w| w.cards.len() == 6).await;
    eventually("they are stored", || async { (hub.acks().last()?.0 == hub.seq()).then_some(()) }).await;
    screen.kitchen.shutdown().await;
    hub.stop().await;

    let mut promised = Vec::new();
    for _ in 0..2 {
        let path = folder.path().to_owned();
        let url = hub.url();
        let run = tokio::task::spawn_blocking(move || {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["child_that_is_killed", "--exact", "--nocapture", "--include-ignored"])
                .env(FOLDER, path)
                .env(HUB, url)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
            let mut answered = Vec::new();
            for text in lines {
                let Some(id) = text.split("answered ").nth(1) else { continue };
                answered.push(id.to_owned());
                if answered.len() == 2 {
                    child.kill().unwrap();
                }
            }
            child.wait().unwrap();
            answered
        });
        promised.extend(tokio::time::timeout(PATIENCE, run).await.unwrap().unwrap());
    }
    assert_eq!(promised.len(), 4, "{promised:?}");

    hub.go_on().await;
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until("all sent", |w| w.unsent() == 0 && w.cards.len() == 2).await;
    let applied: Vec<String> = hub.applied().into_iter().map(|id| id.0).collect();
    assert_eq!(applied, promised, "each once, in the order they were made");
    screen.kitchen.shutdown().await;
}

/// Not a test of its own: what the test above starts and kills.
#[tokio::test]
#[ignore = "started by r6_04"]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let url = std::env::var(HUB).unwrap();
    let mut screen = Screen::with(config(Path::new(&folder), &url)).await;
    for _ in 0..2 {
        let order = screen.window.orders()[0].clone();
        let operation = screen.bump(&order).await.operation.expect("an operation");
        // It is on the glass before anything else happens.
        screen.until("the bump", |w| w.card(&order).is_none()).await;
        println!("answered {operation}");
        std::io::stdout().flush().unwrap();
    }
    std::future::pending::<()>().await;
}
