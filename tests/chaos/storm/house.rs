//! The kitchen that the storm is over, and the cables between its parts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kitchen::Order;
use reqwest::{Method, StatusCode};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::chaos::ChaosProxy;
use tokio::task::JoinSet;

use super::Plan;
use super::backend::Ordering;
use super::dice::Dice;
use super::report::{Kind, Samples};
use super::screen::{Post, Screen};
use crate::support::display_process::Picture;
use crate::support::{BackEnd, Hub, Pos, until};

/// Where the screens stand.
pub(crate) const POSTS: [(&str, Post); 3] =
    [("grill", Post::Station("grill")), ("fry", Post::Station("fry")), ("pass", Post::Pass)];

/// So soon a board is to be the hub's again; what takes longer is told at once, to be found in what the storm leaves.
const AIM: Duration = Duration::from_secs(2);

pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) begun: Instant,
    /// The hub's process, whichever it is now.
    server: tokio::sync::Mutex<Option<Hub>>,
    pub(crate) screens: Vec<Screen>,
    /// From the screens to the hub, in their order.
    pub(crate) cables: Vec<ChaosProxy>,
    /// From the POS to the hub.
    pub(crate) till_cable: ChaosProxy,
    pub(crate) back_end: Ordering,
    pub(crate) samples: Mutex<Samples>,
    /// Whoever stands beside the hub.
    pos: Mutex<Pos>,
    token: String,
    /// Held while the hub's file is read, and while a dead hub's file is worked on.
    file: Mutex<()>,
}

impl House {
    pub(crate) async fn open(plan: &Plan, dice: &mut Dice) -> Self {
        let keep = std::env::var_os("BENCH_KEEP").is_some();
        let folder =
            tempfile::Builder::new().prefix("brigade-storm-").disable_cleanup(keep).tempdir().unwrap();
        if keep {
            println!("storm: what it leaves is in {}", folder.path().display());
        }
        let back_end = BackEnd::open(&folder.path().join("upstream.json")).await;
        let (hub, pos) = start_hub(folder.path()).await;
        back_end.is_heard().await;
        pos.set_up_three_stations().await;
        // The end of a business day is not what is tested here, whatever time it is.
        let minute = (pos.status().await["time_ms"].as_i64().unwrap() / 60_000 + 720) % 1_440;
        let settings = json!({ "time_zone": "UTC", "day_starts_minute": minute });
        pos.done(Method::PUT, "settings", Some(settings)).await;
        let token = folder.path().join("token");
        std::fs::write(&token, pos.token()).unwrap();
        let cable = async || ChaosProxy::start(hub.address()).await.unwrap();
        let (mut cables, mut screens) = (Vec::new(), Vec::new());
        for (name, post) in POSTS {
            let cable = cable().await;
            let data = folder.path().join(name);
            screens.push(Screen::start(name, post, data, cable.address(), &token, plan, dice.next()));
            cables.push(cable);
        }
        let till_cable = cable().await;
        let token = pos.token().to_owned();
        Self {
            folder,
            begun: Instant::now(),
            server: tokio::sync::Mutex::new(Some(hub)),
            screens,
            cables,
            till_cable,
            back_end: Ordering::at(back_end),
            pos: Mutex::new(pos),
            samples: Mutex::default(),
            token,
            file: Mutex::default(),
        }
    }

    /// Where the POS speaks to, and with which token.
    pub(crate) fn till(&self) -> (SocketAddr, String) {
        (self.till_cable.address(), self.token.clone())
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("hub/hub.sqlite")
    }

    /// The current is cut to the hub and comes back at once. `torn`: the last bytes never reached its disk.
    pub(crate) async fn kill_hub(&self, torn: Option<Dice>) {
        let mut server = self.server.lock().await;
        let kind = if torn.is_some() { Kind::HubTorn } else { Kind::HubKilled };
        self.screens.iter().for_each(|screen| screen.trouble());
        server.take().expect("a hub").kill();
        if let Some(mut dice) = torn {
            let _nobody_reads = self.file.lock().unwrap();
            tear(&self.folder.path().join("hub/hub.sqlite-wal"), &mut dice);
        }
        let restarted = Instant::now();
        let (hub, pos) = start_hub(self.folder.path()).await;
        for cable in self.cables.iter().chain([&self.till_cable]) {
            cable.lead_to(hub.address());
        }
        *server = Some(hub);
        *self.pos.lock().unwrap() = pos;
        self.screens.iter().for_each(|screen| screen.calm(kind, restarted));
    }

