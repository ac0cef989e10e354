//! A display without a window, as a process of its own: the core that runs behind the glass on any PC.
//!
//! The process is the test binary itself, started again for one "test" that is none ([`serve_if_asked`]). It holds a view
//! as a window would, prints what the view shows as one line of JSON whenever that changes, and obeys lines on its
//! standard input. It ends when told to, when killed, or when the test that started it is gone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use display::frame::{Card, Frame, Go, Grid, HouseEdit, Press, PressLine, PressTicket, Tab, Taken};
use display::{Config, HubAddress, Kitchen, SystemClock, Token, Window};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use super::SOON;
use super::process::Process;

/// Says to the test binary that it is a display, and which.
const ASKED: &str = "BRIGADE_TEST_DISPLAY";

/// Everything a display is told at its start.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Orders {
    data: PathBuf,
    hub: String,
    token_file: PathBuf,
    /// How many of the kitchen's minutes pass in a real one.
    pace: f64,
}

/// What somebody in front of this display would see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// `live`, `offline`, `connecting`, `refused`.
    pub(crate) connection: String,
    /// The code of what is wrong with the connection.
    pub(crate) fault: Option<String>,
    pub(crate) unsent: u32,
    pub(crate) tickets: Vec<Seen>,
    /// Operations that UNDO would take back, the latest last.
    pub(crate) undo: Vec<String>,
    /// The kitchen is known, and not only where it is.
    pub(crate) ready: bool,
    /// Tickets of this glass that are put aside.
    pub(crate) parked: u32,
    /// The orders of the rows of a list.
    pub(crate) rows: Vec<String>,
    /// The codes of what is said in the strip.
    pub(crate) notices: Vec<String>,
    /// What the end of service is asked about.
    pub(crate) closing: Vec<PressTicket>,
    /// Stations and rules as they are edited.
    pub(crate) house: HouseEdit,
}

/// A ticket as it is seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) order: String,
    /// The version that the hub confirmed last.
    pub(crate) seen: u64,
    /// Something on it waits for the hub's word.
    pub(crate) pending: bool,
    /// Whose it is, where that matters.
    pub(crate) taken: Option<Taken>,
    /// Line ids and their states.
    pub(crate) lines: Vec<(String, String)>,
}

impl Picture {
    /// The orders on the glass.
    pub(crate) fn orders(&self) -> Vec<&str> {
        self.tickets.iter().map(|ticket| ticket.order.as_str()).collect()
    }

    /// Whether an order is on the glass.
    pub(crate) fn shows(&self, order: &str) -> bool {
        self.tickets.iter().any(|ticket| ticket.order == order)
    }

    /// The state of a line.
    pub(crate) fn state(&self, order: &str, line: usize) -> Option<&str> {
        let ticket = self.tickets.iter().find(|ticket| ticket.order == order)?;
        ticket.lines.get(line).map(|(_, state)| state.as_str())
    }
}

/// What is done at a display.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Deed {
    Bump {
        order: String,
    },
    Finish {
        order: String,
        line: usize,
    },
    Reopen {
        order: String,
        line: usize,
    },
    Undo,
    Unbump {
        order: String,
        operation: String,
    },
    Expo,
    Station {
        id: String,
    },
    Retry,
    /// What a hand at a card comes to, as the page would send it.
    Press {
        what: Press,
    },
    Go {
        to: Go,
    },
    /// Tells all that stands on the glass.
    Look,
    End,
}

/// What a deed came to: the operation, none if all was so already, or the code of a fault.
pub(crate) type Outcome = Result<Option<String>, String>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Picture(Box<Picture>),
    Outcome(Outcome),
    Glass(Box<Frame>),
}

/// A display of another PC. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct DisplayProcess {
    process: Process,
    input: ChildStdin,
    pictures: watch::Receiver<Picture>,
    outcomes: Mutex<Receiver<Outcome>>,
    glasses: Mutex<Receiver<Frame>>,
}

impl DisplayProcess {
    /// Starts a display on its own folder with a hub (`ws://host:port/ws`). The folder keeps what it logs, too.
    pub(crate) fn start(data: &Path, hub: &str, token_file: &Path) -> Self {
        Self::start_at_pace(data, hub, token_file, 1.0)
    }

