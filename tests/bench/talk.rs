//! The half of `cargo xtask bench voice` that needs the whole application: how long it takes from the button let go of until
//! what was said is done on the glass, what touches are like meanwhile, and what listening costs.
//!
//! A synthetic voice speaks into a virtual microphone of the real application, in its real web view, with its own hub as the
//! peer. Each command is spoken among a kitchen's open tickets; while it is sent, heard and done, a finger works on another
//! ticket. *Done* is the second animation frame after the count of open tickets has changed, *let go* the key's own event
//! in the page. Nothing here can fail for being slow: it measures and prints.

mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use figures::{Memory, at, head, row};
use serde_json::Value;
use support::{App, Board, Desktop, Microphone, Pos, SOON, Voice, until};
use voice::spoken::ENGLISH;

/// Commands spoken; `BENCH_TURNS` makes it shorter for a trial.
const TURNS: usize = 40;
/// Tables with an open ticket.
const TABLES: [&str; 12] = ["3", "5", "8", "12", "14", "17", "21", "26", "30", "42", "53", "60"];
/// Between two touches: the board takes a faster one at the same spot for a bounce.
const TOUCH_EVERY: Duration = Duration::from_millis(350);
/// How long the cost of listening is taken.
const LISTENING: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    let turns = std::env::var("BENCH_TURNS").ok().and_then(|n| n.parse().ok()).unwrap_or(TURNS);
    let desktop = Desktop::open(1920, 1080).await;
    let microphone = Microphone::of(&desktop).await;
    let data = desktop.folder("kitchen");
    let folder = data.to_str().expect("a plain path");
    let arguments = ["--data", folder, "--size", "1920x1080", "--no-demo", "--listen", "127.0.0.1:0"];
    let app = App::start(&desktop, &arguments).await;
    let pos = Pos::of(&data).await;
    pos.set_up_three_stations().await;
    let board = Board::of(&desktop, &app).await;
    // The oldest stands first and stays there: a finger works on it all the time.
    let touched = pos.table("1", &[("Smash burger", 1)]).await;
    for table in TABLES {
        pos.table(table, &[("Ribeye 14 oz", 1)]).await;
    }
    board.ticket(&touched).await;
    board
        .see("a microphone", "return document.querySelector('button.talk')?.classList.contains('ready')")
        .await;
    app.run(OBSERVER).await;

    let before = Memory::of(app.process());
    assert_eq!(pos.status().await["voice"]["model"], "not_loaded", "nobody has spoken");
    let spot = board.place_of("main.grid > .ticket [data-line]").await;
    let finger = Finger::start(&desktop, spot);
    let mut said = Said::default();
    for turn in 0..turns {
        let table = TABLES[turn % TABLES.len()];
        let voice = if turn % 2 == 0 { Voice::Flite } else { Voice::Espeak };
        said.turn(&app, &board, &pos, &microphone, voice, table).await;
    }
    let touches_at = finger.stop().await;
    let touches = numbers(&app.run("return window.bench.touches").await);
    let loaded = Memory::of(app.process());
    assert_eq!(pos.status().await["voice"]["model"], "loaded");
    let [idle, listening] = cost(&app, &board).await;
    app.close().await;

    println!("talk: {turns} commands of two voices among {} open tickets", TABLES.len() + 1);
    println!(
        "done at once {}, asked {}, not understood or wrong {}",
        said.done.len(),
        said.asked,
        said.other
    );
    head();
    row("let go -> done on the glass", &said.done);
    row("  of that until it was heard", &said.heard);
    row("touch -> done shown, meanwhile", &touches);
    println!("touches {touches_at}; CPU of one core: idle {idle:.1} %, listening {listening:.1} %");
    println!("memory (PSS) before the first word: {before}; after the last one: {loaded}");
    let figures = format!(
        "act_p50_ms={:.1} act_p95_ms={:.1} touch_p99_ms={:.1} listen_cpu_pct={:.1}",
        at(&said.done, 0.5),
        at(&said.done, 0.95),
        at(&touches, 0.99),
        listening - idle,
    );
    println!("bench talk turns={turns} {figures} model_mb={:.0}", loaded.own() - before.own());
    // The other half puts them on its last line.
    if let Some(path) = std::env::var_os("BENCH_TALK") {
        std::fs::write(path, figures).expect("a folder to write to");
    }
}

/// Remembers when the key was let go of, when what was heard was shown, when a ticket went, and how long each touch took.
const OBSERVER: &str = r#"
    const now = () => performance.timeOrigin + performance.now();
    const bench = { released: 0, heard: 0, gone: 0, touches: [] };
    window.bench = bench;
    const count = () => Number(document.querySelector("[data-open-tickets]")?.dataset.openTickets ?? 0);
    let open = count();
    addEventListener("keyup", (event) => {
        if (event.key === "v") { bench.released = now(); bench.heard = 0; bench.gone = 0; }
    }, true);
    new MutationObserver(() => {
        const kind = document.querySelector(".spoken")?.dataset.kind;
        if (bench.heard === 0 && kind && !["listening", "sending", "thinking"].includes(kind)) bench.heard = now();
        const is = count();
        if (is < open) requestAnimationFrame(() => requestAnimationFrame(() => { bench.gone = now(); }));
        open = is;
    }).observe(document.body, { childList: true, subtree: true, attributes: true });
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

