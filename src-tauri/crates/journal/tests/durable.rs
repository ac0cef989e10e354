//! What the journal promises, with real files and real kills.

use journal::{Batch, CommitError, Cursor, Journal, OpenError, Queued, Salvage};
use kitchen::{Act, At, Operation};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::{draft, line, order, touch};

fn queued(id: &str) -> Queued {
    let act = Act::Bump { station: "grill".into(), lines: vec![touch("steak#1", 1)] };
    let operation = Operation { id: id.into(), device: None, at: At(5), order: "o1".into(), seen: 1, act };
    Queued { operation, not_before: None }
}

fn write(journal: &Journal, batch: Batch) -> Result<(), CommitError> {
    journal.commit(batch).blocking_recv().expect("an answer")
}

fn full_batch() -> Batch {
    Batch {
        operations: vec![queued("op-2"), queued("op-1")],
        orders: vec![order("o1", At(1), draft("4", vec![line("steak", 1, &["medium rare"])]))],
        cursor: Some(Cursor { restaurant: "kitchen-1".into(), epoch: "e".into(), seq: 7 }),
        setup: Some(testkit::setup()),
        views: [("main".to_owned(), "{}".to_owned())].into(),
        preferences: [("volume".to_owned(), "80".to_owned())].into(),
        ..Batch::default()
    }
}

#[test]
fn what_is_committed_is_there_again_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Journal::open(folder.path()).unwrap();
    assert_eq!(opened.kept, journal::Kept::default());
    write(&opened.journal, full_batch()).unwrap();
    write(&opened.journal, Batch { operations: vec![queued("op-1"), queued("op-0")], ..Batch::default() })
        .unwrap();
    opened.journal.close();

    let opened = Journal::open(folder.path()).unwrap();
    let ids: Vec<_> = opened.kept.outbox.iter().map(|queued| queued.operation.id.as_str()).collect();
    assert_eq!(ids, ["op-2", "op-1", "op-0"], "in the order they were made, each once");
    assert_eq!(opened.kept.cursor, full_batch().cursor);
    assert_eq!(opened.kept.orders, full_batch().orders);
    assert_eq!(opened.kept.setup, full_batch().setup);
    assert_eq!((opened.kept.views, opened.kept.preferences), (full_batch().views, full_batch().preferences));

    let settle = Batch { settled: vec!["op-1".into()], whole: true, ..Batch::default() };
    write(&opened.journal, settle).unwrap();
    opened.journal.close();
    let opened = Journal::open(folder.path()).unwrap();
    assert_eq!((opened.kept.outbox.len(), opened.kept.orders.len()), (2, 0));
}

#[test]
fn one_display_per_folder() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Journal::open(folder.path()).unwrap();
    assert!(matches!(Journal::open(folder.path()), Err(OpenError::Locked { .. })));
    opened.journal.close();
    Journal::open(folder.path()).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Journal::open(folder.path()).unwrap();
    write(&opened.journal, full_batch()).unwrap();
    opened.journal.close();
    let database = rusqlite::Connection::open(folder.path().join("display.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    database.close().unwrap();
    assert!(matches!(Journal::open(folder.path()), Err(OpenError::NewerSchema { found: 99, known: 1 })));
    let database = rusqlite::Connection::open(folder.path().join("display.db")).unwrap();
    let left: i64 = database.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2);
}

#[test]
fn garbage_is_put_aside_and_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("display.db"), vec![7; 9_000]).unwrap();
    let opened = Journal::open(folder.path()).unwrap();
    let damage = opened.damage.expect("it is said");
    assert_eq!(damage.outbox, Salvage::Unreadable);
    assert!(damage.kept_at.exists(), "and nothing is thrown away");
    write(&opened.journal, full_batch()).unwrap();
    opened.journal.close();
    assert_eq!(Journal::open(folder.path()).unwrap().damage, None);
}

#[test]
fn a_damaged_board_does_not_cost_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Journal::open(folder.path()).unwrap();
    write(&opened.journal, full_batch()).unwrap();
    opened.journal.close();
    let database = rusqlite::Connection::open(folder.path().join("display.db")).unwrap();
    database.execute("UPDATE orders SET json = '{'", []).unwrap();
    database.close().unwrap();

    let opened = Journal::open(folder.path()).unwrap();
    assert_eq!(opened.damage.expect("said").outbox, Salvage::Taken(2));
    assert_eq!((opened.kept.outbox.len(), opened.kept.cursor), (2, None));
    opened.journal.close();
    let opened = Journal::open(folder.path()).unwrap();
    assert_eq!(opened.kept.outbox.len(), 2, "and it is durable again");
}

#[test]
fn r6_04_nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut promised = Vec::new();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_that_is_killed", "--exact", "--nocapture", "--include-ignored"])
            .env(CHILD, folder.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = 0;
        for text in lines {
            let Some(id) = text.split("acknowledged ").nth(1) else { continue };
            promised.push(id.to_owned());
            seen += 1;
            if seen == 15 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= 15, "the child did write");
        let opened = Journal::open(folder.path()).unwrap();
        assert_eq!(opened.damage, None);
        let kept: Vec<_> = opened.kept.outbox.iter().map(|queued| queued.operation.id.0.clone()).collect();
        assert!(kept.starts_with(&promised), "{} promised, {} kept", promised.len(), kept.len());
        promised = kept;
        opened.journal.close();
    }
}

const CHILD: &str = "JOURNAL_TEST_FOLDER";
const ROUND: &str = "JOURNAL_TEST_ROUND";

/// Not a test of its own: what the test above starts and kills.
#[test]
#[ignore = "started by r6_04"]
fn child_that_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let round = std::env::var(ROUND).unwrap();
    let opened = Journal::open(Path::new(&folder)).unwrap();
    for n in 0..100_000 {
        let id = format!("{round}-{n:06}");
        write(&opened.journal, Batch { operations: vec![queued(&id)], ..Batch::default() }).unwrap();
        println!("acknowledged {id}");
        std::io::stdout().flush().unwrap();
    }
}