    /// The same in a kitchen where so many minutes pass in a real one.
    pub(crate) fn start_at_pace(data: &Path, hub: &str, token_file: &Path, pace: f64) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let orders =
            Orders { data: data.to_owned(), hub: hub.to_owned(), token_file: token_file.to_owned(), pace };
        let log = File::options().create(true).append(true).open(log_of(data)).unwrap();
        let mut process = Process::start_to_talk(
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_display_for_the_other_tests", "--ignored", "--nocapture"])
                .env(ASKED, serde_json::to_string(&orders).unwrap())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(log),
        );
        let input = process.child().stdin.take().unwrap();
        let output = process.child().stdout.take().unwrap();
        let (seen, pictures) = watch::channel(Picture::default());
        let (told, outcomes) = channel();
        let (shown, glasses) = channel();
        // Ends with the process, whose output ends then.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The test harness says a few words of its own first.
                let Some(start) = line.find('{') else { continue };
                match serde_json::from_str(&line[start..]) {
                    Ok(Line::Picture(picture)) => drop(seen.send(*picture)),
                    Ok(Line::Outcome(outcome)) => drop(told.send(outcome)),
                    Ok(Line::Glass(glass)) => drop(shown.send(*glass)),
                    // Killed in the middle of a word.
                    Err(_) => return,
                }
            }
        });
        Self { process, input, pictures, outcomes: Mutex::new(outcomes), glasses: Mutex::new(glasses) }
    }

    /// Waits until the picture is as wanted, and gives it.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let mut pictures = self.pictures.clone();
        let found = tokio::time::timeout(SOON, pictures.wait_for(|picture| wanted(picture))).await;
        match found {
            Ok(Ok(picture)) => picture.clone(),
            Ok(Err(_)) => panic!("the display ended while it was to show {what}"),
            Err(_) => panic!("never shown: {what}; it shows {:#?}", self.pictures.borrow()),
        }
    }

    /// Waits until the link is live.
    pub(crate) async fn until_live(&self) {
        self.until("a live link", |picture| picture.connection == "live").await;
    }

    /// What it shows now.
    pub(crate) fn picture(&self) -> Picture {
        self.pictures.borrow().clone()
    }

    /// Does something at it and waits for the word that it is on its disk.
    pub(crate) fn act(&mut self, deed: &Deed) -> Outcome {
        self.try_act(deed).unwrap_or_else(|| panic!("the display ended at {deed:?}"))
    }

    /// The same at a display that may be killed meanwhile. Nothing: it was, and nobody knows whether it did it.
    pub(crate) fn try_act(&mut self, deed: &Deed) -> Option<Outcome> {
        if !self.tell(deed) {
            return None;
        }
        match self.outcomes.lock().unwrap().recv_timeout(SOON) {
            Ok(outcome) => Some(outcome),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no answer to {deed:?}"),
        }
    }

    /// All that stands on its glass now; its cards in the order they stand.
    pub(crate) fn look(&mut self) -> Frame {
        assert!(self.tell(&Deed::Look), "the display has ended");
        self.glasses.lock().unwrap().recv_timeout(SOON).expect("a look at the glass")
    }

    /// Waits until all that stands on its glass is as wanted, and gives it.
    pub(crate) async fn see(&mut self, what: &str, wanted: impl Fn(&Frame) -> bool) -> Frame {
        let deadline = tokio::time::Instant::now() + SOON;
        let mut pictures = self.pictures.clone();
        loop {
            // Whatever comes after this look is another change.
            pictures.mark_unchanged();
            let glass = self.look();
            if wanted(&glass) {
                return glass;
            }
            match tokio::time::timeout_at(deadline, pictures.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => panic!("the display ended while it was to show {what}"),
                Err(_) => panic!("never shown: {what}; it shows {glass:#?}"),
            }
        }
    }

    /// A press, as the page sends it.
    pub(crate) fn press(&mut self, what: Press) -> Outcome {
        self.act(&Deed::Press { what })
    }

    /// Looks elsewhere.
    pub(crate) fn go(&mut self, to: Go) {
        self.act(&Deed::Go { to }).expect("somewhere to look at");
    }

    /// Begins something and waits for no word: whoever is killed now tells nobody whether it did it.
    pub(crate) fn begin(&mut self, deed: &Deed) {
        assert!(self.tell(deed), "the display has ended");
    }

    /// What it shows, as it changes.
    pub(crate) fn pictures(&self) -> watch::Receiver<Picture> {
        self.pictures.clone()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.process.runs()
    }

    /// BUMP, as it stands on the glass.
    pub(crate) fn bump(&mut self, order: &str) -> Outcome {
        self.act(&Deed::Bump { order: order.to_owned() })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.process.kill();
    }

    /// Ends it in order.
    pub(crate) fn end(mut self) {
        self.tell(&Deed::End);
        let begun = Instant::now();
        while self.process.runs() {
            assert!(begun.elapsed() < SOON, "the display does not end");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Whether it was there to hear it.
    fn tell(&mut self, deed: &Deed) -> bool {
        writeln!(self.input, "{}", serde_json::to_string(deed).unwrap()).is_ok()
    }
}

/// Where a display on this folder writes its log.
pub(crate) fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

/// Whether this process was started to be a display.
pub(crate) fn is_asked() -> bool {
    std::env::var_os(ASKED).is_some()
}

/// Turns this process into a display if it was started as one, until it is told to end.
pub(crate) async fn serve_if_asked() {
    let Some(orders) = std::env::var(ASKED).ok() else { return };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let _logs = logbook::Logbook::open(&orders.data, "display");
    let address = HubAddress { url: orders.hub, label: "hub".to_owned() };
    let mut config = Config::new(orders.data, address, Token::File(orders.token_file));
    config.clock = Arc::new(SystemClock::running(orders.pace));
    let kitchen = Kitchen::start(config).await.expect("the display starts");
    Glass::mount(&kitchen).await.serve(&kitchen).await;
    kitchen.shutdown().await;
}

/// Between two frames of a display of 60 Hz.
const DISPLAY_FRAME: Duration = Duration::from_micros(16_667);

/// The window that such a display has instead of one.
struct Glass {
    view: String,
    mount: u32,
    revision: u32,
    cards: BTreeMap<String, Card>,
    frame: Frame,
}

impl Glass {
    async fn mount(kitchen: &Kitchen) -> Self {
        let mounted = kitchen.mount(Window::cook("station")).await.expect("a mount");
        // A wall of cells: all that is open is on one page.
        let grid = Grid {
            columns: 40,
            rows: 10,
            cell_body_px: 1000,
            cell_row_px: 1000,
            line_px: 20,
            row_px: 10,
            dim_px: 10,
            name_chars: 40,
            row_chars: 40,
        };
        kitchen.set_grid(&mounted.view, mounted.frame.mount, grid).await.expect("a grid");
        let mut glass = Self {
            view: mounted.view,
            mount: mounted.frame.mount,
            revision: 0,
            cards: BTreeMap::new(),
            frame: mounted.frame.clone(),
        };
        glass.take(mounted.frame);
        glass
    }

    async fn serve(mut self, kitchen: &Kitchen) {
        let (said, mut deeds) = mpsc::channel(16);
        // Blocks in reading until the process ends, so nobody waits for it.
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                let deed: Deed = serde_json::from_str(&line).expect("a deed");
                if said.blocking_send(deed).is_err() {
                    return;
                }
            }
        });
        // A web view pulls once per frame of its display.
        let mut next = tokio::time::Instant::now();
        loop {
            let pull = async {
                tokio::time::sleep_until(next).await;
                kitchen.next_frame(&self.view, self.mount, self.revision).await
            };
            tokio::select! {
                frame = pull => {
                    next = tokio::time::Instant::now() + DISPLAY_FRAME;
                    self.take(frame.expect("a frame"));
                    let _ = kitchen.painted(&self.view, self.mount, self.revision).await;
                }
                deed = deeds.recv() => match deed {
                    // Without a line more the test is gone: so is this.
                    None | Some(Deed::End) => return,
                    Some(Deed::Look) => print(&Line::Glass(Box::new(self.whole()))),
                    Some(deed) => print(&Line::Outcome(self.act(kitchen, deed).await)),
                },
            }
        }
    }

    async fn act(&self, kitchen: &Kitchen, deed: Deed) -> Outcome {
        let code = |fault: wire::hub::Fault| fault.code;
        let press = match deed {
            Deed::Bump { order } => self.card(&order).map(|card| Press::Bump {
                order: card.order.clone(),
                seen: card.seen,
                lines: card.bump.clone(),
            }),
            Deed::Finish { order, line } => self.card(&order).and_then(|card| {
                let line = card.lines.get(line)?;
                let line = PressLine { line: line.id.clone(), upto: line.quantity };
                Some(Press::Finish { order: card.order.clone(), seen: card.seen, line })
            }),
            Deed::Reopen { order, line } => self.card(&order).and_then(|card| {
                let lines = vec![card.lines.get(line)?.id.clone()];
                Some(Press::Reopen { order: card.order.clone(), seen: card.seen, lines })
            }),
            Deed::Unbump { order, operation } => {
                Some(Press::Unbump { order: order.into(), operation: operation.into() })
            }
            Deed::Undo => self.frame.toasts.iter().flatten().next_back().map(|toast| Press::Unbump {
                order: toast.order.clone(),
                operation: toast.operation.clone(),
            }),
            Deed::Expo => {
                let there = kitchen.go(&self.view, self.mount, Go::Tab { tab: Tab::Expo }).await;
                return there.map(|()| None).map_err(code);
            }
            Deed::Station { id } => {
                let station = Go::Station { station: id.into() };
                let there = kitchen.go(&self.view, self.mount, station).await;
                return there.map(|()| None).map_err(code);
            }
            Deed::Retry => return kitchen.retry_connection().await.map(|()| None).map_err(code),
            Deed::Press { what } => Some(what),
            Deed::Go { to } => {
                return kitchen.go(&self.view, self.mount, to).await.map(|()| None).map_err(code);
            }
            Deed::Look | Deed::End => return Ok(None),
        };
        let press = press.ok_or_else(|| "not_on_the_glass".to_owned())?;
        let pressed = kitchen.press(&self.view, self.mount, press).await.map_err(code)?;
        Ok(pressed.operation.map(|id| id.0))
    }

    fn card(&self, order: &str) -> Option<&Card> {
        self.cards.values().find(|card| card.order.as_str() == order)
    }

    /// Lays a frame over what is held, and prints what stands there now.
    fn take(&mut self, frame: Frame) {
        if frame.base.is_none() {
            self.cards.clear();
            self.frame = frame.clone();
        }
        for id in &frame.gone {
            self.cards.remove(id);
        }
        self.revision = frame.revision;
        let held = &mut self.frame;
        held.now = frame.now;
        held.head = frame.head.or(held.head.take());
        held.connection = frame.connection.or(held.connection.take());
        held.places = frame.places.or(held.places.take());
        held.counts = frame.counts.or(held.counts.take());
        held.rows = frame.rows.or(held.rows.take());
        held.toasts = frame.toasts.or(held.toasts.take());
        held.notices = frame.notices.or(held.notices.take());
        held.ingredients = frame.ingredients.or(held.ingredients.take());
        held.review = frame.review.or(held.review.take());
        held.house = frame.house.or(held.house.take());
        held.closing = frame.closing.or(held.closing.take());
        self.cards.extend(frame.cards.into_iter().map(|card| (card.id.clone(), card)));
        print(&Line::Picture(Box::new(self.picture())));
    }

    /// The cards in the order they stand.
    fn standing(&self) -> impl Iterator<Item = &Card> {
        self.frame.places.iter().flatten().filter_map(|place| self.cards.get(&place.card))
    }

    fn whole(&self) -> Frame {
        Frame { cards: self.standing().cloned().collect(), ..self.frame.clone() }
    }

    fn picture(&self) -> Picture {
        let connection = self.frame.connection.as_ref();
        let tickets = self.standing();
        Picture {
            connection: connection.map(|held| word(held.state)).unwrap_or_default(),
            fault: connection.and_then(|held| held.fault.as_ref()).map(|fault| fault.code.clone()),
            unsent: connection.map_or(0, |held| held.unsent),
            tickets: tickets
                .map(|card| Seen {
                    order: card.order.0.clone(),
                    seen: card.seen,
                    pending: card.pending,
                    taken: card.taken.clone(),
                    lines: card.lines.iter().map(|line| (line.id.0.clone(), word(line.state))).collect(),
                })
                .collect(),
            ready: self.frame.head.as_ref().is_some_and(|head| head.ready),
            parked: self.frame.head.as_ref().map_or(0, |head| head.parked),
            rows: self.frame.rows.iter().flatten().map(|row| row.order.0.clone()).collect(),
            notices: self.frame.notices.iter().flatten().map(|notice| notice.fault.code.clone()).collect(),
            house: self.frame.house.clone().unwrap_or_default(),
            closing: {
                let open = self.frame.closing.iter().flat_map(|closing| &closing.tickets);
                open.map(|open| open.ticket.clone()).collect()
            },
            undo: self.frame.toasts.iter().flatten().map(|toast| toast.operation.0.clone()).collect(),
        }
    }
}

/// A state as the page is told it.
fn word(state: impl Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn print(line: &Line) {
    println!("{}", serde_json::to_string(line).unwrap());
}
