//! A database that was replaced by an older copy of itself: the hub notices, a new life of the log begins, every screen
//! reads everything anew, and what screens still owe arrives once.

use crate::common::{Kitchen, Process, Screen, an_order, hello, until};
use kitchen::{EpochId, Operation};
use serde_json::Value;
use std::path::Path;
use wire::hub::{Hello, Resume};

fn known(process: &Process, epoch: &EpochId, seq: u64) -> Hello {
    let mut hello = hello("known", &process.pos.token);
    (hello.epoch, hello.seq) = (Some(epoch.clone()), Some(seq));
    hello
}

async fn epoch(process: &Process) -> EpochId {
    process.pos.get("/status").await["epoch"].as_str().unwrap().into()
}

fn stop(process: Process) {
    process.signal("-TERM");
    assert_eq!(process.ended(), Some(0));
}

fn copy(from: &Path, to: &Path, files: &[&str]) {
    std::fs::create_dir_all(to).unwrap();
    for file in files {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// Three orders, a backup, and two more that a screen has seen; a bump that the screen made and nobody has heard of.
struct Before {
    data: tempfile::TempDir,
    epoch: EpochId,
    owed: Operation,
}

impl Before {
    /// `live`: the backup is made beside the running hub; otherwise with the hub stopped.
    async fn new(live: bool, files: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (hub, backup) = (data.path().join("hub"), data.path().join("backup"));
        std::fs::create_dir(&hub).unwrap();
        let mut process = Process::start(&hub);
        let first = process.pos.place(&an_order()).await;
        process.pos.place(&an_order()).await;
        process.pos.place(&an_order()).await;
        if live {
            std::fs::create_dir(&backup).unwrap();
            let db = rusqlite::Connection::open(hub.join("hub.sqlite")).unwrap();
            db.execute("VACUUM INTO ?1", [backup.join("hub.sqlite").display().to_string()]).unwrap();
        } else {
            stop(process);
            copy(&hub, &backup, files);
            process = Process::start(&hub);
        }
        process.pos.place(&an_order()).await;
        process.pos.place(&an_order()).await;
        let mut screen = Screen::join(process.addr, &hello("known", &process.pos.token)).await;
        assert_eq!(screen.board.seq(), 5);
        let order = screen.order(&first["id"]);
        let owed = screen.bump(&order, "kitchen");
        let epoch = epoch(&process).await;
        stop(process);
        Self { data, epoch, owed }
    }

    fn restore(&self, files: &[&str]) -> Process {
        let hub = self.data.path().join("hub");
        copy(&self.data.path().join("backup"), &hub, files);
        Process::start(&hub)
    }

    /// A screen that comes back as if nothing had happened.
    async fn is_well(&self, process: Process, why: &str) {
        let mut screen = Screen::join(process.addr, &known(&process, &self.epoch, 5)).await;
        let status = process.pos.get("/status").await;
        assert_eq!(status["epoch_why"], why);
        assert!(status["epoch_began"].is_string());
        let renewed = screen.welcome.epoch.clone();
        assert_eq!((screen.welcome.resume, screen.board.seq()), (Resume::Snapshot, 3));
        assert!(renewed != self.epoch && renewed == epoch(&process).await);
        // What it owes arrives once, however often it says it; and what follows has the numbers that others had before.
        for _ in 0..2 {
            screen.act(&self.owed).await;
        }
        for _ in 0..2 {
            assert_eq!(screen.verdict(&self.owed).await, Ok(4));
        }
        process.pos.place(&an_order()).await;
        screen.reach(5).await;
        assert_eq!(screen.seen, [4, 5]);
        let all = process.pos.get("/orders").await;
        assert_eq!(screen.board.orders().count(), all.as_array().unwrap().len());
        // And of the new life nothing is lost, whatever happens: it is the same life after a kill.
        process.kill();
        let process = Process::start(&self.data.path().join("hub"));
        let again = Screen::join(process.addr, &known(&process, &renewed, 5)).await;
        assert_eq!((again.welcome.resume, again.welcome.epoch.clone()), (Resume::Events, renewed));
        assert_eq!(process.pos.get("/orders").await, all);
        process.kill();
    }
}

const DATABASE: &[&str] = &["hub.sqlite"];

#[tokio::test]
async fn a_backup_of_an_earlier_run_begins_a_new_life() {
    let before = Before::new(false, DATABASE).await;
    before.is_well(before.restore(DATABASE), "other_database").await;
}

#[tokio::test]
async fn a_backup_of_the_same_run_begins_a_new_life() {
    let before = Before::new(true, DATABASE).await;
    before.is_well(before.restore(DATABASE), "older_database").await;
}

#[tokio::test]
async fn a_database_in_another_folder_begins_a_new_life() {
    let before = Before::new(false, DATABASE).await;
    std::fs::remove_file(before.data.path().join("hub/hub.witness")).unwrap();
    before.is_well(before.restore(DATABASE), "no_witness").await;
}

#[tokio::test]
async fn a_copy_of_the_whole_folder_is_proven_by_the_first_screen_that_is_ahead_of_it() {
    const BOTH: &[&str] = &["hub.sqlite", "hub.witness"];
    let before = Before::new(false, BOTH).await;
    let process = before.restore(BOTH);
    assert_eq!(epoch(&process).await, before.epoch, "nothing to be seen");
    // One that was not ahead goes on, until another one proves it.
    let mut behind = Screen::join(process.addr, &known(&process, &before.epoch, 2)).await;
    assert_eq!(behind.welcome.resume, Resume::Events);
    let mut ahead = known(&process, &before.epoch, 5);
    ahead.device_id = "ahead".into();
    let proof = Screen::join(process.addr, &ahead).await;
    assert_eq!(proof.welcome.resume, Resume::Snapshot);
    assert_eq!(behind.closed().await, Some(1012));
    before.is_well(process, "screen_ahead").await;
}

#[tokio::test]
async fn a_restart_and_a_kill_are_the_same_life() {
    let kitchen = Kitchen::open().await;
    kitchen.pos.place(&an_order()).await;
    let life = |status: &Value| (status["epoch"].clone(), status["epoch_why"].clone());
    let before = life(&kitchen.pos.get("/status").await);
    assert_eq!(before.1, "first");
    let kitchen = kitchen.reopen().await;
    assert_eq!(life(&kitchen.pos.get("/status").await), before);
    kitchen.hub.shutdown().await;
    for _ in 0..5 {
        let process = Process::start(kitchen.data.path());
        process.pos.place(&an_order()).await;
        assert_eq!(life(&process.pos.get("/status").await), before);
        process.kill();
    }
    // The witness was written for each, and synced when it became quiet.
    let process = Process::start(kitchen.data.path());
    process.pos.place(&an_order()).await;
    let witness = kitchen.data.path().join("hub.witness");
    until("the witness", async || {
        std::fs::read_to_string(&witness).unwrap().trim_end().ends_with(" 00000000000000000007")
    })
    .await;
    process.kill();
}
