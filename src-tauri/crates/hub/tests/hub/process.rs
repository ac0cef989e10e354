//! `brigade-hub` as a process: killed, told to stop, started twice, started on what it must not touch, and watched while
//! it syncs.

use crate::common::{Pos, Process, Screen, an_order, hello, token_file};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Orders that were answered with 201 or 200, by key.
type Taken = BTreeMap<String, String>;

/// How often the hub is killed (rule R6.4).
const KILLS: usize = 100;

/// Posts with its own keys until the hub is gone. Gives back what was taken, and the key that got no answer.
async fn post_until_gone(pos: Pos, name: String, taken_in_all: Arc<AtomicUsize>) -> (Taken, String) {
    let mut taken = Taken::new();
    for n in 0.. {
        let key = format!("{name}-{n}");
        let headers = [("Idempotency-Key", key.as_str())];
        let answer = pos.try_raw("POST", "/api/v1/orders", &headers, Some(an_order().to_string())).await;
        let Ok(answer) = answer else { return (taken, key) };
        assert_eq!(answer.status(), 201);
        let Ok(order) = answer.json::<Value>().await else { return (taken, key) };
        taken.insert(key, order["id"].as_str().unwrap().to_owned());
        taken_in_all.fetch_add(1, Ordering::Relaxed);
    }
    unreachable!("the loop ends with the hub");
}

#[tokio::test]
async fn r6_4_kill_9_loses_no_order_that_was_acknowledged_and_doubles_none() {
    let data = tempfile::tempdir().unwrap();
    let mut taken = Taken::new();
    let mut unanswered: Vec<String> = Vec::new();
    for round in 0..KILLS {
        let process = Process::start(data.path());
        // What got no answer before is asked again with the same key, as a POS does.
        for key in std::mem::take(&mut unanswered) {
            let (status, order) = process.pos.with_key(&key, &an_order()).await;
            assert!(status == 201 || status == 200, "{status}");
            taken.insert(key, order["id"].as_str().unwrap().to_owned());
        }
        let count = Arc::new(AtomicUsize::new(0));
        let tills: Vec<_> = (0..8)
            .map(|n| {
                tokio::spawn(post_until_gone(process.pos.clone(), format!("{round}-{n}"), count.clone()))
            })
            .collect();
        // Killed at a different point of its work each time.
        while count.load(Ordering::Relaxed) < 1 + (round * 7) % 41 {
            tokio::task::yield_now().await;
        }
        process.kill();
        for till in tills {
            let (some, open) = till.await.unwrap();
            taken.extend(some);
            unanswered.push(open);
        }
    }
    let process = Process::start(data.path());
    for key in unanswered {
        let (_, order) = process.pos.with_key(&key, &an_order()).await;
        taken.insert(key, order["id"].as_str().unwrap().to_owned());
    }
    let epoch = process.pos.get("/status").await["epoch"].as_str().unwrap().to_owned();
    let mut all = hello("auditor", &process.pos.token);
    (all.epoch, all.seq) = (Some(epoch.as_str().into()), Some(0));
    let mut screen = Screen::join(process.addr, &all).await;
    let end = screen.welcome.seq;
    screen.reach(end).await;
    assert_eq!(screen.seen, (1..=end).collect::<Vec<_>>(), "the log is contiguous");
    let stored: BTreeSet<_> = screen.board.orders().map(|order| order.id.0.clone()).collect();
    let acknowledged: BTreeSet<_> = taken.values().cloned().collect();
    assert_eq!(acknowledged.len(), taken.len(), "one order for each key");
    assert_eq!(stored, acknowledged);
    assert_eq!(end, stored.len() as u64, "one event for each order");
    println!("{KILLS} kills, {} orders, 0 lost, 0 doubled", stored.len());
    process.kill();
}

#[tokio::test]
async fn r6_1_sigterm_ends_in_order_with_0_and_a_second_one_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path());
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let order = process.pos.place(&an_order()).await;
    screen.reach(1).await;
    process.signal("-TERM");
    process.signal("-TERM");
    assert_eq!(screen.closed().await, Some(1001));
    assert_eq!(process.ended(), Some(0));
    assert!(!data.path().join("hub.sqlite-wal").exists(), "everything is in the database itself");
    let process = Process::start(data.path());
    assert_eq!(process.pos.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await, order);
    process.signal("-INT");
    assert_eq!(process.ended(), Some(0));
}

fn refusal_to_start(data: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output = Process::command(data).args(more).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn one_process_per_data_folder() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path());
    let (code, said) = refusal_to_start(data.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("in use by another hub"), "{said}");
    process.pos.place(&an_order()).await;
    process.kill();
    // A lock dies with its process.
    Process::start(data.path()).kill();
}

#[tokio::test]
async fn what_a_newer_version_wrote_and_what_is_not_ours_is_not_touched() {
    let data = tempfile::tempdir().unwrap();
    Process::start(data.path()).kill();
    let file = data.path().join("hub.sqlite");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let (code, said) = refusal_to_start(data.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("schema 99") && said.contains("newer version"), "{said}");
    assert!(hub::new_token(data.path(), "x").is_err());

    let other = tempfile::tempdir().unwrap();
    let foreign = rusqlite::Connection::open(other.path().join("hub.sqlite")).unwrap();
    foreign.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let (code, said) = refusal_to_start(other.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("not a hub's database"), "{said}");

    let empty = tempfile::tempdir().unwrap();
    assert!(hub::new_token(empty.path(), "x").unwrap_err().to_string().contains("start the hub once first"));
    assert!(std::fs::read_dir(empty.path()).unwrap().next().is_none(), "and nothing was made");
}

