//! The real application, in the real web view, on a screen of its own.
//!
//! All tests that need a web view live in this one binary and take turns (see `support::Desktop`).

mod support;

use support::{App, Desktop, SOON, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_application_opens_its_own_page() {
    let desktop = Desktop::open(1280, 800).await;
    let data = desktop.folder("kitchen");
    let app =
        App::start(&desktop, &["--data", data.to_str().unwrap(), "--size", "1280x800", "--no-demo"]).await;

    let title = until("the page to have a title", SOON, async || {
        app.page().title().await.ok().filter(|title| !title.is_empty())
    })
    .await;
    assert!(title.contains("Brigade"), "the title is {title:?}");

    let inner = app.run("return [innerWidth, innerHeight]").await;
    assert_eq!(inner, serde_json::json!([1280, 800]));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_call_our_commands_and_no_others() {
    let desktop = Desktop::open(1024, 768).await;
    let data = desktop.folder("kitchen");
    let app =
        App::start(&desktop, &["--data", data.to_str().unwrap(), "--size", "1024x768", "--no-demo"]).await;

    let answers = app
        .page()
        .execute_async(
            r#"const done = arguments[arguments.length - 1];
               const ask = (name, args) => window.__TAURI_INTERNALS__.invoke(name, args).then(
                   (value) => ({ value }), (error) => ({ error: String(error) }));
               Promise.all([ask("about"), ask("plugin:window|close", { label: "station" })]).then(done);"#,
            Vec::new(),
        )
        .await
        .unwrap();
    assert_eq!(answers[0]["value"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answers[0]["value"]["dataFolder"], data.to_str().unwrap());
    assert!(answers[1]["error"].is_string(), "the page closed its own window: {answers}");
}
