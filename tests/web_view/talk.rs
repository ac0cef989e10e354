//! The board is talked to: a synthetic voice into the microphone of the sound server, through the real application and
//! its hub, to a bump on the board and in the hub's log.

use serde_json::{Value, json};

use crate::support::process::signal;
use crate::support::{Board, Hub, Microphone, SOON, Voice, until};
use crate::{BURGER, FRIES, Screen, ask};

/// The talk button.
const BUTTON: &str = "button.talk";

/// Waits until the button shows this look.
async fn looks(board: &Board<'_>, look: &str) {
    let script = format!("return document.querySelector('{BUTTON}')?.classList.contains('{look}')");
    board.see(&format!("a talk button that is {look}"), &script).await;
}

/// Without the speech model nothing of this can be tested, and it has to be said.
fn needs_the_model() {
    let folder = std::env::var_os("BRIGADE_VOICE_MODEL").map(std::path::PathBuf::from);
    let is_there = folder.is_some_and(|folder| folder.join("model.bin").is_file());
    assert!(is_there, "BRIGADE_VOICE_MODEL names no speech model: `cargo xtask test` fetches it and sets it");
}

#[tokio::test(flavor = "multi_thread")]
async fn bump_table_twelve_is_said_and_done() {
    needs_the_model();
    let screen = Screen::open(1366, 768).await;
    let microphone = Microphone::of(&screen.desktop).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let twelve = pos.table("12", &[(BURGER, 1)]).await;
    let four = pos.table("4", &[(BURGER, 2)]).await;
    board.page_of(&[&twelve, &four]).await;
    looks(&board, "ready").await;

    // By finger.
    board.hold(BUTTON).await;
    looks(&board, "listening").await;
    microphone.hears(Voice::Espeak, "bump table twelve").await;
    board.let_go();
    let said = chosen_if_asked(&board).await;
    assert!(said.contains("bump"), "{said}");
    board.page_of(&[&four]).await;
    until("the bump in the hub's log", SOON, async || {
        (pos.bumped_at(&twelve, "grill").await == [1]).then_some(())
    })
    .await;
    assert_eq!(pos.bumped_at(&four, "grill").await, [0]);

    // By key, as a foot switch has one.
    looks(&board, "ready").await;
    board.key_down("v");
    looks(&board, "listening").await;
    microphone.hears(Voice::Flite, "recall last").await;
    board.key_up("v");
    chosen_if_asked(&board).await;
    board.page_of(&[&twelve, &four]).await;
    app.close().await;
}

/// What the glass first says of the turn. In doubt it asks; the first choice is the likeliest. A touch that comes with the
/// question is not taken for an answer.
async fn chosen_if_asked(board: &Board<'_>) -> String {
    let known = "const strip = document.querySelector('.spoken');
        if (['listening', 'sending', 'thinking'].includes(strip?.dataset.kind)) return null;
        return [strip?.dataset.kind ?? 'none', strip?.innerText ?? ''];";
    let mut first: Option<String> = None;
    until("what the turn came to", SOON, async || {
        let strip = board.see("the end of the turn", known).await;
        if strip[0] == json!("none") {
            // Nothing yet, or what was answered is over.
            return first.clone();
        }
        let said = first.get_or_insert_with(|| strip[1].as_str().unwrap_or_default().to_lowercase()).clone();
        if strip[0] != json!("asked") {
            return Some(said);
        }
        board.touch(".spoken .choice").await;
        None
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_sound_server_is_said_and_a_new_one_is_used() {
    let screen = Screen::open(1024, 768).await;
    let mut microphone = Microphone::of(&screen.desktop).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos.table("1", &[(FRIES, 1), (BURGER, 1)]).await;
    board.page_of(&[&order]).await;
    looks(&board, "ready").await;
    board.hold(BUTTON).await;
    looks(&board, "listening").await;
    microphone.pull();
    looks(&board, "no_microphone").await;
    board.let_go();
    // The board goes on.
    board.touch(&format!("{} .bump", crate::card(&order))).await;
    board.page_of(&[]).await;
    microphone.plug().await;
    looks(&board, "ready").await;
    app.close().await;
}

/// R5.3: the hub of another PC hangs while somebody speaks.
#[tokio::test(flavor = "multi_thread")]
async fn r5_03_a_hub_that_does_not_answer_costs_a_turn_and_the_glass_says_so() {
    needs_the_model();
    let screen = Screen::open(1024, 768).await;
    let microphone = Microphone::of(&screen.desktop).await;
    let (hub, pos) = Hub::start(&screen.desktop.folder("other-pc")).await;
    let token = screen.desktop.home().join("token");
    std::fs::write(&token, pos.token()).unwrap();
    let address = hub.address().to_string();
    let app = screen.start(&["--hub", &address, "--token-file", token.to_str().unwrap()]).await;
    let board = screen.board(&app).await;
    looks(&board, "ready").await;
    board.hold(BUTTON).await;
    microphone.hears(Voice::Flite, "how many tickets").await;
    signal("STOP", &hub.id().to_string());
    board.let_go();
    let said = "return document.querySelector('.spoken')?.innerText.includes('nothing was done')";
    board.see("that nothing was done", said).await;
    signal("CONT", &hub.id().to_string());
    looks(&board, "ready").await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_without_voice_has_no_button() {
    let screen = Screen::open(1024, 768).await;
    let app = screen.start(&ALONE_WITHOUT_VOICE).await;
    let _board = screen.board(&app).await;
    assert_eq!(app.run(&format!("return document.querySelector('{BUTTON}')")).await, Value::Null);
    let refused =
        ask(&app, "talk", json!({ "view": "station", "mount": 1, "press": { "talk": "down" } })).await;
    assert_eq!(refused["error"]["code"], "voice_absent", "{refused}");
    app.close().await;
}

const ALONE_WITHOUT_VOICE: [&str; 4] = ["--no-demo", "--listen", "127.0.0.1:0", "--no-voice"];
