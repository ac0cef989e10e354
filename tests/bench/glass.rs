//! `cargo xtask bench glass`: how long an order takes from the POS's request to the cook's eye, and a touch to its
//! answer, in the real application in its real web view on a private X display.
//!
//! The load comes from this process, over HTTP, as a POS would send it. *Painted* is the second animation frame after
//! the order's card or chip is in the document; the clock is the machine's wall clock, read by both processes. A sample
//! is checked against the pixels of the X display itself. Nothing here can fail for being slow: it measures and prints.

mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use figures::{Memory, at, head, row, wall_ms};
use serde_json::{Value, json};
use support::process::{Process, signal};
use support::{App, Desktop, Framebuffer, Pos, SOON, until};

/// Orders of the steady part, one a second; `BENCH_ORDERS` makes it shorter for a trial.
const STEADY: usize = 200;
/// How many of them stay open.
const HELD: usize = 30;
/// Orders of the burst.
const BURST: usize = 200;
/// Orders whose paint is checked against the pixels of the display.
const CHECKED: usize = 10;
/// Touches measured.
const TOUCHES: usize = 60;
/// Orders that come and go before the memory of the application alone is taken.
const UNDRIVEN: usize = 200;
/// Starts measured.
const STARTS: usize = 5;

#[tokio::main]
async fn main() {
    let steady = std::env::var("BENCH_ORDERS").ok().and_then(|n| n.parse().ok()).unwrap_or(STEADY);
    let desktop = Desktop::open(1920, 1080).await;
    let data = desktop.folder("kitchen");
    let arguments = [
        "--data",
        data.to_str().expect("a plain path"),
        "--size",
        "1920x1080",
        "--no-demo",
        "--listen",
        "127.0.0.1:0",
    ];
    let app = App::start(&desktop, &arguments).await;
    let pos = Pos::of(&data).await;
    pos.set_up_one_station().await;
    until("the page to show the board", SOON, async || {
        app.run("return document.querySelector('[data-open-tickets]') !== null")
            .await
            .as_bool()?
            .then_some(())
    })
    .await;
    app.run(OBSERVER).await;

    println!("glass: {steady} orders at 1/s, {HELD} held open");
    let checked = pixels(&desktop, &app, &pos).await;
    let steadily = steady_load(&app, &pos, steady).await;
    let touches = touch(&app, &pos).await;
    let burst = burst(&app, &pos).await;
    let (lost, doubled) = audit(&app, &pos).await;
    let status = pos.status().await;
    let driven = Memory::of(app.process());
    app.close().await;
    let starts = starts(&desktop, &arguments, checked.bump).await;
    let memory = undriven(&desktop, &arguments, &data, checked.bump).await;

    let total = steady + CHECKED + BURST + TOUCHES;
    head();
    row("POST -> in the document, 1/s", &steadily.there);
    row("POST -> painted, 1/s", &steadily.painted);
    row("POST -> pixels of the display", &checked.pixels);
    row("  the same orders, by the page", &checked.page);
    row("touch -> done shown, painted", &touches);
    row("process start -> first tickets", &starts);
    println!("burst of {BURST}: the last one shown after {burst:.0} ms");
    println!("memory (PSS), {HELD} open, {UNDRIVEN} more came and went, without a driver: {memory}");
    println!("memory (PSS), driven by WebDriver, whose every look stays in the page's process: {driven}");
    let commits = status["commits"].as_f64().unwrap_or(f64::NAN);
    let events = status["seq"].as_f64().unwrap_or(f64::NAN);
    println!("hub: {events} events in {commits} commits (one fsync each): {:.2} per event", commits / events);
    println!(
        "bench glass orders={total} post_paint_p50_ms={:.1} post_paint_p99_ms={:.1} burst_last_ms={burst:.0} \
         touch_p99_ms={:.1} lost={lost} doubled={doubled} start_ms={:.0} pss_mb={:.0}",
        at(&steadily.painted, 0.5),
        at(&steadily.painted, 0.99),
        at(&touches, 0.99),
        at(&starts, 0.5),
        memory.total(),
    );
}

/// Remembers when each order was first painted, and how long each touch took to show.
const OBSERVER: &str = r#"
    const now = () => performance.timeOrigin + performance.now();
    const bench = { there: {}, painted: {}, touches: [], open: 0, openAt: 0 };
    window.bench = bench;
    const seen = new Set();
    const look = () => {
        const fresh = [];
        for (const element of document.querySelectorAll("[data-order]")) {
            const id = element.dataset.order;
            if (!seen.has(id)) { seen.add(id); fresh.push(id); bench.there[id] = now(); }
        }
        const badge = document.querySelector("[data-open-tickets]");
        const open = badge ? Number(badge.dataset.openTickets) : 0;
        if (fresh.length === 0 && open === bench.open) return;
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const at = now();
            for (const id of fresh) bench.painted[id] = at;
            if (open !== bench.open) { bench.open = open; bench.openAt = at; }
        }));
    };
    new MutationObserver(look).observe(document.body,
        { childList: true, subtree: true, attributes: true, attributeFilter: ["data-order", "data-open-tickets"] });
    look();
    addEventListener("pointerdown", (event) => {
        const line = event.target.closest("[data-line]");
        if (!line) return;
        const began = now();
        const was = line.dataset.state;
        const { line: id } = line.dataset;
        const check = () => {
            const state = document.querySelector(`[data-line="${CSS.escape(id)}"]`)?.dataset.state;
            if (state === was) { requestAnimationFrame(check); return; }
            requestAnimationFrame(() => bench.touches.push(now() - began));
        };
        requestAnimationFrame(check);
    }, true);
