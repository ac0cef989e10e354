//! What the page may do: our commands, nothing inline, nothing from elsewhere.

use serde_json::{Value, json};

use crate::support::{App, SOON, until};
use crate::{ALONE, BURGER, FRIES, Screen, ask, card};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_call_our_commands_and_no_others() {
    let screen = Screen::open(1024, 768).await;
    let app = screen.start(&ALONE).await;
    let about = ask(&app, "about", json!({})).await;
    assert_eq!(about["value"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["value"]["dataFolder"], screen.data.to_str().unwrap());
    let closed = ask(&app, "plugin:window|close", json!({ "label": "station" })).await;
    assert!(!closed["error"].is_null(), "the page closed its own window: {closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_keeps_to_its_content_policy_and_the_policy_bites() {
    let screen = Screen::open(1366, 768).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos.table("1", &[(BURGER, 1), (FRIES, 1)]).await;
    board.ticket(&order).await;
    // Through every view, so that whatever is ever shown is judged.
    for tab in ["expo", "all_day", "scheduled", "recall", "station"] {
        board.tab(tab).await;
    }
    board.touch(".bar .state .plain.square").await;
    board.see("the sheet", "return document.querySelector('dialog[open]') !== null").await;
    board.key("Escape");
    board.touch(&format!("{} .bump", card(&order))).await;
    board.page_of(&[]).await;

    assert_eq!(said(&app), Vec::<String>::new(), "the page has nothing to complain of");
    let inline = "return [...document.querySelectorAll('script:not([src]), style, [onclick], [onload], [onerror]')]\
        .map((element) => element.outerHTML)";
    assert_eq!(app.run(inline).await, json!([]));
    let foreign = "return performance.getEntriesByType('resource').map((entry) => entry.name)\
        .filter((name) => !name.startsWith(location.origin) && !name.startsWith('ipc:') && !name.startsWith('http://ipc.localhost'))";
    assert_eq!(app.run(foreign).await, json!([]), "everything travels with the application");

    // What a page that was tampered with would try.
    app.run(
        "const script = document.createElement('script'); script.textContent = 'window.stolen = 1'; \
         document.body.append(script); \
         const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image); \
         const box = document.createElement('div'); box.setAttribute('style', 'color: red'); document.body.append(box); \
         fetch('http://127.0.0.1:9/').catch(() => { window.refused = true; });",
    )
    .await;
    board.see("a refused fetch", "return window.refused === true").await;
    assert_eq!(app.run("return window.stolen ?? null").await, Value::Null, "an inline script ran");
    until("each refusal in the log", SOON, async || {
        let said = said(&app);
        ["script-src", "img-src", "style-src", "connect-src"]
            .iter()
            .all(|directive| said.iter().any(|line| line.contains(directive)))
            .then_some(())
    })
    .await;
    app.close().await;
}

/// What the page has said on its console, from its very beginning: every error, every violation.
fn said(app: &App) -> Vec<String> {
    app.log().lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect()
}
