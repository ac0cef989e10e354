//! The real application, in the real web view, on a screen of its own.
//!
//! A POS orders over REST, eyes read the document, fingers and keys come through the X server, and what came of a touch is
//! asked from the hub. All tests that need a web view live in this one binary and take turns (see `support::Desktop`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../support/mod.rs"]
mod support;

mod back_end;
mod fits;
mod line;
mod orders;
mod policy;
mod recovery;
mod sound;
mod talk;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::board::{card, line};
use support::{App, Board, Desktop, Pos, SOON, until};

/// A touchscreen PC: its screen, its data folder, and the size of the window.
struct Screen {
    desktop: Desktop,
    data: PathBuf,
    size: String,
}

impl Screen {
    async fn open(width: u32, height: u32) -> Self {
        let desktop = Desktop::open(width, height).await;
        let data = desktop.folder("kitchen");
        Self { desktop, data, size: format!("{width}x{height}") }
    }

    /// Switches the application on.
    async fn start(&self, words: &[&str]) -> App {
        let data = self.data.to_str().unwrap();
        let words = [&["--data", data, "--size", &self.size], words].concat();
        App::start(&self.desktop, &words).await
    }

    /// Switches it on as a kitchen of its own, with three stations, and gives its POS.
    async fn start_kitchen(&self) -> (App, Pos) {
        let app = self.start(&ALONE).await;
        let pos = Pos::of(&self.data).await;
        pos.set_up_three_stations().await;
        (app, pos)
    }

    async fn board<'a>(&'a self, app: &'a App) -> Board<'a> {
        Board::of(&self.desktop, app).await
    }
}

/// A PC that is a kitchen of its own. The port is any free one, so that tests never meet each other.
const ALONE: [&str; 3] = ["--no-demo", "--listen", "127.0.0.1:0"];

const BURGER: &str = "Smash burger";
const RIBEYE: &str = "Ribeye 14 oz";
const FRIES: &str = "Hand-cut fries";

#[tokio::test(flavor = "multi_thread")]
async fn the_application_opens_its_own_page() {
    let screen = Screen::open(1280, 800).await;
    let app = screen.start(&ALONE).await;
    let title = until("the page to have a title", SOON, async || {
        app.page().title().await.ok().filter(|title| !title.is_empty())
    })
    .await;
    assert!(title.contains("Brigade"), "the title is {title:?}");
    assert_eq!(app.run("return [innerWidth, innerHeight]").await, json!([1280, 800]));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_kitchen_says_so_and_leaves_no_order_in_the_real_one() {
    let screen = Screen::open(1366, 768).await;
    let app = screen.start(&["--demo-rate", "300", "--listen", "127.0.0.1:0"]).await;
    let board = screen.board(&app).await;
    board.see("DEMO", "return document.querySelector('.demo')?.innerText === 'DEMO'").await;
    board
        .see("orders by themselves", "return document.querySelectorAll('main.grid > .ticket').length > 2")
        .await;
    app.close().await;

    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos.table("1", &[(BURGER, 1)]).await;
    board.page_of(&[&order]).await;
    assert_eq!(app.run("return document.querySelector('.demo')").await, Value::Null);
    assert_eq!(pos.open_orders().await, [order]);
    app.close().await;
}

/// Calls a command as the page would; `{value}` or `{error}`.
async fn ask(app: &App, command: &str, arguments: Value) -> Value {
    let script = r#"const [name, args, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(name, args).then((value) => done({ value }), (error) => done({ error }));"#;
    app.page().execute_async(script, vec![json!(command), arguments]).await.unwrap()
}