"#;

async fn painted(app: &App, id: &str) -> Option<f64> {
    app.run(&format!("return window.bench.painted[{}] ?? null", json!(id))).await.as_f64()
}

/// The steady part: until an order is in the document, and until it is painted.
struct Steady {
    there: Vec<f64>,
    painted: Vec<f64>,
}

async fn steady_load(app: &App, pos: &Pos, count: usize) -> Steady {
    let mut sent: Vec<(String, f64)> = Vec::new();
    let mut open: VecDeque<String> = VecDeque::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    for n in 0..count {
        tick.tick().await;
        // The page counts seconds too: each order comes at another part of its second, evenly spread (golden ratio).
        let part = (n as f64 * 0.618_033_988_75).fract() * 0.4;
        tokio::time::sleep(Duration::from_secs_f64(part)).await;
        let began = wall_ms();
        let id = pos.order(&format!("steady-{n}"), 1 + n % 4).await;
        sent.push((id.clone(), began));
        open.push_back(id);
        if open.len() > HELD
            && let Some(oldest) = open.pop_front()
        {
            // Half a second later, so that it is not in the way of what is measured.
            tokio::time::sleep(Duration::from_millis(500)).await;
            pos.complete(&oldest).await;
        }
    }
    let mut taken = Steady { there: Vec::new(), painted: Vec::new() };
    for (id, began) in sent {
        let at = until("an order to be painted", SOON, async || painted(app, &id).await).await;
        taken.painted.push(at - began);
        let there = app.run(&format!("return window.bench.there[{}]", json!(id))).await;
        taken.there.push(there.as_f64().unwrap_or(f64::NAN) - began);
    }
    taken
}

struct Checked {
    pixels: Vec<f64>,
    page: Vec<f64>,
    /// The colour of a BUMP.
    bump: [u8; 3],
}

/// On an empty board, each new ticket's place is known: waits until the display's own memory shows its BUMP there.
async fn pixels(desktop: &Desktop, app: &App, pos: &Pos) -> Checked {
    // A first ticket tells where a BUMP is and which colour it has.
    let first = pos.order("checked-first", 1).await;
    until("the first ticket", SOON, async || painted(app, &first).await).await;
    let spot = app
        .run(
            r#"const box = document.querySelector("[data-order] .bump").getBoundingClientRect();
           return [Math.round(box.left + 12), Math.round(box.top + 12)]"#,
        )
        .await;
    let spot = (spot[0].as_u64().unwrap_or(0) as usize, spot[1].as_u64().unwrap_or(0) as usize);
    let screen = desktop.framebuffer();
    let bump = screen.pixel(spot);
    let mut checked = Checked { pixels: Vec::new(), page: Vec::new(), bump };
    pos.complete(&first).await;
    for n in 0..CHECKED {
        until("an empty place", SOON, async || (screen.pixel(spot) != bump).then_some(())).await;
        let began = wall_ms();
        let name = format!("checked-{n}");
        let posted = pos.order(&name, 1);
        let watched = tokio::task::spawn_blocking({
            let screen = screen.clone();
            move || {
                let deadline = Instant::now() + SOON;
                while screen.pixel(spot) != bump && Instant::now() < deadline {
                    std::thread::yield_now();
                }
                wall_ms()
            }
        });
        let (id, shown) = tokio::join!(posted, watched);
        checked.pixels.push(shown.unwrap_or(f64::NAN) - began);
        let page = until("the page's own word", SOON, async || painted(app, &id).await).await;
        checked.page.push(page - began);
        pos.complete(&id).await;
    }
    checked
}

/// Touches lines as a finger does, through the web view's own input.
async fn touch(app: &App, pos: &Pos) -> Vec<f64> {
    let order = pos.order("touched", 1).await;
    until("the touched order", SOON, async || painted(app, &order).await).await;
    app.run("window.bench.touches = []").await;
    for n in 0..TOUCHES {
        let line = app.page().find(Locator::Css("[data-order] [data-line]")).await.expect("a line to touch");
        line.click().await.expect("a touch");
        // The page takes a second press on the same spot within a quarter of a second for a bounce.
        let bounce = tokio::time::sleep(Duration::from_millis(300));
        until("the touch to show", SOON, async || {
            (app.run("return window.bench.touches.length").await.as_u64() == Some(n as u64 + 1)).then_some(())
        })
        .await;
        bounce.await;
    }
    let touches = app.run("return window.bench.touches").await;
    touches.as_array().map(|all| all.iter().filter_map(Value::as_f64).collect()).unwrap_or_default()
}