    /// The hub's disk is full for a while. Nothing is taken meanwhile, that is said, and it goes on after.
    pub(crate) async fn fill_disk(&self, lasts: Duration) {
        let server = self.server.lock().await;
        let hub = server.as_ref().expect("a hub");
        let pos = self.pos.lock().unwrap().clone();
        self.screens.iter().for_each(|screen| screen.trouble());
        limit_files(hub.id(), "4096");
        let begun = Instant::now();
        let mut refused = 0;
        while begun.elapsed() < lasts {
            let order = json!({ "type": "pickup", "order_number": "FULL", "items": [{ "name": "Hot wings", "quantity": 1 }] });
            let (status, answer) = pos.ask(Method::POST, "orders", Some(order)).await;
            assert_eq!(status, 503, "a full disk takes nothing: {answer}");
            assert_eq!(
                (&answer["code"], &answer["retry"]),
                (&json!("storage_failed"), &json!(true)),
                "{answer}"
            );
            refused += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(refused > 0);
        limit_files(hub.id(), "unlimited");
        let freed = Instant::now();
        until("the hub to take orders again", Duration::from_secs(10), async || {
            let order = json!({ "type": "pickup", "order_number": "FREED", "items": [{ "name": "Hot wings", "quantity": 1 }] });
            let (status, _) = pos.ask(Method::POST, "orders", Some(order)).await;
            (status == 201).then_some(())
        })
        .await;
        self.samples.lock().unwrap().add(Kind::DiskFreed, freed.elapsed());
        self.screens.iter().for_each(|screen| screen.calm(Kind::DiskFull, freed));
    }

    /// For each screen, one who looks whether it has caught up, and how long it took.
    pub(crate) fn spawn_watchers(self: &std::sync::Arc<Self>, tasks: &mut JoinSet<()>) {
        for index in 0..self.screens.len() {
            let house = self.clone();
            tasks.spawn(async move {
                loop {
                    house.watch(&house.screens[index]).await;
                }
            });
        }
    }

    /// Waits for the end of a trouble and then for the board to be the hub's.
    async fn watch(&self, screen: &Screen) {
        let (kind, since, number) = screen.calmed().await;
        let mut asked: Option<Catching> = None;
        loop {
            let picture = screen.picture();
            let caught_up = match &mut asked {
                None => {
                    let read = self.reads(|hub| Catching::of(hub, screen.post(), &picture));
                    asked = read.ok();
                    false
                }
                Some(catching) => {
                    picture.connection == "live"
                        && self.reads(|hub| catching.is_done(hub, screen.post(), &picture)).unwrap_or(false)
                }
            };
            let taken = since.elapsed();
            if caught_up || screen.troubled_since(number) {
                // The next trouble came first: what is waited for then includes this. One that was late is late.
                if taken > AIM {
                    let at = self.begun.elapsed().as_secs();
                    let waits = asked.iter().map(|catching| catching.left(&picture)).collect::<String>();
                    println!("storm: {} after {kind:?} took {taken:?}, {at} s into it; {waits}", screen.name);
                }
                if caught_up || taken > AIM {
                    self.samples.lock().unwrap().add(kind, taken);
                } else {
                    self.samples.lock().unwrap().overtaken += 1;
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks the hub whatever the weather, if it runs.
    pub(crate) async fn beside(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Option<(StatusCode, Value)> {
        let pos = self.pos.lock().unwrap().clone();
        tokio::time::timeout(Duration::from_secs(3), pos.try_ask(method, path, Some(body))).await.ok()?.ok()
    }

    /// Reads the hub's file, for a moment.
    pub(crate) fn reads<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let _alone = self.file.lock().unwrap();
        let hub = Connection::open_with_flags(self.log(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        hub.busy_timeout(Duration::from_secs(1))?;
        read(&hub)
    }

    /// Waits until nothing is under way any more: no operation unsent, every screen at the end of the log, every order
    /// of the back end in it.
    pub(crate) async fn rest(&self, limit: Duration) {
        for screen in &self.screens {
            screen.rest();
        }
        let deadline = Instant::now() + limit;
        let mut calm = 0;
        let mut last = 0;
        while calm < 3 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let pos = self.pos.lock().unwrap().clone();
            let status = pos.status().await;
            let seq = status["seq"].as_u64().unwrap();
            let screens = status["screens"].as_array().unwrap();
            let here = screens.iter().filter(|screen| {
                screen["connected"] == true && screen["stored_seq"] == seq && screen["painted_seq"] == seq
            });
            let told = here.count() == self.screens.len();
            let sent = self.screens.iter().all(|screen| screen.picture().unsent == 0);
            let taken = self.reads(|hub| self.back_end.missing(hub)).unwrap_or(usize::MAX);
            calm = if told && sent && taken == 0 && seq == last { calm + 1 } else { 0 };
            last = seq;
            assert!(
                Instant::now() < deadline,
                "no rest after {limit:?}: {status:#}\nunsent: {:?}, missing of the back end: {taken}",
                self.screens.iter().map(|screen| screen.picture().unsent).collect::<Vec<_>>()
            );
        }
    }

    /// Ends everything in order, and tells what stood on the glasses.
    pub(crate) async fn close(&self) -> Vec<Picture> {
        let glass = self.screens.iter().map(Screen::picture).collect();
        for screen in &self.screens {
            screen.end();
        }
        let hub = self.server.lock().await.take().expect("a hub");
        hub.stop().await;
        glass
    }
}

/// What a screen has to show to have caught up with one moment of the log.
struct Catching {
    /// Tickets that have to be there in this version, or to have left since.
    tickets: Vec<(String, u64)>,
    /// Tickets that have to go.
    strangers: Vec<String>,
}

impl Catching {
    fn of(hub: &Connection, post: Post, picture: &Picture) -> rusqlite::Result<Self> {
        let mut find = hub.prepare("SELECT body FROM orders WHERE on_glass = 1")?;
        let orders = find.query_map([], |row| row.get::<_, String>(0))?;
        let mut tickets = Vec::new();
        for body in orders {
            let order = order(&body?);
            if post.shows(&order) {
                tickets.push((order.id.0.clone(), order.version));
            }
        }
        let strangers =
            picture.orders().into_iter().filter(|id| tickets.iter().all(|(known, _)| known != id));
        let strangers = strangers.map(str::to_owned).collect();
        Ok(Self { tickets, strangers })
    }

    /// What is still to come.
    fn left(&self, picture: &Picture) -> String {
        let held =
            |id: &str| picture.tickets.iter().find(|ticket| ticket.order == id).map(|ticket| ticket.seen);
        let waits = self.tickets.iter().map(|(id, version)| format!("{id} is {:?} of {version}", held(id)));
        let waits: Vec<String> =
            waits.chain(self.strangers.iter().map(|id| format!("{id} is to go"))).collect();
        let (shown, unsent) = (picture.tickets.len(), picture.unsent);
        format!("{}, {shown} shown, {unsent} unsent: {}", picture.connection, waits.join(", "))
    }

    fn is_done(&mut self, hub: &Connection, post: Post, picture: &Picture) -> rusqlite::Result<bool> {
        let mut find = hub.prepare_cached("SELECT body FROM orders WHERE id = ?1")?;
        let mut body = |id: &str| find.query_row([id], |row| row.get::<_, String>(0));
        let mut left = Vec::new();
        for (id, version) in self.tickets.drain(..) {
            let shown = picture.tickets.iter().find(|ticket| ticket.order == id);
            let is_there = match shown {
                Some(ticket) => ticket.seen >= version,
                None => order(&body(&id)?).version > version,
            };
            if !is_there {
                left.push((id, version));
            }
        }
        self.tickets = left;
        let mut strange = Vec::new();
        for id in self.strangers.drain(..) {
            if picture.shows(&id) && !post.shows(&order(&body(&id)?)) {
                strange.push(id);
            }
        }
        self.strangers = strange;
        Ok(self.tickets.is_empty() && self.strangers.is_empty())
    }
}

pub(crate) fn order(body: &str) -> Order {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

async fn start_hub(folder: &Path) -> (Hub, Pos) {
    let data = folder.join("hub");
    let hub = Hub::command(&data, SocketAddr::from(([127, 0, 0, 1], 0)));
    // A write beyond a limit is an error then, as on a full disk, and does not end the program.
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]).arg(hub.get_program()).args(hub.get_args());
    command.arg("--upstream-config").arg(folder.join("upstream.json"));
    Hub::start_as(command, &data).await
}

/// Writes beyond so many bytes of a file fail from now on.
fn limit_files(process: u32, bytes: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={process}"))
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit (util-linux) is needed");
}

/// Spoils what lies behind the last commit of a write-ahead log: a part of a commit that never was, or old bytes.
pub(crate) fn tear(path: &Path, dice: &mut Dice) {
    const HEADER: usize = 32;
    const FRAME: usize = 24;
    let Ok(mut log) = std::fs::read(path) else { return };
    if log.len() < HEADER {
        return;
    }
    let word = |at: usize| u32::from_be_bytes([log[at], log[at + 1], log[at + 2], log[at + 3]]);
    let page = word(8) as usize;
    let salts = (word(16), word(20));
    let mut end = HEADER;
    let mut at = HEADER;
    while at + FRAME + page <= log.len() && (word(at + 8), word(at + 12)) == salts {
        // The size of the database after it stands in the last frame of a commit.
        if word(at + 4) != 0 {
            end = at + FRAME + page;
        }
        at += FRAME + page;
    }
    let cut = end + dice.below(log.len() - end + 1);
    log.truncate(cut);
    // Half a frame that looks like the next one, then whatever the disk held before.
    if dice.below(2) == 0 {
        let mut frame = vec![0, 0, 0, 1, 0, 0, 0, 9];
        frame.extend([salts.0.to_be_bytes(), salts.1.to_be_bytes()].concat());
        frame.extend((0..dice.below(2 * page)).map(|_| dice.next() as u8));
        log.extend(frame);
    }
    std::fs::write(path, log).unwrap();
}