#[tokio::test]
async fn the_demo_kitchen_never_moves_into_a_real_one() {
    let data = tempfile::tempdir().unwrap();
    Process::start(data.path()).kill();
    let (code, said) = refusal_to_start(data.path(), &["--demo"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("belongs to the restaurant"), "{said}");
}

#[tokio::test]
async fn the_program_makes_lists_and_revokes_tokens_while_the_hub_runs() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brigade-hub"));
        let output = command.arg("token").args(arguments).arg("--data").arg(data.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let token = run(&["new", "--label", "second till"]);
    let pos = Pos { token: token.trim().to_owned(), ..process.pos.clone() };
    crate::common::until("the token is good", async || pos.send("GET", "/menu", None).await.0 == 200).await;
    let list = run(&["list"]);
    let row = list.lines().find(|row| row.ends_with("second till")).unwrap();
    assert!(!list.contains(token.trim()) && !list.contains(&process.pos.token));
    run(&["revoke", row.split(' ').next().unwrap()]);
    crate::common::until("the token is out", async || pos.send("GET", "/menu", None).await.0 == 401).await;
    assert!(run(&["list"]).contains("revoked"));
    // A lost token file is replaced at the next start by a new token.
    std::fs::remove_file(token_file(data.path())).unwrap();
    let old = process.pos.token.clone();
    process.kill();
    let process = Process::start(data.path());
    assert_ne!(process.pos.token, old);
    assert_eq!(process.pos.send("GET", "/menu", None).await.0, 200);
    process.kill();
}

#[tokio::test]
async fn r7_4_no_token_is_in_any_log_at_any_level() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("log.txt");
    let mut process = Process::logging(data.path(), &log);
    let token = hub::new_token(data.path(), "marked").unwrap();
    let wrong = "wrong-token-marked";
    process.pos.place(&an_order()).await;
    for token in [token.as_str(), wrong] {
        let pos = Pos { token: token.to_owned(), ..process.pos.clone() };
        pos.send("GET", "/orders", None).await;
        Screen::knock(process.addr, &hello("d", token)).await;
    }
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("screen joined") && text.contains("hello refused"), "{text}");
    for secret in [token.as_str(), wrong, &process.pos.token] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// Law 3, measured from outside: the syncs of the real process, counted by `strace`.
#[tokio::test]
async fn one_order_one_sync_and_many_at_once_share_theirs() {
    const ONE_BY_ONE: usize = 30;
    const AT_ONCE: usize = 200;
    let data = tempfile::tempdir().unwrap();
    let trace = data.path().join("trace");
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "strace is needed to count syncs");
        println!("NOT MEASURED: strace is not installed");
        return;
    }
    let mut command = Command::new("strace");
    // `-D`: the hub is our child and strace watches from beside it.
    command.args(["-D", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"]).arg(&trace);
    command.arg(env!("CARGO_BIN_EXE_brigade-hub")).args(Process::arguments(data.path()));
    let process = Process::spawn(command, data.path());
    let syncs = || {
        let text = std::fs::read_to_string(&trace).unwrap();
        text.lines().filter(|line| line.contains("fsync(") || line.contains("fdatasync(")).count()
    };
    let commits = async || process.pos.get("/status").await["commits"].as_u64().unwrap() as usize;

    let (syncs_0, commits_0) = (syncs(), commits().await);
    for _ in 0..ONE_BY_ONE {
        let before = syncs();
        process.pos.place(&an_order()).await;
        assert!(syncs() > before, "the answer came after a sync");
    }
    let (syncs_1, commits_1) = (syncs(), commits().await);
    assert!(commits_1 - commits_0 >= ONE_BY_ONE);

    let began = Instant::now();
    join_all((0..AT_ONCE).map(|_| {
        let pos = process.pos.clone();
        async move { drop(pos.place(&an_order()).await) }
    }))
    .await;
    let took = began.elapsed();
    let (syncs_2, commits_2) = (syncs(), commits().await);
    println!(
        "one by one: {ONE_BY_ONE} orders, {} commits, {} syncs; at once: {AT_ONCE} orders, {} commits, {} syncs, {took:?}",
        commits_1 - commits_0,
        syncs_1 - syncs_0,
        commits_2 - commits_1,
        syncs_2 - syncs_1,
    );
    assert!(syncs_2 - syncs_1 >= commits_2 - commits_1, "every commit is synced");
    assert!(syncs_2 - syncs_1 < AT_ONCE / 2, "group commit");
    process.kill();
}

/// How long an order takes from the POS to a screen's socket, on this machine; printed, and held to a generous limit.
#[tokio::test]
async fn an_order_is_with_the_screens_in_milliseconds() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path());
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let (mut answered, mut received) = (Vec::new(), Vec::new());
    for n in 1..=200 {
        let began = Instant::now();
        let (order, ()) = tokio::join!(
            async {
                let order = process.pos.place(&an_order()).await;
                answered.push(began.elapsed());
                order
            },
            async {
                screen.reach(n).await;
                received.push(began.elapsed());
            }
        );
        assert_eq!(order["version"], json!(1));
    }
    let at = |times: &mut Vec<Duration>, share: usize| {
        times.sort();
        times[times.len() * share / 100]
    };
    let (a50, a99) = (at(&mut answered, 50), at(&mut answered, 99));
    let (r50, r99) = (at(&mut received, 50), at(&mut received, 99));
    println!("post -> 201: p50 {a50:?} p99 {a99:?}; post -> screen: p50 {r50:?} p99 {r99:?}");
    assert!(r50 < Duration::from_millis(100), "{r50:?}");
    process.kill();
}
