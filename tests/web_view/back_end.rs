//! One PC alone, whose orders come from a Restaurant OS back end: the hub inside the application speaks to it.

use std::os::unix::fs::PermissionsExt;

use testkit::chaos::Weather;
use wire::restaurant_os::Status;

use crate::support::{BackEnd, Board, Pos};
use crate::{BURGER, Screen, card};

#[tokio::test(flavor = "multi_thread")]
async fn one_pc_takes_the_orders_of_a_back_end_and_reports_what_it_cooks() {
    let screen = Screen::open(1366, 768).await;
    let back_end = BackEnd::open(&screen.desktop.home().join("upstream.json")).await;
    // Nobody says --no-demo: whose orders come from a back end is no demo.
    let words = ["--listen", "127.0.0.1:0", "--upstream-config", back_end.config().to_str().unwrap()];
    let app = screen.start(&words).await;
    let pos = Pos::of(&screen.data).await;
    pos.set_up_three_stations().await;
    let board = screen.board(&app).await;
    back_end.is_heard().await;

    let (there, here) = back_end.order(&pos, "7", &[(BURGER, 1)]).await;
    board.page_of(&[&here]).await;
    assert_eq!(board.ticket(&here).await.label, "Table 7");

    // The back end goes away: the glass says so, and the kitchen works on.
    back_end.cable.set(Weather { refuse: true, ..Weather::default() });
    back_end.cable.cut();
    board
        .see(
            "that it is away",
            "return document.querySelector('.bar').innerText.includes('Order system away')",
        )
        .await;
    board.touch(&format!("{} .bump", card(&here))).await;
    board.page_of(&[]).await;
    assert!(back_end.steps_taken(&there).is_empty(), "nothing reaches what is away");

    // It is back: it hears of what was cooked meanwhile, step by step, and the mark goes.
    back_end.cable.set(Weather::default());
    board
        .see("that it is back", "return !document.querySelector('.bar').innerText.includes('Order system')")
        .await;
    back_end.reaches(&there, Status::Preparing).await;
    board.tab("expo").await;
    board.touch(&format!("{} .bump", card(&here))).await;
    back_end.reaches(&there, Status::Ready).await;
    assert_eq!(back_end.steps_taken(&there)[..3], ["confirmed", "preparing", "ready"]);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_back_end_that_cannot_be_used_is_said_on_the_glass_and_nothing_runs_without_it() {
    let screen = Screen::open(1024, 768).await;
    let file = screen.desktop.home().join("upstream.json");
    let _back_end = BackEnd::open(&file).await;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let app = screen.start(&["--listen", "127.0.0.1:0", "--upstream-config", file.to_str().unwrap()]).await;
    let board = Board::of_nothing(&screen.desktop, &app);
    board.see("what is wrong", "return document.body.innerText.includes('chmod 600')").await;
    assert!(!screen.data.join("hub").join("hub.address").exists(), "a hub without its back end");
    app.close().await;
}