/// What the turns came to.
#[derive(Default)]
struct Said {
    /// Let go until done, of those that were done at once.
    done: Vec<f64>,
    heard: Vec<f64>,
    asked: usize,
    other: usize,
}

impl Said {
    /// Speaks one command; whatever comes of it, the same tables are open afterwards.
    async fn turn(
        &mut self,
        app: &App,
        board: &Board<'_>,
        pos: &Pos,
        microphone: &Microphone<'_>,
        voice: Voice,
        table: &str,
    ) {
        let open = board.open_tickets().await;
        board.key_down("v");
        let listening = "return document.querySelector('button.talk').classList.contains('listening')";
        board.see("it listening", listening).await;
        microphone.hears(voice, &format!("bump table {}", words(table))).await;
        board.key_up("v");
        let kind = until("what the turn came to", SOON, async || {
            let strip =
                "return window.bench.heard > 0 ? document.querySelector('.spoken')?.dataset.kind : null";
            app.run(strip).await.as_str().map(str::to_owned)
        })
        .await;
        let strip = app.run("return document.querySelector('.spoken')?.innerText ?? ''").await;
        if kind != "done" {
            let strip = strip.as_str().unwrap_or_default().replace('\n', " ");
            println!("bump table {table}: {kind}, {strip}");
        }
        let times =
            async || numbers(&app.run("const b = window.bench; return [b.released, b.heard, b.gone]").await);
        match kind.as_str() {
            "done" => {
                until("it gone", SOON, async || (times().await[2] > 0.0).then_some(())).await;
                let [released, heard, gone] = times().await[..] else { return };
                self.done.push(gone - released);
                self.heard.push(heard - released);
                if !is_open(pos, table).await {
                    pos.table(table, &[("Ribeye 14 oz", 1)]).await;
                } else {
                    self.other += 1;
                    self.done.pop();
                    board.key("r");
                }
            }
            "asked" => {
                self.asked += 1;
                // A question that has just come is not answered: that finger was on its way to something else.
                until("the question gone", SOON, async || {
                    let asked = app.run("return document.querySelector('.spoken .choice') !== null").await;
                    if asked == true {
                        board.touch(".spoken .choice:last-child").await;
                        return None;
                    }
                    Some(())
                })
                .await;
            }
            _ => self.other += 1,
        }
        board.open_tickets_are(open).await;
        let ready = "return document.querySelector('button.talk').classList.contains('ready')";
        board.see("it ready again", ready).await;
    }
}

async fn is_open(pos: &Pos, table: &str) -> bool {
    let mut open = pos.open_orders().await.into_iter();
    loop {
        let Some(order) = open.next() else { return false };
        let order = pos.read(&order).await;
        let bumped = order["items"][0]["work"][0]["bumped"].as_u64().unwrap_or(0);
        if order["table_number"] == table && bumped == 0 {
            return true;
        }
    }
}

/// A number as people say it first.
fn words(number: &str) -> String {
    (ENGLISH.digits)(number).swap_remove(0)
}

/// A finger that touches one spot again and again.
struct Finger {
    stop: tokio::sync::watch::Sender<bool>,
    task: tokio::task::JoinHandle<usize>,
}

impl Finger {
    fn start(desktop: &Desktop, (x, y): (f64, f64)) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let [x, y] = [x, y].map(|at| format!("{at:.0}"));
        let mut touch = desktop.command("xdotool");
        touch.args(["mousemove", &x, &y, "click", "1"]);
        let mut tick = tokio::time::interval(TOUCH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let task = tokio::spawn(async move {
            let mut touches = 0;
            while !*stopped.borrow() {
                tick.tick().await;
                assert!(touch.status().is_ok_and(|status| status.success()), "no touch");
                touches += 1;
            }
            touches
        });
        Self { stop, task }
    }

    /// Gives how often it has touched.
    async fn stop(self) -> usize {
        let _ = self.stop.send(true);
        self.task.await.unwrap_or(0)
    }
}

/// Shares of one core, in percent: with nobody speaking, and with the button held and nothing said.
async fn cost(app: &App, board: &Board<'_>) -> [f64; 2] {
    let share = async || {
        let (began, before) = (tokio::time::Instant::now(), busy(app.process()));
        tokio::time::sleep(LISTENING).await;
        100.0 * (busy(app.process()) - before) / began.elapsed().as_secs_f64()
    };
    let idle = share().await;
    board.key_down("v");
    board
        .see("it listening", "return document.querySelector('button.talk').classList.contains('listening')")
        .await;
    let listening = share().await;
    board.key_up("v");
    [idle, listening]
}

/// Seconds of processor time of a process so far, its page's processes not counted.
fn busy(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields =
        stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect::<Vec<_>>()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    // User and system time, in hundredths of a second on every Linux that we run on.
    (ticks(11) + ticks(12)) / 100.0
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().map(|all| all.iter().filter_map(Value::as_f64).collect()).unwrap_or_default()
}
