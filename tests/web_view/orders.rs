//! The way of an order over the glass: seen, touched, bumped, brought back, counted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::board::{Line, Ticket};
use crate::support::{Board, SOON, until};
use crate::{BURGER, FRIES, RIBEYE, Screen, card, line};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_stands_on_the_glass_as_the_pos_sent_it_and_the_hub_knows_that_it_is_painted() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos
        .post(json!({
            "type": "dine-in", "table_number": "12", "server_name": "Ana", "guests": 4, "notes": "birthday",
            "items": [
                { "id": "a", "name": RIBEYE, "quantity": 1, "modifiers": ["medium rare", "no butter", "extra jus"] },
                { "id": "b", "name": BURGER, "quantity": 2,
                  "modifiers": ["sub salad", "toasted bun", "allergy sesame"], "notes": "cut in half" },
                { "id": "c", "name": FRIES, "quantity": 3, "notes": "severe nut allergy" },
            ],
        }))
        .await;
    let ticket = board.ticket(&order).await;
    assert_eq!(ticket.label, "Table 12");
    for part in ["Dine-in", "Ana", "4 guests"] {
        assert!(ticket.about.contains(part), "{part} is not in {:?}", ticket.about);
    }
    assert!(ticket.note.as_deref().is_some_and(|note| note.contains("birthday")), "{ticket:#?}");
    let [ribeye, burger, fries] = &ticket.lines[..] else { panic!("three lines: {ticket:#?}") };
    let row = |line: &Line| (line.quantity.clone(), line.name.clone());
    assert_eq!(row(ribeye), ("1".to_owned(), RIBEYE.to_owned()));
    assert_eq!(row(burger), ("2".to_owned(), BURGER.to_owned()));
    assert_eq!(row(fries), ("3".to_owned(), FRIES.to_owned()));
    let told = |line: &Line| -> Vec<String> {
        line.modifiers.iter().map(|(class, text)| format!("{class}: {text}")).collect()
    };
    assert_eq!(told(ribeye), ["temperature: medium rare", "removal: no butter", "addition: extra jus"]);
    let burgers = told(burger);
    assert!(burgers.contains(&"allergy: ALLERGY sesame".to_owned()), "{burgers:?}");
    assert!(burgers.contains(&"substitution: sub salad".to_owned()), "{burgers:?}");
    assert!(burgers.contains(&"plain: toasted bun".to_owned()), "{burgers:?}");
    // The fries are Fry's: at the grill they stand small below, and no touch of the grill's means them.
    assert_eq!((&ribeye.id, &burger.id, &fries.id), (&Some("a".into()), &Some("b".into()), &None));

    let badge = board
        .see(
            "the badge",
            "const b = document.querySelector('.badge .icon')?.parentElement; \
              return b && [getComputedStyle(b).backgroundColor, b.getBoundingClientRect().height > 10]",
        )
        .await;
    assert_eq!(badge, json!(["rgb(255, 255, 255)", true]), "an allergy is a white badge");
    until("the hub to hear that it is on the glass", SOON, async || {
        let status = pos.status().await;
        (status["screens"][0]["painted_seq"] == status["seq"]).then_some(())
    })
    .await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bump_goes_all_the_way_to_the_hub_and_undo_all_the_way_back() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let first = pos.table("3", &[(BURGER, 2), (RIBEYE, 1)]).await;
    let second = pos.table("4", &[(BURGER, 1)]).await;
    board.page_of(&[&first, &second]).await;

    // Once by WebDriver, inside the web view; once by the X display's pointer, as a touchscreen's driver would.
    for by_pointer in [false, true] {
        let bump = format!("{} .bump", card(&first));
        if by_pointer {
            board.touch(&bump).await;
        } else {
            board.click(&bump).await;
        }
        board.page_of(&[&second]).await;
        let toast = board.see("the toast", "return document.querySelector('.toast')?.innerText").await;
        let toast = toast.as_str().unwrap();
        assert!(toast.contains("Table 3 bumped") && toast.contains("UNDO"), "{toast}");
        assert!(!toast.contains('6'), "five seconds begin with a five: {toast}");
        until("the bump at the hub", SOON, async || {
            (pos.bumped_at(&first, "grill").await == [2, 1]).then_some(())
        })
        .await;
        assert_eq!(pos.bumped_at(&second, "grill").await, [0], "and nobody else's");

        board.touch(".toast").await;
        board.page_of(&[&first, &second]).await;
        until("the undo at the hub", SOON, async || {
            (pos.bumped_at(&first, "grill").await == [0, 0]).then_some(())
        })
        .await;
        assert_eq!(board.ticket(&first).await.foot, "BUMP Table 3", "nothing of it counts as done");
    }

    // Unused, the offer stands for at least five seconds and then goes by itself.
    board.touch(&format!("{} .bump", card(&second))).await;
    board.see("the toast", "return document.querySelector('.toast') !== null").await;
    let shown = Instant::now();
    board.see("no toast any more", "return document.querySelector('.toast') === null").await;
    let stood = shown.elapsed();
    assert!(stood > Duration::from_millis(4_500) && stood < Duration::from_secs(10), "it stood {stood:?}");
    board.page_of(&[&first]).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recall_brings_a_ticket_back_to_its_place_with_its_age() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let mut orders = Vec::new();
    for table in ["1", "2", "3"] {
        orders.push(pos.table(table, &[(BURGER, 1)]).await);
    }
    let [first, second, third] = &orders[..] else { unreachable!() };
    board.page_of(&[first, second, third]).await;
    let old =
        board.ticket_that("an age that a reset would show", first, |ticket| ticket.seconds() >= 2).await;
    let seen = Instant::now();

    board.touch(&format!("{} .bump", card(first))).await;
    board.page_of(&[second, third]).await;
    board.touch(&format!("{} .bump", card(second))).await;
    board.page_of(&[third]).await;

    board.tab("recall").await;
    let rows = "return [...document.querySelectorAll('.row .title b')].map((row) => row.innerText)";
    let rows = board.see("both bumps", &format!("{rows}.length === 2 && [...document.querySelectorAll('.row .title b')].map((row) => row.innerText)")).await;
    assert_eq!(rows, json!(["Table 2", "Table 1"]), "the latest first");
    board.touch(".row:nth-child(2) .recall").await;
    board.see("one row left", "return document.querySelectorAll('.row').length === 1").await;
    board.tab("station").await;
    board.page_of(&[first, third]).await;
    let back = board.ticket(first).await;
    assert_eq!(back.place, old.place);
    let passed = u32::try_from(seen.elapsed().as_secs()).unwrap();
    assert!(
        (old.seconds() + passed).abs_diff(back.seconds()) <= 1,
        "it was {} s old {passed} s ago and is {} s old now",
        old.seconds(),
        back.seconds()
    );
    assert_eq!(pos.bumped_at(first, "grill").await, [0]);
    assert_eq!(pos.bumped_at(second, "grill").await, [1]);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_on_a_line_does_it_and_the_next_one_undoes_it() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos.table("5", &[(BURGER, 2), (RIBEYE, 1)]).await;
    let lines = board.ticket(&order).await.lines;
    let burger = lines[0].id.clone().unwrap();
    let state = |wanted: &'static str| {
        move |ticket: &Ticket| {
            ticket.lines[0].state.as_deref() == Some(wanted)
                && ticket.lines[1].state.as_deref() == Some("queued")
        }
    };
    board.touch(&line(&order, &burger)).await;
    let done = board.ticket_that("a line that is done", &order, state("done")).await;
    assert!(done.foot.contains("1 of 2 done"), "{:?}", done.foot);
    until("it at the hub", SOON, async || (pos.done_at(&order, "grill").await == [2, 0]).then_some(())).await;

    board.touch(&line(&order, &burger)).await;
    board
        .ticket_that("a line that is not done", &order, |ticket| {
            ticket.lines[0].state.as_deref() != Some("done") && !ticket.foot.contains("done")
        })
        .await;
    until("it at the hub", SOON, async || (pos.done_at(&order, "grill").await == [0, 0]).then_some(())).await;

    // An add-on is marked; what is finished stays finished; a void of the POS is seen and goes.
    board.touch(&line(&order, &burger)).await;
    board.ticket_that("a line that is done", &order, state("done")).await;
    pos.add(&order, json!([{ "id": "more", "name": "Cedar plank salmon" }])).await;
    let added = board.ticket_that("the add-on", &order, |ticket| ticket.lines.len() == 3).await;
    assert_eq!(added.lines[2].tags, ["ADDED"], "{added:#?}");
    assert_eq!(added.lines[0].state.as_deref(), Some("done"));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expo_sees_all_lines_who_cooks_them_and_sends_the_order_out() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let order = pos.table("6", &[(BURGER, 1), (FRIES, 2), ("Sparkling water", 1)]).await;
    board.ticket(&order).await;
    board.tab("expo").await;
    let tags =
        |ticket: &Ticket| -> Vec<String> { ticket.lines.iter().map(|line| line.tags.join(" ")).collect() };
    let shown = board.ticket_that("all its lines", &order, |ticket| tags(ticket).len() == 3).await;
    assert_eq!(tags(&shown), ["Grill", "Fry", "ready"], "nobody cooks the water");

    board.tab("station").await;
    board.touch(&format!("{} .bump", card(&order))).await;
    board.page_of(&[]).await;
    board.tab("expo").await;
    board
        .ticket_that("the grill's part ready", &order, |ticket| tags(ticket) == ["ready", "Fry", "ready"])
        .await;
    assert_eq!(pos.read(&order).await["open"], true);
    board.touch(&format!("{} .bump", card(&order))).await;
    board.page_of(&[]).await;
    until("the order to be closed at the hub", SOON, async || {
        let order = pos.read(&order).await;
        (order["open"] == false && order["status"] == "completed").then_some(())
    })
    .await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_day_counts_are_those_of_the_open_tickets_on_all_pages() {
    let screen = Screen::open(1366, 768).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let mut orders = Vec::new();
    for table in 1..=10_u32 {
        let dishes = [(BURGER, 1 + table % 3), (RIBEYE, 1 + table % 2), (FRIES, 1)];
        orders.push(pos.table(&table.to_string(), &dishes).await);
    }
    let first = &orders[0];
    board.open_tickets_are(10).await;
    let on_page = board.orders().await.len();
    assert!(on_page < 10, "all {on_page} are on one page: this proves nothing");

    // What is open, by what the POS has sent: Grill cooks burgers and ribeyes, and no fries.
    let counted = |burgers: u32, ribeyes: u32| {
        let mut counts = vec![(burgers, BURGER), (ribeyes, RIBEYE)];
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        counts.into_iter().map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>()
    };
    let burgers: u32 = (1..=10).map(|table| 1 + table % 3).sum();
    let ribeyes: u32 = (1..=10).map(|table| 1 + table % 2).sum();
    counts_are(&board, ".counts li", &counted(burgers, ribeyes)).await;

    // One line done, one ticket bumped.
    let done = board.ticket(&orders[1]).await.lines[0].id.clone().unwrap();
    board.touch(&line(&orders[1], &done)).await;
    counts_are(&board, ".counts li", &counted(burgers - 3, ribeyes)).await;
    board.touch(&format!("{} .bump", card(first))).await;
    counts_are(&board, ".counts li", &counted(burgers - 3 - 2, ribeyes - 2)).await;
    board.open_tickets_are(9).await;
    board.touch(".toast").await;
    counts_are(&board, ".counts li", &counted(burgers - 3, ribeyes)).await;

    board.tab("all_day").await;
    counts_are(&board, ".all-day li", &counted(burgers - 3, ribeyes)).await;
    app.close().await;
}