/// 200 at once; the count of open tickets on the glass says when the last one is there.
async fn burst(app: &App, pos: &Pos) -> f64 {
    let before = pos.open_orders().await.len();
    let began = wall_ms();
    let posts = (0..BURST).map(|n| pos.clone().order_owned(format!("burst-{n}"), 1 + n % 4));
    let mut running = tokio::task::JoinSet::new();
    for post in posts {
        running.spawn(post);
    }
    while running.join_next().await.is_some() {}
    let shown_at = until("the whole burst on the glass", SOON, async || {
        let state = app.run("return [window.bench.open, window.bench.openAt]").await;
        (state[0].as_u64() == Some((before + BURST) as u64)).then(|| state[1].as_f64()).flatten()
    })
    .await;
    shown_at - began
}

/// Turns every page and compares what stands there with what the hub has.
async fn audit(app: &App, pos: &Pos) -> (usize, usize) {
    let wanted = pos.open_orders().await;
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for id in order_ids_of_all_pages(app).await {
        *shown.entry(id).or_default() += 1;
    }
    let lost = wanted.iter().filter(|id| !shown.contains_key(*id)).count();
    let doubled = shown.iter().filter(|(id, count)| **count > 1 || !wanted.contains(*id)).count();
    (lost, doubled)
}

/// Every card of every page, by turning them with the key. A ticket in parts counts once.
async fn order_ids_of_all_pages(app: &App) -> Vec<String> {
    let page = async || -> (String, Vec<String>) {
        let seen = app
            .run(
                r#"return [document.querySelector(".page")?.textContent ?? "",
                       [...new Set([...document.querySelectorAll(".ticket")].map((t) => t.dataset.order))]]"#,
            )
            .await;
        let ids =
            seen[1].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        (seen[0].as_str().unwrap_or_default().to_owned(), ids)
    };
    let press = async |key: &str| {
        let script =
            format!("dispatchEvent(new KeyboardEvent('keydown', {{ key: {}, bubbles: true }}))", json!(key));
        app.run(&script).await;
    };
    let number = |label: &str, index: usize| -> usize {
        let mut numbers = label.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
        numbers.nth(index).and_then(|n| n.parse().ok()).unwrap_or(1)
    };
    let mut all = Vec::new();
    let (mut label, mut ids) = page().await;
    while number(&label, 0) > 1 {
        press("PageUp").await;
        let before = label.clone();
        (label, ids) =
            until("the page before", SOON, async || Some(page().await).filter(|(l, _)| *l != before)).await;
    }
    loop {
        all.append(&mut ids);
        if number(&label, 0) >= number(&label, 1) {
            return all;
        }
        press("PageDown").await;
        let before = label.clone();
        (label, ids) =
            until("the next page", SOON, async || Some(page().await).filter(|(l, _)| *l != before)).await;
    }
}

/// What the application alone needs at the end of a day: the burst is worked off, as many as before are open, and
/// orders come and go.
async fn undriven(desktop: &Desktop, arguments: &[&str], data: &Path, bump: [u8; 3]) -> Memory {
    let screen = desktop.framebuffer();
    let mut command = desktop.command(env!("CARGO_BIN_EXE_brigade"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Process::start(&mut command);
    until("the first tickets", SOON, async || screen.shows(bump).then_some(())).await;
    let pos = Pos::of(data).await;
    for order in pos.open_orders().await.iter().skip(HELD) {
        pos.complete(order).await;
    }
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    for n in 0..UNDRIVEN {
        tick.tick().await;
        let id = pos.order(&format!("undriven-{n}"), 1 + n % 4).await;
        pos.complete(&id).await;
    }
    let memory = Memory::of(running.id());
    signal("TERM", &running.id().to_string());
    until("the application to end", SOON, async || (!running.runs()).then_some(())).await;
    memory
}

/// Starts the application without a driver until the first BUMP stands on the display.
async fn starts(desktop: &Desktop, arguments: &[&str], bump: [u8; 3]) -> Vec<f64> {
    let mut taken = Vec::new();
    let screen: Framebuffer = desktop.framebuffer();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_brigade"));
    for _ in 0..STARTS {
        until("an empty display", SOON, async || (!screen.shows(bump)).then_some(())).await;
        let mut command = desktop.command(&program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let mut running = Process::start(&mut command);
        while !screen.shows(bump) && began.elapsed() < SOON {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
        signal("TERM", &running.id().to_string());
        until("the application to end", SOON, async || (!running.runs()).then_some(())).await;
    }
    taken
}
