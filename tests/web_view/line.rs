//! The work of the line on the glass: times to begin, tickets of one table, tickets that are taken, what is put aside, and
//! the keys for all of it. What the kitchen decides is tested elsewhere; here it is seen and touched.

use reqwest::Method;
use serde_json::json;

use crate::fits::Look;
use crate::support::board::Ticket;
use crate::support::{App, Board, Pos, SOON, until};
use crate::{BURGER, FRIES, RIBEYE, Screen, card, line};

/// Touches what the page has told of its sheet by a digit, and types that digit.
async fn choose(board: &Board<'_>, words: &str) {
    let find = format!(
        "return [...document.querySelectorAll('dialog[open] button[aria-keyshortcuts]')] \
             .find((button) => button.innerText.includes({}))?.getAttribute('aria-keyshortcuts')",
        json!(words)
    );
    let digit = board.see(words, &find).await;
    board.key(digit.as_str().unwrap());
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
}

async fn select(board: &Board<'_>, order: &str) {
    let at = board.orders().await.iter().position(|shown| shown == order).expect("it is on the page");
    board.key(&(at + 1).to_string());
    board.ticket_that("it selected", order, |ticket| ticket.selected).await;
}

/// A kitchen whose house coordinates, with cook times, on a small glass.
async fn coordinated(screen: &Screen) -> (App, Pos) {
    let (app, pos) = screen.start_kitchen().await;
    let mut menu = pos.done(Method::GET, "menu", None).await;
    for (id, minutes) in [("ribeye", 14), ("burger", 6), ("fries", 4)] {
        let items = menu["items"].as_array_mut().unwrap();
        let item = items.iter_mut().find(|item| item["id"] == id).unwrap();
        item["prep_time_minutes"] = json!(minutes);
    }
    pos.done(Method::PUT, "menu", Some(menu)).await;
    pos.done(Method::PUT, "settings", Some(json!({ "coordinate": true }))).await;
    (app, pos)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_coordinates_says_on_the_glass_when_each_line_is_begun_and_why() {
    let screen = Screen::open(1024, 768).await;
    let (app, pos) = coordinated(&screen).await;
    let board = screen.board(&app).await;
    let order = pos.table("12", &[(RIBEYE, 1), (BURGER, 2), (FRIES, 1)]).await;
    let words = |ticket: &str| {
        format!("return document.querySelector(\"{ticket}\")?.innerText.replace(/\\s+/g, ' ')")
    };
    board.ticket(&order).await;
    let shown = board.see("it", &words(&card(&order))).await;
    let shown = shown.as_str().unwrap().to_owned();
    assert!(shown.contains("START NOW") && shown.contains("start in 8 min, with Ribeye 14 oz"), "{shown}");
    assert!(shown.contains("ready "), "when all of it is done: {shown}");
    let look = Look { screen: &screen, app: &app, board: &board };
    look.at("coordinated").await;

    // The sheet explains; S starts what is due and leaves the rest for its time.
    select(&board, &order).await;
    board.key("m");
    let sheet = board.see("the sheet", &words("dialog[open]")).await;
    let why = "Smash burger: start in 8 min, so that it is ready with the Ribeye 14 oz";
    assert!(sheet.as_str().unwrap().contains(why), "{sheet}");
    look.at("coordinated-sheet").await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    let state = |wanted: [&'static str; 2]| {
        move |ticket: &Ticket| {
            let states = ticket.lines.iter().filter_map(|line| line.state.as_deref());
            states.eq(wanted)
        }
    };
    board.key("s");
    board.ticket_that("what is due begun", &order, state(["started", "queued"])).await;
    // Nothing is barred: a cook who does it anyway is right.
    let burger = board.ticket(&order).await.lines[1].id.clone().unwrap();
    board.touch(&line(&order, &burger)).await;
    board.ticket_that("the burgers done", &order, state(["started", "done"])).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_a_table_go_together_are_put_aside_held_and_sent_on_by_keys_and_all_comes_back() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let look = Look { screen: &screen, app: &app, board: &board };
    let first = pos.table("12", &[(BURGER, 1)]).await;
    let other = pos.table("7", &[(RIBEYE, 1)]).await;
    let second = pos.table("12", &[(RIBEYE, 2)]).await;
    board.page_of(&[&first, &other, &second]).await;

    // Together, by a touch in the settings; one BUMP ALL, one UNDO.
    board.touch(".bar .state .plain.square").await;
    board.see("settings", "return document.querySelector('dialog[open]') !== null").await;
    let together = "[...document.querySelectorAll('dialog[open] .setting .button')].find((b) => b.innerText === 'Together')";
    board
        .see("the choice", &format!("const b = {together}; b?.setAttribute('id', 'together'); return !!b"))
        .await;
    board.touch("#together").await;
    board.key("Escape");
    board.page_of(&[&first, &second, &other]).await;
    look.at("joined").await;
    select(&board, &first).await;
    board.key("b");
    board.page_of(&[&other]).await;
    let toast = board.see("the toast", "return document.querySelector('.toast')?.innerText").await;
    assert!(toast.as_str().unwrap().contains("Table 12: 2 bumped"), "{toast}");
    until("both at the hub", SOON, async || {
        let both = (pos.bumped_at(&first, "grill").await, pos.bumped_at(&second, "grill").await);
        (both == (vec![1], vec![2])).then_some(())
    })
    .await;
    board.touch(".toast").await;
    board.page_of(&[&first, &second, &other]).await;
    until("neither at the hub", SOON, async || {
        let both = (pos.bumped_at(&first, "grill").await, pos.bumped_at(&second, "grill").await);
        (both == (vec![0], vec![0])).then_some(())
    })
    .await;

    // Put aside by its sheet's digit, and back by the list of what is gone.
    select(&board, &other).await;
    board.key("m");
    board
        .see("the sheet", "return document.querySelector('dialog[open] [aria-keyshortcuts]') !== null")
        .await;
    look.at("ticket-sheet-keys").await;
    choose(&board, "PARK").await;
    board.page_of(&[&first, &second]).await;
    until("it parked at the hub", SOON, async || {
        pos.read(&other).await["parked_at"].is_string().then_some(())
    })
    .await;
    board.tab("recall").await;
    board.see("it there", "return document.querySelector('.row.parked') !== null").await;
    look.at("parked").await;
    board.touch(".row.parked .recall").await;
    board.tab("station").await;
    board.page_of(&[&first, &second, &other]).await;

    // Held until released, and rushed, by one key each.
    select(&board, &other).await;
    board.key("h");
    let held = format!("return document.querySelector(\"{}\")?.classList.contains('held')", card(&other));
    board.see("it held", &held).await;
    board.key("m");
    choose(&board, "RELEASE").await;
    board.see("it released", &format!("{held} === false")).await;
    board.key("u");
    board
        .see("the rush", &format!("return document.querySelector(\"{} .rush\") !== null", card(&other)))
        .await;
    until("the rush at the hub", SOON, async || (pos.read(&other).await["rush"] == true).then_some(())).await;

    // Sent to another station.
    select(&board, &other).await;
    board.key("m");
    choose(&board, "Fry").await;
    board.page_of(&[&first, &second]).await;
    until("it at Fry", SOON, async || (pos.done_at(&other, "fry").await == [0]).then_some(())).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tickets_are_taken_one_touch_takes_and_the_next_one_bumps() {
    let screen = Screen::open(1024, 768).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let look = Look { screen: &screen, app: &app, board: &board };
    let mut stations = pos.done(Method::GET, "stations", None).await;
    for station in stations.as_array_mut().unwrap() {
        if station["id"] == "grill" {
            station["queue"] = json!("pull");
        }
    }
    pos.set_stations(stations).await;
    let by_touch = pos.table("1", &[(BURGER, 1)]).await;
    let by_key = pos.table("2", &[(BURGER, 1)]).await;
    let foot = |wanted: &'static str| move |ticket: &Ticket| ticket.foot.starts_with(wanted);
    board.ticket_that("a free one", &by_touch, foot("TAKE")).await;
    board.ticket_that("a free one", &by_key, foot("TAKE")).await;
    look.at("free").await;

    board.touch(&format!("{} .bump", card(&by_touch))).await;
    board.ticket_that("it ours", &by_touch, foot("BUMP")).await;
    board.ticket_that("the other one free", &by_key, foot("TAKE")).await;
    select(&board, &by_key).await;
    board.key("Return");
    board.ticket_that("it ours", &by_key, foot("BUMP")).await;
    board.key("m");
    choose(&board, "PUT BACK").await;
    board.ticket_that("it free again", &by_key, foot("TAKE")).await;

    // What is ours is bumped by the same touch as ever.
    board.touch(&format!("{} .bump", card(&by_touch))).await;
    board.page_of(&[&by_key]).await;
    until("the bump at the hub", SOON, async || {
        (pos.bumped_at(&by_touch, "grill").await == [1]).then_some(())
    })
    .await;
    assert_eq!(pos.bumped_at(&by_key, "grill").await, [0]);
    app.close().await;
}