async fn counts_are(board: &Board<'_>, selector: &str, wanted: &[String]) {
    let script = format!(
        "const seen = [...document.querySelectorAll({})].map((row) => \
             row.querySelector('b').innerText + ' ' + (row.querySelector('.item') ?? row.lastChild).textContent.trim()); \
         return JSON.stringify(seen) === {} ? true : null",
        json!(selector),
        json!(serde_json::to_string(wanted).unwrap()),
    );
    board.see(&format!("the counts {wanted:?}"), &script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_on_a_later_page_is_a_chip_at_once_and_a_touch_leads_there() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let mut orders = Vec::new();
    for table in 1..=8 {
        orders.push(pos.table(&table.to_string(), &[(BURGER, 1)]).await);
    }
    let page: Vec<&str> = orders.iter().map(String::as_str).collect();
    board.page_of(&page).await;
    assert_eq!(app.run("return document.querySelector('.chip')").await, Value::Null);

    let late = pos.table("42", &[(BURGER, 1)]).await;
    let chip = format!(".chip[data-order='{late}']");
    let says = board.see("the chip", &format!("return document.querySelector(\"{chip}\")?.innerText")).await;
    let says = says.as_str().unwrap().replace('\n', " ");
    assert!(says.contains("NEW") && says.contains("Table 42") && says.contains("p 2"), "{says}");
    board.page_of(&page).await;

    board.touch(&chip).await;
    board.page_of(&[&late]).await;
    let page_mark = app.run("return document.querySelector('.page').innerText").await;
    assert_eq!(page_mark, "2 / 2");
    board.see("no chip any more", "return document.querySelector('.chip') === null").await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_do_what_fingers_do() {
    let screen = Screen::open(1920, 1080).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let mut orders = Vec::new();
    for table in 1..=9 {
        orders.push(pos.table(&table.to_string(), &[(BURGER, 1)]).await);
    }
    board.open_tickets_are(9).await;
    let page: Vec<&str> = orders[..8].iter().map(String::as_str).collect();
    board.page_of(&page).await;

    board.key("2");
    board.ticket_that("the second selected", page[1], |ticket| ticket.selected).await;
    board.key("Return");
    board.open_tickets_are(8).await;
    until("the bump at the hub", SOON, async || (pos.bumped_at(page[1], "grill").await == [1]).then_some(()))
        .await;
    assert!(!board.orders().await.contains(&orders[1]));
    board.key("r");
    board.ticket(page[1]).await;
    board.page_of(&page).await;

    board.key("Next");
    board.page_of(&[&orders[8]]).await;
    board.key("Prior");
    board.page_of(&page).await;
    board.key("1");
    board.ticket_that("the first selected", page[0], |ticket| ticket.selected).await;
    board.key("Down");
    board.ticket_that("the one below", page[1], |ticket| ticket.selected).await;
    board.key("Right");
    board.ticket_that("the one beside it", page[3], |ticket| ticket.selected).await;
    board.key("F2");
    board
        .see("expo", "return document.querySelector('.tab:nth-child(2)').getAttribute('aria-current')")
        .await;
    board.key("Escape");
    board
        .see("the station", "return document.querySelector('.tab:nth-child(1)').getAttribute('aria-current')")
        .await;
    app.close().await;
}
